use polars::prelude::*;

use crate::Result;
use crate::stat::compare::{chi_square, holm, kruskal_wallis};
use crate::table::column;
use crate::table::groups::own_name;

/// In which columns do the segments differ, and by how much?
///
/// One row a column: `column`, `test`, `n`, `left_out`, `statistic`, `degrees`, `p`, `p_holm`
/// (corrected for the number of columns), `measure` (which measure of strength), `effect_size`,
/// `strength` (negligible, small, medium, large by the table of [`compare`](crate::stat::compare); for
/// Cramér's V by the degrees of freedom of the smaller side, Cohen 1988) and `warning`. Columns of
/// numbers are tested by Kruskal and Wallis, words and columns with two values by chi-square.
///
/// # Errors
/// Those of [`kruskal_wallis`] and [`chi_square`]; a column with one value only has nulls and a
/// warning.
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = df!(
///     "segment" => [1, 1, 1, 2, 2, 2], "spend" => [1, 2, 3, 7, 8, 9], "Complain" => [0, 0, 0, 0, 0, 0],
/// )?;
/// let differences = personality::differences(&customers, "segment", ["spend", "Complain"])?;
/// assert_eq!(differences.column("strength")?.str()?.get(0), Some("large"));
/// assert_eq!(differences.column("warning")?.str()?.get(1), Some("one value only"));
/// # Ok::<(), Error>(())
/// ```
pub fn differences<'a>(
    table: &DataFrame,
    segment: &str,
    columns: impl IntoIterator<Item = &'a str>,
) -> Result<DataFrame> {
    let mut rows = Vec::new();
    for name in columns {
        own_name(segment, &[name])?;
        let column = column::find(table, name)?;
        let kinds = column.drop_nulls().n_unique()?;
        let numbers = *column.dtype() != DataType::String && kinds > 2;
        rows.push(match (kinds, numbers) {
            (0 | 1, _) => Row::untested(name, table.height()),
            (_, true) => Row::read(name, &kruskal_wallis(table, name, segment)?, &RANKS)?,
            (_, false) => Row::read(name, &chi_square(table, segment, name)?, &SHARES)?,
        });
    }
    let tested: Vec<f64> = rows.iter().filter_map(|row| row.p).collect();
    let mut corrected = holm(&tested)?.into_iter();
    let p_holm: Vec<Option<f64>> = rows
        .iter()
        .map(|row| row.p.and_then(|_| corrected.next()))
        .collect();
    Ok(df!(
        "column" => rows.iter().map(|row| row.column.as_str()).collect::<Vec<_>>(),
        "test" => rows.iter().map(|row| row.test).collect::<Vec<_>>(),
        "n" => rows.iter().map(|row| row.n).collect::<Vec<_>>(),
        "left_out" => rows.iter().map(|row| row.left_out).collect::<Vec<_>>(),
        "statistic" => rows.iter().map(|row| row.statistic).collect::<Vec<_>>(),
        "degrees" => rows.iter().map(|row| row.degrees).collect::<Vec<_>>(),
        "p" => rows.iter().map(|row| row.p).collect::<Vec<_>>(),
        "p_holm" => p_holm,
        "measure" => rows.iter().map(|row| row.effect).collect::<Vec<_>>(),
        "effect_size" => rows.iter().map(|row| row.size).collect::<Vec<_>>(),
        "strength" => rows.iter().map(Row::strength).collect::<Vec<_>>(),
        "warning" => rows.iter().map(|row| row.warning.as_deref()).collect::<Vec<_>>(),
    )?)
}

/// A test, the column of its answer that holds the effect size, and from where on that is small,
/// medium, large.
struct Test {
    name: &'static str,
    effect: &'static str,
    column: &'static str,
    steps: [f64; 3],
}

const RANKS: Test = Test {
    name: "Kruskal-Wallis",
    effect: "epsilon squared",
    column: "epsilon_squared",
    steps: [0.01, 0.08, 0.26],
};
const SHARES: Test = Test {
    name: "chi-square",
    effect: "Cramér's V",
    column: "cramers_v_corrected",
    steps: [0.1, 0.3, 0.5],
};

struct Row {
    column: String,
    test: Option<&'static str>,
    n: u64,
    left_out: u64,
    statistic: Option<f64>,
    degrees: Option<u64>,
    p: Option<f64>,
    effect: Option<&'static str>,
    size: Option<f64>,
    steps: [f64; 3],
    warning: Option<String>,
}

impl Row {
    fn untested(name: &str, rows: usize) -> Self {
        Row {
            column: name.to_owned(),
            test: None,
            n: 0,
            left_out: rows as u64,
            statistic: None,
            degrees: None,
            p: None,
            effect: None,
            size: None,
            steps: [0.0; 3],
            warning: Some("one value only".to_owned()),
        }
    }

    fn read(name: &str, answer: &DataFrame, test: &Test) -> Result<Self> {
        let number = |column: &str| -> Result<Option<f64>> {
            Ok(column::numbers(answer, column)?.first().copied().flatten())
        };
        let whole = |column: &str| -> Result<u64> { Ok(number(column)?.unwrap_or(0.0) as u64) };
        // Cramér's V can be larger the fewer groups the smaller side has: Cohen's w is divided by the
        // root of that side's degrees of freedom. V = sqrt(statistic / n) / root tells it.
        let root = match test.column {
            "cramers_v_corrected" => {
                match (number("statistic")?, number("n")?, number("cramers_v")?) {
                    (Some(statistic), Some(n), Some(v)) if v > 0.0 => (statistic / n).sqrt() / v,
                    _ => 1.0,
                }
            }
            _ => 1.0,
        };
        Ok(Row {
            column: name.to_owned(),
            test: Some(test.name),
            n: whole("n")?,
            left_out: whole("left_out")?,
            statistic: number("statistic")?,
            degrees: Some(whole("degrees")?),
            p: number("p")?,
            effect: Some(test.effect),
            size: number(test.column)?,
            steps: test.steps.map(|step| step / root),
            warning: answer.column("warning")?.str()?.get(0).map(str::to_owned),
        })
    }

    fn strength(&self) -> Option<&'static str> {
        let size = self.size?;
        let reached = self.steps.iter().filter(|step| size >= **step).count();
        Some(["negligible", "small", "medium", "large"][reached])
    }
}
