//! `segmenta recommend`: what to offer to whom, by the method that would have been right most often.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use segmenta::Error;
use segmenta::prelude::*;
use segmenta::products::Past;
use segmenta::table::export::Folder;

use crate::bills::{Bills, first_and_end, text_of};
use crate::{Failure, Result, say, tell};

#[derive(Args)]
#[command(after_help = "\
Examples:
  segmenta recommend 2021.csv 2022.csv --to single-item --top 5 --out offers.csv
  segmenta recommend lines.csv --method ease --offer all --out offers.csv
  segmenta recommend lines.csv --day 2022-10-01 --to all --out offers.csv

Writes the offers, and beside them a report (offers.html): all methods are judged on the last quarter of the time,
which they have not seen. Where no method is said, the best of them for the kind of offer makes the offers; it is
fitted again on all bills before the day. What was not sold in the 60 days before the day is not offered.")]
pub struct Arguments {
    #[command(flatten)]
    bills: Bills,
    /// The file for the offers: .csv
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// To whom
    #[arg(long, value_enum, default_value_t = To::All)]
    to: To,
    /// How many offers each
    #[arg(long, value_name = "OFFERS", default_value_t = 5)]
    top: usize,
    /// What may be offered
    #[arg(long, value_enum, default_value_t = What::New)]
    offer: What,
    /// By which method, where it is not the one that was right most often
    #[arg(long, value_enum)]
    method: Option<Method>,
    /// The day of the offers: only bills before it count; the day after the last bill where it is not said
    #[arg(long, value_name = "DAY")]
    day: Option<String>,
    /// Replace results that are there already
    #[arg(long)]
    replace: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum To {
    /// All who bought before the day
    All,
    /// Those who bought one product on each of their bills
    SingleItem,
}

#[derive(Clone, Copy, ValueEnum)]
enum What {
    /// What the customer has not bought before
    New,
    /// What they have bought before
    Repeat,
    /// Anything that is sold
    All,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Method {
    /// What sells most now
    Popularity,
    /// What the customer has bought most often
    Repeat,
    /// What the same customers buy
    Cosine,
    /// The same, with weights learned for all products at once
    Ease,
    /// By tastes, where not to have bought is no dislike
    Als,
    /// By tastes that only add up
    Nmf,
}

impl Method {
    fn fit(self, past: &Past) -> std::result::Result<Box<dyn Recommender>, Error> {
        // Small shops have fewer products or customers than the tastes that are asked for where nothing is said.
        let glance = past.glance()?;
        let most = |name: &str| table::number(&glance, name, 0);
        let most = most("products")?.min(most("customers")?) as usize;
        Ok(match self {
            Method::Popularity => Box::new(Popularity::fit(past)),
            Method::Repeat => Box::new(Repeat::fit(past)),
            Method::Cosine => Box::new(ItemCosine::fit(past)?),
            Method::Ease => Box::new(Ease::params().fit(past)?),
            Method::Als => Box::new(Als::params().factors(most.min(32)).fit(past)?),
            Method::Nmf => Box::new(Nmf::params().factors(most.min(12)).fit(past)?),
        })
    }
}

/// How many offers methods are judged by.
const JUDGED_BY: usize = 10;

pub fn recommend(arguments: &Arguments) -> Result {
    let existing = if arguments.replace {
        Existing::Replace
    } else {
        Existing::Keep
    };
    let out = &arguments.out;
    let stem = out.file_stem().and_then(|stem| stem.to_str());
    let (Some(stem), Some("csv")) = (stem, out.extension().and_then(|ending| ending.to_str()))
    else {
        return Err(Failure::from(Error::Parameter {
            name: "--out",
            value: out.display().to_string(),
            expected: "a name that ends in .csv".into(),
        }));
    };
    let (offers_file, report_file) = (format!("{stem}.csv"), format!("{stem}.html"));
    let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty());
    let names = [offers_file.as_str(), report_file.as_str()];
    let folder = Folder::new(parent.unwrap_or(Path::new(".")), names, existing)?;
    let offer = match arguments.offer {
        What::New => Offer::New,
        What::Repeat => Offer::Repeat,
        What::All => Offer::All,
    };

    let orders = arguments.bills.load()?;
    if orders.lines.height() == 0 {
        return Err(Failure::from(Error::TooFew {
            what: "lines with a product".into(),
            found: 0,
            expected: "1 or more; a column of products: --column product=YOURS".into(),
        }));
    }
    let purchases = Purchases::of(&orders.bills, &orders.lines)?;
    let odd = purchases
        .quality()?
        .lazy()
        .filter(col("rows").gt(lit(0)))
        .collect()?;
    tell(odd.text());
    let (first, end) = first_and_end(&orders.bills)?;
    let day = match &arguments.day {
        Some(day) => day.clone(),
        None => text_of(end)?,
    };
    let past = purchases.before(&day)?;
    let last = past
        .glance()?
        .column("day")?
        .date()?
        .physical()
        .get(0)
        .unwrap_or(end);
    let judge_from = text_of(last - ((last - first) / 4).max(1))?;
    tell(format_args!(
        "judging the methods on the bills from {judge_from} to {day}"
    ));
    let trial = match (
        Trial::new(&purchases, &judge_from, &day, offer),
        arguments.method,
    ) {
        (Ok(trial), _) => Some(trial),
        // Who has said which method may be there before there is anything to judge it by.
        (Err(Error::TooFew { what, .. }), Some(_)) => {
            tell(format_args!("the methods cannot be judged: {what}: 0"));
            None
        }
        (Err(error), _) => return Err(error.into()),
    };
    if let Some(trial) = &trial {
        say(format_args!(
            "What each method would have been right about\n{}",
            trial.glance.text()
        ))?;
        say(format_args!(
            "Beside offering everybody what sells most\n{}",
            trial.against.text()
        ))?;
    }
    let method = match (arguments.method, &trial) {
        (Some(method), _) => method,
        (None, Some(trial)) => trial.best()?,
        (None, None) => Method::Popularity,
    };
    let recommender = method.fit(&past)?;
    let name = recommender.name();
    tell(format_args!("offers for {day} by {name}"));
    let single = past.single_item_buyers()?;
    let offers = match arguments.to {
        To::All => recommender.rank_all(arguments.top, offer)?,
        To::SingleItem => {
            let customers = single.column("customer")?.str()?;
            let customers: Vec<&str> = customers.iter().flatten().collect();
            recommender.rank(&customers, arguments.top, offer)?
        }
    };
    if offers.height() == 0 {
        return Err(Failure::from(Error::TooFew {
            what: "offers".into(),
            found: 0,
            expected: "1 or more: nobody is there to get one, or nothing may be offered; see --to and --offer".into(),
        }));
    }
    let verdict = match &trial {
        Some(trial) => trial.verdict(&name)?,
        None => format!("A warning: {name} was not judged."),
    };
    say(&verdict)?;
    let customers = offers.column("customer")?.n_unique()?;
    let head = offers.head(Some(20));
    say(format_args!(
        "{customers} customers, {} offers\n{}",
        offers.height(),
        head.text()
    ))?;
    export::csv(&offers, folder.path(&offers_file), Existing::Keep)?;
    let mut report = Report::new("What to offer whom")
        .chapter("The offers")
        .text(&format!(
            "{} offers to {customers} customers for {day}, by {name}, from {}. {verdict} That it foretells what is bought does \
             not say that an offer sells it: that takes customers who get none.",
            offers.height(),
            arguments.bills.named()
        ))
        .table("The first twenty", &head)?
        .table("What is known on that day", &past.glance()?)?;
    if let Some(trial) = &trial {
        report = report
            .chapter("Can the methods be trusted?")
            .text(&format!(
                "Each learned from the bills before {judge_from}, and made {JUDGED_BY} offers to each customer who came back \
                 until {day}. Right is what they bought then. All products that were sold were ranked. The best of several looks \
                 a little better than it is."
            ))
            .table("What each would have been right about", &trial.glance)?
            .table("Beside offering everybody what sells most", &trial.against)?
            .table("What came after the day", &trial.later)?;
    }
    report.save(folder.path(&report_file), Existing::Keep)?;
    folder.finish()?;
    tell(format_args!("wrote {}", out.display()));
    Ok(())
}

/// All methods, judged on bills that they have not seen.
struct Trial {
    glance: DataFrame,
    against: DataFrame,
    later: DataFrame,
}

impl Trial {
    fn new(
        purchases: &Purchases,
        from: &str,
        until: &str,
        offer: Offer,
    ) -> std::result::Result<Self, Error> {
        let split = TimeSplit::new(purchases, from, until)?;
        let fitted = Method::value_variants()
            .iter()
            .map(|method| method.fit(split.past()))
            .collect::<std::result::Result<Vec<_>, _>>()?;
        let fitted: Vec<&dyn Recommender> = fitted.iter().map(|own| own.as_ref()).collect();
        let judged = split.judge(&fitted, JUDGED_BY, offer)?;
        Ok(Trial {
            glance: judged.glance()?,
            against: judged.compare("popularity", "ndcg", &Bootstrap::new())?,
            later: split.glance()?,
        })
    }

    fn best(&self) -> Result<Method> {
        let ndcg = self.glance.column("ndcg")?.f64()?;
        let of = |method: usize| ndcg.get(method).unwrap_or(0.0);
        let all = Method::value_variants();
        // Of two that are as good the simpler one stands first.
        let best = (0..all.len()).max_by(|a, b| of(*a).total_cmp(&of(*b)).then(b.cmp(a)));
        Ok(all[best.unwrap_or(0)])
    }

    fn verdict(&self, name: &str) -> Result<String> {
        let methods = self.against.column("method")?.str()?;
        let Some(row) = methods.iter().position(|own| own == Some(name)) else {
            return Ok("The offers are what sells most now, the same for everybody.".to_owned());
        };
        let number =
            |name: &str| -> Result<Option<f64>> { Ok(self.against.column(name)?.f64()?.get(row)) };
        let is_better = number("difference")?.is_some_and(|more| more > 0.0)
            && number("p_holm")?.is_some_and(|p| p < 0.05);
        Ok(match is_better {
            true => format!(
                "{name} would have been right more often than offering what sells most, beyond chance."
            ),
            false => format!(
                "A warning: {name} would not have been right more often than offering what sells most, beyond chance."
            ),
        })
    }
}
