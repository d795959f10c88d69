//! A session with a cluster: statements, small answers, and errors in one line.

use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use clap::Args;
pub use spark_connect::row::{Row, Value};
use spark_connect::{DataFrame, SparkError, SparkSession, lit};

use crate::address::Address;
use crate::{Failure, Result, tell};

/// The number of the file of each row, in the order in which they are named.
pub const FILE: &str = "segmenta file";

/// Where it is.
#[derive(Args)]
pub struct At {
    /// Where the cluster is: sc://host:port, with ;use_ssl=true;token=.. behind it where it asks for them
    #[arg(value_name = "ADDRESS")]
    address: String,
    /// How long to wait for its first words: a hosted one may have to start
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..))]
    patience: u64,
}

/// A session, and somebody who looks whether the cluster is still there.
pub struct Cluster {
    session: SparkSession,
    address: Address,
    watched: Arc<AtomicBool>,
}

impl Cluster {
    /// A session at an address such as `sc://127.0.0.1:50051`; `;use_ssl=true` and `;token=..` are passed on, and shown
    /// nowhere.
    pub fn connect(at: &At) -> Result<Self> {
        let address = Address::new(&at.address)?;
        let place = &address.place;
        if !answers(place) {
            let how = match address.is_local {
                true => "; `cargo xtask spark` starts one on this machine",
                false => "; is the address right, and may this machine reach it?",
            };
            return Err(Failure(format!("nobody answers at {place}{how}")));
        }
        let session = SparkSession::builder().remote(&address.whole);
        let session = session.get_or_create();
        let session = session.map_err(|error| failure(&address, &error))?;
        let version = first_words(&session, &address, Duration::from_secs(at.patience))?;
        tell(format_args!("{place}: version {version}"));
        let watched = Arc::new(AtomicBool::new(true));
        watch(place.clone(), Arc::clone(&watched));
        let cluster = Cluster {
            session,
            address,
            watched,
        };
        // Days are those that the files say, wherever the cluster is; and what cannot be computed is an error.
        for (name, value) in [
            ("spark.sql.session.timeZone", "UTC"),
            ("spark.sql.ansi.enabled", "true"),
        ] {
            cluster.said(cluster.session.conf().set(name, value))?;
        }
        Ok(cluster)
    }

    /// Files as the cluster sees them, all with the same columns.
    pub fn files(&self, files: &[String]) -> Result<DataFrame> {
        let mut all: Option<DataFrame> = None;
        for (place, file) in files.iter().enumerate() {
            let own = self.table(file)?.with_column(FILE, lit(place as i64));
            all = Some(match all {
                Some(all) => all.union_by_name(&own),
                None => own,
            });
        }
        all.ok_or_else(|| Failure("no files".into()))
    }

    /// A file, or a folder of files, as the cluster sees it.
    pub fn table(&self, file: &str) -> Result<DataFrame> {
        if is_text(file) && std::path::Path::new(file).is_dir() {
            return Err(Failure(format!(
                "{file} is a folder: name its files, which may differ in their columns and begin their numbers again"
            )));
        }
        let reader = match is_text(file) {
            true => self
                .session
                .read()
                .format("csv")
                .option("header", "true")
                .option("inferSchema", "false")
                .option("sep", self.separator(file)?)
                .option("quote", "\"")
                .option("escape", "\"")
                // A line may break between quotes, and a row that is cut off does not fit silently.
                .option("multiLine", "true")
                .option("mode", "FAILFAST")
                .option("enforceSchema", "false"),
            false => self.session.read().format("parquet"),
        };
        let table = reader.load(Some(file));
        if self.columns(&table)?.is_empty() {
            return Err(Failure(format!(
                "the cluster sees nothing at {file}; paths are those that it sees"
            )));
        }
        Ok(table)
    }

    /// The sign between the names in the first row of a file of texts: that of which there are most.
    fn separator(&self, file: &str) -> Result<&'static str> {
        let lines = self.session.read().format("text").load(Some(file));
        let first = self.said(lines.limit(1).collect())?;
        let first = first.first().and_then(|row| text(row, 0)).unwrap_or("");
        let outside: String = first.split('"').step_by(2).collect();
        let of = |sign: &&str| (outside.matches(*sign).count(), *sign == ",");
        let signs = [",", ";", "\t", "|"];
        Ok(signs.into_iter().max_by_key(of).unwrap_or(","))
    }

    /// The names and the types of the columns of a table.
    pub fn columns(&self, table: &DataFrame) -> Result<Vec<(String, String)>> {
        self.said(table.dtypes())
    }

    /// How many rows a table has.
    pub fn count(&self, table: &DataFrame) -> Result<i64> {
        self.said(table.count())
    }

    /// Gives a table a name for statements.
    pub fn called(&self, table: &DataFrame, name: &str) -> Result {
        self.said(table.create_or_replace_temp_view(name))
    }

    /// Does what a statement says.
    pub fn run(&self, statement: &str) -> Result {
        let table = self.said(self.session.sql(statement))?;
        self.said(table.collect()).map(drop)
    }

    /// The rows of a small answer.
    pub fn rows(&self, statement: &str) -> Result<Vec<Row>> {
        let table = self.said(self.session.sql(statement))?;
        self.said(table.collect())
    }

    /// Writes what a statement says as Parquet, where the cluster sees this place.
    pub fn write(&self, statement: &str, place: &str) -> Result {
        let table = self.said(self.session.sql(statement))?;
        self.said(table.write().mode("overwrite").parquet(place))
    }

    fn said<T>(&self, said: std::result::Result<T, SparkError>) -> Result<T> {
        said.map_err(|error| failure(&self.address, &error))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.watched.store(false, Ordering::Relaxed);
        // A server forgets sessions by itself where this does not reach it.
        let _ = self.session.stop();
    }
}

/// Whether a file is one of texts, by its name.
pub fn is_text(file: &str) -> bool {
    let ends = [".csv", ".csv.gz", ".tsv"];
    ends.iter().any(|end| file.ends_with(end))
}

/// A word of a row.
pub fn text(row: &Row, place: usize) -> Option<&str> {
    row.get(place).and_then(Value::as_str)
}

/// A number of things.
pub fn count(row: &Row, place: usize) -> u64 {
    let count = row.get(place).and_then(Value::as_i64).unwrap_or(0);
    u64::try_from(count).unwrap_or(0)
}

fn answers(place: &str) -> bool {
    const PATIENCE: Duration = Duration::from_secs(5);
    let Ok(mut addresses) = place.to_socket_addrs() else {
        return false;
    };
    addresses.any(|own| TcpStream::connect_timeout(&own, PATIENCE).is_ok())
}

/// The cluster's version. Somebody who answers and does not speak the protocol lets the client wait for an hour.
fn first_words(session: &SparkSession, address: &Address, patience: Duration) -> Result<String> {
    let place = &address.place;
    const A_WHILE: Duration = Duration::from_secs(10);
    let (say, heard) = channel();
    let own = session.clone();
    // As a statement: asked otherwise, Sail looks for a module of Python that it does not need.
    let asked = address.clone();
    let version = move || -> Result<String> {
        let failed = |error| failure(&asked, &error);
        let table = own.sql("select version()").map_err(failed)?;
        let rows = table.collect().map_err(failed)?;
        let version = rows.first().and_then(|row| text(row, 0));
        Ok(version.unwrap_or("not said").to_owned())
    };
    // Nobody may be left to hear it.
    std::thread::spawn(move || drop(say.send(version())));
    let said = match heard.recv_timeout(A_WHILE.min(patience)) {
        Err(RecvTimeoutError::Timeout) if patience > A_WHILE => {
            tell(format_args!(
                "{place} answers, and does not say yet who it is; waiting for up to {} s",
                patience.as_secs()
            ));
            heard.recv_timeout(patience - A_WHILE)
        }
        said => said,
    };
    match said {
        Ok(version) => version,
        Err(_) => Err(Failure(format!(
            "{place} answers, but not as Spark Connect within {} s: is it right with ;use_ssl=true, or without, and is this the \
             port? (--patience waits longer)",
            patience.as_secs()
        ))),
    }
}

/// The client tries again for an hour where a server has gone. Who waits is told, and gets the program back.
fn watch(place: String, watched: Arc<AtomicBool>) {
    const EVERY: Duration = Duration::from_secs(2);
    const MISSED: u32 = 5;
    std::thread::spawn(move || {
        let mut missed = 0;
        while watched.load(Ordering::Relaxed) {
            std::thread::sleep(EVERY);
            missed = match answers(&place) {
                true => 0,
                false => missed + 1,
            };
            if missed == MISSED && watched.load(Ordering::Relaxed) {
                eprintln!(
                    "error: the cluster at {place} does not answer any more; nothing was written. Run the same command again \
                     when it is back"
                );
                std::process::exit(1);
            }
        }
    });
}

/// The cluster's words, in one line.
fn failure(address: &Address, error: &SparkError) -> Failure {
    let message = address.without_secrets(&error.message());
    let place = &address.place;
    let first = message.lines().map(str::trim).find(|line| !line.is_empty());
    let first: String = first
        .unwrap_or("it does not say why")
        .chars()
        .take(300)
        .collect();
    let lower = message.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|own| lower.contains(own));
    let what_to_do = if says(&[
        "unauthenticated",
        "unauthorized",
        "permission",
        "credentials",
    ]) {
        "; is the token right, and still good?"
    } else if says(&["no space", "disk", "too large (os error", "quota"]) {
        "; is there room where it writes?"
    } else if says(&["utf-8"]) {
        "; convert the files before, as `iconv -f cp1252 -t utf-8` does"
    } else {
        ""
    };
    Failure(format!("the cluster at {place} says: {first}{what_to_do}"))
}
