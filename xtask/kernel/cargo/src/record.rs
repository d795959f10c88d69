//! The line by which cargo compiles a cell, written down when it does and run again later.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use crate::setting::exit_code;

/// Where a recorded line says "the build folder of the kernel that runs it".
const HERE: &str = "{here}";

/// How a cell is compiled under one manifest.
#[derive(Clone, Serialize, Deserialize)]
pub struct Record {
    /// The manifest, without what the order of its lines adds.
    pub manifest: String,
    /// The compiler, and what tells it from one of another version.
    pub rustc: String,
    pub compiler: String,
    pub arguments: Vec<String>,
    pub environment: BTreeMap<String, String>,
}

impl Record {
    /// The compiler's line for a cell in `run`.
    pub fn command(&self, run: &Path) -> Command {
        let here = run.display().to_string();
        let mut command = Command::new(&self.rustc);
        command
            .args(self.arguments.iter().map(|word| word.replace(HERE, &here)))
            .envs(&self.environment)
            .current_dir(run);
        command
    }

    /// The folder that the compiled cell goes to.
    pub fn out_dir(&self, run: &Path) -> Option<std::path::PathBuf> {
        let mut words = self.arguments.iter();
        words.find(|word| *word == "--out-dir")?;
        let folder = words.next()?.replace(HERE, &run.display().to_string());
        Some(folder.into())
    }

    /// The line for a manifest without dependencies.
    pub fn without_dependencies(&self) -> Self {
        let mut record = self.clone();
        record.manifest = manifest_without_dependencies(&self.manifest);
        record.arguments.clear();
        let mut words = self.arguments.iter();
        while let Some(word) = words.next() {
            if word == "--extern" {
                words.next();
            } else {
                record.arguments.push(word.clone());
            }
        }
        record
    }
}

/// A manifest as one text for all that say the same: the kernel lists dependencies in any order.
pub fn manifest(text: &str) -> String {
    let (head, dependencies) = text.split_once("[dependencies]").unwrap_or((text, ""));
    let lines = |text: &str| -> Vec<String> {
        text.lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .filter(|line| !line.is_empty())
            .collect()
    };
    let mut sorted = lines(dependencies);
    sorted.sort();
    format!(
        "{}\n[dependencies]\n{}",
        lines(head).join("\n"),
        sorted.join("\n")
    )
}

fn manifest_without_dependencies(manifest: &str) -> String {
    let head = manifest.split("[dependencies]").next().unwrap_or_default();
    self::manifest(head)
}

/// What tells one compiler from another without running it; in whole seconds, as an image of a container
/// keeps no more.
pub fn compiler(rustc: &str) -> Option<String> {
    let about = fs::metadata(rustc).ok()?;
    let changed = about.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(format!("{rustc} {} {}", about.len(), changed.as_secs()))
}

/// cargo calls this in rustc's place (`RUSTC_WRAPPER`): the compiler runs as it would, and the line
/// for a cell goes to the file that `SEGMENTA_RECORD` names.
pub fn rustc(words: &[String]) -> ExitCode {
    let Some((rustc, arguments)) = words.split_first() else {
        return ExitCode::FAILURE;
    };
    let done = Command::new(rustc).args(arguments).status();
    let is_cell = arguments
        .windows(2)
        .any(|pair| pair[0] == "--crate-name" && pair[1] == "ctx");
    let is_compiled = arguments.iter().any(|word| word.contains("link"));
    if let Some(file) = std::env::var_os("SEGMENTA_RECORD").filter(|_| is_cell && is_compiled) {
        let _ = write(Path::new(&file), rustc, arguments);
    }
    match done {
        Ok(status) => exit_code(status.code()),
        Err(error) => {
            eprintln!("cannot run {rustc}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write(file: &Path, rustc: &str, arguments: &[String]) -> Option<()> {
    let folder = std::env::current_dir().ok()?;
    let here = folder.display().to_string();
    let mut own = Vec::new();
    let mut is_written = false;
    for word in arguments {
        // Only what is written lies with the kernel; what is read, in the build that it came from.
        let writes = is_written || word.starts_with("incremental=");
        own.push(if writes {
            word.replace(&here, HERE)
        } else {
            word.clone()
        });
        is_written = word == "--out-dir";
    }
    let environment = std::env::vars().filter(|(name, _)| {
        name.starts_with("CARGO_PKG_")
            || name.starts_with("CARGO_MANIFEST_")
            || matches!(
                &**name,
                "CARGO_CRATE_NAME" | "LD_LIBRARY_PATH" | "DYLD_FALLBACK_LIBRARY_PATH"
            )
    });
    let record = Record {
        manifest: manifest(&fs::read_to_string(folder.join("Cargo.toml")).ok()?),
        rustc: rustc.to_owned(),
        compiler: compiler(rustc)?,
        arguments: own,
        environment: environment.collect(),
    };
    fs::write(file, serde_json::to_string(&record).ok()?).ok()
}

/// A recorded line, if the file holds one.
pub fn read(file: &Path) -> Option<Record> {
    serde_json::from_str(&fs::read_to_string(file).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_dependencies_means_nothing_and_their_features_do() {
        let one = manifest("[package]\nname = \"ctx\"\n\n[dependencies]\na = \"1\"\nb = \"2\"\n");
        let other =
            manifest("\n[package]\nname = \"ctx\"\n[dependencies]\nb = \"2\"\n\na = \"1\"\n");
        assert_eq!(one, other);
        assert_ne!(
            one,
            manifest("[package]\nname = \"ctx\"\n[dependencies]\na = \"1\"\n")
        );
    }

    #[test]
    fn a_line_is_run_where_its_kernel_builds() {
        let words = [
            "--crate-name",
            "ctx",
            "--out-dir",
            "{here}/target",
            "--extern",
            "a=/warm/a.so",
        ];
        let record = Record {
            manifest: manifest("[package]\n[dependencies]\na = \"1\"\n"),
            rustc: "rustc".into(),
            compiler: String::new(),
            arguments: words.map(String::from).to_vec(),
            environment: BTreeMap::new(),
        };
        let run = Path::new("/run/7");
        assert_eq!(record.out_dir(run).unwrap(), Path::new("/run/7/target"));
        let bare = record.without_dependencies();
        assert_eq!(bare.arguments, &words[..4]);
        assert_eq!(bare.manifest, manifest("[package]\n[dependencies]\n"));
    }
}
