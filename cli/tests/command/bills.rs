//! From bills to one row for each customer, and to what they are worth.

use std::fs;

use segmenta::prelude::{Existing, simulate};

use crate::program::{Place, column, done, lines, refused, segmenta};

/// The files of a made-up shop, without the year that stops.
fn shop(place: &Place, customers: usize) -> [String; 3] {
    let folder = place.path("shop");
    simulate::Shop::new()
        .customers(customers)
        .seed(14)
        .save(&folder, Existing::Keep)
        .unwrap();
    ["2022.csv", "2023.csv", "members.csv"].map(|name| format!("{folder}/{name}"))
}

#[test]
fn a_view_is_made_of_bills_and_segmented() {
    let place = Place::new("view");
    let [first, second, members] = shop(&place, 1_500);
    let out = place.path("view.parquet");
    // A bill without a day, or with half a list, is not guessed at.
    refused(
        &["view", &first, &second, "--out", &out],
        1,
        &["do not fit"],
    );
    assert!(!std::path::Path::new(&out).exists());
    let answer = done(&[
        "view",
        &first,
        &second,
        "--reject",
        "--members",
        &members,
        "--member",
        "ent",
        "--sponsor",
        "sponsor",
        "--out",
        &out,
    ]);
    for told in [
        "customer is ent",
        "a list of one",
        "rows that do not fit: view.rejects.csv",
    ] {
        assert!(answer.err.contains(told), "{told}: {}", answer.err);
    }
    for told in ["no customer", "recruits", "price_q4_share"] {
        assert!(answer.out.contains(told), "{told}: {}", answer.out);
    }
    let rejects = lines(&place.path("view.rejects.csv"));
    assert!(column(&rejects, "column").contains(&"payment_date"));
    // What is there is kept unless it is to be replaced.
    refused(
        &["view", &first, "--reject", "--out", &out],
        1,
        &["view.parquet"],
    );
    let segments = place.path("segments");
    let answer = done(&["segment", &out, "--k", "2", "--out", &segments]);
    assert!(answer.err.contains("name is customer"), "{}", answer.err);
    assert!(
        answer.err.contains("time_between (no value for"),
        "{}",
        answer.err
    );
    let half = place.path("half.csv");
    done(&[
        "view",
        &first,
        "--reject",
        "--from",
        "2022-01-01",
        "--before",
        "2022-07-01",
        "--out",
        &half,
    ]);
    let last = column(&lines(&half), "last_day")
        .iter()
        .max()
        .unwrap()
        .to_string();
    assert!(last.as_str() < "2022-07-01");
}

#[test]
fn roles_that_no_name_tells_are_asked_for_and_said() {
    let place = Place::new("view-roles");
    let file = place.file(
        "bills.csv",
        "who;when;euros\nAnn;03/04/2024;1.250\nBob;05/06/2024;980\n",
    );
    let out = place.path("view.csv");
    let asked = [
        "--column customer=YOURS",
        "--column time=YOURS",
        "--column amount=YOURS",
    ];
    refused(&["view", &file, "--out", &out], 1, &asked);
    let roles = [
        "--column",
        "customer=who",
        "--column",
        "time=when",
        "--column",
        "amount=euros",
    ];
    let said = [&["view", &file, "--out", &out], &roles[..]].concat();
    refused(&said, 1, &["--dates when=day-first"]);
    done(&[&said[..], &["--dates", "day-first", "--decimal", "comma"]].concat());
    assert_eq!(column(&lines(&out), "amount"), ["1250.0", "980.0"]);
    assert_eq!(
        column(&lines(&out), "first_day"),
        ["2024-04-03", "2024-06-05"]
    );
    let other = place.path("view.txt");
    refused(
        &["view", &file, "--out", &other],
        1,
        &["ends in .parquet or .csv"],
    );
}

#[test]
fn worth_is_judged_before_it_is_told() {
    let place = Place::new("worth");
    let [first, second, _] = shop(&place, 2_500);
    let out = place.path("worth");
    let arguments = [
        "worth", &first, &second, "--reject", "--model", "mbg-nbd", "--out", &out,
    ];
    let answer = done(&arguments);
    assert!(answer.out.contains("same_rate"), "{}", answer.out);
    assert!(answer.err.contains("a customer is named"), "{}", answer.err);
    let worth = lines(&format!("{out}/worth.csv"));
    let values: Vec<f64> = column(&worth, "value")
        .iter()
        .map(|value| value.parse().unwrap())
        .collect();
    assert!(values.is_sorted_by(|a, b| a >= b));
    let judged = lines(&format!("{out}/holdout.csv"));
    assert_eq!(column(&judged, "frequency")[0], "0");
    let report = fs::read_to_string(format!("{out}/worth.html")).unwrap();
    for told in [
        "Do purchases come as the model expects them?",
        "How many of a month's new customers stay?",
    ] {
        assert!(report.contains(told), "{told}");
    }
    // The same again gives the same digits.
    let again = place.path("again");
    done(&[
        "worth", &first, &second, "--reject", "--model", "mbg-nbd", "--out", &again,
    ]);
    for name in ["worth.csv", "buying.json", "tracking.csv"] {
        let of = |folder: &str| fs::read(format!("{folder}/{name}")).unwrap();
        assert!(of(&out) == of(&again), "{name}");
    }
    // Half-done work leaves nothing.
    let few = place.file(
        "few.csv",
        "customer,date,amount\nAnn,2024-04-03,5\nBob,2024-05-03,6\n",
    );
    let nothing = place.path("nothing");
    assert_eq!(segmenta(&["worth", &few, "--out", &nothing]).code, 1);
    assert!(!std::path::Path::new(&nothing).exists());
}
