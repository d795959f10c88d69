//! The languages of a report and of the course's index: a file for each, which has all that the English one has.

use std::collections::BTreeSet;
use std::path::Path;

use segmenta::recommend::Texts;
use serde_json::Value;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/languages");

fn language(code: &str) -> Value {
    let file = Path::new(FOLDER).join(format!("{code}.json"));
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

/// The names in braces, which stand for figures.
fn names(text: &str) -> BTreeSet<&str> {
    let parts = text.split('{').skip(1);
    parts
        .filter_map(|part| Some(part.split_once('}')?.0))
        .collect()
}

/// What a language lacks, or has too much, each with its place.
fn missing(place: &str, english: &Value, other: &Value) -> Vec<String> {
    let inside = |name: &str| match place {
        "" => name.to_owned(),
        _ => format!("{place}.{name}"),
    };
    match (english, other) {
        // Under which conditions an offer is made is no matter of language.
        _ if place.ends_with(".when") => match english == other {
            true => vec![],
            false => vec![format!("{place} is not what it is in English")],
        },
        (Value::Object(english), Value::Object(other)) => {
            let here = english
                .iter()
                .flat_map(|(name, text)| match other.get(name) {
                    Some(own) => missing(&inside(name), text, own),
                    None => vec![format!("{} is missing", inside(name))],
                });
            let more = other.keys().filter(|name| !english.contains_key(*name));
            let more = more.map(|name| format!("{} is in no other language", inside(name)));
            here.chain(more).collect()
        }
        (Value::Array(english), Value::Array(other)) if english.len() == other.len() => {
            let pairs = english.iter().zip(other).enumerate();
            pairs
                .flat_map(|(at, (text, own))| missing(&inside(&at.to_string()), text, own))
                .collect()
        }
        (Value::String(english), Value::String(other)) => {
            let long = english.split_whitespace().count() > 3;
            match (names(english) == names(other), long && english == other) {
                (false, _) => vec![format!("{place} should name {:?}", names(english))],
                (_, true) => vec![format!("{place} is still English")],
                _ => vec![],
            }
        }
        (Value::Number(english), Value::Number(other)) if english == other => vec![],
        _ => vec![format!("{place} is not what it is in English")],
    }
}

#[test]
fn each_language_has_all_that_english_has() {
    let english = language("en");
    let mut others = 0;
    for file in std::fs::read_dir(FOLDER).unwrap() {
        let file = file.unwrap().path();
        let code = file.file_stem().unwrap().to_str().unwrap();
        let is_language = file
            .extension()
            .is_some_and(|extension| extension == "json");
        if is_language && code != "en" {
            let lacks = missing("", &english, &language(code));
            assert!(lacks.is_empty(), "languages/{code}.json: {lacks:#?}");
            let texts = Texts::from_json(&language(code)["recommend"].to_string()).unwrap();
            assert_eq!(texts.language(), code);
            others += 1;
        }
    }
    assert!(others >= 1);
}

#[test]
fn what_a_language_lacks_is_told_by_its_place() {
    let (english, mut own) = (language("en"), language("id"));
    own["report"].as_object_mut().unwrap().remove("pays");
    own["report"]["border"] = "Sebagian pelanggan berada di perbatasan.".into();
    own["report"]["tell"] = "Kalimat yang tidak ada".into();
    own["recommend"]["offers"][0]["when"][0]["column"] = "Income".into();
    own["index"]["how"] = english["index"]["how"].clone();
    own["index"]["notes"].as_array_mut().unwrap().pop();
    assert_eq!(
        missing("", &english, &own),
        [
            "index.how is still English",
            "index.notes is not what it is in English",
            "recommend.offers.0.when is not what it is in English",
            "report.border should name {\"all\", \"border\"}",
            "report.pays is missing",
            "report.tell is in no other language",
        ]
    );
}
