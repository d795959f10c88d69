//! `segmenta segment`: lessons 01, 04, 05 and 07 in one command.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use segmenta::Error;
use segmenta::prelude::*;
use segmenta::table::export::Folder;

use crate::input::{Input, LINE, sources, with_features, without_lines};
use crate::quality::tables;
use crate::run::Run;
use crate::{Failure, Result, say, tell};

#[derive(Args)]
#[command(after_help = "\
Examples:
  segmenta segment customers.csv --k auto --out spring
  segmenta segment customers.csv --k 3 --seed 7 --out spring --replace
  segmenta segment customers.csv --k 4 --columns Recency,transactions,spend --out rfm

Into DIR go:
  customers.csv, customers.parquet   the customers with segment, silhouette, tier and propensity
  left_out.csv                       the customers without a value that the segments need, by row
  rejects.csv                        the values that do not fit, by row and column
  segments.json                      the segments, for `segmenta assign`
  run.json                           what `segmenta report` needs besides")]
pub struct Arguments {
    #[command(flatten)]
    input: Input,
    /// How many segments: a number, or `auto` for that which most criteria speak for
    #[arg(long, default_value = "auto", value_parser = number_of_segments)]
    k: K,
    /// With `--k auto`, as many segments at most
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u64).range(2..=50))]
    max_k: u64,
    /// The folder for the results
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Where the random numbers start
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The columns to tell customers apart by, with a comma between them
    #[arg(long, value_delimiter = ',', default_values_t = COLUMNS.map(str::to_owned))]
    columns: Vec<String>,
    /// What to do where a customer stands on several rows
    #[arg(long, value_enum, default_value_t = Repeated::Error)]
    repeated: Repeated,
    /// Replace results that are in the folder already
    #[arg(long)]
    replace: bool,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Repeated {
    /// Stop, and name them
    Error,
    /// Keep the first row of each
    First,
    /// Keep the last row of each
    Last,
    /// Count each row as a customer
    All,
}

#[derive(Clone, Copy)]
enum K {
    Auto,
    Of(usize),
}

fn number_of_segments(text: &str) -> std::result::Result<K, String> {
    match (text, text.parse()) {
        ("auto", _) => Ok(K::Auto),
        (_, Ok(k)) if (1..=100).contains(&k) => Ok(K::Of(k)),
        _ => Err("give a number from 1 to 100, or auto".to_owned()),
    }
}

/// The columns of lessons 04 and 05.
const COLUMNS: [&str; 6] = [
    "Income",
    "spend",
    "NumDealsPurchases",
    "NumCatalogPurchases",
    "NumStorePurchases",
    "NumWebVisitsMonth",
];

pub const CUSTOMERS: &str = "customers.parquet";
pub const SEGMENTS: &str = "segments.json";
pub const RUN: &str = "run.json";
pub const FILES: [&str; 6] = [
    "customers.csv",
    CUSTOMERS,
    "left_out.csv",
    "rejects.csv",
    SEGMENTS,
    RUN,
];

pub fn segment(arguments: &Arguments) -> Result {
    let existing = if arguments.replace {
        Existing::Replace
    } else {
        Existing::Keep
    };
    let folder = Folder::new(&arguments.out, FILES, existing)?;
    tell(format_args!("reading {}", arguments.input.file.display()));
    let origin = Report::new("").origin(&arguments.input.file, arguments.seed)?;
    let columns: Vec<&str> = arguments.columns.iter().map(String::as_str).collect();
    let needs = sources(columns.iter().copied());
    let loaded = arguments.input.load(Some(&needs), None)?;
    let customers = once_each(with_features(&loaded)?, arguments.repeated)?;
    for name in &columns {
        let Ok(column) = customers.column(name) else {
            continue;
        };
        if !column.dtype().is_primitive_numeric() {
            return Err(Error::Parameter {
                name: "--columns",
                value: format!("{name}, which does not hold numbers"),
                expected: "columns of numbers".into(),
            }
            .into());
        }
        if column.null_count() == column.len() {
            return Err(Error::TooFew {
                what: format!("customers with a value in {name}"),
                found: 0,
                expected: "2 or more; or do without it: --columns".into(),
            }
            .into());
        }
    }
    let clean = Clean::new(&customers)?.drop_nulls(columns.iter().copied())?;
    let left_out = clean.left_out()?;
    if left_out.height() > 0 {
        tell(format_args!(
            "{} customers lack a value and are left out",
            left_out.height()
        ));
    }
    let (customers, lines) = without_lines(clean.kept())?;
    let customers = &customers;

    let noted = |table: &DataFrame| {
        table
            .clone()
            .lazy()
            .filter(col("why").neq(lit("")))
            .collect()
    };
    let mut before = Report::new("Customer segments")
        .chapter("Data")
        .table("The file", &loaded.glance)?
        .table(
            "Columns that are not as the file has them",
            &noted(&loaded.columns)?,
        )?
        .table(
            "Words that were translated, or are not known",
            &loaded.recoded,
        )?
        .table("Values that do not fit", &loaded.rejects)?
        .table("What was left out", &clean.report()?)?
        .chapter("Quality");
    let [missing, others @ ..] = tables(&loaded.customers)?;
    let missing = (
        missing.0,
        missing.1.lazy().filter(col("nulls").gt(lit(0))).collect()?,
    );
    for (heading, table) in [missing].into_iter().chain(others) {
        before = before.table(heading, &table)?;
    }

    let (recipe, looks) = scale::suggest(customers, columns.iter().copied())
        .map_err(|error| Failure::from(error).on_line(&lines))?;
    tell_of(&looks)?;
    before = before
        .chapter("Columns")
        .table("What is done to each column", &looks)?;
    let (found, chances) = std::thread::scope(|scope| {
        // It has to do with no segment, and takes one core while those are looked for with the other.
        let chances = scope.spawn(|| chances(customers, arguments.seed));
        let found = find(arguments, customers, &recipe, before);
        (found, chances.join())
    });
    let (segments, before, found) = found.map_err(|failure| failure.on_line(&lines))?;
    let segments = segments.read_as(&loaded.reading);
    let mut left_out = left_out;
    left_out.rename(LINE, "row".into())?;
    let chances = chances.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    let found = with_tiers(&found)?.hstack(&[chances])?;

    tell(format_args!("writing to {}", arguments.out.display()));
    // Of a table of a million customers both take their time, and each has a core.
    let (csv, parquet) = std::thread::scope(|scope| {
        let beside =
            scope.spawn(|| export::csv(&found, folder.path("customers.csv"), Existing::Keep));
        let parquet = export::parquet(&found, folder.path(CUSTOMERS), Existing::Keep);
        (beside.join(), parquet)
    });
    parquet?;
    csv.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    export::csv(&left_out, folder.path("left_out.csv"), Existing::Keep)?;
    segments.save(folder.path(SEGMENTS), Existing::Replace)?;
    export::csv(&loaded.rejects, folder.path("rejects.csv"), Existing::Keep)?;
    Run::new(arguments.seed, before, origin).save(&folder.path(RUN))?;
    folder.finish()?;

    for name in ["report.html", "targets.csv"] {
        if arguments.out.join(name).exists() {
            tell(format_args!(
                "{name} is of an earlier run; `segmenta report --replace` makes it anew"
            ));
        }
    }
    say(segments.tidy()?.text())
}

/// The segments, what the report says of their number, and the customers in them.
fn find(
    arguments: &Arguments,
    customers: &DataFrame,
    recipe: &Recipe,
    before: Report,
) -> Result<(Segments, Report, DataFrame)> {
    let before = before.chapter("How many segments");
    let (k, before) = match arguments.k {
        K::Of(k) => (k, before.text(&format!("{k}, as it was asked for."))),
        K::Auto => {
            tell(format_args!(
                "choosing the number of segments, up to {}",
                arguments.max_k
            ));
            let choice = ChooseK::new(1..=arguments.max_k as usize);
            let choice = choice.fit(customers, recipe, &KMeans::params(1).seed(arguments.seed))?;
            tell(choice.verdict());
            let Some(k) = choice.suggested() else {
                return Err(Failure::NoStructure(choice.verdict().to_owned()));
            };
            let before = before
                .text(choice.verdict())
                .figure(&plot::criteria(&choice)?)
                .table("Criteria for each number of segments", &choice.tidy())?;
            (k, before)
        }
    };
    tell(format_args!(
        "finding {k} segments of {} customers",
        customers.height()
    ));
    let params = KMeans::params(k).seed(arguments.seed);
    let segments = Segments::fit(customers, recipe, &params)?;
    let found = segments.augment(customers)?;
    Ok((segments, before, found))
}

/// What is done to each column, where it is not the usual.
fn tell_of(looks: &DataFrame) -> Result {
    let of = |column: &str| looks.column(column)?.str().cloned();
    let (names, kinds, steps) = (of("column")?, of("kind")?, of("steps")?);
    for row in 0..looks.height() {
        let word = |words: &StringChunked| words.get(row).unwrap_or_default().to_owned();
        if word(&steps) != "clip, standardise" {
            let (name, kind, steps) = (word(&names), word(&kinds), word(&steps));
            tell(format_args!("{name} ({kind}): {steps}"));
        }
    }
    Ok(())
}

/// The customers with one row each, by the rule that was asked for.
fn once_each(customers: DataFrame, repeated: Repeated) -> Result<DataFrame> {
    let numbers = quality::repeated(&customers.drop(LINE)?, "ID")?;
    let Some(first) = numbers.column("ID")?.str()?.iter().flatten().next() else {
        return Ok(customers);
    };
    let several = numbers.height();
    let keep = match repeated {
        Repeated::All => {
            tell(format_args!(
                "{several} customers stand on several rows, and all of them stay"
            ));
            return Ok(customers);
        }
        Repeated::First => UniqueKeepStrategy::First,
        Repeated::Last => UniqueKeepStrategy::Last,
        Repeated::Error => {
            let lines = customers
                .clone()
                .lazy()
                .filter(col("ID").eq(lit(first)))
                .collect()?;
            let lines = lines.column(LINE)?.u64()?.iter().flatten();
            let lines: Vec<String> = lines.map(|line| line.to_string()).collect();
            let differ = numbers.column("differ_in")?.str()?.get(0);
            return Err(Error::Parameter {
                name: "ID",
                value: format!(
                    "not a customer's own: {several} stand on several rows, such as {first} on rows \
                     {} ({})",
                    lines.join(", "),
                    match differ {
                        Some(columns) => format!("which differ in {columns}"),
                        None => "which are the same".to_owned(),
                    }
                ),
                expected: "one row for each customer; or say which to keep, with --repeated first, \
                           last or all"
                    .into(),
            }
            .into());
        }
    };
    let key = vec!["ID".to_owned()];
    let unnamed = customers
        .clone()
        .lazy()
        .filter(col("ID").is_null())
        .collect()?;
    let named = customers.lazy().filter(col("ID").is_not_null()).collect()?;
    let before = named.height();
    let named = named.unique_stable(Some(&key), keep, None)?;
    tell(format_args!(
        "{several} customers stand on several rows: the {} of each is kept, {} rows are left out",
        if keep == UniqueKeepStrategy::First {
            "first"
        } else {
            "last"
        },
        before - named.height()
    ));
    let together = concat([named.lazy(), unnamed.lazy()], UnionArgs::default())?;
    Ok(together.sort([LINE], Default::default()).collect()?)
}

/// The tier of each customer, by the mean spend of the segment.
fn with_tiers(found: &DataFrame) -> Result<DataFrame> {
    let known = found
        .clone()
        .lazy()
        .filter(col("spend").is_not_null())
        .collect()?;
    let tiers = recommend::tiers(&known, "segment", "spend", recommend::TIERS)?;
    let tiers = tiers.select(["segment", "tier"])?.lazy();
    let left = JoinArgs {
        maintain_order: MaintainOrderJoin::Left,
        ..JoinArgs::new(JoinType::Left)
    };
    let joined = found
        .clone()
        .lazy()
        .join(tiers, [col("segment")], [col("segment")], left);
    Ok(joined.collect()?)
}

/// Each customer's chance to answer the next campaign, learned from the last one; empty where that
/// cannot be learned, which is told.
fn chances(customers: &DataFrame, seed: u64) -> Result<Column> {
    match propensity(customers, seed) {
        Ok(model) => Ok(model.augment(customers)?.column("propensity")?.clone()),
        Err(error) => {
            tell(format_args!("no propensity: {error}"));
            let none = DataType::Float64;
            Ok(Column::full_null(
                "propensity".into(),
                customers.height(),
                &none,
            ))
        }
    }
}

/// What is known before a campaign, and may say who answers.
const PREDICTORS: [&str; 10] = [
    "Income",
    "spend",
    "Recency",
    "transactions",
    "NumDealsPurchases",
    "NumCatalogPurchases",
    "NumWebVisitsMonth",
    "accepted_campaigns",
    "children",
    "age_at_joining",
];

/// A model of `Response` from what was known before.
pub fn propensity(customers: &DataFrame, seed: u64) -> std::result::Result<Propensity, Error> {
    let varies = |name: &&str| {
        let column = customers.column(name);
        column.is_ok_and(|column| column.drop_nulls().n_unique().is_ok_and(|n| n > 1))
    };
    let (known, unknown): (Vec<&str>, Vec<&str>) = PREDICTORS.into_iter().partition(varies);
    if !unknown.is_empty() {
        tell(format_args!(
            "propensity without {}: no two different values",
            unknown.join(", ")
        ));
    }
    let recipe = Recipe::new(known)
        .fill_median(Columns::All)
        .clip(Columns::All, 0.01, 0.99)
        .standardise(Columns::All);
    let params = Propensity::params("Response").against("spend").seed(seed);
    // By their numbers, so that the order of the file decides nothing; a file without them has its order.
    let named = customers
        .column("ID")
        .is_ok_and(|ids| ids.null_count() == 0);
    let params = if named { params.customer("ID") } else { params };
    Propensity::fit(customers, &recipe, &params)
}
