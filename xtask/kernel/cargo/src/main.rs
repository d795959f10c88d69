//! What a notebook kernel calls in place of cargo.
//!
//! The kernel asks `rustup which cargo` for its cargo, and its analyser looks for one in
//! `$CARGO_HOME/bin`. Both find this program, by which name it was called tells what is wanted:
//!
//! - `rustup`: which cargo? This one. All else goes to the real rustup.
//! - `kernel-cargo`: a cell. It is compiled by the line that cargo would run, or is at hand from an
//!   earlier run; whatever changes the build goes to the real cargo.
//! - `cargo`: the analyser. It is shown the crates whose types a cell can meet.
//! - `record-rustc`: cargo compiles; the line for a cell is written down.
//!
//! Where anything here does not work out, the real cargo does what was asked.

mod cell;
mod direct;
mod elf;
mod full;
mod kept;
mod metadata;
mod order;
mod record;
mod setting;

use std::path::Path;
use std::process::ExitCode;

use setting::Setting;

fn main() -> ExitCode {
    let mut words = std::env::args_os();
    let name = words.next().unwrap_or_default();
    let name = Path::new(&name)
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let words: Vec<String> = words
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    if name == "record-rustc" {
        return record::rustc(&words);
    }
    let setting = match Setting::of_this_kernel() {
        Ok(setting) => setting,
        Err(missing) => {
            eprintln!("kernel-cargo runs below a kernel of the course: {missing}");
            return ExitCode::FAILURE;
        }
    };
    match (name.as_str(), words.first().map(String::as_str)) {
        ("rustup", Some("which")) if words.get(1).is_some_and(|tool| tool == "cargo") => {
            println!("{}", setting.this_program.display());
            ExitCode::SUCCESS
        }
        ("rustup", _) => setting.rustup(&words),
        ("cargo", _) if words.iter().any(|word| word == "metadata") => {
            metadata::for_the_analyser(&setting, &words)
        }
        ("cargo", _) => setting.cargo(&words),
        _ if words.iter().any(|word| word == "metadata") => metadata::kept(&setting, &words),
        _ if words.iter().any(|word| word == "build" || word == "check") => {
            direct::compile(&setting, &words)
        }
        _ => setting.cargo(&words),
    }
}
