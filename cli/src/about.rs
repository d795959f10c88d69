//! What the columns of a run are for, and what follows from it: names, page one, chapters.

use std::fmt::Display;

use segmenta::personality::NamingRules;
use segmenta::prelude::*;

use crate::Result;
use crate::words::{Language, Words, fill};

/// What a segment is described by.
const PROFILE: [&str; 12] = [
    "Income",
    "spend",
    "transactions",
    "Recency",
    "NumDealsPurchases",
    "NumWebPurchases",
    "NumCatalogPurchases",
    "NumStorePurchases",
    "NumWebVisitsMonth",
    "children",
    "accepted_campaigns",
    "Response",
];

/// The column of the cards' headings, which is not shown.
const HEADING: &str = "heading";

/// Cards that are being written: one row each, and a column for each kind of line.
#[derive(Default)]
struct Cards {
    headings: Vec<String>,
    /// By what it is about: the name that is shown, and the line of each card.
    lines: Vec<(String, String, Vec<Option<String>>)>,
}

impl Cards {
    fn begin(&mut self, heading: String) {
        self.headings.push(heading);
        for (_, _, texts) in &mut self.lines {
            texts.push(None);
        }
    }

    /// A line of the card that was begun last: what it is about, and the name that is shown.
    fn line(&mut self, about: &str, name: &str, text: String) {
        let place = self.lines.iter().position(|(own, ..)| own == about);
        let place = place.unwrap_or_else(|| {
            let mut shown = name.to_owned();
            // A column of the user's may have the name of another line.
            while shown == HEADING || self.lines.iter().any(|(_, other, _)| *other == shown) {
                shown = format!("\"{shown}\"");
            }
            self.lines
                .push((about.to_owned(), shown, vec![None; self.headings.len()]));
            self.lines.len() - 1
        });
        if let Some(last) = self.lines[place].2.last_mut() {
            *last = Some(text);
        }
    }

    fn table(self) -> Result<DataFrame> {
        let mut columns = vec![Column::new(HEADING.into(), self.headings)];
        let lines = self.lines.into_iter();
        columns.extend(lines.map(|(_, name, texts)| Column::new(name.as_str().into(), texts)));
        Ok(DataFrame::new(columns[0].len(), columns)?)
    }
}

/// A figure in as many digits as a glance takes in.
fn short(figure: f64, language: &Language) -> String {
    let (words, number) = (&language.words, |x, decimals| {
        language.recommend.number(x, decimals)
    });
    match figure.abs() {
        size if size >= 1e6 => fill(&words.million, &[("figure", &number(figure / 1e6, 1))]),
        size if size >= 1e3 => fill(&words.thousand, &[("figure", &number(figure / 1e3, 1))]),
        size if size >= 10.0 => number(figure, 1),
        _ => number(figure, 2),
    }
}

/// What the columns of a run are for.
pub struct About {
    pub is_campaign: bool,
    pub roles: Roles,
    /// By what segments are described.
    pub profile: Vec<String>,
    pub groups: Vec<String>,
    /// The two columns that are drawn against each other.
    pub apart: Option<[String; 2]>,
    /// The columns of the profile in which the segments differ most, the strongest first.
    telling: Vec<String>,
}

impl About {
    pub fn new(customers: &DataFrame, segments: &Segments, roles: Option<Roles>) -> Result<Self> {
        // A run of before had no other table than that of the lessons.
        let is_campaign = segments.plan().is_none();
        let roles = roles.unwrap_or_default();
        let there = |name: &&str| customers.column(name).is_ok();
        if is_campaign {
            let profile: Vec<String> = PROFILE
                .into_iter()
                .filter(there)
                .map(str::to_owned)
                .collect();
            return Ok(About {
                is_campaign,
                roles,
                telling: telling(customers, &profile)?,
                profile,
                groups: ["Education", "Marital_Status", "children"]
                    .map(str::to_owned)
                    .to_vec(),
                apart: Some(["Income", "spend"].map(str::to_owned)),
            });
        }
        let mut profile: Vec<String> = segments
            .scaler()
            .columns()
            .into_iter()
            .filter(|name| holds_numbers(customers, name))
            .map(str::to_owned)
            .collect();
        let added = ["segment", "distance", "silhouette"];
        for column in customers.columns() {
            let name = column.name().as_str();
            let described = matches!(
                roles.of(name),
                None | Some(Role::Spend | Role::Recency | Role::Frequency | Role::Answer)
            );
            let numbers =
                column.dtype().is_primitive_numeric() && column.null_count() < column.len();
            if numbers
                && described
                && !added.contains(&name)
                && !profile.iter().any(|own| own == name)
            {
                profile.push(name.to_owned());
            }
        }
        // Categories that took part are groups as well.
        let words = segments.scaler().columns().into_iter();
        let words = words.filter(|name| !holds_numbers(customers, name));
        let mut groups: Vec<String> = Vec::new();
        for name in roles.columns(Role::Group).into_iter().chain(words) {
            if there(&name) && !groups.iter().any(|group| group == name) {
                groups.push(name.to_owned());
            }
        }
        let telling = telling(customers, &profile)?;
        let apart = match &telling[..] {
            [x, y, ..] => Some([x.clone(), y.clone()]),
            _ => None,
        };
        Ok(About {
            is_campaign,
            roles,
            profile,
            groups,
            apart,
            telling,
        })
    }

    /// Names by value, frequency and recency where the table has them, and else by what tells most.
    pub fn rules(&self, customers: &DataFrame) -> Result<NamingRules> {
        if self.is_campaign {
            return Ok(NamingRules::default());
        }
        let third = 1.0 / 3.0;
        let (Some(spend), Some(recency)) = (
            self.roles.column(Role::Spend),
            self.roles.column(Role::Recency),
        ) else {
            if customers.column("segment")?.n_unique()? < 2 {
                return Ok(NamingRules::new());
            }
            let by = |most| {
                let columns = self.telling.iter().take(most).map(String::as_str);
                NamingRules::telling(customers, "segment", columns, most)
            };
            let two = by(2)?;
            let named = personality::names(customers, "segment", &two)?;
            // Names that two segments share have the label behind them: a third column may part them.
            let names = named.column("name")?.str()?;
            let labels = named.column("segment")?.cast(&DataType::String)?;
            let shared = names.iter().zip(labels.str()?.iter()).any(|(name, label)| {
                let label = format!(" ({})", label.unwrap_or_default());
                name.is_some_and(|name| name.ends_with(&label))
            });
            return Ok(if shared { by(3)? } else { two });
        };
        let mut rules = NamingRules::new().aspect(
            spend,
            [third, 2.0 * third],
            ["low spender", "mid spender", "high spender"],
        );
        if let Some(frequency) = self.roles.column(Role::Frequency) {
            rules = rules.aspect(frequency, [0.4, 0.6], ["buys seldom", "", "buys often"]);
        }
        Ok(rules.aspect(recency, [0.4], ["bought lately", ""]).mark(
            "risk of churn",
            [personality::Condition::at_least(recency, 0.6)],
        ))
    }

    /// Page one, for who decides: a card for each segment, how sure it is, and what comes next.
    pub fn in_short(
        &self,
        customers: &DataFrame,
        named: &DataFrame,
        plan: Option<&DataFrame>,
        verdict: &str,
        language: &Language,
    ) -> Result<Report> {
        let words = &language.words;
        let sizes = personality::sizes(customers, "segment", 0.95)?;
        let telling = &self.telling[..self.telling.len().min(3)];
        let columns = telling.iter().map(String::as_str);
        let profile = personality::profile(customers, "segment", columns)?;
        let worth = match self
            .roles
            .column(Role::Spend)
            .or(self.is_campaign.then_some("spend"))
        {
            Some(spend) => {
                let clean = Clean::new(customers)?.drop_nulls([spend])?;
                let known = clean.kept();
                match known.height() {
                    0 => None,
                    _ => Some((
                        spend,
                        recommend::tiers(known, "segment", spend, recommend::TIERS)?,
                    )),
                }
            }
            None => None,
        };
        // The row of a segment in a table of theirs.
        let row_of = |table: &DataFrame, segment: u64| -> Result<Option<usize>> {
            let segments = table.column("segment")?.cast(&DataType::UInt64)?;
            Ok(segments.u64()?.iter().position(|own| own == Some(segment)))
        };
        let word = |table: &DataFrame, column: &str, row: usize| -> Result<String> {
            Ok(table
                .column(column)?
                .str()?
                .get(row)
                .unwrap_or_default()
                .to_owned())
        };
        let segments = named.column("segment")?.cast(&DataType::UInt64)?;
        let segments: Vec<u64> = segments.u64()?.iter().flatten().collect();
        let mut cards = Cards::default();
        for (row, segment) in segments.iter().enumerate() {
            cards.begin(format!("{segment}: {}", word(named, "name", row)?));
            if let Some(row) = row_of(&sizes, *segment)? {
                let share = table::number(&sizes, "estimate", row)? * 100.0;
                let n = table::number(&sizes, "customers", row)?;
                let (share, n) = (
                    language.recommend.number(share, 1),
                    language.recommend.number(n, 0),
                );
                cards.line(
                    "[share]",
                    &words.share,
                    fill(&words.share_of, &[("share", &share), ("customers", &n)]),
                );
            }
            for name in telling {
                let own = profile
                    .clone()
                    .lazy()
                    .filter(col("segment").cast(DataType::UInt64).eq(lit(*segment)))
                    .filter(col("column").eq(lit(name.as_str())))
                    .collect()?;
                if let (Ok(own), Ok(all)) = (
                    table::number(&own, "mean", 0),
                    table::number(&own, "all_mean", 0),
                ) {
                    let (own, all) = (short(own, language), short(all, language));
                    cards.line(
                        name,
                        name,
                        fill(&words.average, &[("own", &own), ("all", &all)]),
                    );
                }
            }
            if let Some((spend, tiers)) = &worth
                && let Some(row) = row_of(tiers, *segment)?
                && let Ok(share) = table::number(tiers, "share", row)
            {
                let tier = word(tiers, "tier", row)?;
                let share = language.recommend.number(100.0 * share, 1);
                let with: [(&str, &dyn Display); 3] =
                    [("share", &share), ("column", &spend), ("tier", &tier)];
                cards.line("[worth]", &words.worth, fill(&words.worth_of, &with));
            }
            if let Some(plan) = plan
                && let Some(row) = row_of(plan, *segment)?
            {
                cards.line("[to do]", &words.to_do, word(plan, "offer", row)?);
            }
        }
        let mut report = Report::new(&words.title)
            .chapter(&words.in_short)
            .cards(&cards.table()?)?
            .section(&words.sure)
            .text(verdict)
            .text(&words.a_way_to_look)
            .section(&words.next_week);
        if let Some(plan) = plan {
            let pays = plan
                .column("pays")?
                .str()?
                .iter()
                .flatten()
                .any(|pays| pays == "yes");
            report = report.text(&match pays {
                true => fill(&words.pays, &[("chapter", &words.what)]),
                false => words.pays_not.clone(),
            });
        }
        Ok(report.text(&words.ask_ten))
    }

    /// What they are worth, and which chapters there are not, and why.
    pub fn value(&self, report: Report, customers: &DataFrame, words: &Words) -> Result<Report> {
        let mut report = report;
        if let Some(spend) = self.roles.column(Role::Spend) {
            let clean = Clean::new(customers)?.drop_nulls([spend])?;
            let known = clean.kept();
            report = report
                .chapter(&words.worth_chapter)
                .table(
                    &words.tiers,
                    &recommend::tiers(known, "segment", spend, recommend::TIERS)?,
                )?
                .table(
                    &fill(&words.value_of, &[("column", &spend)]),
                    &recommend::value_at_stake(known, "segment", spend, &Bootstrap::new())?,
                )?;
        }
        report = report.chapter(&words.not_here);
        for (role, needs) in [
            (Role::Spend, &words.needs_spend),
            (Role::Recency, &words.needs_recency),
            (Role::Group, &words.needs_group),
        ] {
            if self.roles.column(role).is_none() {
                report = report.text(needs);
            }
        }
        Ok(report.text(&words.needs_campaign))
    }
}

pub fn holds_numbers(customers: &DataFrame, name: &str) -> bool {
    let column = customers.column(name);
    column.is_ok_and(|column| column.dtype().is_primitive_numeric())
}

/// The columns in which the segments differ most, the strongest first; all of them where there is one
/// segment only.
fn telling(customers: &DataFrame, profile: &[String]) -> Result<Vec<String>> {
    if customers.column("segment")?.n_unique()? < 2 {
        return Ok(profile.to_vec());
    }
    let columns = profile.iter().map(String::as_str);
    let differences = personality::differences(customers, "segment", columns)?;
    let strongest = differences
        .lazy()
        .filter(col("effect_size").is_not_null())
        .sort(
            ["effect_size"],
            SortMultipleOptions::default()
                .with_order_descending(true)
                .with_maintain_order(true),
        )
        .collect()?;
    let names = strongest.column("column")?.str()?;
    Ok(names.iter().flatten().map(str::to_owned).collect())
}
