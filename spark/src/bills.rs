//! Bills as the cluster has them: which columns are what, what does not fit, and from when to when.

use clap::Args;
use segmenta::data::orders::{Loader, Role};

use crate::cluster::{At, Cluster, count, text};
use crate::orders::{Orders, Shape, column};
use crate::out::Aside;
use crate::statements::part;
use crate::{Failure, Result, tell};

/// Where they are, and how they are read.
#[derive(Args)]
pub struct Bills {
    #[command(flatten)]
    pub at: At,
    /// The files as the cluster sees them: .csv, .tsv or .csv.gz with names in the first row, all else Parquet, of which a
    /// folder is one file
    #[arg(required = true)]
    files: Vec<String>,
    /// Which column is what, as in --column customer=CustomerID
    #[arg(long, value_name = "ROLE=COLUMN", value_parser = column)]
    column: Vec<(Role, String)>,
    /// A role that no column has
    #[arg(long, value_name = "ROLE")]
    without: Vec<Role>,
    /// Of what the amount of a row is, where a bill has several rows
    #[arg(long, value_name = "WHAT", value_parser = ["line", "bill"])]
    amount_of: Option<String>,
    /// A point in a number stands before decimals, where all of them may be thousands
    #[arg(long)]
    decimal_point: bool,
    /// Leave out rows that do not fit, and count them, instead of stopping at them
    #[arg(long)]
    reject: bool,
}

pub const STATEMENTS: &str = include_str!("view.sql");

impl Bills {
    /// Makes the tables `bills` and `lines` of the files, and says what they have. Of a period, a line is of the day on which
    /// its bill begins.
    pub fn prepare(&self, cluster: &Cluster, aside: &Aside, is_period: bool) -> Result<Orders> {
        let files = cluster.files(&self.files)?;
        let columns = cluster.columns(&files)?;
        cluster.called(&files, "files")?;
        let mut loader = Loader::new();
        for (role, name) in &self.column {
            loader = loader.column(*role, name);
        }
        for role in &self.without {
            loader = loader.without(*role);
        }
        let mut orders = Orders::find(cluster, &columns, &loader)?;
        orders.check_texts(cluster, self.decimal_point)?;
        if orders.shape == Shape::Lists {
            for statement in part(STATEMENTS, "rows of lists", &orders.values(is_period)) {
                aside.put(cluster, &statement, "rows")?;
            }
            orders.find_keys(cluster)?;
        }
        let mut values = orders.values(is_period);
        let of_shape = match orders.shape {
            Shape::Lists => "lists",
            Shape::Lines => "lines",
            Shape::Totals => "totals",
        };
        for statement in part(STATEMENTS, of_shape, &values) {
            cluster.run(&statement)?;
        }
        if orders.shape == Shape::Lists {
            aside.put(cluster, "select * from told_rows", "told")?;
        }
        once(cluster, &orders)?;
        rejects(cluster, self.reject)?;
        let is_grouped = match orders.shape {
            Shape::Lists => false,
            Shape::Lines => true,
            Shape::Totals => orders.has("bill"),
        };
        if is_grouped {
            for statement in part(STATEMENTS, "bills of rows", &values) {
                aside.put(cluster, &statement, "grouped_bills")?;
            }
        }
        let of_bill = self.of_bill(cluster, &orders, is_grouped)?;
        let and_grouped = match is_grouped {
            true => format!(
                "union all select customer, cast(time as date), {of_bill}amount, {of_bill}discount, {of_bill}paid, channel, \
                 centre from grouped_bills"
            ),
            false => String::new(),
        };
        values.extend([("of_bill", of_bill), ("and_grouped", and_grouped)]);
        for statement in part(STATEMENTS, &format!("bills of {of_shape}"), &values) {
            cluster.run(&statement)?;
        }
        if orders.shape == Shape::Lists {
            aside.put(cluster, "select * from told_lines", "lines")?;
        }
        if orders.shape != Shape::Totals {
            prices_told(cluster, &orders, values)?;
        }
        Ok(orders)
    }

    /// How the amounts of the rows of a bill become that of the bill, as one machine decides it by all of them: what stands
    /// before the names of the columns.
    fn of_bill(&self, cluster: &Cluster, orders: &Orders, is_grouped: bool) -> Result<String> {
        let (sum, most) = (Ok(String::new()), Ok("most_".to_owned()));
        let is_bill = self.amount_of.as_deref() == Some("bill");
        if is_bill && !(is_grouped && orders.has("amount")) {
            return Err(Failure(
                "--amount-of bill: bills with several rows, each with an amount, are wanted".into(),
            ));
        }
        if !is_grouped {
            return sum;
        }
        let differ = |name: &str| format!("count_if(n > 1 and least_{name} < most_{name})");
        // A row without one is another word than that of the first row, too.
        let words = |name: &str| {
            format!("count_if({name} < most_{name} or known_{name} > 0 and known_{name} < n)")
        };
        let found = cluster.rows(&format!(
            "select count_if(n > 1), count_if(n > 1 and (known_amount = 0 or known_amount = n and least_amount = most_amount)), \
             {}, {}, {}, {}, {} from grouped_bills",
            differ("amount"),
            differ("discount"),
            differ("paid"),
            words("channel"),
            words("centre"),
        ))?;
        let found = |place: usize| found.first().map_or(0, |row| count(row, place));
        let (several, alike) = (found(0), found(1));
        for (name, n) in [("channel", found(5)), ("centre", found(6))] {
            if n > 0 {
                tell(format_args!(
                    "{n} bills have rows with another {name}: the first by the alphabet is that of the bill (on one machine \
                     it is that of the first row)"
                ));
            }
        }
        let differing = [
            ("amount", found(2)),
            ("discount", found(3)),
            ("paid", found(4)),
        ];
        if let Some((name, n)) = differing.iter().find(|own| is_bill && own.1 > 0) {
            return Err(Failure(format!(
                "the rows of {n} bills disagree about the {name} of the bill, of which it is to be"
            )));
        }
        match self.amount_of.as_deref() {
            Some("bill") => most,
            Some(_) => sum,
            None if !orders.has("amount") || several < 5 || 10 * alike < 9 * several => sum,
            None if by_price(cluster, orders)? => sum,
            None => Err(Failure(format!(
                "of {several} bills with several rows {alike} have the same amount in each: it may be that of the bill, or \
                 that of the line: --amount-of bill, or --amount-of line"
            ))),
        }
    }
}

/// Whether the amounts of rows are price times quantity.
fn by_price(cluster: &Cluster, orders: &Orders) -> Result<bool> {
    if !(orders.has("price") && orders.has("quantity")) {
        return Ok(false);
    }
    let found = cluster.rows(
        "select count(price * quantity * amount), count_if(abs(price * quantity - amount) <= 0.011) from once where why is null",
    )?;
    let found = |place: usize| found.first().map_or(0, |row| count(row, place));
    Ok(found(0) > 0 && 10 * found(1) >= 9 * found(0))
}

/// What lines say of prices, or else bills.
fn prices_told(
    cluster: &Cluster,
    orders: &Orders,
    mut values: Vec<(&'static str, String)>,
) -> Result {
    let by = match orders.has_line_price {
        true => "prices of lines",
        false => "prices of bills",
    };
    // A row without the name of a bill is a bill by itself.
    let named = values.iter().find(|own| own.0 == "named");
    let named = named.map_or("", |own| own.1.as_str());
    let unnamed = match orders.shape {
        Shape::Lines => format!(
            "union all select product, amount / quantity, count(*) from fit \
             where {named} is null and product is not null and amount > 0D and quantity > 0D group by product, amount / quantity"
        ),
        _ => String::new(),
    };
    values.push(("unnamed_prices", unnamed));
    for statement in part(STATEMENTS, by, &values) {
        cluster.run(&statement)?;
    }
    Ok(())
}

/// A bill that an earlier file has too does not fit, as two exports that overlap have them: its number, customer and time
/// are the same, or without numbers all of it but its products, where its time has a clock.
fn once(cluster: &Cluster, orders: &Orders) -> Result {
    let ranges = cluster.rows(
        "select cast(min(time) as string), cast(max(time) as string) from told where found is null group by file",
    )?;
    let ranges = ranges
        .iter()
        .filter_map(|row| text(row, 0).zip(text(row, 1)));
    let mut ranges: Vec<(&str, &str)> = ranges.collect();
    // Moments as texts are in the order of time.
    ranges.sort_unstable();
    let overlap = ranges.windows(2).any(|two| two[1].0 <= two[0].1);
    let has_bill = orders.has("bill");
    let key = match (has_bill, orders.shape) {
        (true, _) => "bill, customer, time",
        (false, Shape::Lines) => {
            "customer, time, product, quantity, price, amount, discount, paid, channel, centre"
        }
        (false, Shape::Totals) => {
            "customer, time, quantity, amount, discount, paid, channel, centre"
        }
        (false, Shape::Lists) => "customer, time, amount, discount, paid, channel, centre",
    };
    let is_clear = match has_bill {
        true => "bill is not null",
        false => "time <> date_trunc('day', time)",
    };
    let once = match overlap {
        false => "select *, found as why from told".to_owned(),
        true => format!(
            "select *, case when found is null and first_file < file and {is_clear} \
             then 'bill: one that no earlier file has' else found end as why \
             from (select *, min(case when found is null then file end) over (partition by {key}) as first_file from told)"
        ),
    };
    cluster.run(&format!("create or replace temp view once as {once}"))
}

/// How many rows do not fit, and why.
fn rejects(cluster: &Cluster, reject: bool) -> Result {
    let found = cluster.rows("select why, count(*) from once group by why order by why")?;
    let (mut rows, mut out) = (0, Vec::new());
    for row in &found {
        rows += count(row, 1);
        if let Some(why) = text(row, 0) {
            out.push(format!("{} without {}", count(row, 1), why));
        }
    }
    tell(format_args!(
        "{rows} rows{}",
        if out.is_empty() {
            String::new()
        } else {
            format!("; that do not fit: {}", out.join(", "))
        }
    ));
    match out.is_empty() || reject {
        true => Ok(()),
        false => Err(Failure(format!(
            "rows that do not fit: {}; --reject leaves them out, and counts them",
            out.join(", ")
        ))),
    }
}
