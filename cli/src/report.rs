//! `segmenta report`: lessons 06 and 07 in one command.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use segmenta::Error;
use segmenta::cluster::Model;
use segmenta::personality::NamingRules;
use segmenta::prelude::*;
use segmenta::recommend::{Assumptions, Texts};
use segmenta::table::export::Folder;

use crate::about::{About, holds_numbers};
use crate::run::Run;
use crate::segment::{CUSTOMERS, FILES, RUN, SEGMENTS, propensity};
use crate::{Result, tell};

#[derive(Args)]
#[command(after_help = "\
Examples:
  segmenta report spring
  segmenta report spring --language id --cost 5000 --budget 1500000 --out meeting.html

The report is one file that needs no network, and can be printed. With --budget there is a list of
customers to write to as well, targets.csv, beside it.")]
pub struct Arguments {
    /// The folder that `segmenta segment` wrote
    folder: PathBuf,
    /// The file for the report; report.html in the folder where it is not said
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The language of the recommendations
    #[arg(long, value_enum, default_value_t = Language::En)]
    language: Language,
    /// The money of the amounts: a code such as EUR, or a word
    #[arg(long, value_name = "CODE", default_value = "IDR")]
    currency: String,
    /// What it costs to write to one customer, in that money
    #[arg(long, value_name = "AMOUNT", default_value_t = 3_000.0)]
    cost: f64,
    /// What an answer brings, in that money
    #[arg(long, value_name = "AMOUNT", default_value_t = 11_000.0)]
    revenue: f64,
    /// The share of those who answer that would have bought anyway
    #[arg(long, value_name = "SHARE", default_value_t = 0.2)]
    organic: f64,
    /// What may be spent on writing to customers, in that money
    #[arg(long, value_name = "AMOUNT")]
    budget: Option<f64>,
    /// Rules for the names of segments, as JSON
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
    /// Texts of the recommendations, as JSON
    #[arg(long, value_name = "FILE")]
    texts: Option<PathBuf>,
    /// Replace a report that is there already
    #[arg(long)]
    replace: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Language {
    /// English
    En,
    /// Indonesian
    Id,
}

/// What campaigns are reckoned from.
const FACTS: [&str; 9] = [
    "spend",
    "transactions",
    "Recency",
    "Response",
    "NumDealsPurchases",
    "NumWebPurchases",
    "NumCatalogPurchases",
    "NumStorePurchases",
    "NumWebVisitsMonth",
];

const TARGETS: &str = "targets.csv";

pub fn report(arguments: &Arguments) -> Result {
    let existing = if arguments.replace {
        Existing::Replace
    } else {
        Existing::Keep
    };
    let file = arguments
        .out
        .clone()
        .unwrap_or_else(|| arguments.folder.join("report.html"));
    let name = file
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    if name.is_empty() || name == TARGETS || FILES.contains(&name.as_str()) {
        return Err(Error::Parameter {
            name: "--out",
            value: file.display().to_string(),
            expected: format!("another name than {TARGETS} and {}", FILES.join(", ")),
        }
        .into());
    }
    let texts = match (&arguments.texts, arguments.language) {
        (Some(file), _) => Texts::from_json(&text_of(file)?)?,
        (None, Language::En) => Texts::english(),
        (None, Language::Id) => Texts::indonesian(),
    };
    let rules = match &arguments.rules {
        Some(file) => Some(NamingRules::from_json(&text_of(file)?)?),
        None => None,
    };
    let currency = Currency::new(&arguments.currency);
    let assumptions = Assumptions::new()
        .cost(arguments.cost)
        .revenue(arguments.revenue)
        .organic(arguments.organic)
        .currency(currency.clone());
    assumptions.tidy()?;

    tell(format_args!("reading {}", arguments.folder.display()));
    let run = Run::load(&arguments.folder.join(RUN))?;
    let segments = Segments::load(arguments.folder.join(SEGMENTS))?;
    let all = export::read_parquet(arguments.folder.join(CUSTOMERS))?;
    let customers = in_segments(&all)?;
    let alone = all.height() - customers.height();
    let place = match file.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => Path::new("."),
    };
    let list = arguments.budget.map(|_| TARGETS);
    let names = [Some(name.as_str()), list].into_iter().flatten();
    let folder = Folder::new(place, names, existing)?;

    tell("describing the segments");
    let about = About::new(&customers, &segments, run.roles)?;
    let rules = match rules {
        Some(rules) => rules,
        None => about.rules(&customers)?,
    };
    let named = personality::names(&customers, "segment", &rules)?;
    let segments_part = Report::new("").chapter("Who the segments are");
    let segments_part = match alone {
        0 => segments_part,
        some => segments_part.text(&format!(
            "{some} of {} customers lie alone: they are in no segment, and in nothing that follows. In \
             customers.csv their segment is none.",
            all.height()
        )),
    };
    let segments_part = who(
        segments_part,
        &customers,
        &segments,
        &named,
        &about,
        &currency,
    )?;
    let (recommended, plan, list) = match about.is_campaign {
        true => {
            tell("recommending");
            let money = (&assumptions, &currency);
            let (report, plan) = what(Report::new(""), &customers, &named, money, &texts)?;
            let (report, list) = whom(report, &customers, money, arguments.budget, run.seed)?;
            let report = report
                .chapter("What is taken for granted")
                .text("The table does not say these; what follows from them changes with them.")
                .table("Assumptions", &assumptions.tidy()?)?;
            (report, plan, list)
        }
        false => (about.value(Report::new(""), &customers)?, None, None),
    };
    let report = about
        .in_short(&customers, &named, plan.as_ref(), &run.verdict)?
        .append(segments_part)
        .append(recommended)
        .chapter("Appendix: how it was done")
        .text("What was in the file, what was left out, and how the number of segments was chosen.")
        .table("How good the segments are", &segments.glance()?)?
        .append(run.before)
        .chapter("Where it comes from")
        .table("What columns are for", &about.roles.tidy()?)?
        .append(run.origin);

    report.save(folder.path(&name), Existing::Keep)?;
    if let Some(list) = &list {
        export::csv(list, folder.path(TARGETS), Existing::Keep)?;
    }
    folder.finish()?;
    tell(format_args!("wrote {}", file.display()));
    if list.is_some() {
        tell(format_args!(
            "wrote {}",
            file.with_file_name(TARGETS).display()
        ));
    }
    Ok(())
}

/// The customers who are in a segment, by its number: by density, some may be in none.
fn in_segments(customers: &DataFrame) -> Result<DataFrame> {
    if customers.column("segment")?.dtype().is_integer() {
        return Ok(customers.clone());
    }
    let some = customers.clone().lazy();
    let some = some.filter(col("segment").neq(lit("none")));
    let some = some.collect()?;
    // The path of a part, such as 2.1, is no number.
    let numbers = some.column("segment")?.cast(&DataType::UInt64)?;
    Ok(match numbers.null_count() {
        0 => some
            .lazy()
            .with_column(col("segment").cast(DataType::UInt64))
            .collect()?,
        _ => some,
    })
}

fn text_of(file: &Path) -> Result<String> {
    let text = std::fs::read_to_string(file);
    Ok(text.map_err(|source| Error::Read {
        file: file.to_owned(),
        source,
    })?)
}

/// Who the segments are.
fn who(
    report: Report,
    customers: &DataFrame,
    segments: &Segments,
    named: &DataFrame,
    about: &About,
    currency: &Currency,
) -> Result<Report> {
    let sizes = personality::sizes(customers, "segment", 0.95)?;
    let known: Vec<&str> = about.profile.iter().map(String::as_str).collect();
    let profile = personality::profile(customers, "segment", known.iter().copied())?;
    let mut used = segments.scaler().columns();
    used.retain(|name| holds_numbers(customers, name));
    let report = report
        .figure(
            &plot::bars(&sizes)?
                .title("How large are the segments?")
                .x_axis("segment")
                .y_axis("share of customers"),
        )
        .table(
            "What they are called, and the figures that earned them the name",
            named,
        )?
        .figure(&plot::parallel(customers, "segment", used.iter().copied())?.currency(currency));
    let report = match &about.apart {
        Some([x, y]) => {
            report.figure(&plot::scatter_by(customers, x, y, "segment")?.currency(currency))
        }
        None => report,
    };
    let report = report
        .figure(&plot::lifts(&profile)?.currency(currency))
        .table("Profile, in the units of the columns", &profile)?;
    let several = sizes.height() > 1 && customers.height() >= 20;
    if !several {
        return Ok(report.text(
            "With a single segment, or fewer than 20 customers, there is nothing to compare: no tests, no \
             rules, no border.",
        ));
    }
    let differences = personality::differences(customers, "segment", known.iter().copied())?;
    let rules = personality::Explain::new(used.iter().copied()).rules(customers, "segment")?;
    let columns = ["segment", "distance", "silhouette", "tier", "propensity"];
    let border = match segments.model() {
        Model::KMeans(_) if !segments.is_divided() => Some(personality::border(
            segments,
            &customers.drop_many(columns),
            0.1,
        )?),
        // Segments by density have no centres, and those of several divisions none in the same numbers.
        _ => None,
    };
    let report = report
        .table("In which columns they differ", &differences)?
        .text(
            "Segments differ in the columns that they were made of, because they were made of them; \
             a small p says something in the other columns.",
        )
        .chapter("How to tell them")
        .text(
            "Conditions that hold at the same time. Coverage is the share of the segment that they \
             find, precision the share of those they find who are of the segment, both for customers \
             whom the rules were not learned from.",
        )
        .table("Rules", &rules)?;
    let report = match border {
        None => report,
        Some(border) => report.text(&format!(
            "{} of {} customers lie on the border: nearly as far from their own centre as from the \
             next (a margin below 0.1). For them, a letter written for either segment will do.",
            border.height(),
            customers.height()
        )),
    };
    if about.groups.is_empty() {
        return Ok(report);
    }
    let mut report = report.chapter("Who lives in them");
    for name in &about.groups {
        let cells = personality::crosstab(customers, "segment", name, 0.95)?;
        // What stands out: the rest is as everywhere.
        let cells = cells.lazy().filter(col("p_holm").lt(lit(0.05))).collect()?;
        report = match cells.height() {
            0 => report.text(&format!("{name}: no segment differs from the others.")),
            _ => report.table(
                &format!("{name}: what stands out (p below 0.05, corrected)"),
                &cells,
            )?,
        };
    }
    Ok(report)
}

/// What to do about them.
fn what(
    report: Report,
    customers: &DataFrame,
    named: &DataFrame,
    (assumptions, currency): (&Assumptions, &Currency),
    texts: &Texts,
) -> Result<(Report, Option<DataFrame>)> {
    let unit = currency.word();
    let report = report.chapter("What to do about them");
    let clean = Clean::new(customers)?.drop_nulls(FACTS)?;
    let complete = clean.kept();
    if complete.height() == 0 {
        let report = report.text(
            "Not known: no customer has a value in each of the columns that campaigns are reckoned from.",
        );
        return Ok((report, None));
    }
    let left_out = customers.height() - complete.height();
    let report = match left_out {
        0 => report,
        some => report.text(&format!(
            "{some} customers lack a value, and are not among the following."
        )),
    };
    let tiers = recommend::tiers(complete, "segment", "spend", recommend::TIERS)?;
    let value = recommend::value_at_stake(complete, "segment", "spend", &Bootstrap::new())?;
    let saving = recommend::promo_saving(complete, "segment", assumptions)?;
    let plan = recommend::Campaigns::new(named)
        .assumptions(assumptions)
        .texts(texts)
        .plan(complete, "segment")?;
    let word = |column: &str, row: usize| -> Result<String> {
        Ok(plan
            .column(column)?
            .str()?
            .get(row)
            .unwrap_or_default()
            .to_owned())
    };
    let mut report = report;
    for row in 0..plan.height() {
        report = report
            .section(&format!(
                "Segment {}: {}",
                plan.column("segment")?.get(row)?,
                word("who", row)?
            ))
            .text(&word("why", row)?)
            .text(&word("offer", row)?)
            .text(&word("channel", row)?);
    }
    let money = plan.select([
        "segment",
        "customers",
        "response",
        "response_lower",
        "response_upper",
        "break_even",
        "pays",
        "expected",
        "expected_lower",
        "expected_upper",
        "cost",
        "profit",
        "control",
    ])?;
    let report = report
        .table("What a campaign like the last one would bring", &money)?
        .text(
            "Pays is open where the interval of the response holds the break-even. Control is how \
             many of the segment to leave alone, so that a test can see the effect; none: the segment \
             is too small for that.",
        )
        .table("Tiers", &tiers)?
        .table(&format!("Value at stake: what they spent in two years, in {unit}"), &value)?
        .table(&format!("What fewer discounts would save at most, in {unit}"), &saving)?;
    Ok((report, Some(plan)))
}

/// Whom to write to.
fn whom(
    report: Report,
    customers: &DataFrame,
    (assumptions, currency): (&Assumptions, &Currency),
    budget: Option<f64>,
    seed: u64,
) -> Result<(Report, Option<DataFrame>)> {
    let unit = currency.word();
    let report = report.chapter("Whom to write to");
    let plain = customers.drop("propensity")?;
    let model = match propensity(&plain, seed) {
        Ok(model) => model,
        // Whoever asks for a list must not find an old one, or none.
        Err(error) if budget.is_some() => return Err(error.into()),
        Err(error) => {
            tell(format_args!("no propensity: {error}"));
            let report = report.text(&format!("Not known: {error}"));
            return Ok((report, None));
        }
    };
    let gain = model.gain()?;
    let mut report = report
        .table(
            "How good the prediction is, for customers it has not seen",
            &model.glance()?,
        )?
        .figure(&plot::gain(&gain)?)
        .figure(&plot::lift(&gain)?)
        .table(
            "How much more it reaches than other orders",
            &model.ahead()?,
        )?
        .table("What it learned", &model.tidy()?)?;
    let Some(budget) = budget else {
        return Ok((report, None));
    };
    if customers.column("ID").is_ok_and(|ids| ids.null_count() > 0) {
        return Err(Error::Parameter {
            name: "--budget",
            value: "for a list of customers who have no ID, so that nobody could be written to"
                .into(),
            expected:
                "a file with their numbers: segment it without --without ID, or with --rename \
                       YOURS=ID"
                    .into(),
        }
        .into());
    }
    // Of equal chances the one with the lower number comes first, however the file was sorted.
    let customers = customers.sort(["ID"], Default::default())?;
    let list = recommend::target(&customers, budget, assumptions)?;
    let list = list.select(["ID", "segment", "tier", "propensity", "expected"])?;
    let expected = list.column("expected")?.f64()?.sum().unwrap_or(0.0);
    let letters = list.height() as u64;
    let cost = assumptions
        .tidy()?
        .column("value")?
        .f64()?
        .get(0)
        .unwrap_or(0.0);
    let sums = df!(
        "budget" => [budget],
        "letters" => [letters],
        "cost" => [letters as f64 * cost],
        "expected_beyond_cost" => [expected],
    )?;
    report = report
        .table(
            &format!("What the budget is worth spending on, in {unit}"),
            &sums,
        )?
        .table(
            "The first of them; targets.csv has all",
            &list.head(Some(20)),
        )?;
    Ok((report, Some(list)))
}
