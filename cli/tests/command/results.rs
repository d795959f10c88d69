//! What somebody relies on who runs `segmenta` every week: the same results, whole files, and a clear
//! word with an exit code where something is wrong.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::program::*;

#[test]
fn a_file_becomes_customers_with_segment_tier_and_propensity_and_a_report() {
    let place = Place::new("whole");
    let out = place.path("spring");
    let answer = done(&["segment", &sample(), "--k", "auto", "--out", &out]);
    assert!(answer.err.contains("favoured by"), "{}", answer.err);
    let files = [
        "customers.csv",
        "customers.parquet",
        "left_out.csv",
        "rejects.csv",
        "run.json",
        "segments.json",
    ];
    assert_eq!(place.files(), files);

    let customers = lines(&format!("{out}/customers.csv"));
    let left_out = lines(&format!("{out}/left_out.csv"));
    // Nobody gets lost.
    assert_eq!(customers.len() - 1 + left_out.len() - 1, 2_240);
    assert!(
        column(&left_out, "left_out_by")
            .iter()
            .all(|why| !why.is_empty())
    );
    // As in lesson 05, of the sample.
    assert_eq!(customers.len() - 1, 2_029);
    let tiers = column(&customers, "tier");
    for (segment, tier) in column(&customers, "segment").iter().zip(&tiers) {
        assert!(
            matches!((*segment, *tier), ("1", "Gold") | ("2", "Platinum")),
            "{segment} {tier}"
        );
    }
    let chances = column(&customers, "propensity");
    assert!(
        chances
            .iter()
            .all(|chance| (0.0..=1.0).contains(&chance.parse::<f64>().unwrap()))
    );

    done(&["report", &out, "--budget", "1500000"]);
    let report = fs::read_to_string(format!("{out}/report.html")).unwrap();
    for chapter in [
        "What was in the file",
        "What is wrong with it",
        "How many segments",
        "What to do about them",
        "What is taken for granted",
    ] {
        assert!(report.contains(&format!(">{chapter}</h2>")), "{chapter}");
    }
    // Of the sample, by sha256sum.
    let sum = Command::new("sha256sum").arg(sample()).output().unwrap();
    let sum = String::from_utf8(sum.stdout).unwrap();
    assert!(report.contains(sum.split(' ').next().unwrap()));
    // Nothing is fetched when it is read (the drawing library, in the head, names addresses).
    let body = report.split_once("</head>").unwrap().1;
    for fetched in ["src=\"http", "href=\"http", "url(http", "@import"] {
        assert!(!body.contains(fetched), "{fetched}");
    }
    let targets = lines(&format!("{out}/targets.csv"));
    // 1,500,000 rupiah pay for 500 letters at most; who does not pay is not among them.
    assert!((2..=501).contains(&targets.len()));
    assert!(
        column(&targets, "expected")
            .iter()
            .all(|gain| gain.parse::<f64>().unwrap() > 0.0)
    );
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let place = Place::new("again");
    let (a, b) = (place.path("a"), place.path("b"));
    for out in [&a, &b] {
        done(&[
            "segment",
            &sample(),
            "--k",
            "3",
            "--seed",
            "5",
            "--out",
            out,
        ]);
        done(&["report", out]);
    }
    for name in [
        "customers.csv",
        "customers.parquet",
        "segments.json",
        "run.json",
        "report.html",
    ] {
        let read = |out: &str| fs::read(format!("{out}/{name}")).unwrap();
        assert!(read(&a) == read(&b), "{name}");
    }
}

#[test]
fn customers_of_another_day_get_their_segment_in_the_order_of_their_file() {
    let place = Place::new("assign");
    let out = place.path("spring");
    let everybody = ["--keep", "repeated,births,incomes"];
    done(
        &[
            &["segment", &sample(), "--k", "3", "--out", &out],
            &everybody[..],
        ]
        .concat(),
    );
    let model = format!("{out}/segments.json");
    let answer = done(&["assign", &sample(), "--model", &model]);
    assert!(
        answer.err.contains("24 customers lack a value"),
        "{}",
        answer.err
    );
    let assigned: Vec<String> = answer.out.lines().map(str::to_owned).collect();
    assert_eq!(column(&assigned, "ID"), column(&lines(&sample()), "ID"));
    let known: Vec<&str> = column(&assigned, "segment")
        .into_iter()
        .filter(|label| !label.is_empty())
        .collect();
    let customers = lines(&format!("{out}/customers.csv"));
    assert_eq!(known, column(&customers, "segment"));

    let file = place.path("assigned.csv");
    done(&["assign", &sample(), "--model", &model, "--out", &file]);
    assert_eq!(fs::read_to_string(&file).unwrap(), answer.out);
    refused(
        &["assign", &sample(), "--model", &model, "--out", &file],
        1,
        &["exists already"],
    );
    done(&[
        "assign",
        &sample(),
        "--model",
        &model,
        "--out",
        &file,
        "--replace",
    ]);
}

#[test]
fn what_is_there_is_replaced_only_on_request() {
    let place = Place::new("replace");
    let out = place.path("spring");
    done(&["segment", &sample(), "--k", "2", "--out", &out]);
    let before = fs::read(format!("{out}/customers.csv")).unwrap();
    let arguments = ["segment", &sample(), "--k", "3", "--out", &out];
    refused(&arguments, 1, &["customers.csv", "exists already"]);
    assert!(before == fs::read(format!("{out}/customers.csv")).unwrap());
    done(&[&arguments[..], &["--replace"]].concat());
    assert!(before != fs::read(format!("{out}/customers.csv")).unwrap());
    done(&["report", &out]);
    refused(&["report", &out], 1, &["report.html", "exists already"]);
    done(&["report", &out, "--replace", "--language", "id"]);
    let report = fs::read_to_string(format!("{out}/report.html")).unwrap();
    assert!(report.contains("pelanggan"), "in Indonesian");
    assert!(report.contains("rupiah"));
    // The money of the user's own: no word of another one is left.
    done(&["report", &out, "--replace", "--currency", "EUR"]);
    let report = fs::read_to_string(format!("{out}/report.html")).unwrap();
    assert!(report.contains("euros in two years") && report.contains("euros a year"));
    assert!(
        !report.contains("rupiah"),
        "{}",
        &report[report.find("rupiah").unwrap_or(0)..][..80]
    );
}

/// A language of one's own: the file of another with its texts in other words, here in brackets.
fn in_brackets(text: &mut serde_json::Value) {
    match text {
        serde_json::Value::String(text) => *text = format!("[[{text}]]"),
        serde_json::Value::Array(texts) => texts.iter_mut().for_each(in_brackets),
        serde_json::Value::Object(texts) => texts
            .iter_mut()
            .filter(|(name, _)| {
                // What is no text: conditions, signs, and the code.
                !matches!(name.as_str(), "when" | "decimal" | "thousands" | "language")
            })
            .for_each(|(_, text)| in_brackets(text)),
        _ => {}
    }
}

/// What of a report's headings, sentences, captions and cards is not in brackets, and of how many. What `segment` has said
/// of how it was done comes after these.
fn not_in_brackets(report: &str) -> (Vec<String>, usize) {
    let page = fs::read_to_string(report).unwrap();
    let (said, _) = page.rsplit_once("[[Appendix").unwrap();
    let mut all = Vec::new();
    for (begins, ends) in [
        ("<h2 id=", "</h2>"),
        ("<h3>", "</h3>"),
        ("<p>", "</p>"),
        ("<caption>", "</caption>"),
        ("<dt>", "</dt>"),
    ] {
        let parts = said.split(begins).skip(1);
        all.extend(
            parts
                .filter_map(|part| part.split_once(ends))
                .map(|part| part.0),
        );
    }
    let text = |part: &&str| part.rsplit('>').next().unwrap_or_default().to_owned();
    // Cards are headed by the name of a segment.
    let is_card =
        |text: &String| text.starts_with(|c: char| c.is_ascii_digit()) && text.contains(": ");
    let english = all.iter().map(text);
    let english = english.filter(|text| !text.starts_with("[[") && !is_card(text));
    (english.collect(), all.len())
}

#[test]
fn a_third_language_is_one_file_and_no_sentence_of_the_report_stays_english() {
    let place = Place::new("language");
    let out = place.path("spring");
    done(&["segment", &sample(), "--k", "3", "--out", &out]);
    let english = concat!(env!("CARGO_MANIFEST_DIR"), "/../languages/en.json");
    let english = fs::read_to_string(english).unwrap();
    let mut own: serde_json::Value = serde_json::from_str(&english).unwrap();
    in_brackets(&mut own);
    let file = place.path("own.json");
    fs::write(&file, own.to_string()).unwrap();
    let report = ["report", &out, "--budget", "1500000", "--language"];
    done(&[&report[..], &[&file]].concat());
    let (english, all) = not_in_brackets(&format!("{out}/report.html"));
    assert!(all > 60, "{all}");
    // The verdict is that of `segment`, and columns keep their names.
    let of_others = [
        "3 segments, as it was asked for.",
        "spend",
        "Income",
        "transactions",
    ];
    assert!(
        english.iter().all(|text| of_others.contains(&&**text)),
        "{english:#?}"
    );

    // A table of one's own, which has no campaigns.
    let shop = place.path("shop.csv");
    let rows: Vec<String> = (0..300_u32)
        .map(|i| format!("{i},{},{}\n", (i % 3) * 1_000 + i % 7, i * 37 % 101))
        .collect();
    fs::write(&shop, format!("id,turnover,visits\n{}", rows.concat())).unwrap();
    let other = place.path("other");
    done(&["segment", &shop, "--k", "3", "--out", &other]);
    done(&["report", &other, "--language", &file]);
    let (english, all) = not_in_brackets(&format!("{other}/report.html"));
    assert!(all > 20, "{all}");
    let of_others = ["3 segments, as it was asked for.", "turnover", "visits"];
    assert!(
        english.iter().all(|text| of_others.contains(&&**text)),
        "{english:#?}"
    );

    // A file that lacks a sentence is refused, and says which.
    own["report"].as_object_mut().unwrap().remove("border");
    fs::write(&file, own.to_string()).unwrap();
    refused(
        &[&report[..], &[&file, "--replace"]].concat(),
        1,
        &["missing field `border`"],
    );
    // One whose names for figures are others, too.
    own["report"]["border"] = "[[{border} of {everybody}]]".into();
    fs::write(&file, own.to_string()).unwrap();
    refused(
        &[&report[..], &[&file, "--replace"]].concat(),
        1,
        &["border should name these figures", "{all}, {border}"],
    );
    refused(
        &[&report[..], &["klingon", "--replace"]].concat(),
        2,
        &["klingon", "one of en, id, or a file"],
    );
}

#[test]
fn customers_without_structure_are_not_cut_unless_one_insists() {
    let place = Place::new("noise");
    let out = place.path("spring");
    // Recency is drawn evenly: there is nothing to find.
    let arguments = ["segment", &sample(), "--columns", "Recency", "--out", &out];
    refused(&arguments, 3, &["No clear structure", "--k 3"]);
    assert_eq!(place.files(), [""; 0]);
    assert!(!Path::new(&out).exists());
    done(&[&arguments[..], &["--k", "3"]].concat());
}

#[test]
fn bad_input_is_a_clear_error_and_nothing_is_written() {
    let place = Place::new("bad");
    let out = place.path("out");
    let text = fs::read_to_string(sample()).unwrap();
    let all: Vec<&str> = text.lines().collect();
    let without = |column: &str| -> String {
        let place = all[0].split(',').position(|name| name == column).unwrap();
        let rows = all.iter().enumerate().map(|(row, line)| {
            let mut cells: Vec<&str> = line.split(',').collect();
            if row > 0 {
                cells[place] = "";
            }
            cells.join(",")
        });
        rows.collect::<Vec<_>>().join("\n")
    };
    let inputs = [
        (
            place.path("nothing.csv"),
            vec!["cannot read", "nothing.csv"],
        ),
        (place.file("empty.csv", ""), vec!["empty.csv", "expected"]),
        (place.file("header.csv", all[0]), vec!["header.csv"]),
        (
            place.file("other.csv", "a,b\n1,2\n"),
            vec![
                "columns that customers could be told apart by",
                "the same for all",
            ],
        ),
        (
            place.file("null.csv", &without("NumStorePurchases")),
            vec!["NumStorePurchases", "--columns"],
        ),
        (
            place.file("poor.csv", &without("Income")),
            vec!["poor.csv", "--money full"],
        ),
        (
            place.file("one.csv", &[all[0], all[2]].join("\n")),
            vec!["1", "expected"],
        ),
        (
            place.file("odd.csv", &text.replacen("71697000", "much", 1)),
            vec!["row 2", "Income", "much"],
        ),
        (place.path("."), vec!["cannot read"]),
    ];
    let before = place.files();
    for (file, says) in &inputs {
        for k in ["auto", "2"] {
            refused(&["segment", file, "--k", k, "--out", &out], 1, says);
            assert_eq!(place.files(), before, "{file}");
            assert!(!Path::new(&out).exists(), "{file}");
        }
    }
    let poor = place.path("poor.csv");
    let says = ["customers with a value in Income", "--columns"];
    refused(
        &["segment", &poor, "--money", "full", "--out", &out],
        1,
        &says,
    );
    refused(
        &["quality", &place.path("nothing.csv")],
        1,
        &["cannot read"],
    );
    refused(
        &["segment", &sample(), "--columns", "Shoes", "--out", &out],
        1,
        &["Shoes", "Income"],
    );
    refused(&["report", &place.path("nowhere")], 1, &["run.json"]);
    assert_eq!(place.files(), before);
}

#[test]
fn a_model_of_another_version_or_a_spoilt_one_is_refused() {
    let place = Place::new("model");
    let out = place.path("spring");
    done(&["segment", &sample(), "--k", "2", "--out", &out]);
    let model = fs::read_to_string(format!("{out}/segments.json")).unwrap();
    let assign = |text: &str, says: &[&str]| {
        let other = place.file("other.json", text);
        let result = place.path("result.csv");
        refused(
            &["assign", &sample(), "--model", &other, "--out", &result],
            1,
            says,
        );
        assert!(!Path::new(&result).exists());
    };
    assign(
        &model.replace("\"version\": 1", "\"version\": 2"),
        &["version 2", "version 1"],
    );
    assign(&model[..model.len() / 2], &["no JSON"]);
    assign("{}", &["another kind"]);
    assign("", &["no JSON"]);
    let run = fs::read_to_string(format!("{out}/run.json")).unwrap();
    fs::write(
        format!("{out}/run.json"),
        run.replace("\"version\":1", "\"version\":7"),
    )
    .unwrap();
    refused(&["report", &out], 1, &["version 7"]);
    assert!(!Path::new(&format!("{out}/report.html")).exists());
}

#[test]
fn on_a_full_disk_nothing_is_left_behind() {
    let place = Place::new("full");
    let disk = place.path("disk");
    fs::create_dir(&disk).unwrap();
    // A disk of 300 KB, in a namespace where we may mount one: the customers need 600.
    let script = format!(
        "mount -t tmpfs -o size=300k none {disk} && \
         {binary} segment {sample} --k 2 --out {disk}/out; echo code $?; find {disk} -mindepth 1",
        binary = env!("CARGO_BIN_EXE_segmenta"),
        sample = sample(),
    );
    let output = Command::new("unshare")
        .args(["-rm", "sh", "-c", &script])
        .output()
        .unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    if !out.contains("code ") || err.contains("mount:") || err.contains("unshare:") {
        println!("without a small disk: this system has no `unshare -rm`\n{err}");
    } else {
        assert_eq!(out.trim(), "code 1", "{err}");
        assert!(err.contains("error: cannot write"), "{err}");
        assert!(err.contains("No space left"), "{err}");
    }
    // A folder that cannot be: below a file. And one that may not be written to, but for root.
    let file = place.file("file", "");
    let below = format!("{file}/out");
    refused(
        &["segment", &sample(), "--k", "2", "--out", &below],
        1,
        &["cannot write", &below],
    );
    let locked = place.path("locked");
    fs::create_dir(&locked).unwrap();
    let mut permissions = fs::metadata(&locked).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&locked, permissions).unwrap();
    if fs::write(format!("{locked}/try"), "").is_err() {
        let out = format!("{locked}/out");
        refused(
            &["segment", &sample(), "--k", "2", "--out", &out],
            1,
            &["cannot write"],
        );
    }
}

/// Whose table has gaps, or hardly any customers, gets the chapters that can be written.
#[test]
fn a_report_is_written_of_what_is_known() {
    let place = Place::new("gaps");
    let text = fs::read_to_string(sample()).unwrap();
    let all: Vec<&str> = text.lines().collect();
    let gap = |row: usize, column: &str| -> String {
        let place = all[0].split(',').position(|name| name == column).unwrap();
        let mut rows: Vec<String> = all.iter().map(|line| line.to_string()).collect();
        let mut cells: Vec<&str> = all[row].split(',').collect();
        cells[place] = "";
        rows[row] = cells.join(",");
        rows.join("\n")
    };
    let read = |out: &str| fs::read_to_string(format!("{out}/report.html")).unwrap();

    let out = place.path("one-recency");
    let file = place.file("recency.csv", &gap(1, "Recency"));
    done(&["segment", &file, "--k", "2", "--out", &out]);
    done(&["report", &out]);
    assert!(read(&out).contains("1 customers lack a value"));

    // The file of a shop that has made no campaign yet.
    assert!(all[0].ends_with(",Response"));
    let without: Vec<&str> = all
        .iter()
        .map(|line| line.rsplit_once(',').unwrap().0)
        .collect();
    let file = place.file("new.csv", &without.join("\n"));
    let out = place.path("no-response");
    let answer = done(&[
        "segment",
        &file,
        "--without",
        "Response",
        "--k",
        "2",
        "--out",
        &out,
    ]);
    assert!(answer.err.contains("no propensity"), "{}", answer.err);
    done(&["report", &out]);
    assert!(read(&out).contains("Not known"));
    // A list that was asked for and cannot be made is an error, and no report without it.
    let arguments = [
        "report",
        &out,
        "--budget",
        "1000",
        "--out",
        &place.path("other.html"),
    ];
    refused(&arguments, 1, &["Response"]);
    assert!(!Path::new(&place.path("other.html")).exists());

    let out = place.path("one-segment");
    done(&["segment", &sample(), "--k", "1", "--out", &out]);
    done(&["report", &out]);
    assert!(read(&out).contains("nothing to compare"));

    let out = place.path("five");
    let file = place.file("five.csv", &all[..6].join("\n"));
    done(&["segment", &file, "--k", "2", "--out", &out]);
    done(&["report", &out]);
}

#[test]
fn a_report_does_not_overwrite_what_it_is_made_of() {
    let place = Place::new("itself");
    let out = place.path("spring");
    done(&["segment", &sample(), "--k", "2", "--out", &out]);
    for name in ["run.json", "segments.json", "customers.csv", "targets.csv"] {
        let file = format!("{out}/{name}");
        refused(
            &["report", &out, "--replace", "--out", &file],
            1,
            &["--out", "another name"],
        );
    }
    let before = place.files();
    // The list cannot be written, so neither is the report.
    fs::create_dir(format!("{out}/targets.csv")).unwrap();
    let says = ["targets.csv", "no regular file"];
    refused(
        &["report", &out, "--replace", "--budget", "1000000"],
        1,
        &says,
    );
    assert_eq!(place.files(), before);
}

#[test]
fn of_two_that_write_at_the_same_time_one_is_refused() {
    let place = Place::new("both");
    let out = place.path("spring");
    let start = |k: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_segmenta"));
        command.args(["segment", &sample(), "--k", k, "--out", &out]);
        command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    };
    let running = [start("3"), start("4")];
    let codes = running.map(|mut child| child.wait().unwrap().code().unwrap());
    assert!(codes == [0, 1] || codes == [1, 0], "{codes:?}");
    // Files of one run.
    let customers = lines(&format!("{out}/customers.csv"));
    let kinds: std::collections::BTreeSet<&str> =
        column(&customers, "segment").into_iter().collect();
    let model = fs::read_to_string(format!("{out}/segments.json")).unwrap();
    let model: serde_json::Value = serde_json::from_str(&model).unwrap();
    assert_eq!(
        kinds.len(),
        model["segments"]["model"]["counts"]
            .as_array()
            .unwrap()
            .len()
    );
    assert_eq!(place.files().len(), 6);
}

#[test]
fn a_reader_who_stops_early_is_no_error() {
    for command in ["quality", "segment"] {
        let place = Place::new(&format!("pipe-{command}"));
        let out = place.path("out");
        let rest = if command == "segment" {
            format!("--k 2 --out {out}")
        } else {
            String::new()
        };
        let binary = env!("CARGO_BIN_EXE_segmenta");
        let script = format!(
            "({binary} {command} {} {rest}; echo code $? >&2) | true",
            sample()
        );
        let output = Command::new("sh").args(["-c", &script]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("code 0"), "{said}");
    }
}

#[test]
fn help_has_examples_and_wrong_usage_a_code_of_its_own() {
    for command in [
        &[][..],
        &["segment"],
        &["assign"],
        &["report"],
        &["quality"],
    ] {
        let answer = done(&[command, &["--help"]].concat());
        assert!(answer.out.contains("Example"), "{}", answer.out);
        assert!(answer.out.contains("  segmenta "), "{}", answer.out);
    }
    for wrong in [
        &["segment"][..],
        &["segment", "customers.csv", "--out", "x", "--k", "many"],
        &["segment", "customers.csv", "--role", "money=spend"],
        &["segment", "customers.csv", "--kind", "spend=number"],
        &["cluster"],
    ] {
        assert_eq!(segmenta(wrong).code, 2);
    }
}

#[test]
fn quality_tells_what_lesson_01_does() {
    let answer = done(&["quality", &sample()]);
    for words in [
        "Income                  24",
        "all but ID",
        "born before 1910",
    ] {
        assert!(answer.out.contains(words), "{words}\n{}", answer.out);
    }
    let place = Place::new("quality");
    let odd = fs::read_to_string(sample())
        .unwrap()
        .replacen("71697000", "much", 1);
    let odd = place.file("odd.csv", &odd);
    refused(&["quality", &odd], 1, &["row 2", "much"]);
    let answer = done(&["quality", &odd, "--reject"]);
    let out = place.path("out");
    done(&["segment", &odd, "--reject", "--k", "2", "--out", &out]);
    assert!(lines(&format!("{out}/rejects.csv"))[1].contains("much"));
    assert!(
        answer.out.contains("much") && answer.err.contains("1 rows do not fit"),
        "{}",
        answer.err
    );
}

#[test]
fn the_program_runs_without_cargo() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_segmenta"));
    let output = program
        .arg("--version")
        .env_remove("LD_LIBRARY_PATH")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}
