//! How do results get out, whole or not at all?
//!
//! A file is written beside its place and moved there when it is complete, so that nobody ever reads
//! half of one. A [`Folder`] does that for several files that belong together: either all are there,
//! or none is. What exists is replaced only where that was asked for.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use polars::prelude::*;
use polars_io::prelude::{CsvWriter, ParquetCompression, ParquetWriter};
use tempfile::{NamedTempFile, TempDir};

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

/// Writes a table as Parquet that is read again soon: quickly, and as it comes.
pub(crate) fn unpacked(table: &DataFrame, file: &Path) -> Result<()> {
    let opened = fs::File::create(file).map_err(|source| Error::Write {
        file: file.to_owned(),
        source,
    })?;
    let written = ParquetWriter::new(BufWriter::new(opened))
        .with_compression(ParquetCompression::Uncompressed)
        .finish(&mut table.clone());
    written.map_err(|error| not_written(file, error))?;
    Ok(())
}

/// Writes bytes to the end of a file, which is made where it is not there.
pub(crate) fn append(bytes: &[u8], file: &Path) -> Result<()> {
    let written = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(file)
        .and_then(|mut opened| opened.write_all(bytes));
    written.map_err(|source| Error::Write {
        file: file.to_owned(),
        source,
    })
}

/// What polars says of a file that it could not write.
pub(crate) fn not_written(file: &Path, error: PolarsError) -> Error {
    Error::Write {
        file: file.to_owned(),
        source: of_polars(error),
    }
}

fn of_polars(error: PolarsError) -> io::Error {
    match error {
        PolarsError::IO { error, .. } => io::Error::new(error.kind(), error.to_string()),
        other => io::Error::other(other.to_string()),
    }
}

/// Reads a table that [`parquet`] wrote.
///
/// # Errors
/// [`Error::Read`] where there is no such file, [`Error::NotATable`] where it holds something else.
pub fn read_parquet(file: impl AsRef<Path>) -> Result<DataFrame> {
    read(file.as_ref(), None)
}

/// Some of its columns.
pub(crate) fn read_columns(file: &Path, names: &[&str]) -> Result<DataFrame> {
    read(
        file,
        Some(names.iter().map(|name| (*name).to_owned()).collect()),
    )
}

fn read(file: &Path, names: Option<Vec<String>>) -> Result<DataFrame> {
    use polars_io::prelude::{ParquetReader, SerReader};
    let opened = fs::File::open(file).map_err(|source| Error::Read {
        file: file.to_owned(),
        source,
    })?;
    ParquetReader::new(opened)
        .with_columns(names)
        .finish()
        .map_err(|error| Error::NotATable {
            file: file.to_owned(),
            found: error.to_string(),
            expected: "a table as Parquet".into(),
        })
}

/// Writes a text.
pub(crate) fn text(text: &str, file: &Path, existing: Existing) -> Result<()> {
    bytes(text.as_bytes(), file, existing)
}

/// Writes bytes as they are.
pub(crate) fn bytes(bytes: &[u8], file: &Path, existing: Existing) -> Result<()> {
    whole(file, existing, |out| Ok(out.write_all(bytes)?))
}

/// Writes a file beside its place, and moves it there when it is complete.
fn whole(
    file: &Path,
    existing: Existing,
    work: impl FnOnce(&mut Remembering<'_>) -> PolarsResult<()>,
) -> Result<()> {
    let failed = |source| Error::Write {
        file: file.to_owned(),
        source,
    };
    let place = place_of(file, existing).map_err(failed)?;
    let written = beside(&place, ".").and_then(|mut part| {
        let mut out = Remembering {
            out: BufWriter::new(&mut part),
            failed: None,
        };
        let done = work(&mut out);
        // The system's own words, which not every writer passes on.
        if let (Err(_), Some(failed)) = (&done, out.failed.take()) {
            return Err(failed);
        }
        done.map_err(of_polars)?;
        // A full disk may say so only now.
        out.flush()?;
        drop(out);
        publish(part, &place, existing)
    });
    written.map_err(failed)
}

/// A writer that remembers why the system refused to write.
struct Remembering<'a> {
    out: BufWriter<&'a mut NamedTempFile>,
    failed: Option<io::Error>,
}

impl Remembering<'_> {
    fn remember<T>(&mut self, done: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &done {
            let own = io::Error::new(error.kind(), error.to_string());
            self.failed.get_or_insert(own);
        }
        done
    }
}

impl Write for Remembering<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let done = self.out.write(bytes);
        self.remember(done)
    }

    fn flush(&mut self) -> io::Result<()> {
        let done = self.out.flush();
        self.remember(done)
    }
}

/// A file on its way, on the disk where it is to go.
fn beside(place: &Path, prefix: &str) -> io::Result<NamedTempFile> {
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    let prefix = format!("{prefix}{name}.");
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // What the user's mask leaves of it, as for any new file.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder
        .prefix(&prefix)
        .suffix(".part")
        .tempfile_in(parent(place))
}

fn parent(file: &Path) -> &Path {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Gives a complete file its name: that of a file that is to go keeps who may read it.
fn publish(part: NamedTempFile, place: &Path, existing: Existing) -> io::Result<()> {
    if existing == Existing::Replace
        && let Ok(there) = fs::metadata(place)
    {
        fs::set_permissions(part.path(), there.permissions())?;
    }
    part.as_file().sync_all()?;
    step();
    match existing {
        Existing::Keep => part.persist_noclobber(place),
        Existing::Replace => part.persist(place),
    }
    .map_err(|error| match error.error.kind() {
        io::ErrorKind::AlreadyExists => exists(),
        _ => error.error,
    })?;
    sync(parent(place));
    step();
    Ok(())
}

/// That the names in a folder are on the disk too; not every system can say so.
fn sync(folder: &Path) {
    let _ = fs::File::open(folder).and_then(|folder| folder.sync_all());
}

/// Where a test may end the program.
fn step() {
    #[cfg(test)]
    tests::step();
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

fn exists() -> io::Error {
    let says = "it exists already, and was not to be replaced";
    io::Error::new(io::ErrorKind::AlreadyExists, says)
}

/// Files that belong together, on their way into a folder: all of them get there, or none.
///
/// Until [`finish`](Folder::finish) they lie in a folder of their own inside it, which goes away with
/// this value where something fails. Meanwhile no other such value can be made for the place.
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
    inside: TempDir,
    existing: Existing,
    /// The folders that were not there before, from the inner to the outer.
    made: Vec<PathBuf>,
    /// Held as long as this value lives.
    lock: Option<fs::File>,
}

/// How names begin that are gone when all is done; a program that was killed leaves some.
const INSIDE: &str = ".segmenta-";

impl Folder {
    /// A folder that is to get these files, made where it is not there.
    ///
    /// # Errors
    /// [`Error::Write`] where one of them exists and is to be kept or is no regular file, the folder
    /// cannot be made or written to, or another is at work there: before any work is done in vain.
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
        let made: Vec<PathBuf> = place
            .ancestors()
            .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists())
            .map(Path::to_owned)
            .collect();
        // Where another is at work, the folder is theirs, and may be empty still.
        let mut is_theirs = false;
        let mut inside = || -> io::Result<(Option<fs::File>, TempDir)> {
            fs::create_dir_all(place)?;
            let lock = lock(place).inspect_err(|_| is_theirs = true)?;
            if lock.is_some() {
                remove_abandoned(place);
            }
            Ok((
                lock,
                tempfile::Builder::new().prefix(INSIDE).tempdir_in(place)?,
            ))
        };
        match inside() {
            Ok((lock, inside)) => Ok(Folder {
                place: place.to_owned(),
                inside,
                existing,
                made,
                lock,
            }),
            Err(source) => {
                if !is_theirs {
                    unmake(&made);
                }
                Err(failed(source))
            }
        }
    }

    /// Where to write a file of this name until all are complete.
    pub fn path(&self, name: &str) -> PathBuf {
        self.inside.path().join(name)
    }

    /// Moves all files into the folder, over those of the same name. Where one cannot be moved, those
    /// moved before it go back, and all is as it was. A program that is killed meanwhile leaves each
    /// file whole, be it the old or the new one.
    ///
    /// # Errors
    /// [`Error::Write`] where one cannot be moved.
    pub fn finish(self) -> Result<()> {
        let failed = |file: &Path, source| Error::Write {
            file: file.to_owned(),
            source,
        };
        let listed =
            fs::read_dir(self.inside.path()).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let mut files = listed.map_err(|error| failed(&self.place, error))?;
        files.sort_by_key(fs::DirEntry::file_name);
        let mut moved: Vec<Moved> = Vec::new();
        for file in files {
            let to = self.place.join(file.file_name());
            if let Err(error) = self.publish(&file.path(), &to, &mut moved) {
                for step in moved.into_iter().rev() {
                    step.undo();
                }
                return Err(failed(&to, error));
            }
        }
        for step in moved {
            step.forget();
        }
        Ok(())
    }

    fn publish(&self, from: &Path, to: &Path, moved: &mut Vec<Moved>) -> io::Result<()> {
        let place = place_of(to, self.existing)?;
        let part = beside(&place, INSIDE)?;
        if fs::rename(from, part.path()).is_err() {
            // The file is at the end of a link to another disk.
            fs::copy(from, part.path())?;
        }
        let old = match self.existing {
            Existing::Replace if place.exists() => Some(aside(&place)?),
            _ => None,
        };
        step();
        // What was renamed is another file than the one that was opened.
        let part = NamedTempFile::from_parts(fs::File::open(part.path())?, part.into_temp_path());
        publish(part, &place, self.existing)?;
        moved.push(Moved { place, old });
        Ok(())
    }
}

/// A second name for a file that is about to be replaced.
fn aside(place: &Path) -> io::Result<tempfile::TempPath> {
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    let prefix = format!("{INSIDE}{name}.");
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(".old");
    builder
        .make_in(parent(place), |name| fs::hard_link(place, name))
        // A file system without links: a copy.
        .or_else(|_| builder.make_in(parent(place), |name| fs::copy(place, name).map(|_| ())))
        .map(|file| file.into_temp_path())
}

/// One file that has got to its place, and what was there before.
struct Moved {
    place: PathBuf,
    old: Option<tempfile::TempPath>,
}

impl Moved {
    fn undo(self) {
        let _ = match self.old {
            Some(old) => old.persist(&self.place).map_err(|error| error.error),
            None => fs::remove_file(&self.place),
        };
    }

    fn forget(self) {
        drop(self.old);
    }
}

/// That nobody else writes into this folder; `None` where the system has no such locks.
fn lock(folder: &Path) -> io::Result<Option<fs::File>> {
    let Ok(opened) = fs::File::open(folder) else {
        return Ok(None);
    };
    match opened.try_lock() {
        Ok(()) => Ok(Some(opened)),
        Err(fs::TryLockError::WouldBlock) => Err(io::Error::new(
            io::ErrorKind::ResourceBusy,
            "another program is just writing results there",
        )),
        Err(fs::TryLockError::Error(_)) => Ok(None),
    }
}

/// What a program that was killed has left: half-written files of nobody's.
fn remove_abandoned(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with(INSIDE) {
            let path = entry.path();
            let _ = fs::remove_dir_all(&path).or_else(|_| fs::remove_file(path));
        }
    }
}

fn unmake(made: &[PathBuf]) {
    for folder in made {
        // Only where nothing is in it: after a failure.
        let _ = fs::remove_dir(folder);
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(self.inside.path());
        unmake(&self.made);
        // A child that is just being started would hold it a moment longer.
        let _ = self.lock.as_ref().map(fs::File::unlock);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::process::Command;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Tells a child in which folder to replace files, and at which step to be killed.
    const KILLED: &str = "SEGMENTA_TEST_KILLED";

    /// Ends the program, as a power cut would, at the step that it was told.
    pub(super) fn step() {
        static STEPS: AtomicUsize = AtomicUsize::new(0);
        let Ok(wanted) = std::env::var(KILLED) else {
            return;
        };
        let at = wanted.split_once(' ').unwrap().0.parse();
        if at == Ok(STEPS.fetch_add(1, Ordering::Relaxed)) {
            std::process::abort();
        }
    }

    /// What the child does.
    #[test]
    fn replaces_three_files_where_it_is_told_to() {
        let Ok(wanted) = std::env::var(KILLED) else {
            return;
        };
        replace(Path::new(wanted.split_once(' ').unwrap().1)).unwrap();
    }

    fn replace(place: &Path) -> Result<()> {
        let folder = Folder::new(place, ["a", "b", "c"], Existing::Replace)?;
        for name in ["a", "b", "c"] {
            fs::write(folder.path(name), format!("new {name}")).unwrap();
        }
        folder.finish()
    }

    #[test]
    fn killed_between_any_two_steps_it_leaves_each_file_whole_and_the_next_run_tidies_up() {
        let this = std::env::current_exe().unwrap();
        let (_, here) = module_path!().split_once("::").unwrap();
        let child = format!("{here}::replaces_three_files_where_it_is_told_to");
        let mut ends = Vec::new();
        for at in 0..20 {
            let place = Place::new("killed");
            for name in ["a", "b", "c"] {
                fs::write(place.0.join(name), format!("old {name}")).unwrap();
            }
            let child = Command::new(&this)
                .args(["--exact", &child])
                .env(KILLED, format!("{at} {}", place.0.display()))
                .output()
                .unwrap();
            let now: Vec<String> = ["a", "b", "c"].map(|name| place.read(name)).into();
            let whole = |text: &String| text.starts_with("old ") || text.starts_with("new ");
            assert!(now.iter().all(whole), "{at}: {now:?}");
            ends.push(now);
            replace(&place.0).unwrap();
            assert_eq!(place.read("a"), "new a");
            let inside = |name: &String| name.starts_with(INSIDE);
            assert!(!place.names().iter().any(inside), "{:?}", place.names());
            if child.status.success() {
                break;
            }
        }
        // From the first kill, before anything was done, to the run that nobody killed.
        assert!(ends.len() > 6, "{ends:?}");
        assert!(ends[0].iter().all(|text| text.starts_with("old")));
        assert!(
            ends[ends.len() - 1]
                .iter()
                .all(|text| text.starts_with("new"))
        );
    }

    /// A folder of its own, gone at the end.
    struct Place(PathBuf);

    impl Place {
        fn new(name: &str) -> Self {
            let place = tempfile::Builder::new().prefix(name).tempdir().unwrap();
            Place(place.keep())
        }

        fn read(&self, name: &str) -> String {
            fs::read_to_string(self.0.join(name)).unwrap()
        }

        fn names(&self) -> Vec<String> {
            let entries = fs::read_dir(&self.0).unwrap();
            entries
                .map(|entry| entry.unwrap().file_name().to_string_lossy().into())
                .collect()
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn of_two_who_replace_results_at_a_time_the_second_is_told() {
        let place = Place::new("two");
        let first = Folder::new(&place.0, ["a"], Existing::Replace).unwrap();
        let error = replace(&place.0).unwrap_err().to_string();
        assert!(error.contains("another program is just writing"), "{error}");
        drop(first);
        replace(&place.0).unwrap();
    }

    #[test]
    fn folders_that_were_made_for_nothing_go_away() {
        let place = Place::new("parents");
        drop(Folder::new(place.0.join("a/b/c"), ["x"], Existing::Keep).unwrap());
        assert_eq!(place.names(), [""; 0]);
        fs::create_dir(place.0.join("a")).unwrap();
        drop(Folder::new(place.0.join("a/b/c"), ["x"], Existing::Keep).unwrap());
        assert_eq!(place.names(), ["a"]);
    }

    #[cfg(unix)]
    #[test]
    fn who_may_read_a_file_stays_who_may_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let place = Place::new("mode");
        let mode = |name: &str| {
            let there = fs::metadata(place.0.join(name)).unwrap();
            there.permissions().mode() & 0o777
        };
        fs::write(place.0.join("a"), "old").unwrap();
        fs::set_permissions(place.0.join("a"), fs::Permissions::from_mode(0o600)).unwrap();
        text("new", &place.0.join("a"), Existing::Replace).unwrap();
        assert_eq!((mode("a"), place.read("a").as_str()), (0o600, "new"));
        replace(&place.0).unwrap();
        assert_eq!(mode("a"), 0o600);
        // A new one is as any other file that the user makes.
        fs::write(place.0.join("other"), "").unwrap();
        assert_eq!(mode("b"), mode("other"));
    }

    /// Where /dev/shm is another disk than the folder of temporary files, a link leads there.
    #[cfg(target_os = "linux")]
    #[test]
    fn the_only_copy_at_the_end_of_a_link_to_another_disk_is_kept() {
        let Ok(far) = tempfile::tempdir_in("/dev/shm") else {
            println!("skipped: there is no other disk");
            return;
        };
        let place = Place::new("far");
        fs::write(far.path().join("a"), "old a").unwrap();
        std::os::unix::fs::symlink(far.path().join("a"), place.0.join("a")).unwrap();
        let folder = Folder::new(&place.0, ["a", "b"], Existing::Replace).unwrap();
        fs::write(folder.path("a"), "new a").unwrap();
        fs::write(folder.path("b"), "new b").unwrap();
        // The second cannot be moved: the first goes back to where it was.
        fs::create_dir(place.0.join("b")).unwrap();
        assert!(folder.finish().is_err());
        assert_eq!(fs::read_to_string(far.path().join("a")).unwrap(), "old a");
        assert_eq!(fs::read_dir(far.path()).unwrap().count(), 1);
        fs::remove_dir(place.0.join("b")).unwrap();
        replace(&place.0).unwrap();
        assert_eq!(fs::read_to_string(far.path().join("a")).unwrap(), "new a");
        assert!(
            fs::symlink_metadata(place.0.join("a"))
                .unwrap()
                .is_symlink()
        );
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
