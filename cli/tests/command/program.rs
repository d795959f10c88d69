//! The real program, run on files of the tests' own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder of its own for each test, gone at its end.
pub struct Place(PathBuf);

impl Place {
    pub fn new(name: &str) -> Self {
        let place = std::env::temp_dir().join(format!("segmenta-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&place);
        fs::create_dir_all(&place).unwrap();
        Place(place)
    }

    pub fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    pub fn file(&self, name: &str, text: &str) -> String {
        fs::write(self.0.join(name), text).unwrap();
        self.path(name)
    }

    /// All files below, by their names.
    pub fn files(&self) -> Vec<String> {
        fn walk(folder: &Path, found: &mut Vec<String>) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => walk(&path, found),
                    false => found.push(path.file_name().unwrap().to_string_lossy().into()),
                }
            }
        }
        let mut found = Vec::new();
        walk(&self.0, &mut found);
        found.sort();
        found
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub struct Answer {
    pub code: i32,
    pub out: String,
    pub err: String,
}

pub fn segmenta(arguments: &[&str]) -> Answer {
    let output = Command::new(env!("CARGO_BIN_EXE_segmenta"))
        .args(arguments)
        .output()
        .unwrap();
    Answer {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

#[track_caller]
pub fn done(arguments: &[&str]) -> Answer {
    let answer = segmenta(arguments);
    assert_eq!(answer.code, 0, "{}", answer.err);
    answer
}

/// An error with a message that says what is wrong, and no other end.
#[track_caller]
pub fn refused(arguments: &[&str], code: i32, says: &[&str]) -> Answer {
    let answer = segmenta(arguments);
    assert_eq!(answer.code, code, "{}{}", answer.out, answer.err);
    assert!(answer.err.contains("error: "), "{}", answer.err);
    for words in says {
        assert!(
            answer.err.contains(words),
            "{words:?} is not in\n{}",
            answer.err
        );
    }
    assert!(!answer.err.contains("panicked"), "{}", answer.err);
    answer
}

pub fn sample() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/marketing_campaign.csv");
    file.display().to_string()
}

pub fn lines(file: &str) -> Vec<String> {
    fs::read_to_string(file)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect()
}

pub fn column<'a>(lines: &'a [String], name: &str) -> Vec<&'a str> {
    let place = lines[0]
        .split(',')
        .position(|column| column == name)
        .unwrap();
    lines[1..]
        .iter()
        .map(|line| line.split(',').nth(place).unwrap())
        .collect()
}
