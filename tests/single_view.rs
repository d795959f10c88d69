//! One row for each customer: the twenty columns are pandas', the scores are those that one counts by hand.

use std::path::{Path, PathBuf};

use segmenta::prelude::*;
use serde_json::Value;

/// Bills, members and the view of them by pandas (tests/oracles/single_view.py).
fn oracle() -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/single_view.json");
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

/// A file of the rows of the oracle, as a shop would write it.
fn written(folder: &Path, name: &str, rows: &Value) -> PathBuf {
    let rows = rows.as_array().unwrap();
    let names: Vec<&String> = rows[0].as_object().unwrap().keys().collect();
    let column = |name: &&String| {
        let text = |row: &Value| match &row[name.as_str()] {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        };
        Column::new(
            name.as_str().into(),
            rows.iter().map(text).collect::<Vec<_>>(),
        )
    };
    let table = DataFrame::new(rows.len(), names.iter().map(column).collect()).unwrap();
    let file = folder.join(name);
    export::csv(&table, &file, Existing::Replace).unwrap();
    file
}

#[test]
fn the_twenty_columns_are_those_of_pandas() {
    let oracle = oracle();
    let folder = tempfile::tempdir().unwrap();
    let bills = written(folder.path(), "bills.csv", &oracle["bills"]);
    let members = written(folder.path(), "members.csv", &oracle["members"]);
    let orders = orders::load([&bills]).unwrap();
    let members = read::Reader::new()
        .kind("ent", read::Kind::Text)
        .read(&members)
        .unwrap()
        .table;
    let view = SingleView::new()
        .lines(&orders.lines)
        .members(&members, "ent", "sponsor")
        .of(&orders.bills)
        .unwrap();
    let names: Vec<String> = serde_json::from_value(oracle["customer"].clone()).unwrap();
    let ours: Vec<&str> = view
        .column("customer")
        .unwrap()
        .str()
        .unwrap()
        .iter()
        .flatten()
        .collect();
    assert_eq!(ours, names);
    let columns = oracle["view"].as_object().unwrap();
    assert_eq!(columns.len(), 20 + 1, "twenty, and the recency");
    assert_eq!(view.width(), columns.len() + 1);
    for (name, theirs) in columns {
        let theirs: Vec<Option<f64>> = serde_json::from_value(theirs.clone()).unwrap();
        let column = view.column(name).unwrap().to_physical_repr();
        let ours = column.cast(&DataType::Float64).unwrap();
        for (row, (ours, theirs)) in ours.f64().unwrap().iter().zip(theirs).enumerate() {
            match (ours, theirs) {
                (Some(ours), Some(theirs)) => {
                    assert!(
                        (ours - theirs).abs() <= 1e-9 * theirs.abs().max(1.0),
                        "{name}, {row}: {ours} {theirs}"
                    )
                }
                (ours, theirs) => assert_eq!(ours, theirs, "{name}, {row}"),
            }
        }
    }
}

#[test]
fn prices_by_least_squares_are_those_of_numpy() {
    let oracle = oracle();
    let folder = tempfile::tempdir().unwrap();
    let orders = orders::load([written(folder.path(), "bills.csv", &oracle["bills"])]).unwrap();
    let prices = orders::prices(&orders.bills, &orders.lines).unwrap();
    let fitted = prices.column("fitted").unwrap().f64().unwrap();
    let theirs = oracle["fitted"].as_object().unwrap();
    let mut compared = 0;
    for (name, ours) in prices
        .column("product")
        .unwrap()
        .str()
        .unwrap()
        .iter()
        .zip(fitted.iter())
    {
        if let Some(theirs) = theirs.get(name.unwrap()) {
            let (ours, theirs) = (ours.unwrap(), theirs.as_f64().unwrap());
            assert!(
                (ours / theirs - 1.0).abs() < 1e-8,
                "{name:?}: {ours} {theirs}"
            );
            compared += 1;
        }
    }
    assert_eq!(compared, theirs.len());
}

/// Three visits of Ann, one of Bob.
fn bills() -> DataFrame {
    let table = df!(
        "bill" => [0u32, 1, 2, 3],
        "customer" => ["Ann", "Bob", "Ann", "Ann"],
        "day" => ["2022-01-10", "2022-02-01", "2022-05-01", "2022-08-03"],
        "amount" => [10.0, 99.0, 20.0, 60.0],
    )
    .unwrap();
    let time = col("day")
        .cast(DataType::Date)
        .cast(DataType::Datetime(TimeUnit::Milliseconds, None));
    let days = [19_002i32, 19_024, 19_113, 19_207];
    table
        .lazy()
        .with_column(lit(Series::new("day".into(), days)))
        .with_column(time.alias("time"))
        .collect()
        .unwrap()
}

#[test]
fn a_half_year_has_its_own_bills_and_its_own_day() {
    let half = SingleView::new()
        .between("2022-01-01", "2022-07-01")
        .of(&bills())
        .unwrap();
    assert_eq!(half.height(), 2);
    assert_eq!(table::number(&half, "visits", 0).unwrap(), 2.0);
    assert_eq!(table::number(&half, "amount", 0).unwrap(), 30.0);
    // From 1 May to 1 July.
    assert_eq!(table::number(&half, "recency", 0).unwrap(), 61.0);
    let all = SingleView::new().of(&bills()).unwrap();
    assert_eq!(table::number(&all, "recency", 0).unwrap(), 1.0);
    assert!(
        SingleView::new()
            .between("2022-07-01", "2022-01-01")
            .of(&bills())
            .is_err()
    );
    assert!(
        SingleView::new()
            .between("July", "2022-01-01")
            .of(&bills())
            .is_err()
    );
    let none = SingleView::new()
        .between("2019-01-01", "2020-01-01")
        .of(&bills())
        .unwrap_err();
    assert!(
        none.to_string()
            .contains("from 2019-01-01 and before 2020-01-01: 0"),
        "{none}"
    );
}

#[test]
fn what_was_published_is_shown_under_its_own_name() {
    let view = SingleView::new().published().of(&bills()).unwrap();
    let number = |name: &str, row: usize| table::number(&view, name, row).unwrap();
    assert_eq!(number("ARPU", 0), number("order_size", 0));
    // From 10 January to 3 August there are 205 days: twice they stayed away, which makes 102.5.
    assert_eq!(
        (number("MTBP", 0), number("time_between", 0)),
        (205.0 / 3.0, 102.5)
    );
    // Bob, who came once and never again, is worth more than Ann.
    assert!(number("CLTV", 1) > number("CLTV", 0));
    assert!(
        SingleView::new()
            .of(&bills())
            .unwrap()
            .column("CLTV")
            .is_err()
    );
}

#[test]
fn segments_are_found_in_a_view_as_in_any_table() {
    let shop = simulate::Shop::new()
        .customers(800)
        .seed(2)
        .defects(false)
        .generate()
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bills.csv");
    export::csv(&shop.bills, &file, Existing::Keep).unwrap();
    let orders = orders::load([&file]).unwrap();
    let view = SingleView::new().of(&orders.bills).unwrap();
    let recipe = Recipe::new(["recency", "visits", "visit_period"])
        .log("visits")
        .standardise(Columns::All);
    let segments = Segments::fit(&view, &recipe, &KMeans::params(3)).unwrap();
    let named = segments.assign(&view).unwrap();
    assert_eq!(named.height(), view.height());
    let roles = Roles::propose(&view).unwrap();
    assert_eq!(roles.column(Role::Name), Some("customer"));
    assert_eq!(roles.column(Role::Spend), Some("amount"));
    assert_eq!(roles.column(Role::Recency), Some("recency"));
    assert_eq!(roles.column(Role::Frequency), Some("visits"));
}

#[test]
fn by_the_published_rules_nobody_is_new() {
    // Each of the 125 sets of scores once.
    let each = || (0..125u32).map(|set| (set / 25 + 1, set / 5 % 5 + 1, set % 5 + 1));
    let scores = df!(
        "customer" => (0..125u32).map(|set| set.to_string()).collect::<Vec<_>>(),
        "r" => each().map(|set| set.0).collect::<Vec<_>>(),
        "f" => each().map(|set| set.1).collect::<Vec<_>>(),
        "m" => each().map(|set| set.2).collect::<Vec<_>>(),
    )
    .unwrap();
    let rules = rfm::rules().unwrap();
    let empty = |rules: &DataFrame| -> Vec<String> {
        let called = rfm::segments(&scores, rules).unwrap();
        let called: Vec<&str> = called
            .column("segment")
            .unwrap()
            .str()
            .unwrap()
            .iter()
            .flatten()
            .collect();
        let names = rules.column("segment").unwrap().str().unwrap();
        let nobody = names.iter().flatten().filter(|name| !called.contains(name));
        nobody.map(str::to_owned).collect()
    };
    assert_eq!(
        empty(&rules),
        ["New Customers", "Promising", "Can't Lose Them", "Lost"]
    );
    let narrowest = rules
        .sort(
            ["cells"],
            SortMultipleOptions::new().with_maintain_order(true),
        )
        .unwrap();
    assert_eq!(empty(&narrowest), ["Lost"]);
}
