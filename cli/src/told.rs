//! What was decided about a file that a reader might have decided otherwise.

use segmenta::data::campaign::Loaded;
use segmenta::data::read::Read;
use segmenta::prelude::*;

use crate::{Result, tell};

/// Lists longer than this are cut, and say so.
const LISTED: usize = 8;

/// Reasons that nobody asks for.
const PLAIN: [&str; 7] = [
    "every value is a number; decimal point",
    "1 is 1, 0 is 0",
    "every value is a number",
    "words that come again",
    "another word in every row",
    "words",
    "no value",
];

/// One line with a list, where there is something to list.
pub fn list(what: &str, parts: &[String]) {
    if parts.is_empty() {
        return;
    }
    let more = match parts.len().saturating_sub(LISTED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let shown = parts
        .iter()
        .take(LISTED)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    tell(format_args!("{what}: {shown}{more}"));
}

/// The texts of a column, row by row.
fn texts(table: &DataFrame, column: &str) -> Result<Vec<Option<String>>> {
    let column = table.column(column)?.str()?;
    Ok(column.iter().map(|text| text.map(str::to_owned)).collect())
}

fn first(table: &DataFrame, column: &str) -> Result<Option<String>> {
    Ok(texts(table, column)?.into_iter().next().flatten())
}

/// What was decided about a table of any columns.
pub fn of_any(read: &Read) -> Result {
    let mut made = Vec::new();
    for (what, column) in [
        ("", "format"),
        ("separator ", "separator"),
        ("encoding ", "encoding"),
        ("sheet ", "sheet"),
    ] {
        if let Some(how) = first(&read.glance, column)? {
            made.push(format!("{what}{how}"));
        }
    }
    tell(format_args!("read as: {}", made.join(", ")));
    let columns = &read.columns;
    let names = texts(columns, "in_file")?;
    let kinds = texts(columns, "kind")?;
    let (why, words) = (texts(columns, "why")?, texts(columns, "null_words")?);
    let (mut left_out, mut nothing, mut open) = (Vec::new(), Vec::new(), Vec::new());
    let mut by_kind: Vec<(String, Vec<String>)> = Vec::new();
    for (row, name) in names.iter().enumerate() {
        let name = name.clone().unwrap_or_default();
        let why = why[row].clone().unwrap_or_default();
        match &kinds[row] {
            None => left_out.push(format!(
                "{name:?} ({})",
                why.trim_start_matches("left out: ")
            )),
            Some(_) if why.starts_with("open: ") => {
                open.push(format!("{name} ({})", why.trim_start_matches("open: ")));
            }
            Some(kind) => {
                let note = match PLAIN.iter().any(|plain| why.ends_with(plain)) {
                    true => name.clone(),
                    false => format!("{name} ({why})"),
                };
                match by_kind.iter_mut().find(|(other, _)| other == kind) {
                    Some((_, names)) => names.push(note),
                    None => by_kind.push((kind.clone(), vec![note])),
                }
            }
        }
        let gaps: Vec<&str> = words[row]
            .as_deref()
            .unwrap_or_default()
            .split(", ")
            .collect();
        let gaps: Vec<&str> = gaps
            .into_iter()
            .filter(|gap| !gap.is_empty() && !gap.starts_with("empty cell"))
            .collect();
        if !gaps.is_empty() {
            nothing.push(format!("{name} {}", gaps.join(" ")));
        }
    }
    for (kind, names) in &by_kind {
        list(kind, names);
    }
    list("open, and read as text", &open);
    list("columns left out", &left_out);
    list("words that stand for nothing", &nothing);
    of_rejects(&read.rejects, &read.glance)
}

/// What was decided about the table of the lessons.
pub fn of_campaign(loaded: &Loaded) -> Result {
    let mut decided = Vec::new();
    for what in ["encoding", "decimal", "dates", "money"] {
        if let Some(how) = first(&loaded.glance, what)? {
            decided.push(format!("{what} {how}"));
        }
    }
    if !decided.is_empty() {
        tell(format_args!("read as: {}", decided.join("; ")));
    }
    let columns = &loaded.columns;
    let (names, ours) = (texts(columns, "in_file")?, texts(columns, "in_table")?);
    let why = texts(columns, "why")?;
    let (mut left_out, mut own, mut missing) = (Vec::new(), Vec::new(), Vec::new());
    for (row, name) in names.into_iter().enumerate() {
        let why = why[row].clone().unwrap_or_default();
        match (name, why.strip_prefix("left out: ")) {
            (Some(name), Some(why)) => left_out.push(format!("{name:?} ({why})")),
            (Some(name), None) if why.starts_with("your own") => own.push(name),
            (None, _) => missing.extend(ours[row].clone()),
            _ => {}
        }
    }
    list("columns left out", &left_out);
    list("columns of your own, kept as they are", &own);
    list("columns that are not read, and empty", &missing);
    of_words(&loaded.recoded)?;
    of_rejects(&loaded.rejects, &loaded.glance)
}

/// Which words of the file are others in the table, or nothing.
fn of_words(words: &DataFrame) -> Result {
    let (of, from) = (texts(words, "column")?, texts(words, "in_file")?);
    let to = texts(words, "in_table")?;
    let rows = words.column("rows")?.u64()?;
    let (mut translated, mut kept, mut nothing) = (Vec::new(), Vec::new(), Vec::new());
    for row in 0..words.height() {
        let word = from[row].clone().unwrap_or_default();
        let here = format!("{} {word}", of[row].clone().unwrap_or_default());
        let rows = rows.get(row).unwrap_or(0);
        match &to[row] {
            None => nothing.push(format!("{here} ({rows})")),
            Some(to) if *to == word => kept.push(format!("{here} ({rows})")),
            Some(to) => translated.push(format!("{here} is {to} ({rows})")),
        }
    }
    list("words", &translated);
    list("words that are not known, kept as they are", &kept);
    list("words that stand for nothing", &nothing);
    Ok(())
}

fn of_rejects(rejects: &DataFrame, glance: &DataFrame) -> Result {
    let left_out = texts(rejects, "left_out")?;
    let values = left_out
        .iter()
        .flatten()
        .filter(|what| *what == "value")
        .count();
    let rows = table::number(glance, "rows_rejected", 0)?;
    if rows > 0.0 {
        tell(format_args!("{rows} rows do not fit and are left out"));
    }
    if values > 0 {
        tell(format_args!(
            "{values} values do not fit and are left out, in columns that are not needed"
        ));
    }
    Ok(())
}
