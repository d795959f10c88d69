//! `cargo xtask run`: lessons without a browser, on the real kernel.

use std::path::PathBuf;

use crate::Result;
use crate::clone::{Clone, run as run_command};
use crate::setup::{browser_driver, set_up};

pub fn run(clone: &Clone, options: &[&str]) -> Result {
    let (flags, wanted): (Vec<&str>, Vec<&str>) =
        options.iter().partition(|option| option.starts_with("--"));
    let known =
        |flag: &str| matches!(flag, "--update" | "--check") || flag.starts_with("--timeout=");
    if let Some(other) = flags.iter().find(|flag| !known(flag)) {
        return Err(format!(
            "`run` has no option `{other}`; it has --update, --check and --timeout=SECONDS"
        ));
    }
    let lessons = lessons(clone, &wanted)?;
    set_up(clone)?;
    if flags.contains(&"--update") {
        browser_driver(clone)?;
    }
    let mut python = clone.python()?;
    python
        .args(["-m", "segmenta_kernel.run"])
        .args(flags)
        .args(lessons);
    run_command(&mut python).map_err(|_| "not every lesson ran as it should, see above".into())
}

/// The lessons' sources that were asked for by number, name or path; all where none was.
pub fn lessons(clone: &Clone, wanted: &[&str]) -> Result<Vec<PathBuf>> {
    let folder = std::fs::read_dir(clone.notebooks())
        .map_err(|error| format!("{}: {error}", clone.notebooks().display()))?;
    let mut all: Vec<PathBuf> = folder
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect();
    all.sort();
    if wanted.is_empty() {
        return Ok(all);
    }
    let mut found = Vec::new();
    for word in wanted {
        let path = PathBuf::from(word);
        if path.extension().is_some_and(|extension| extension == "rs") && path.exists() {
            found.push(std::path::absolute(path).map_err(|error| error.to_string())?);
            continue;
        }
        let name = |path: &PathBuf| {
            path.file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned()
        };
        let hits: Vec<&PathBuf> = all
            .iter()
            .filter(|lesson| name(lesson).contains(word))
            .collect();
        if hits.is_empty() {
            let names: Vec<String> = all.iter().map(name).collect();
            return Err(format!(
                "no lesson `{word}`; there are {}",
                names.join(", ")
            ));
        }
        found.extend(hits.into_iter().cloned());
    }
    Ok(found)
}
