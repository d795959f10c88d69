//! What is wrong with this table?
//!
//! One question, one function, one tidy table as the answer (and [`inside`], a rule to filter
//! with). Nothing is mended here: what to do about a finding is the analyst's decision.

mod bills;
mod outliers;

use polars::prelude::*;
use rayon::prelude::*;

use crate::Result;
use crate::data::features::{PURCHASES, SPEND};
use crate::table::column;
use crate::table::display::plain;
use crate::table::groups::own_name;
pub use bills::{bills, bills_in_parts, gaps, gaps_in_parts};
pub use outliers::{OutlierRule, inside, outliers};

/// Where are values missing?
///
/// One row a column: `column`, `nulls`, `share` (of all rows, 0 to 1).
///
/// # Errors
/// None but those of polars.
///
/// ```
/// use segmenta::prelude::*;
///
/// let nulls = quality::nulls(&df!("income" => [Some(1.0), None, None, None])?)?;
/// assert_eq!(nulls, df!("column" => ["income"], "nulls" => [3u64], "share" => [0.75])?);
/// # Ok::<(), Error>(())
/// ```
pub fn nulls(table: &DataFrame) -> Result<DataFrame> {
    let nulls: Vec<u64> = table
        .columns()
        .iter()
        .map(|c| c.null_count() as u64)
        .collect();
    Ok(df!(
        "column" => names(table),
        "nulls" => &nulls,
        "share" => nulls.iter().map(|n| share(*n, table.height())).collect::<Vec<_>>(),
    )?)
}

/// Which rows stand twice?
///
/// Two rows: all columns compared, and all but the `identifiers` (a customer
/// number makes every row its own). `duplicates` counts the rows that repeat an
/// earlier one; `distinct` the rows that would be left; `share` is of all rows.
///
/// # Errors
/// [`Error::NoColumn`](crate::Error::NoColumn) where an identifier is not in the table.
///
/// ```
/// use segmenta::prelude::*;
///
/// let table = df!("ID" => [1, 2, 3], "age" => [40, 40, 50])?;
/// let duplicates = quality::duplicates(&table, ["ID"])?;
/// let counts: Vec<_> = duplicates.column("duplicates")?.u64()?.into_no_null_iter().collect();
/// assert_eq!(counts, [0, 1]);
/// # Ok::<(), Error>(())
/// ```
pub fn duplicates<'a>(
    table: &DataFrame,
    identifiers: impl IntoIterator<Item = &'a str>,
) -> Result<DataFrame> {
    let identifiers: Vec<&str> = identifiers.into_iter().collect();
    for column in &identifiers {
        column::find(table, column)?;
    }
    let without = table.drop_many(identifiers.iter().copied());
    let compared = [
        "all columns".to_owned(),
        format!("all but {}", identifiers.join(", ")),
    ];
    let mut distinct = Vec::new();
    for part in [table, &without] {
        distinct.push(distinct_rows(part, &identifiers)? as u64);
    }
    let duplicates: Vec<u64> = distinct.iter().map(|d| table.height() as u64 - d).collect();
    Ok(df!(
        "compared" => compared,
        "duplicates" => &duplicates,
        "distinct" => distinct,
        "share" => duplicates.iter().map(|d| share(*d, table.height())).collect::<Vec<_>>(),
    )?)
}

/// How many different rows there are. Where an identifier alone tells all rows apart, none is compared.
fn distinct_rows(table: &DataFrame, identifiers: &[&str]) -> Result<usize> {
    for name in identifiers {
        let Ok(column) = table.column(name) else {
            continue;
        };
        if column.n_unique()? == table.height() {
            return Ok(table.height());
        }
    }
    if table.width() == 0 {
        return Ok(table.height().min(1));
    }
    let any = UniqueKeepStrategy::Any;
    Ok(table.unique::<&str, &str>(None, any, None)?.height())
}

/// Which customers stand on several rows?
///
/// One row for each name or number of the column `key` that more than one row has, in the order of
/// their first rows: the key, `rows`, and `differ_in`, the columns in which they differ (null where they
/// are the same throughout). Rows without a key are not compared.
///
/// # Errors
/// [`Error::NoColumn`](crate::Error::NoColumn), and [`Error::Parameter`](crate::Error::Parameter) where
/// the key has the name of one of the answer's own columns.
///
/// ```
/// use segmenta::prelude::*;
///
/// let table = df!("ID" => ["a", "b", "a"], "age" => [40, 40, 41], "city" => ["X", "X", "X"])?;
/// let repeated = quality::repeated(&table, "ID")?;
/// assert_eq!(repeated, df!("ID" => ["a"], "rows" => [2u64], "differ_in" => [Some("age")])?);
/// # Ok::<(), Error>(())
/// ```
pub fn repeated(table: &DataFrame, key: &str) -> Result<DataFrame> {
    own_name(key, &["rows", "differ_in"])?;
    column::find(table, key)?;
    let others: Vec<&str> = names(table)
        .into_iter()
        .filter(|name| *name != key)
        .collect();
    let different = others.iter().enumerate().map(|(place, name)| {
        let alias = format!("different {place}");
        col(*name).n_unique().alias(alias)
    });
    let grouped = table
        .clone()
        .lazy()
        .filter(col(key).is_not_null().and(col(key).is_duplicated()))
        .group_by_stable([col(key)])
        .agg(
            [
                vec![len().cast(DataType::UInt64).alias("rows")],
                different.collect(),
            ]
            .concat(),
        )
        .filter(col("rows").gt(lit(1)))
        .collect()?;
    let differ_in: Vec<Option<String>> = (0..grouped.height())
        .map(|row| {
            let mut differ = Vec::new();
            for (place, name) in others.iter().enumerate() {
                let counts = grouped
                    .column(&format!("different {place}"))?
                    .cast(&DataType::UInt64)?;
                if counts.u64()?.get(row) > Some(1) {
                    differ.push(*name);
                }
            }
            Ok((!differ.is_empty()).then(|| differ.join(", ")))
        })
        .collect::<Result<_>>()?;
    let mut answer = grouped.select([key, "rows"])?;
    answer.with_column(Column::new("differ_in".into(), differ_in))?;
    Ok(answer)
}

/// What kind of values does each column hold?
///
/// One row a column: `column`, `type`, `example` (the first value that is not null).
///
/// # Errors
/// None but those of polars.
///
/// ```
/// use segmenta::prelude::*;
///
/// let types = quality::types(&df!("age" => [None, Some(41i64)])?)?;
/// assert_eq!(types, df!("column" => ["age"], "type" => ["i64"], "example" => [Some("41")])?);
/// # Ok::<(), Error>(())
/// ```
pub fn types(table: &DataFrame) -> Result<DataFrame> {
    let example = |column: &Column| -> Result<Option<String>> {
        match column.is_not_null().first_true_idx() {
            Some(row) => Ok(Some(plain(&column.get(row)?))),
            None => Ok(None),
        }
    };
    Ok(df!(
        "column" => names(table),
        "type" => table.columns().iter().map(|c| c.dtype().to_string()).collect::<Vec<_>>(),
        "example" => table.columns().iter().map(example).collect::<Result<Vec<_>>>()?,
    )?)
}

/// Which columns say the same of every row?
///
/// One row for each such column: `column`, `value`. A column of nulls only is one.
///
/// # Errors
/// None but those of polars.
///
/// ```
/// use segmenta::prelude::*;
///
/// let table = df!("Z_Revenue" => [11, 11], "age" => [40, 50])?;
/// assert_eq!(quality::constants(&table)?, df!("column" => ["Z_Revenue"], "value" => [Some("11")])?);
/// # Ok::<(), Error>(())
/// ```
pub fn constants(table: &DataFrame) -> Result<DataFrame> {
    let (mut column, mut value) = (Vec::new(), Vec::new());
    for candidate in table.columns() {
        if is_constant(candidate)? {
            column.push(candidate.name().to_string());
            value.push(match candidate.get(0)? {
                AnyValue::Null => None,
                other => Some(plain(&other)),
            });
        }
    }
    Ok(df!("column" => column, "value" => value)?)
}

/// Whether all rows have the same value, or none has one. Most columns differ in their first rows.
fn is_constant(column: &Column) -> Result<bool> {
    if column.is_empty() || column.null_count() > 0 {
        return Ok(!column.is_empty() && column.null_count() == column.len());
    }
    let first = column.head(Some(FEW)).n_unique()? == 1;
    Ok(first && column.n_unique()? == 1)
}

/// Rows that are looked at first.
const FEW: usize = 1_000;

/// How many different values does each column have, and which is the most common?
///
/// One row a column: `column`, `distinct` (nulls not counted), `share` (distinct
/// values over values), `most_common`, `rows` (that hold it). Of equally common
/// values the smallest is named.
///
/// # Errors
/// None but those of polars.
///
/// ```
/// use segmenta::prelude::*;
///
/// let cardinality = quality::cardinality(&df!("status" => ["Single", "Married", "Married"])?)?;
/// assert_eq!(cardinality.column("distinct")?.u64()?.get(0), Some(2));
/// assert_eq!(cardinality.column("most_common")?.str()?.get(0), Some("Married"));
/// assert_eq!(cardinality.column("rows")?.u64()?.get(0), Some(2));
/// # Ok::<(), Error>(())
/// ```
pub fn cardinality(table: &DataFrame) -> Result<DataFrame> {
    let (mut distinct, mut shares, mut most_common, mut rows) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for column in table.columns() {
        let counts = DataFrame::new(column.len(), vec![column.clone().with_name("value".into())])?
            .lazy()
            .filter(col("value").is_not_null())
            .group_by([col("value")])
            .agg([len().cast(DataType::UInt64).alias("rows")])
            .sort_by_exprs(
                [col("rows"), col("value")],
                SortMultipleOptions::new().with_order_descending_multi([true, false]),
            )
            .collect()?;
        let values = column.len() - column.null_count();
        distinct.push(counts.height() as u64);
        shares.push(share(counts.height() as u64, values));
        let most = counts.column("rows")?.u64()?.iter().next().flatten();
        rows.push(most);
        most_common.push(match most {
            Some(_) => Some(plain(&counts.column("value")?.get(0)?)),
            None => None,
        });
    }
    Ok(df!(
        "column" => names(table),
        "distinct" => distinct,
        "share" => shares,
        "most_common" => most_common,
        "rows" => rows,
    )?)
}

/// The columns of [`ranges`], and the quantile of each.
const QUANTILES: [(&str, f64); 5] = [
    ("min", 0.0),
    ("q25", 0.25),
    ("median", 0.5),
    ("q75", 0.75),
    ("max", 1.0),
];

/// From where to where do the values reach?
///
/// One row a numeric or date column: `column`, `min`, `q25`, `median`, `q75`,
/// `max` as texts (dates and numbers share the columns), quantiles by linear
/// interpolation; those of dates fall on whole days.
///
/// # Errors
/// [`Error::Value`](crate::Error::Value) where a value is infinite or not a number.
///
/// ```
/// use segmenta::prelude::*;
///
/// let ranges = quality::ranges(&df!("visits" => [1i64, 2, 3, 4])?)?;
/// assert_eq!(ranges.column("median")?.str()?.get(0), Some("2.5"));
/// assert_eq!(ranges.column("q25")?.str()?.get(0), Some("1.75"));
/// # Ok::<(), Error>(())
/// ```
pub fn ranges(table: &DataFrame) -> Result<DataFrame> {
    let measured: Vec<&Column> = table
        .columns()
        .iter()
        .filter(|c| c.dtype().is_primitive_numeric() || *c.dtype() == DataType::Date)
        .collect();
    // Of a million customers each sorted column is eight megabytes: only its quantiles are kept.
    let texts = measured
        .par_iter()
        .map(|column| {
            let sorted = column::sorted(column::numbers(table, column.name())?);
            let text = |at: f64| {
                let value = column::quantile(&sorted, at)?;
                Some(match column.dtype() {
                    DataType::Date => plain(&AnyValue::Date(value.floor() as i32)),
                    // Between 68.6 and 68.8 lies 68.7, and not 68.69999999999999.
                    _ => format!("{value:.10}")
                        .parse::<f64>()
                        .unwrap_or(value)
                        .to_string(),
                })
            };
            Ok(QUANTILES.map(|(_, at)| text(at)))
        })
        .collect::<Result<Vec<[Option<String>; 5]>>>()?;
    let mut answer = df!(
        "column" => measured.iter().map(|c| c.name().as_str()).collect::<Vec<_>>(),
    )?;
    for (place, (name, _)) in QUANTILES.iter().enumerate() {
        let texts: Vec<Option<&str>> = texts.iter().map(|own| own[place].as_deref()).collect();
        answer.with_column(Column::new((*name).into(), texts))?;
    }
    Ok(answer)
}

/// Who was born before 1910, which nobody alive was when the table was made?
///
/// ```
/// use segmenta::prelude::*;
///
/// let births = df!("Year_Birth" => [1893, 1970])?;
/// assert_eq!(births.lazy().filter(quality::born_before_1910()).collect()?.height(), 1);
/// # Ok::<(), Error>(())
/// ```
pub fn born_before_1910() -> Expr {
    col("Year_Birth").lt(1910)
}

/// Whose income is one digit held down, then zeros (666,666,000)?
///
/// ```
/// use segmenta::prelude::*;
///
/// let incomes = df!("Income" => [666_666_000.0, 51_381_500.0])?;
/// assert_eq!(incomes.lazy().filter(quality::made_up_income()).collect()?.height(), 1);
/// # Ok::<(), Error>(())
/// ```
pub fn made_up_income() -> Expr {
    (1..=9)
        .map(|digit| col("Income").eq(lit(f64::from(digit) * 111_111_000.0)))
        .fold(lit(false), Expr::or)
}

/// Which customers cannot be as the table says?
///
/// One row a rule of the customer table (see [`campaign`](crate::data::campaign)):
/// `rule`, `rows` that break it, `share`, `why` it is doubtful.
///
/// # Errors
/// [`Error::NoColumn`](crate::Error::NoColumn) where the table lacks a column of the customer table.
///
/// ```
/// use segmenta::prelude::*;
///
/// let loaded = campaign::load("data/marketing_campaign.csv")?;
/// let impossible = quality::impossible(&loaded.customers)?;
/// assert_eq!(impossible.column("rule")?.str()?.get(0), Some("born before 1910"));
/// assert_eq!(impossible.column("rows")?.u64()?.get(0), Some(3));
/// # Ok::<(), Error>(())
/// ```
pub fn impossible(table: &DataFrame) -> Result<DataFrame> {
    let sum = |columns: &[&str]| {
        columns
            .iter()
            .map(|c| col(*c).fill_null(0))
            .reduce(|a, b| a + b)
            .unwrap_or_else(|| lit(0))
    };
    for column in
        PURCHASES
            .iter()
            .chain(&SPEND)
            .chain(&["Year_Birth", "Income", "NumWebVisitsMonth"])
    {
        column::find(table, column)?;
    }
    let rules = [
        (
            "born before 1910",
            born_before_1910(),
            "older than anybody alive when the table was made",
        ),
        (
            "income is one digit repeated",
            made_up_income(),
            "a placeholder that was typed, not an income",
        ),
        (
            "bought on the web without a visit",
            col("NumWebVisitsMonth")
                .eq(0)
                .and(col("NumWebPurchases").gt(0)),
            "visits are of the last month, purchases of two years: possible, but a rate per visit is not",
        ),
        (
            "spent without a purchase",
            sum(&PURCHASES).eq(0).and(sum(&SPEND).gt(0)),
            "money came in, and no channel has the purchase",
        ),
        (
            "purchase without spending",
            sum(&PURCHASES).gt(0).and(sum(&SPEND).eq(0)),
            "a channel has the purchase, and no money came in",
        ),
    ];
    let mut broken = Vec::new();
    for (_, rule, _) in &rules {
        let hits = table
            .clone()
            .lazy()
            .select([rule
                .clone()
                .fill_null(false)
                .sum()
                .cast(DataType::UInt64)
                .alias("rows")])
            .collect()?;
        broken.push(
            hits.column("rows")?
                .u64()?
                .iter()
                .next()
                .flatten()
                .unwrap_or(0),
        );
    }
    Ok(df!(
        "rule" => rules.iter().map(|r| r.0).collect::<Vec<_>>(),
        "rows" => &broken,
        "share" => broken.iter().map(|n| share(*n, table.height())).collect::<Vec<_>>(),
        "why" => rules.iter().map(|r| r.2).collect::<Vec<_>>(),
    )?)
}

fn names(table: &DataFrame) -> Vec<&str> {
    table.columns().iter().map(|c| c.name().as_str()).collect()
}

/// An empty table has no shares: 0 of 0 is NaN, and shown as such.
fn share(part: u64, whole: usize) -> f64 {
    part as f64 / whole as f64
}
