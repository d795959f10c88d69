//! How do results get out, whole or not at all?
//!
//! A file is written beside its place and moved there when it is complete, so that nobody ever reads
//! half of one. A [`Folder`] does that for several files that belong together: either all are there,
//! or none is. What exists is replaced only where that was asked for.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

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
    if existing == Existing::Keep && file.exists() {
        return Err(failed(exists()));
    }
    let mut beside = file.as_os_str().to_owned();
    beside.push(format!(".{}.part", std::process::id()));
    let beside = PathBuf::from(beside);
    let written = fs::File::create(&beside)
        .map(BufWriter::new)
        .and_then(|mut out| {
            work(&mut out).map_err(|error| match error {
                // The system's own words, where polars passes them on.
                PolarsError::IO { error, .. } => io::Error::new(error.kind(), error.to_string()),
                other => io::Error::other(other.to_string()),
            })?;
            // A full disk may say so only now.
            out.into_inner()
                .map_err(|error| error.into_error())?
                .sync_all()
        });
    written
        .and_then(|()| fs::rename(&beside, file))
        .map_err(|source| {
            // What is half-written is of no use to anyone.
            let _ = fs::remove_file(&beside);
            failed(source)
        })
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
    /// Whether the folder was not there before.
    made: bool,
}

impl Folder {
    /// A folder that is to get these files, made where it is not there.
    ///
    /// # Errors
    /// [`Error::Write`] where one of them exists and is to be kept, or the folder cannot be made or
    /// written to: before any work is done in vain.
    pub fn new<'a>(
        place: impl AsRef<Path>,
        names: impl IntoIterator<Item = &'a str>,
        existing: Existing,
    ) -> Result<Self> {
        let place = place.as_ref();
        for name in names {
            let file = place.join(name);
            if existing == Existing::Keep && file.exists() {
                return Err(Error::Write {
                    file,
                    source: exists(),
                });
            }
        }
        let folder = Folder {
            inside: place.join(format!(".segmenta-{}", std::process::id())),
            made: !place.exists(),
            place: place.to_owned(),
        };
        fs::create_dir_all(&folder.inside).map_err(|source| Error::Write {
            file: place.to_owned(),
            source,
        })?;
        Ok(folder)
    }

    /// Where to write a file of this name until all are complete.
    pub fn path(&self, name: &str) -> PathBuf {
        self.inside.join(name)
    }

    /// Moves all files into the folder, over those of the same name.
    ///
    /// # Errors
    /// [`Error::Write`] where one cannot be moved.
    pub fn finish(self) -> Result<()> {
        let moved = || -> io::Result<()> {
            for entry in fs::read_dir(&self.inside)? {
                let entry = entry?;
                fs::rename(entry.path(), self.place.join(entry.file_name()))?;
            }
            Ok(())
        };
        moved().map_err(|source| Error::Write {
            file: self.place.clone(),
            source,
        })
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
