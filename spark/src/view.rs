//! `segmenta-spark view`: from bills to one row for each customer, without a bill coming here.

use std::path::PathBuf;

use clap::Args;
use segmenta::data::orders::{fitted_prices, quarters, usual_prices};
use segmenta::prelude::*;
use segmenta::table::sql;

use crate::bills::{Bills, STATEMENTS};
use crate::cluster::{Cluster, Value, count, text};
use crate::orders::{Orders, Shape};
use crate::out::Aside;
use crate::statements::part;
use crate::{Failure, Result, tell};

#[derive(Args)]
#[command(after_help = "\
Examples:
  segmenta-spark view sc://127.0.0.1:50051 bills/2021.csv bills/2022.csv --reject --out view.parquet
  segmenta-spark view 'sc://spark.example.com:443/;use_ssl=true;token=..' /mnt/bills.parquet --out /mnt/view.parquet

Paths are those that the cluster sees. The view is written as Parquet by the cluster.")]
pub struct Arguments {
    #[command(flatten)]
    bills: Bills,
    /// The folder for the view, which this machine and the cluster both see
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Only bills from this day on
    #[arg(long, value_name = "DAY", requires = "before")]
    from: Option<String>,
    /// Only bills before this day; the view is of this day
    #[arg(long, value_name = "DAY", requires = "from")]
    before: Option<String>,
    /// Replace the folder where it is there already
    #[arg(long)]
    replace: bool,
}

pub fn view(arguments: &Arguments) -> Result {
    if let (Some(from), Some(before)) = (&arguments.from, &arguments.before) {
        let is_day = |text: &str| {
            let signs = text.bytes().enumerate();
            let mut signs = signs.map(|(place, sign)| match place {
                4 | 7 => sign == b'-',
                _ => sign.is_ascii_digit(),
            });
            text.len() == 10 && signs.all(|fits| fits)
        };
        if !(is_day(from) && is_day(before) && from < before) {
            return Err(Failure(format!(
                "--from {from} --before {before}: two days such as 2022-01-31, the earlier one first"
            )));
        }
    }
    let aside = Aside::new(&arguments.out, arguments.replace)?;
    let cluster = Cluster::connect(&arguments.bills.at)?;
    let orders = arguments
        .bills
        .prepare(&cluster, &aside, arguments.from.is_some())?;
    if orders.shape != Shape::Totals {
        prices(&cluster, &orders)?;
    } else {
        cluster.run("create or replace temp view prices as select cast(null as string) as product, 1 as quarter")?;
    }
    let values = of_view(&cluster, &orders, arguments)?;
    for statement in part(STATEMENTS, "view", &values) {
        cluster.run(&statement)?;
    }
    cluster.write("select * from single_view", &aside.path())?;
    // Sail writes nothing where there is nobody.
    let written = cluster.table(&aside.path());
    let customers = match &written {
        Ok(written) => cluster.count(written)?,
        Err(_) => 0,
    };
    if customers == 0 {
        return Err(Failure(
            "there are no bills of customers in that time: nothing was written".into(),
        ));
    }
    aside.finish()?;
    tell(format_args!(
        "wrote {customers} customers to {}",
        arguments.out.display()
    ));
    Ok(())
}

/// The quarters of the products by their prices, which are few enough to be told.
fn prices(cluster: &Cluster, orders: &Orders) -> Result {
    let (mut product, mut price, mut n) = (Vec::new(), Vec::new(), Vec::new());
    for row in cluster.rows("select product, price, n from told_prices")? {
        if let (Some(name), Some(own)) = (text(&row, 0), row.get(1).and_then(Value::as_f64)) {
            product.push(name.to_owned());
            price.push(own);
            n.push(count(&row, 2));
        }
    }
    let told = df!("product" => product, "price" => price, "n" => n)?;
    let mut usual = usual_prices(&told)?;
    let open = "select count(distinct product) from lines where product is not null";
    let open = cluster.rows(open)?.first().map_or(0, |row| count(row, 0));
    if !orders.has_line_price && open > usual.height() as u64 {
        usual = with_fitted(cluster, usual)?;
    }
    let quarters = quarters(&usual)?;
    let names = quarters.column("product").and_then(Column::str);
    let places = quarters.column("quarter").and_then(Column::u32);
    let (names, places) = (names?, places?);
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
    let fitted = fitted_prices(&sums?)?;
    let has_own = fitted.clone().lazy().join(
        usual.clone().lazy(),
        [col("product")],
        [col("product")],
        JoinArgs::new(JoinType::Anti),
    );
    let all = has_own.collect().and_then(|own| usual.vstack(&own));
    Ok(all?)
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
    let word_count = |word: &String| {
        let name = sql::name(&format!("{word}_count"));
        let word = sql::text(word);
        format!(", count_if(replace(lower(channel), ' ', '_') = {word}) as {name}")
    };
    let share = |word: &String| {
        let (count, name) = (format!("{word}_count"), format!("{word}_share"));
        let (count, name) = (sql::name(&count), sql::name(&name));
        format!(", sum({count}) / sum(visits) as {name}")
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
        ("channel_counts", words.iter().map(word_count).collect()),
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
