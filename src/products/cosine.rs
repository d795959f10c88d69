use polars::prelude::*;

use super::{Bought, Past, Recommender};
use crate::Result;

/// Which products have the same customers? The cosine between two products is the number of customers who bought both,
/// by the root of the product of the numbers who bought each; a product's score is the sum of its cosines with those
/// that the customer has (Sarwar and others 2001).
///
/// ```
/// use segmenta::prelude::*;
///
/// # let bills = df!("bill" => [0u32, 1, 2], "customer" => ["Ann", "Bob", "Cid"], "time" => ["2022-03-01", "2022-03-05", "2022-03-06"])?;
/// # let bills = bills.lazy().with_column(col("time").str().to_date(StrptimeOptions::default())).collect()?;
/// # let lines = df!("bill" => [0u32, 0, 1, 1, 2], "product" => ["tea", "jam", "tea", "jam", "tea"])?;
/// let past = Purchases::of(&bills, &lines)?.before("2022-04-01")?;
/// let pairs = ItemCosine::fit(&past)?.pairs(0.5)?;
/// assert!((table::number(&pairs, "cosine", 0)? - 2.0 / 6.0f64.sqrt()).abs() < 1e-12);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ItemCosine {
    past: Past,
    /// A row for each product, 0 with itself.
    cosines: Vec<f64>,
}

impl ItemCosine {
    /// From which products each customer has bought.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) where there are more products than fit into memory.
    pub fn fit(past: &Past) -> Result<Self> {
        let m = past.products();
        let mut cosines = past.together()?;
        let sizes: Vec<f64> = (0..m).map(|own| cosines[own * m + own].sqrt()).collect();
        for (a, row) in cosines.chunks_exact_mut(m).enumerate() {
            for (b, value) in row.iter_mut().enumerate() {
                *value = match a == b || *value == 0.0 {
                    true => 0.0,
                    false => *value / (sizes[a] * sizes[b]),
                };
            }
        }
        Ok(ItemCosine {
            past: past.clone(),
            cosines,
        })
    }

    /// Which pairs have a cosine of so much or more? A row for each, the highest first: `product`, `other_product`,
    /// `customers` (who bought both), `cosine`. [`plot::graph`](crate::plot::graph) draws them.
    ///
    /// # Errors
    /// None but those of polars.
    pub fn pairs(&self, least: f64) -> Result<DataFrame> {
        let m = self.past.products();
        let buyers = &self.past.known.buyers;
        let both = (0..m).flat_map(|a| (a + 1..m).map(move |b| (a, b)));
        let mut pairs: Vec<(usize, usize, f64)> = both
            .map(|(a, b)| (a, b, self.cosines[a * m + b]))
            .filter(|own| own.2 > 0.0 && own.2 >= least)
            .collect();
        pairs.sort_by(|x, y| y.2.total_cmp(&x.2));
        let name = |own: usize| self.past.known.products[own].as_str();
        let together = |(a, b, cosine): &(usize, usize, f64)| {
            (cosine * (buyers[*a] as f64 * buyers[*b] as f64).sqrt()).round() as u64
        };
        Ok(df!(
            "product" => pairs.iter().map(|own| name(own.0)).collect::<Vec<_>>(),
            "other_product" => pairs.iter().map(|own| name(own.1)).collect::<Vec<_>>(),
            "customers" => pairs.iter().map(together).collect::<Vec<_>>(),
            "cosine" => pairs.iter().map(|own| own.2).collect::<Vec<_>>(),
        )?)
    }
}

impl Recommender for ItemCosine {
    fn name(&self) -> String {
        "item cosine".into()
    }

    fn past(&self) -> &Past {
        &self.past
    }

    fn scores(&self, bought: &Bought<'_>, scores: &mut [f64]) {
        add_rows(&self.cosines, bought.products, scores);
    }
}

/// Adds to each score the weights of the products that are there.
pub(super) fn add_rows(weights: &[f64], products: &[u32], scores: &mut [f64]) {
    let m = scores.len();
    for product in products {
        let row = &weights[*product as usize * m..][..m];
        for (score, weight) in scores.iter_mut().zip(row) {
            *score += weight;
        }
    }
}
