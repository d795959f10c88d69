//! The exercises of lesson 03, Conversion.

use polars::prelude::*;

use super::{Answer, Expected, Verdict, no_exercise, or_nan, rows, value};
use crate::error::{Error, Result};

pub(super) const HINTS: [&str; 3] = [
    "`conversion::response_rate(&clean, &Bands::new(\"children\", [1.0])?, 0.95)?` has a row for each of the two groups; the second \
     has the parents, and its column `estimate` the share.",
    "`Bands::new(\"age\", [35.0, 50.0])?` makes the three bands; a band begins with its border and ends before the next.",
    "Count twice with `filter`: who has \"PhD\" in `Education`, and who of them has a `Response` of 1. The second number is \
     `answered`, the first `asked`.",
];

/// Is an answer to lesson 03 right? The table is `clean`.
///
/// # Errors
/// [`Error::Parameter`] where there is no such exercise, and those of the table's columns.
///
/// ```
/// use segmenta::prelude::*;
///
/// let clean = df!("children" => [0, 0, 1, 2], "Response" => [1, 1, 1, 0])?;
/// assert!(check::lesson03(1, 0.5, &clean)?.is_right());
/// let per_cent = check::lesson03(1, 50.0, &clean)?;
/// assert_eq!(per_cent.text(), "wrong: that is in per cent; a share from 0 to 1 is asked for");
/// # Ok::<(), Error>(())
/// ```
pub fn lesson03(exercise: usize, answer: impl Into<Answer>, clean: &DataFrame) -> Result<Verdict> {
    let expected = match exercise {
        1 => rate_of_parents(clean)?,
        2 => middle_aged(clean)?,
        3 => lower_end_for_doctors(clean)?,
        other => return Err(no_exercise(other)),
    };
    expected.judge(3, exercise, answer)
}

fn rate_of_parents(clean: &DataFrame) -> Result<Expected> {
    let is_parent = || col("children").gt_eq(lit(1));
    let answered = || col("Response").eq(lit(1));
    let share = |what: Expr, among: Expr| value(clean, what.filter(among).mean());
    Ok(Expected::new(share(answered(), is_parent())?)
        .within(0.0005)
        .share()
        .mistake(
            or_nan(share(answered(), is_parent().not())),
            "that is the rate of those without children, the first row of the table",
        )
        .mistake(
            or_nan(share(is_parent(), answered())),
            "that is the share of parents among those who answered; the other way round is asked for",
        )
        .mistake(
            or_nan(value(clean, answered().mean())),
            "that is the rate of all customers",
        )
        .mistake(
            or_nan(value(clean, is_parent().and(answered()).mean())),
            "that divides the parents who answered by all customers, and not by the parents",
        ))
}

fn middle_aged(clean: &DataFrame) -> Result<Expected> {
    let age = || col("age");
    let from = || age().gt_eq(lit(35));
    Ok(Expected::new(rows(clean, from().and(age().lt(lit(50))))?)
        .mistake(
            rows(clean, from().and(age().lt_eq(lit(50))))?,
            "who is 50 belongs to the oldest band",
        )
        .mistake(
            rows(clean, age().gt(lit(35)).and(age().lt(lit(50))))?,
            "who is 35 belongs to the middle band",
        )
        .mistake(
            rows(clean, age().gt(lit(35)).and(age().lt_eq(lit(50))))?,
            "who is 35 belongs to the middle band, and who is 50 to the oldest",
        ))
}

fn lower_end_for_doctors(clean: &DataFrame) -> Result<Expected> {
    let is_doctor = || col("Education").eq(lit("PhD"));
    let asked = rows(clean, is_doctor())?;
    if asked == 0 {
        return Err(Error::TooFew {
            what: "customers with a PhD".into(),
            found: 0,
            expected: "at least 1".into(),
        });
    }
    let answered = rows(clean, is_doctor().and(col("Response").eq(lit(1))))?;
    let (n, p) = (asked as f64, answered as f64 / asked as f64);
    // Wilson (1927): the ends are what the closed form says.
    let wilson = |z: f64, side: f64| {
        let centre = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
        let reach = z / (1.0 + z * z / n) * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
        centre + side * reach
    };
    const Z_95: f64 = 1.959_963_984_540_054;
    const Z_90: f64 = 1.644_853_626_951_472;
    Ok(Expected::new(wilson(Z_95, -1.0))
        .within(0.0005)
        .share()
        .mistake(wilson(Z_95, 1.0), "that is the upper end")
        .mistake(p, "that is the rate itself; how low may it be?")
        .mistake(
            p - Z_95 * (p * (1.0 - p) / n).sqrt(),
            "that is Wald's interval, which is too narrow for small numbers; Wilson's is asked for",
        )
        .mistake(
            wilson(Z_90, -1.0),
            "that is the end of an interval of 90 %; 95 % is asked for",
        ))
}
