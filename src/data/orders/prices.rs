use std::collections::{BTreeSet, HashMap};

use polars::prelude::*;
use rayon::prelude::*;

use crate::Result;
use crate::table::{calendar, column};

/// What does one of each product cost, where bills say only what they come to?
///
/// From the two tables of [`Orders`](super::Orders), one row for each product, dearest first: `product`;
/// of the bills that have this product alone `n`, the `median` of amount by quantity, its quartiles `q25` and
/// `q75`, and the `first` and `last` day; of the bills that have several products `n_fitted`, and `fitted`,
/// the price by least squares over all of them (the amount of a bill is the sum of quantity times price);
/// and `price`, the median, or the fitted price where no bill has the product alone. Bills with a return, or
/// without an amount above 0, say nothing about prices. A product without a price is listed with null.
///
/// Products that are only ever bought together have no prices of their own: the fit gives those with the
/// smallest sum of squares.
///
/// # Errors
/// [`Error::NoColumn`](crate::Error::NoColumn), [`Error::WrongType`](crate::Error::WrongType) where the tables
/// are no bills and lines.
///
/// ```
/// use segmenta::prelude::*;
///
/// let bills = df!("bill" => [0u32, 1, 2], "time" => [1i64, 2, 3], "amount" => [10.0, 30.0, 14.0])?;
/// let bills = bills.lazy().with_column(col("time").cast(DataType::Datetime(TimeUnit::Milliseconds, None))).collect()?;
/// let lines = df!(
///     "bill" => [0u32, 1, 2, 2], "product" => ["tea", "tea", "tea", "jam"], "quantity" => [1.0, 3.0, 1.0, 2.0],
/// )?;
/// let prices = orders::prices(&bills, &lines)?;
/// assert_eq!(table::number(&prices, "price", 0)?, 10.0);
/// // Jam is never alone: 14 less what tea costs by the fit is left for two of it.
/// assert_eq!(prices.column("median")?.f64()?.get(1), None);
/// # Ok::<(), Error>(())
/// ```
pub fn prices(bills: &DataFrame, lines: &DataFrame) -> Result<DataFrame> {
    let mut prices = Prices::default();
    prices.add(bills, lines)?;
    prices.table()
}

/// What bills say of prices, which may come in parts.
#[derive(Default)]
pub(super) struct Prices {
    /// The number of each product.
    number: HashMap<String, u32, foldhash::fast::RandomState>,
    /// How many bills have a product alone, at a price.
    alone: HashMap<(u32, u64), u64, foldhash::fast::RandomState>,
    /// The first day and the last of those of each product.
    days: Vec<Option<(i32, i32)>>,
    fit: Fit,
}

impl Prices {
    /// More bills, with all their lines.
    pub fn add(&mut self, bills: &DataFrame, lines: &DataFrame) -> Result<()> {
        let amounts = column::numbers(bills, "amount")?;
        let times = calendar::day_numbers(bills, "time")?;
        let place = super::places(bills)?;
        let products = column::find(lines, "product")?
            .str()?
            .rechunk()
            .into_owned();
        let quantities = column::find(lines, "quantity")?;
        if !quantities.dtype().is_primitive_numeric() {
            return Err(crate::Error::WrongType {
                column: "quantity".into(),
                found: quantities.dtype().to_string(),
                expected: "numbers".into(),
            });
        }
        let quantities = quantities.cast(&DataType::Float64)?;
        let of = column::find(lines, "bill")?.cast(&DataType::UInt32)?;
        let of = of.u32()?.rechunk().into_owned();

        // The lines of each bill, and the number of each product.
        let mut number: HashMap<&str, u32, foldhash::fast::RandomState> = HashMap::default();
        let mut entries: Vec<(u32, u32, f64)> = Vec::with_capacity(lines.height());
        let mut speaks: Vec<bool> = amounts
            .iter()
            .map(|amount| amount.is_some_and(|amount| amount > 0.0))
            .collect();
        for (row, quantity) in quantities.f64()?.iter().enumerate() {
            let bill = of.get(row).and_then(|bill| place.get(bill));
            let Some(product) = products.get(row) else {
                // Something was bought, and nobody knows what: the bill says nothing of the rest.
                if let Some(bill) = bill.filter(|_| quantity != Some(0.0)) {
                    speaks[bill as usize] = false;
                }
                continue;
            };
            let product = match number.get(product) {
                Some(known) => *known,
                None => {
                    let next = self.number.len() as u32;
                    let own = *self.number.entry(product.to_owned()).or_insert(next);
                    number.insert(product, own);
                    own
                }
            };
            let Some(bill) = bill else { continue };
            match quantity {
                Some(quantity) if quantity > 0.0 && quantity.is_finite() => {
                    entries.push((bill, product, quantity))
                }
                Some(0.0) => {}
                _ => speaks[bill as usize] = false,
            }
        }
        entries.retain(|(bill, ..)| speaks[*bill as usize]);
        // The lines of a bill stand together, but for tables that were put in another order.
        if !entries.is_sorted_by_key(|(bill, ..)| *bill) {
            entries.par_sort_by_key(|(bill, ..)| *bill);
        }
        for own in entries.chunk_by_mut(|a, b| a.0 == b.0) {
            own.sort_by_key(|(_, product, _)| *product);
        }
        entries.dedup_by(|later, first| {
            let same = (later.0, later.1) == (first.0, first.1);
            if same {
                first.2 += later.2;
            }
            same
        });

        self.days.resize(self.number.len(), None);
        self.fit.resize(self.number.len());
        for own in entries.chunk_by(|a, b| a.0 == b.0) {
            let bill = own[0].0 as usize;
            let amount = amounts[bill].unwrap_or(0.0);
            if let [(_, product, quantity)] = own {
                let price = (amount / quantity).to_bits();
                *self.alone.entry((*product, price)).or_default() += 1;
                if let Some(day) = times[bill] {
                    let (first, last) = self.days[*product as usize].get_or_insert((day, day));
                    (*first, *last) = ((*first).min(day), (*last).max(day));
                }
            } else {
                self.fit.add(own, amount);
            }
        }
        Ok(())
    }

    /// A row for each product; its columns stand at [`prices`].
    pub fn table(self) -> Result<DataFrame> {
        let n_fitted = self.fit.n.clone();
        let fitted = self.fit.prices();
        let products = self.number.len();
        let mut names = vec![String::new(); products];
        for (name, number) in self.number {
            names[number as usize] = name;
        }
        // Prices are above 0: their bits are in their order.
        let mut alone: Vec<((u32, u64), u64)> = self.alone.into_iter().collect();
        alone.sort_unstable();
        let mut n = vec![0u64; products];
        let mut quartiles: [Vec<Option<f64>>; 3] = [const { Vec::new() }; 3];
        quartiles
            .iter_mut()
            .for_each(|values| values.resize(products, None));
        for own in alone.chunk_by(|a, b| a.0.0 == b.0.0) {
            let product = own[0].0.0 as usize;
            let counted: Vec<(f64, u64)> = own
                .iter()
                .map(|((_, price), n)| (f64::from_bits(*price), *n))
                .collect();
            n[product] = counted.iter().map(|own| own.1).sum();
            for (values, at) in quartiles.iter_mut().zip([0.25, 0.5, 0.75]) {
                values[product] = column::quantile_of(&counted, at);
            }
        }
        let [q25, median, q75] = quartiles;
        let price: Vec<Option<f64>> = median
            .iter()
            .zip(&fitted)
            .map(|(median, fitted)| median.or(*fitted))
            .collect();
        let day = |end: fn((i32, i32)) -> i32| {
            let days = self.days.iter();
            days.map(|days| days.map(end)).collect::<Vec<_>>()
        };
        let table = df!(
            "product" => names,
            "price" => price,
            "n" => n,
            "median" => median,
            "q25" => q25,
            "q75" => q75,
            "first" => calendar::days(day(|days| days.0))?,
            "last" => calendar::days(day(|days| days.1))?,
            "n_fitted" => n_fitted,
            "fitted" => fitted,
        )?;
        let dearest = SortMultipleOptions::new()
            .with_order_descending_multi([true, false])
            .with_nulls_last(true)
            .with_maintain_order(true);
        Ok(table.sort(["price", "product"], dearest)?)
    }
}

/// What is the usual price of each product, where it is counted how often it stood at each? From a table with `product`,
/// `price` and `n`, one row for each product, by the alphabet: `product` and `price`, the median.
///
/// # Errors
/// [`Error::NoColumn`](crate::Error::NoColumn), [`Error::Polars`](crate::Error::Polars) where the table is another one.
///
/// ```
/// use segmenta::prelude::*;
///
/// let counted = df!("product" => ["tea", "tea", "jam"], "price" => [10.0, 12.0, 4.0], "n" => [1u64, 3, 2])?;
/// let usual = orders::usual_prices(&counted)?;
/// assert_eq!(table::number(&usual, "price", 1)?, 12.0);
/// # Ok::<(), Error>(())
/// ```
pub fn usual_prices(counted: &DataFrame) -> Result<DataFrame> {
    let mut prices = LinePrices::default();
    for name in ["product", "price", "n"] {
        column::find(counted, name)?;
    }
    prices.add_counted(counted)?;
    prices.median()
}

/// What does each product cost by least squares, where bills come to known amounts and have several products? From sums
/// over the bills: a table with `product`, `other_product` and `pieces` (the sum of the quantity of the one times that of
/// the other, both ways round and of each product with itself), and `amount` (the sum of the quantity of the product times
/// the amount of the bill, in the rows of a product with itself; rows of one pair are added up). One row for each product,
/// by the alphabet: `product`, `price`. As [`prices`] fits them.
///
/// # Errors
/// [`Error::NoColumn`](crate::Error::NoColumn), [`Error::WrongType`](crate::Error::WrongType) where the table is another
/// one.
///
/// ```
/// use segmenta::prelude::*;
///
/// // Two bills: one of a and b for 5, one of a and two of b for 8.
/// let sums = df!(
///     "product" => ["a", "a", "b", "b"], "other_product" => ["a", "b", "a", "b"],
///     "pieces" => [2.0, 3.0, 3.0, 5.0], "amount" => [13.0, 0.0, 0.0, 21.0],
/// )?;
/// let fitted = orders::fitted_prices(&sums)?;
/// assert!((table::number(&fitted, "price", 0)? - 2.0).abs() < 1e-9);
/// assert!((table::number(&fitted, "price", 1)? - 3.0).abs() < 1e-9);
/// # Ok::<(), Error>(())
/// ```
pub fn fitted_prices(sums: &DataFrame) -> Result<DataFrame> {
    let (product, other) = (
        column::find(sums, "product")?.str()?,
        column::find(sums, "other_product")?.str()?,
    );
    let pieces = column::numbers(sums, "pieces")?;
    let amount = column::numbers(sums, "amount")?;
    let names: BTreeSet<&str> = product.iter().flatten().collect();
    let number: HashMap<&str, u32, foldhash::fast::RandomState> =
        names.iter().copied().zip(0..).collect();
    let mut fit = Fit::default();
    fit.resize(names.len());
    for (row, (own, with)) in product.iter().zip(other.iter()).enumerate() {
        let number = |name: Option<&str>| name.and_then(|name| number.get(name).copied());
        // Each pair is there both ways round.
        let (Some(own), Some(with)) = (number(own), number(with)) else {
            continue;
        };
        if own <= with {
            *fit.pairs.entry((own, with)).or_default() += pieces[row].unwrap_or(0.0);
        }
        if own == with {
            fit.amount[own as usize] += amount[row].unwrap_or(0.0);
            fit.n[own as usize] += 1;
        }
    }
    let price = fit.prices();
    Ok(df!("product" => names.into_iter().collect::<Vec<_>>(), "price" => price)?)
}

/// In which quarter of all products by their price is each, 1 for the cheapest? From a table with `product` and `price`:
/// `product`, `quarter`. Equal prices are in the same quarter, so that quarters may differ in size; a product without a
/// price is left out.
///
/// # Errors
/// [`Error::NoColumn`](crate::Error::NoColumn), [`Error::WrongType`](crate::Error::WrongType) where the table is another
/// one.
///
/// ```
/// use segmenta::prelude::*;
///
/// let prices = df!("product" => ["a", "b", "c", "d"], "price" => [1.0, 2.0, 3.0, 3.0])?;
/// let quarters = orders::quarters(&prices)?;
/// let quarter: Vec<u32> = quarters.column("quarter")?.u32()?.iter().flatten().collect();
/// assert_eq!(quarter, [1, 2, 3, 3]);
/// # Ok::<(), Error>(())
/// ```
pub fn quarters(prices: &DataFrame) -> Result<DataFrame> {
    let price = column::numbers(prices, "price")?;
    let names = column::find(prices, "product")?.str()?;
    let sorted = column::sorted(price.iter().copied());
    let cuts: Vec<f64> = [0.25, 0.5, 0.75]
        .iter()
        .filter_map(|at| column::quantile(&sorted, *at))
        .collect();
    let (mut products, mut quarter) = (Vec::new(), Vec::new());
    for (name, price) in names.iter().zip(&price) {
        if let (Some(name), Some(price)) = (name, price) {
            products.push(name);
            quarter.push(1 + cuts.iter().filter(|cut| is_dearer(*price, **cut)).count() as u32);
        }
    }
    Ok(df!("product" => products, "quarter" => quarter)?)
}

/// Prices that are fitted are known to some digits only: two that agree in nine are the same.
fn is_dearer(price: f64, cut: f64) -> bool {
    price - cut > 1e-9 * cut.abs()
}

/// How often each product stands at each price of its lines, which may come in parts.
#[derive(Default)]
pub(crate) struct LinePrices {
    number: HashMap<String, u32, foldhash::fast::RandomState>,
    times: HashMap<(u32, u64), u64, foldhash::fast::RandomState>,
}

impl LinePrices {
    /// More lines. Those without a product or a price say nothing.
    pub fn add(&mut self, lines: &DataFrame) -> Result<()> {
        let prices = Column::new("price".into(), column::numbers(lines, "price")?);
        let products = column::find(lines, "product")?.clone();
        let lines = DataFrame::new(lines.height(), vec![products, prices])?;
        let lines = lines.lazy().drop_nulls(None);
        let each = lines.group_by([col("product"), col("price")]);
        let each = each.agg([len().alias("n").cast(DataType::UInt64)]);
        self.add_counted(&each.collect()?)
    }

    /// How often a product stood at a price.
    fn add_counted(&mut self, each: &DataFrame) -> Result<()> {
        let (product, price) = (each.column("product")?.str()?, each.column("price")?.f64()?);
        let n = each.column("n")?.u64()?;
        for ((product, price), n) in product.iter().zip(price.iter()).zip(n.iter()) {
            if let (Some(product), Some(price), Some(n)) = (product, price, n) {
                let product = match self.number.get(product) {
                    Some(known) => *known,
                    None => {
                        let next = self.number.len() as u32;
                        self.number.insert(product.to_owned(), next);
                        next
                    }
                };
                *self.times.entry((product, price.to_bits())).or_default() += n;
            }
        }
        Ok(())
    }

    /// The median price of each product: `product`, `price`.
    pub fn median(self) -> Result<DataFrame> {
        let times = self.times.into_iter();
        let mut times: Vec<(u32, f64, u64)> = times
            .map(|((product, price), n)| (product, f64::from_bits(price), n))
            .collect();
        times.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let mut prices = vec![None; self.number.len()];
        for own in times.chunk_by(|a, b| a.0 == b.0) {
            let counted: Vec<(f64, u64)> = own.iter().map(|own| (own.1, own.2)).collect();
            prices[own[0].0 as usize] = column::quantile_of(&counted, 0.5);
        }
        let mut products: Vec<(String, u32)> = self.number.into_iter().collect();
        products.sort();
        Ok(df!(
            "product" => products.iter().map(|own| own.0.as_str()).collect::<Vec<_>>(),
            "price" => products.iter().map(|own| prices[own.1 as usize]).collect::<Vec<_>>(),
        )?)
    }
}

/// Least squares: what is summed over the bills, for each product and each pair of them.
#[derive(Default)]
struct Fit {
    pairs: HashMap<(u32, u32), f64, foldhash::fast::RandomState>,
    amount: Vec<f64>,
    n: Vec<u64>,
}

impl Fit {
    fn resize(&mut self, products: usize) {
        self.amount.resize(products, 0.0);
        self.n.resize(products, 0);
    }

    fn add(&mut self, lines: &[(u32, u32, f64)], amount: f64) {
        for (place, (_, product, quantity)) in lines.iter().enumerate() {
            self.amount[*product as usize] += quantity * amount;
            self.n[*product as usize] += 1;
            for (_, other, of_other) in &lines[place..] {
                *self.pairs.entry((*product, *other)).or_default() += quantity * of_other;
            }
        }
    }

    /// Solves the normal equations by conjugate gradients (Hestenes and Stiefel 1952), scaled by the
    /// diagonal; null for a product that is in none of the bills.
    fn prices(self) -> Vec<Option<f64>> {
        const STEPS: usize = 5_000;
        const NEAR: f64 = 1e-13;
        let mut pairs: Vec<((u32, u32), f64)> = self.pairs.into_iter().collect();
        pairs.sort_by_key(|(pair, _)| *pair);
        let size = self.amount.len();
        let mut scale = vec![0.0; size];
        for ((one, other), sum) in &pairs {
            // A product of which nothing was sold says nothing.
            if one == other && *sum > 0.0 {
                scale[*one as usize] = 1.0 / sum.sqrt();
            }
        }
        let times = |x: &[f64]| {
            let mut product = vec![0.0; size];
            for ((one, other), sum) in &pairs {
                let (one, other) = (*one as usize, *other as usize);
                let own = sum * scale[one] * scale[other];
                product[one] += own * x[other];
                if one != other {
                    product[other] += own * x[one];
                }
            }
            product
        };
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let mut rest: Vec<f64> = self
            .amount
            .iter()
            .zip(&scale)
            .map(|(amount, scale)| amount * scale)
            .collect();
        let (mut x, mut along) = (vec![0.0; size], rest.clone());
        let begin = dot(&rest, &rest);
        let mut left = begin;
        for _ in 0..STEPS {
            if left <= NEAR * NEAR * begin {
                break;
            }
            let bent = times(&along);
            let step = left / dot(&along, &bent);
            if !step.is_finite() {
                break;
            }
            for at in 0..size {
                x[at] += step * along[at];
                rest[at] -= step * bent[at];
            }
            let now = dot(&rest, &rest);
            let keep = now / left;
            left = now;
            for at in 0..size {
                along[at] = rest[at] + keep * along[at];
            }
        }
        let solved = x.iter().zip(&scale).zip(&self.n);
        solved
            .map(|((x, scale), n)| (*n > 0 && *scale > 0.0).then_some(x * scale))
            .collect()
    }
}
