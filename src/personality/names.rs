use polars::prelude::*;
use serde::{Deserialize, Serialize};

use super::Positions;
use crate::table::column;
use crate::table::groups::{as_in, own_name};
use crate::{Error, Result};

/// By which rules do segments get their names?
///
/// Rules are data: make some of your own with the builder, or read them from JSON.
///
/// An *aspect* gives a segment a word by its [position](super::positions) in a column, and a *mark*
/// adds one where conditions hold. The [`default`](NamingRules::default) rules name by value, frequency and
/// recency.
///
/// ```
/// use segmenta::prelude::*;
///
/// let rules = personality::NamingRules::new()
///     .aspect("Income", [0.5], ["earns less", "earns more"])
///     .mark("at home on the web", [personality::Condition::at_least("NumWebVisitsMonth", 0.6)]);
/// assert_eq!(personality::NamingRules::from_json(&rules.to_json())?, rules);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamingRules {
    aspects: Vec<Aspect>,
    marks: Vec<Mark>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Aspect {
    column: String,
    /// Positions at which the next word begins.
    cuts: Vec<f64>,
    /// One more than there are cuts; an empty one says nothing.
    words: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mark {
    word: String,
    when: Vec<Condition>,
}

/// Where must a segment stand among all customers? From `at_least` (inside) to `below` (outside), as
/// [positions](super::positions) from 0 to 1; an end that is missing is open.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The column.
    pub column: String,
    /// The lower end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    /// The upper end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<f64>,
}

impl Condition {
    /// The segment's position in the column is this or more.
    pub fn at_least(column: &str, position: f64) -> Self {
        Condition {
            column: column.to_owned(),
            at_least: Some(position),
            below: None,
        }
    }

    /// The segment's position in the column is less than this.
    pub fn below(column: &str, position: f64) -> Self {
        Condition {
            column: column.to_owned(),
            at_least: None,
            below: Some(position),
        }
    }

    pub(crate) fn holds(&self, position: Option<f64>) -> bool {
        position.is_some_and(|position| {
            self.at_least.is_none_or(|end| position >= end)
                && self.below.is_none_or(|end| position < end)
        })
    }
}

impl Default for NamingRules {
    /// Low, mid and high spenders by `spend` (a third, two thirds); who buys seldom and often by
    /// `transactions`; who bought lately (a `Recency` below 0.4), and a risk of churn where it is 0.6
    /// or more.
    fn default() -> Self {
        let third = 1.0 / 3.0;
        NamingRules::new()
            .aspect(
                "spend",
                [third, 2.0 * third],
                ["low spender", "mid spender", "high spender"],
            )
            .aspect(
                "transactions",
                [0.4, 0.6],
                ["buys seldom", "", "buys often"],
            )
            .aspect("Recency", [0.4], ["bought lately", ""])
            .mark("risk of churn", [Condition::at_least("Recency", 0.6)])
    }
}

impl NamingRules {
    /// No rules yet.
    pub fn new() -> Self {
        NamingRules {
            aspects: Vec::new(),
            marks: Vec::new(),
        }
    }

    /// A word by the position in a column: the first below the first cut, and so on. There is one
    /// word more than there are cuts; an empty one says nothing.
    pub fn aspect<'a>(
        mut self,
        column: &str,
        cuts: impl IntoIterator<Item = f64>,
        words: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        self.aspects.push(Aspect {
            column: column.to_owned(),
            cuts: cuts.into_iter().collect(),
            words: words.into_iter().map(str::to_owned).collect(),
        });
        self
    }

    /// A word where all conditions hold.
    pub fn mark(mut self, word: &str, when: impl IntoIterator<Item = Condition>) -> Self {
        self.marks.push(Mark {
            word: word.to_owned(),
            when: when.into_iter().collect(),
        });
        self
    }

    /// Rules that name by what sets these segments apart most: of the columns the `most` with the largest
    /// effect (see [`differences`](super::differences)), each with a word for low, mid and high, by
    /// thirds of the [positions](super::positions).
    ///
    /// # Errors
    /// Those of [`differences`](super::differences).
    ///
    /// ```
    /// use segmenta::prelude::*;
    ///
    /// let customers = df!(
    ///     "segment" => [1, 1, 1, 2, 2, 2], "income" => [1, 2, 3, 7, 8, 9], "age" => [4, 5, 6, 4, 5, 6],
    /// )?;
    /// let rules = personality::NamingRules::telling(&customers, "segment", ["income", "age"], 1)?;
    /// let names = personality::names(&customers, "segment", &rules)?;
    /// assert_eq!(names.column("name")?.str()?.get(1), Some("high income"));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn telling<'a>(
        table: &DataFrame,
        segment: &str,
        columns: impl IntoIterator<Item = &'a str>,
        most: usize,
    ) -> Result<Self> {
        let differences = super::differences(table, segment, columns)?;
        let names = differences.column("column")?.str()?;
        let sizes = differences.column("effect_size")?.f64()?;
        let mut effects: Vec<(&str, f64)> = names
            .iter()
            .zip(sizes.iter())
            .filter_map(|(name, size)| Some((name?, size?)))
            .collect();
        // Of equal effects the earlier column.
        effects.sort_by(|a, b| b.1.total_cmp(&a.1));
        let third = 1.0 / 3.0;
        Ok(effects
            .into_iter()
            .take(most)
            .fold(NamingRules::new(), |rules, (name, _)| {
                let words = ["low", "mid", "high"].map(|word| format!("{word} {name}"));
                rules.aspect(name, [third, 2.0 * third], words.iter().map(String::as_str))
            }))
    }

    /// The rules as JSON, to be changed in an editor.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// Reads rules from JSON, as [`to_json`](NamingRules::to_json) writes them.
    ///
    /// # Errors
    /// [`Error::Parameter`] where the text is something else, cuts do not ascend from 0 to 1, or words
    /// and cuts do not fit together.
    pub fn from_json(text: &str) -> Result<Self> {
        let rules: NamingRules = serde_json::from_str(text)
            .map_err(|error| wrong(error.to_string(), "JSON as NamingRules::to_json writes it"))?;
        rules.check()?;
        Ok(rules)
    }

    fn check(&self) -> Result<()> {
        for Aspect {
            column,
            cuts,
            words,
        } in &self.aspects
        {
            let ascend = cuts.windows(2).all(|pair| pair[0] < pair[1]);
            if !ascend || cuts.iter().any(|cut| !(0.0..=1.0).contains(cut)) {
                let what = format!("cuts {cuts:?} of {column}");
                return Err(wrong(what, "positions from 0 to 1, in ascending order"));
            }
            if words.len() != cuts.len() + 1 {
                let what = format!("{} words for {} cuts of {column}", words.len(), cuts.len());
                return Err(wrong(what, "one word more than there are cuts"));
            }
        }
        Ok(())
    }

    /// The columns that the rules read, each once.
    fn columns(&self) -> Vec<&str> {
        let aspects = self.aspects.iter().map(|aspect| &aspect.column);
        let marks = self.marks.iter().flat_map(|mark| &mark.when);
        let mut columns: Vec<&str> = Vec::new();
        for name in aspects.chain(marks.map(|condition| &condition.column)) {
            if !columns.contains(&name.as_str()) {
                columns.push(name);
            }
        }
        columns
    }

    /// The words that a segment with these positions has earned.
    fn words(&self, position: impl Fn(&str) -> Option<f64>) -> Vec<&str> {
        let mut words = Vec::new();
        for Aspect {
            column,
            cuts,
            words: own,
        } in &self.aspects
        {
            if let Some(position) = position(column) {
                let place = cuts.iter().filter(|cut| position >= **cut).count();
                words.extend(own.get(place).map(String::as_str));
            }
        }
        for Mark { word, when } in &self.marks {
            if when
                .iter()
                .all(|condition| condition.holds(position(&condition.column)))
            {
                words.push(word);
            }
        }
        words.retain(|word| !word.is_empty());
        words
    }
}

fn wrong(value: String, expected: &str) -> Error {
    Error::Parameter {
        name: "rules",
        value,
        expected: expected.to_owned(),
    }
}

/// What should the segments be called, and which figures earned them the name?
///
/// One row a segment: the segment, `name`, and for each column that the rules read its
/// [median and position](super::positions), as `spend_median` and `spend_position`. Of several
/// segments with the same words, each gets its label behind them.
///
/// # Errors
/// Those of [`positions`](super::positions), and [`Error::Parameter`] where the rules do not hold
/// together (see [`NamingRules::from_json`]).
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = df!(
///     "segment" => [1, 1, 2, 2], "spend" => [900.0, 800.0, 10.0, 20.0],
///     "transactions" => [20, 22, 3, 2], "Recency" => [70, 80, 5, 6],
/// )?;
/// let names = personality::names(&customers, "segment", &personality::NamingRules::default())?;
/// let words: Vec<_> = names.column("name")?.str()?.iter().flatten().collect();
/// assert_eq!(words[0], "high spender, buys often, risk of churn");
/// assert_eq!(words[1], "low spender, buys seldom, bought lately");
/// # Ok::<(), Error>(())
/// ```
pub fn names(table: &DataFrame, segment: &str, rules: &NamingRules) -> Result<DataFrame> {
    rules.check()?;
    own_name(segment, &["name"])?;
    let columns = rules.columns();
    column::must_have(
        table,
        columns.iter().copied(),
        "rules of your own, NamingRules::new().aspect(\"yours\", [0.5], [\"low\", \"high\"]), or those that \
         follow from the segments, NamingRules::telling(..)",
    )?;
    let positions = Positions::of(table, segment, &columns)?;
    let labels = &positions.labels;
    let place = |row: usize, name: &str| {
        let column = columns.iter().position(|column| *column == name)?;
        positions.columns[column][row].1
    };
    let plain: Vec<String> = (0..labels.len())
        .map(|row| match rules.words(|name| place(row, name)) {
            words if words.is_empty() => "like all".to_owned(),
            words => words.join(", "),
        })
        .collect();
    let names = plain.iter().zip(labels).map(|(name, label)| {
        let shared = plain.iter().filter(|other| *other == name).count() > 1;
        if shared {
            format!("{name} ({label})")
        } else {
            name.clone()
        }
    });
    let mut answer = df!(segment => labels, "name" => names.collect::<Vec<_>>())?;
    for (name, own) in columns.iter().zip(&positions.columns) {
        for (what, values) in [
            ("median", own.iter().map(|pair| pair.0).collect::<Vec<_>>()),
            ("position", own.iter().map(|pair| pair.1).collect()),
        ] {
            let name = format!("{name}_{what}");
            column::is_new(&answer, &name)?;
            answer.with_column(Column::new(name.into(), values))?;
        }
    }
    as_in(table, segment, answer)
}
