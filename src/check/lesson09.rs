//! The exercises of lesson 09, Orders.

use polars::prelude::*;

use super::{Answer, Expected, Verdict, no_exercise, rows};
use crate::error::Result;

pub(super) const HINTS: [&str; 3] = [
    "`view` has a row for each customer and the column `visits`; filter those with 1 and count the rows.",
    "`Clean::new(&orders.bills)?.drop_nulls([\"customer\", \"amount\"])?`, then `SingleView::new().of(..)` of what is kept, and \
     count the rows whose amount is 0 or less.",
    "`SingleView::new().between(&days[0], &days[1]).of(&bills)?` is the first half. A join of the kind `JoinType::Anti` keeps the rows \
     of the left table that have no partner in the right one.",
];

/// Is an answer to lesson 09 right? The table is `view`, `orders.bills` and `bills`, in the order of the exercises.
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) where there is no such exercise, and those of the table's columns.
///
/// ```
/// use segmenta::prelude::*;
///
/// let view = df!("visits" => [1, 1, 4])?;
/// assert!(check::lesson09(1, 2, &view)?.is_right());
/// # Ok::<(), Error>(())
/// ```
pub fn lesson09(exercise: usize, answer: impl Into<Answer>, table: &DataFrame) -> Result<Verdict> {
    let expected = match exercise {
        1 => came_once(table)?,
        2 => brought_nothing(table)?,
        3 => only_in_first_half(table)?,
        other => return Err(no_exercise(other)),
    };
    expected.judge(9, exercise, answer)
}

fn came_once(view: &DataFrame) -> Result<Expected> {
    let visits = || col("visits");
    Ok(Expected::new(rows(view, visits().eq(lit(1)))?)
        .mistake(
            rows(view, visits().gt(lit(1)))?,
            "those came more than once",
        )
        .mistake(view.height(), "those are all customers"))
}

fn brought_nothing(bills: &DataFrame) -> Result<Expected> {
    let known = || {
        col("customer")
            .is_not_null()
            .and(col("amount").is_not_null())
    };
    let sums = |kept: Expr| {
        let kept = bills.clone().lazy().filter(kept);
        kept.group_by([col("customer")])
            .agg([col("amount").sum()])
            .collect()
    };
    let sold = known().and(col("amount").gt(lit(0)));
    let of_each = sums(known())?;
    let nothing = || col("amount").lt_eq(lit(0));
    Ok(Expected::new(rows(&of_each, nothing())?)
        .mistake(
            rows(&sums(sold)?, nothing())?,
            "returns are left out there, as in `bills`: begin with `orders.bills`",
        )
        .mistake(
            rows(bills, known().and(nothing()))?,
            "those are bills; customers are asked for, by the sum of theirs",
        )
        .mistake(
            rows(&of_each, col("amount").lt(lit(0)))?,
            "who has brought back all that was bought has an amount of 0, and belongs to them",
        )
        .mistake(
            rows(&sums(col("amount").is_not_null())?, nothing())?,
            "the bills that name nobody are taken for a customer there",
        ))
}

fn only_in_first_half(bills: &DataFrame) -> Result<Expected> {
    // As the cell above the exercise divides the time: at the day on which its middle lies.
    let moment = || col("time").cast(DataType::Datetime(TimeUnit::Milliseconds, None));
    let number = || moment().cast(DataType::Int64);
    let middle = (number().min() + number().max()).floor_div(lit(2));
    let day = |moment: Expr| moment.floor_div(lit(86_400_000_i64));
    let of_each = bills
        .clone()
        .lazy()
        .with_columns([day(number()).lt(day(middle)).alias("is_first")])
        .group_by([col("customer")])
        .agg([
            col("is_first").any(true).alias("in_first"),
            col("is_first").not().any(true).alias("in_second"),
        ])
        .collect()?;
    let (first, second) = (|| col("in_first"), || col("in_second"));
    Ok(Expected::new(rows(&of_each, first().and(second().not()))?)
        .mistake(
            rows(&of_each, second().and(first().not()))?,
            "those are new in the second half: the tables are the wrong way round",
        )
        .mistake(
            rows(&of_each, first().and(second()))?,
            "those are in both halves",
        )
        .mistake(rows(&of_each, first())?, "those are all of the first half"))
}
