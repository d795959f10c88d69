//! Bills that two files have.

use std::collections::HashMap;

use polars::prelude::*;

use super::bills::{DAY, leave_out};
use super::file::Contents;
use super::role::Role;
use crate::table::{column, fingerprint};
use crate::{Problem, Result};

/// Takes out bills that an earlier file has too, as two exports that overlap have them.
pub(super) fn twice(
    contents: &mut [Contents],
    lists: &mut [DataFrame],
    odd: &mut [Vec<u16>],
    has_bill: bool,
    in_file: &dyn Fn(Role) -> Option<String>,
) -> Result<()> {
    let mut ranges = Vec::new();
    for own in contents.iter() {
        let time = own.table.column("time")?.cast(&DataType::Int64)?;
        let time = time.i64()?;
        ranges.push(time.min().zip(time.max()));
    }
    // Only where the times of two files overlap can a bill be in both.
    let shared = |file: usize, time: i64| {
        let inside = |range: &Option<(i64, i64)>| {
            range.is_some_and(|(from, to)| (from..=to).contains(&time))
        };
        ranges
            .iter()
            .enumerate()
            .any(|(other, range)| other != file && inside(range))
    };
    let mut first: HashMap<u128, usize, foldhash::fast::RandomState> = HashMap::default();
    let role = if has_bill { Role::Bill } else { Role::Time };
    for file in 0..contents.len() {
        let table = &contents[file].table;
        let names: Vec<&str> = match has_bill {
            true => vec!["bill", "customer", "time"],
            false => table
                .get_column_names()
                .into_iter()
                .map(|name| name.as_str())
                .collect(),
        };
        let named = match has_bill {
            true => table.column("bill")?.is_not_null(),
            false => BooleanChunked::full("named".into(), false, table.height()),
        };
        let times = table.column("time")?.cast(&DataType::Int64)?;
        let times: Vec<i64> = times.i64()?.iter().map(|time| time.unwrap_or(0)).collect();
        if !times.iter().any(|time| shared(file, *time)) {
            continue;
        }
        let keys = fingerprint::of_rows(table, &names)?;
        let mut bad = vec![false; keys.len()];
        let mut found = Vec::new();
        for (row, ((key, time), named)) in keys.into_iter().zip(times).zip(named.iter()).enumerate()
        {
            if !shared(file, time) {
                continue;
            }
            let earlier = *first.entry(key).or_insert(file);
            // Without a clock two bills of a day may well be alike; without its number a bill is nobody's.
            let is_clear = named == Some(true) || (!has_bill && time.rem_euclid(DAY) != 0);
            if earlier != file && is_clear {
                bad[row] = true;
                found.push((row, earlier));
            }
        }
        let shown = table.column(role.name())?.clone();
        for (row, earlier) in found {
            let problem = Problem {
                row: contents[file].rows[row] as usize,
                column: in_file(role),
                value: column::label(&shown, row)?,
                expected: format!(
                    "a bill that {} does not have",
                    contents[earlier].decisions.file.display()
                ),
            };
            contents[file].problems.push(problem);
        }
        leave_out(
            &mut contents[file],
            lists.get_mut(file),
            odd.get_mut(file),
            &bad,
        )?;
    }
    Ok(())
}
