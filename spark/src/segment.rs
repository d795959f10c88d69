//! `segmenta-spark segment`: segments of a sample, and by their expression the segment of everybody.

use std::path::PathBuf;

use clap::Args;
use segmenta::cluster::ChooseK;
use segmenta::data::roles::Roles;
use segmenta::prelude::*;
use segmenta::table::sql;

use crate::cluster::{At, Cluster, is_text};
use crate::out::Aside;
use crate::{Failure, Result, tell};

#[derive(Args)]
#[command(after_help = "\
Example:
  segmenta-spark segment sc://127.0.0.1:50051 view.parquet --k auto --out spring

Into FOLDER go customers.parquet (the customers with segment and distance, written by the cluster), segments.csv
(how many customers each segment has, and their means, of all customers) and segments.json (the segments, which
`segmenta assign` reads too). The segments are found here, in a random sample; who is in which is
computed by the cluster.")]
pub struct Arguments {
    #[command(flatten)]
    at: At,
    /// The table of customers as Parquet, as `segmenta-spark view` writes it: a file or a folder that the cluster sees
    #[arg(value_name = "VIEW")]
    view: String,
    /// The column that names the customer
    #[arg(long, value_name = "COLUMN", default_value = "customer")]
    customer: String,
    /// The columns to tell customers apart by, with a comma between them; all numbers that are no names, codes or
    /// near-copies where it is not said
    #[arg(long, value_delimiter = ',')]
    columns: Option<Vec<String>>,
    /// How many segments: a number, or `auto` for that which most criteria speak for
    #[arg(long, default_value = "auto", value_parser = number_of_segments)]
    k: K,
    /// With `--k auto`, as many segments at most
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u64).range(2..=50))]
    max_k: u64,
    /// In how many customers the segments are found
    #[arg(long, value_name = "CUSTOMERS", default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(100..))]
    sample: u64,
    /// Where the random numbers start, those of the sample too
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The folder for the results, which this machine and the cluster both see
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Replace results that are there already
    #[arg(long)]
    replace: bool,
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

const CUSTOMERS: &str = "customers.parquet";
const PROFILES: &str = "segments.csv";
const SEGMENTS: &str = "segments.json";

pub fn segment(arguments: &Arguments) -> Result {
    let out = Aside::with(
        &arguments.out,
        &[CUSTOMERS, PROFILES, SEGMENTS],
        arguments.replace,
    )?;
    let cluster = Cluster::connect(&arguments.at)?;
    if is_text(&arguments.view) {
        return Err(Failure(format!(
            "{}: a table of customers as Parquet is wanted, whose columns have types",
            arguments.view
        )));
    }
    let table = cluster.table(&arguments.view)?;
    let columns = cluster.columns(&table)?;
    cluster.called(&table, "customers")?;
    let names: Vec<&str> = columns.iter().map(|own| own.0.as_str()).collect();
    if !names.contains(&arguments.customer.as_str()) {
        return Err(Failure(format!(
            "there is no column {}: --customer says which one names the customer; there are {}",
            arguments.customer,
            names.join(", ")
        )));
    }
    if let Some(name) = names.iter().find(|own| is_added(own)) {
        return Err(Failure(format!(
            "the table has a column {name} already: give one without it, as it is added here"
        )));
    }
    let drawn = out.bring(&cluster, &sample(arguments))?;
    let used = match &arguments.columns {
        Some(said) => said.clone(),
        None => candidates(&drawn)?,
    };
    let used: Vec<&str> = used.iter().map(String::as_str).collect();
    let clean = Clean::new(&drawn)?.drop_nulls(used.iter().copied())?;
    let complete = clean.kept();
    let all = cluster.count(&table)?;
    tell(format_args!(
        "segments are found in {} of {all} customers, drawn at random (seed {}){}",
        complete.height(),
        arguments.seed,
        match drawn.height() - complete.height() {
            0 => String::new(),
            gaps => format!("; {gaps} more that were drawn lack a value"),
        }
    ));
    // As a file of these columns is read, so that `segmenta assign` reads the next one in the same way.
    let names_used = [&[arguments.customer.as_str()], &used[..]].concat();
    let as_file = out.keep(&drawn.select(names_used)?, "drawn")?;
    let segments = found(arguments, complete, &used)?.planned(read::file(as_file)?.plan());
    segments.save(out.inside(SEGMENTS), Existing::Keep)?;

    let statement = segments.sql("customers", names.iter().copied())?;
    out.write(&cluster, &statement, CUSTOMERS)?;
    let written = cluster.table(&out.inside(CUSTOMERS).to_string_lossy())?;
    cluster.called(&written, "segmented")?;
    let profiles = out.bring(&cluster, &profiles_of(&used))?;
    let profiles = profiles.sort(
        ["segment"],
        SortMultipleOptions::new().with_nulls_last(true),
    )?;
    export::csv(&profiles, out.inside(PROFILES), Existing::Keep)?;
    let none = profiles.column("segment")?.null_count() > 0;
    out.finish()?;
    println!("{}", profiles.text());
    if none {
        tell(
            "customers without a segment lack a value that the segments need, or have one that cannot be scaled",
        );
    }
    tell(format_args!("wrote {}", arguments.out.display()));
    Ok(())
}

/// Whether a name is one of those that are added, in which capitals soever.
fn is_added(name: &str) -> bool {
    ["segment", "distance"]
        .iter()
        .any(|own| name.eq_ignore_ascii_case(own))
}

/// As many customers as are wanted, by the digest of their names: the same ones however the table lies on the cluster.
fn sample(arguments: &Arguments) -> String {
    let customer = sql::name(&arguments.customer);
    let seed = sql::text(&format!(" {}", arguments.seed));
    format!(
        "select * from customers where {customer} is not null \
         order by md5(concat(cast({customer} as string), {seed})), {customer} limit {}",
        arguments.sample
    )
}

/// The columns that customers are told apart by where it is not said, each reason told.
fn candidates(drawn: &DataFrame) -> Result<Vec<String>> {
    let all = scale::candidates(drawn, &Roles::propose(drawn)?)?;
    let words = |name: &str| -> Result<Vec<String>> {
        let column = all.column(name)?.str()?;
        Ok(column
            .iter()
            .map(|own| own.unwrap_or_default().to_owned())
            .collect())
    };
    let (mut taken, mut left_out) = (Vec::new(), Vec::new());
    for (name, why) in words("column")?.into_iter().zip(words("why")?) {
        match why.is_empty() {
            true => taken.push(name),
            false => left_out.push(format!("{name} ({why})")),
        }
    }
    if taken.is_empty() {
        return Err(Failure(format!(
            "there is no column that customers could be told apart by; left out are {}",
            left_out.join(", ")
        )));
    }
    tell(format_args!("told apart by: {}", taken.join(", ")));
    tell(format_args!("not told apart by: {}", left_out.join(", ")));
    Ok(taken)
}

/// The segments of the sample.
fn found(arguments: &Arguments, customers: &DataFrame, columns: &[&str]) -> Result<Segments> {
    let (recipe, steps) = scale::suggest(customers, columns.iter().copied())?;
    tell(steps.text());
    let k = match arguments.k {
        K::Of(k) => k,
        K::Auto => {
            tell(format_args!(
                "choosing the number of segments, up to {}",
                arguments.max_k
            ));
            let choice = ChooseK::new(1..=arguments.max_k as usize);
            let choice = choice.fit(customers, &recipe, &KMeans::params(1).seed(arguments.seed))?;
            let k = choice.suggested().ok_or_else(|| {
                Failure(format!(
                    "{} To cut the customers into slices all the same, give a number of segments, such as --k 3",
                    choice.verdict()
                ))
            })?;
            tell(choice.verdict());
            k
        }
    };
    Ok(Segments::fit(
        customers,
        &recipe,
        &KMeans::params(k).seed(arguments.seed),
    )?)
}

/// How many customers each segment has, and what is typical of them, of all customers.
fn profiles_of(columns: &[&str]) -> String {
    let means = columns.iter().map(|name| {
        let name = sql::name(name);
        format!(", avg(cast({name} as double)) as {name}")
    });
    format!(
        "select cast(segment as bigint) as segment, count(*) as customers, count(*) / sum(count(*)) over () as share, \
         avg(distance) as distance{} from segmented group by segment",
        means.collect::<String>()
    )
}
