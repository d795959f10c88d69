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
    /// The files, or folders, as the cluster sees them: .csv or .csv.gz with names in the first row, all else Parquet
    #[arg(required = true)]
    files: Vec<String>,
    /// Which column is what, as in --column customer=CustomerID
    #[arg(long, value_name = "ROLE=COLUMN", value_parser = column)]
    column: Vec<(Role, String)>,
    /// A role that no column has
    #[arg(long, value_name = "ROLE")]
    without: Vec<Role>,
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
        if orders.shape == Shape::Lists {
            for statement in part(STATEMENTS, "rows of lists", &orders.values(is_period)) {
                aside.put(cluster, &statement, "rows")?;
            }
            orders.find_keys(cluster)?;
        }
        let values = orders.values(is_period);
        let of_shape = match orders.shape {
            Shape::Lists => "lists",
            Shape::Lines => "lines",
            Shape::Totals => "totals",
        };
        for statement in part(STATEMENTS, of_shape, &values) {
            cluster.run(&statement)?;
        }
        once(cluster, &orders)?;
        for statement in part(STATEMENTS, &format!("bills of {of_shape}"), &values) {
            cluster.run(&statement)?;
        }
        rejects(cluster, self.reject)?;
        Ok(orders)
    }
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
