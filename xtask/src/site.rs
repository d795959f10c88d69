//! `cargo xtask site`: the course as pages that need no network.

use std::process::Command;

use crate::Result;
use crate::clone::{Clone, run};
use crate::setup::{host, site_tools};

pub fn site(clone: &Clone) -> Result {
    site_tools(clone)?;
    println!("the crate's own pages");
    let api = clone.target().join(host()?).join("doc");
    // Pages of other crates, which were made at another time, would be found by its search.
    let _ = std::fs::remove_dir_all(&api);
    run(clone
        .cargo()
        .args(["doc", "--package", "segmenta", "--no-deps", "--quiet"])
        .env("RUSTDOCFLAGS", "-D warnings"))?;
    let mut python = Command::new(clone.venv().join("bin/python"));
    python
        .current_dir(&clone.root)
        .env("SEGMENTA_ROOT", &clone.root)
        .args(["-m", "segmenta_kernel.site"])
        .arg(clone.mdbook_cache().join("bin/mdbook"))
        .arg(api);
    run(&mut python).map_err(|_| "there is no site, see above".into())
}
