use polars::prelude::*;
use rayon::prelude::*;

use crate::Result;
use crate::table::column::{self, quantile};
use crate::table::groups::{MOST, encode};

/// How is each column of numbers spread?
///
/// One row a column of numbers (dates and flags of true and false are passed over):
/// `column`, `n`, `nulls`, `mean`, `sd` (population), `min`, `q25`, `median`, `q75`,
/// `max` (quantiles by linear interpolation), `skewness` (the third standardised moment: above 0
/// the long tail is on the right; null where all values are equal), `zeros` (their share of
/// the values). Mean, sd and quantiles are in the column's unit.
///
/// # Errors
/// [`Error::Value`](crate::Error::Value) where a value is infinite or not a number.
///
/// ```
/// use segmenta::prelude::*;
///
/// let summary = explore::summary(&df!("spend" => [Some(0.0), Some(2.0), Some(7.0), None])?)?;
/// assert_eq!(summary.column("mean")?.f64()?.get(0), Some(3.0));
/// assert_eq!(summary.column("q25")?.f64()?.get(0), Some(1.0));
/// assert_eq!(summary.column("zeros")?.f64()?.get(0), Some(1.0 / 3.0));
/// # Ok::<(), Error>(())
/// ```
pub fn summary(table: &DataFrame) -> Result<DataFrame> {
    let names: Vec<&str> = table
        .columns()
        .iter()
        .filter(|column| column.dtype().is_primitive_numeric())
        .map(|column| column.name().as_str())
        .collect();
    let rows: Vec<Spread> = names
        .par_iter()
        .map(|name| Ok(Spread::of(column::sorted(column::numbers(table, name)?))))
        .collect::<Result<_>>()?;
    let part = |f: fn(&Spread) -> Option<f64>| rows.iter().map(f).collect::<Vec<_>>();
    Ok(df!(
        "column" => names,
        "n" => rows.iter().map(|row| row.count).collect::<Vec<_>>(),
        "nulls" => rows.iter().map(|row| table.height() as u64 - row.count).collect::<Vec<_>>(),
        "mean" => part(|row| row.mean),
        "sd" => part(|row| row.sd),
        "min" => part(|row| row.quartiles[0]),
        "q25" => part(|row| row.quartiles[1]),
        "median" => part(|row| row.quartiles[2]),
        "q75" => part(|row| row.quartiles[3]),
        "max" => part(|row| row.quartiles[4]),
        "skewness" => part(|row| row.skew),
        "zeros" => part(|row| row.zeros),
    )?)
}

struct Spread {
    count: u64,
    mean: Option<f64>,
    sd: Option<f64>,
    quartiles: [Option<f64>; 5],
    skew: Option<f64>,
    zeros: Option<f64>,
}

impl Spread {
    fn of(sorted: Vec<f64>) -> Self {
        let n = sorted.len() as f64;
        let some = |x: f64| (!sorted.is_empty()).then_some(x);
        let mean = sorted.iter().sum::<f64>() / n;
        let (mut squares, mut cubes) = (0.0, 0.0);
        for x in &sorted {
            let off = x - mean;
            squares += off * off;
            cubes += off * off * off;
        }
        let constant = sorted.first() == sorted.last();
        let sd = if constant { 0.0 } else { (squares / n).sqrt() };
        let zeros = sorted.partition_point(|x| *x <= 0.0) - sorted.partition_point(|x| *x < 0.0);
        Spread {
            count: sorted.len() as u64,
            mean: some(mean),
            sd: some(sd),
            quartiles: [0.0, 0.25, 0.5, 0.75, 1.0].map(|at| quantile(&sorted, at)),
            skew: (sd > 0.0).then(|| cubes / n / sd.powi(3)),
            zeros: some(zeros as f64 / n),
        }
    }
}

/// Which words does each column of words hold, and how often?
///
/// One row a column and word: `column`, `value`, `customers`, `share` (of all customers).
/// Words stand in the order of [`By`](crate::table::groups::By), and nulls at last, as null. Columns
/// with more than 100 different words (names, numbers of orders) give one row that says so.
///
/// # Errors
/// None but those of polars.
///
/// ```
/// use segmenta::prelude::*;
///
/// let categories = explore::categories(&df!("Education" => ["PhD", "Basic", "PhD", "PhD"])?)?;
/// let words: Vec<_> = categories.column("value")?.str()?.iter().flatten().collect();
/// assert_eq!(words, ["Basic", "PhD"]);
/// assert_eq!(categories.column("share")?.f64()?.get(1), Some(0.75));
/// # Ok::<(), Error>(())
/// ```
pub fn categories(table: &DataFrame) -> Result<DataFrame> {
    let words: Vec<&Column> = table
        .columns()
        .iter()
        .filter(|column| *column.dtype() == DataType::String)
        .collect();
    let counted: Vec<Vec<(String, Option<String>, u64)>> = words
        .par_iter()
        .map(|column| {
            let name = column.name().to_string();
            let groups = encode(column)?;
            let (sizes, without) = groups.sizes();
            let mut rows: Vec<_> = if groups.labels.len() > MOST {
                let many = format!("({} different words)", groups.labels.len());
                vec![(name.clone(), Some(many), sizes.iter().sum())]
            } else {
                let words = groups.labels.into_iter().zip(sizes);
                words
                    .map(|(label, size)| (name.clone(), Some(label), size))
                    .collect()
            };
            if without > 0 {
                rows.push((name, None, without));
            }
            Ok(rows)
        })
        .collect::<Result<_>>()?;
    let rows = counted.concat();
    let share = |count: u64| count as f64 / table.height() as f64;
    Ok(df!(
        "column" => rows.iter().map(|row| row.0.as_str()).collect::<Vec<_>>(),
        "value" => rows.iter().map(|row| row.1.as_deref()).collect::<Vec<_>>(),
        "customers" => rows.iter().map(|row| row.2).collect::<Vec<_>>(),
        "share" => rows.iter().map(|row| share(row.2)).collect::<Vec<_>>(),
    )?)
}
