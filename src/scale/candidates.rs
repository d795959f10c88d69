use polars::prelude::*;

use crate::Result;
use crate::data::roles::{Role, Roles};
use crate::stat::explore::correlation;
use crate::table::column;

/// Two columns whose correlation is beyond this say the same twice.
const COPY: f64 = 0.95;
/// A column that has no value for more than this share of the customers would leave too many out.
const GAPS: f64 = 0.2;

/// By which columns could customers be told apart?
///
/// Numbers and flags that vary, without those that name a customer, are a code or an answer (by their
/// [roles](crate::data::roles)), without dates, without words (which describe segments, and take part
/// only where they are asked for), and without near-copies: of two columns with a correlation beyond
/// 0.95 the later one; and without those that have no value for more than a fifth of the customers, who
/// would all be left out. One row a column: `column`, `taken`, `why`.
///
/// # Errors
/// [`Error::Value`](crate::Error::Value) where a number is not finite.
///
/// ```
/// use segmenta::data::roles::Roles;
/// use segmenta::prelude::*;
///
/// let customers = df!(
///     "id" => [1, 2, 3, 4], "spend" => [5.0, 7.5, 9.0, 1.0], "spend_in_cents" => [500, 750, 900, 100],
///     "visits" => [1, 4, 2, 2], "city" => ["Bern", "Bern", "Genf", "Genf"],
/// )?;
/// let columns = scale::candidates(&customers, &Roles::propose(&customers)?)?;
/// let taken: Vec<_> = columns.column("taken")?.bool()?.iter().flatten().collect();
/// assert_eq!(taken, [false, true, false, true, false]);
/// assert_eq!(columns.column("why")?.str()?.get(2), Some("a near-copy of spend: r = 1.00"));
/// # Ok::<(), Error>(())
/// ```
pub fn candidates(table: &DataFrame, roles: &Roles) -> Result<DataFrame> {
    let mut taken: Vec<(&str, Vec<Option<f64>>)> = Vec::new();
    let (mut names, mut are_taken, mut why) = (Vec::new(), Vec::new(), Vec::new());
    for own in table.columns() {
        let name = own.name().as_str();
        let says = match (own.dtype(), roles.of(name)) {
            (_, Some(Role::Name)) => "it names the customer".to_owned(),
            (_, Some(Role::Group)) => "a group or a code: its numbers have no distance".to_owned(),
            (_, Some(Role::Answer)) => {
                "an answer: segments are described by it, and not made of it".to_owned()
            }
            (DataType::Date | DataType::Datetime(..), _) => "a date".to_owned(),
            (dtype, _) if !dtype.is_primitive_numeric() => "words".to_owned(),
            _ => {
                let values = column::numbers(table, name)?;
                let mut known = values.iter().flatten();
                let first = known.next();
                let copy = taken.iter().find_map(|(other, theirs)| {
                    let both = values
                        .iter()
                        .zip(theirs)
                        .filter_map(|(a, b)| Some(((*a)?, (*b)?)));
                    let r = correlation(both).0?;
                    (r.abs() > COPY).then(|| format!("a near-copy of {other}: r = {r:.2}"))
                });
                if first.is_none() {
                    "no value".to_owned()
                } else if known.all(|value| Some(value) == first) {
                    "the same for all".to_owned()
                } else if own.null_count() as f64 > GAPS * own.len() as f64 {
                    let share = 100.0 * own.null_count() as f64 / own.len() as f64;
                    format!("no value for {share:.0} % of the customers, who would be left out")
                } else if is_counter(own)? {
                    "it counts the rows".to_owned()
                } else if let Some(copy) = copy {
                    copy
                } else {
                    taken.push((name, values));
                    String::new()
                }
            }
        };
        names.push(name);
        are_taken.push(says.is_empty());
        why.push(says);
    }
    Ok(df!("column" => names, "taken" => are_taken, "why" => why)?)
}

/// Whole numbers without a gap between them, each once, in the order of the rows.
fn is_counter(own: &Column) -> Result<bool> {
    if !own.dtype().is_integer() || own.len() < 3 || own.null_count() > 0 {
        return Ok(false);
    }
    let values = own.cast(&DataType::Int64)?;
    let values: Vec<i64> = values.i64()?.iter().flatten().collect();
    Ok(values
        .windows(2)
        .all(|pair| pair[1].checked_sub(pair[0]) == Some(1)))
}
