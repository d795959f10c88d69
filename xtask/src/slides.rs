//! `cargo xtask slides`: a lesson for a lecture hall.

use std::process::Command;

use crate::Result;
use crate::clone::{Clone, run};
use crate::run::lessons;
use crate::setup::slides_tools;

pub fn slides(clone: &Clone, wanted: &[&str]) -> Result {
    let lessons = lessons(clone, wanted)?;
    slides_tools(clone)?;
    let mut python = Command::new(clone.venv().join("bin/python"));
    python
        .current_dir(&clone.root)
        .env("SEGMENTA_ROOT", &clone.root)
        .args(["-m", "segmenta_kernel.slides"])
        .args(lessons);
    run(&mut python).map_err(|_| "there are no slides, see above".into())
}
