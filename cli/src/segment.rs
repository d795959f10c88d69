//! `segmenta segment`: lessons 01, 04, 05 and 07 in one command.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use segmenta::Error;
use segmenta::prelude::*;
use segmenta::table::export::Folder;

use crate::find::{Found, Search};
use crate::input::{Customers, How, Input, LINE, Needs, is_feature, without_lines};
use crate::quality::tables;
use crate::run::Run;
use crate::{Failure, Result, say, tell, told};

#[derive(Args)]
#[command(after_help = "\
Examples:
  segmenta segment customers.csv --k auto --out spring
  segmenta segment customers.csv --k 3 --seed 7 --out spring --replace
  segmenta segment customers.csv --k 4 --columns Recency,transactions,spend --out rfm
  segmenta segment customers.csv --method density --out dense
  segmenta segment customers.csv --k 3 --divide 2=2 --out fine

Into DIR go:
  customers.csv, customers.parquet   the customers with segment, silhouette, tier and propensity
  left_out.csv                       the customers without a value that the segments need, by row
  rejects.csv                        the values that do not fit, by row and column
  segments.json                      the segments, for `segmenta assign`
  run.json                           what `segmenta report` needs besides")]
pub struct Arguments {
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    search: Search,
    /// The folder for the results
    #[arg(long, value_name = "DIR", default_value = "segments")]
    out: PathBuf,
    /// The columns to tell customers apart by, with a comma between them; those of lesson 05, or in
    /// another table all numbers and flags that are no names, codes, answers or near-copies
    #[arg(long, value_delimiter = ',')]
    columns: Option<Vec<String>>,
    /// Columns of words or codes to tell customers apart by as well, with a comma between them; each weighs
    /// as much as one column of numbers
    #[arg(long, value_delimiter = ',')]
    categories: Vec<String>,
    /// What is done to the columns before distances are measured
    #[arg(long, value_enum, default_value_t = Way::Suggested)]
    recipe: Way,
    /// In the table of the lessons, customers who stay though the lessons leave them out
    #[arg(long, value_enum, value_delimiter = ',')]
    keep: Vec<Rule>,
    /// Say what would be done, and stop
    #[arg(long)]
    dry_run: bool,
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

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Way {
    /// Clip what lies far out, logarithms of long tails, then standardise
    Suggested,
    /// Nothing: distances in the units of the columns
    None,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Rule {
    /// The same customer again under another number
    Repeated,
    /// Born before 1910
    Births,
    /// An income of one digit repeated, such as 666,666,000
    Incomes,
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
    arguments.search.check()?;
    // Somebody who only asks leaves nothing behind.
    let folder = match arguments.dry_run {
        true => None,
        false => Some(Folder::new(&arguments.out, FILES, existing)?),
    };
    tell(format_args!("reading {}", arguments.input.file.display()));
    let categories: Vec<&str> = arguments.categories.iter().map(String::as_str).collect();
    let said: Option<Vec<&str>> = arguments
        .columns
        .as_ref()
        .map(|columns| columns.iter().map(String::as_str).collect());
    let needed = [said.as_deref().unwrap_or(&COLUMNS), &categories].concat();
    let needs = match &said {
        Some(_) => Needs::Said(&needed),
        None => Needs::InLessons(&needed),
    };
    let input = arguments.input.with_categories(&categories);
    let mut loaded = input.load(needs, None)?;
    let columns = match said {
        Some(columns) => columns.into_iter().map(str::to_owned).collect(),
        None => columns_of(&loaded, &categories)?,
    };
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    tell_of_roles(&loaded)?;
    let name = loaded.roles.column(Role::Name);
    let customers = match name {
        Some(name) => once_each(loaded.table.clone(), name, arguments.repeated)?,
        None => loaded.table.clone(),
    };
    let used = [&columns[..], &categories].concat();
    for name in &used {
        let Ok(column) = customers.column(name) else {
            continue;
        };
        if columns.contains(name) && !column.dtype().is_primitive_numeric() {
            return Err(Error::Parameter {
                name: "--columns",
                value: format!("{name}, which does not hold numbers"),
                expected: "columns of numbers; words take part with --categories".into(),
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
    let clean = clean(&loaded, customers, &used, &arguments.keep)?;
    let left_out = clean.left_out()?.sort([LINE], Default::default())?;
    let in_order = clean.kept().sort([LINE], Default::default())?;
    let left_out_by = clean.report()?;
    drop(clean);
    let (customers, lines) = without_lines(&in_order)?;
    let customers = &customers;
    if customers.height() < FEWEST {
        tell(format_args!(
            "{} customers are very few: what is found in fewer than {FEWEST} says little of the next ones",
            customers.height()
        ));
    }
    if let [only] = used[..] {
        tell(format_args!(
            "by {only} alone, segments are parts of its range: bands of your own making would do as well"
        ));
    }

    let noted = |table: &DataFrame| {
        table
            .clone()
            .lazy()
            .filter(col("why").neq(lit("")))
            .collect()
    };
    let mut before = Report::new("Customer segments")
        .chapter("What was in the file")
        .table("The file", &loaded.glance)?
        .table(
            "Columns that are not as the file has them",
            &noted(&loaded.columns)?,
        )?;
    if let Some(recoded) = &loaded.recoded {
        before = before.table("Words that were translated, or are not known", recoded)?;
    }
    before = before
        .table("Values that do not fit", &loaded.rejects)?
        .table("What was left out", &left_out_by)?
        .chapter("What is wrong with it");
    let quality = tables(&loaded)?;
    loaded.table = loaded.table.clear();
    for (heading, table) in quality {
        let table = match table.column("nulls") {
            Ok(_) => table.lazy().filter(col("nulls").gt(lit(0))).collect()?,
            Err(_) => table,
        };
        before = before.table(heading, &table)?;
    }

    let (suggested, looks) = scale::suggest(customers, columns.iter().copied())
        .map_err(|error| Failure::from(error).on_line(&lines))?;
    let (recipe, looks) = match arguments.recipe {
        Way::Suggested => (suggested, looks),
        Way::None => {
            let steps = lit("none").alias("steps");
            let looks = looks.lazy().with_column(steps).collect()?;
            (Recipe::new(columns.iter().copied()), looks)
        }
    };
    let recipe = recipe.categories(categories.iter().copied());
    tell_of(&looks)?;
    told::list(
        "one column for each value, all of them as one",
        &arguments.categories,
    );
    let Some(folder) = folder else {
        tell("nothing was computed and nothing written: --dry-run");
        return Ok(());
    };
    before = before
        .chapter("What was done to the columns")
        .table("What is done to each column", &looks)?;
    let (found, chances) = std::thread::scope(|scope| {
        // It has to do with no segment, and takes one core while those are looked for with the other.
        let chances = scope.spawn(|| match loaded.is_campaign() {
            true => chances(customers, arguments.search.seed).map(Some),
            false => Ok(None),
        });
        let found = arguments.search.find(customers, &recipe, before);
        (found, chances.join())
    });
    let Found {
        segments,
        verdict,
        before,
        customers: found,
    } = found.map_err(|failure| failure.on_line(&lines))?;
    let segments = match &loaded.how {
        How::Campaign(reading) => segments.read_as(reading),
        How::Any(plan) => segments.planned(plan),
    };
    let mut left_out = left_out;
    left_out.rename(LINE, "row".into())?;
    let chances = chances.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    let mut found = match loaded.roles.column(Role::Spend) {
        Some(spend) => with_tiers(&found, spend)?,
        None => found,
    };
    if let Some(chances) = chances {
        found.with_column(chances)?;
    }

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
    let origin = arguments.input.origin(arguments.search.seed)?;
    Run::new(
        arguments.search.seed,
        loaded.roles.clone(),
        verdict,
        before,
        origin,
    )
    .save(&folder.path(RUN))?;
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

/// What is done to each column, where it is not the usual.
fn tell_of(looks: &DataFrame) -> Result {
    let of = |column: &str| looks.column(column)?.str().cloned();
    let (names, kinds, steps) = (of("column")?, of("kind")?, of("steps")?);
    let mut by_steps: Vec<(String, Vec<String>)> = Vec::new();
    for row in 0..looks.height() {
        let word = |words: &StringChunked| words.get(row).unwrap_or_default().to_owned();
        let (name, kind, steps) = (word(&names), word(&kinds), word(&steps));
        if steps == "clip, standardise" {
            continue;
        }
        let column = format!("{name} ({kind})");
        match by_steps.iter_mut().find(|(other, _)| *other == steps) {
            Some((_, columns)) => columns.push(column),
            None => by_steps.push((steps, vec![column])),
        }
    }
    for (steps, columns) in &by_steps {
        told::list(steps, columns);
    }
    Ok(())
}

/// Fewer customers than this are told to be few.
const FEWEST: usize = 30;

/// The columns that customers are told apart by where it is not said, each reason told.
fn columns_of(loaded: &Customers, categories: &[&str]) -> Result<Vec<String>> {
    if loaded.is_campaign() {
        return Ok(COLUMNS.map(str::to_owned).to_vec());
    }
    let all = scale::candidates(&loaded.table.drop(LINE)?, &loaded.roles)?;
    let (names, why) = (all.column("column")?.str()?, all.column("why")?.str()?);
    let (mut taken, mut left_out) = (Vec::new(), Vec::new());
    for (name, why) in names.iter().zip(why.iter()) {
        let (name, why) = (name.unwrap_or_default(), why.unwrap_or_default());
        match why {
            _ if categories.contains(&name) => {}
            "" => taken.push(name.to_owned()),
            why => left_out.push(format!("{name} ({why})")),
        }
    }
    if taken.is_empty() {
        return Err(Error::TooFew {
            what: "columns that customers could be told apart by".into(),
            found: 0,
            expected: format!("1 or more; left out are {}", left_out.join(", ")),
        }
        .into());
    }
    told::list("told apart by", &taken);
    told::list("not told apart by", &left_out);
    tell(
        "other columns: --columns A,B; words as well: --categories C; another use of one: --role \
         ROLE=COLUMN; more: segmenta read",
    );
    Ok(taken)
}

/// Which column is for what, where the names of the columns did not say it already.
fn tell_of_roles(loaded: &Customers) -> Result {
    if loaded.is_campaign() {
        return Ok(());
    }
    let roles = loaded.roles.tidy()?;
    let of = |column: &str| roles.column(column)?.str().cloned();
    let (names, columns, why) = (of("role")?, of("column")?, of("why")?);
    let (mut known, mut without) = (Vec::new(), Vec::new());
    for row in 0..roles.height() {
        let name = names.get(row).unwrap_or_default();
        let why = why.get(row).unwrap_or_default();
        match columns.get(row) {
            Some(column) => known.push(format!("{name} is {column}")),
            None if why.starts_with("it may be") => without.push(format!("{name} ({why})")),
            None => without.push(name.to_owned()),
        }
    }
    told::list("roles", &known);
    told::list("roles that no column has", &without);
    Ok(())
}

/// The columns of the user's own by which customers are compared. A number or a name that is another in
/// every row tells two rows apart, and not two customers; features follow from the columns that are compared.
fn words_of_ones_own(customers: &DataFrame) -> Result<Vec<String>> {
    let schema = campaign::columns();
    let mut compared = Vec::new();
    for column in customers.columns() {
        let name = column.name().as_str();
        let own = !schema.contains(&name) && name != LINE && !is_feature(name);
        if own && column.n_unique()? < column.len() {
            compared.push(name.to_owned());
        }
    }
    Ok(compared)
}

/// Who takes part: in the table of the lessons nobody twice and nobody impossible, as there.
fn clean(
    loaded: &Customers,
    customers: DataFrame,
    columns: &[&str],
    keep: &[Rule],
) -> Result<Clean> {
    // Of those who are there twice the one with the lower number stays, however the file was sorted.
    let once = loaded.is_campaign() && !keep.contains(&Rule::Repeated);
    let customers = match once {
        true => customers.sort(["ID"], Default::default())?,
        false => customers,
    };
    let own: Vec<String> = match once {
        true => words_of_ones_own(&customers)?,
        false => Vec::new(),
    };
    let mut clean = Clean::new(&customers)?.drop_nulls(columns.iter().copied())?;
    // Of a million customers each copy is a third of a gigabyte.
    drop(customers);
    if loaded.is_campaign() {
        let has = |name: &str| !loaded.absent.iter().any(|absent| absent == name);
        if once && has("ID") {
            let schema = campaign::columns();
            let compared = schema.iter().copied().filter(|name| *name != "ID");
            let compared: Vec<&str> = compared.chain(own.iter().map(String::as_str)).collect();
            clean = clean.drop_repeated(compared)?;
        }
        // Who has no year, or no income, is not known to be impossible.
        let others = |rule: Expr| rule.fill_null(lit(false)).not();
        if !keep.contains(&Rule::Births) && has("Year_Birth") {
            let possible = others(quality::born_before_1910());
            clean = clean.keep_where("born in 1910 or later", possible)?;
        }
        if !keep.contains(&Rule::Incomes) && has("Income") {
            clean = clean.keep_where("no made-up income", others(quality::made_up_income()))?;
        }
    }
    let report = clean.report()?;
    let (steps, out) = (
        report.column("step")?.str()?,
        report.column("left_out")?.u64()?,
    );
    for (step, out) in steps.iter().zip(out.iter()) {
        let out = out.unwrap_or(0);
        if out == 0 {
            continue;
        }
        match step.unwrap_or_default() {
            "drop_nulls" => tell(format_args!(
                "{out} customers lack a value and are left out"
            )),
            "drop_repeated" => tell(format_args!(
                "{out} rows are those of a customer who is there already under another number, and are \
                 left out (--keep repeated)"
            )),
            "born in 1910 or later" => tell(format_args!(
                "{out} customers are born before 1910 and left out (--keep births)"
            )),
            _ => tell(format_args!(
                "{out} incomes are made up and left out (--keep incomes)"
            )),
        }
    }
    Ok(clean)
}

/// The customers with one row each, by the rule that was asked for.
fn once_each(customers: DataFrame, name: &str, repeated: Repeated) -> Result<DataFrame> {
    let numbers = quality::repeated(&customers.drop(LINE)?, name)?;
    if numbers.height() == 0 {
        return Ok(customers);
    }
    let first = customer(&numbers, name)?;
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
                .filter(col(name).cast(DataType::String).eq(lit(first.as_str())))
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
    let key = vec![name.to_owned()];
    let unnamed = customers
        .clone()
        .lazy()
        .filter(col(name).is_null())
        .collect()?;
    let named = customers.lazy().filter(col(name).is_not_null()).collect()?;
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

/// The first name of a table, as a text.
fn customer(numbers: &DataFrame, name: &str) -> Result<String> {
    let names = numbers.column(name)?.cast(&DataType::String)?;
    Ok(names
        .str()?
        .iter()
        .flatten()
        .next()
        .unwrap_or_default()
        .to_owned())
}

/// The tier of each customer, by the mean spend of the segment; none for who is in none.
fn with_tiers(found: &DataFrame, spend: &str) -> Result<DataFrame> {
    let in_one = col("segment").cast(DataType::String).neq(lit("none"));
    let known = found
        .clone()
        .lazy()
        .filter(col(spend).is_not_null().and(in_one))
        .collect()?;
    let tiers = recommend::tiers(&known, "segment", spend, recommend::TIERS)?;
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
