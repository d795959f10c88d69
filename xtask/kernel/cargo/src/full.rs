//! A cell whose build has changed: the real cargo decides, in a build of the kernel's own.
//!
//! Kernels read one build and never write to it. The first time that cargo itself has to build, the
//! kernel gets a copy: cargo writes into files in place, and through a link it would write into the
//! build of every other kernel.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use serde_json::json;

use crate::cell::Cell;
use crate::setting::{Setting, exit_code};

/// What is going on, for who waits (the launcher of the kernel reads it).
const DOING: &str = "doing.json";

pub fn build(setting: &Setting, words: &[String], why: &str) -> ExitCode {
    let built = own_copy(setting, why).and_then(|()| cargo(setting, words, why));
    let _ = fs::remove_file(setting.run.join(DOING));
    match built {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Copies the build, once; where the file system can, without taking room.
fn own_copy(setting: &Setting, why: &str) -> std::io::Result<()> {
    let own = setting.run.join("own-build");
    if own.exists() {
        return Ok(());
    }
    setting.tell(DOING, &json!({ "what": "a copy of the build", "why": why }));
    let attempts: [&[&str]; 3] = [&["-a", "--reflink=auto"], &["-Rpc"], &["-Rp"]];
    let target = setting.run.join("target");
    fs::create_dir_all(&target)?;
    for options in attempts {
        let copied = Command::new("cp")
            .args(options)
            .arg(setting.warm.join("target/."))
            .arg(&target)
            .stderr(Stdio::null())
            .status()?;
        if copied.success() {
            return fs::write(own, "");
        }
    }
    Err(std::io::Error::other(format!(
        "cannot copy the build to {}: is the disk full?",
        target.display()
    )))
}

fn cargo(setting: &Setting, words: &[String], why: &str) -> std::io::Result<ExitCode> {
    let source = setting.run.join("src/lib.rs");
    let _ = fs::remove_file(setting.run.join("record.json"));
    if setting.is_relayed()
        && let Some(cell) = fs::read_to_string(&source)
            .ok()
            .as_deref()
            .and_then(Cell::read)
    {
        // The last one: cargo is asked once.
        let marked = cell
            .sources()
            .pop()
            .map(|source| source.text)
            .unwrap_or_default();
        fs::write(&source, &marked)?;
        setting.tell(
            "cell.json",
            &json!({
                "before": cell.variables(),
                "after": cell.after,
                "source": marked,
            }),
        );
    }
    let mut cargo = setting.real_cargo();
    if std::env::var_os("RUSTC_WRAPPER").is_none() {
        cargo
            .env("RUSTC_WRAPPER", recorder(&setting.this_program))
            .env("SEGMENTA_RECORD", setting.run.join("record.json"));
    }
    let mut child = cargo
        .args(words)
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()?;
    let stderr = child.stderr.take().ok_or(std::io::ErrorKind::BrokenPipe)?;
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    let mut built = 0;
    loop {
        match lines.recv_timeout(Duration::from_millis(200)) {
            Ok(line) => {
                if let Some(name) = line.trim().strip_prefix("Compiling ") {
                    let name = name.split(' ').next().unwrap_or_default();
                    if name != "ctx" {
                        built += 1;
                        setting.tell(DOING, &json!({ "what": name, "built": built, "why": why }));
                    }
                }
                eprintln!("{line}");
            }
            Err(RecvTimeoutError::Timeout) if setting.interrupted() => {
                // cargo and the compilers that it started.
                let group = format!("-{}", child.id());
                let _ = Command::new("kill").args(["-TERM", "--", &group]).status();
                break;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    Ok(exit_code(child.wait()?.code()))
}

/// This program under the name by which it writes a compiler's line down.
fn recorder(this_program: &Path) -> std::path::PathBuf {
    this_program.with_file_name("record-rustc")
}
