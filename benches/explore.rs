//! How long do the functions of lessons 02 and 03 take on a million customers?
//!
//! `cargo xtask bench explore` runs this and then benches/explore.py, on the same file.
//! Times go to target/bench/explore.jsonl, a line for each task.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use segmenta::prelude::*;
use serde_json::json;

const ROWS: usize = 1_000_000;
const REPEATS: usize = 3;

fn main() -> Result<(), Error> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    fs::create_dir_all(&folder).expect("target can be written");
    let file = folder.join("customers.parquet");
    if !file.exists() {
        println!("simulating {ROWS} customers");
        generate(&file)?;
    }
    let open = fs::File::open(&file).expect("the file was written");
    let customers = ParquetReader::new(open).finish()?;
    println!(
        "{} customers, {} columns",
        customers.height(),
        customers.width()
    );
    let mut log = fs::File::create(folder.join("explore.jsonl")).expect("target can be written");
    let mut time = |task: &str, repeats: usize, work: &dyn Fn() -> Result<(), Error>| {
        let mut best = f64::INFINITY;
        forget_peak();
        for _ in 0..repeats {
            let started = Instant::now();
            work()?;
            best = best.min(started.elapsed().as_secs_f64());
        }
        println!("{best:>9.3} s  {task}");
        let line = json!({"task": task, "seconds": best, "peak_mb": peak_mb()});
        writeln!(log, "{line}").expect("target can be written");
        Ok::<(), Error>(())
    };
    let some = customers.select([
        "Education",
        "Marital_Status",
        "age",
        "Income",
        "Recency",
        "spend",
        "transactions",
        "NumWebVisitsMonth",
        "children",
        "accepted_campaigns",
    ])?;
    let bootstrap = Bootstrap::new().seed(1);
    let by_age = AgeBands::Rfmlc.bands();
    let by_income = Bands::quantiles(&customers, "Income", 5)?;
    let pairs = explore::associations(&some, 0.95)?;
    let shares = explore::categories(&customers)?;
    let rates = conversion::response_rate(&customers, "Education", 0.95)?;
    let leave = ZeroVisits::LeaveOut;

    let c = &customers;
    time("summary", REPEATS, &|| explore::summary(c).map(drop))?;
    time("categories", REPEATS, &|| explore::categories(c).map(drop))?;
    time("associations", REPEATS, &|| {
        explore::associations(&some, 0.95).map(drop)
    })?;
    time("regression", REPEATS, &|| {
        explore::regression(c, "Income", "spend", 0.95)?
            .tidy()
            .map(drop)
    })?;
    time("outliers", REPEATS, &|| quality::outliers(c).map(drop))?;
    time("quantile bands", REPEATS, &|| {
        Bands::quantiles(c, "Income", 5)?.add_to(c).map(drop)
    })?;
    time("chi-square", REPEATS, &|| {
        compare::chi_square(c, "Education", "Response").map(drop)
    })?;
    time("Kruskal-Wallis", REPEATS, &|| {
        compare::kruskal_wallis(c, "spend", "Education").map(drop)
    })?;
    time("Mann-Whitney pairs", REPEATS, &|| {
        compare::mann_whitney(c, "spend", "Education").map(drop)
    })?;
    time("response rate with Wilson intervals", REPEATS, &|| {
        conversion::response_rate(c, &by_income, 0.95).map(drop)
    })?;
    time("accepted campaigns with bootstrap", 1, &|| {
        conversion::accepted_campaigns(c, &by_age, &bootstrap).map(drop)
    })?;
    time("purchases per visit with bootstrap", 1, &|| {
        conversion::purchases_per_visit(c, &by_age, leave, &bootstrap).map(drop)
    })?;
    time("response per visit with bootstrap", 1, &|| {
        conversion::response_per_visit(c, &by_age, leave, &bootstrap).map(drop)
    })?;
    time("mean income with bootstrap", 1, &|| {
        bootstrap.means(c, "Income", &by_age).map(drop)
    })?;
    time("share of purchases per visit with bootstrap", 1, &|| {
        conversion::share_of_purchases_per_visit(c, &by_age, &bootstrap).map(drop)
    })?;
    time("picture: histogram", REPEATS, &|| {
        plot::histogram(c, "spend").map(|figure| drop(figure.json()))
    })?;
    time("picture: scatter with line", REPEATS, &|| {
        plot::scatter(c, "Income", "spend").map(|figure| drop(figure.json()))
    })?;
    time("picture: missing values", REPEATS, &|| {
        plot::missing(c).map(|figure| drop(figure.json()))
    })?;
    time("picture: associations", REPEATS, &|| {
        plot::associations(&pairs, "spearman").map(|figure| drop(figure.json()))
    })?;
    time("picture: bars with intervals", REPEATS, &|| {
        plot::bars(&rates).map(|figure| drop(figure.json()))
    })?;
    time("picture: grouped bars", REPEATS, &|| {
        plot::grouped_bars(&shares, "value", "column", "share").map(|figure| drop(figure.json()))
    })?;
    Ok(())
}

/// A million customers with the gaps of the real table, and the features of the lessons.
fn generate(file: &Path) -> Result<(), Error> {
    let simulated = simulate::Campaign::new().rows(ROWS).seed(11).generate()?;
    let mut customers = simulated
        .customers
        .lazy()
        .with_columns([
            features::age(2022),
            features::spend(),
            features::transactions(),
            features::children(),
            features::accepted_campaigns(),
        ])
        .collect()?;
    let create = fs::File::create(file).expect("target can be written");
    ParquetWriter::new(create).finish(&mut customers)?;
    Ok(())
}

/// Linux only: elsewhere the peak is that of the whole process so far, or unknown.
fn forget_peak() {
    let _ = fs::write("/proc/self/clear_refs", "5");
}

fn peak_mb() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kb: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kb / 1024)
}
