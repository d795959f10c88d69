//! What a user relies on when a customer file is loaded.

use std::fs;
use std::path::PathBuf;

use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::test_runner::Config;
use segmenta::campaign::{Loader, Money};
use segmenta::prelude::*;

/// A file that is removed when the test ends.
struct TempFile(PathBuf);

impl TempFile {
    fn new(contents: impl AsRef<[u8]>) -> Self {
        static NEXT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let name = format!("segmenta-test-{}-{number}.csv", std::process::id());
        let file = TempFile(std::env::temp_dir().join(name));
        fs::write(&file.0, contents).unwrap();
        file
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn simulated(rows: usize, seed: u64) -> DataFrame {
    simulate::Campaign::new()
        .rows(rows)
        .seed(seed)
        .generate()
        .unwrap()
        .customers
}

/// A small table as text, to be spoilt: comma, Kaggle's words, money in thousands.
fn text(rows: usize) -> String {
    let file = TempFile::new("");
    let shape = simulate::Shape {
        separator: b',',
        ..simulate::Shape::kaggle()
    };
    shape.write(&simulated(rows, 5), &file.0).unwrap();
    fs::read_to_string(&file.0).unwrap()
}

/// The text with one value replaced; rows count from 1 below the header.
fn with_value(text: &str, row: usize, column: &str, value: &str) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let place = lines[0].split(',').position(|name| name == column).unwrap();
    let mut values: Vec<&str> = lines[row].split(',').collect();
    values[place] = value;
    lines[row] = values.join(",");
    lines.join("\n")
}

fn shapes() -> impl Strategy<Value = simulate::Shape> {
    let formats = prop_oneof![
        proptest::strategy::Just(DateFormat::DayFirst),
        proptest::strategy::Just(DateFormat::MonthFirst),
        proptest::strategy::Just(DateFormat::YearFirst),
        proptest::strategy::Just(DateFormat::ExcelSerial),
    ];
    (any::<[bool; 9]>(), 0..4usize, formats, 0..3usize).prop_map(
        |(yes, separator, dates, between)| simulate::Shape {
            separator: b",;\t|"[separator],
            quotes: yes[0],
            bom: yes[1],
            crlf: yes[2],
            index: yes[3],
            z_columns: yes[4],
            wines: yes[5],
            indonesian: yes[6],
            full_money: yes[7],
            dates,
            date_separator: ['-', '/', '.'][between],
            padded: yes[8],
        },
    )
}

proptest! {
    #![proptest_config(Config::with_cases(64))]

    #[test]
    fn any_public_shape_gives_the_same_table(shape in shapes(), seed in 0..1000u64) {
        let customers = simulated(60, seed);
        let file = TempFile::new("");
        shape.write(&customers, &file.0).unwrap();
        let loaded = campaign::load(&file.0).unwrap();
        prop_assert!(loaded.customers.equals_missing(&customers));
        prop_assert_eq!(loaded.rejects.height(), 0);
    }

    #[test]
    fn random_bytes_are_an_error_and_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let file = TempFile::new(bytes);
        prop_assert!(campaign::load(&file.0).is_err());
        prop_assert!(Loader::new().reject_bad_rows().load(&file.0).is_err());
    }

    #[test]
    fn a_spoilt_file_loads_or_fails_and_its_rows_add_up(
        spoilt in proptest::collection::vec((0..4000usize, any::<u8>()), 1..40),
    ) {
        let mut bytes = text(30).into_bytes();
        for (at, byte) in spoilt {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        let file = TempFile::new(bytes);
        let _ = campaign::load(&file.0);
        if let Ok(loaded) = Loader::new().reject_bad_rows().load(&file.0) {
            let count = |column: &str| {
                loaded.glance.column(column).unwrap().u64().unwrap().get(0).unwrap()
            };
            prop_assert_eq!(count("rows_read"), count("rows_kept") + count("rows_rejected"));
            prop_assert_eq!(count("rows_kept") as usize, loaded.customers.height());
            let bad = loaded.rejects.column("row").unwrap().n_unique().unwrap();
            prop_assert_eq!(count("rows_rejected") as usize, bad);
        }
    }
}

#[test]
fn an_error_names_file_row_column_value_and_what_was_expected() {
    let file = TempFile::new(with_value(&text(30), 3, "Recency", "many"));
    let error = campaign::load(&file.0).unwrap_err().to_string();
    // The header is row 1, so the third customer stands in row 4.
    assert!(error.contains(&file.0.display().to_string()), "{error}");
    assert!(
        error.contains("row 4, column Recency: \"many\", expected a whole number, 0 or more"),
        "{error}"
    );
}

#[test]
fn an_error_lists_the_first_problems_and_counts_the_rest() {
    let mut spoilt = text(30);
    for row in 1..=12 {
        spoilt = with_value(&spoilt, row, "Response", "7");
    }
    let error = campaign::load(&TempFile::new(spoilt).0).unwrap_err();
    let Error::BadValues {
        problems, total, ..
    } = &error
    else {
        panic!("{error}")
    };
    assert_eq!((problems.len(), *total), (10, 12));
    assert!(error.to_string().ends_with("and 2 more"), "{error}");
}

#[test]
fn rejected_rows_are_listed_with_the_reason() {
    let spoilt = with_value(&text(30), 2, "Education", "Kindergarten");
    let mut lines: Vec<&str> = spoilt.lines().collect();
    lines[5] = "1,2,3";
    let file = TempFile::new(lines.join("\n"));
    let loaded = Loader::new().reject_bad_rows().load(&file.0).unwrap();
    assert_eq!(loaded.customers.height(), 28);
    let rejects = loaded.rejects;
    let rows: Vec<u64> = rejects
        .column("row")
        .unwrap()
        .u64()
        .unwrap()
        .into_no_null_iter()
        .collect();
    assert_eq!(rows, [3, 6]);
    let expected = rejects.column("expected").unwrap().str().unwrap().clone();
    assert_eq!(
        expected.get(0),
        Some("one of Basic, 2n Cycle, Graduation, Master, PhD")
    );
    assert!(
        expected.get(1).unwrap().ends_with("found 3"),
        "{expected:?}"
    );
}

#[test]
fn an_empty_cell_is_a_null_but_a_customer_without_a_number_is_not() {
    let spoilt = with_value(&text(30), 1, "Recency", "");
    let loaded = campaign::load(&TempFile::new(&spoilt).0).unwrap();
    assert_eq!(loaded.customers.column("Recency").unwrap().null_count(), 1);
    let error = campaign::load(&TempFile::new(with_value(&spoilt, 2, "ID", "")).0).unwrap_err();
    assert!(error.to_string().contains("row 3, column ID"), "{error}");
}

fn with_dates(dates: &[&str]) -> TempFile {
    let mut spoilt = text(dates.len());
    for (row, date) in dates.iter().enumerate() {
        spoilt = with_value(&spoilt, row + 1, "Dt_Customer", date);
    }
    TempFile::new(spoilt)
}

fn first_date(loaded: &DataFrame) -> String {
    loaded
        .column("Dt_Customer")
        .unwrap()
        .get(0)
        .unwrap()
        .to_string()
}

#[test]
fn dates_that_can_be_read_two_ways_are_an_error_until_one_says_which() {
    let file = with_dates(&["04-09-2012", "01-02-2013", "11-12-2013"]);
    let error = campaign::load(&file.0).unwrap_err();
    assert!(matches!(error, Error::DateFormat { .. }), "{error}");
    assert!(
        error.to_string().contains("Say which with .date_format"),
        "{error}"
    );
    let day_first = Loader::new()
        .date_format(DateFormat::DayFirst)
        .load(&file.0)
        .unwrap();
    assert_eq!(first_date(&day_first.customers), "2012-09-04");
    let month_first = Loader::new()
        .date_format(DateFormat::MonthFirst)
        .load(&file.0)
        .unwrap();
    assert_eq!(first_date(&month_first.customers), "2012-04-09");
}

#[test]
fn one_day_above_twelve_decides_for_the_whole_column() {
    let file = with_dates(&["04-09-2012", "01-02-2013", "13-12-2013"]);
    assert_eq!(
        first_date(&campaign::load(&file.0).unwrap().customers),
        "2012-09-04"
    );
    let file = with_dates(&["04/09/2012", "1/2/2013", "12/13/2013"]);
    assert_eq!(
        first_date(&campaign::load(&file.0).unwrap().customers),
        "2012-04-09"
    );
}

#[test]
fn dates_written_in_two_ways_are_an_error() {
    for dates in [
        ["13-09-2012", "09-13-2012"],
        ["2012-09-13", "13-09-2012"],
        ["41156", "13-09-2012"],
    ] {
        let error = campaign::load(&with_dates(&dates).0).unwrap_err();
        assert!(error.to_string().contains("more than one way"), "{error}");
    }
}

#[test]
fn a_text_that_is_no_date_does_not_hide_the_format() {
    let file = with_dates(&["04-09-2012", "soon", "13-12-2013"]);
    let error = campaign::load(&file.0).unwrap_err().to_string();
    assert!(
        error.contains("row 3, column Dt_Customer: \"soon\", expected a date written dd-mm-yyyy"),
        "{error}"
    );
}

#[test]
fn own_column_names_are_mapped_and_missing_ones_named() {
    let own = text(30)
        .replacen("Income", "salary", 1)
        .replacen("Complain", "angry", 1);
    let file = TempFile::new(own);
    let error = campaign::load(&file.0).unwrap_err().to_string();
    assert!(error.contains("no column for Income, Complain"), "{error}");
    let loaded = Loader::new()
        .rename("salary", "Income")
        .without("Complain")
        .load(&file.0)
        .unwrap();
    assert_eq!(
        loaded.customers.column("Complain").unwrap().null_count(),
        30
    );
    let left_out = loaded
        .columns
        .lazy()
        .filter(col("in_file").eq(lit("angry")))
        .collect()
        .unwrap();
    let why = left_out.column("why").unwrap().str().unwrap().clone();
    assert!(why.get(0).unwrap().starts_with("left out: "), "{why:?}");
    let error = Loader::new()
        .rename("salary", "Wage")
        .load(&file.0)
        .unwrap_err();
    assert!(matches!(error, Error::Parameter { .. }), "{error}");
}

#[test]
fn two_columns_for_one_thing_are_an_error() {
    let file = TempFile::new(text(30).replacen("MntFruits", "MntCoke", 1));
    let error = campaign::load(&file.0).unwrap_err().to_string();
    assert!(
        error.contains("\"MntWines\" and \"MntCoke\" both stand for MntCoke"),
        "{error}"
    );
}

#[test]
fn money_that_may_be_in_full_or_in_thousands_is_an_error() {
    let mut spoilt = text(2);
    let header = spoilt.lines().next().unwrap().to_owned();
    for column in header
        .split(',')
        .filter(|name| name.starts_with("Mnt") || *name == "Income")
    {
        for row in 1..=2 {
            spoilt = with_value(&spoilt, row, column, "5000");
        }
    }
    let file = TempFile::new(spoilt);
    let error = campaign::load(&file.0).unwrap_err().to_string();
    assert!(error.contains("in full or in thousands"), "{error}");
    let income = |money| {
        let loaded = Loader::new().money(money).load(&file.0).unwrap().customers;
        loaded.column("Income").unwrap().f64().unwrap().get(0)
    };
    assert_eq!(income(Money::Full), Some(5_000.0));
    assert_eq!(income(Money::Thousands), Some(5_000_000.0));
}

#[test]
fn files_that_hold_no_table_are_errors() {
    for (contents, says) in [
        ("".as_bytes(), "is empty"),
        (" \r\n\r\n".as_bytes(), "is empty"),
        (b"\xFF\xFEI\0D\0", "UTF-16"),
        (b"\xC3\x28,b\n1,2\n", "not UTF-8"),
        ("a,b\n1,2\n".as_bytes(), "no column for ID"),
    ] {
        let error = campaign::load(&TempFile::new(contents).0)
            .unwrap_err()
            .to_string();
        assert!(error.contains(says), "{error}");
    }
    let header = text(1).lines().next().unwrap().to_owned();
    let error = campaign::load(&TempFile::new(header).0)
        .unwrap_err()
        .to_string();
    assert!(error.contains("a header and no row"), "{error}");
}

/// The real table, where its folder is given.
fn real() -> Option<campaign::Loaded> {
    let Some(folder) = std::env::var_os("SEGMENTA_REAL_DATA") else {
        println!("skipped: SEGMENTA_REAL_DATA does not name the folder with the real table");
        return None;
    };
    Some(campaign::load(PathBuf::from(folder).join("marketing_campaign_data.csv")).unwrap())
}

#[test]
fn the_real_table_is_read_as_published() {
    let Some(loaded) = real() else { return };
    let customers = loaded.customers;
    assert_eq!(customers.height(), 2240);
    assert_eq!(loaded.columns.height(), 30);
    assert_eq!(
        loaded.glance.column("dates").unwrap().str().unwrap().get(0),
        Some("dd-mm-yyyy")
    );

    let count = |rule: Expr| {
        let hits = customers.clone().lazy().filter(rule).collect().unwrap();
        hits.height()
    };
    assert_eq!(count(col("Income").is_null()), 24);
    assert_eq!(
        customers
            .columns()
            .iter()
            .map(|c| c.null_count())
            .sum::<usize>(),
        24
    );
    assert_eq!(
        customers.column("Dt_Customer").unwrap().n_unique().unwrap(),
        663
    );
    let (day, month) = (
        col("Dt_Customer").dt().day(),
        col("Dt_Customer").dt().month(),
    );
    assert_eq!(count(day.clone().lt_eq(lit(12)).and(day.neq(month))), 842);
    assert_eq!(count(col("NumWebVisitsMonth").eq(lit(0))), 11);

    let income = customers.column("Income").unwrap().f64().unwrap().clone();
    assert_eq!(income.median(), Some(51_381_500.0));
    assert_eq!(income.max(), Some(666_666_000.0));
    let dates = customers.column("Dt_Customer").unwrap();
    let days = |value: Scalar| value.value().to_string();
    assert_eq!(days(dates.min_reduce().unwrap()), "2012-07-30");
    assert_eq!(days(dates.max_reduce().unwrap()), "2014-06-29");
}

#[test]
fn the_real_table_has_the_published_faults() {
    let Some(loaded) = real() else { return };
    let customers = loaded.customers;

    let duplicates = quality::duplicates(&customers, ["ID"]).unwrap();
    let counts: Vec<u64> = duplicates
        .column("duplicates")
        .unwrap()
        .u64()
        .unwrap()
        .into_no_null_iter()
        .collect();
    assert_eq!(counts, [0, 183]);

    let iqr = quality::outliers(&customers)
        .unwrap()
        .lazy()
        .filter(
            col("column")
                .eq(lit("Income"))
                .and(col("rule").eq(lit("iqr"))),
        )
        .collect()
        .unwrap();
    assert_eq!(
        iqr.column("upper").unwrap().f64().unwrap().get(0),
        Some(118_350_500.0)
    );
    assert_eq!(iqr.column("above").unwrap().u64().unwrap().get(0), Some(8));

    let impossible = quality::impossible(&customers).unwrap();
    let broken: Vec<u64> = impossible
        .column("rows")
        .unwrap()
        .u64()
        .unwrap()
        .into_no_null_iter()
        .collect();
    // Births 1893, 1899 and 1900; 666,666,000; four customers who spent without a purchase.
    assert_eq!((broken[0], broken[1], broken[3]), (3, 1, 4));

    let constants: Vec<_> = loaded
        .columns
        .column("why")
        .unwrap()
        .str()
        .unwrap()
        .iter()
        .flatten()
        .filter(|why| why.ends_with("in every row"))
        .map(str::to_owned)
        .collect();
    assert_eq!(
        constants,
        ["left out: 3 in every row", "left out: 11 in every row"]
    );
}
