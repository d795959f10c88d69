//! `segmenta worth`: what each customer is worth, and whether a model of it can be trusted.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use segmenta::Error;
use segmenta::prelude::*;
use segmenta::table::export::Folder;
use segmenta::value::ParetoNbd;

use crate::bills::Bills;
use crate::{Failure, Result, say, tell};

#[derive(Args)]
#[command(after_help = "\
Examples:
  segmenta worth 2021.csv 2022.csv --out spring
  segmenta worth bills.parquet --horizon 26 --discount 0.08 --model pareto-nbd --out spring

Writes worth.csv (a row for each customer), holdout.csv, tracking.csv, cohorts.csv, tenths.csv, the two
fitted models (buying.json, orders.json) and worth.html, a report. The model is judged first on the last weeks
of the bills, which it has not seen; then it is fitted again on all of them. Returns and bills without a
customer or an amount are left out, and counted.")]
pub struct Arguments {
    #[command(flatten)]
    bills: Bills,
    /// The folder for the results
    #[arg(long, value_name = "DIR")]
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

const FILES: [&str; 8] = [
    "worth.csv",
    "holdout.csv",
    "tracking.csv",
    "cohorts.csv",
    "tenths.csv",
    "buying.json",
    "orders.json",
    "worth.html",
];

pub fn worth(arguments: &Arguments) -> Result {
    let existing = if arguments.replace {
        Existing::Replace
    } else {
        Existing::Keep
    };
    let folder = Folder::new(&arguments.out, FILES, existing)?;
    let orders = arguments.bills.load()?;
    let sold = sold(&orders.bills)?;
    let params = |modified: bool| {
        if modified {
            BgNbd::params().modified()
        } else {
            BgNbd::params()
        }
    };
    let report = match arguments.model {
        Kind::Bg => results(arguments, &folder, &sold, |history| {
            BgNbd::fit(history, &params(false))
        })?,
        Kind::Mbg => results(arguments, &folder, &sold, |history| {
            BgNbd::fit(history, &params(true))
        })?,
        Kind::Pareto => results(arguments, &folder, &sold, |history| {
            ParetoNbd::fit(history, &ParetoNbd::params())
        })?,
    };
    report.save(folder.path("worth.html"), Existing::Keep)?;
    folder.finish()?;
    tell(format_args!("wrote {}", arguments.out.display()));
    Ok(())
}

/// Bills of customers with an amount above 0, with their `week`; what is left out is told.
fn sold(bills: &DataFrame) -> Result<DataFrame> {
    let week = col("time")
        .cast(DataType::Date)
        .cast(DataType::Int32)
        .cast(DataType::Float64)
        / lit(7.0);
    let clean = Clean::new(bills)?
        .keep_where("a customer is named", col("customer").is_not_null())?
        .keep_where("an amount above 0", col("amount").gt(lit(0.0)))?;
    tell(clean.report()?.text());
    Ok(clean
        .kept()
        .clone()
        .lazy()
        .with_column(week.alias("week"))
        .collect()?)
}

fn results<M: segmenta::value::Buying>(
    arguments: &Arguments,
    folder: &Folder,
    sold: &DataFrame,
    fit: impl Fn(&DataFrame) -> std::result::Result<M, Error>,
) -> Result<Report> {
    let weeks = sold.column("week")?.f64()?;
    let (Some(begin), Some(end)) = (weeks.min(), weeks.max()) else {
        return Err(Failure::from(Error::TooFew {
            what: "bills of customers with an amount above 0".into(),
            found: 0,
            expected: "1 or more".into(),
        }));
    };
    let hold_out = arguments.hold_out.unwrap_or(((end - begin) / 4.0).floor());
    let kept_back = Holdout::new(sold, "customer", "week", "amount", end - hold_out, end)?;
    tell(format_args!(
        "judging the model on the last {hold_out} weeks"
    ));
    let seen = fit(kept_back.history())?;
    let (judged, by_frequency) = (kept_back.glance(&seen)?, kept_back.by_frequency(&seen, 7)?);
    let tracking = kept_back.tracking(&seen, 1.0)?;
    say(format_args!(
        "How well does it foretell {hold_out} weeks that it has not seen?\n{}",
        judged.text()
    ))?;

    tell("fitting the models on all bills");
    let history = value::history(sold, "customer", "week", "amount", end)?;
    let buying = fit(&history)?;
    let sizes = GammaGamma::fit(&history, &GammaGamma::params())?;
    say(format_args!(
        "How customers buy and leave\n{}",
        buying.parameters_table()?.text()
    ))?;
    say(format_args!(
        "What an order is worth\n{}",
        sizes.tidy()?.text()
    ))?;
    let discount = (1.0 + arguments.discount).powf(7.0 / 365.25) - 1.0;
    let worth = value::worth(&buying, &sizes, &history, arguments.horizon, discount)?;
    let best = SortMultipleOptions::new()
        .with_order_descending(true)
        .with_maintain_order(true);
    let worth = worth.sort(["value"], best)?;
    let cohorts = value::cohorts(sold, 0.95)?;
    let view = SingleView::new().of(sold)?;
    let tenths = value::tenths(&view, "amount")?;

    for (name, table) in [
        ("worth.csv", &worth),
        ("holdout.csv", &by_frequency),
        ("tracking.csv", &tracking),
        ("cohorts.csv", &cohorts),
        ("tenths.csv", &tenths),
    ] {
        export::csv(table, folder.path(name), Existing::Keep)?;
    }
    value::save(&buying, folder.path("buying.json"), Existing::Keep)?;
    value::save(&sizes, folder.path("orders.json"), Existing::Keep)?;
    let of = |what: &str| format!("{what} From {}.", arguments.bills.named());
    let mut report = Report::new("What customers are worth")
        .chapter("Can the model be trusted?")
        .text(&of(&format!(
            "The model learned from all bills but those of the last {hold_out} weeks, and foretold these. Beside \
             it: every customer goes on at the rate so far (same_rate), and everybody is alike (average)."
        )))
        .table("Errors, and how much worse the rivals are", &judged)?
        .figure(&plot::tracking(&tracking)?)
        .table("By how often somebody had come back", &by_frequency)?
        .chapter("What customers are worth")
        .text(&format!(
            "Expected purchases of the next {} weeks times the expected amount of an order, at {:.1} % a year. The \
             intervals say how well the models are known, and not how far a single customer may be from it.",
            arguments.horizon,
            100.0 * arguments.discount
        ))
        .table("How customers buy and leave", &buying.parameters_table()?)?
        .table("What an order is worth", &sizes.tidy()?)?
        .table("The first twenty", &worth.head(Some(20)))?
        .chapter("Who stays, and who brings the money")
        .figure(&plot::cohorts(&cohorts)?)
        .table("Customers by tenth of what they spent so far", &tenths)?;
    if judged
        .column("lower")?
        .f64()?
        .iter()
        .flatten()
        .any(|lower| lower <= 0.0)
    {
        let warning = "A rival foretells as well as the model does: do not rank customers by it.";
        say(warning)?;
        report = report.chapter("A warning").text(warning);
    }
    Ok(report)
}
