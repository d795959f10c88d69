//! Columns of the file that are not in the schema: numbers where all their values are, text else.

use polars::prelude::*;

use super::read::RawTable;
use crate::data::read::Decimal;
use crate::data::read::nulls::is_null;
use crate::data::read::numbers::{self, Votes};
use crate::data::read::texts::Cells;

/// What becomes of one such column.
pub(super) struct Own {
    /// `None` where it is left out.
    pub column: Option<Column>,
    pub why: String,
}

/// The copies of the customer table that are published have these, the same in every row.
const CONSTANTS: [&str; 2] = ["Z_CostContact", "Z_Revenue"];

pub(super) fn columns(raw: &RawTable, decimal: Option<Decimal>) -> Vec<Own> {
    raw.own.iter().map(|cells| own(cells, decimal)).collect()
}

fn own(cells: &Cells, decimal: Option<Decimal>) -> Own {
    let left_out = |why: String| Own { column: None, why };
    if (cells.header.starts_with("column ") || cells.header.starts_with("Unnamed"))
        && cells.counts_rows()
    {
        return left_out("left out: the number of the row".into());
    }
    let mut texts = cells.all();
    if CONSTANTS.contains(&cells.header.as_str())
        && let Some(first) = texts.next()
        && texts.all(|text| text == first)
    {
        return left_out(format!("left out: {first} in every row"));
    }
    let name = PlSmallStr::from(cells.header.as_str());
    let kept = |column: Column, why: &str| Own {
        column: Some(column),
        why: format!("your own: {why}"),
    };
    let text = |why: &str| {
        let texts = cells.all().map(|text| (!is_null(text)).then_some(text));
        kept(Column::new(name.clone(), texts.collect::<Vec<_>>()), why)
    };
    let mut votes = Votes::default();
    votes.count(cells.texts());
    let decimal = match (decimal, votes.decide()) {
        (Some(decimal), _) => decimal,
        (None, Ok(decimal)) => decimal.unwrap_or(Decimal::Point),
        (None, Err(_)) => return text("text, as its decimal sign is open"),
    };
    // 007 is a name, and loses its zeros as a number.
    let is_number = |text: &str| {
        let name = text.len() > 1 && text.starts_with('0') && !text.contains(['.', ',']);
        !name && decimal.parse(text).is_some()
    };
    if cells.texts().next().is_none() || !cells.texts().all(is_number) {
        return text("text");
    }
    let value = |text| (!is_null(text)).then(|| decimal.parse(text)).flatten();
    match cells
        .texts()
        .all(|text| numbers::whole(text, decimal).is_some())
    {
        true => {
            let whole = |text| (!is_null(text)).then(|| numbers::whole(text, decimal));
            let values: Vec<Option<i64>> = cells.all().map(|text| whole(text).flatten()).collect();
            kept(Column::new(name, values), "whole numbers")
        }
        false => {
            let values: Vec<Option<f64>> = cells.all().map(value).collect();
            kept(Column::new(name, values), "numbers")
        }
    }
}
