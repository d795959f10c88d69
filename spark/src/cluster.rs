//! A session with a cluster: statements, small answers, and errors in one line.

use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub use spark_connect::row::{Row, Value};
use spark_connect::{DataFrame, SparkError, SparkSession, lit};

use crate::{Failure, Result, tell};

/// The number of the file of each row, in the order in which they are named.
pub const FILE: &str = "segmenta file";

/// A session, and somebody who looks whether the cluster is still there.
pub struct Cluster {
    session: SparkSession,
    /// Where it is, without what is secret.
    place: String,
    watched: Arc<AtomicBool>,
}

impl Cluster {
    /// A session at an address such as `sc://127.0.0.1:50051`; `;use_ssl=true` and `;token=..` are passed on, and shown
    /// nowhere.
    pub fn connect(address: &str) -> Result<Self> {
        let (place, is_local) = place(address)?;
        if !answers(&place) {
            let how = match is_local {
                true => "; `cargo xtask spark` starts one on this machine",
                false => "; is the address right, and may this machine reach it?",
            };
            return Err(Failure(format!("nobody answers at {place}{how}")));
        }
        let session = SparkSession::builder().remote(address).get_or_create();
        let session = session.map_err(|error| failure(&place, &error))?;
        let watched = Arc::new(AtomicBool::new(true));
        watch(place.clone(), Arc::clone(&watched));
        let cluster = Cluster {
            session,
            place,
            watched,
        };
        let version = cluster.said(cluster.session.version())?;
        tell(format_args!("{}: version {version}", cluster.place));
        Ok(cluster)
    }

    /// Files as the cluster sees them, all with the same columns.
    pub fn files(&self, files: &[String]) -> Result<DataFrame> {
        let mut all: Option<DataFrame> = None;
        for (place, file) in files.iter().enumerate() {
            let is_text = [".csv", ".csv.gz", ".tsv"];
            let is_text = is_text.iter().any(|end| file.ends_with(end));
            let reader = match is_text {
                true => self
                    .session
                    .read()
                    .format("csv")
                    .option("header", "true")
                    .option("inferSchema", "false")
                    .option("quote", "\"")
                    .option("escape", "\""),
                false => self.session.read().format("parquet"),
            };
            let own = reader.load(Some(file));
            if self.columns(&own)?.is_empty() {
                return Err(Failure(format!(
                    "the cluster sees nothing at {file}; paths are those that it sees"
                )));
            }
            let own = own.with_column(FILE, lit(place as i64));
            all = Some(match all {
                Some(all) => all.union_by_name(&own),
                None => own,
            });
        }
        all.ok_or_else(|| Failure("no files".into()))
    }

    /// The names and the types of the columns of a table.
    pub fn columns(&self, table: &DataFrame) -> Result<Vec<(String, String)>> {
        self.said(table.dtypes())
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
        said.map_err(|error| failure(&self.place, &error))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.watched.store(false, Ordering::Relaxed);
        // A server forgets sessions by itself where this does not reach it.
        let _ = self.session.stop();
    }
}

/// Host and port of an address, without its parameters, and whether it is this machine.
fn place(address: &str) -> Result<(String, bool)> {
    const LIKE: &str =
        "write it as sc://host:port, with ;use_ssl=true;token=.. behind it where it asks for them";
    let rest = address.strip_prefix("sc://");
    let host = rest.map(|rest| rest.split(['/', ';', '?', '#']).next().unwrap_or_default());
    let Some(host) = host.filter(|host| !host.is_empty() && !host.contains('@')) else {
        return Err(Failure(format!(
            "the address of the cluster is none; {LIKE}"
        )));
    };
    let has_port = host.rsplit_once(':').is_some_and(|(name, port)| {
        !port.ends_with(']') && (!name.contains(':') || name.ends_with(']'))
    });
    let place = match has_port {
        true => host.to_owned(),
        false => format!("{host}:15002"),
    };
    let is_local = ["localhost:", "127.0.0.1:", "[::1]:"];
    let is_local = is_local.iter().any(|own| place.starts_with(own));
    Ok((place, is_local))
}

fn answers(place: &str) -> bool {
    const PATIENCE: Duration = Duration::from_secs(5);
    let Ok(mut addresses) = place.to_socket_addrs() else {
        return false;
    };
    addresses.any(|own| TcpStream::connect_timeout(&own, PATIENCE).is_ok())
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
fn failure(place: &str, error: &SparkError) -> Failure {
    let message = error.message();
    let first = message.lines().map(str::trim).find(|line| !line.is_empty());
    let first: String = first
        .unwrap_or("it does not say why")
        .chars()
        .take(300)
        .collect();
    let lower = message.to_lowercase();
    let what_to_do = if lower.contains("unauthenticated")
        || lower.contains("unauthorized")
        || lower.contains("permission")
    {
        "; is the token right, and still good?"
    } else if lower.contains("no space") || lower.contains("disk") {
        "; is there room where it writes?"
    } else {
        ""
    };
    Failure(format!("the cluster at {place} says: {first}{what_to_do}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_shown_without_what_is_secret() {
        let of = |address: &str| place(address).map_err(|Failure(why)| why);
        assert_eq!(
            of("sc://spark.example.com:443/;use_ssl=true;token=SECRET"),
            Ok(("spark.example.com:443".into(), false))
        );
        assert_eq!(of("sc://localhost"), Ok(("localhost:15002".into(), true)));
        assert_eq!(of("sc://[::1]:50051"), Ok(("[::1]:50051".into(), true)));
        for none in [
            "spark.example.com",
            "http://x:1",
            "sc://",
            "sc://user:SECRET@host:1",
        ] {
            let why = of(none).unwrap_err();
            assert!(
                !why.contains("SECRET") && why.contains("sc://host:port"),
                "{why}"
            );
        }
    }
}
