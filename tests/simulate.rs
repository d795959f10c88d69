//! The made-up table: the same on every run, near the real one, with its faults.

use std::fs;
use std::path::PathBuf;

use segmenta::prelude::*;

/// The seed of data/marketing_campaign.csv.
const SAMPLE_SEED: u64 = 11;

fn sample() -> simulate::Simulated {
    simulate::Campaign::new()
        .seed(SAMPLE_SEED)
        .generate()
        .unwrap()
}

/// `SEGMENTA_UPDATE=1 cargo test --test simulate` writes the file anew.
#[test]
fn the_sample_file_is_what_the_generator_writes() {
    let made = std::env::temp_dir().join(format!("segmenta-sample-{}.csv", std::process::id()));
    simulate::Shape::rakamin()
        .write(&sample().customers, &made)
        .unwrap();
    let text = fs::read_to_string(&made).unwrap();
    fs::remove_file(&made).unwrap();
    let kept = PathBuf::from("data/marketing_campaign.csv");
    if std::env::var_os("SEGMENTA_UPDATE").is_some() {
        fs::write(&kept, &text).unwrap();
    }
    assert!(
        fs::read_to_string(&kept).unwrap() == text,
        "{} is not up to date",
        kept.display()
    );
}

#[test]
fn a_seed_gives_the_same_table_again_and_another_seed_another() {
    let again = sample();
    assert!(again.customers.equals_missing(&sample().customers));
    assert!(again.truth.equals(&sample().truth));
    let other = simulate::Campaign::new()
        .seed(SAMPLE_SEED + 1)
        .generate()
        .unwrap();
    assert!(!again.customers.equals_missing(&other.customers));
}

#[test]
fn defects_are_as_often_as_in_the_real_table() {
    let customers = sample().customers;
    assert_eq!(customers.column("Income").unwrap().null_count(), 24);
    let duplicates = quality::duplicates(&customers, ["ID"]).unwrap();
    assert_eq!(
        duplicates
            .column("duplicates")
            .unwrap()
            .u64()
            .unwrap()
            .get(1),
        Some(183)
    );
    let broken = quality::impossible(&customers).unwrap();
    let broken: Vec<u64> = broken
        .column("rows")
        .unwrap()
        .u64()
        .unwrap()
        .into_no_null_iter()
        .collect();
    assert_eq!((broken[0], broken[1]), (3, 1));
    let visits = customers
        .column("NumWebVisitsMonth")
        .unwrap()
        .i64()
        .unwrap()
        .clone();
    assert_eq!(visits.iter().flatten().filter(|v| *v == 0).count(), 11);
}

#[test]
fn every_defect_is_told() {
    let simulated = sample();
    let told = |defect: &str| {
        let of = simulated
            .defects
            .clone()
            .lazy()
            .filter(col("defect").eq(lit(defect.to_owned())));
        of.collect().unwrap().height()
    };
    assert_eq!(told("null income"), 24);
    assert_eq!(told("repeated row"), 183);
    assert_eq!(told("old birth"), 3);
    assert_eq!(told("absurd income"), 1);
    assert_eq!(told("zero visits"), 11);
    let clean = simulate::Campaign::new().defects(false).generate().unwrap();
    assert_eq!(clean.defects.height(), 0);
    assert_eq!(clean.customers.column("Income").unwrap().null_count(), 0);
}

#[test]
fn any_number_of_rows_can_be_had_but_none() {
    for rows in [1, 2, 19, 20, 21, 5000] {
        let simulated = simulate::Campaign::new().rows(rows).generate().unwrap();
        assert_eq!(simulated.customers.height(), rows);
        assert_eq!(simulated.truth.height(), rows);
        assert_eq!(
            simulated
                .customers
                .column("ID")
                .unwrap()
                .n_unique()
                .unwrap(),
            rows
        );
    }
    let error = simulate::Campaign::new().rows(0).generate().unwrap_err();
    assert_eq!(error.to_string(), "rows is 0; expected 1 or more");
}

/// Medians and shares as published for the real table; data/README.md says how near ours are.
#[test]
fn the_sample_is_near_the_published_margins() {
    let customers = sample()
        .customers
        .lazy()
        .with_column(
            (col("MntCoke")
                + col("MntFruits")
                + col("MntMeatProducts")
                + col("MntFishProducts")
                + col("MntSweetProducts")
                + col("MntGoldProds"))
            .alias("spend"),
        )
        .collect()
        .unwrap();
    let median = |name: &str| {
        let column = customers
            .column(name)
            .unwrap()
            .cast(&DataType::Float64)
            .unwrap();
        column.f64().unwrap().median().unwrap()
    };
    for (column, published) in [
        ("Income", 51_381_500.0),
        ("spend", 396_000.0),
        ("NumWebVisitsMonth", 6.0),
        ("Recency", 49.0),
        ("Year_Birth", 1970.0),
    ] {
        let off = median(column) / published - 1.0;
        assert!(off.abs() < 0.03, "{column}: {off:+.3}");
    }
    let share = |column: &str, word: &str| {
        let words = customers.column(column).unwrap().str().unwrap();
        words.iter().flatten().filter(|w| *w == word).count() as f64 / 2240.0
    };
    for (column, word, published) in [
        ("Education", "Basic", 0.0241),
        ("Education", "2n Cycle", 0.0906),
        ("Education", "Graduation", 0.5031),
        ("Education", "Master", 0.1652),
        ("Education", "PhD", 0.2170),
        ("Marital_Status", "Married", 0.3857),
        ("Marital_Status", "Together", 0.2589),
        ("Marital_Status", "Single", 0.2161),
        ("Marital_Status", "Divorced", 0.1036),
        ("Marital_Status", "Widow", 0.0344),
        ("Marital_Status", "Alone", 0.0013),
    ] {
        let off = share(column, word) - published;
        assert!(off.abs() < 0.02, "{column} {word}: {off:+.4}");
    }
}

#[test]
fn segments_differ_in_what_they_are_named_for() {
    let simulated = simulate::Campaign::new()
        .rows(5000)
        .defects(false)
        .generate()
        .unwrap();
    let by_segment = simulated
        .customers
        .lazy()
        .join(
            simulated.truth.lazy(),
            [col("ID")],
            [col("ID")],
            JoinArgs::new(JoinType::Inner),
        )
        .group_by([col("segment")])
        .agg([
            col("Income").median(),
            (col("AcceptedCmp5").mean()).alias("accepted"),
        ])
        .sort(["Income"], SortMultipleOptions::new())
        .collect()
        .unwrap();
    let names: Vec<_> = by_segment
        .column("segment")
        .unwrap()
        .str()
        .unwrap()
        .iter()
        .flatten()
        .collect();
    assert_eq!(
        names,
        [
            "careful young families",
            "bargain hunters with teenagers",
            "settled spenders",
            "campaign lovers",
        ]
    );
    let accepted = by_segment
        .column("accepted")
        .unwrap()
        .f64()
        .unwrap()
        .clone();
    assert!(accepted.get(3) > accepted.get(2));
}

#[test]
fn the_samples_of_lesson_08_are_read_as_they_were_made() {
    let file =
        |name: &str| std::env::temp_dir().join(format!("segmenta-{}-{name}", std::process::id()));
    let telco = simulate::Telco::new().rows(400).seed(3);
    let made = telco.generate().unwrap();
    assert!(
        made.customers
            .equals_missing(&telco.generate().unwrap().customers)
    );
    let saved = file("telco.csv");
    telco.save(&saved, Existing::Replace).unwrap();
    let read_again = read::file(&saved).unwrap();
    fs::remove_file(&saved).unwrap();
    for name in [
        "customer_id",
        "contract",
        "tenure_months",
        "monthly_charges",
        "total_charges",
        "data_gb",
    ] {
        let (ours, theirs) = (
            made.customers.column(name).unwrap(),
            read_again.table.column(name).unwrap(),
        );
        assert!(ours.equals_missing(theirs), "{name}");
    }
    // Whoever has just come has no total, and is told among the defects.
    let nulls = made.customers.column("total_charges").unwrap().null_count();
    let told = made.defects.column("defect").unwrap().str().unwrap();
    assert_eq!(
        told.iter()
            .filter(|what| *what == Some("no total yet"))
            .count(),
        nulls
    );
    assert!(nulls > 0);

    let wholesaler = simulate::Wholesaler::new().rows(300).seed(3);
    let saved = file("wholesaler.csv");
    wholesaler.save(&saved, Existing::Replace).unwrap();
    let asked = read::file(&saved).unwrap_err().to_string();
    assert!(asked.contains("the last row has \"Total\""), "{asked}");
    let read_again = read::Reader::new().totals(true).read(&saved).unwrap();
    fs::remove_file(&saved).unwrap();
    let made = wholesaler.generate().unwrap().customers;
    assert!(
        made.equals_missing(&read_again.table),
        "accents, commas and thousands come back"
    );
}

#[test]
fn a_table_with_other_names_is_told_what_to_do() {
    let telco = simulate::Telco::new()
        .rows(100)
        .generate()
        .unwrap()
        .customers;
    let error = |refused: segmenta::Error| refused.to_string();
    let named = personality::names(&telco, "contract", &NamingRules::default()).unwrap_err();
    assert!(error(named).contains("NamingRules::telling"));
    let rate = conversion::response_rate(&telco, "contract", 0.95).unwrap_err();
    assert!(error(rate).contains("interval::rates(&table, \"yours\""));
    let named = df!("contract" => ["one year"], "name" => ["x"]).unwrap();
    let plan = recommend::Campaigns::new(&named)
        .plan(&telco, "contract")
        .unwrap_err();
    assert!(error(plan).contains("rename it first"));
}
