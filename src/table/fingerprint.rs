//! What tells the rows of a table apart, in 128 bits each: two rows that differ have the same with a chance of
//! one in 10^38.

use std::collections::HashMap;
use std::hash::BuildHasher as _;
use std::sync::atomic::{AtomicU32, Ordering};

use foldhash::fast::FixedState;
use polars::prelude::*;
use rayon::prelude::*;

use crate::Result;
use crate::table::column;

/// Rows that are done at once.
const PART: usize = 1 << 16;

/// The fingerprint of each row by these columns; a null is a value of its own. The same table gives the same
/// on every run.
pub(crate) fn of_rows(table: &DataFrame, names: &[&str]) -> Result<Vec<u128>> {
    let columns = names
        .iter()
        .map(|name| Ok(column::find(table, name)?.to_physical_repr()))
        .collect::<Result<Vec<Column>>>()?;
    let mut prints = vec![0u128; table.height()];
    let parts = prints.par_chunks_mut(PART).enumerate();
    parts.try_for_each(|(place, prints)| -> Result<()> {
        for own in &columns {
            let own = own.slice((place * PART) as i64, prints.len());
            mix(&own, prints)?;
        }
        Ok(())
    })?;
    Ok(prints)
}

/// For each row the first one with the same fingerprint; rows that are not `known` are alone.
pub(crate) fn first_rows(prints: &[u128], known: Option<&[bool]>) -> Vec<u32> {
    // Each part of all fingerprints has a map of its own, so that a thread can fill it by itself, and it is small.
    const PARTS: usize = 8;
    let is_known = |row: usize| known.is_none_or(|known| known[row]);
    let first: Vec<AtomicU32> = (0..prints.len() as u32).map(AtomicU32::new).collect();
    (0..PARTS).into_par_iter().for_each(|part| {
        let mut seen: HashMap<u128, u32, foldhash::fast::RandomState> = HashMap::default();
        let mut before = None;
        for (row, print) in prints.iter().enumerate() {
            if *print as usize % PARTS != part || !is_known(row) {
                continue;
            }
            // Rows of one kind often stand beside each other.
            let own = match before {
                Some((last, first)) if last == print => first,
                _ => *seen.entry(*print).or_insert(row as u32),
            };
            before = Some((print, own));
            first[row].store(own, Ordering::Relaxed);
        }
    });
    first.into_iter().map(AtomicU32::into_inner).collect()
}

/// Goes on with the values of a column.
fn mix(column: &Column, prints: &mut [u128]) -> Result<()> {
    let states = [1, 2].map(FixedState::with_seed);
    let with = |print: &mut u128, value: &dyn Fn(&FixedState, u64) -> u64| {
        let (high, low) = ((*print >> 64) as u64, *print as u64);
        let (high, low) = (value(&states[0], high), value(&states[1], low));
        *print = (u128::from(high) << 64) | u128::from(low);
    };
    match column.dtype() {
        DataType::String => {
            for (print, value) in prints.iter_mut().zip(column.str()?.iter()) {
                with(print, &|state, before| state.hash_one((before, value)));
            }
        }
        DataType::Float64 => {
            for (print, value) in prints.iter_mut().zip(column.f64()?.iter()) {
                let value = value.map(f64::to_bits);
                with(print, &|state, before| state.hash_one((before, value)));
            }
        }
        DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32 => {
            let whole = column.cast(&DataType::Int64)?;
            for (print, value) in prints.iter_mut().zip(whole.i64()?.iter()) {
                with(print, &|state, before| state.hash_one((before, value)));
            }
        }
        _ => {
            let words = column.cast(&DataType::String)?;
            for (print, value) in prints.iter_mut().zip(words.str()?.iter()) {
                with(print, &|state, before| state.hash_one((before, value)));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_knows_the_first_of_its_kind() {
        let prints = [7, 8, 7, 7, 9, 8, 7];
        assert_eq!(first_rows(&prints, None), [0, 1, 0, 0, 4, 1, 0]);
        let known = [false, true, true, true, true, false, true];
        assert_eq!(first_rows(&prints, Some(&known)), [0, 1, 2, 2, 4, 5, 2]);
    }

    #[test]
    fn rows_are_told_apart_by_each_value_and_its_place() {
        let table = df!(
            "a" => ["x", "x", "xy", "x", ""],
            "b" => [Some("y"), Some("y"), Some(""), None, Some("xy")],
            "n" => [1.0, 1.0, 1.0, 1.0, 1.0],
        )
        .unwrap();
        let prints = of_rows(&table, &["a", "b", "n"]).unwrap();
        assert_eq!(prints[0], prints[1]);
        for (place, print) in prints.iter().enumerate().skip(1) {
            assert_eq!(
                prints.iter().filter(|other| *other == print).count(),
                1 + usize::from(place == 1)
            );
        }
        assert_eq!(of_rows(&table, &["a", "b", "n"]).unwrap(), prints);
    }
}
