//! `segmenta-spark view`: from bills to one row for each customer, without a bill coming here.

use std::path::PathBuf;

use clap::Args;
use segmenta::data::orders::{self, Loader, Role};
use segmenta::prelude::*;

use crate::cluster::{Cluster, Row, Value};
use crate::orders::{Orders, Shape, column};
use crate::out::Aside;
use crate::{Failure, Result, sql, tell};

#[derive(Args)]
#[command(after_help = "\
Examples:
  segmenta-spark view sc://127.0.0.1:50051 bills/2021.csv bills/2022.csv --reject --out view.parquet
  segmenta-spark view 'sc://spark.example.com:443/;use_ssl=true;token=..' /mnt/bills.parquet --out /mnt/view.parquet

Paths are those that the cluster sees. The view is written as Parquet by the cluster.")]
pub struct Arguments {
    /// Where the cluster is: sc://host:port
    #[arg(value_name = "ADDRESS")]
    address: String,
    /// The files, or folders, as the cluster sees them: .csv or .csv.gz with names in the first row, all else Parquet
    #[arg(required = true)]
    files: Vec<String>,
    /// Which column is what, as in --column customer=CustomerID
    #[arg(long, value_name = "ROLE=COLUMN", value_parser = column)]
    column: Vec<(Role, String)>,
    /// A role that no column has
    #[arg(long, value_name = "ROLE")]
    without: Vec<Role>,
    /// The folder for the view, which this machine and the cluster both see
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Only bills from this day on
    #[arg(long, value_name = "DAY", requires = "before")]
    from: Option<String>,
    /// Only bills before this day; the view is of this day
    #[arg(long, value_name = "DAY", requires = "from")]
    before: Option<String>,
    /// Leave out rows that do not fit, and count them, instead of stopping at them
    #[arg(long)]
    reject: bool,
    /// Replace the folder where it is there already
    #[arg(long)]
    replace: bool,
}

const STATEMENTS: &str = include_str!("view.sql");

/// The statements of a part of the file.
fn part(wanted: &str, values: &[(&str, String)]) -> Vec<String> {
    let own = STATEMENTS
        .split("\n--- ")
        .skip(1)
        .find_map(|own| own.strip_prefix(wanted)?.strip_prefix('\n'));
    sql::statements(own.unwrap_or_default(), values)
}

pub fn view(arguments: &Arguments) -> Result {
    let aside = Aside::new(&arguments.out, arguments.replace)?;
    let cluster = Cluster::connect(&arguments.address)?;
    let files = cluster.files(&arguments.files)?;
    let columns = cluster.columns(&files)?;
    cluster.called(&files, "files")?;
    let mut loader = Loader::new();
    for (role, name) in &arguments.column {
        loader = loader.column(*role, name);
    }
    for role in &arguments.without {
        loader = loader.without(*role);
    }
    let orders = Orders::find(&cluster, &columns, &loader)?;
    let values = orders.values(arguments.from.is_some());
    let of_shape = match orders.shape {
        Shape::Lists => "lists",
        Shape::Lines => "lines",
        Shape::Totals => "totals",
    };
    for statement in part(of_shape, &values) {
        cluster.run(&statement)?;
    }
    once(&cluster, &orders)?;
    for statement in part(&format!("bills of {of_shape}"), &values) {
        cluster.run(&statement)?;
    }
    rejects(&cluster, arguments.reject)?;
    if orders.shape != Shape::Totals {
        prices(&cluster, orders.shape)?;
    } else {
        cluster.run("create or replace temp view prices as select cast(null as string) as product, 1 as quarter")?;
    }
    let values = of_view(&cluster, &orders, arguments)?;
    for statement in part("view", &values) {
        cluster.run(&statement)?;
    }
    cluster.write("select * from single_view", &aside.path())?;
    aside.finish()?;
    tell(format_args!("wrote {}", arguments.out.display()));
    Ok(())
}

fn text(row: &Row, place: usize) -> Option<&str> {
    row.get(place).and_then(Value::as_str)
}

fn count(row: &Row, place: usize) -> u64 {
    let count = row.get(place).and_then(Value::as_i64).unwrap_or(0);
    u64::try_from(count).unwrap_or(0)
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

/// The quarters of the products by their prices, which are few enough to be told.
fn prices(cluster: &Cluster, shape: Shape) -> Result {
    let (mut product, mut price, mut n) = (Vec::new(), Vec::new(), Vec::new());
    for row in cluster.rows("select product, price, n from told_prices")? {
        if let (Some(name), Some(own)) = (text(&row, 0), row.get(1).and_then(Value::as_f64)) {
            product.push(name.to_owned());
            price.push(own);
            n.push(count(&row, 2));
        }
    }
    let told =
        df!("product" => product, "price" => price, "n" => n).map_err(segmenta::Error::from)?;
    let mut usual = orders::usual_prices(&told)?;
    let open = "select count(distinct product) from lines where product is not null";
    let open = cluster.rows(open)?.first().map_or(0, |row| count(row, 0));
    if shape == Shape::Lists && open > usual.height() as u64 {
        usual = with_fitted(cluster, usual)?;
    }
    let quarters = orders::quarters(&usual)?;
    let names = quarters.column("product").and_then(Column::str);
    let places = quarters.column("quarter").and_then(Column::u32);
    let names = names.map_err(segmenta::Error::from)?;
    let places = places.map_err(segmenta::Error::from)?;
    let each = names.iter().zip(places.iter());
    let each = each.filter_map(|(name, place)| Some(format!("({}, {})", sql::text(name?), place?)));
    let each: Vec<String> = each.collect();
    let all = match each.is_empty() {
        true => "select cast(null as string) as product, 1 as quarter".to_owned(),
        false => format!(
            "select * from values {} as prices(product, quarter)",
            each.join(", ")
        ),
    };
    cluster.run(&format!("create or replace temp view prices as {all}"))
}

/// With prices by least squares for products that no bill has alone, from what is summed over the bills.
fn with_fitted(cluster: &Cluster, usual: DataFrame) -> Result<DataFrame> {
    let (mut product, mut other, mut pieces, mut amount) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for row in cluster.rows("select product, other_product, pieces, amount from told_pairs")? {
        let number = |place: usize| row.get(place).and_then(Value::as_f64).unwrap_or(0.0);
        if let (Some(own), Some(with)) = (text(&row, 0), text(&row, 1)) {
            product.push(own.to_owned());
            other.push(with.to_owned());
            pieces.push(number(2));
            amount.push(number(3));
        }
    }
    let sums =
        df!("product" => product, "other_product" => other, "pieces" => pieces, "amount" => amount);
    let fitted = orders::fitted_prices(&sums.map_err(segmenta::Error::from)?)?;
    let has_own = fitted.clone().lazy().join(
        usual.clone().lazy(),
        [col("product")],
        [col("product")],
        JoinArgs::new(JoinType::Anti),
    );
    let all = has_own.collect().and_then(|own| usual.vstack(&own));
    Ok(all.map_err(segmenta::Error::from)?)
}

/// What the statements of the view leave open: the day, the words of the channel, and columns that are not there.
fn of_view(
    cluster: &Cluster,
    orders: &Orders,
    arguments: &Arguments,
) -> Result<Vec<(&'static str, String)>> {
    const CHANNELS: usize = 20;
    let period = match (&arguments.from, &arguments.before) {
        (Some(from), Some(before)) => format!(
            "day >= date {} and day < date {}",
            sql::text(from),
            sql::text(before)
        ),
        _ => "true".into(),
    };
    let day = match &arguments.before {
        Some(before) => format!("date {}", sql::text(before)),
        None => {
            let last = cluster.rows("select cast(date_add(max(day), 1) as string) from bills where customer is not null")?;
            let last = last.first().and_then(|row| text(row, 0));
            let last = last.ok_or_else(|| Failure("there are no bills of customers".into()))?;
            format!("date {}", sql::text(last))
        }
    };
    let mut words: Vec<String> = Vec::new();
    if orders.has("channel") {
        let rows = cluster.rows(&format!(
            "select distinct replace(lower(channel), ' ', '_') from bills where customer is not null and channel is not null and {period}"
        ))?;
        words.extend(
            rows.iter()
                .filter_map(|row| text(row, 0).map(str::to_owned)),
        );
        words.sort();
    }
    if words.len() > CHANNELS {
        return Err(Failure(format!(
            "the channel has {} words; a few are meant, such as online and offline",
            words.len()
        )));
    }
    let share = |word: &String| {
        let name = sql::name(&format!("{word}_share"));
        let word = sql::text(word);
        format!(", count_if(replace(lower(channel), ' ', '_') = {word}) / count(*) as {name}")
    };
    let has = |there: bool, what: &str| {
        if there {
            what.to_owned()
        } else {
            String::new()
        }
    };
    let channels: Vec<String> = words
        .iter()
        .map(|word| format!("{},", sql::name(&format!("{word}_share"))))
        .collect();
    let has_quantity = orders.shape != Shape::Totals || orders.has("quantity");
    let shares: Vec<String> = (1..=4)
        .map(|quarter| {
            format!("q{quarter} / nullif(q1 + q2 + q3 + q4, 0) as price_q{quarter}_share,")
        })
        .collect();
    let money = |role: &str| has(orders.has(role), &format!("{role},"));
    Ok(vec![
        ("period", period),
        ("day", day),
        ("channel_shares", words.iter().map(share).collect()),
        ("channels", channels.join(" ")),
        ("quantities", has(has_quantity, "quantity,")),
        (
            "sizes",
            has(has_quantity, "amount / nullif(quantity, 0) as basket_size,"),
        ),
        (
            "visit_size",
            has(has_quantity, "quantity / visits as visit_size,"),
        ),
        ("centres", has(orders.has("centre"), "centres,")),
        ("moneys", money("discount") + &money("paid")),
        (
            "price_shares",
            has(orders.shape != Shape::Totals, &shares.join(" ")),
        ),
    ])
}
