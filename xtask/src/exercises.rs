//! `cargo xtask exercises` and `cargo xtask grade`: the exercises for who teaches.

use std::path::absolute;

use crate::Result;
use crate::clone::{Clone, run};
use crate::run::lessons;
use crate::setup::set_up;

/// A folder as nbgrader expects it, with the lessons that were asked for.
pub fn exercises(clone: &Clone, folder: &str, wanted: &[&str]) -> Result {
    let lessons = lessons(clone, wanted)?;
    set_up(clone)?;
    let mut python = clone.python()?;
    python
        .args(["-m", "segmenta_kernel.nbgrader"])
        .arg(absolute(folder).map_err(|error| error.to_string())?)
        .args(lessons);
    run(&mut python)
}

/// A table of points for the notebooks of a class.
pub fn grade(clone: &Clone, options: &[&str]) -> Result {
    set_up(clone)?;
    let mut python = clone.python()?;
    // Paths are those of who asks.
    python.current_dir(std::env::current_dir().map_err(|error| error.to_string())?);
    python.args(["-m", "segmenta_kernel.grade"]).args(options);
    run(&mut python).map_err(|_| "not everything could be graded, see above".into())
}
