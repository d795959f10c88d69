//! How long does it take to find and to judge segments?
//!
//! `cargo xtask bench segment` runs this and then benches/segment.py, on the same numbers and from
//! the same starts. Times go to target/bench/segment.jsonl, a line for each task.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use segmenta::linfa::DatasetBase;
use segmenta::ndarray::Array2;
use segmenta::prelude::*;
use serde_json::{Value, json};

const RESTARTS: usize = 10;
const MOST: usize = 10;

/// The columns of the two large tables.
const TWELVE: [&str; 12] = [
    "Income",
    "Recency",
    "spend",
    "NumDealsPurchases",
    "NumWebPurchases",
    "NumCatalogPurchases",
    "NumStorePurchases",
    "NumWebVisitsMonth",
    "age",
    "length",
    "children",
    "accepted_campaigns",
];

fn main() -> Result<(), Error> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    fs::create_dir_all(&folder).expect("target can be written");
    let mut log = fs::File::create(folder.join("segment.jsonl")).expect("target can be written");
    let mut told = |task: &str, seconds: f64, more: Value| {
        println!("{seconds:>9.3} s  {task}");
        let line = json!({"task": task, "seconds": seconds, "more": more});
        writeln!(log, "{line}").expect("target can be written");
    };

    let few = matrix(&features(&simulate::Campaign::new().seed(11))?, &rfmlc())?;
    let many = matrix(
        &features(&simulate::Campaign::new().rows(100_000).seed(11))?,
        &twelve(),
    )?;
    let most = matrix(
        &features(&simulate::Campaign::new().rows(1_000_000).seed(11))?,
        &twelve(),
    )?;
    for (name, rows, repeats) in [
        ("2,240 x 5", &few, 3),
        ("100,000 x 12", &many, 2),
        ("1,000,000 x 12", &most, 1),
    ] {
        let data = DatasetBase::from(rows.clone());
        write(rows, &folder.join(format!("{}.f64", rows.nrows())));
        let starts: Vec<Vec<Array2<f64>>> = (2..=MOST).map(|k| starts(rows, k)).collect();
        let all: Vec<f64> = starts.iter().flatten().flatten().copied().collect();
        write_numbers(&all, &folder.join(format!("{}.starts", rows.nrows())));
        let mut inertias = Vec::new();
        let seconds = best(repeats, || {
            inertias.clear();
            for (k, starts) in (2..=MOST).zip(&starts) {
                let params = KMeans::params(k).starts(starts.clone());
                inertias.push(params.fit(&data)?.inertia());
            }
            Ok(())
        })?;
        told(
            &format!("k-means, k = 2 to 10, 10 given starts, {name}"),
            seconds,
            json!(inertias),
        );
        let mut inertia = 0.0;
        let seconds = best(repeats, || {
            inertia = KMeans::params(4).seed(1).fit(&data)?.inertia();
            Ok(())
        })?;
        told(
            &format!("k-means, k = 4, 10 starts of its own, {name}"),
            seconds,
            json!([inertia]),
        );
    }

    let labels = KMeans::params(4)
        .seed(1)
        .fit(&DatasetBase::from(many.clone()))?
        .predict(&many);
    write_numbers(
        &labels.iter().map(|label| *label as f64).collect::<Vec<_>>(),
        &folder.join("labels"),
    );
    let mut part = table(&many).head(Some(20_000));
    let part_labels: Vec<u64> = labels
        .iter()
        .take(20_000)
        .map(|label| *label as u64)
        .collect();
    part.with_column(Column::new("segment".into(), part_labels))?;
    let mut mean = None;
    let seconds = best(3, || {
        mean = cluster::silhouette(&part, "segment")?
            .column("silhouette")?
            .f64()?
            .mean();
        Ok(())
    })?;
    told("silhouette of each of 20,000 x 12", seconds, json!([mean]));

    let mut first = 0.0;
    let data = DatasetBase::from(most.clone());
    let seconds = best(3, || {
        first = Pca::params(12).fit(&data)?.variances()[0];
        Ok(())
    })?;
    told(
        "principal components, 1,000,000 x 12",
        seconds,
        json!([first]),
    );

    let small = table(&few);
    let mut ari = None;
    let seconds = best(3, || {
        let all = small.columns().iter().map(|column| column.name().as_str());
        let params = KMeans::params(4).seed(1);
        let stability = cluster::Resample::new(100).fit(&small, &Recipe::new(all), &params)?;
        ari = stability.glance().column("ari")?.f64()?.get(0);
        Ok(())
    })?;
    told(
        "stability, 100 resamples, 2,240 x 5, k = 4",
        seconds,
        json!([ari]),
    );
    Ok(())
}

fn best(repeats: usize, mut work: impl FnMut() -> Result<(), Error>) -> Result<f64, Error> {
    let mut best = f64::INFINITY;
    for _ in 0..repeats {
        let started = Instant::now();
        work()?;
        best = best.min(started.elapsed().as_secs_f64());
    }
    Ok(best)
}

fn features(campaign: &simulate::Campaign) -> Result<DataFrame, Error> {
    let columns = [
        features::spend(),
        features::transactions(),
        features::age(2022),
        features::length(2022, 8, 23)?,
        features::children(),
        features::accepted_campaigns(),
    ];
    let customers = campaign.generate()?.customers.lazy();
    Ok(customers.with_columns(columns).collect()?)
}

fn rfmlc() -> Recipe {
    let clipped = Recipe::new(features::RFMLC).clip(Columns::All, 0.01, 0.99);
    clipped.log("spend").min_max(Columns::All)
}

fn twelve() -> Recipe {
    let filled = Recipe::new(TWELVE).fill_median("Income");
    let clipped = filled.clip(Columns::All, 0.01, 0.99);
    clipped.log("spend").standardise(Columns::All)
}

fn matrix(customers: &DataFrame, recipe: &Recipe) -> Result<Array2<f64>, Error> {
    Ok(recipe.fit(customers)?.dataset(customers)?.records().clone())
}

fn table(rows: &Array2<f64>) -> DataFrame {
    let columns = rows.columns().into_iter().enumerate();
    let column = |(place, values): (usize, segmenta::ndarray::ArrayView1<'_, f64>)| {
        Column::new(format!("x{place}").into(), values.to_vec())
    };
    DataFrame::new(rows.nrows(), columns.map(column).collect()).expect("columns of one length")
}

/// Rows taken here and there, the same in both languages as both read them from a file.
fn starts(rows: &Array2<f64>, k: usize) -> Vec<Array2<f64>> {
    let mut place = 88_172_645_463_325_252u64 ^ k as u64;
    let mut next = || {
        place ^= place << 13;
        place ^= place >> 7;
        place ^= place << 17;
        (place % rows.nrows() as u64) as usize
    };
    let mut start = || {
        let chosen: Vec<usize> = (0..k).map(|_| next()).collect();
        Array2::from_shape_fn((k, rows.ncols()), |(row, column)| {
            rows[[chosen[row], column]]
        })
    };
    (0..RESTARTS).map(|_| start()).collect()
}

fn write(rows: &Array2<f64>, file: &Path) {
    let numbers: Vec<f64> = rows.iter().copied().collect();
    write_numbers(&numbers, file);
}

fn write_numbers(numbers: &[f64], file: &Path) {
    let bytes: Vec<u8> = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
    fs::write(file, bytes).expect("target can be written");
}
