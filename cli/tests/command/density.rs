//! Segments by density: where customers lie close together, with some in none.

use std::fs;

use crate::program::{Place, column, done, lines, refused};

/// Two crowds and a few who are like nobody.
fn crowds() -> String {
    let mut text = "customer_id,spend,visits\n".to_owned();
    for row in 0..120 {
        let (spend, visits) = match row % 2 {
            0 => (
                100.0 + f64::from(row * 7 % 40),
                5.0 + f64::from(row * 3 % 20) / 10.0,
            ),
            _ => (
                900.0 + f64::from(row * 11 % 40),
                20.0 + f64::from(row * 7 % 20) / 10.0,
            ),
        };
        text += &format!("C{row:03},{spend},{visits}\n");
    }
    text + "X1,500,12.5\nX2,480,40\nX3,1500,1\n"
}

#[test]
fn who_lies_alone_is_in_no_segment_and_the_report_says_so() {
    let place = Place::new("density");
    let file = place.file("crowds.csv", &crowds());
    let out = place.path("out");
    let answer = done(&[
        "segment", &file, "--method", "density", "--radius", "0.4", "--out", &out,
    ]);
    let told = "dense is 4 customers within 0.4";
    assert!(answer.err.contains(told), "{}", answer.err);
    let customers = lines(&format!("{out}/customers.csv"));
    let (names, segments) = (
        column(&customers, "customer_id"),
        column(&customers, "segment"),
    );
    let tiers = column(&customers, "tier");
    for ((name, segment), tier) in names.iter().zip(&segments).zip(&tiers) {
        assert_eq!(name.starts_with('X'), *segment == "none", "{name}");
        assert_eq!(tier.is_empty(), *segment == "none", "{name}");
    }
    done(&["report", &out]);
    let report = fs::read_to_string(format!("{out}/report.html")).unwrap();
    for told in [
        "3 of 123 customers lie alone",
        "How close do customers lie?",
        "What other radii would give",
    ] {
        assert!(report.contains(told), "{told} is not in the report");
    }
    let new = place.file(
        "new.csv",
        "customer_id,spend,visits\nN1,110,5.5\nN2,910,21\nN3,5000,3\n",
    );
    let model = format!("{out}/segments.json");
    let assigned = place.path("assigned.csv");
    done(&["assign", &new, "--model", &model, "--out", &assigned]);
    let assigned = lines(&assigned);
    let assigned = column(&assigned, "segment");
    assert_ne!(assigned[0], assigned[1]);
    assert_eq!(assigned[2], "none");
}

#[test]
fn the_radius_is_that_at_which_places_stand_out_from_noise() {
    let place = Place::new("density-auto");
    let file = place.file("crowds.csv", &crowds());
    let out = place.path("out");
    let answer = done(&["segment", &file, "--method", "density", "--out", &out]);
    assert!(
        answer.err.contains("2 places weigh more than"),
        "{}",
        answer.err
    );
    let customers = lines(&format!("{out}/customers.csv"));
    let segments = column(&customers, "segment");
    for row in 2..120 {
        assert_eq!(segments[row], segments[row % 2]);
    }
    assert_ne!(segments[0], segments[1]);
}

#[test]
fn one_crowd_is_no_structure_and_options_of_the_other_method_are_refused() {
    let place = Place::new("density-one");
    let file = place.file("crowds.csv", &crowds());
    let out = place.path("out");
    let mut one = "spend,visits\n".to_owned();
    for row in 1u64..=300 {
        let x = (row * row * 7_919 + row * 104_729) % 10_007;
        let y = (row * row * row * 6_101 + row * 15_485) % 9_973;
        one += &format!("{x},{y}\n");
    }
    let one = place.file("one.csv", &one);
    refused(
        &["segment", &one, "--method", "density", "--out", &out],
        3,
        &["no clear structure", "give a --radius"],
    );
    let with_k = ["--method", "density", "--k", "3", "--out", &out];
    refused(
        &[&["segment", &file], &with_k[..]].concat(),
        1,
        &["follows from --radius"],
    );
    refused(
        &["segment", &file, "--radius", "0.3", "--out", &out],
        1,
        &["--method density beside it"],
    );
    assert_eq!(place.files(), ["crowds.csv", "one.csv"]);
}
