//! What somebody relies on who asks whether there are segments at all: another seed gives the same
//! answer, or says that it is open, and every answer comes with its figures.
//!
//! Three seeds a table; `SEGMENTA_SEEDS=50` tries fifty, which takes minutes.

use std::collections::BTreeMap;
use std::path::PathBuf;

use rand::{Rng, SeedableRng};
use rand_distr::{Distribution, StandardNormal};
use segmenta::prelude::*;

/// A table with its columns as they are suggested to be scaled.
fn scaled(
    name: &'static str,
    table: DataFrame,
    columns: &[&str],
) -> (&'static str, DataFrame, Recipe) {
    let table = Clean::new(&table)
        .unwrap()
        .drop_nulls(columns.iter().copied())
        .unwrap();
    let (recipe, _) = scale::suggest(table.kept(), columns.iter().copied()).unwrap();
    (name, table.kept().clone(), recipe)
}

fn csv(file: &PathBuf) -> DataFrame {
    campaign::Loader::new()
        .needs([])
        .load(file)
        .unwrap()
        .customers
}

const SIX: [&str; 6] = [
    "Income",
    "spend",
    "NumDealsPurchases",
    "NumCatalogPurchases",
    "NumStorePurchases",
    "NumWebVisitsMonth",
];

/// Groups around centres on a circle, with a standard deviation of 1.
fn groups(k: usize, n: usize, radius: f64, seed: u64) -> DataFrame {
    let mut random = rand_xoshiro::Xoshiro256PlusPlus::seed_from_u64(seed);
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for row in 0..n {
        let angle = std::f64::consts::TAU * (row % k) as f64 / k as f64;
        let [a, b]: [f64; 2] = [
            StandardNormal.sample(&mut random),
            StandardNormal.sample(&mut random),
        ];
        x.push(radius * angle.cos() + a);
        y.push(radius * angle.sin() + b);
    }
    df!("x" => x, "y" => y).unwrap()
}

fn even(n: usize, seed: u64) -> DataFrame {
    let mut random = rand_xoshiro::Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut column = || (0..n).map(|_| random.r#gen::<f64>()).collect::<Vec<_>>();
    df!("x" => column(), "y" => column()).unwrap()
}

fn tables() -> Vec<(&'static str, DataFrame, Recipe)> {
    let with_spend = |table: DataFrame| {
        table
            .lazy()
            .with_column(features::spend())
            .collect()
            .unwrap()
    };
    let sample = campaign::load("data/marketing_campaign.csv")
        .unwrap()
        .customers;
    let mut tables = vec![
        scaled("sample", with_spend(sample.clone()), &SIX),
        scaled(
            "sample, two columns",
            with_spend(sample),
            &["Income", "spend"],
        ),
        scaled("even", even(400, 1), &["x", "y"]),
        scaled("one group", groups(1, 400, 0.0, 2), &["x", "y"]),
        scaled("two on the edge", groups(2, 300, 1.75, 3), &["x", "y"]),
        scaled("three on the edge", groups(3, 300, 1.75, 4), &["x", "y"]),
        scaled("four apart", groups(4, 400, 4.0, 5), &["x", "y"]),
    ];
    let real = std::env::var_os("SEGMENTA_REAL_DATA").map(PathBuf::from);
    assert!(
        real.is_some() || std::env::var_os("CI").is_none(),
        "CI needs the real tables"
    );
    if let Some(folder) = real {
        let mall = csv(&folder.join("mall_customers.csv"));
        tables.push(scaled(
            "mall",
            mall,
            &["Annual Income (k$)", "Spending Score (1-100)"],
        ));
        let wholesale = csv(&folder.join("wholesale_customers.csv"));
        let goods = ["Fresh", "Milk", "Grocery", "Frozen", "Delicassen"];
        tables.push(scaled("wholesale", wholesale, &goods));
        let real = campaign::load(folder.join("marketing_campaign_data.csv"))
            .unwrap()
            .customers;
        tables.push(scaled("real", with_spend(real), &SIX));
    }
    tables
}

#[test]
fn another_seed_gives_the_same_verdict_or_says_that_it_is_open() {
    let seeds: u64 = std::env::var("SEGMENTA_SEEDS").map_or(3, |seeds| seeds.parse().unwrap());
    for (name, table, recipe) in tables() {
        let mut verdicts: BTreeMap<String, usize> = BTreeMap::new();
        let started = std::time::Instant::now();
        for seed in 1..=seeds {
            let choice = ChooseK::new(1..=8)
                .fit(&table, &recipe, &KMeans::params(1).seed(seed))
                .unwrap();
            for figures in ["silhouette of", "beyond noise", "least mean Jaccard"] {
                assert!(choice.verdict().contains(figures), "{}", choice.verdict());
            }
            assert_eq!(
                choice.is_decided(),
                !choice.verdict().starts_with("Undecided")
            );
            if seed == 1 {
                println!("{name}: {}", choice.verdict());
            }
            let verdict = match (choice.is_decided(), choice.suggested()) {
                (false, _) => "undecided".to_owned(),
                (true, None) => "no clear structure".to_owned(),
                (true, Some(k)) => format!("{k} segments"),
            };
            *verdicts.entry(verdict).or_default() += 1;
        }
        let seconds = started.elapsed().as_secs_f64() / seeds as f64;
        println!("{name}: {verdicts:?}, {seconds:.1} s each");
        let decided = verdicts
            .keys()
            .filter(|verdict| *verdict != "undecided")
            .count();
        assert!(decided <= 1, "{name}: {verdicts:?}");
    }
}
