//! `segmenta-spark worth`: models that are fitted here, and what each customer is worth by them, there.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use segmenta::prelude::*;
use segmenta::table::sql;
use segmenta::value::{self, BgNbd, Buying, GammaGamma, ParetoNbd};

use crate::bills::Bills;
use crate::cluster::{Cluster, text};
use crate::out::Aside;
use crate::statements::part;
use crate::{Failure, Result, tell};

#[derive(Args)]
#[command(after_help = "\
Example:
  segmenta-spark worth sc://127.0.0.1:50051 bills/2021.csv bills/2022.csv --reject --out worth

Into FOLDER go worth.parquet (a row for each customer, written by the cluster), holdout.csv (what the model foretold of
the last weeks, which it had not seen), and the two models: buying.json, orders.json. Returns and bills without a
customer or an amount are left out.")]
pub struct Arguments {
    #[command(flatten)]
    bills: Bills,
    /// The folder for the results, which this machine and the cluster both see
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// How many weeks ahead
    #[arg(long, value_name = "WEEKS", default_value_t = 52.0)]
    horizon: f64,
    /// What money costs in a year, as a share
    #[arg(long, value_name = "SHARE", default_value_t = 0.1)]
    discount: f64,
    /// How many weeks the model is judged on; a quarter of the time where it is not said
    #[arg(long, value_name = "WEEKS")]
    hold_out: Option<f64>,
    /// On how many customers the model is judged
    #[arg(long, value_name = "CUSTOMERS", default_value_t = 50_000, value_parser = clap::value_parser!(u64).range(100..))]
    sample: u64,
    /// Where the random numbers of that sample start
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How customers buy and leave
    #[arg(long, value_enum, default_value_t = Kind::Bg)]
    model: Kind,
    /// Replace results that are there already
    #[arg(long)]
    replace: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    /// BG/NBD: they leave after a purchase, and not after the first
    #[value(name = "bg-nbd")]
    Bg,
    /// MBG/NBD: they may leave after the first purchase as well
    #[value(name = "mbg-nbd")]
    Mbg,
    /// Pareto/NBD: they leave at any time
    #[value(name = "pareto-nbd")]
    Pareto,
}

const STATEMENTS: &str = include_str!("worth.sql");
const WORTH: &str = "worth.parquet";
const HOLDOUT: &str = "holdout.csv";
const BUYING: &str = "buying.json";
const ORDERS: &str = "orders.json";

/// Days of a week.
const WEEK: f64 = 7.0;

pub fn worth(arguments: &Arguments) -> Result {
    let out = Aside::with(
        &arguments.out,
        &[WORTH, HOLDOUT, BUYING, ORDERS],
        arguments.replace,
    )?;
    let cluster = Cluster::connect(&arguments.bills.at)?;
    arguments.bills.prepare(&cluster, &out, false)?;
    for statement in part(STATEMENTS, "sold", &[]) {
        cluster.run(&statement)?;
    }
    let bg = BgNbd::params();
    match arguments.model {
        Kind::Bg => results(arguments, &out, &cluster, |history| {
            BgNbd::fit(history, &bg)
        })?,
        Kind::Mbg => {
            let modified = bg.modified();
            results(arguments, &out, &cluster, |history| {
                BgNbd::fit(history, &modified)
            })?;
        }
        Kind::Pareto => results(arguments, &out, &cluster, |history| {
            ParetoNbd::fit(history, &ParetoNbd::params())
        })?,
    }
    out.finish()?;
    tell(format_args!("wrote {}", arguments.out.display()));
    Ok(())
}

fn results<M: Buying>(
    arguments: &Arguments,
    out: &Aside,
    cluster: &Cluster,
    fit: impl Fn(&DataFrame) -> std::result::Result<M, Error>,
) -> Result {
    let days = "select cast(min(day) as string), cast(max(day) as string), \
                cast(datediff(max(day), date '1970-01-01') as bigint), cast(datediff(max(day), min(day)) as bigint) from sold";
    let days = cluster.rows(days)?;
    let known = days.first().and_then(|row| {
        let number = |place: usize| row.get(place)?.as_i64();
        Some((
            text(row, 1)?.to_owned(),
            number(2)? as f64 / WEEK,
            number(3)? as f64 / WEEK,
        ))
    });
    let Some((until, end, weeks)) = known else {
        return Err(Failure(
            "there are no bills of customers with an amount above 0".into(),
        ));
    };
    let hold_out = arguments.hold_out.unwrap_or((weeks / 4.0).floor());
    judged(arguments, out, cluster, &fit, (end, hold_out))?;

    let until = format!("date {}", sql::text(&until));
    for statement in part(STATEMENTS, "history", &[("until", until)]) {
        cluster.run(&statement)?;
    }
    tell("fitting the models on all bills");
    let same = out.bring(
        cluster,
        "select frequency, days_between, days_observed, count(*) as customers from history group by 1, 2, 3",
    )?;
    let in_weeks =
        |days: &str, name: &str| (col(days).cast(DataType::Float64) / lit(WEEK)).alias(name);
    let order = ["frequency", "days_between", "days_observed"];
    let same = same
        .lazy()
        .sort(order, SortMultipleOptions::new())
        .with_columns([
            in_weeks("days_between", "recency"),
            in_weeks("days_observed", "observed"),
        ])
        .collect()?;
    let buying = fit(&same)?;
    let spent = out.bring(
        cluster,
        "select frequency, mean_amount, count(*) as customers from history where frequency > 0 group by 1, 2",
    )?;
    let spent = spent.sort(["frequency", "mean_amount"], SortMultipleOptions::new())?;
    let orders = GammaGamma::fit(&spent, &GammaGamma::params())?;
    println!(
        "How customers buy and leave\n{}",
        buying.parameters_table()?.text()
    );
    println!("What an order is worth\n{}", orders.tidy()?.text());
    value::save(&buying, out.inside(BUYING), Existing::Keep)?;
    value::save(&orders, out.inside(ORDERS), Existing::Keep)?;

    // What is to be expected depends on the history alone: it is computed once for all customers who have the same.
    let discount = (1.0 + arguments.discount).powf(WEEK / 365.25) - 1.0;
    let ahead = value::purchases(&buying, &same, arguments.horizon, discount)?;
    let ahead = ahead.select(
        [
            &order[..],
            &["alive", "purchases", "discounted", "discounted_upper"],
        ]
        .concat(),
    )?;
    out.hand_over(cluster, &ahead, "ahead")?;
    let values = orders.sql();
    for statement in part(STATEMENTS, "worth", &values) {
        cluster.run(&statement)?;
    }
    out.write(cluster, "select * from worth", WORTH)?;
    cluster.called(
        &cluster.table(&out.inside(WORTH).to_string_lossy())?,
        "written",
    )?;
    let sums = out.bring(
        cluster,
        "select count(*) as customers, sum(alive) as alive, sum(purchases) as purchases, sum(value) as value from written",
    )?;
    println!(
        "All customers, {} weeks ahead\n{}",
        arguments.horizon,
        sums.text()
    );
    Ok(())
}

/// Says how well a model foretells the last weeks of a sample of the customers.
fn judged<M: Buying>(
    arguments: &Arguments,
    out: &Aside,
    cluster: &Cluster,
    fit: impl Fn(&DataFrame) -> std::result::Result<M, Error>,
    (end, hold_out): (f64, f64),
) -> Result {
    let seed = sql::text(&format!(" {}", arguments.seed));
    let sold = out.bring(
        cluster,
        &format!(
            "select customer, cast(datediff(day, date '1970-01-01') as double) / 7D as week, amount from sold \
             join (select customer from (select distinct customer from sold) \
             order by md5(concat(customer, {seed})), customer limit {}) as drawn using (customer)",
            arguments.sample
        ),
    )?;
    let sold = sold.sort(["week", "customer"], SortMultipleOptions::new())?;
    let kept_back = Holdout::new(&sold, "customer", "week", "amount", end - hold_out, end)?;
    let seen = fit(kept_back.history())?;
    let judged = kept_back.glance(&seen)?;
    println!(
        "How well does it foretell {hold_out} weeks that it has not seen? Of {} customers, drawn at random (seed {})\n{}",
        kept_back.history().height(),
        arguments.seed,
        judged.text()
    );
    let lower = judged.column("lower")?.f64()?;
    if lower.iter().flatten().any(|lower| lower <= 0.0) {
        println!("A rival foretells as well as the model does: do not rank customers by it.");
    }
    let by_frequency = kept_back.by_frequency(&seen, 7)?;
    export::csv(&by_frequency, out.inside(HOLDOUT), Existing::Keep)?;
    Ok(())
}
