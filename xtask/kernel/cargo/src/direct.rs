//! A cell, compiled by the line that cargo would run, or found as an earlier run left it.

use std::fs;
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::json;

use crate::cell::{ANY_RUN, Cell, Source};
use crate::elf;
use crate::full;
use crate::kept::Entry;
use crate::order::in_order;
use crate::record::{self, Record};
use crate::setting::{Setting, exit_code};

/// What makes a cell depend on more than its source.
const READS: [&str; 4] = ["include!(", "include_str!(", "include_bytes!(", "env!("];

/// With another compiler every crate has to be built anew: once for all, and not in each kernel.
const OTHER_COMPILER: &str = "Rust was updated since the course was set up. Stop the course and start \
     it again with `cargo xtask lab`: it builds anew, once.";

/// `cargo build` or `cargo check` of a cell.
pub fn compile(setting: &Setting, words: &[String]) -> ExitCode {
    let check = words.iter().any(|word| word == "check");
    let record = match recorded(setting) {
        Ok(record) => record,
        Err(OTHER_COMPILER) => {
            println!(
                "{}",
                json!({ "message": OTHER_COMPILER, "level": "error", "spans": [] })
            );
            return exit_code(Some(101));
        }
        Err(why) => return full::build(setting, words, why),
    };
    let outcome = if check {
        self::check(setting, &record)
    } else {
        build(setting, &record)
    };
    match outcome {
        Ok(code) => code,
        // Whatever went wrong here, cargo says it better.
        Err(_) => full::build(setting, words, ""),
    }
}

/// The line for the manifest as it is, or why cargo has to be asked.
fn recorded(setting: &Setting) -> Result<Record, &'static str> {
    if std::env::var_os("SEGMENTA_DIRECT").is_some_and(|value| value == "0") {
        return Err("SEGMENTA_DIRECT=0");
    }
    if !setting.nothing_was_set() {
        return Err("other settings than those of the course");
    }
    let manifest = fs::read_to_string(setting.run.join("Cargo.toml"))
        .map(|text| record::manifest(&text))
        .map_err(|_| "")?;
    let own = record::read(&setting.run.join("record.json"));
    let warm = record::read(&setting.warm.join("record.json"));
    let bare = warm.as_ref().map(Record::without_dependencies);
    let found = [own, warm, bare]
        .into_iter()
        .flatten()
        .find(|record| record.manifest == manifest)
        .ok_or("other dependencies than those of the course")?;
    let rustc = std::env::var("RUSTC").map_err(|_| "")?;
    if record::compiler(&rustc).as_ref() != Some(&found.compiler) {
        return Err(OTHER_COMPILER);
    }
    if is_newer(&setting.root, &setting.warm.join("record.json")) {
        return Err("the library has changed");
    }
    Ok(found)
}

/// Whether the library's sources have changed since a file was written.
fn is_newer(root: &Path, than: &Path) -> bool {
    let changed = |path: &Path| fs::metadata(path).and_then(|about| about.modified()).ok();
    let Some(built) = changed(than) else {
        return true;
    };
    fn any(path: &Path, test: &dyn Fn(&Path) -> bool) -> bool {
        test(path)
            || fs::read_dir(path).is_ok_and(|mut entries| {
                entries.any(|entry| entry.is_ok_and(|entry| any(&entry.path(), test)))
            })
    }
    let test = |path: &Path| changed(path).is_some_and(|time| time > built);
    test(&root.join("Cargo.toml"))
        || test(&root.join("Cargo.lock"))
        || any(&root.join("src"), &test)
        || any(&root.join("languages"), &test)
}

fn build(setting: &Setting, record: &Record) -> std::io::Result<ExitCode> {
    let begun = Instant::now();
    let source_file = setting.run.join("src/lib.rs");
    let source = fs::read_to_string(&source_file)?;
    let out = record
        .out_dir(&setting.run)
        .ok_or(std::io::ErrorKind::NotFound)?;
    fs::create_dir_all(&out)?;
    let compiled = out.join(library_name());
    let Some(cell) = Cell::read(&source) else {
        return Err(std::io::ErrorKind::InvalidData.into());
    };
    let attempts = if setting.is_relayed() {
        cell.sources()
    } else {
        vec![Source {
            text: source,
            unread: Vec::new(),
            tentative: false,
        }]
    };
    // Where a file cannot be renamed it serves one run only.
    let renames = cfg!(target_os = "linux") && !setting.run.join("one-run").exists();
    let last = attempts.len() - 1;
    for (number, attempt) in attempts.into_iter().enumerate() {
        let marked = if renames {
            cell.for_any_run(&attempt.text)
        } else {
            attempt.text
        };
        let key = |text: &str| {
            format!(
                "{}\n{}\n{text}",
                record.compiler,
                record.arguments.join(" ")
            )
        };
        let good = Entry::new(&setting.kept, key(&in_order(&marked)));
        let bad = Entry::new(&setting.kept, key(&format!("as it stands\n{marked}")));
        let tell = |kept: bool, marked: &str, rustc: Duration| {
            setting.tell(
                "cell.json",
                &json!({
                    "before": cell.variables(),
                    "after": cell.after,
                    "unread": attempt.unread,
                    "source": marked,
                    "kept": kept,
                    "begun": since_epoch() - begun.elapsed().as_secs_f64(),
                    "rustc": rustc.as_secs_f64(),
                    "ended": since_epoch(),
                }),
            );
        };
        let rename = |mut file: Vec<u8>| {
            if renames && elf::rename(&mut file, ANY_RUN, &cell.run_name).is_none() {
                let _ = fs::write(setting.run.join("one-run"), "");
                return None;
            }
            Some(file)
        };
        // An error may come from what was left out: then the next source tells.
        let may_be_ours = |text: &[u8]| {
            let text = String::from_utf8_lossy(text);
            // No such value, or a module that has the name of one.
            let no_value = text.contains("E0425") || text.contains("E0423");
            number < last && (attempt.tentative || no_value)
        };
        // What a file or the environment says when it is compiled may be another thing next time.
        let is_kept = !READS.iter().any(|read| marked.contains(read));
        if let Some(text) = bad.read("out").filter(|_| is_kept) {
            if may_be_ours(&text) {
                continue;
            }
            std::io::stdout().write_all(&text)?;
            tell(true, &marked, Duration::ZERO);
            return Ok(exit_code(Some(101)));
        }
        if is_kept
            && let (Some(file), Some(source)) = (good.read("so"), good.read("source"))
            && let Some(file) = rename(file)
        {
            fs::write(&compiled, file)?;
            tell(true, &String::from_utf8_lossy(&source), Duration::ZERO);
            return hand_over(&compiled);
        }
        fs::write(&source_file, &marked)?;
        let started = Instant::now();
        let (done, text) = run(setting, &mut record.command(&setting.run))?;
        if !done {
            if setting.interrupted() {
                return Ok(exit_code(Some(101)));
            }
            bad.write(&[("out", &text)]);
            if may_be_ours(&text) {
                continue;
            }
            std::io::stdout().write_all(&text)?;
            tell(false, &marked, started.elapsed());
            return Ok(exit_code(Some(101)));
        }
        let file = fs::read(&compiled)?;
        let Some(renamed) = rename(file.clone()) else {
            return build(setting, record);
        };
        if renames {
            good.write(&[("so", &file), ("source", marked.as_bytes())]);
            fs::remove_file(&compiled)?;
            fs::write(&compiled, renamed)?;
        }
        tell(false, &marked, started.elapsed());
        return hand_over(&compiled);
    }
    Err(std::io::ErrorKind::NotFound.into())
}

/// `cargo check`: the same line, that stops before code is made.
fn check(setting: &Setting, record: &Record) -> std::io::Result<ExitCode> {
    let source = fs::read_to_string(setting.run.join("src/lib.rs"))?;
    let mut arguments = record.arguments.clone();
    for word in &mut arguments {
        if word.starts_with("--emit=") {
            *word = "--emit=metadata".into();
        } else if word.starts_with("incremental=") {
            word.push_str("-check");
        }
    }
    let key = format!(
        "{}\n{}\ncheck\n{source}",
        record.compiler,
        arguments.join(" ")
    );
    let entry = Entry::new(&setting.kept, key);
    let checked = Record {
        arguments,
        ..record.clone()
    };
    let (done, text) = match (entry.read("out"), entry.read("done")) {
        (Some(text), Some(done)) => (done == b"yes", text),
        _ => {
            let (done, text) = run(setting, &mut checked.command(&setting.run))?;
            if !setting.interrupted() {
                entry.write(&[("out", &text), ("done", if done { b"yes" } else { b"no" })]);
            }
            (done, text)
        }
    };
    std::io::stdout().write_all(&text)?;
    Ok(exit_code(Some(if done { 0 } else { 101 })))
}

/// Runs the compiler and gives whether it was content, and what it said; an interrupt ends it.
fn run(setting: &Setting, command: &mut Command) -> std::io::Result<(bool, Vec<u8>)> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut stderr = child.stderr.take().ok_or(std::io::ErrorKind::BrokenPipe)?;
    let (sender, said) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut text = Vec::new();
        let _ = stderr.read_to_end(&mut text);
        let _ = sender.send(text);
    });
    // The compiler closes its stderr when it ends.
    let text = loop {
        match said.recv_timeout(Duration::from_millis(50)) {
            Ok(text) => break text,
            Err(_) if setting.interrupted() => child.kill()?,
            Err(_) => {}
        }
    };
    Ok((child.wait()?.success(), text))
}

/// Tells the kernel where the compiled cell is.
fn hand_over(compiled: &Path) -> std::io::Result<ExitCode> {
    let file = std::env::var_os("EVCXR_EXECUTION_SO_PATH").ok_or(std::io::ErrorKind::NotFound)?;
    fs::write(PathBuf::from(file), compiled.display().to_string())?;
    Ok(ExitCode::SUCCESS)
}

fn library_name() -> &'static str {
    if cfg!(target_os = "macos") {
        "libctx.dylib"
    } else {
        "libctx.so"
    }
}

fn since_epoch() -> f64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0.0, |time| time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_the_library_is_built_from_is_noticed_when_it_changes() {
        let root = std::env::temp_dir().join(format!("kernel-cargo-newer-{}", std::process::id()));
        let built = root.join("built/record.json");
        let sources = [
            "Cargo.toml",
            "Cargo.lock",
            "src/lib.rs",
            "languages/en.json",
        ]
        .map(|name| root.join(name));
        for file in sources.iter().chain([&built]) {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "").unwrap();
        }
        let at = |file: &Path, seconds| {
            let time = UNIX_EPOCH + Duration::from_secs(seconds);
            let file = fs::File::options().append(true).open(file).unwrap();
            file.set_modified(time).unwrap();
        };
        for folder in ["src", "languages"] {
            let time = UNIX_EPOCH + Duration::from_secs(100);
            fs::File::open(root.join(folder))
                .unwrap()
                .set_modified(time)
                .unwrap();
        }
        sources.iter().for_each(|file| at(file, 100));
        at(&built, 200);
        assert!(!is_newer(&root, &built));
        for file in &sources {
            at(file, 300);
            assert!(is_newer(&root, &built), "{}", file.display());
            at(file, 100);
        }
        fs::remove_dir_all(&root).unwrap();
    }
}
