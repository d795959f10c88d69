//! The course as a site and as slides, as its readers and its speakers meet it.

use std::path::Path;
use std::process::{Command, Output};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Building it looks at every link, and at what a page takes. Then a browser without a network reads each page: on a phone
/// and on a desk, light and dark, and on paper; draws every figure, and uses the quiz, a solution and the search. axe has
/// nothing serious to say about any of them.
#[test]
#[ignore = "needs the set-up of cargo xtask test"]
fn every_page_can_be_read_by_everybody_and_without_a_network() {
    made_and_seen("site", "target/site/html");
}

/// A browser without a network goes through all slides of all lessons: each has something to see, a figure is drawn when
/// its slide is shown, nothing is wider than the window; and the speaker finds notes to each.
#[test]
#[ignore = "needs the set-up of cargo xtask test"]
fn slides_need_no_network_and_their_speaker_has_notes() {
    made_and_seen("slides", "target/slides");
}

/// Makes pages by a command, and looks at them in a browser.
fn made_and_seen(command: &str, folder: &str) {
    let mut xtask = Command::new("cargo");
    xtask.current_dir(root()).env_remove("LD_LIBRARY_PATH");
    let built = xtask.args(["xtask", command]).output().unwrap();
    assert!(built.status.success(), "{}", text(&built));
    let mut browser = Command::new(root().join("target/lab/venv/bin/python"));
    let seen = browser
        .env("SEGMENTA_ROOT", root())
        .args(["-m", "segmenta_kernel.browser", command])
        .arg(root().join(folder))
        .output()
        .unwrap();
    assert!(seen.status.success(), "{}", text(&seen));
}

/// What an instructor plans with: the minutes of a lesson's sections are those that its page names.
#[test]
fn the_minutes_of_the_instructors_plan_are_those_of_the_pages() {
    let plan = std::fs::read_to_string(root().join("instructor/lessons.md")).unwrap();
    let mut lessons = 0;
    for part in plan.split("\n## ").skip(1) {
        let (number, _) = part.split_once(' ').unwrap();
        let (heading, rest) = part.split_once('\n').unwrap();
        let sections: u32 = rest
            .lines()
            .filter_map(|line| {
                line.strip_suffix(" |")?
                    .rsplit(' ')
                    .next()?
                    .parse::<u32>()
                    .ok()
            })
            .sum();
        assert!(
            heading.contains(&format!(": {sections} minutes")),
            "{heading}: {sections}"
        );
        let card =
            std::fs::read_to_string(root().join(format!("notebooks/cards/{number}.yml"))).unwrap();
        assert!(
            card.starts_with(&format!("minutes: {sections}\n")),
            "{heading}: {card:.20}"
        );
        lessons += 1;
    }
    assert_eq!(lessons, 14);
}
