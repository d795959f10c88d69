//! Where a cluster writes: aside, and under its name when it is complete.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use segmenta::prelude::*;

use crate::cluster::Cluster;
use crate::{Failure, Result, tell};

/// A table on its way, or a folder of several. Only one program at a time writes to a place.
pub struct Aside {
    place: PathBuf,
    aside: PathBuf,
    /// For what is needed on the way only.
    work: PathBuf,
    /// For what is replaced.
    old: PathBuf,
    replace: bool,
    lock: File,
    lock_file: PathBuf,
    is_complete: bool,
}

impl Aside {
    /// For a folder with these tables and files.
    pub fn with(place: &Path, own: &[&str], replace: bool) -> Result<Self> {
        let aside = Self::of(place, |name| own.contains(&name), replace)?;
        let made = fs::create_dir(&aside.aside);
        made.map_err(|error| Failure(format!("{}: {error}", aside.aside.display())))?;
        Ok(aside)
    }

    /// For a folder of Parquet files that this machine and the cluster both see.
    pub fn new(place: &Path, replace: bool) -> Result<Self> {
        let is_part = |name: &str| name.ends_with(".parquet") || name == "_SUCCESS";
        Self::of(place, is_part, replace)
    }

    fn of(place: &Path, is_own: impl Fn(&str) -> bool, replace: bool) -> Result<Self> {
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
        if let Some(other) = not_of(place, is_own) {
            return Err(Failure(format!(
                "{} holds {other}, which this program did not write: nothing is replaced there; choose another place",
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
        let [aside, work, old] = ["segmenta-part", "segmenta-work", "segmenta-old"].map(hidden);
        // Killed between the two names: what was there is there again.
        if old.exists() && !place.exists() {
            fs::rename(&old, place).map_err(|error| failed(&old, error))?;
            let again = format!(
                "{} is there again, which a program that was killed had put aside",
                place.display()
            );
            if !replace {
                return Err(Failure(format!("{again}; --replace replaces it")));
            }
            tell(again);
        }
        // What a program that was killed has left.
        for left in [&aside, &work, &old] {
            if left.exists() {
                remove(left).map_err(|error| failed(left, error))?;
            }
        }
        Ok(Aside {
            place: parent.join(name),
            aside,
            work,
            old,
            replace,
            lock,
            lock_file,
            is_complete: false,
        })
    }

    /// Where the cluster writes meanwhile.
    pub fn path(&self) -> String {
        self.aside.to_string_lossy().into_owned()
    }

    /// Where something in the folder is written meanwhile.
    pub fn inside(&self, name: &str) -> PathBuf {
        self.aside.join(name)
    }

    /// Has the cluster write a table into the folder.
    pub fn write(&self, cluster: &Cluster, statement: &str, name: &str) -> Result {
        cluster.write(statement, &self.inside(name).to_string_lossy())
    }

    /// Has the cluster put a table aside, and calls it by a name from then on.
    pub fn put(&self, cluster: &Cluster, statement: &str, name: &str) -> Result {
        let place = self.work.join(name);
        let place = place.to_string_lossy();
        cluster.write(statement, &place)?;
        match cluster.table(&place) {
            Ok(table) => cluster.called(&table, name),
            // Sail writes nothing of a table without rows.
            Err(_) => cluster.run(&format!(
                "create or replace temp view {name} as {statement}"
            )),
        }
    }

    /// Puts a table of this machine aside, and says where it is.
    pub fn keep(&self, table: &DataFrame, name: &str) -> Result<PathBuf> {
        let failed = |error| Failure(format!("{}: {error}", self.work.display()));
        fs::create_dir_all(&self.work).map_err(failed)?;
        let file = self.work.join(name).with_extension("parquet");
        export::parquet(table, &file, Existing::Replace)?;
        Ok(file)
    }

    /// Puts a table of this machine aside for the cluster, which calls it by a name from then on.
    pub fn hand_over(&self, cluster: &Cluster, table: &DataFrame, name: &str) -> Result {
        let file = self.keep(table, name)?;
        cluster.called(&cluster.table(&file.to_string_lossy())?, name)
    }

    /// Brings here what a statement says.
    pub fn bring(&self, cluster: &Cluster, statement: &str) -> Result<DataFrame> {
        let folder = self.work.join("brought");
        cluster.write(statement, &folder.to_string_lossy())?;
        let failed = |error: std::io::Error| {
            Failure(format!(
                "the cluster has written, but {} is not to be read from here: give a folder that both see ({error})",
                folder.display()
            ))
        };
        let mut parts = Vec::new();
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let part = entry.map_err(failed)?.path();
            if part.extension().is_some_and(|end| end == "parquet") {
                parts.push(part);
            }
        }
        parts.sort();
        let mut all: Option<DataFrame> = None;
        for part in &parts {
            let part = numbers(export::read_parquet(part)?)?;
            match &mut all {
                Some(all) => {
                    all.vstack_mut(&part)?;
                }
                None => all = Some(part),
            }
        }
        fs::remove_dir_all(&folder).map_err(failed)?;
        all.ok_or_else(|| Failure("the cluster has written no table".into()))
    }

    /// It is complete: from now on it has its name.
    pub fn finish(mut self) -> Result {
        let failed = |error: std::io::Error| Failure(format!("{}: {error}", self.place.display()));
        if !self.aside.is_dir() {
            return Err(Failure(format!(
                "the cluster has written, but {} is not to be seen from here: give a folder that both see",
                self.aside.display()
            )));
        }
        File::create(self.aside.join(MARK)).map_err(failed)?;
        let old = &self.old;
        if self.replace && self.place.exists() {
            fs::rename(&self.place, old).map_err(failed)?;
        }
        if let Err(error) = fs::rename(&self.aside, &self.place) {
            if old.exists() {
                let _ = fs::rename(old, &self.place);
            }
            return Err(failed(error));
        }
        let removed = match old.exists() {
            true => remove(old).map_err(failed),
            false => Ok(()),
        };
        self.is_complete = true;
        removed
    }
}

/// A file, or a folder with all that is in it.
fn remove(place: &Path) -> std::io::Result<()> {
    match place.is_dir() {
        true => fs::remove_dir_all(place),
        false => fs::remove_file(place),
    }
}

/// Decimals, in which warehouses keep money, as doubles.
fn numbers(table: DataFrame) -> Result<DataFrame> {
    let columns = table.columns().iter().map(|column| match column.dtype() {
        DataType::Decimal(..) => column.strict_cast(&DataType::Float64),
        _ => Ok(column.clone()),
    });
    let columns = columns.collect::<PolarsResult<Vec<_>>>()?;
    Ok(DataFrame::new(table.height(), columns)?)
}

/// What the program leaves in a folder that it wrote: only such a one is replaced.
const MARK: &str = ".segmenta-spark";

/// Something in a folder that is not of the program, where there is such a thing. Of what is hidden, sums of check are a
/// cluster's.
fn not_of(place: &Path, is_own: impl Fn(&str) -> bool) -> Option<String> {
    let names = fs::read_dir(place).ok()?;
    let names =
        names.filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()));
    let names: Vec<String> = names.filter(|name| name != MARK).collect();
    let is_marked = place.join(MARK).exists();
    let is_of_cluster = |name: &str| name.starts_with('.') && name.ends_with(".crc");
    names
        .into_iter()
        .find(|name| !is_marked || !(is_own(name) || is_of_cluster(name)))
}

impl Drop for Aside {
    fn drop(&mut self) {
        // Workers of a cluster that has failed may write for a moment still: gone is what stays gone.
        const ROUNDS: usize = 20;
        const PAUSE: Duration = Duration::from_millis(100);
        let mut gone = 0;
        for _ in 0..ROUNDS {
            let left = [&self.aside, &self.work]
                .map(|own| own.exists() && remove(own).is_err() || own.exists());
            gone = if left.contains(&true) { 0 } else { gone + 1 };
            if gone > if self.is_complete { 0 } else { 3 } {
                break;
            }
            std::thread::sleep(PAUSE);
        }
        let _ = fs::remove_file(&self.lock_file);
        let _ = self.lock.unlock();
    }
}
