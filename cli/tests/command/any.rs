//! Tables with other columns than those of the lessons.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::program::{Place, column, done, lines, refused, segmenta};

/// A shop's export, with three kinds of customer: Excel's separator line, decimal commas, words for nothing.
fn shop() -> String {
    let mut text =
        "sep=;\nKundennummer;Geschlecht;Eintritt;Umsatz;Bestellungen;Filiale;Alter\n".to_owned();
    for row in 0..90 {
        let (spend, orders, age) = match row % 3 {
            0 => (1_200 + row, 30 + row % 5, 30 + row % 7),
            1 => (80 + row, 4 + row % 3, 60 + row % 7),
            _ => (400 + row, 2 + row % 2, 22 + row % 5),
        };
        let sex = if row % 4 < 2 { "w" } else { "m" };
        let age = if row == 7 {
            "-".to_owned()
        } else {
            age.to_string()
        };
        text += &format!(
            "K{row:03};{sex};{:02}.{:02}.2023;{spend},5 €;{orders};{};{age}\n",
            1 + row % 28,
            1 + row % 12,
            1 + row % 4
        );
    }
    text
}

#[test]
fn a_table_of_any_columns_becomes_segments_a_report_and_assigned_customers() {
    let place = Place::new("any");
    let file = place.file("shop.csv", &shop());
    let out = place.path("out");
    let asked = done(&["segment", &file, "--dry-run"]);
    for told in [
        "told apart by: Umsatz, Bestellungen, Alter",
        "Filiale (a group or a code",
        "spend is Umsatz",
        "name is Kundennummer",
        "--columns A,B",
        "nothing written",
    ] {
        assert!(asked.err.contains(told), "{told} is not in\n{}", asked.err);
    }
    assert_eq!(place.files(), ["shop.csv"]);
    let answer = done(&["segment", &file, "--k", "3", "--out", &out]);
    assert!(answer.err.contains("Alter \"-\" (1)"), "{}", answer.err);
    assert!(
        answer.err.contains("1 customers lack a value"),
        "{}",
        answer.err
    );
    let customers = lines(&format!("{out}/customers.csv"));
    assert_eq!(customers.len(), 90);
    assert!(
        customers[0].ends_with("segment,distance,silhouette,tier"),
        "{}",
        customers[0]
    );
    assert_eq!(column(&customers, "Umsatz")[0], "1200.5");
    let same =
        |a: usize, b: usize| column(&customers, "segment")[a] == column(&customers, "segment")[b];
    assert!(same(0, 3) && same(1, 4) && !same(0, 1));

    done(&["report", &out]);
    let report = fs::read_to_string(format!("{out}/report.html")).unwrap();
    for says in [
        "high ",
        "Platinum",
        "<h2 id=\"chapter-0\">In short</h2>",
        "What is not in this report",
        "--role recency=COLUMN",
    ] {
        assert!(report.contains(says), "{says}");
    }

    assert_eq!(report.matches("<section><h3>").count(), 3);

    // One customer, of whose amount one could not tell what it is; the plan of the model does.
    let one = "Kundennummer;Umsatz;Bestellungen;Alter\nK999;1.250 €;33;31\n";
    let one = place.file("one.csv", one);
    let answer = done(&["assign", &one, "--model", &format!("{out}/segments.json")]);
    let assigned: Vec<String> = answer.out.lines().map(str::to_owned).collect();
    assert_eq!(column(&assigned, "Umsatz"), ["1250.0"]);
    assert_eq!(
        column(&assigned, "segment")[0],
        column(&customers, "segment")[0]
    );
}

#[test]
fn what_is_open_about_a_number_is_asked_in_the_words_of_the_command() {
    let place = Place::new("open");
    let text = "id,joined,spend (k$),visits\na,03/04/2024,1.250,3\nb,05/06/2024,2.480,5\nc,01/02/2024,7.125,4\n";
    let file = place.file("open.csv", text);
    refused(
        &["segment", &file, "--out", &place.path("out")],
        1,
        &["column spend (k$)", "--decimal point"],
    );
    // Days make no distance, and may stay open.
    let answer = done(&["segment", &file, "--decimal", "point", "--dry-run"]);
    assert!(
        answer.err.contains("open, and read as text: joined"),
        "{}",
        answer.err
    );
    let odd = place.file("odd.csv", &shop().replace(";33;", ";viele;"));
    refused(
        &["segment", &odd],
        1,
        &[
            "column Bestellungen",
            "--null viele",
            "--kind Bestellungen=text",
        ],
    );
    assert!(!Path::new("segments").exists());
}

#[test]
fn the_plan_of_a_file_can_be_kept_edited_and_passed_again() {
    let place = Place::new("plan");
    let file = place.file("shop.csv", &shop());
    let plan = place.path("plan.toml");
    let answer = done(&["read", &file, "--save", &plan]);
    assert!(
        answer.out.contains("dd.mm.yyyy") && answer.out.contains("Kundennummer"),
        "{}",
        answer.out
    );
    let text = fs::read_to_string(&plan).unwrap();
    assert!(text.contains("decimal = \"comma\""), "{text}");
    let edited = text.replace(
        "in_file = \"Umsatz\"",
        "in_file = \"Umsatz\"\nname = \"spend\"",
    );
    let edited = place.file("edited.toml", &edited);
    let answer = done(&["segment", &file, "--plan", &edited, "--dry-run"]);
    assert!(
        answer.err.contains("told apart by: spend"),
        "{}",
        answer.err
    );
    refused(&["read", &file, "--save", &plan], 1, &["exists already"]);
}

#[test]
fn a_file_may_come_through_the_standard_input() {
    let mut running = Command::new(env!("CARGO_BIN_EXE_segmenta"))
        .args(["segment", "-", "--dry-run"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    running
        .stdin
        .take()
        .unwrap()
        .write_all(shop().as_bytes())
        .unwrap();
    let output = running.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.success() && said.contains("told apart by"),
        "{said}"
    );
}

#[test]
fn a_role_can_be_said_and_must_fit() {
    let place = Place::new("roles");
    let file = place.file("shop.csv", &shop());
    let answer = done(&[
        "segment",
        &file,
        "--dry-run",
        "--role",
        "recency=Alter",
        "--role",
        "group=Bestellungen",
    ]);
    assert!(answer.err.contains("recency is Alter"), "{}", answer.err);
    assert!(
        answer.err.contains("told apart by: Umsatz, Alter"),
        "{}",
        answer.err
    );
    refused(
        &["segment", &file, "--role", "spend=Geschlecht"],
        1,
        &["Geschlecht", "its role is spend"],
    );
    refused(
        &["segment", &file, "--role", "spend=Umsätze"],
        1,
        &["no column Umsätze", "did you mean Umsatz?"],
    );
}

/// Tables of other schemas that are public, where their folder is given.
#[test]
fn public_tables_of_other_schemas_are_segmented_as_elsewhere() {
    let Some(real) = std::env::var_os("SEGMENTA_REAL_DATA") else {
        assert!(
            std::env::var_os("CI").is_none(),
            "SEGMENTA_REAL_DATA names no folder"
        );
        println!("skipped: SEGMENTA_REAL_DATA does not name the folder with the public tables");
        return;
    };
    let place = Place::new("public");
    let file = |name: &str| Path::new(&real).join(name).display().to_string();
    let out = place.path("mall");
    let columns = "Annual Income (k$),Spending Score (1-100)";
    done(&[
        "segment",
        &file("mall_customers.csv"),
        "--columns",
        columns,
        "--recipe",
        "none",
        "--k",
        "5",
        "--out",
        &out,
    ]);
    let json = fs::read_to_string(format!("{out}/segments.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let model = &json["segments"]["model"];
    // scikit-learn's best.
    assert!(
        (model["inertia"].as_f64().unwrap() - 44_448.455_4).abs() < 1e-4,
        "{}",
        model["inertia"]
    );
    assert_eq!(model["counts"], serde_json::json!([81, 39, 35, 23, 22]));
    done(&["report", &out]);

    let out = place.path("wholesale");
    let answer = segmenta(&[
        "segment",
        &file("wholesale_customers.csv"),
        "--k",
        "3",
        "--out",
        &out,
    ]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    for told in [
        "told apart by: Fresh, Milk, Grocery, Frozen, Delicassen",
        "Channel (a group or a code",
        "Region (a group or a code",
    ] {
        assert!(answer.err.contains(told), "{}", answer.err);
    }
}

#[test]
fn words_take_part_in_distances_where_it_is_asked_for() {
    let place = Place::new("categories");
    let file = place.file("shop.csv", &shop());
    let out = place.path("out");
    let asked = [
        "segment",
        &file,
        "--categories",
        "Geschlecht,Filiale",
        "--k",
        "4",
    ];
    let answer = done(&[&asked[..], &["--out", &out]].concat());
    let told = "one column for each value, all of them as one: Geschlecht, Filiale";
    assert!(answer.err.contains(told), "{}", answer.err);
    assert!(!answer.err.contains("Filiale (a group"), "{}", answer.err);
    done(&["report", &out]);
    let report = fs::read_to_string(format!("{out}/report.html")).unwrap();
    assert!(report.contains("Geschlecht: "), "who lives in them");
    // The file as it was: its numbers are codes for the model too.
    let assigned = place.path("assigned.csv");
    let model = format!("{out}/segments.json");
    done(&["assign", &file, "--model", &model, "--out", &assigned]);
    let of = |file: &str| {
        let customers = lines(file);
        let pairs = column(&customers, "Kundennummer").into_iter();
        let pairs = pairs.zip(column(&customers, "segment"));
        let known = pairs.filter(|(_, segment)| !segment.is_empty());
        known
            .map(|(name, segment)| format!("{name} {segment}"))
            .collect::<Vec<_>>()
    };
    assert_eq!(of(&assigned), of(&format!("{out}/customers.csv")));
    refused(
        &[
            "segment",
            &file,
            "--columns",
            "Umsatz,Geschlecht",
            "--out",
            &out,
            "--replace",
        ],
        1,
        &["words take part with --categories"],
    );
}

#[test]
fn a_segment_can_be_divided_again_and_its_parts_are_assigned_and_reported_by_their_paths() {
    let place = Place::new("divided");
    let mut text = "customer_id,spend,visits\n".to_owned();
    for row in 0..180u64 {
        // Two crowds far apart; the first is two crowds of its own, close to each other.
        let (spend, visits) = match row % 3 {
            0 => (100 + row * 7 % 13, 5 + row % 2),
            1 => (160 + row * 5 % 13, 9 + row % 2),
            _ => (5_000 + row * 11 % 97, 60 + row % 5),
        };
        text += &format!("C{row:03},{spend},{visits}\n");
    }
    let file = place.file("customers.csv", &text);
    let out = place.path("out");
    let answer = done(&[
        "segment", &file, "--k", "2", "--divide", "1=2", "--recipe", "none", "--out", &out,
    ]);
    assert!(
        answer.err.contains("dividing segment 1 into 2"),
        "{}",
        answer.err
    );
    let customers = lines(&format!("{out}/customers.csv"));
    let segments = column(&customers, "segment");
    for (row, segment) in segments.iter().enumerate() {
        assert_eq!(*segment == "2", row % 3 == 2, "row {row}: {segment}");
        assert_eq!(*segment, segments[row % 3], "row {row}");
    }
    let mut kinds = segments.clone();
    kinds.sort();
    kinds.dedup();
    assert_eq!(kinds, ["1.1", "1.2", "2"]);

    let new = place.file(
        "new.csv",
        "customer_id,spend,visits\nN1,103,5\nN2,165,9\nN3,5050,61\n",
    );
    let (model, assigned) = (format!("{out}/segments.json"), place.path("assigned.csv"));
    done(&["assign", &new, "--model", &model, "--out", &assigned]);
    assert_eq!(column(&lines(&assigned), "segment"), segments[..3]);

    done(&["report", &out]);
    let report = fs::read_to_string(format!("{out}/report.html")).unwrap();
    for told in ["1.1", "1.2", "Segment 1, divided into 2"] {
        assert!(report.contains(told), "{told} is not in the report");
    }
    let fine = place.path("fine");
    refused(
        &[
            "segment", &file, "--k", "2", "--divide", "7=2", "--out", &fine,
        ],
        1,
        &["from 1 to 2"],
    );
    refused(
        &[
            "segment", &file, "--k", "2", "--divide", "1", "--out", &fine,
        ],
        2,
        &["segment=number"],
    );
}
