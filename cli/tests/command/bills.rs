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
fn a_view_in_parts_is_the_view() {
    let place = Place::new("parts");
    let [first, second, _] = shop(&place, 1_500);
    let view = |out: &str, parts: &[&str]| {
        let mut words = vec!["view", &first, &second, "--reject", "--out", out];
        words.extend(parts);
        let answer = done(&words);
        let read = |file: &str| std::fs::read_to_string(file).unwrap();
        (
            answer.out,
            read(out),
            read(&out.replace(".csv", ".rejects.csv")),
        )
    };
    let at_once = view(&place.path("once.csv"), &[]);
    let in_parts = view(&place.path("parts.csv"), &["--parts", "7"]);
    assert_eq!(in_parts, at_once);
    // What lay beside the file meanwhile is gone.
    let left = std::fs::read_dir(place.path("")).unwrap();
    let names: Vec<String> = left
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into())
        .collect();
    assert!(
        !names.iter().any(|name| name.contains("segmenta-")),
        "{names:?}"
    );
    let out = place.path("none.csv");
    let words = ["view", &first, "--reject", "--out", &out, "--parts", "0"];
    refused(&words, 1, &["1 to 400"]);
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

#[test]
fn what_is_bought_together_is_found_and_tried_again() {
    let place = Place::new("baskets");
    let [first, second, _] = shop(&place, 6_000);
    let out = place.path("baskets");
    let answer = done(&[
        "baskets",
        &first,
        &second,
        "--reject",
        "--support",
        "0.001",
        "--confidence",
        "0.1",
        "--by",
        "channel",
        "--out",
        &out,
    ]);
    assert!(
        answer.err.contains("lines of what came back"),
        "{}",
        answer.err
    );
    assert!(
        answer
            .out
            .contains("More than chance, the highest lift first")
    );
    assert!(
        answer.out.contains("hold in the later bills"),
        "{}",
        answer.out
    );
    // What the simulation put together is what was found.
    let pairs = simulate::Shop::new()
        .customers(6_000)
        .seed(14)
        .generate()
        .unwrap()
        .pairs;
    let name = |column: &str, row: usize| {
        pairs
            .column(column)
            .unwrap()
            .str()
            .unwrap()
            .get(row)
            .unwrap()
            .to_owned()
    };
    let together: Vec<(String, String)> = (0..pairs.height())
        .map(|row| (name("product", row), name("with", row)))
        .collect();
    let rules = lines(&place.path("baskets/rules.csv"));
    let (antecedent, consequent) = (column(&rules, "antecedent"), column(&rules, "consequent"));
    let verdict = column(&rules, "verdict");
    let believed: Vec<usize> = (0..verdict.len())
        .filter(|row| verdict[*row] == "more than chance")
        .collect();
    assert!(believed.len() >= 6);
    let is_true = |row: &usize| {
        let (a, c) = (antecedent[*row], consequent[*row]);
        together.iter().any(|(own, with)| {
            (a.contains(own.as_str()) && c == with) || (a.contains(with.as_str()) && c == own)
        })
    };
    assert!(
        believed.iter().all(is_true),
        "{antecedent:?} {consequent:?}"
    );
    for file in ["itemsets.csv", "measures.csv", "again.csv", "groups.csv"] {
        assert!(
            lines(&place.path(&format!("baskets/{file}"))).len() > 1,
            "{file}"
        );
    }
    assert!(
        fs::read_to_string(place.path("baskets/baskets.html"))
            .unwrap()
            .contains("Do they hold in each channel?")
    );
    refused(
        &["baskets", &first, "--reject", "--out", &out],
        1,
        &["itemsets.csv"],
    );
    // A threshold that is none, and too high a one.
    let again = place.path("again");
    refused(
        &[
            "baskets",
            &first,
            "--reject",
            "--support",
            "0",
            "--out",
            &again,
        ],
        1,
        &["support is 0", "above 0"],
    );
    refused(
        &[
            "baskets",
            &first,
            "--reject",
            "--support",
            "0.9",
            "--out",
            &again,
        ],
        1,
        &["the most frequent one is in"],
    );
    refused(
        &[
            "baskets", &first, "--reject", "--by", "colour", "--out", &again,
        ],
        1,
        &["no column colour", "centre, channel"],
    );
    refused(
        &[
            "baskets",
            &first,
            "--reject",
            "--from",
            "yesterday",
            "--out",
            &again,
        ],
        1,
        &["--from is yesterday"],
    );
}

#[test]
fn baskets_of_customers_are_tried_in_their_segments_and_lines_of_a_file_are_baskets() {
    let place = Place::new("baskets-of");
    let [first, second, _] = shop(&place, 3_000);
    // Segments of one's own: who has an even number, and who has not.
    let mut segments = String::from("customer,segment\n");
    for line in fs::read_to_string(&first).unwrap().lines().skip(1) {
        let customer = line.split(',').nth(1).unwrap();
        let even = customer.ends_with(['0', '2', '4', '6', '8']);
        segments += &format!("{customer},{}\n", if even { "even" } else { "odd" });
    }
    let own = place.path("segments.csv");
    fs::write(&own, segments).unwrap();
    let out = place.path("out");
    let answer = done(&[
        "baskets",
        &first,
        &second,
        "--reject",
        "--per",
        "customer",
        "--support",
        "0.003",
        "--segments",
        &own,
        "--out",
        &out,
    ]);
    assert!(answer.out.contains("customer"), "{}", answer.out);
    assert!(
        answer
            .err
            .contains("bills are of customers without a segment"),
        "{}",
        answer.err
    );
    let groups = lines(&place.path("out/groups.csv"));
    let mut named = column(&groups, "segment");
    named.sort_unstable();
    named.dedup();
    assert_eq!(named, ["even", "odd"]);

    let file = place.path("baskets.txt");
    fs::write(&file, "tea;jam\ntea;jam\ntea;jam\nrice\nrice\nrice\nrice\n").unwrap();
    let out = place.path("lines");
    let answer = done(&[
        "baskets",
        &file,
        "--lines-are-baskets",
        "--support",
        "0.4",
        "--out",
        &out,
    ]);
    assert!(answer.out.contains("line of the file"), "{}", answer.out);
    assert_eq!(
        column(&lines(&place.path("lines/rules.csv")), "antecedent"),
        ["jam", "tea"]
    );
    // What separates the items is open: it is asked, and said.
    fs::write(&file, "tea;jam\nrice, brown\n").unwrap();
    let again = place.path("again");
    refused(
        &["baskets", &file, "--lines-are-baskets", "--out", &again],
        1,
        &["--separator"],
    );
    done(&[
        "baskets",
        &file,
        "--lines-are-baskets",
        "--separator",
        ";",
        "--out",
        &again,
    ]);
}

#[test]
fn offers_are_made_by_a_method_that_was_judged() {
    let place = Place::new("recommend");
    let [first, second, _] = shop(&place, 2_000);
    let out = place.path("offers.csv");
    let answer = done(&[
        "recommend",
        &first,
        &second,
        "--reject",
        "--to",
        "single-item",
        "--top",
        "3",
        "--out",
        &out,
    ]);
    for told in [
        "What each method would have been right about",
        "Beside offering everybody",
        "popularity",
        "EASE",
    ] {
        assert!(answer.out.contains(told), "{told}: {}", answer.out);
    }
    assert!(
        answer.err.contains("judging the methods on the bills from"),
        "{}",
        answer.err
    );
    let offers = lines(&out);
    assert!(
        column(&offers, "rank")
            .iter()
            .all(|rank| ["1", "2", "3"].contains(rank))
    );
    assert!(
        column(&offers, "bought")
            .iter()
            .all(|bought| *bought == "0")
    );
    let customers = column(&offers, "customer").len() / 3;
    assert!(customers > 300, "{customers}");
    let report = fs::read_to_string(place.path("offers.html")).unwrap();
    assert!(report.contains("Can the methods be trusted?"));
    // A method of one's own choice, on another day, of what was bought before.
    let again = place.path("again.csv");
    done(&[
        "recommend",
        &first,
        &second,
        "--reject",
        "--method",
        "als",
        "--offer",
        "repeat",
        "--day",
        "2022-12-01",
        "--out",
        &again,
    ]);
    assert!(
        column(&lines(&again), "bought")
            .iter()
            .all(|bought| *bought != "0")
    );
    let third = place.path("third.csv");
    refused(
        &["recommend", &first, "--reject", "--out", &out],
        1,
        &["offers.csv"],
    );
    refused(
        &[
            "recommend",
            &first,
            "--reject",
            "--out",
            &place.path("offers.xlsx"),
        ],
        1,
        &["ends in .csv"],
    );
    refused(
        &[
            "recommend",
            &first,
            "--reject",
            "--top",
            "0",
            "--out",
            &third,
        ],
        1,
        &["top is 0"],
    );
    refused(
        &[
            "recommend",
            &first,
            "--reject",
            "--day",
            "1999-01-01",
            "--out",
            &third,
        ],
        1,
        &["purchases before 1999-01-01"],
    );
}
