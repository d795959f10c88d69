use polars::prelude::*;
use serde_json::json;

use super::{COLOURS, Figure};
use crate::data::quality::OutlierRule;
use crate::table::column::{self, quantile};
use crate::table::dictionary;
use crate::table::display::{count, short};
use crate::{Error, Result};

/// Bars at most: more cannot be told apart.
const MOST_BINS: f64 = 40.0;
/// A value within a billionth of a width of an edge lies on it.
const SLACK: f64 = 1e-9;
/// Dots beyond the whiskers at most.
const MOST_DOTS: usize = 300;

/// How is a column spread?
///
/// A histogram with a box above it: the middle half of the customers with the median, whiskers
/// to the last value within one and a half times the width of the box, dots beyond. The width
/// of the bars follows Freedman and Diaconis (1981), rounded up to 1, 2 or 5 times a power of
/// ten, and makes 40 bars at most. The table behind it: `from` (inside), `to` (outside), `customers`, `share`.
///
/// # Errors
/// [`Error::TooFew`] where the column has no value; those of a missing column.
///
/// ```
/// use segmenta::prelude::*;
///
/// let figure = plot::histogram(&df!("visits" => [1, 1, 2, 5])?, "visits")?;
/// let customers: Vec<_> = figure.data().column("customers")?.u64()?.iter().flatten().collect();
/// assert_eq!(customers, [2, 1, 0, 0, 1]);
/// # Ok::<(), Error>(())
/// ```
pub fn histogram(table: &DataFrame, column: &str) -> Result<Figure> {
    let sorted = column::sorted(column::measured(table, column)?);
    let (Some(least), Some(q1), Some(median), Some(q3), Some(most)) = (
        quantile(&sorted, 0.0),
        quantile(&sorted, 0.25),
        quantile(&sorted, 0.5),
        quantile(&sorted, 0.75),
        quantile(&sorted, 1.0),
    ) else {
        return Err(Error::TooFew {
            what: format!("values of {column}"),
            found: 0,
            expected: "1 or more".into(),
        });
    };
    let bins = Bins::of(&sorted, q3 - q1);
    let share = |customers: u64| customers as f64 / sorted.len() as f64;
    let data = df!(
        "from" => &bins.from,
        "to" => &bins.to,
        "customers" => &bins.customers,
        "share" => bins.customers.iter().map(|n| share(*n)).collect::<Vec<_>>(),
    )?;
    let [lower, upper] = OutlierRule::Iqr.bounds(&sorted).unwrap_or([least, most]);
    let inside = sorted.partition_point(|x| *x < lower)..sorted.partition_point(|x| *x <= upper);
    let beyond = [&sorted[..inside.start], &sorted[inside.end..]].concat();
    let dots = spread(&beyond);
    let hover = |i: usize| {
        format!(
            "{}: {} customers ({:.1} %)",
            bins.words(i),
            count(bins.customers[i] as usize),
            100.0 * share(bins.customers[i])
        )
    };
    let traces = vec![
        json!({
            "type": "bar", "x": bins.middles(), "y": bins.customers, "width": bins.width,
            "marker": {"color": COLOURS[0], "line": {"color": "#ffffff", "width": 1}},
            "hovertext": (0..bins.from.len()).map(hover).collect::<Vec<_>>(), "hoverinfo": "text",
        }),
        json!({
            "type": "box", "orientation": "h", "yaxis": "y2", "y": [0],
            "q1": [q1], "median": [median], "q3": [q3],
            "lowerfence": [sorted[inside.clone()].first()], "upperfence": [sorted[inside].last()],
            "line": {"color": COLOURS[0]}, "hoverinfo": "x",
        }),
        json!({
            "type": "scatter", "mode": "markers", "yaxis": "y2",
            "x": dots, "y": vec![0; dots.len()],
            "marker": {"color": COLOURS[3], "opacity": 0.5, "size": 5},
            "hovertemplate": "%{x:,.6~g}: far out<extra></extra>",
        }),
    ];
    let nulls = table.height() - sorted.len();
    let words = format!(
        "{} customers, {} without a value. From {} to {}; half of them between {} and {}, the \
         median is {}. Beyond the whiskers: {}.",
        count(sorted.len()),
        count(nulls),
        short(least, 3),
        short(most, 3),
        short(q1, 3),
        short(q3, 3),
        short(median, 3),
        count(beyond.len()),
    );
    Ok(Figure::new(traces, data, words)
        .title(&format!("How is {column} spread?"))
        .subtitle(&format!(
            "{} customers; the box holds the middle half, dots lie far out",
            count(sorted.len())
        ))
        .x_axis(&dictionary::name(column))
        .y_axis("customers")
        .with("/layout/bargap", json!(0))
        .with("/layout/yaxis/domain", json!([0.0, 0.8]))
        .with(
            "/layout/yaxis2",
            json!({"domain": [0.85, 1.0], "visible": false, "range": [-1, 1]}),
        ))
}

struct Bins {
    from: Vec<f64>,
    to: Vec<f64>,
    customers: Vec<u64>,
    width: f64,
    /// Each bar stands for one whole number.
    whole: bool,
}

impl Bins {
    /// Bins for ascending values, of which there is one or more.
    fn of(sorted: &[f64], middle_half: f64) -> Self {
        let (least, most) = (sorted[0], sorted[sorted.len() - 1]);
        let whole_numbers = sorted.iter().all(|x| x.fract() == 0.0);
        let whole = whole_numbers && most - least < MOST_BINS;
        let width = if whole {
            1.0
        } else {
            let wanted = 2.0 * middle_half / (sorted.len() as f64).cbrt();
            let width = round_up(wanted.max((most - least) / (MOST_BINS - 1.0)));
            if whole_numbers { width.max(1.0) } else { width }
        };
        // Edges are counted in whole widths, and a width below 1 is a whole part of 1: 0.3 as
        // 3 times 0.1 would lie above a value of 0.3.
        let first = if whole {
            least
        } else {
            (least / width + SLACK).floor()
        };
        let edge = |i: usize| {
            let widths = first + i as f64;
            if width < 1.0 {
                widths / (1.0 / width).round()
            } else {
                widths * width
            }
        };
        let place = |x: f64| (x / width - first + SLACK).floor().max(0.0) as usize;
        let bins = place(most) + 1;
        let mut customers = vec![0; bins];
        for x in sorted {
            customers[place(*x).min(bins - 1)] += 1;
        }
        Bins {
            from: (0..bins).map(edge).collect(),
            to: (1..=bins).map(edge).collect(),
            customers,
            width,
            whole,
        }
    }

    /// Where the bars stand: on the number itself where each is for one whole number.
    fn middles(&self) -> Vec<f64> {
        let shift = if self.whole { 0.0 } else { self.width / 2.0 };
        self.from.iter().map(|from| from + shift).collect()
    }

    fn words(&self, i: usize) -> String {
        if self.whole {
            short(self.from[i], 6)
        } else {
            format!("{} to {}", short(self.from[i], 4), short(self.to[i], 4))
        }
    }
}

/// The next of 1, 2 and 5 times a power of ten.
fn round_up(width: f64) -> f64 {
    if width <= 0.0 {
        return 1.0;
    }
    let power = 10f64.powf(width.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * power);
    let fits = steps.into_iter().find(|step| *step >= width * (1.0 - 1e-9));
    fits.unwrap_or(10.0 * power)
}

/// So many of the values that they can be drawn, evenly, with both ends.
fn spread(values: &[f64]) -> Vec<f64> {
    if values.len() <= MOST_DOTS {
        return values.to_vec();
    }
    let step = (values.len() - 1) as f64 / (MOST_DOTS - 1) as f64;
    (0..MOST_DOTS)
        .map(|i| values[((i as f64 * step).round() as usize).min(values.len() - 1)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_round_and_bins_hold_everybody() {
        assert_eq!(
            [0.3, 1.0, 2.1, 7.0, 0.0].map(round_up),
            [0.5, 1.0, 5.0, 10.0, 1.0]
        );
        for values in [
            vec![5.0],
            vec![0.1, 0.2, 0.30000000000000004],
            (0..1000).map(f64::from).collect(),
            vec![-1e9, 0.0, 1e-9, 666_666_000.0],
        ] {
            let bins = Bins::of(&values, values[values.len() - 1] - values[0]);
            assert_eq!(bins.customers.iter().sum::<u64>(), values.len() as u64);
            assert!(
                bins.from.len() <= MOST_BINS as usize + 1,
                "{}",
                bins.from.len()
            );
        }
    }

    #[test]
    fn decimals_fall_into_the_bin_that_is_named_after_them() {
        // numpy.histogram would need edges moved by hand for this: 0.3 / 0.1 is below 3.
        let mut values: Vec<f64> = (0..1_000).map(|i| f64::from(i % 10) / 10.0).collect();
        values.sort_unstable_by(f64::total_cmp);
        let bins = Bins::of(&values, 0.5);
        assert_eq!(bins.width, 0.1);
        assert_eq!(bins.customers, [100; 10]);
        assert_eq!(bins.from[3], 0.3);
    }
}
