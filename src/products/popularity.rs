use super::{Bought, Past, Recommender};

/// What sells most now? The same for everybody: what was on most bills of the last 60 days. The rival of every other
/// method.
///
/// ```
/// use segmenta::prelude::*;
///
/// # let bills = df!("bill" => [0u32, 1], "customer" => ["Ann", "Bob"], "time" => ["2022-03-01", "2022-03-05"])?;
/// # let bills = bills.lazy().with_column(col("time").str().to_date(StrptimeOptions::default())).collect()?;
/// # let lines = df!("bill" => [0u32, 0, 1], "product" => ["tea", "jam", "tea"])?;
/// let past = Purchases::of(&bills, &lines)?.before("2022-04-01")?;
/// let offers = Popularity::fit(&past).rank(&["Ann"], 2, Offer::All)?;
/// assert_eq!(offers.column("product")?.str()?.get(0), Some("tea"));
/// assert_eq!(table::number(&offers, "offer_score", 0)?, 2.0);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Popularity {
    past: Past,
}

impl Popularity {
    /// By the bills of the last 60 days.
    pub fn fit(past: &Past) -> Self {
        Popularity { past: past.clone() }
    }
}

impl Recommender for Popularity {
    fn name(&self) -> String {
        "popularity".into()
    }

    fn past(&self) -> &Past {
        &self.past
    }

    fn scores(&self, _: &Bought<'_>, scores: &mut [f64]) {
        scores.copy_from_slice(&self.past.known.recent);
    }
}
