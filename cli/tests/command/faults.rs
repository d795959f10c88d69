//! What somebody relies on whose file has the faults of real files: nothing is lost, nothing guessed,
//! and what was decided is told.

use std::fs;
use std::path::{Path, PathBuf};

use crate::program::*;

/// The sample, 200 customers of it, whose amounts may be changed.
fn some(rows: usize) -> Vec<Vec<String>> {
    lines(&sample())
        .iter()
        .take(rows + 1)
        .map(|line| line.split(',').map(str::to_owned).collect())
        .collect()
}

fn place_of(table: &[Vec<String>], column: &str) -> usize {
    table[0].iter().position(|name| name == column).unwrap()
}

fn set(table: &mut [Vec<String>], row: usize, column: &str, value: &str) {
    let place = place_of(table, column);
    table[row][place] = value.to_owned();
}

fn without(table: &[Vec<String>], column: &str) -> Vec<Vec<String>> {
    let place = place_of(table, column);
    let mut table = table.to_vec();
    for row in &mut table {
        row.remove(place);
    }
    table
}

fn text(table: &[Vec<String>]) -> String {
    let lines: Vec<String> = table.iter().map(|row| row.join(",")).collect();
    lines.join("\n")
}

#[test]
fn one_number_on_several_rows_is_told_and_is_an_error_until_a_rule_is_said() {
    let place = Place::new("repeated");
    let mut table = some(200);
    for row in [20, 30, 40] {
        let first = table[10][place_of(&table, "ID")].clone();
        set(&mut table, row, "ID", &first);
    }
    let file = place.file("repeated.csv", &text(&table));
    let told = done(&["quality", &file]).out;
    assert!(
        told.contains("Customers who stand on several rows"),
        "{told}"
    );
    let out = place.path("out");
    let arguments = ["segment", &file, "--k", "2", "--out", &out];
    refused(
        &arguments,
        1,
        &["on rows 11, 21, 31, 41", "--repeated first"],
    );
    for (rule, rows) in [("first", 197), ("last", 197), ("all", 200)] {
        let out = place.path(rule);
        let answer = done(&[
            "segment",
            &file,
            "--k",
            "2",
            "--repeated",
            rule,
            "--out",
            &out,
        ]);
        assert!(
            answer.err.contains("1 customers stand on several rows"),
            "{}",
            answer.err
        );
        let kept = lines(&format!("{out}/customers.csv")).len()
            + lines(&format!("{out}/left_out.csv")).len();
        assert_eq!(kept - 2, rows, "{rule}");
    }
}

#[test]
fn an_unknown_word_rejects_nobody_and_is_told() {
    let place = Place::new("words");
    let mut table = some(200);
    for row in 1..=120 {
        set(
            &mut table,
            row,
            "Marital_Status",
            if row % 2 == 0 { "Couple" } else { "Partner" },
        );
    }
    let file = place.file("words.csv", &text(&table));
    let out = place.path("out");
    let answer = done(&["segment", &file, "--k", "2", "--out", &out]);
    let says =
        "not known, kept as they are: Marital_Status Couple (60), Marital_Status Partner (60)";
    assert!(answer.err.contains(says), "{}", answer.err);
    let status = lines(&format!("{out}/customers.csv"));
    assert!(column(&status, "Marital_Status").contains(&"Couple"));
    done(&["report", &out]);
    let report = fs::read_to_string(format!("{out}/report.html")).unwrap();
    assert!(report.contains("not a known word: kept as it is"));
}

#[test]
fn there_is_no_list_without_names() {
    let place = Place::new("names");
    let file = place.file("names.csv", &text(&without(&some(2_000), "ID")));
    let out = place.path("out");
    done(&["segment", &file, "--k", "2", "--out", &out]);
    refused(
        &["report", &out, "--budget", "100000"],
        1,
        &["--budget", "no ID"],
    );
    assert!(!Path::new(&format!("{out}/targets.csv")).exists());
    done(&["report", &out]);
}

#[test]
fn a_missing_predictor_is_left_out_and_told_and_the_others_go_on() {
    let place = Place::new("predictor");
    let file = place.file("predictor.csv", &text(&without(&some(2_240), "Year_Birth")));
    let out = place.path("out");
    let answer = done(&["segment", &file, "--k", "2", "--out", &out]);
    assert!(
        answer.err.contains("propensity without age_at_joining"),
        "{}",
        answer.err
    );
    let customers = lines(&format!("{out}/customers.csv"));
    assert!(
        column(&customers, "propensity")
            .iter()
            .all(|chance| !chance.is_empty())
    );
}

#[test]
fn the_order_of_the_rows_decides_neither_chances_nor_the_list() {
    let place = Place::new("order");
    let mut lists = Vec::new();
    for (name, reversed) in [("forth", false), ("back", true)] {
        let mut table = some(2_240);
        if reversed {
            table[1..].reverse();
        }
        let file = place.file(&format!("{name}.csv"), &text(&table));
        let out = place.path(name);
        done(&["segment", &file, "--k", "2", "--out", &out]);
        done(&["report", &out, "--budget", "400000"]);
        let customers = lines(&format!("{out}/customers.csv"));
        let mut chances: Vec<(String, String)> = column(&customers, "ID")
            .iter()
            .zip(column(&customers, "propensity"))
            .map(|(id, chance)| ((*id).to_owned(), chance.to_owned()))
            .collect();
        chances.sort();
        let targets = lines(&format!("{out}/targets.csv"));
        let targets: Vec<String> = column(&targets, "ID")
            .iter()
            .map(|id| (*id).to_owned())
            .collect();
        assert!(targets.len() > 20);
        lists.push((chances, targets));
    }
    assert!(lists[0] == lists[1]);
}

#[test]
fn errors_are_in_the_words_of_the_command_and_the_rows_of_the_file() {
    let place = Place::new("wording");
    let mut table = some(50);
    table.insert(5, Vec::new());
    table.insert(5, Vec::new());
    set(&mut table, 12, "Income", "much");
    let file = place.file("blank.csv", &text(&table));
    let out = place.path("out");
    refused(
        &["segment", &file, "--k", "2", "--out", &out],
        1,
        &["row 13, column Income"],
    );
    let says = ["did you mean Income?"];
    let wrong = [
        "segment",
        &sample(),
        "--columns",
        "Incme,spend",
        "--k",
        "2",
        "--out",
        &out,
    ];
    let answer = refused(&wrong, 1, &says);
    for words in ["::", ".rename(", ".without("] {
        assert!(!answer.err.contains(words), "{}", answer.err);
    }
    let bad = place.file("bad.csv", &text(&without(&some(50), "Income")));
    let answer = refused(
        &["segment", &bad, "--k", "2", "--out", &out],
        1,
        &["--without Income"],
    );
    assert!(!answer.err.contains(".without"), "{}", answer.err);
}

#[test]
fn a_unit_that_the_data_cannot_show_is_asked_for_and_told_in_the_report() {
    let place = Place::new("unit");
    let file = place.file("poor.csv", &text(&without(&some(300), "Income")));
    let out = place.path("out");
    let columns = "spend,NumStorePurchases";
    let arguments = [
        "segment",
        &file,
        "--without",
        "Income",
        "--columns",
        columns,
        "--k",
        "2",
        "--out",
        &out,
    ];
    refused(
        &arguments,
        1,
        &["no value of Income shows which", "--money full"],
    );
    done(&[&arguments[..], &["--money", "full"]].concat());
    let spend: f64 = column(&lines(&format!("{out}/customers.csv")), "spend")[0]
        .parse()
        .unwrap();
    assert_eq!(spend, 1_186_000.0);
    done(&["report", &out]);
    let report = fs::read_to_string(format!("{out}/report.html")).unwrap();
    assert!(report.contains("in full, as you said"));
}

#[test]
fn a_model_reads_the_next_file_as_it_was_read_and_refuses_what_contradicts_it() {
    let place = Place::new("like");
    let out = place.path("out");
    done(&["segment", &sample(), "--k", "3", "--out", &out]);
    let model = format!("{out}/segments.json");
    // One customer, whose income alone would not show its unit, and whose day may be a month.
    let mut one = some(1);
    set(&mut one, 1, "Income", "900000");
    set(&mut one, 1, "Dt_Customer", "02-05-2013");
    let file = place.file("one.csv", &text(&one));
    refused(&["quality", &file], 1, &["--dates day-first"]);
    refused(
        &["quality", &file, "--dates", "day-first"],
        1,
        &["--money full"],
    );
    let answer = done(&["assign", &file, "--model", &model]);
    let assigned: Vec<String> = answer.out.lines().map(str::to_owned).collect();
    assert_eq!(column(&assigned, "Income"), ["900000.0"]);
    assert_eq!(column(&assigned, "Dt_Customer"), ["2013-05-02"]);
    done(&["quality", &file, "--like", &model]);
    // A file in thousands is not of this kind, unless one says so.
    let mut thousands = some(20);
    for row in 1..=20 {
        for (place, name) in thousands[0].clone().iter().enumerate() {
            if name == "Income" || name.starts_with("Mnt") {
                let amount = thousands[row][place].clone();
                thousands[row][place] = amount.strip_suffix("000").unwrap_or(&amount).to_owned();
            }
        }
    }
    let file = place.file("thousands.csv", &text(&thousands));
    refused(
        &["assign", &file, "--model", &model],
        1,
        &["those of the earlier file are in full"],
    );
    let answer = done(&["assign", &file, "--model", &model, "--money", "thousands"]);
    let assigned: Vec<String> = answer.out.lines().map(str::to_owned).collect();
    let again = done(&[
        "assign",
        &place.file("full.csv", &text(&some(20))),
        "--model",
        &model,
    ]);
    let again: Vec<String> = again.out.lines().map(str::to_owned).collect();
    assert_eq!(column(&assigned, "segment"), column(&again, "segment"));
}

#[test]
fn assign_needs_no_more_than_the_model_reads() {
    let place = Place::new("few");
    let out = place.path("out");
    let columns = "Income,NumStorePurchases";
    done(&[
        "segment",
        &sample(),
        "--columns",
        columns,
        "--k",
        "3",
        "--out",
        &out,
    ]);
    let table: Vec<Vec<String>> = some(5)
        .iter()
        .map(|row| {
            let names = ["ID", "Income", "NumStorePurchases"];
            let all = some(0);
            names
                .iter()
                .map(|name| row[place_of(&all, name)].clone())
                .collect()
        })
        .collect();
    let file = place.file("few.csv", &text(&table));
    let answer = done(&["assign", &file, "--model", &format!("{out}/segments.json")]);
    let assigned: Vec<String> = answer.out.lines().map(str::to_owned).collect();
    assert_eq!(assigned[0], "ID,Income,NumStorePurchases,segment,distance");
    assert_eq!(assigned.len(), 6);
}

#[test]
fn columns_of_ones_own_come_out_again_and_can_be_segmented_on() {
    let place = Place::new("own");
    let mut table = some(300);
    for (row, values) in table.iter_mut().enumerate() {
        match row {
            0 => values.extend(["Age", "Email", "segment"].map(str::to_owned)),
            _ => values.extend([
                format!("{}", 20 + row % 50),
                format!("p{row}@example.org"),
                "old".into(),
            ]),
        }
    }
    let file = place.file("own.csv", &text(&table));
    let out = place.path("out");
    let answer = done(&[
        "segment",
        &file,
        "--columns",
        "Age,spend",
        "--k",
        "3",
        "--out",
        &out,
    ]);
    assert!(
        answer
            .err
            .contains("columns of your own, kept as they are: Age, Email"),
        "{}",
        answer.err
    );
    let customers = lines(&format!("{out}/customers.csv"));
    assert_eq!(column(&customers, "Email")[0], "p1@example.org");
    assert!(
        column(&customers, "segment (file)")
            .iter()
            .all(|old| *old == "old")
    );
    assert!(
        column(&customers, "segment")
            .iter()
            .all(|new| new.parse::<u8>().is_ok())
    );
}

#[test]
fn customers_who_spent_nothing_and_rare_flags_take_part() {
    let place = Place::new("zero");
    let mut table = some(400);
    for name in table[0]
        .clone()
        .iter()
        .filter(|name| name.starts_with("Mnt"))
    {
        set(&mut table, 7, name, "0");
    }
    // A flag of less than a hundredth of the customers.
    for row in 1..=400 {
        set(
            &mut table,
            row,
            "Complain",
            if row % 150 == 0 { "1" } else { "0" },
        );
    }
    let file = place.file("zero.csv", &text(&table));
    let out = place.path("out");
    let columns = "Income,spend,Complain";
    let answer = done(&[
        "segment",
        &file,
        "--columns",
        columns,
        "--k",
        "4",
        "--out",
        &out,
    ]);
    assert!(
        answer
            .err
            .contains("clip, log1p, standardise: spend (skewed amount)"),
        "{}",
        answer.err
    );
    assert!(
        answer.err.contains("standardise: Complain (flag)"),
        "{}",
        answer.err
    );
    let customers = lines(&format!("{out}/customers.csv"));
    // So rare a flag lies far out: those who have it are a segment of their own.
    let of = |flag: &str| -> Vec<&str> {
        let pairs = column(&customers, "Complain")
            .into_iter()
            .zip(column(&customers, "segment"));
        let mut labels: Vec<&str> = pairs
            .filter(|pair| pair.0 == flag)
            .map(|pair| pair.1)
            .collect();
        labels.sort_unstable();
        labels.dedup();
        labels
    };
    assert_eq!(of("1").len(), 1);
    assert!(!of("0").contains(&of("1")[0]));
}

#[test]
fn where_few_customers_differ_fewer_segments_are_tried_and_that_is_told() {
    let place = Place::new("kinds");
    let three = some(3);
    let mut table = vec![three[0].clone()];
    for row in 0..30 {
        let mut customer = three[1 + row % 3].clone();
        customer[place_of(&three, "ID")] = row.to_string();
        table.push(customer);
    }
    let file = place.file("kinds.csv", &text(&table));
    let out = place.path("out");
    let answer = segmenta(&[
        "segment",
        &file,
        "--dates",
        "day-first",
        "--k",
        "auto",
        "--out",
        &out,
    ]);
    assert!(
        answer.err.contains("Only 3 customers differ"),
        "{}",
        answer.err
    );
    assert!(answer.code == 0 || answer.code == 3, "{}", answer.err);
}

#[test]
fn where_every_row_is_rejected_the_reason_is_named() {
    let place = Place::new("all");
    let mut table = some(50);
    for row in 1..=50 {
        set(&mut table, row, "Income", "much");
    }
    let file = place.file("all.csv", &text(&table));
    let out = place.path("out");
    let arguments = ["segment", &file, "--reject", "--k", "2", "--out", &out];
    refused(
        &arguments,
        1,
        &["no row fits", "50 rows", "Income", "\"much\""],
    );
}

/// Files that people had trouble with, where their folder lies beside that of the real table.
#[test]
fn files_that_people_had_trouble_with_are_read_asked_about_or_refused_in_words() {
    let Some(real) = std::env::var_os("SEGMENTA_REAL_DATA") else {
        assert!(
            std::env::var_os("CI").is_none(),
            "SEGMENTA_REAL_DATA names no folder"
        );
        println!("skipped: SEGMENTA_REAL_DATA does not name the folder with the real table");
        return;
    };
    let cases = PathBuf::from(real).join("../cases");
    if !cases.exists() {
        println!("skipped: there is no folder of such files beside the real table");
        return;
    }
    let case = |name: &str| cases.join(name).display().to_string();
    let place = Place::new("cases");
    let segment = |name: &str, more: &[&str]| {
        let out = place.path(&name.replace('/', "-"));
        let file = case(name);
        let answer = segmenta(&[&["segment", &file, "--k", "3", "--out", &out], more].concat());
        (answer, out)
    };
    let refuses = |name: &str, more: &[&str], says: &str| {
        let (answer, _) = segment(name, more);
        assert_eq!(answer.code, 1, "{name}: {}", answer.err);
        assert!(answer.err.contains(says), "{name}: {}", answer.err);
    };
    let reads = |name: &str, more: &[&str], says: &str| {
        let (answer, out) = segment(name, more);
        assert_eq!(answer.code, 0, "{name}: {}", answer.err);
        assert!(answer.err.contains(says), "{name}: {}", answer.err);
        lines(&format!("{out}/customers.csv"))
    };
    refuses(
        "23-open-quote/customers.csv",
        &[],
        "the quote that opens in row 11",
    );
    let two = "02-spreadsheet-dates/two-separators.csv";
    refuses(two, &[], "120 mm/dd/yyyy");
    let customers = reads(
        two,
        &["--dates", "day-first"],
        "80 dd-mm-yyyy, 120 mm/dd/yyyy",
    );
    assert_eq!(
        column(&customers, "Dt_Customer")[..2],
        ["2013-05-02", "2013-06-27"]
    );
    refuses(
        "15-full-without-income/customers.csv",
        &["--without", "Income"],
        "--money full",
    );
    let columns = ["--without", "Income", "--columns", "spend,Recency"];
    refuses(
        "15-full-without-income/customers.csv",
        &columns,
        "--money full",
    );
    reads(
        "15-full-without-income/with-income.csv",
        &[],
        "money in full",
    );
    let customers = reads(
        "08-own-columns/customers.csv",
        &["--columns", "Age,LoyaltyPoints"],
        "Age",
    );
    assert_eq!(column(&customers, "Age")[0], "55");
    reads("14-new-customers/train.csv", &[], "");
    let model = place.path("14-new-customers-train.csv/segments.json");
    for (name, rows) in [("three.csv", 4), ("three-with-response.csv", 4)] {
        let answer = done(&[
            "assign",
            &case(&format!("14-new-customers/{name}")),
            "--model",
            &model,
        ]);
        assert_eq!(answer.out.lines().count(), rows);
    }
    reads(
        "06-customer-numbers/letters.csv",
        &["--without", "ID"],
        "\"ID\" (as you asked)",
    );
    let customers = reads("06-customer-numbers/leading-zeros.csv", &[], "");
    assert_eq!(column(&customers, "ID")[0], "00001");
    let client = ["--rename", "client=ID"];
    let customers = reads("06-customer-numbers/letters-client.csv", &client, "");
    assert_eq!(column(&customers, "ID")[0], "C10001");
    reads("18-zero-spenders/customers.csv", &[], "log1p");
    let flag = ["--columns", "Income,spend,Complain"];
    reads(
        "13-rare-flag/customers.csv",
        &flag,
        "standardise: Complain (flag)",
    );
    reads("12-duplicates/three-kinds-of-customer.csv", &[], "");
    refuses("24-blank-line/customers.csv", &[], "row 4, column Income");
    refused(
        &["quality", &case("22-money-unit/alone.csv")],
        1,
        &["--money full"],
    );
    for name in ["01-dollar-amounts", "03-month-names"] {
        reads(&format!("{name}/customers.csv"), &[], "dates");
    }
    for name in ["with-time", "iso-z"] {
        reads(
            &format!("16-timestamps/{name}.csv"),
            &[],
            "dates yyyy-mm-dd",
        );
    }
}
