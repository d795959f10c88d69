//! `cargo xtask spark`: a cluster on this machine, and the program that speaks to one.

use std::path::PathBuf;
use std::process::Command;

use crate::Result;
use crate::clone::{Clone, run};
use crate::setup::{host, spark_engine, spark_tools};

/// What listens for clients, where nobody says otherwise.
const PORT: u16 = 50051;
/// Of the memory of the machine the server takes half.
const SHARE: u64 = 2;

/// Brings a server into the clone, builds the program, and starts the server until it is stopped.
pub fn spark(clone: &Clone, options: &[&str]) -> Result {
    let (mut engine, mut port) = ("sail", PORT);
    for option in options {
        match option.split_once('=') {
            Some(("--engine", own)) if ["sail", "spark"].contains(&own) => engine = own,
            Some(("--port", own)) => {
                port = own.parse().map_err(|_| format!("{own} is no port"))?;
            }
            _ => {
                return Err(format!(
                    "there is no {option}; --engine=sail, --engine=spark, --port=N"
                ));
            }
        }
    }
    set_up(clone)?;
    let program = program(clone)?;
    let mut server = match engine {
        "sail" => sail(clone, port),
        _ => {
            spark_engine(clone)?;
            apache(clone, port)
        }
    };
    println!(
        "\nThe cluster is at sc://127.0.0.1:{port}; Ctrl-C stops it. In another window:\n  {} view sc://127.0.0.1:{port} \
         BILLS.csv --out view.parquet",
        program.display()
    );
    run(&mut server)
}

/// Brings Sail and the compiler of the protocol into the clone, and builds the program.
pub fn set_up(clone: &Clone) -> Result {
    spark_tools(clone)?;
    run(&mut with_protoc(
        clone,
        &["build", "--package", "segmenta-spark"],
    ))
}

/// Where the program lies.
pub fn program(clone: &Clone) -> Result<PathBuf> {
    Ok(clone.target().join(host()?).join("debug/segmenta-spark"))
}

/// Cargo with the compiler of the protocol.
pub fn with_protoc(clone: &Clone, args: &[&str]) -> Command {
    let mut cargo = clone.cargo();
    cargo
        .args(args)
        .env("PROTOC", clone.venv().join("bin/protoc"));
    cargo
}

/// Sail's server, whose memory is bounded, and which goes to the disk where that does not do.
fn sail(clone: &Clone, port: u16) -> Command {
    let mut server = Command::new(clone.venv().join("bin/sail"));
    server
        .args(["spark", "server", "--ip", "127.0.0.1", "--port"])
        .arg(port.to_string())
        .env("SAIL_RUNTIME__MEMORY_POOL__TYPE", "fair");
    if let Some(memory) = memory() {
        server.env(
            "SAIL_RUNTIME__MEMORY_POOL__FAIR__MAX_SIZE",
            (memory / SHARE).to_string(),
        );
    }
    server
}

/// Apache Spark's own, with the same bounds.
fn apache(clone: &Clone, port: u16) -> Command {
    let bin = clone.venv().join("bin");
    let mut server = Command::new(bin.join("spark-submit"));
    // Its scripts ask the first Python on the path where they are.
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths([bin].into_iter().chain(std::env::split_paths(&path)));
    if let Ok(path) = path {
        server.env("PATH", path);
    }
    let memory = memory().map_or(2, |memory| (memory / SHARE) >> 30).max(1);
    server
        .args([
            "--class",
            "org.apache.spark.sql.connect.service.SparkConnectServer",
        ])
        .args(["--driver-memory", &format!("{memory}g")])
        .args(["--conf", &format!("spark.connect.grpc.binding.port={port}")])
        .args(["--conf", "spark.connect.grpc.binding.address=127.0.0.1"])
        .args(["--conf", "spark.sql.session.timeZone=UTC"])
        .arg("spark-internal");
    server
}

/// The bytes of the machine's memory, where it says so.
fn memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let kilobytes: u64 = text
        .lines()
        .next()?
        .split_whitespace()
        .nth(1)?
        .parse()
        .ok()?;
    Some(kilobytes << 10)
}
