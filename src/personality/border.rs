use polars::prelude::*;

use crate::cluster::{Model, Segments};
use crate::table::column;
use crate::table::points::squared;
use crate::{Error, Result};

/// Who is on the border between two segments?
///
/// The customers of the table whose `margin` is below `within`, nearest to the border first: with
/// `segment`, `next_segment` (that with the second nearest centre) and `margin`, 1 less the distance
/// to the own centre over that to the next, in scaled numbers: 0 right between the two, 1 at the own
/// centre. A letter that is right for both segments will do for them.
///
/// # Errors
/// Those of [`Segments::assign`]; [`Error::TooFew`] where there is a single segment,
/// [`Error::Parameter`] where `within` is not from 0 to 1, the segments have no centres, or the table has
/// columns of these names.
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = df!("spend" => [0.0, 1.0, 4.4, 9.0, 10.0])?;
/// let segments = Segments::fit(&customers, &Recipe::new(["spend"]), &KMeans::params(2))?;
/// let border = personality::border(&segments, &customers, 0.5)?;
/// assert_eq!(border.column("spend")?.f64()?.to_vec(), [Some(4.4)]);
/// # Ok::<(), Error>(())
/// ```
pub fn border(segments: &Segments, table: &DataFrame, within: f64) -> Result<DataFrame> {
    if !(0.0..=1.0).contains(&within) {
        return Err(Error::Parameter {
            name: "within",
            value: within.to_string(),
            expected: "a margin from 0 to 1, such as 0.1".into(),
        });
    }
    let Model::KMeans(model) = segments.model() else {
        return Err(Error::Parameter {
            name: "segments",
            value: "segments by density, which have no centres".into(),
            expected: "segments of k-means".into(),
        });
    };
    if segments.is_divided() {
        return Err(Error::Parameter {
            name: "segments",
            value: "segments that were divided again, which have no centres in the same numbers"
                .into(),
            expected: "the division of one of them, segments.part(\"2\")".into(),
        });
    }
    let centres = model.centroids();
    if centres.nrows() < 2 {
        return Err(Error::TooFew {
            what: "segments".into(),
            found: centres.nrows(),
            expected: "2 or more, for a border between them".into(),
        });
    }
    let own = ["segment", "next_segment", "margin"];
    for name in own {
        column::is_new(table, name)?;
    }
    let centres: Vec<Vec<f64>> = centres.outer_iter().map(|centre| centre.to_vec()).collect();
    let points = segments.scaler().points(table)?;
    let place = |row: &[f64]| {
        let mut far: Vec<(f64, u64)> = centres
            .iter()
            .zip(1..)
            .map(|(centre, label)| (squared(row, centre).sqrt(), label))
            .collect();
        far.sort_by(|a, b| a.0.total_cmp(&b.0));
        let margin = if far[1].0 > 0.0 {
            1.0 - far[0].0 / far[1].0
        } else {
            0.0
        };
        (far[0].1, far[1].1, margin)
    };
    let places: Vec<(u64, u64, f64)> = points.rows().map(place).collect();
    let mut border = table.clone();
    border.with_column(Column::new(
        own[0].into(),
        places.iter().map(|p| p.0).collect::<Vec<_>>(),
    ))?;
    border.with_column(Column::new(
        own[1].into(),
        places.iter().map(|p| p.1).collect::<Vec<_>>(),
    ))?;
    border.with_column(Column::new(
        own[2].into(),
        places.iter().map(|p| p.2).collect::<Vec<_>>(),
    ))?;
    let in_order = SortMultipleOptions::default().with_maintain_order(true);
    Ok(border
        .lazy()
        .filter(col("margin").lt(lit(within)))
        .sort(["margin"], in_order)
        .collect()?)
}
