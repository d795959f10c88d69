//! Do the published figures come out of the published table?
//!
//! These tests read the real table from the folder that `SEGMENTA_REAL_DATA` names. Without
//! it they say that they were skipped.

use std::path::PathBuf;

use segmenta::prelude::*;

/// The table of the published analyses, or `None` where it is not at hand.
fn customers() -> Option<DataFrame> {
    let Some(folder) = std::env::var_os("SEGMENTA_REAL_DATA") else {
        println!("skipped: SEGMENTA_REAL_DATA is not set");
        return None;
    };
    let file = PathBuf::from(folder).join("marketing_campaign_data.csv");
    Some(campaign::load(file).unwrap().customers)
}

fn with(table: &DataFrame, columns: impl AsRef<[Expr]>) -> DataFrame {
    table
        .clone()
        .lazy()
        .with_columns(columns)
        .collect()
        .unwrap()
}

fn numbers(table: &DataFrame, column: &str) -> Vec<f64> {
    let floats = table.column(column).unwrap().cast(&DataType::Float64);
    floats.unwrap().f64().unwrap().iter().flatten().collect()
}

#[track_caller]
fn prints_as(ours: &[f64], published: &[&str]) {
    assert_eq!(ours.len(), published.len());
    for (ours, published) in ours.iter().zip(published) {
        let decimals = published.split_once('.').map_or(0, |(_, d)| d.len());
        assert_eq!(format!("{ours:.decimals$}"), *published);
    }
}

#[test]
fn the_real_table_is_known_as_the_source() {
    let Some(customers) = customers() else { return };
    assert!(published::is_source(&customers).unwrap());
    assert!(!published::is_source(&customers.tail(Some(2_239))).unwrap());
    let shuffled = customers.sort(["Income"], Default::default()).unwrap();
    assert!(published::is_source(&shuffled).unwrap());
}

#[test]
fn the_rfmlc_analysis_gives_shares_of_a_sum_and_the_middle_aged_convert_least() {
    let Some(customers) = customers() else { return };
    let customers = with(&customers, [features::age(AgeBands::Rfmlc.year())]);
    let bands = AgeBands::Rfmlc.bands();
    let bootstrap = Bootstrap::new();
    let shares = conversion::share_of_purchases_per_visit(&customers, &bands, &bootstrap).unwrap();
    let percent: Vec<f64> = numbers(&shares, "estimate")
        .iter()
        .map(|s| 100.0 * s)
        .collect();
    prints_as(&percent, &["14.19", "48.05", "37.76"]);
    let zero = ZeroVisits::CountAsZero;
    let means = conversion::purchases_per_visit(&customers, &bands, zero, &bootstrap).unwrap();
    prints_as(&numbers(&means, "estimate"), &["4.64", "3.82", "5.32"]);
    assert_eq!(numbers(&means, "zero_visits").iter().sum::<f64>(), 11.0);
}

#[test]
fn the_lrfm_analysis_defines_one_conversion_and_prints_another() {
    let Some(customers) = customers() else { return };
    let customers = with(&customers, [features::age(AgeBands::Lrfm.year())]);
    let bands = AgeBands::Lrfm.bands();
    let bootstrap = Bootstrap::new();
    let leave = ZeroVisits::LeaveOut;
    let defined = conversion::response_per_visit(&customers, &bands, leave, &bootstrap).unwrap();
    prints_as(&numbers(&defined, "estimate"), &["0.069", "0.038", "0.045"]);
    let printed = conversion::accepted_campaigns(&customers, &bands, &bootstrap).unwrap();
    prints_as(&numbers(&printed, "estimate"), &["0.380", "0.270", "0.318"]);
}

#[test]
fn the_analysis_in_five_stages_correlates_income_spend_and_age_with_conversion() {
    let Some(customers) = customers() else { return };
    // Its recipe: rows inside Tukey's fences in six columns at once, customers without a
    // visit as 0, and the ratio rounded to two digits.
    let columns = [
        "Year_Birth",
        "Income",
        "MntMeatProducts",
        "MntSweetProducts",
        "NumWebPurchases",
        "NumCatalogPurchases",
    ];
    let inside = quality::inside(&customers, columns, Rule::Iqr).unwrap();
    let kept = customers.lazy().filter(inside).collect().unwrap();
    assert_eq!(kept.height(), 1_840);
    let conversion = features::purchases_per_visit()
        .fill_null(0.0)
        .round(2, RoundMode::HalfToEven)
        .alias("conversion");
    let year = AgeBands::Stages.year();
    let kept = with(&kept, [features::age(year), features::spend(), conversion]);
    let kept = kept
        .select(["Income", "spend", "age", "conversion"])
        .unwrap();
    let pairs = explore::associations(&kept, 0.95).unwrap();
    let pearson = |a: &str, b: &str| {
        let pair = col("a").eq(lit(a)).and(col("b").eq(lit(b)));
        let row = pairs.clone().lazy();
        let row = row.filter(pair.and(col("measure").eq(lit("pearson"))));
        row.collect().unwrap()
    };
    for (a, b, published) in [
        ("Income", "conversion", "0.657"),
        ("spend", "conversion", "0.627"),
        ("Income", "spend", "0.798"),
        ("age", "conversion", "0.116"),
    ] {
        prints_as(&numbers(&pearson(a, b), "estimate"), &[published]);
    }
    let p = numbers(&pearson("age", "conversion"), "p")[0];
    assert!((5e-7..7e-7).contains(&p), "weak, and significant: {p}");
}

#[test]
fn no_other_table_is_said_to_reproduce_a_figure() {
    let sample = campaign::load("data/marketing_campaign.csv").unwrap();
    let answer = published::compare(&sample.customers, [("a figure", "1.00", 1.0)]).unwrap();
    let verdict = answer.column("verdict").unwrap().str().unwrap().get(0);
    assert_eq!(verdict, Some("another table"));
}
