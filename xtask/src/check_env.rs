//! `cargo xtask check-env`: is everything there?

use std::process::Command;

use crate::Result;
use crate::clone::{Clone, EVCXR, output};
use crate::setup::has_rust_src;

const RUST: (u32, u32) = (1, 95);
const PYTHON: (u32, u32) = (3, 10);
const DISK_GB: u64 = 7;

type Finding = std::result::Result<String, String>;

pub fn check_env(clone: &Clone) -> Result {
    let checks = [
        ("Rust", rust()),
        ("rust-src", rust_src()),
        ("C compiler", c_compiler()),
        ("Python", python()),
        ("JupyterLab", jupyterlab(clone)),
        ("Rust kernel", kernel(clone)),
        ("library", library(clone)),
        ("quick cells", quick_cells(clone)),
        ("disk", disk(clone)),
    ];
    for (name, finding) in &checks {
        match finding {
            Ok(what) => println!("OK    {name:<12} {what}"),
            Err(what) => println!("FAIL  {name:<12} {what}"),
        }
    }
    let failed = checks
        .iter()
        .filter(|(_, finding)| finding.is_err())
        .count();
    match failed {
        0 => Ok(()),
        failed => Err(format!("{failed} of {} things are missing", checks.len())),
    }
}

const SET_UP: &str = "not there yet: `cargo xtask lab` brings it";

fn rust() -> Finding {
    let version = output(Command::new("rustc").arg("--version"))?;
    at_least(
        &version,
        RUST,
        "install it with rustup, or run `rustup update stable`",
    )
}

fn rust_src() -> Finding {
    match has_rust_src() {
        Ok(true) => Ok("the sources of the standard library are there".into()),
        _ => Err("run `rustup component add rust-src`".into()),
    }
}

fn c_compiler() -> Finding {
    let version = output(Command::new("cc").arg("--version")).map_err(|_| {
        "install a C compiler (Debian: gcc, macOS: xcode-select --install)".to_owned()
    })?;
    Ok(version.lines().next().unwrap_or_default().to_owned())
}

fn python() -> Finding {
    let version = output(Command::new("python3").arg("--version"))
        .map_err(|_| "install Python 3.10 or newer".to_owned())?;
    output(Command::new("python3").args(["-c", "import venv, ensurepip"]))
        .map_err(|_| "Python has no venv (Debian: install python3-venv)".to_owned())?;
    at_least(&version, PYTHON, "install Python 3.10 or newer")
}

fn jupyterlab(clone: &Clone) -> Finding {
    let python = clone.venv().join("bin/python");
    if !python.exists() {
        return Err(SET_UP.into());
    }
    output(Command::new(python).args(["-c", "import jupyterlab; print(jupyterlab.__version__)"]))
        .map(|version| version.trim().to_owned())
        .map_err(|_| "broken: remove target/lab and run `cargo xtask lab`".into())
}

fn kernel(clone: &Clone) -> Finding {
    match clone.evcxr() {
        Some(program) => Ok(format!("evcxr_jupyter {EVCXR}, {}", program.display())),
        None => Err(SET_UP.into()),
    }
}

fn library(clone: &Clone) -> Finding {
    if clone.built().is_some() {
        Ok("built for the kernel".into())
    } else {
        Err(SET_UP.into())
    }
}

/// Whether cells are compiled directly, and the analyser reads only what a cell can meet.
fn quick_cells(clone: &Clone) -> Finding {
    if std::env::var_os("SEGMENTA_LEAN").is_some_and(|value| value == "0") {
        return Ok("off (SEGMENTA_LEAN=0): cells go through cargo, a kernel takes 2.4 GB".into());
    }
    let Some(built) = clone.built() else {
        return Err(SET_UP.into());
    };
    let folder = clone.kernel().join("built").join(built);
    let parts = [
        (clone.kernel_cargo(), "the tool in cargo's place"),
        (folder.join("record.json"), "how cargo compiles a cell"),
        (folder.join("analysed.json"), "which crates a cell can meet"),
        (
            folder.join("library/core"),
            "the standard library's sources",
        ),
    ];
    match parts.iter().find(|(file, _)| !file.exists()) {
        None => Ok("on".into()),
        Some((file, what)) => Err(format!(
            "off, cells go through cargo: {what} is missing ({}). Remove target/kernel and run `cargo xtask lab`",
            file.display()
        )),
    }
}

fn disk(clone: &Clone) -> Finding {
    let table = output(Command::new("df").arg("-Pk").arg(&clone.root))?;
    let free = table
        .lines()
        .nth(1)
        .and_then(|line| line.split_whitespace().nth(3)?.parse::<u64>().ok())
        .ok_or("df does not say how much is free")?
        / 1_000_000;
    let built = clone.built().is_some();
    if free >= DISK_GB || built {
        Ok(format!("{free} GB free"))
    } else {
        Err(format!(
            "{free} GB free: the first build needs {DISK_GB} GB"
        ))
    }
}

/// Reads `1.95` out of `rustc 1.95.0 (...)` and compares.
fn at_least(text: &str, wanted: (u32, u32), advice: &str) -> Finding {
    let text = text.trim();
    let version = text
        .split_whitespace()
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()))
        .unwrap_or_default();
    let mut numbers = version
        .split('.')
        .map_while(|part| part.parse::<u32>().ok());
    let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if found >= wanted {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "{text}, but {}.{} or newer is needed: {advice}",
            wanted.0, wanted.1
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::at_least;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(at_least("rustc 1.95.0 (59807616e 2026-04-14)", (1, 95), "").is_ok());
        assert!(at_least("rustc 1.100.0", (1, 95), "").is_ok());
        assert!(at_least("Python 3.9.2", (3, 10), "").is_err());
        assert!(at_least("no number", (1, 0), "").is_err());
    }
}
