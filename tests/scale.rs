//! What does an analyst rely on between the cleaned table and the model? Nobody is left out unseen,
//! values become what scikit-learn makes of them, and new customers are treated as the old.

use proptest::prelude::*;
use segmenta::prelude::*;
use serde_json::Value;

fn oracle() -> Value {
    let all: Value = serde_json::from_str(include_str!("oracles/cluster.json")).unwrap();
    all["scale"].clone()
}

fn second_column() -> DataFrame {
    let all: Value = serde_json::from_str(include_str!("oracles/cluster.json")).unwrap();
    let rows = all["rows"].as_array().unwrap();
    let x: Vec<f64> = rows.iter().map(|row| row[1].as_f64().unwrap()).collect();
    df!("x" => x).unwrap()
}

fn numbers(table: &DataFrame, column: &str) -> Vec<f64> {
    let floats = table.column(column).unwrap().cast(&DataType::Float64);
    floats.unwrap().f64().unwrap().iter().flatten().collect()
}

fn texts(table: &DataFrame, column: &str) -> Vec<Option<String>> {
    let texts = table.column(column).unwrap().str().unwrap().iter();
    texts.map(|text| text.map(str::to_owned)).collect()
}

fn scaled(table: &DataFrame, recipe: &Recipe) -> DataFrame {
    recipe.fit(table).unwrap().transform(table).unwrap()
}

fn refused(table: &DataFrame, recipe: &Recipe) -> String {
    recipe.fit(table).unwrap_err().to_string()
}

#[track_caller]
fn agrees(ours: &[f64], theirs: &Value) {
    let theirs: Vec<f64> = theirs
        .as_array()
        .unwrap()
        .iter()
        .map(|x| x.as_f64().unwrap())
        .collect();
    assert_eq!(ours.len(), theirs.len());
    for (ours, theirs) in ours.iter().zip(theirs) {
        assert!((ours - theirs).abs() <= 1e-9, "{ours} is not {theirs}");
    }
}

#[test]
fn values_become_what_scikit_learn_numpy_and_scipy_make_of_them() {
    let (table, expected) = (second_column(), oracle());
    let recipe = || Recipe::new(["x"]);
    agrees(
        &numbers(&scaled(&table, &recipe().standardise("x")), "x"),
        &expected["standardise"],
    );
    agrees(
        &numbers(&scaled(&table, &recipe().min_max("x")), "x"),
        &expected["min_max"],
    );
    agrees(
        &numbers(&scaled(&table, &recipe().clip("x", 0.05, 0.95)), "x"),
        &expected["clip"],
    );
    let tied: Vec<f64> = numbers_of(&expected["tied"]);
    let tied = df!("x" => tied).unwrap();
    agrees(
        &numbers(&scaled(&tied, &recipe().quantile_transform("x")), "x"),
        &expected["quantiles"],
    );
}

fn numbers_of(list: &Value) -> Vec<f64> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|x| x.as_f64().unwrap())
        .collect()
}

#[test]
fn each_step_tells_what_it_did() {
    let table = df!(
        "spend" => [Some(1.0), Some(10.0), None, Some(1000.0)],
        "same" => [3, 3, 3, 3],
        "school" => ["low", "high", "low", "high"],
    )
    .unwrap();
    let recipe = Recipe::new(["spend", "same", "school"])
        .fill_median("spend")
        .log("spend")
        .standardise(["spend", "same"])
        .ordinal("school", ["low", "high"]);
    let scaler = recipe.fit(&table).unwrap();
    let report = scaler.report().unwrap();
    let steps: Vec<String> = texts(&report, "step").into_iter().flatten().collect();
    assert_eq!(
        steps,
        [
            "fill_median",
            "log",
            "standardise",
            "standardise",
            "ordinal"
        ]
    );
    assert_eq!(numbers(&report, "changed"), [1.0, 4.0, 4.0, 4.0, 4.0]);
    assert_eq!(texts(&report, "with")[0].as_deref(), Some("median 10"));
    let warnings = texts(&report, "warning");
    assert!(
        warnings[3]
            .as_deref()
            .unwrap()
            .starts_with("the same value throughout")
    );
    assert_eq!(warnings.iter().flatten().count(), 1);
    let scaled = scaler.transform(&table).unwrap();
    assert_eq!(numbers(&scaled, "same"), [0.0; 4]);
    assert_eq!(numbers(&scaled, "school"), [0.0, 1.0, 0.0, 1.0]);
}

#[test]
fn a_constant_column_says_nothing_on_any_scale() {
    let table = df!("x" => [3, 3, 3]).unwrap();
    for recipe in [
        Recipe::new(["x"]).standardise("x"),
        Recipe::new(["x"]).min_max("x"),
        Recipe::new(["x"]).quantile_transform("x"),
    ] {
        let scaler = recipe.fit(&table).unwrap();
        assert_eq!(numbers(&scaler.transform(&table).unwrap(), "x"), [0.0; 3]);
        assert!(texts(&scaler.report().unwrap(), "warning")[0].is_some());
    }
}

#[test]
fn one_hot_makes_a_column_for_each_word_in_the_place_of_the_old_one() {
    let table = df!("a" => [1, 2, 3], "status" => ["x", "y", "x"], "b" => [4, 5, 6]).unwrap();
    let scaled = scaled(&table, &Recipe::new(["a", "status", "b"]).one_hot("status"));
    assert_eq!(
        scaled.get_column_names(),
        ["a", "status=x", "status=y", "b"]
    );
    assert_eq!(numbers(&scaled, "status=y"), [0.0, 1.0, 0.0]);
}

#[test]
fn new_customers_are_measured_with_the_numbers_of_the_old() {
    let old = df!("x" => [0.0, 5.0, 10.0]).unwrap();
    let new = df!("x" => [-5.0, 20.0]).unwrap();
    let min_max = Recipe::new(["x"]).min_max("x").fit(&old).unwrap();
    assert_eq!(numbers(&min_max.transform(&new).unwrap(), "x"), [-0.5, 2.0]);
    let clipped = Recipe::new(["x"])
        .clip("x", 0.0, 1.0)
        .min_max("x")
        .fit(&old)
        .unwrap();
    assert_eq!(numbers(&clipped.transform(&new).unwrap(), "x"), [0.0, 1.0]);
    let places = Recipe::new(["x"])
        .quantile_transform("x")
        .fit(&old)
        .unwrap();
    assert_eq!(numbers(&places.transform(&new).unwrap(), "x"), [0.0, 1.0]);
    let between = df!("x" => [2.5]).unwrap();
    assert_eq!(numbers(&places.transform(&between).unwrap(), "x"), [0.25]);
}

#[test]
fn what_cannot_become_a_number_is_told_with_its_row() {
    let table = df!("x" => [Some(1.0), None, Some(0.0)], "word" => ["a", "b", "c"]).unwrap();
    let told = refused(&table, &Recipe::new(["x"]));
    assert!(
        told.starts_with("column x, row 1 (the first is 0): null; expected a value"),
        "{told}"
    );
    let told = refused(&table, &Recipe::new(["x"]).log("x"));
    assert!(
        told.starts_with("column x, row 2 (the first is 0): 0; expected a number above 0"),
        "{told}"
    );
    let told = refused(&table, &Recipe::new(["word"]));
    assert_eq!(
        told,
        "column word holds words; expected numbers; make them with .ordinal or .one_hot"
    );
    let told = refused(&table, &Recipe::new(["word"]).ordinal("word", ["a", "b"]));
    assert_eq!(
        told,
        "column word, row 2 (the first is 0): \"c\"; expected one of a, b"
    );
    let told = refused(&table, &Recipe::new(["y"]));
    assert_eq!(told, "the table has no column y; it has x, word");
    let told = refused(&table, &Recipe::new(["x"]).min_max("word"));
    assert_eq!(told, "the table has no column word; it has x");
    let told = refused(&table, &Recipe::new(["x", "x"]));
    assert_eq!(told, "columns is x twice; expected each column once");
    let told = refused(&table, &Recipe::new(["x"]).clip("x", 0.9, 0.1));
    assert_eq!(
        told,
        "quantiles is 0.9 and 0.1; expected two from 0 to 1, the lower first"
    );
    let told = refused(&table, &Recipe::new([]));
    assert_eq!(told, "columns: 0; expected 1 or more");
    let told = refused(&table.clear(), &Recipe::new(["x"]));
    assert_eq!(told, "customers: 0; expected 1 or more");
    let full = Recipe::new(["x"]).fill_median("x");
    let told = refused(&table, &full.principal_components(2));
    assert_eq!(
        told,
        "components is 2; expected 1 to 1, the number of columns"
    );
    let nothing = df!("x" => [None::<f64>, None]).unwrap();
    let told = refused(&nothing, &Recipe::new(["x"]).fill_median("x"));
    assert_eq!(told, "values of x: 0; expected 1 or more");
    let infinite = df!("x" => [1.0, f64::INFINITY]).unwrap();
    assert!(refused(&infinite, &Recipe::new(["x"])).contains("row 1 (the first is 0): inf"));
}

#[test]
fn cleaning_keeps_whom_it_leaves_out() {
    let table = df!(
        "ID" => [1, 2, 3, 4, 5, 6, 7],
        "Income" => [Some(10.0), None, Some(12.0), Some(11.0), Some(900.0), Some(10.0), Some(10.5)],
        "visits" => [1, 2, 3, 1, 2, 1, 2],
    )
    .unwrap();
    let clean = Clean::new(&table)
        .unwrap()
        .drop_nulls(["Income"])
        .unwrap()
        .keep_inside(["Income", "visits"], OutlierRule::Iqr)
        .unwrap()
        .drop_repeated(["Income", "visits"])
        .unwrap();
    assert_eq!(numbers(clean.kept(), "ID"), [1.0, 3.0, 4.0, 7.0]);
    let report = clean.report().unwrap();
    assert_eq!(numbers(&report, "before"), [7.0, 6.0, 5.0]);
    assert_eq!(numbers(&report, "left_out"), [1.0, 1.0, 1.0]);
    assert_eq!(numbers(&report, "after"), [6.0, 5.0, 4.0]);
    let left_out = clean.left_out().unwrap();
    assert_eq!(numbers(&left_out, "ID"), [2.0, 5.0, 6.0]);
    let by: Vec<String> = texts(&left_out, "left_out_by")
        .into_iter()
        .flatten()
        .collect();
    assert_eq!(by[1], "keep_inside iqr: Income, visits");
    assert!(clean.clone().drop_nulls(["nothing"]).is_err());
    assert!(clean.drop_repeated([]).is_err());
}

#[test]
fn a_condition_that_is_null_leaves_the_customer_out_and_in_the_list() {
    let table = df!("x" => [Some(1.0), None, Some(2.0)]).unwrap();
    let clean = Clean::new(&table)
        .unwrap()
        .keep_inside(["x"], OutlierRule::Z)
        .unwrap();
    assert_eq!(
        clean.kept().height() + clean.left_out().unwrap().height(),
        3
    );
    assert_eq!(clean.kept().height(), 2);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn scaled_columns_have_the_spread_that_was_asked_for(values in prop::collection::vec(-1e6f64..1e6, 2..50)) {
        let table = df!("x" => values.clone()).unwrap();
        let constant = values.iter().all(|x| *x == values[0]);
        let z = numbers(&scaled(&table, &Recipe::new(["x"]).standardise("x")), "x");
        let mean = z.iter().sum::<f64>() / z.len() as f64;
        let variance = z.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / z.len() as f64;
        prop_assert!(mean.abs() < 1e-9);
        prop_assert!(constant || (variance - 1.0).abs() < 1e-9);
        let unit = numbers(&scaled(&table, &Recipe::new(["x"]).min_max("x")), "x");
        prop_assert!(unit.iter().all(|x| (0.0..=1.0).contains(x)));
        let places = numbers(&scaled(&table, &Recipe::new(["x"]).quantile_transform("x")), "x");
        for (a, b) in values.iter().zip(&places) {
            for (c, d) in values.iter().zip(&places) {
                prop_assert!((a < c) == (b < d));
            }
        }
    }

    #[test]
    fn everybody_is_kept_or_listed(
        values in prop::collection::vec(prop::option::of(-100i32..100), 1..60),
    ) {
        let table = df!("x" => values.clone(), "row" => (0..values.len() as u64).collect::<Vec<_>>()).unwrap();
        let clean = Clean::new(&table).unwrap().drop_nulls(["x"]).unwrap();
        let clean = clean.keep_inside(["x"], OutlierRule::Iqr).unwrap().drop_repeated(["x"]).unwrap();
        let mut rows = numbers(clean.kept(), "row");
        rows.extend(numbers(&clean.left_out().unwrap(), "row"));
        rows.sort_by(f64::total_cmp);
        prop_assert_eq!(rows, (0..values.len()).map(|row| row as f64).collect::<Vec<_>>());
    }
}

/// What the command line does with columns that it has never seen.
#[test]
fn each_column_is_looked_at_before_it_is_scaled() {
    let n = 400;
    let of = |value: &dyn Fn(usize) -> f64| (0..n).map(value).collect::<Vec<f64>>();
    let customers = df!(
        // 1 for three customers of 400: clipped to the quantile of 99 %, it would be constant.
        "flag" => of(&|row| f64::from(u8::from(row % 150 == 7))),
        "count" => of(&|row| (row % 9) as f64),
        "even" => of(&|row| row as f64 + 0.5),
        "skewed" => of(&|row| if row == 3 { 0.0 } else { (row as f64 / 60.0).exp() }),
        "below 0" => of(&|row| -(row as f64 / 60.0).exp()),
        "constant" => of(&|_| 3.0),
        "nearly" => of(&|row| [1.0, 2.0, 5.0][row.saturating_sub(397)]),
    )
    .unwrap();
    let names: Vec<&str> = customers
        .get_column_names()
        .iter()
        .map(|name| name.as_str())
        .collect();
    let (recipe, looks) = scale::suggest(&customers, names.iter().copied()).unwrap();
    let words = |column: &str| -> Vec<String> {
        let column = looks.column(column).unwrap().str().unwrap();
        column.iter().flatten().map(str::to_owned).collect()
    };
    let kinds = [
        "flag",
        "count",
        "amount",
        "skewed amount",
        "amount",
        "constant",
        "count",
    ];
    assert_eq!(words("kind"), kinds);
    let steps = words("steps");
    assert_eq!(steps[0], "standardise");
    assert_eq!(steps[3], "clip, log1p, standardise");
    assert_eq!(steps[5], "left out");
    // Of 400 customers 398 are the same: clipped, they all would be.
    assert_eq!(steps[6], "standardise");
    // Nobody stops it, and every column that varies takes part.
    let scaler = recipe.fit(&customers).unwrap();
    assert_eq!(scaler.outcome().len(), 6);
    assert_eq!(
        scaler
            .report()
            .unwrap()
            .column("warning")
            .unwrap()
            .null_count(),
        scaler.report().unwrap().height()
    );
    let only = customers.select(["constant"]).unwrap();
    assert!(scale::suggest(&only, ["constant"]).is_err());
}

#[test]
fn a_category_weighs_as_much_as_one_standardised_column_however_many_values_it_has() {
    let customers = df!(
        "spend" => [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 99.0],
        "city" => ["a", "a", "a", "a", "b", "b", "c", "d"],
        "code" => [7, 7, 7, 9, 9, 9, 9, 9],
    )
    .unwrap();
    let recipe = Recipe::new(["spend"])
        .standardise(Columns::All)
        .categories(["city", "code"]);
    let scaler = recipe.fit(&customers).unwrap();
    let scaled = scaler.transform(&customers).unwrap();
    let variance = |begins: &str| -> f64 {
        let own = scaled
            .columns()
            .iter()
            .filter(|c| c.name().starts_with(begins));
        own.map(|c| c.f64().unwrap().var(0).unwrap()).sum()
    };
    for begins in ["spend", "city=", "code="] {
        assert!((variance(begins) - 1.0).abs() < 1e-12, "{begins}");
    }
    // By hand: shares of 1/2, 1/4, 1/8, 1/8, whose squares add up to 11/32.
    let height = 1.0 / (1.0 - 11.0 / 32.0f64).sqrt();
    let first = scaled.column("city=a").unwrap().f64().unwrap().get(0);
    assert!((first.unwrap() - height).abs() < 1e-15);
    assert_eq!(scaler.columns(), ["spend", "city", "code"]);
    let new = df!("spend" => [1.0], "city" => ["e"], "code" => [7]).unwrap();
    let unknown = scaler.transform(&new).unwrap_err().to_string();
    assert!(unknown.contains("one of a, b, c, d"), "{unknown}");
}

#[test]
fn a_category_of_one_value_says_nothing_and_does_no_harm() {
    let customers = df!("spend" => [1.0, 2.0], "city" => ["a", "a"]).unwrap();
    let recipe = Recipe::new(["spend"]).categories(["city"]);
    let scaled = recipe
        .fit(&customers)
        .unwrap()
        .transform(&customers)
        .unwrap();
    assert_eq!(
        scaled.column("city=a").unwrap().f64().unwrap().var(0),
        Some(0.0)
    );
}

#[test]
fn a_column_that_most_do_not_have_leaves_nobody_out_unless_it_is_asked_for() {
    let table = df!(
        "spend" => [5.0, 7.5, 9.0, 1.0, 3.0],
        "time_between" => [Some(4.0), None, None, Some(9.0), Some(2.0)],
    )
    .unwrap();
    let candidates = scale::candidates(&table, &Roles::default()).unwrap();
    let taken: Vec<_> = candidates
        .column("taken")
        .unwrap()
        .bool()
        .unwrap()
        .iter()
        .collect();
    assert_eq!(taken, [Some(true), Some(false)]);
    let why = candidates.column("why").unwrap().str().unwrap();
    assert_eq!(
        why.get(1),
        Some("no value for 40 % of the customers, who would be left out")
    );
}
