//! `segmenta report`: lessons 06 and 07 in one command.

use std::path::{Path, PathBuf};

use clap::Args;
use segmenta::Error;
use segmenta::cluster::Model;
use segmenta::personality::NamingRules;
use segmenta::prelude::*;
use segmenta::recommend::{Assumptions, Texts};
use segmenta::table::export::Folder;

use crate::about::{About, holds_numbers};
use crate::run::Run;
use crate::segment::{CUSTOMERS, FILES, RUN, SEGMENTS, propensity};
use crate::words::{Language, Words, asked, fill};
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
    /// The language of headings and sentences: a code such as en or id, or a file such as languages/en.json with your
    /// own. Names of columns, segments and tiers, words in figures, and the appendix stay as they are
    #[arg(long, value_name = "CODE", default_value = "en", value_parser = asked)]
    language: String,
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
    let language = Language::read(&arguments.language)?;
    let texts = match &arguments.texts {
        Some(file) => Texts::from_json(&text_of(file)?)?,
        None => language.recommend.clone(),
    };
    let words = &language.words;
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
    let segments_part = Report::new("").chapter(&words.who);
    let segments_part = match alone {
        0 => segments_part,
        alone => segments_part.text(&fill(
            &words.alone,
            &[
                ("alone", &language.count(alone)),
                ("all", &language.count(all.height())),
            ],
        )),
    };
    let segments_part = who(
        segments_part,
        &customers,
        &segments,
        &named,
        &about,
        &currency,
        &language,
    )?;
    let (recommended, plan, list) = match about.is_campaign {
        true => {
            tell("recommending");
            let money = (&assumptions, &currency);
            let (report, plan) = what(
                Report::new(""),
                &customers,
                &named,
                money,
                (&language, &texts),
            )?;
            let (report, list) =
                whom(report, &customers, money, arguments.budget, run.seed, words)?;
            let report = report
                .chapter(&words.granted)
                .text(&words.not_in_table)
                .table(&words.assumptions, &assumptions.tidy()?)?;
            (report, plan, list)
        }
        false => (about.value(Report::new(""), &customers, words)?, None, None),
    };
    let report = about
        .in_short(&customers, &named, plan.as_ref(), &run.verdict, &language)?
        .in_language(language.recommend.language())
        .append(segments_part)
        .append(recommended)
        .chapter(&words.appendix)
        .text(&words.appendix_says)
        .table(&words.how_good, &segments.glance()?)?
        .append(run.before)
        .chapter(&words.origin)
        .table(&words.roles, &about.roles.tidy()?)?
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
    language: &Language,
) -> Result<Report> {
    let words = &language.words;
    let sizes = personality::sizes(customers, "segment", 0.95)?;
    let known: Vec<&str> = about.profile.iter().map(String::as_str).collect();
    let profile = personality::profile(customers, "segment", known.iter().copied())?;
    let mut used = segments.scaler().columns();
    used.retain(|name| holds_numbers(customers, name));
    let report = report
        .figure(
            &plot::bars(&sizes)?
                .title(&words.how_large)
                .x_axis(&words.segment)
                .y_axis(&words.share_of_customers),
        )
        .table(&words.called, named)?
        .figure(&plot::parallel(customers, "segment", used.iter().copied())?.currency(currency));
    let report = match &about.apart {
        Some([x, y]) => {
            report.figure(&plot::scatter_by(customers, x, y, "segment")?.currency(currency))
        }
        None => report,
    };
    let report = report
        .figure(&plot::lifts(&profile)?.currency(currency))
        .table(&words.profile, &profile)?;
    let several = sizes.height() > 1 && customers.height() >= 20;
    if !several {
        return Ok(report.text(&words.single));
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
        .table(&words.differences, &differences)?
        .text(&words.made_of)
        .chapter(&words.how_to_tell)
        .text(&words.conditions)
        .table(&words.rules, &rules)?;
    let report = match border {
        None => report,
        Some(border) => report.text(&fill(
            &words.border,
            &[
                ("border", &language.count(border.height())),
                ("all", &language.count(customers.height())),
            ],
        )),
    };
    if about.groups.is_empty() {
        return Ok(report);
    }
    let mut report = report.chapter(&words.live);
    for name in &about.groups {
        let cells = personality::crosstab(customers, "segment", name, 0.95)?;
        // What stands out: the rest is as everywhere.
        let cells = cells.lazy().filter(col("p_holm").lt(lit(0.05))).collect()?;
        report = match cells.height() {
            0 => report.text(&fill(&words.alike, &[("column", name)])),
            _ => report.table(&fill(&words.stands_out, &[("column", name)]), &cells)?,
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
    (language, texts): (&Language, &Texts),
) -> Result<(Report, Option<DataFrame>)> {
    let words = &language.words;
    let unit = currency.word();
    let report = report.chapter(&words.what);
    let clean = Clean::new(customers)?.drop_nulls(FACTS)?;
    let complete = clean.kept();
    if complete.height() == 0 {
        return Ok((report.text(&words.no_facts), None));
    }
    let left_out = customers.height() - complete.height();
    let report = match left_out {
        0 => report,
        lacking => report.text(&fill(
            &words.lacking,
            &[("lacking", &language.count(lacking))],
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
            .section(&fill(
                &words.of_segment,
                &[
                    ("segment", &plan.column("segment")?.get(row)?),
                    ("name", &word("who", row)?),
                ],
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
        .table(&words.would_bring, &money)?
        .text(&words.pays_open)
        .table(&words.tiers, &tiers)?
        .table(&fill(&words.value, &[("currency", &unit)]), &value)?
        .table(&fill(&words.saving, &[("currency", &unit)]), &saving)?;
    Ok((report, Some(plan)))
}

/// Whom to write to.
fn whom(
    report: Report,
    customers: &DataFrame,
    (assumptions, currency): (&Assumptions, &Currency),
    budget: Option<f64>,
    seed: u64,
    words: &Words,
) -> Result<(Report, Option<DataFrame>)> {
    let unit = currency.word();
    let report = report.chapter(&words.whom);
    let plain = customers.drop("propensity")?;
    let model = match propensity(&plain, seed) {
        Ok(model) => model,
        // Whoever asks for a list must not find an old one, or none.
        Err(error) if budget.is_some() => return Err(error.into()),
        Err(error) => {
            tell(format_args!("no propensity: {error}"));
            let report = report.text(&fill(&words.not_known, &[("why", &error)]));
            return Ok((report, None));
        }
    };
    let gain = model.gain()?;
    let mut report = report
        .table(&words.prediction, &model.glance()?)?
        .figure(&plot::gain(&gain)?)
        .figure(&plot::lift(&gain)?)
        .table(&words.ahead, &model.ahead()?)?
        .table(&words.learned, &model.tidy()?)?;
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
        .table(&fill(&words.budget, &[("currency", &unit)]), &sums)?
        .table(&words.first, &list.head(Some(20)))?;
    Ok((report, Some(list)))
}
