//! Which rows are one bill, and of what their amounts are.

use std::path::Path;

use polars::prelude::*;
use rayon::prelude::*;

use super::loader::AmountOf;
use super::role::Role;
use crate::error::Question;
use crate::table::{column, fingerprint};
use crate::{Error, Result};

/// What a column of the rows says of each bill.
type OfBills<'a> = dyn Fn(&Column) -> Result<Column> + Sync + 'a;

/// Which rows of a file are one bill.
pub(super) struct Groups {
    /// The bill of each row, from 0.
    pub bill: Vec<u32>,
    /// The first row of each bill.
    first: Vec<IdxSize>,
}

impl Groups {
    /// Rows of one bill have the same name and customer; without names, the same customer and time.
    pub fn of(table: &DataFrame, has_bill: bool) -> Result<Self> {
        let names = if has_bill {
            ["bill", "customer"]
        } else {
            ["customer", "time"]
        };
        let keys = fingerprint::of_rows(table, &names)?;
        // What has neither a name nor a customer is a bill of its own.
        let known = table.column(names[0])?;
        let known: Option<Vec<bool>> = match known.null_count() {
            0 => None,
            _ => Some(
                known
                    .is_not_null()
                    .iter()
                    .map(|known| known == Some(true))
                    .collect(),
            ),
        };
        let mut bill: Vec<u32> = fingerprint::first_rows(&keys, known.as_deref());
        let mut first = Vec::new();
        for row in 0..bill.len() {
            let of = bill[row] as usize;
            bill[row] = match of == row {
                true => first.len() as u32,
                false => bill[of],
            };
            if of == row {
                first.push(row as IdxSize);
            }
        }
        Ok(Groups { bill, first })
    }

    /// Of what each row has, that of the first row of each bill.
    pub fn first_of(&self, rows: &[u64]) -> Vec<u64> {
        self.first.iter().map(|row| rows[*row as usize]).collect()
    }

    /// A row for each bill, with sums over its rows.
    pub fn bills(
        &self,
        table: &DataFrame,
        lines: Option<&DataFrame>,
        amount_of: AmountOf,
    ) -> Result<DataFrame> {
        let sum = |column: &Column| self.sum(column);
        let one = |column: &Column| self.one(column);
        let of_bill: &OfBills = match amount_of {
            AmountOf::Bill => &one,
            AmountOf::Line => &sum,
        };
        let mut wanted: Vec<(&Column, &OfBills)> = Vec::new();
        let word = |column: &Column| self.word(column);
        for role in [Role::Bill, Role::Customer, Role::Channel, Role::Centre] {
            wanted.extend(table.column(role.name()).ok().map(|own| (own, &word as _)));
        }
        let earliest = |column: &Column| self.earliest(column);
        wanted.push((table.column("time")?, &earliest));
        let of_lines = lines.unwrap_or(table);
        wanted.extend(of_lines.column("quantity").ok().map(|own| (own, &sum as _)));
        wanted.push(match amount_of {
            AmountOf::Bill => (table.column("amount")?, &one),
            AmountOf::Line => (of_lines.column("amount")?, &sum),
        });
        for name in ["discount", "paid"] {
            wanted.extend(table.column(name).ok().map(|own| (own, of_bill)));
        }
        let mut columns: Vec<Column> = wanted
            .into_par_iter()
            .map(|(column, by)| by(column))
            .collect::<Result<_>>()?;
        if lines.is_some() {
            let mut count = vec![0u32; self.first.len()];
            self.bill.iter().for_each(|bill| count[*bill as usize] += 1);
            columns.push(UInt32Chunked::from_vec("lines".into(), count).into_column());
        }
        Ok(DataFrame::new(self.first.len(), columns)?)
    }

    /// What the first row of each bill says.
    fn word(&self, column: &Column) -> Result<Column> {
        let first = IdxCa::from_vec("first".into(), self.first.clone());
        Ok(column.take(&first)?.cast(&DataType::String)?)
    }

    /// The earliest time of each bill.
    fn earliest(&self, times: &Column) -> Result<Column> {
        let times = times.cast(&DataType::Int64)?;
        let mut earliest = vec![i64::MAX; self.first.len()];
        for (bill, time) in self.bill.iter().zip(times.i64()?.iter()) {
            if let Some(time) = time {
                let own = &mut earliest[*bill as usize];
                *own = (*own).min(time);
            }
        }
        let time = Column::new("time".into(), earliest);
        Ok(time.cast(&DataType::Datetime(TimeUnit::Milliseconds, None))?)
    }

    /// What all rows of a bill say, those apart that say nothing.
    fn one(&self, column: &Column) -> Result<Column> {
        let mut own: Vec<Option<f64>> = vec![None; self.first.len()];
        for (row, (bill, value)) in self.bill.iter().zip(column.f64()?.iter()).enumerate() {
            let own = &mut own[*bill as usize];
            match (*own, value) {
                (Some(before), Some(value)) if before != value => {
                    return Err(Error::Value {
                        column: column.name().to_string(),
                        row,
                        value: value.to_string(),
                        expected: format!(
                            "{before} as in the other rows of its bill, of which it is to be"
                        ),
                    });
                }
                (None, value) => *own = value,
                _ => {}
            }
        }
        Ok(Column::new(column.name().clone(), own))
    }

    /// The sum over the rows of each bill; null where none has a value.
    fn sum(&self, column: &Column) -> Result<Column> {
        let values = column.f64()?.iter();
        let sums = column::sums(&self.bill, self.first.len(), values);
        Ok(Column::new(column.name().clone(), sums))
    }
}

/// Of what the amounts of rows seem to be, counted over all rows.
#[derive(Default)]
pub(super) struct Amounts {
    /// Rows whose amount could be compared with price times quantity, and where it is that.
    compared: usize,
    fit: usize,
    /// Bills with several rows, and those of which all say the same.
    several: usize,
    alike: usize,
}

impl Amounts {
    /// Counts the rows of a table.
    pub fn count(&mut self, table: &DataFrame, groups: &Groups) -> Result<()> {
        let amount = table.column("amount")?.f64()?.rechunk().into_owned();
        if let (Ok(price), Ok(quantity)) = (table.column("price"), table.column("quantity")) {
            let (price, quantity) = (price.f64()?, quantity.f64()?);
            for ((price, quantity), amount) in price.iter().zip(quantity.iter()).zip(amount.iter())
            {
                if let (Some(price), Some(quantity), Some(amount)) = (price, quantity, amount) {
                    self.compared += 1;
                    self.fit += usize::from((price * quantity - amount).abs() <= 0.011);
                }
            }
        }
        let mut state: Vec<Option<(u64, bool, bool)>> = vec![None; groups.first.len()];
        for (bill, amount) in groups.bill.iter().zip(amount.iter()) {
            let bits = amount.map_or(u64::MAX, f64::to_bits);
            let own = &mut state[*bill as usize];
            *own = Some(match *own {
                None => (bits, false, true),
                Some((first, _, alike)) => (first, true, alike && first == bits),
            });
        }
        for (_, is_several, is_alike) in state.into_iter().flatten() {
            self.several += usize::from(is_several);
            self.alike += usize::from(is_several && is_alike);
        }
        Ok(())
    }

    /// Whether the amounts are those of lines, by the prices or by what bills with several rows say.
    pub fn decide(&self, file: &Path, in_file: Option<String>) -> Result<AmountOf> {
        let (several, alike) = (self.several, self.alike);
        let by_price = self.compared > 0 && self.fit as f64 >= 0.9 * self.compared as f64;
        if by_price || several < 5 || (alike as f64) < 0.9 * several as f64 {
            return Ok(AmountOf::Line);
        }
        Err(Error::Undecided {
            file: file.to_owned(),
            questions: vec![Question {
                column: in_file,
                kind: None,
                found: format!(
                    "of {several} bills with several rows {alike} have the same amount in each: it may be that \
                     of the bill, or that of the line"
                ),
                answer: ".amount_of(AmountOf::Bill) or .amount_of(AmountOf::Line)".into(),
            }],
        })
    }
}
