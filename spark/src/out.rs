//! Where a cluster writes: aside, and under its name when it is complete.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::{Failure, Result};

/// A table on its way. Only one program at a time writes to a place.
pub struct Aside {
    place: PathBuf,
    aside: PathBuf,
    replace: bool,
    lock: File,
    lock_file: PathBuf,
}

impl Aside {
    /// For a folder of Parquet files that this machine and the cluster both see.
    pub fn new(place: &Path, replace: bool) -> Result<Self> {
        let failed =
            |what: &Path, error: std::io::Error| Failure(format!("{}: {error}", what.display()));
        if place.to_string_lossy().contains("://") {
            return Err(Failure(format!(
                "{}: give a folder that this machine and the cluster both see; what is written there is renamed when it is \
                 complete",
                place.display()
            )));
        }
        if place.exists() && !replace {
            return Err(Failure(format!(
                "{} is there already; --replace replaces it",
                place.display()
            )));
        }
        let parent = place
            .parent()
            .filter(|own| !own.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        fs::create_dir_all(parent).map_err(|error| failed(parent, error))?;
        let parent = fs::canonicalize(parent).map_err(|error| failed(parent, error))?;
        let Some(name) = place.file_name() else {
            return Err(Failure(format!(
                "{} is no name for a folder",
                place.display()
            )));
        };
        let hidden = |end: &str| parent.join(format!(".{}.{end}", name.to_string_lossy()));
        let lock_file = hidden("segmenta-lock");
        let lock = File::create(&lock_file).map_err(|error| failed(&lock_file, error))?;
        if matches!(lock.try_lock(), Err(fs::TryLockError::WouldBlock)) {
            return Err(Failure(format!(
                "{}: another program is just writing there",
                place.display()
            )));
        }
        let aside = hidden("segmenta-part");
        // What a program that was killed has left.
        if aside.exists() {
            fs::remove_dir_all(&aside).map_err(|error| failed(&aside, error))?;
        }
        Ok(Aside {
            place: parent.join(name),
            aside,
            replace,
            lock,
            lock_file,
        })
    }

    /// Where the cluster writes meanwhile.
    pub fn path(&self) -> String {
        self.aside.to_string_lossy().into_owned()
    }

    /// It is complete: from now on it has its name.
    pub fn finish(self) -> Result {
        let failed = |error: std::io::Error| Failure(format!("{}: {error}", self.place.display()));
        if !self.aside.is_dir() {
            return Err(Failure(format!(
                "the cluster has written, but {} is not to be seen from here: give a folder that both see",
                self.aside.display()
            )));
        }
        let old = self.aside.with_extension("segmenta-old");
        if self.replace && self.place.exists() {
            fs::rename(&self.place, &old).map_err(failed)?;
        }
        if let Err(error) = fs::rename(&self.aside, &self.place) {
            if old.exists() {
                let _ = fs::rename(&old, &self.place);
            }
            return Err(failed(error));
        }
        if old.is_dir() {
            fs::remove_dir_all(&old).map_err(failed)?;
        } else if old.exists() {
            fs::remove_file(&old).map_err(failed)?;
        }
        Ok(())
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.aside);
        let _ = fs::remove_file(&self.lock_file);
        let _ = self.lock.unlock();
    }
}
