//! Which bills are in these files, and what is on them?
//!
//! Three shapes are found: one row for each line of a bill (product, quantity, price), one row for each bill
//! with a list of products as JSON, and one row for each bill with its total only. [`load`] makes the same two
//! tables of all of them, `bills` and `lines`; [`Loader`] takes what the files do not say.
//!
//! | column | of | is |
//! |---|---|---|
//! | `bill` | both | the number of the bill here, from 0, in the order of the files |
//! | `bill_in_file` | bills | its name in the file, where the file has one |
//! | `customer` | bills | who bought, as the file names them; null where it does not |
//! | `time` | bills | when, in milliseconds; midnight where the file has days |
//! | `lines`, `quantity` | bills | how many lines, and how many pieces on them; null without lines |
//! | `amount`, `discount`, `paid` | bills | money, in the unit of the file |
//! | `channel`, `centre` | bills | as the file names them |
//! | `product`, `quantity`, `price`, `amount` | lines | what, how many, what one costs, what the line costs |
//!
//! What a file does not have, the tables do not have either, but for `amount`.
//!
//! Bills that do not fit into memory are gone through in [`Parts`].

mod bills;
mod file;
mod groups;
mod loader;
mod parts;
mod prices;
mod products;
mod role;
mod spread;
mod twice;

use std::collections::HashMap;
use std::path::Path;

use polars::prelude::*;

pub use loader::{AmountOf, Loader};
pub use parts::{Parts, parts_needed};
pub(crate) use prices::LinePrices;
pub use prices::{fitted_prices, prices, quarters, usual_prices};
pub use products::{PRICE_KEYS, PRODUCT_KEYS, QUANTITY_KEYS, Rule};
pub use role::Role;

use crate::Result;

/// Which bills are in these files? Strict: every value must fit.
///
/// Short for [`Loader::new`]`().load(files)`.
///
/// # Errors
/// See [`Loader::load`].
///
/// ```
/// use segmenta::prelude::*;
///
/// # let dir = std::env::temp_dir().join(format!("segmenta-orders-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir).unwrap();
/// let file = dir.join("2021.csv");
/// std::fs::write(&file, "client;date;total;products\n\
///     Ann;2021-03-04;30.5;[{\"product\":\"tea\",\"qty\":2}]\n\
///     Bob;2021-03-05;12;\"[{\"\"product\"\":\"\"tea\"\",\"\"qty\"\":1},{\"\"product\"\":\"\"jam\"\"}]\"\n").unwrap();
/// let orders = orders::load([&file])?;
/// assert_eq!(orders.bills.height(), 2);
/// assert_eq!(orders.lines.column("product")?.str()?.get(2), Some("jam"));
/// // A product without a quantity is one of it, which is told.
/// assert_eq!(orders.rules.column("done")?.str()?.get(0), Some("one of it"));
/// # std::fs::remove_dir_all(&dir).unwrap();
/// # Ok::<(), Error>(())
/// ```
pub fn load<F: AsRef<Path>>(files: impl IntoIterator<Item = F>) -> Result<Orders> {
    Loader::new().load(files)
}

/// What the files held.
#[derive(Clone, Debug)]
pub struct Orders {
    /// A row for each bill, in the order of the files; its columns stand [above](self).
    pub bills: DataFrame,
    /// A row for each line of a bill; none where the files have totals only.
    pub lines: DataFrame,
    /// One row for each value that does not fit: `file`, `row`, `column`, `value`, `expected`. The whole row
    /// of the file is left out.
    pub rejects: DataFrame,
    /// One row for each role, and for each column without one: `role`, `in_file`, `why`.
    pub columns: DataFrame,
    /// What was odd and was read all the same: `found`, `rows` of the files, `done`.
    pub rules: DataFrame,
    /// One row for each file: `file`, `format`, `dates`, `decimal`, `rows_read`, `rows_rejected`,
    /// `rows_kept`, `first` and `last` day.
    pub glance: DataFrame,
}

/// Where each bill stands in a table of bills, of which some may have been left out.
pub(crate) enum Places {
    /// Each in the row of its own number.
    All(u32),
    Some(HashMap<u32, u32, foldhash::fast::RandomState>),
}

impl Places {
    /// The row of a bill.
    pub fn get(&self, bill: u32) -> Option<u32> {
        match self {
            Places::All(bills) => (bill < *bills).then_some(bill),
            Places::Some(rows) => rows.get(&bill).copied(),
        }
    }
}

/// Where each bill stands, by the column `bill`.
pub(crate) fn places(bills: &DataFrame) -> Result<Places> {
    let numbers = crate::table::column::find(bills, "bill")?.cast(&DataType::UInt32)?;
    let numbers = numbers.u32()?;
    if numbers.iter().zip(0..).all(|(bill, row)| bill == Some(row)) {
        return Ok(Places::All(numbers.len() as u32));
    }
    let mut rows = HashMap::default();
    for (row, bill) in numbers.iter().enumerate() {
        let Some(bill) = bill else { continue };
        if rows.insert(bill, row as u32).is_some() {
            return Err(crate::Error::Value {
                column: "bill".into(),
                row,
                value: bill.to_string(),
                expected: "a number that no other bill has".into(),
            });
        }
    }
    Ok(Places::Some(rows))
}
