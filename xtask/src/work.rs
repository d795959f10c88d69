//! A learner's copies of the lessons: opened, run and saved without a change that git sees.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use crate::Result;
use crate::clone::Clone;
use crate::run::lessons;

/// Copies what is not there yet. A copy that nobody has changed follows its lesson; of one that was
/// changed, it is said that the lesson has a newer version.
pub fn copies(clone: &Clone) -> Result {
    // An image is set up before its lessons are there: they change more often.
    if !clone.notebooks().is_dir() {
        return Ok(());
    }
    follow(clone, &clone.notebooks().join("evcxr.toml"))?;
    // The index, in each language.
    let there = fs::read_dir(clone.notebooks());
    let there = there.map_err(|error| cannot("read", &clone.notebooks(), &error))?;
    for file in there.filter_map(|file| Some(file.ok()?.path())) {
        if file.extension().is_some_and(|extension| extension == "md") {
            follow(clone, &file)?;
        }
    }
    for lesson in lessons(clone, &[])? {
        let newer = follow(clone, &lesson.with_extension("ipynb"))?;
        if newer {
            let name = lesson.file_stem().unwrap_or_default().display();
            println!(
                "Lesson {name} has changed since you began yours; `cargo xtask reset {name}` brings it, \
                 and keeps yours beside it."
            );
        }
    }
    Ok(())
}

/// `cargo xtask reset LESSON..`: lessons as they were, beside what the learner made of them.
pub fn reset(clone: &Clone, wanted: &[&str]) -> Result {
    if wanted.is_empty() {
        return Err("which lesson? As in `cargo xtask reset 05`".into());
    }
    for lesson in lessons(clone, wanted)? {
        let origin = lesson.with_extension("ipynb");
        let copy = copy_of(clone, &origin);
        if copy.exists() && mark(&copy)? != mark(&origin)? {
            let stem = lesson
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let kept = (1..)
                .map(|number| copy.with_file_name(format!("{stem}-mine-{number}.ipynb")))
                .find(|kept| !kept.exists())
                .unwrap_or_default();
            fs::rename(&copy, &kept).map_err(|error| cannot("keep", &copy, &error))?;
            println!("yours is now {}", kept.display());
        }
        bring(clone, &origin)?;
        println!("{} is as the course has it", copy.display());
    }
    Ok(())
}

/// Copies a file, or brings an untouched copy up to date; gives whether a changed copy is behind.
fn follow(clone: &Clone, origin: &Path) -> Result<bool> {
    let copy = copy_of(clone, origin);
    if !copy.exists() {
        bring(clone, origin)?;
        return Ok(false);
    }
    let from = fs::read_to_string(note(clone, origin)).unwrap_or_default();
    if from == mark(origin)? {
        return Ok(false);
    }
    if from == mark(&copy)? {
        bring(clone, origin)?;
        return Ok(false);
    }
    Ok(true)
}

fn bring(clone: &Clone, origin: &Path) -> Result {
    let (copy, note) = (copy_of(clone, origin), note(clone, origin));
    for folder in [&copy, &note].into_iter().filter_map(|file| file.parent()) {
        fs::create_dir_all(folder).map_err(|error| cannot("make", folder, &error))?;
    }
    fs::copy(origin, &copy).map_err(|error| cannot("write", &copy, &error))?;
    fs::write(&note, mark(origin)?).map_err(|error| cannot("write", &note, &error))
}

fn copy_of(clone: &Clone, origin: &Path) -> PathBuf {
    clone.work().join(origin.file_name().unwrap_or_default())
}

/// Where it is noted what a copy was made from.
fn note(clone: &Clone, origin: &Path) -> PathBuf {
    clone
        .work()
        .join(".copied")
        .join(origin.file_name().unwrap_or_default())
}

/// What tells one content from another.
fn mark(file: &Path) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    fs::read(file)
        .map_err(|error| cannot("read", file, &error))?
        .hash(&mut hasher);
    Ok(format!("{:016x}", hasher.finish()))
}

fn cannot(what: &str, file: &Path, error: &std::io::Error) -> String {
    format!("cannot {what} {}: {error}", file.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clone(name: &str) -> Clone {
        let root = std::env::temp_dir().join(format!("xtask-work-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(root.join("notebooks")).unwrap();
        let clone = Clone { root };
        for name in [
            "index.md",
            "index.id.md",
            "evcxr.toml",
            "01-one.rs",
            "01-one.ipynb",
        ] {
            fs::write(clone.notebooks().join(name), "as the course has it").unwrap();
        }
        copies(&clone).unwrap();
        clone
    }

    fn text(file: &Path) -> String {
        fs::read_to_string(file).unwrap()
    }

    #[test]
    fn a_learners_work_is_never_written_over() {
        let clone = clone("kept");
        let (origin, copy) = (
            clone.notebooks().join("01-one.ipynb"),
            clone.work().join("01-one.ipynb"),
        );
        assert_eq!(text(&copy), "as the course has it");
        assert!(clone.work().join("index.id.md").exists());
        fs::write(&copy, "mine").unwrap();
        fs::write(&origin, "newer").unwrap();
        copies(&clone).unwrap();
        assert_eq!(text(&copy), "mine");
        reset(&clone, &["01"]).unwrap();
        assert_eq!(text(&copy), "newer");
        assert_eq!(text(&clone.work().join("01-one-mine-1.ipynb")), "mine");
        fs::write(&copy, "mine again").unwrap();
        reset(&clone, &["01"]).unwrap();
        assert_eq!(
            text(&clone.work().join("01-one-mine-2.ipynb")),
            "mine again"
        );
        fs::remove_dir_all(&clone.root).unwrap();
    }

    #[test]
    fn an_untouched_copy_follows_its_lesson() {
        let clone = clone("follows");
        fs::write(clone.notebooks().join("01-one.ipynb"), "newer").unwrap();
        copies(&clone).unwrap();
        assert_eq!(text(&clone.work().join("01-one.ipynb")), "newer");
        fs::remove_dir_all(&clone.root).unwrap();
    }
}
