use super::{Bought, Past, Recommender};

/// What has the customer bought most often? Then what sells most now.
///
/// ```
/// use segmenta::prelude::*;
///
/// # let bills = df!("bill" => [0u32, 1], "customer" => ["Ann", "Bob"], "time" => ["2022-03-01", "2022-03-05"])?;
/// # let bills = bills.lazy().with_column(col("time").str().to_date(StrptimeOptions::default())).collect()?;
/// # let lines = df!("bill" => [0u32, 0, 1], "product" => ["tea", "jam", "tea"])?;
/// let past = Purchases::of(&bills, &lines)?.before("2022-04-01")?;
/// let offers = Repeat::fit(&past).rank(&["Ann"], 2, Offer::Repeat)?;
/// assert_eq!(offers.column("bought")?.u64()?.to_vec(), [1, 1].map(Some));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Repeat {
    past: Past,
}

impl Repeat {
    /// By the bills of each customer.
    pub fn fit(past: &Past) -> Self {
        Repeat { past: past.clone() }
    }
}

impl Recommender for Repeat {
    fn name(&self) -> String {
        "repeat".into()
    }

    fn past(&self) -> &Past {
        &self.past
    }

    fn scores(&self, bought: &Bought<'_>, scores: &mut [f64]) {
        for (product, count) in bought.products.iter().zip(bought.counts) {
            scores[*product as usize] = *count;
        }
    }
}
