//! The files that `cargo xtask bench orders` gives to the command line and to its peers, and the time of the
//! models of worth.
//!
//! A shop with 2.4 million bills (845,000 customers, seed 1) as its system writes them, its lines as Parquet,
//! the histories of 325,000 customers, and ten such shops one after another in time. They are written once to
//! target/bench; benches/orders.py measures whole programs on them.

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use segmenta::prelude::*;

fn main() -> Result<(), Error> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    fs::create_dir_all(&folder).expect("target can be written");
    let shop = simulate::Shop::new().customers(845_000).seed(1);
    let files = ["2021.csv", "2022.csv", "2023.csv"].map(|name| folder.join("shop").join(name));
    if files.iter().any(|file| !file.exists()) {
        shop.save(folder.join("shop"), Existing::Replace)?;
    }
    let (lines, history) = (folder.join("lines.parquet"), folder.join("history.parquet"));
    if !lines.exists() || !history.exists() {
        let loaded = orders::Loader::new().reject_bad_rows().load(&files)?;
        let priced = shop
            .generate()?
            .products
            .lazy()
            .select([col("product"), col("price")]);
        let bills = loaded.bills.lazy();
        let on_bill = ["bill", "customer", "time", "channel", "centre"].map(col);
        let all = loaded
            .lines
            .lazy()
            .join(
                bills.clone().select(on_bill),
                [col("bill")],
                [col("bill")],
                JoinArgs::new(JoinType::Inner),
            )
            .join(
                priced,
                [col("product")],
                [col("product")],
                JoinArgs::new(JoinType::Inner),
            )
            .sort(
                ["bill"],
                SortMultipleOptions::new().with_maintain_order(true),
            )
            .collect()?;
        export::parquet(&all, &lines, Existing::Replace)?;
        let day = col("time")
            .cast(DataType::Date)
            .cast(DataType::Int32)
            .cast(DataType::Float64);
        let sold = bills
            .filter(
                col("amount")
                    .gt(lit(0.0))
                    .and(col("customer").is_not_null()),
            )
            .with_column((day / lit(7.0)).alias("week"))
            .collect()?;
        let end = sold.column("week")?.f64()?.max().unwrap_or(0.0);
        let all = value::history(&sold, "customer", "week", "amount", end)?;
        export::parquet(&all.head(Some(325_000)), &history, Existing::Replace)?;
    }
    let long = folder.join("long");
    if !long.join("9-2023.csv").exists() {
        fs::create_dir_all(&long).expect("target can be written");
        for place in 0..10 {
            println!("writing shop {} of 10", place + 1);
            let own = folder.join("own");
            simulate::Shop::new()
                .customers(845_000)
                .seed(100 + place)
                .save(&own, Existing::Replace)?;
            for year in [2021, 2022, 2023] {
                // Three years for each shop, so that none overlaps another.
                let text =
                    fs::read_to_string(own.join(format!("{year}.csv"))).expect("just written");
                let shifted = text.replace(
                    &format!("\n{year}-"),
                    &format!("\n{}-", year - 3 * (9 - place as i32)),
                );
                fs::write(long.join(format!("{place}-{year}.csv")), shifted)
                    .expect("target can be written");
            }
            fs::remove_dir_all(&own).expect("just written");
        }
    }

    let history = export::read_parquet(&history)?;
    let mut best = f64::INFINITY;
    for _ in 0..3 {
        let started = Instant::now();
        let buying = BgNbd::fit(&history, &BgNbd::params())?;
        let came_back = history
            .clone()
            .lazy()
            .filter(col("frequency").gt(lit(0)))
            .collect()?;
        let sizes = GammaGamma::fit(&came_back, &GammaGamma::params())?;
        let worth = value::worth(&buying, &sizes, &history, 52.0, 0.0022)?;
        assert_eq!(worth.height(), history.height());
        best = best.min(started.elapsed().as_secs_f64());
    }
    let file = folder.join("orders.json");
    fs::write(&file, format!("{{\"worth_s\": {best}}}\n")).expect("target can be written");
    println!("worth of {} customers: {best:.2} s", history.height());
    Ok(())
}
