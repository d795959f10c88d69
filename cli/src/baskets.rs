//! `segmenta baskets`: what is bought together, and what of it is more than chance.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use segmenta::Error;
use segmenta::data::read::{Kind, Reader};
use segmenta::prelude::*;
use segmenta::table::export::Folder;

use crate::bills::{Bills, first_and_end};
use crate::{Failure, Result, say, tell};

#[derive(Args)]
#[command(after_help = "\
Examples:
  segmenta baskets 2021.csv 2022.csv --support 0.001 --confidence 0.2 --out baskets
  segmenta baskets lines.csv --per customer --from 2022-10-01 --out baskets
  segmenta baskets 2022.csv --by centre --out baskets
  segmenta baskets 2022.csv --segments spring/assigned.csv --out baskets
  segmenta baskets groceries.csv --lines-are-baskets --out baskets

Writes itemsets.csv, rules.csv, measures.csv and baskets.html, a report. Rules are found on the bills before a
day and tried again on those from that day on (again.csv); with --by or --segments each is tried in each group
(groups.csv). p-values are corrected for all rules that were searched.")]
pub struct Arguments {
    #[command(flatten)]
    bills: Bills,
    /// The folder for the results
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// In which share of the baskets a set must be
    #[arg(long, value_name = "SHARE", default_value_t = 0.01)]
    support: f64,
    /// In which share of the baskets with the antecedent the consequent must be
    #[arg(long, value_name = "SHARE", default_value_t = 0.2)]
    confidence: f64,
    /// Of how many items a set is at most
    #[arg(long, value_name = "ITEMS", default_value_t = 10)]
    longest: usize,
    /// What is a basket
    #[arg(long, value_enum, default_value_t = Per::Bill)]
    per: Per,
    /// The day from which on bills are kept back to try the rules again; the last quarter of the time where it
    /// is not said
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// Try each rule in each group of the bills: centre or channel
    #[arg(long, value_name = "COLUMN", conflicts_with = "segments")]
    by: Option<String>,
    /// Try each rule in each segment of the customers: a table with the columns customer and segment
    #[arg(long, value_name = "FILE")]
    segments: Option<PathBuf>,
    /// Each line of the file is a basket, its items side by side: no dates, no customers
    #[arg(long, conflicts_with_all = ["from", "by", "segments", "per"])]
    lines_are_baskets: bool,
    /// Replace results that are there already
    #[arg(long)]
    replace: bool,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Per {
    /// A bill
    Bill,
    /// All that a customer bought
    Customer,
}

const FILES: [&str; 6] = [
    "itemsets.csv",
    "rules.csv",
    "measures.csv",
    "again.csv",
    "groups.csv",
    "baskets.html",
];
/// Rules that the report shows.
const SHOWN: usize = 20;

pub fn baskets(arguments: &Arguments) -> Result {
    let existing = if arguments.replace {
        Existing::Replace
    } else {
        Existing::Keep
    };
    let folder = Folder::new(&arguments.out, FILES, existing)?;
    let report = match arguments.lines_are_baskets {
        true => {
            let baskets = arguments.bills.baskets()?;
            found(arguments, &folder, &baskets)?.1
        }
        false => of_bills(arguments, &folder)?,
    };
    report.save(folder.path("baskets.html"), Existing::Keep)?;
    folder.finish()?;
    tell(format_args!("wrote {}", arguments.out.display()));
    Ok(())
}

fn of_bills(arguments: &Arguments, folder: &Folder) -> Result<Report> {
    let orders = arguments.bills.load()?;
    if orders.lines.height() == 0 {
        return Err(Failure::from(Error::TooFew {
            what: "lines with a product".into(),
            found: 0,
            expected: "1 or more; a column of products: --column product=YOURS".into(),
        }));
    }
    let (bills, group) = grouped(arguments, orders.bills)?;
    let of = |bills: &DataFrame| match arguments.per {
        Per::Bill => Baskets::of_bills(bills, &orders.lines),
        Per::Customer => Baskets::of_customers(bills, &orders.lines),
    };
    let day = first_kept_back(&bills, arguments.from.as_deref())?;
    let is_later = || col("time").cast(DataType::Date).gt_eq(day.clone());
    let earlier = bills.clone().lazy().filter(is_later().not()).collect()?;
    let later = bills.clone().lazy().filter(is_later()).collect()?;
    tell(format_args!(
        "rules are found on {} bills, and tried again on {} later ones",
        earlier.height(),
        later.height()
    ));
    let (rules, mut report) = found(arguments, folder, &of(&earlier)?)?;
    let tried = rules.believed();
    let later = some(of(&later))?;
    let again = match &later {
        Some(later) => some(rules.again(later, 0.95))?,
        None => None,
    };
    match &again {
        Some(again) => export::csv(again, folder.path("again.csv"), Existing::Keep)?,
        None => tell("the rules are not tried again: the later bills have none of their items"),
    }
    let has_rules = table::number(&tried.glance()?, "rules", 0)? > 0.0;
    if let (true, Some(later), Some(_)) = (has_rules, &later, &again) {
        let again = tried.again(later, 0.95)?;
        let held = again
            .clone()
            .lazy()
            .filter(col("holds"))
            .collect()?
            .height();
        let told = format!(
            "Of {} rules that are more than chance {held} hold in the later bills.",
            again.height()
        );
        say(&told)?;
        report = report
            .chapter("Do they hold later?")
            .text(&told)
            .table("The rules in later bills", &again.head(Some(SHOWN)))?;
    }
    if let Some(group) = group {
        let groups = in_groups(&tried, &bills, &group, &of)?;
        export::csv(&groups, folder.path("groups.csv"), Existing::Keep)?;
        report = report
            .chapter(&format!("Do they hold in each {group}?"))
            .text("All bills, the earlier ones among them: it compares groups, and proves no rule.")
            .table("The rules that are more than chance", &groups)?;
    }
    Ok(report)
}

/// Itemsets and rules, written, shown and in a report.
fn found(arguments: &Arguments, folder: &Folder, baskets: &Baskets) -> Result<(Rules, Report)> {
    let quality = baskets.quality()?;
    let odd = quality.lazy().filter(col("rows").gt(lit(0))).collect()?;
    tell(odd.text());
    let glance = baskets.glance()?;
    say(format_args!("The baskets\n{}", glance.text()))?;
    let itemsets = Itemsets::params()
        .support(arguments.support)
        .longest(arguments.longest)
        .find(baskets)?;
    let rules = Rules::params()
        .confidence(arguments.confidence)
        .of(&itemsets)?;
    let (sets, tidy) = (itemsets.tidy(0.95)?, rules.tidy(0.95)?);
    export::csv(&sets, folder.path("itemsets.csv"), Existing::Keep)?;
    export::csv(&tidy, folder.path("rules.csv"), Existing::Keep)?;
    export::csv(
        &rules.measures()?,
        folder.path("measures.csv"),
        Existing::Keep,
    )?;
    say(format_args!("The sets\n{}", itemsets.glance()?.text()))?;
    say(format_args!("The rules\n{}", rules.glance()?.text()))?;
    let believed = tidy
        .clone()
        .lazy()
        .filter(col("verdict").eq(lit("more than chance")))
        .collect()?;
    let short = believed.select([
        "antecedent",
        "consequent",
        "baskets",
        "confidence",
        "lower",
        "upper",
        "lift",
        "p_holm",
    ])?;
    say(format_args!(
        "More than chance, the highest lift first\n{}",
        short.head(Some(SHOWN)).text()
    ))?;
    let mut report = Report::new("What is bought together")
        .chapter("The baskets")
        .text(&format!("From {}.", arguments.bills.named()))
        .table("Baskets and items", &glance)?
        .table("What was odd, and what was done", &odd)?
        .table("The most frequent items", &baskets.tidy(0.95)?.head(Some(SHOWN)))?
        .figure(&plot::pairs(&baskets.pairs(15)?)?)
        .chapter("Which rules to believe")
        .text(
            "A rule is more than chance where Fisher's exact test says so after a correction for all rules that were \
             searched (Holm), and no shorter rule says as much. It says what lies together, and not that the one makes \
             anybody buy the other.",
        )
        .table("What was searched, and found", &rules.glance()?.drop("least_confidence")?)?;
    report = report.figure(&plot::rules(&tidy)?);
    if believed.height() > 0 {
        let graph = plot::graph(&believed, "antecedent", "consequent", "lift")?;
        let short = short.head(Some(SHOWN)).drop("p_holm")?;
        report = report
            .figure(&graph)
            .table("The rules, the highest lift first", &short)?;
    }
    Ok((rules, report))
}

/// What there is; nothing where there is too little for it.
fn some<T>(made: std::result::Result<T, Error>) -> Result<Option<T>> {
    match made {
        Ok(made) => Ok(Some(made)),
        Err(Error::TooFew { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The bills with the column by which they are grouped, and its name.
fn grouped(arguments: &Arguments, bills: DataFrame) -> Result<(DataFrame, Option<String>)> {
    if let Some(by) = &arguments.by {
        bills.column(by).map_err(|_| {
            Failure::from(Error::NoColumn {
                column: by.clone(),
                available: ["centre", "channel"]
                    .into_iter()
                    .filter(|name| bills.column(name).is_ok())
                    .map(str::to_owned)
                    .collect(),
                otherwise: None,
            })
        })?;
        return Ok((bills, Some(by.clone())));
    }
    let Some(file) = &arguments.segments else {
        return Ok((bills, None));
    };
    let reader = Reader::new()
        .kind("customer", Kind::Text)
        .kind("segment", Kind::Text);
    let segments = reader.needs(["customer", "segment"]).read(file)?.table;
    let keys = [col("customer").cast(DataType::String)];
    let segments = segments
        .lazy()
        .select([col("customer"), col("segment")])
        .unique_stable(None, UniqueKeepStrategy::First)
        .collect()?;
    let twice = segments
        .clone()
        .lazy()
        .group_by_stable([col("customer")])
        .agg([len().alias("rows")])
        .filter(col("rows").gt(lit(1)))
        .collect()?;
    if let Some(name) = twice.column("customer")?.str()?.iter().next().flatten() {
        return Err(Failure::from(Error::Parameter {
            name: "--segments",
            value: format!("a table with customer {name} in two segments"),
            expected: "each customer in one".into(),
        }));
    }
    let segments = segments.lazy();
    let joined = bills
        .lazy()
        .join(segments, keys.clone(), keys, JoinArgs::new(JoinType::Left))
        .collect()?;
    let strangers = joined.column("segment")?.null_count();
    tell(format_args!(
        "{strangers} of {} bills are of customers without a segment",
        joined.height()
    ));
    Ok((joined, Some("segment".into())))
}

/// Each rule in the baskets of each group.
fn in_groups(
    rules: &Rules,
    bills: &DataFrame,
    group: &str,
    of: &dyn Fn(&DataFrame) -> std::result::Result<Baskets, Error>,
) -> Result<DataFrame> {
    let names = bills
        .column(group)?
        .cast(&DataType::String)?
        .unique_stable()?;
    let mut groups = Vec::new();
    for name in names.str()?.iter().flatten() {
        let own = col(group).cast(DataType::String).eq(lit(name.to_owned()));
        let own = bills.clone().lazy().filter(own).collect()?;
        let again = match some(of(&own))? {
            Some(own) => some(rules.again(&own, 0.95))?,
            None => None,
        };
        let Some(again) = again else {
            tell(format_args!(
                "{group} {name} has none of the items: it is left out"
            ));
            continue;
        };
        let named = again.lazy().with_column(lit(name.to_owned()).alias(group));
        groups.push(named);
    }
    let nowhere = bills.column(group)?.null_count();
    if nowhere > 0 {
        tell(format_args!(
            "{nowhere} of {} bills have no {group}",
            bills.height()
        ));
    }
    if groups.is_empty() {
        return Err(Failure::from(Error::TooFew {
            what: format!("groups by {group} with items of the rules"),
            found: 0,
            expected: "1 or more".into(),
        }));
    }
    let first = [col("antecedent"), col("consequent"), col(group)];
    let table = concat(groups, UnionArgs::default())?
        .select(
            [
                first.as_slice(),
                &[
                    "baskets",
                    "antecedent_baskets",
                    "confidence",
                    "lower",
                    "upper",
                    "lift",
                    "p_holm",
                ]
                .map(col),
            ]
            .concat(),
        )
        .sort(
            ["antecedent", "consequent"],
            SortMultipleOptions::new().with_maintain_order(true),
        );
    Ok(table.collect()?)
}

/// The day from which on bills are kept back.
fn first_kept_back(bills: &DataFrame, said: Option<&str>) -> Result<Expr> {
    let (first, end) = first_and_end(bills)?;
    let Some(day) = said else {
        return Ok(lit(end - ((end - first) / 4).max(1)).cast(DataType::Date));
    };
    let options = StrptimeOptions {
        format: Some("%Y-%m-%d".into()),
        strict: false,
        ..StrptimeOptions::default()
    };
    let days = df!("day" => [day])?
        .lazy()
        .select([col("day").str().to_date(options)])
        .collect()?;
    match days.column("day")?.date()?.physical().get(0) {
        Some(day) => Ok(lit(day).cast(DataType::Date)),
        None => Err(Failure::from(Error::Parameter {
            name: "--from",
            value: day.to_owned(),
            expected: "a day such as 2022-10-01".into(),
        })),
    }
}
