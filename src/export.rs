//! How do results get out, whole or not at all?
//!
//! A file is written beside its place and moved there when it is complete, so that nobody ever reads
//! half of one. A [`Folder`] does that for several files that belong together: either all are there,
//! or none is. What exists is replaced only where that was asked for.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use polars::prelude::*;
use polars_io::prelude::{CsvWriter, ParquetWriter};

use crate::{Error, Result};

/// What becomes of a file that is there already?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// It stays, and nothing is written.
    Keep,
    /// It is replaced by the new one, once that is complete.
    Replace,
}

/// Writes a table as CSV, with a comma between the columns, empty where there is no value.
///
/// # Errors
/// [`Error::Write`] where the file cannot be written, or exists and is to be kept.
///
/// ```
/// use segmenta::prelude::*;
///
/// let file = std::env::temp_dir().join(format!("segmenta-doc-{}.csv", std::process::id()));
/// export::csv(&df!("ID" => [1, 2], "tier" => ["Gold", "Silver"])?, &file, Existing::Keep)?;
/// assert_eq!(std::fs::read_to_string(&file).unwrap(), "ID,tier\n1,Gold\n2,Silver\n");
/// assert!(export::csv(&df!("ID" => [1])?, &file, Existing::Keep).is_err());
/// # std::fs::remove_file(file).unwrap();
/// # Ok::<(), Error>(())
/// ```
pub fn csv(table: &DataFrame, file: impl AsRef<Path>, existing: Existing) -> Result<()> {
    whole(file.as_ref(), existing, |out| {
        CsvWriter::new(out).finish(&mut table.clone())
    })
}

/// Writes a table as CSV to where it is told, such as the standard output.
///
/// # Errors
/// [`Error::Polars`] where that fails.
///
/// ```
/// use segmenta::prelude::*;
///
/// let mut text = Vec::new();
/// export::csv_to(&df!("ID" => [1])?, &mut text)?;
/// assert_eq!(text, b"ID\n1\n");
/// # Ok::<(), Error>(())
/// ```
pub fn csv_to(table: &DataFrame, out: impl Write) -> Result<()> {
    Ok(CsvWriter::new(out).finish(&mut table.clone())?)
}

/// Writes a table as Parquet, which keeps the types of the columns.
///
/// # Errors
/// As [`csv()`].
///
/// ```
/// use segmenta::prelude::*;
///
/// let file = std::env::temp_dir().join(format!("segmenta-doc-{}.parquet", std::process::id()));
/// let table = df!("ID" => [1, 2], "propensity" => [0.25, 0.5])?;
/// export::parquet(&table, &file, Existing::Keep)?;
/// assert_eq!(export::read_parquet(&file)?, table);
/// # std::fs::remove_file(file).unwrap();
/// # Ok::<(), Error>(())
/// ```
pub fn parquet(table: &DataFrame, file: impl AsRef<Path>, existing: Existing) -> Result<()> {
    whole(file.as_ref(), existing, |out| {
        ParquetWriter::new(out)
            .finish(&mut table.clone())
            .map(|_| ())
    })
}

/// Reads a table that [`parquet`] wrote.
///
/// # Errors
/// [`Error::Read`] where there is no such file, [`Error::NotATable`] where it holds something else.
pub fn read_parquet(file: impl AsRef<Path>) -> Result<DataFrame> {
    use polars_io::prelude::{ParquetReader, SerReader};
    let file = file.as_ref();
    let opened = fs::File::open(file).map_err(|source| Error::Read {
        file: file.to_owned(),
        source,
    })?;
    ParquetReader::new(opened)
        .finish()
        .map_err(|error| Error::NotATable {
            file: file.to_owned(),
            found: error.to_string(),
            expected: "a table as Parquet".into(),
        })
}

/// Writes a text.
pub(crate) fn text(text: &str, file: &Path, existing: Existing) -> Result<()> {
    whole(file, existing, |out| Ok(out.write_all(text.as_bytes())?))
}

/// Writes a file beside its place, and moves it there when it is complete.
fn whole(
    file: &Path,
    existing: Existing,
    work: impl FnOnce(&mut BufWriter<fs::File>) -> PolarsResult<()>,
) -> Result<()> {
    let failed = |source| Error::Write {
        file: file.to_owned(),
        source,
    };
    let place = place_of(file, existing).map_err(failed)?;
    let beside = unique(&place);
    let written = fs::File::create_new(&beside)
        .map(BufWriter::new)
        .and_then(|mut out| {
            work(&mut out).map_err(|error| match error {
                // The system's own words, where polars passes them on.
                PolarsError::IO { error, .. } => io::Error::new(error.kind(), error.to_string()),
                other => io::Error::other(other.to_string()),
            })?;
            // A full disk may say so only now.
            let file = out.into_inner().map_err(|error| error.into_error())?;
            file.sync_all()
        });
    let published = written.and_then(|()| match existing {
        Existing::Keep => appear(&beside, &place),
        Existing::Replace => fs::rename(&beside, &place),
    });
    // What is half-written is of no use to anyone; and what has appeared has two names.
    let _ = fs::remove_file(&beside);
    published.map_err(failed)
}

/// Where a file is to be written: at the end of a link. Only a regular file is ever replaced.
fn place_of(file: &Path, existing: Existing) -> io::Result<PathBuf> {
    let Ok(there) = fs::symlink_metadata(file) else {
        return Ok(file.to_owned());
    };
    if existing == Existing::Keep {
        return Err(exists());
    }
    let place = if there.is_symlink() {
        fs::canonicalize(file)?
    } else {
        file.to_owned()
    };
    if !fs::metadata(&place)?.is_file() {
        let says = "what is there is no regular file, and is not replaced";
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, says));
    }
    Ok(place)
}

/// Gives a complete file its name, unless somebody else has taken it meanwhile.
fn appear(file: &Path, name: &Path) -> io::Result<()> {
    match fs::hard_link(file, name) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(exists()),
        // A file system without links: the best that is left.
        Err(_) if fs::symlink_metadata(name).is_err() => fs::rename(file, name),
        linked => linked,
    }
}

/// A name beside a file that nobody else has.
fn unique(file: &Path) -> PathBuf {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let time = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_nanos());
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    file.with_file_name(format!(
        ".{name}.{}-{time}-{count}.part",
        std::process::id()
    ))
}

fn exists() -> io::Error {
    let says = "it exists already, and was not to be replaced";
    io::Error::new(io::ErrorKind::AlreadyExists, says)
}

/// Files that belong together, on their way into a folder: all of them get there, or none.
///
/// Until [`finish`](Folder::finish) they lie in a folder of their own inside it, which goes away with
/// this value where something fails.
///
/// ```
/// use segmenta::prelude::*;
///
/// # let place = std::env::temp_dir().join(format!("segmenta-doc-folder-{}", std::process::id()));
/// let folder = export::Folder::new(&place, ["customers.csv"], Existing::Keep)?;
/// export::csv(&df!("ID" => [1])?, folder.path("customers.csv"), Existing::Keep)?;
/// assert!(!place.join("customers.csv").exists());
/// folder.finish()?;
/// assert!(place.join("customers.csv").exists());
/// # std::fs::remove_dir_all(place).unwrap();
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug)]
pub struct Folder {
    place: PathBuf,
    inside: PathBuf,
    existing: Existing,
    /// Whether the folder was not there before.
    made: bool,
}

impl Folder {
    /// A folder that is to get these files, made where it is not there.
    ///
    /// # Errors
    /// [`Error::Write`] where one of them exists and is to be kept or is no regular file, or the folder
    /// cannot be made or written to: before any work is done in vain.
    pub fn new<'a>(
        place: impl AsRef<Path>,
        names: impl IntoIterator<Item = &'a str>,
        existing: Existing,
    ) -> Result<Self> {
        let place = place.as_ref();
        for name in names {
            let file = place.join(name);
            if let Err(source) = place_of(&file, existing) {
                return Err(Error::Write { file, source });
            }
        }
        let failed = |source| Error::Write {
            file: place.to_owned(),
            source,
        };
        let made = !place.exists();
        fs::create_dir_all(place).map_err(failed)?;
        let folder = Folder {
            inside: unique(&place.join("segmenta")),
            place: place.to_owned(),
            existing,
            made,
        };
        fs::create_dir(&folder.inside).map_err(failed)?;
        Ok(folder)
    }

    /// Where to write a file of this name until all are complete.
    pub fn path(&self, name: &str) -> PathBuf {
        self.inside.join(name)
    }

    /// Moves all files into the folder, over those of the same name. Where one cannot be moved, those
    /// moved before it go back, and all is as it was.
    ///
    /// # Errors
    /// [`Error::Write`] where one cannot be moved.
    pub fn finish(self) -> Result<()> {
        let failed = |file: &Path, source| Error::Write {
            file: file.to_owned(),
            source,
        };
        let listed = fs::read_dir(&self.inside).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let mut files = listed.map_err(|error| failed(&self.place, error))?;
        files.sort_by_key(fs::DirEntry::file_name);
        let aside = self.inside.join("replaced");
        fs::create_dir(&aside).map_err(|error| failed(&self.place, error))?;
        let mut moved: Vec<Moved> = Vec::new();
        for file in files {
            let name = file.file_name();
            let to = self.place.join(&name);
            if let Err(error) = self.publish(&file.path(), &to, &aside.join(&name), &mut moved) {
                for step in moved.iter().rev() {
                    step.undo();
                }
                return Err(failed(&to, error));
            }
        }
        Ok(())
    }

    fn publish(
        &self,
        from: &Path,
        to: &Path,
        old: &Path,
        moved: &mut Vec<Moved>,
    ) -> io::Result<()> {
        let to = place_of(to, self.existing)?;
        if self.existing == Existing::Replace && to.exists() {
            // Copied where the old one is at the end of a link to another disk.
            fs::rename(&to, old).or_else(|_| fs::copy(&to, old).map(|_| ()))?;
            moved.push(Moved::Old(to.clone(), old.to_owned()));
        }
        match self.existing {
            Existing::Keep => appear(from, &to)?,
            Existing::Replace => {
                fs::rename(from, &to).or_else(|_| fs::copy(from, &to).map(|_| ()))?
            }
        }
        moved.push(Moved::New(to));
        Ok(())
    }
}

/// A step that can be taken back.
enum Moved {
    /// What was there, and where it lies now.
    Old(PathBuf, PathBuf),
    /// What is there now.
    New(PathBuf),
}

impl Moved {
    fn undo(&self) {
        let _ = match self {
            Moved::Old(was, lies) => fs::rename(lies, was),
            Moved::New(there) => fs::remove_file(there),
        };
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.inside);
        if self.made {
            // Only where nothing is in it: after a failure.
            let _ = fs::remove_dir(&self.place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of its own, gone at the end.
    struct Place(PathBuf);

    impl Place {
        fn new(name: &str) -> Self {
            let place = unique(&std::env::temp_dir().join(name));
            fs::create_dir(&place).unwrap();
            Place(place)
        }

        fn read(&self, name: &str) -> String {
            fs::read_to_string(self.0.join(name)).unwrap()
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn where_one_file_cannot_be_moved_all_are_as_they_were() {
        let place = Place::new("all-or-nothing");
        fs::write(place.0.join("a"), "old a").unwrap();
        let folder = Folder::new(&place.0, ["a", "b", "c"], Existing::Replace).unwrap();
        for name in ["a", "b", "c"] {
            fs::write(folder.path(name), format!("new {name}")).unwrap();
        }
        // Somebody puts a folder in the way of the last one.
        fs::create_dir(place.0.join("c")).unwrap();
        let error = folder.finish().unwrap_err().to_string();
        assert!(
            error.contains("no regular file") && error.contains("/c"),
            "{error}"
        );
        assert_eq!(place.read("a"), "old a");
        assert!(!place.0.join("b").exists());
        assert_eq!(fs::read_dir(&place.0).unwrap().count(), 2);
    }

    #[test]
    fn what_appears_meanwhile_is_kept() {
        let place = Place::new("meanwhile");
        let folder = Folder::new(&place.0, ["a", "b"], Existing::Keep).unwrap();
        fs::write(folder.path("a"), "ours").unwrap();
        fs::write(folder.path("b"), "ours").unwrap();
        fs::write(place.0.join("b"), "theirs").unwrap();
        assert!(folder.finish().is_err());
        assert_eq!(place.read("b"), "theirs");
        assert!(!place.0.join("a").exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_followed_and_only_a_regular_file_replaced() {
        let place = Place::new("links");
        fs::write(place.0.join("target"), "old").unwrap();
        std::os::unix::fs::symlink(place.0.join("target"), place.0.join("link")).unwrap();
        text("new", &place.0.join("link"), Existing::Replace).unwrap();
        assert_eq!(place.read("target"), "new");
        assert!(
            fs::symlink_metadata(place.0.join("link"))
                .unwrap()
                .is_symlink()
        );
        // A link to nowhere is something that is there.
        std::os::unix::fs::symlink("nowhere", place.0.join("dangling")).unwrap();
        assert!(text("new", &place.0.join("dangling"), Existing::Keep).is_err());
        fs::create_dir(place.0.join("folder")).unwrap();
        assert!(text("new", &place.0.join("folder"), Existing::Replace).is_err());
        assert_eq!(fs::read_dir(&place.0).unwrap().count(), 4);
    }
}
