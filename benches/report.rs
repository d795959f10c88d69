//! The files that `cargo xtask bench report` gives to the command line and to its peer.
//!
//! A million simulated customers (seed 11), and a million of a telephone company (seed 8), written once to
//! target/bench; the measuring is done by benches/report.py, which runs both programs as a user would.

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
    let file = folder.join("telco-million.csv");
    if !file.exists() {
        simulate::Telco::new()
            .rows(1_000_000)
            .seed(8)
            .save(&file, Existing::Keep)?;
    }
    println!("{}", file.display());
    Ok(())
}
