//! The header: a name for each column, or a question.

use std::path::Path;

use super::texts::Cells;
use crate::Error;
use crate::error::Question;

/// That the names which were given do not fit the columns there are.
pub(super) fn wrong_number(file: &Path, names: usize, columns: usize) -> Error {
    Error::NotATable {
        file: file.to_owned(),
        found: format!("{columns} columns"),
        expected: format!("as many as there are names: {names}"),
    }
}

/// What has to be asked about the names of the columns, and those columns that have none and say
/// nothing, each with what is told of it.
pub(super) fn check(columns: &[Cells], said: bool) -> (Vec<Question>, Vec<(usize, &'static str)>) {
    let mut questions = Vec::new();
    let mut left_out = Vec::new();
    let ask = |found: String, answer: &str| Question {
        column: None,
        kind: None,
        found,
        answer: answer.to_owned(),
    };
    let mut nameless = Vec::new();
    for (place, cells) in columns.iter().enumerate() {
        let unnamed = cells.header.is_empty() || is_made_up(&cells.header);
        if unnamed && cells.texts().next().is_none() {
            left_out.push((place, "left out: no name and no value"));
        } else if unnamed && cells.counts_rows() {
            left_out.push((place, "left out: the number of the row"));
        } else if cells.header.is_empty() {
            nameless.push(place + 1);
        }
    }
    if let Some(first) = nameless.first() {
        let places: Vec<String> = nameless.iter().map(usize::to_string).collect();
        let more = match nameless.len() {
            1 => "",
            _ => "; are header rows merged, or is there a title above the header?",
        };
        questions.push(ask(
            format!("no name above column {}{more}", places.join(", ")),
            &format!(".name({first}, \"a name\") or .header(2)"),
        ));
    }
    for (place, cells) in columns.iter().enumerate() {
        let same = |other: &&Cells| other.header == cells.header;
        let before = columns[..place].iter().filter(same).count();
        if before == 1 && !cells.header.is_empty() {
            let all = 1..=columns.len();
            let places: Vec<String> = all
                .filter(|at| columns[at - 1].header == cells.header)
                .map(|at| at.to_string())
                .collect();
            questions.push(ask(
                format!(
                    "columns {} are all called {:?}",
                    places.join(" and "),
                    cells.header
                ),
                &format!(".name({}, \"another name\")", place + 1),
            ));
        }
    }
    let number = |cells: &&Cells| {
        let name = cells.header.replace(',', ".");
        name.parse::<f64>().is_ok_and(|number| number.is_finite())
    };
    let year = |cells: &&Cells| {
        cells.header.len() == 4
            && (cells.header.starts_with("19") || cells.header.starts_with("20"))
    };
    if !said && let Some(odd) = columns.iter().filter(number).find(|cells| !year(cells)) {
        questions.push(ask(
            format!(
                "the first row has a number among its names, {:?}: is it a header?",
                odd.header
            ),
            ".header(1) if it is, .names([..]) if it is a customer",
        ));
    }
    (questions, left_out)
}

/// What pandas calls a column without a name.
fn is_made_up(name: &str) -> bool {
    name.strip_prefix("Unnamed: ")
        .is_some_and(|place| place.parse::<usize>().is_ok())
}
