//! What a user relies on when segments get a profile, a name, an explanation.
//!
//! Oracles: tests/oracles/recommend.py, with pandas, SciPy and statsmodels on the sample.

use proptest::prelude::*;
use segmenta::prelude::*;
use serde_json::Value;

fn oracle() -> Value {
    serde_json::from_str(include_str!("oracles/recommend.json")).unwrap()
}

/// The sample, with levels of education in the place of segments.
fn sample() -> DataFrame {
    let customers = campaign::load("data/marketing_campaign.csv")
        .unwrap()
        .customers;
    let features = [
        features::spend(),
        features::transactions(),
        features::age(2022),
    ];
    customers.lazy().with_columns(features).collect().unwrap()
}

fn row(table: &DataFrame, column: &str, value: &str) -> DataFrame {
    let own = table.clone().lazy().filter(col(column).eq(lit(value)));
    own.collect().unwrap()
}

fn number(table: &DataFrame, column: &str) -> f64 {
    let numbers = table
        .column(column)
        .unwrap()
        .cast(&DataType::Float64)
        .unwrap();
    numbers.f64().unwrap().get(0).unwrap()
}

fn words(table: &DataFrame, column: &str) -> Vec<String> {
    let words = table.column(column).unwrap().str().unwrap();
    words
        .iter()
        .map(|word| word.unwrap_or("null").to_owned())
        .collect()
}

#[track_caller]
fn agrees(ours: f64, theirs: &Value) {
    let theirs = theirs.as_f64().unwrap();
    assert!(
        (ours - theirs).abs() <= 1e-9 * theirs.abs().max(1.0),
        "{ours} {theirs}"
    );
}

#[test]
fn a_profile_has_the_figures_of_pandas_in_the_columns_own_units() {
    let columns = [
        "spend",
        "Income",
        "Recency",
        "NumWebVisitsMonth",
        "Response",
    ];
    let profile = personality::profile(&sample(), "Education", columns).unwrap();
    for (segment, expected) in oracle()["profile"].as_object().unwrap() {
        for (column, figures) in expected.as_object().unwrap() {
            let own = row(&row(&profile, "Education", segment), "column", column);
            for name in ["n", "mean", "median", "q25", "q75", "lift"] {
                agrees(number(&own, name), &figures[name]);
            }
        }
    }
}

#[test]
fn a_position_is_the_mean_ridit_among_all_customers() {
    let columns = ["spend", "Recency", "transactions"];
    let positions = personality::positions(&sample(), "Education", columns).unwrap();
    for (segment, expected) in oracle()["ridits"].as_object().unwrap() {
        for name in columns {
            let own = row(&row(&positions, "Education", segment), "column", name);
            agrees(number(&own, "position"), &expected[name]);
        }
    }
}

#[test]
fn a_crosstab_has_adjusted_residuals_corrected_for_the_number_of_cells() {
    let cells = personality::crosstab(&sample(), "Education", "Marital_Status", 0.95).unwrap();
    let oracle = oracle();
    let expected = oracle["crosstab"].as_array().unwrap();
    assert_eq!(cells.height(), expected.len());
    for cell in expected {
        let of_row = row(&cells, "Education", cell["education"].as_str().unwrap());
        let own = row(&of_row, "Marital_Status", cell["status"].as_str().unwrap());
        for (ours, theirs) in [
            ("customers", "count"),
            ("share", "share"),
            ("lift", "lift"),
            ("residual", "residual"),
            ("p_holm", "p_holm"),
        ] {
            agrees(number(&own, ours), &cell[theirs]);
        }
        assert!(number(&own, "lower") <= number(&own, "share"));
    }
}

#[test]
fn differences_say_which_test_how_sure_and_how_much() {
    let customers = sample();
    let columns = ["spend", "Marital_Status", "Response"];
    let differences = personality::differences(&customers, "Education", columns).unwrap();
    assert_eq!(
        words(&differences, "test"),
        ["Kruskal-Wallis", "chi-square", "chi-square"]
    );
    let by_ranks = compare::kruskal_wallis(&customers, "spend", "Education").unwrap();
    assert_eq!(number(&differences, "p"), number(&by_ranks, "p"));
    let p = compare::holm(&[
        number(&by_ranks, "p"),
        number(
            &compare::chi_square(&customers, "Education", "Marital_Status").unwrap(),
            "p",
        ),
        number(
            &compare::chi_square(&customers, "Education", "Response").unwrap(),
            "p",
        ),
    ]);
    let ours: Vec<f64> = differences
        .column("p_holm")
        .unwrap()
        .f64()
        .unwrap()
        .iter()
        .flatten()
        .collect();
    assert_eq!(ours, p.unwrap());
}

#[test]
fn names_follow_the_rules_that_a_user_changes() {
    let customers = df!(
        "segment" => [1, 1, 2, 2, 3, 3], "spend" => [10, 20, 500, 600, 9_000, 9_500],
        "transactions" => [5, 5, 5, 5, 5, 5], "Recency" => [10, 20, 30, 40, 90, 95],
    )
    .unwrap();
    let named =
        personality::names(&customers, "segment", &personality::NamingRules::default()).unwrap();
    assert_eq!(
        words(&named, "name"),
        [
            "low spender, bought lately",
            "mid spender",
            "high spender, risk of churn"
        ]
    );
    let own = personality::NamingRules::from_json(
        r#"{"aspects": [{"column": "spend", "cuts": [0.5], "words": ["small", "big"]}], "marks": []}"#,
    );
    let named = personality::names(&customers, "segment", &own.unwrap()).unwrap();
    assert_eq!(words(&named, "name"), ["small", "big (2)", "big (3)"]);
    for broken in [
        r#"{"aspects": [{"column": "spend", "cuts": [0.5], "words": ["one"]}], "marks": []}"#,
        r#"{"aspects": [{"column": "spend", "cuts": [0.6, 0.5], "words": ["a", "b", "c"]}], "marks": []}"#,
        r#"{"aspects": [], "marks": [], "typo": 1}"#,
    ] {
        assert!(
            personality::NamingRules::from_json(broken).is_err(),
            "{broken}"
        );
    }
}

proptest! {
    /// The published LRFM analysis called its highest spenders "low". With these rules no table can:
    /// positions weighted by size have the mean 0.5, so the highest is on the upper side.
    #[test]
    fn the_highest_spenders_are_never_called_low(
        customers in prop::collection::vec((0u8..4, 0u32..6), 2..60),
    ) {
        let table = df!(
            "segment" => customers.iter().map(|c| i64::from(c.0)).collect::<Vec<_>>(),
            "spend" => customers.iter().map(|c| f64::from(c.1)).collect::<Vec<_>>(),
            "transactions" => vec![1.0; customers.len()],
            "Recency" => vec![1.0; customers.len()],
        ).unwrap();
        let named = personality::names(&table, "segment", &personality::NamingRules::default()).unwrap();
        let positions: Vec<f64> =
            named.column("spend_position").unwrap().f64().unwrap().iter().flatten().collect();
        let names = words(&named, "name");
        let highest = (0..names.len()).max_by(|a, b| positions[*a].total_cmp(&positions[*b])).unwrap();
        let lowest = (0..names.len()).min_by(|a, b| positions[*a].total_cmp(&positions[*b])).unwrap();
        prop_assert!(!names[highest].starts_with("low"), "{names:?} {positions:?}");
        prop_assert!(!names[lowest].starts_with("high"), "{names:?} {positions:?}");
    }
}

#[test]
fn a_rule_finds_segments_that_follow_from_it_and_says_so_when_it_cannot() {
    let n = 3_000i64;
    let spend: Vec<i64> = (0..n).map(|i| i * 7_919 % n).collect();
    let visits: Vec<i64> = (0..n).map(|i| i * 104_729 % 97 % 10).collect();
    let kind = |(spend, visits): (&i64, &i64)| match (*spend >= 2_000, *visits >= 6) {
        (true, _) => "spenders",
        (false, true) => "lookers",
        (false, false) => "others",
    };
    let kinds: Vec<&str> = spend.iter().zip(&visits).map(kind).collect();
    // Labels that have nothing to do with the columns.
    let noise: Vec<i64> = (0..n).map(|i| i * i % 2_003 % 2).collect();
    let table =
        df!("spend" => spend, "visits" => visits, "kind" => kinds, "noise" => noise).unwrap();

    let rules = personality::Explain::new(["spend", "visits"])
        .rules(&table, "kind")
        .unwrap();
    assert_eq!(
        words(&rules, "rule"),
        [
            "spend < 2,000 and visits >= 6",
            "spend < 2,000 and visits < 6",
            "spend >= 2,000"
        ]
    );
    for column in ["coverage", "precision"] {
        let shares = rules.column(column).unwrap().f64().unwrap();
        assert!(shares.iter().all(|share| share == Some(1.0)));
    }
    let noise = personality::Explain::new(["spend", "visits"])
        .rules(&table, "noise")
        .unwrap();
    let lower = noise.column("precision_lower").unwrap().f64().unwrap();
    let chance = noise.column("chance").unwrap().f64().unwrap();
    assert!(
        lower
            .iter()
            .zip(chance.iter())
            .all(|(lower, chance)| lower < chance),
        "{}",
        noise.text()
    );
}

#[test]
fn customers_on_the_border_are_listed_from_the_border_inwards() {
    let table = df!("x" => [0.0, 1.0, 4.9, 5.2, 9.0, 10.0]).unwrap();
    let recipe = Recipe::new(["x"]);
    let segments = Segments::fit(&table, &recipe, &KMeans::params(2)).unwrap();
    let border = personality::border(&segments, &table, 0.9).unwrap();
    let margins: Vec<f64> = border
        .column("margin")
        .unwrap()
        .f64()
        .unwrap()
        .iter()
        .flatten()
        .collect();
    assert!(margins.windows(2).all(|pair| pair[0] <= pair[1]));
    let tidy = segments.tidy().unwrap();
    let centres = tidy.column("x").unwrap().f64().unwrap();
    let (a, b) = (centres.get(0).unwrap(), centres.get(1).unwrap());
    let x = number(&border, "x");
    let (near, far) = (
        (x - a).abs().min((x - b).abs()),
        (x - a).abs().max((x - b).abs()),
    );
    assert!((margins[0] - (1.0 - near / far)).abs() < 1e-12);
    assert_ne!(number(&border, "segment"), number(&border, "next_segment"));
    assert!(personality::border(&segments, &table, 1.5).is_err());
}

#[test]
fn what_cannot_be_told_is_an_error_and_no_panic() {
    let table = df!("segment" => [1, 1], "word" => ["a", "b"], "gap" => [Some(1.0), None]).unwrap();
    assert!(personality::profile(&table, "segment", ["word"]).is_err());
    assert!(personality::profile(&table, "nothing", ["gap"]).is_err());
    assert!(
        personality::Explain::new(["gap"])
            .rules(&table, "segment")
            .is_err()
    );
    assert!(
        personality::Explain::new(["gap"])
            .conditions(9)
            .rules(&table, "segment")
            .is_err()
    );
    assert!(personality::crosstab(&table, "segment", "segment", 0.95).is_err());
    assert!(personality::crosstab(&table, "segment", "word", 1.5).is_err());
    assert!(personality::differences(&table, "segment", ["word"]).is_err());
    assert!(personality::names(&table, "segment", &personality::NamingRules::default()).is_err());
    let gap = personality::profile(&table, "segment", ["gap"]).unwrap();
    assert_eq!((number(&gap, "n"), number(&gap, "missing")), (1.0, 1.0));
    let none = table.clear();
    assert_eq!(
        personality::profile(&none, "segment", ["gap"])
            .unwrap()
            .height(),
        0
    );
    assert_eq!(
        personality::sizes(&none, "segment", 0.95).unwrap().height(),
        0
    );
}

/// Whoever is in no segment, or has no value, must not push all segments to one side.
#[test]
fn the_highest_position_is_never_below_the_middle_whoever_is_missing() {
    let customers = df!(
        "segment" => [Some(1), Some(1), Some(2), Some(2), None, None],
        "spend" => [Some(1.0), Some(2.0), Some(3.0), None, Some(8.0), Some(9.0)],
    )
    .unwrap();
    let positions = personality::positions(&customers, "segment", ["spend"]).unwrap();
    let places = positions
        .column("position")
        .unwrap()
        .f64()
        .unwrap()
        .to_vec();
    // Ranks 1 and 2, and 3, of three, each less a half.
    assert_eq!(places, [Some(1.0 / 3.0), Some(2.5 / 3.0)]);
    assert!((2.0 * places[0].unwrap() + places[1].unwrap() - 1.5).abs() < 1e-12);
}
