//! What a user relies on when a customer file is loaded.

use std::fs;
use std::path::PathBuf;

use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::test_runner::Config;
use segmenta::data::campaign::{Loader, Money};
use segmenta::data::read::Decimal;
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
            let rows = loaded.rejects.lazy().filter(col("left_out").eq(lit("row"))).collect().unwrap();
            let bad = rows.column("row").unwrap().n_unique().unwrap();
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
    let spoilt = with_value(&text(30), 2, "Complain", "loudly");
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
    assert_eq!(expected.get(0), Some("0 or 1, or yes or no"));
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
fn one_spelling_in_two_orders_is_an_error() {
    let error = campaign::load(&with_dates(&["13-09-2012", "09-13-2012"]).0).unwrap_err();
    assert!(error.to_string().contains("more than one way"), "{error}");
}

/// A spreadsheet turns those dates that it takes for its own, and leaves the others: what month-first
/// alone could read would be wrong for all that it left.
#[test]
fn each_spelling_of_a_column_has_its_own_order_and_both_are_told() {
    let dates = ["6/27/2013", "02-05-2013", "8/14/2012", "03-04-2014"];
    let file = with_dates(&dates);
    let error = campaign::load(&file.0).unwrap_err().to_string();
    assert!(error.contains("2 mm/dd/yyyy"), "{error}");
    assert!(
        error.contains("of 2 such as \"02-05-2013\" every day is 12 or less"),
        "{error}"
    );
    let read = |format| {
        let loaded = Loader::new().date_format(format).load(&file.0).unwrap();
        let dates = loaded.customers.column("Dt_Customer").unwrap().clone();
        let days: Vec<String> = (0..4)
            .map(|row| dates.get(row).unwrap().to_string())
            .collect();
        (days, told(&loaded, "dates"))
    };
    let (days, said) = read(DateFormat::DayFirst);
    assert_eq!(
        days,
        ["2013-06-27", "2013-05-02", "2012-08-14", "2014-04-03"]
    );
    assert_eq!(said.unwrap(), "2 dd-mm-yyyy, 2 mm/dd/yyyy");
    assert_eq!(read(DateFormat::MonthFirst).0[1], "2013-02-05");

    let file = with_dates(&["6/27/2013", "13-05-2013", "41156"]);
    let loaded = campaign::load(&file.0).unwrap();
    assert_eq!(first_date(&loaded.customers), "2013-06-27");
    let said = told(&loaded, "dates").unwrap();
    assert!(
        said.contains("1 dd-mm-yyyy") && said.contains("1 mm/dd/yyyy"),
        "{said}"
    );
}

#[test]
fn years_of_two_digits_month_names_and_times_are_read_and_decide() {
    for (dates, day) in [
        (["27-06-13", "02-05-13", "04-09-12"], "2013-06-27"),
        (["27-Jun-13", "2-May-13", "4-Sep-12"], "2013-06-27"),
        (["June 27 2013", "May 2 2013", "Sep 4 2012"], "2013-06-27"),
        (
            [
                "2013-06-27 13:45:07",
                "2013-05-02 00:00:00",
                "2012-09-04 08:01:00",
            ],
            "2013-06-27",
        ),
        (
            [
                "2013-06-27T00:00:00Z",
                "2013-05-02T00:00:00Z",
                "2012-09-04T23:59:59+07:00",
            ],
            "2013-06-27",
        ),
    ] {
        let day_first = Loader::new().date_format(DateFormat::DayFirst);
        let loaded = day_first.load(&with_dates(&dates).0).unwrap();
        assert_eq!(first_date(&loaded.customers), day, "{dates:?}");
        let with_time = dates[0].contains("13:45");
        let said = told(&loaded, "dates").unwrap();
        assert_eq!(said.contains("2 with a time of day"), with_time, "{said}");
    }
}

/// Days above 12, but years of two digits, beside days that all are 12 or less: each has its say.
#[test]
fn no_value_is_without_a_say_and_those_that_cannot_be_read_are_named() {
    let file = with_dates(&["27-06-13", "04-09-2012", "02-05-2013", "15-08-14"]);
    let error = campaign::load(&file.0).unwrap_err().to_string();
    // 27 June 2013, or 13 June 2027?
    assert!(
        error.contains("of 2 such as \"27-06-13\" no value tells"),
        "{error}"
    );
    assert!(error.contains("of 2 such as \"04-09-2012\""), "{error}");
    let file = with_dates(&["04-09-2012", "2012 autumn", "02-05-2013"]);
    let error = campaign::load(&file.0).unwrap_err().to_string();
    assert!(
        error.contains("1 cannot be read at all, such as \"2012 autumn\""),
        "{error}"
    );
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
        .clone()
        .lazy()
        .filter(col("in_file").eq(lit("angry")))
        .collect()
        .unwrap();
    let why = left_out.column("why").unwrap().str().unwrap().clone();
    assert_eq!(why.get(0), Some("your own: whole numbers"));
    assert_eq!(loaded.customers.column("angry").unwrap().null_count(), 0);
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

/// What the glance tells of a column of its own.
fn told(loaded: &campaign::Loaded, column: &str) -> Option<String> {
    let words = loaded.glance.column(column).unwrap().str().unwrap();
    words.get(0).map(str::to_owned)
}

/// The text with the same value in a column of each row.
fn with_all(text: &str, column: &str, value: impl Fn(&str) -> String) -> String {
    let place = text
        .lines()
        .next()
        .unwrap()
        .split(',')
        .position(|name| name == column)
        .unwrap();
    let lines = text.lines().enumerate().map(|(row, line)| {
        let mut values: Vec<String> = line.split(',').map(str::to_owned).collect();
        if row > 0 {
            values[place] = value(&values[place]);
        }
        values.join(",")
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_quote_that_is_never_closed_swallows_no_customer() {
    let rows = text(30);
    for (column, rest) in [("Education", ""), ("Response", "")] {
        let spoilt = with_value(&rows, 11, column, "\"open");
        let file = TempFile::new(format!("{spoilt}{rest}"));
        for loader in [Loader::new(), Loader::new().reject_bad_rows()] {
            let error = loader.load(&file.0).unwrap_err().to_string();
            assert!(error.contains("opens in row 12 is never closed"), "{error}");
        }
    }
    // Closed by a quote in the same column of a later row.
    let spoilt = with_value(
        &with_value(&rows, 3, "Education", "\"a"),
        9,
        "Education",
        "b\"",
    );
    let error = campaign::load(&TempFile::new(spoilt).0)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("opens in row 4 is closed in row 10 only"),
        "{error}"
    );
    // A text of several lines, and quotes within a value, are no fault.
    let sound = with_value(&rows, 3, "Marital_Status", "\"a, b\nand \"\"c\"\"\"");
    let sound = with_value(
        &sound.replace("\nand", "\u{1}and"),
        5,
        "Education",
        "5\" pipe",
    );
    let loaded = campaign::load(&TempFile::new(sound.replace('\u{1}', "\n")).0).unwrap();
    assert_eq!(loaded.customers.height(), 30);
    assert_eq!(loaded.lines[..4], [2, 3, 4, 6]);
}

#[test]
fn rows_are_counted_as_the_file_has_them() {
    let mut lines: Vec<String> = text(5).lines().map(str::to_owned).collect();
    lines.insert(1, String::new());
    lines.insert(4, String::new());
    for end in ["\n", "\r\n"] {
        let spoilt = lines.join(end);
        let file = TempFile::new(&spoilt);
        assert_eq!(campaign::load(&file.0).unwrap().lines, [3, 4, 6, 7, 8]);
    }
    let place = lines[0]
        .split(',')
        .position(|name| name == "Recency")
        .unwrap();
    let mut values: Vec<&str> = lines[5].split(',').collect();
    values[place] = "many";
    lines[5] = values.join(",");
    let error = campaign::load(&TempFile::new(lines.join("\n")).0).unwrap_err();
    assert!(
        error.to_string().contains("row 6, column Recency"),
        "{error}"
    );
}

#[test]
fn a_customer_number_is_a_name_and_keeps_its_zeros_and_letters() {
    let mut named = text(3);
    for (row, name) in ["007", "C10001", "1e5"].into_iter().enumerate() {
        named = with_value(&named, row + 1, "ID", name);
    }
    let loaded = campaign::load(&TempFile::new(named).0).unwrap();
    let ids: Vec<_> = loaded
        .customers
        .column("ID")
        .unwrap()
        .str()
        .unwrap()
        .iter()
        .collect();
    assert_eq!(ids, [Some("007"), Some("C10001"), Some("1e5")]);
    // Without it, nobody looks at it.
    let open = with_value(&text(3), 2, "ID", "");
    let loaded = Loader::new()
        .without("ID")
        .load(&TempFile::new(open).0)
        .unwrap();
    assert_eq!(loaded.customers.column("ID").unwrap().null_count(), 3);
}

#[test]
fn to_do_without_a_column_that_is_nowhere_is_a_slip() {
    let file = TempFile::new(text(3));
    let error = Loader::new().without("Incme").load(&file.0).unwrap_err();
    assert!(
        error.to_string().contains("without is \"Incme\""),
        "{error}"
    );
}

#[test]
fn words_that_are_not_known_stay_and_are_told() {
    let mut own = text(4);
    for (row, word) in ["Couple", "Couple", "YOLO", "married"]
        .into_iter()
        .enumerate()
    {
        own = with_value(&own, row + 1, "Marital_Status", word);
    }
    let loaded = campaign::load(&TempFile::new(own).0).unwrap();
    let words = loaded
        .customers
        .column("Marital_Status")
        .unwrap()
        .str()
        .unwrap()
        .clone();
    let words: Vec<_> = words.iter().flatten().collect();
    assert_eq!(words, ["Couple", "Couple", "Single", "Married"]);
    let kept = loaded.recoded.clone().lazy();
    let kept = kept
        .filter(col("why").eq(lit("not a known word: kept as it is")))
        .collect()
        .unwrap();
    assert_eq!(
        kept.column("in_file").unwrap().str().unwrap().get(0),
        Some("Couple")
    );
    assert_eq!(kept.column("rows").unwrap().u64().unwrap().get(0), Some(2));
}

#[test]
fn columns_of_ones_own_travel_along() {
    let own = text(4);
    let more = [
        "Email,Points,Share,Code",
        "a@x,10,0.5,007",
        "b@x,,1.25,008",
        "c@x,30,2,009",
        "d@x,4,NA,1",
    ];
    let lines = own
        .lines()
        .zip(more)
        .map(|(line, more)| format!("{line},{more}"));
    let loaded = campaign::load(&TempFile::new(lines.collect::<Vec<_>>().join("\n")).0).unwrap();
    assert_eq!(loaded.customers.width(), campaign::columns().len() + 4);
    let column = |name: &str| loaded.customers.column(name).unwrap().clone();
    assert_eq!(
        column("Points").i64().unwrap().to_vec(),
        [Some(10), None, Some(30), Some(4)]
    );
    assert_eq!(
        column("Share").f64().unwrap().to_vec(),
        [Some(0.5), Some(1.25), Some(2.0), None]
    );
    assert_eq!(column("Code").str().unwrap().get(0), Some("007"));
    let twice = text(2)
        .lines()
        .map(|line| format!("{line},x,y"))
        .collect::<Vec<_>>()
        .join("\n");
    let twice = twice.replacen(",x,y", ",note,note", 1);
    let error = campaign::load(&TempFile::new(twice).0)
        .unwrap_err()
        .to_string();
    assert!(error.contains("two columns are called \"note\""), "{error}");
}

#[test]
fn columns_that_are_not_needed_decide_nothing() {
    let spoilt = with_value(
        &with_value(&text(5), 2, "Recency", "many"),
        4,
        "Dt_Customer",
        "soon",
    );
    let spoilt = spoilt.replacen("Complain", "complaints", 1);
    let file = TempFile::new(spoilt);
    let loaded = Loader::new().needs(["Income"]).load(&file.0).unwrap();
    assert_eq!(loaded.customers.height(), 5);
    assert_eq!(loaded.customers.column("Recency").unwrap().null_count(), 1);
    assert_eq!(loaded.customers.column("Complain").unwrap().null_count(), 5);
    let left_out = loaded
        .rejects
        .column("left_out")
        .unwrap()
        .str()
        .unwrap()
        .clone();
    assert_eq!(
        left_out.iter().collect::<Vec<_>>(),
        [Some("value"), Some("value")]
    );
    let error = Loader::new().needs(["Recency"]).load(&file.0).unwrap_err();
    assert!(
        error.to_string().contains("row 3, column Recency"),
        "{error}"
    );
}

/// Semicolons between values, so that a comma can be a decimal sign.
fn with_amounts(amounts: &[&str]) -> TempFile {
    let mut own = text(amounts.len()).replace(',', ";");
    let place = own
        .lines()
        .next()
        .unwrap()
        .split(';')
        .position(|n| n == "MntFruits")
        .unwrap();
    let mut lines: Vec<String> = own.lines().map(str::to_owned).collect();
    for (row, amount) in amounts.iter().enumerate() {
        let mut values: Vec<&str> = lines[row + 1].split(';').collect();
        values[place] = amount;
        lines[row + 1] = values.join(";");
    }
    own = lines.join("\n");
    TempFile::new(own)
}

#[test]
fn a_mark_that_may_stand_for_thousands_or_decimals_is_asked_for() {
    let fruits = |loader: &Loader, amounts: &[&str]| {
        let loaded = loader
            .clone()
            .money(Money::Full)
            .load(&with_amounts(amounts).0)?;
        let column = loaded.customers.column("MntFruits")?.f64()?.to_vec();
        Ok::<Vec<f64>, Error>(column.into_iter().flatten().collect())
    };
    let (ask, comma) = (Loader::new(), Loader::new().decimal(Decimal::Comma));
    let point = Loader::new().decimal(Decimal::Point);
    for open in [["71.697", "5.120"], ["71,697", "5"]] {
        let error = fruits(&ask, &open).unwrap_err().to_string();
        assert!(
            error.contains(open[0]) && error.contains("Decimal::Comma"),
            "{error}"
        );
    }
    assert_eq!(
        fruits(&comma, &["71.697", "5.120"]).unwrap(),
        [71_697.0, 5_120.0]
    );
    assert_eq!(
        fruits(&point, &["71.697", "5.120"]).unwrap(),
        [71.697, 5.12]
    );
    assert_eq!(fruits(&point, &["71,697", "5"]).unwrap(), [71_697.0, 5.0]);
    // One value that can be read in one way only decides for all.
    assert_eq!(fruits(&ask, &["71.697", "5,5"]).unwrap(), [71_697.0, 5.5]);
    assert_eq!(
        fruits(&ask, &["1.234,50", "1.000"]).unwrap(),
        [1_234.5, 1_000.0]
    );
    assert_eq!(fruits(&ask, &["1 234,50", "2"]).unwrap(), [1_234.5, 2.0]);
    assert_eq!(
        fruits(&ask, &["1.234.567", "2"]).unwrap(),
        [1_234_567.0, 2.0]
    );
    assert_eq!(fruits(&ask, &["71.697", "0.5"]).unwrap(), [71.697, 0.5]);
    let error = fruits(&ask, &["0,5", "0.5"]).unwrap_err().to_string();
    assert!(error.contains("written in two ways"), "{error}");
}

#[test]
fn the_unit_of_money_is_shown_by_each_income_or_asked_for() {
    let unit = |text: &str| campaign::load(&TempFile::new(text).0);
    let rows = text(20);
    let header = rows.lines().next().unwrap();
    let whole = unit(&rows).unwrap();
    assert_eq!(
        told(&whole, "money").unwrap(),
        "in thousands, times 1000: every Income is below 700,000"
    );
    // What is decided for a file is decided for each row of it.
    for row in rows.lines().skip(1).filter(|row| !row.contains(",,")) {
        let one = TempFile::new(format!("{header}\n{row}"));
        let one = Loader::new()
            .date_format(DateFormat::DayFirst)
            .load(&one.0)
            .unwrap();
        assert_eq!(one.reading.money(), Some(Money::Thousands));
    }
    let full = with_all(&rows, "Income", |x| {
        if x.is_empty() {
            x.into()
        } else {
            format!("{x}000")
        }
    });
    assert_eq!(unit(&full).unwrap().reading.money(), Some(Money::Full));
    for open in [
        with_all(&rows, "Income", |_| String::new()),
        with_value(&rows, 3, "Income", "900000"),
        with_value(&full, 3, "Income", "5000"),
    ] {
        let error = unit(&open).unwrap_err().to_string();
        assert!(error.contains("in full or in thousands"), "{error}");
    }
    let without = rows.replacen("Income", "my own", 1);
    let file = TempFile::new(without);
    let error = Loader::new()
        .without("Income")
        .load(&file.0)
        .unwrap_err()
        .to_string();
    assert!(error.contains("no value of Income shows which"), "{error}");
}

#[test]
fn a_file_is_read_as_an_earlier_one_and_what_contradicts_it_is_refused() {
    let rows = text(20);
    let earlier = campaign::load(&TempFile::new(&rows).0).unwrap().reading;
    let full = with_all(&rows, "Income", |x| {
        if x.is_empty() {
            x.into()
        } else {
            format!("{x}000")
        }
    });
    let full = TempFile::new(full);
    let error = Loader::new()
        .like(&earlier)
        .load(&full.0)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("in full, those of the earlier file"),
        "{error}"
    );
    let said = Loader::new()
        .like(&earlier)
        .money(Money::Full)
        .load(&full.0)
        .unwrap();
    assert_eq!(said.reading.money(), Some(Money::Full));
    // One customer whose income would not show it.
    let one = with_value(
        &rows.lines().take(2).collect::<Vec<_>>().join("\n"),
        1,
        "Income",
        "900000",
    );
    let one = Loader::new()
        .like(&earlier)
        .load(&TempFile::new(one).0)
        .unwrap()
        .customers;
    assert_eq!(
        one.column("Income").unwrap().f64().unwrap().get(0),
        Some(900_000_000.0)
    );
    // Dates that this file does not decide, and dates that it decides otherwise.
    let open = with_dates(&["04-09-2012", "01-02-2013"]);
    let loaded = Loader::new().like(&earlier).load(&open.0).unwrap();
    assert_eq!(first_date(&loaded.customers), "2012-09-04");
    let other = with_dates(&["04-09-2012", "01-22-2013"]);
    let error = Loader::new()
        .like(&earlier)
        .load(&other.0)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("dates are mm-dd-yyyy here, and were dd-mm-yyyy"),
        "{error}"
    );
    // Names that were given once hold for the next file.
    let own = rows.replacen("ID,", "client,", 1);
    let own = TempFile::new(own);
    let named = Loader::new()
        .rename("client", "ID")
        .load(&own.0)
        .unwrap()
        .reading;
    assert!(Loader::new().like(&named).load(&own.0).is_ok());
}

#[test]
fn where_no_row_fits_the_most_frequent_reason_is_named() {
    let spoilt = with_all(&text(10), "Recency", |_| "many".into());
    let spoilt = with_value(&spoilt, 3, "Complain", "7");
    let file = TempFile::new(spoilt);
    let error = Loader::new()
        .reject_bad_rows()
        .load(&file.0)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("most often (10 rows) in column Recency there is \"many\""),
        "{error}"
    );
}

#[test]
fn a_column_that_is_not_there_is_guessed_at() {
    let clean = Clean::new(&simulated(3, 1)).unwrap();
    let error = clean.drop_nulls(["Incme"]).unwrap_err().to_string();
    assert!(
        error.ends_with("no column Incme; did you mean Income?"),
        "{error}"
    );
    let error = campaign::load(&TempFile::new(text(3).replacen("Response", "Respons", 1)).0);
    let error = error.unwrap_err().to_string();
    assert!(error.contains("perhaps Respons is Response"), "{error}");
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
        (b"\xFF\xFEI\0D\0", "a header and no row"),
        (b"\xC3\xA4\xC3\x28,b\n1,2\n", "not UTF-8"),
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
        assert!(
            std::env::var_os("CI").is_none(),
            "CI needs the real table: SEGMENTA_REAL_DATA names no folder"
        );
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
