//! The files that `cargo xtask bench report` gives to the command line and to its peer.
//!
//! A million simulated customers (seed 11), written once to target/bench; the measuring is done by
//! benches/report.py, which runs both programs as a user would.

use std::fs;
use std::path::PathBuf;

use segmenta::prelude::*;

fn main() -> Result<(), Error> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    fs::create_dir_all(&folder).expect("target can be written");
    let file = folder.join("million.csv");
    if !file.exists() {
        let customers = simulate::Campaign::new()
            .rows(1_000_000)
            .seed(11)
            .generate()?
            .customers;
        simulate::Shape::rakamin().write(&customers, &file)?;
    }
    println!("{}", file.display());
    Ok(())
}
