//! How long does it take to grow a forest and to ask it, and to measure a network of members?
//!
//! `cargo xtask bench predict` runs this and then benches/predict.py, on the same numbers. Times go to
//! target/bench/predict.json, and the tables beside it.

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use segmenta::linfa::DatasetBase;
use segmenta::ndarray::{Array1, Array2};
use segmenta::prelude::*;
use serde_json::json;

const ROWS: usize = 200_000;
const COLUMNS: usize = 20;
const MEMBERS: usize = 590_565;

fn main() -> Result<(), Error> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    fs::create_dir_all(&folder).expect("target can be written");
    let (rows, classes) = table();
    let bytes: Vec<u8> = rows.iter().flat_map(|x| x.to_le_bytes()).collect();
    fs::write(folder.join("predict.f64"), bytes).expect("target can be written");
    let labels: Vec<u8> = classes.iter().map(|class| *class as u8).collect();
    fs::write(folder.join("predict.u8"), labels).expect("target can be written");
    let learned = rows.slice(segmenta::ndarray::s![..ROWS, ..]).to_owned();
    let data = DatasetBase::new(
        learned,
        classes.slice(segmenta::ndarray::s![..ROWS]).to_owned(),
    );
    let params = RandomForest::params().out_of_bag(false).seed(1);
    let before = resident();
    let (mut fit, mut ask, mut right) = (f64::INFINITY, f64::INFINITY, 0.0);
    for _ in 0..2 {
        let started = Instant::now();
        let forest = params.clone().fit(&data)?;
        fit = fit.min(started.elapsed().as_secs_f64());
        let others = rows.slice(segmenta::ndarray::s![ROWS.., ..]);
        let started = Instant::now();
        let answers = forest.predict(&others.to_owned());
        ask = ask.min(started.elapsed().as_secs_f64());
        let hits = answers
            .iter()
            .zip(classes.iter().skip(ROWS))
            .filter(|(a, b)| a == b);
        right = hits.count() as f64 / ROWS as f64;
    }
    let memory = resident() - before;
    println!(
        "forest of {ROWS} x {COLUMNS}: fit {fit:.2} s, predict {ask:.2} s, {right:.4} right, {memory:.0} MB"
    );

    let members = members()?;
    let file = folder.join("members.csv");
    export::csv(&members, &file, Existing::Replace)?;
    let mut network_s = f64::INFINITY;
    for _ in 0..3 {
        let started = Instant::now();
        let network = Network::of(&members, "member", "sponsor")?;
        let tables = [
            network.augment()?,
            network.tidy()?,
            network.glance()?,
            network.levels(0.95)?,
            network.sponsors(20)?,
        ];
        network_s = network_s.min(started.elapsed().as_secs_f64());
        if tables.iter().any(|table| table.height() == 0) {
            println!("a table of the network is empty");
        }
    }
    let glance = Network::of(&members, "member", "sponsor")?.glance()?;
    let mean_distance = table::number(&glance, "mean_distance", 0)?;
    println!("network of {MEMBERS} members: {network_s:.2} s");
    let told = json!({
        "fit_s": fit, "predict_s": ask, "accuracy": right, "mb": memory, "network_s": network_s,
        "mean_distance": mean_distance,
    });
    fs::write(folder.join("predict.json"), told.to_string()).expect("target can be written");
    Ok(())
}

/// Twice as many rows as are learned from, of three classes that overlap; a quarter of the columns is noise.
fn table() -> (Array2<f64>, Array1<usize>) {
    let mut state = 7u64;
    let mut unit = move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((x ^ (x >> 31)) >> 11) as f64 * 2f64.powi(-53)
    };
    let mut rows = Array2::zeros((2 * ROWS, COLUMNS));
    let mut classes = Array1::zeros(2 * ROWS);
    for (mut row, class) in rows.outer_iter_mut().zip(classes.iter_mut()) {
        let kind = (unit() * 3.0) as usize;
        *class = kind;
        for (column, value) in row.iter_mut().enumerate() {
            let bell: f64 = (0..6).map(|_| unit()).sum::<f64>() - 3.0;
            let shift = if column % 4 < 3 {
                0.3 * ((kind + column) % 3) as f64
            } else {
                0.0
            };
            // Single precision, as scikit-learn takes it.
            *value = f64::from((bell + shift) as f32);
        }
    }
    (rows, classes)
}

/// A network that grew as that of the simulated shop does.
fn members() -> Result<DataFrame, Error> {
    let buyers = (MEMBERS as f64 * 0.7 * 1.003) as usize;
    let all = simulate::Shop::new()
        .customers(buyers)
        .seed(2)
        .defects(false)
        .generate()?
        .members;
    Ok(all
        .lazy()
        .select([col("ent").alias("member"), col("sponsor")])
        .limit(MEMBERS as u32)
        .collect()?)
}

/// Megabytes of this process.
fn resident() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap_or_default();
    let kilobytes = line
        .split_whitespace()
        .nth(1)
        .and_then(|kilobytes| kilobytes.parse::<f64>().ok());
    kilobytes.unwrap_or(0.0) / 1024.0
}
