//! Does the network grow by itself, and do those stay whom it brings?

use std::collections::BTreeMap;

use polars::prelude::*;

use super::Network;
use super::trees::NOBODY;
use crate::stat::distribution::student_quantile_two_sided;
use crate::stat::interval::checked;
use crate::table::calendar::{self, first_day, month_of};
use crate::table::column;
use crate::{Error, Result};

impl Network {
    /// Does each brought member bring others? A row for each month of joining: `cohort` (its first day),
    /// `members`, `seen` (those who joined so many days before the last joining; the others have not had that
    /// time yet and do not count), `recruits` (whom these brought within that time of their own joining),
    /// `reproduction` (recruits of each), with `lower` and `upper` by Student's t. Above 1 a network grows by
    /// itself, below it lives on those who come alone.
    ///
    /// # Errors
    /// [`Error::Parameter`] where the network does not know when members [joined](Network::joined), the days
    /// are 0, or the confidence is none.
    ///
    /// ```
    /// use segmenta::prelude::*;
    ///
    /// let day = |year: i32, month: i32| (year - 1970) * 365 + month * 30;
    /// let members = df!(
    ///     "id" => ["a", "b", "c", "d"], "sponsor" => [None, Some("a"), Some("a"), Some("b")],
    ///     "day" => [day(2020, 1), day(2020, 3), day(2020, 5), day(2022, 5)],
    /// )?.lazy().with_column(col("day").cast(DataType::Date)).collect()?;
    /// let cohorts = Network::of(&members, "id", "sponsor")?.joined("day")?.cohorts(365, 0.95)?;
    /// assert_eq!(cohorts.column("recruits")?.u32()?.to_vec(), [2, 0, 0, 0].map(Some));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn cohorts(&self, days: u32, confidence: f64) -> Result<DataFrame> {
        checked(confidence)?;
        let joined = self.joined.as_ref().ok_or_else(|| Error::Parameter {
            name: "cohorts",
            value: "a network without days of joining".into(),
            expected: "one with .joined(\"the name of their column\")".into(),
        })?;
        if days == 0 {
            return Err(Error::Parameter {
                name: "days",
                value: "0".into(),
                expected: "1 or more".into(),
            });
        }
        let days = i64::from(days);
        let last = joined.iter().flatten().max().copied();
        let mut recruits = vec![0u32; joined.len()];
        for (member, own) in joined.iter().enumerate() {
            let above = self.trees.sponsor[member] as usize;
            if let (Some(own), Some(Some(above_joined))) = (own, joined.get(above))
                && (0..days).contains(&(i64::from(*own) - i64::from(*above_joined)))
            {
                recruits[above] += 1;
            }
        }
        let mut cohorts: BTreeMap<i32, Cohort> = Default::default();
        for (member, own) in joined.iter().enumerate() {
            let Some(own) = *own else { continue };
            let cohort = cohorts.entry(month_of(own)).or_default();
            cohort.members += 1;
            if last.is_some_and(|last| i64::from(own) + days <= i64::from(last)) {
                cohort.seen += 1;
                cohort.recruits += recruits[member];
                cohort.squares += f64::from(recruits[member]).powi(2);
            }
        }
        let each = || cohorts.values();
        let (mut reproduction, mut lower, mut upper) = (Vec::new(), Vec::new(), Vec::new());
        for cohort in each() {
            let mean =
                (cohort.seen > 0).then(|| f64::from(cohort.recruits) / f64::from(cohort.seen));
            let reach = cohort.reach(confidence);
            reproduction.push(mean);
            lower.push(mean.zip(reach).map(|(mean, reach)| (mean - reach).max(0.0)));
            upper.push(mean.zip(reach).map(|(mean, reach)| mean + reach));
        }
        let first: Vec<i32> = cohorts.keys().map(|month| first_day(*month)).collect();
        Ok(df!(
            "cohort" => calendar::days(first)?,
            "members" => each().map(|cohort| cohort.members).collect::<Vec<_>>(),
            "seen" => each().map(|cohort| cohort.seen).collect::<Vec<_>>(),
            "recruits" => each().map(|cohort| cohort.recruits).collect::<Vec<_>>(),
            "reproduction" => reproduction,
            "lower" => lower,
            "upper" => upper,
        )?)
    }

    /// Do brought members stay longer? A row for each member who bought: `member`, `sponsored` (null where the
    /// sponsor is not known, as the link was cut), `first_day`,
    /// and `kept`, whether they came again between so many days after their first bill and twice as many; null
    /// where the bills end before that. All are judged by the same stretch of time, however long ago they came.
    /// [`interval::rates`](crate::stat::interval::rates) and
    /// [`compare::chi_square`](crate::stat::compare::chi_square) compare the two groups.
    ///
    /// # Errors
    /// [`Error::NoColumn`], [`Error::WrongType`] where the bills have no `customer` or `time`;
    /// [`Error::Parameter`] where the days are 0; [`Error::TooFew`] where no member has a bill.
    ///
    /// ```
    /// use segmenta::prelude::*;
    ///
    /// let members = df!("id" => ["a", "b"], "sponsor" => [None, Some("a")])?;
    /// let bills = df!("customer" => ["a", "b", "b", "a"], "time" => [0, 0, 150, 365])?
    ///     .lazy().with_column(col("time").cast(DataType::Date)).collect()?;
    /// let retention = Network::of(&members, "id", "sponsor")?.retention(&bills, 100)?;
    /// assert_eq!(retention.column("kept")?.bool()?.iter().collect::<Vec<_>>(), [Some(false), Some(true)]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn retention(&self, bills: &DataFrame, days: u32) -> Result<DataFrame> {
        if days == 0 {
            return Err(Error::Parameter {
                name: "days",
                value: "0".into(),
                expected: "1 or more".into(),
            });
        }
        let customers = column::names(bills, "customer")?;
        let times = calendar::day_numbers(bills, "time")?;
        let of = self.places(&customers);
        let mut first: Vec<Option<i32>> = vec![None; self.trees.len()];
        for (member, day) in of.iter().zip(&times) {
            if let (Some(member), Some(day)) = (member, day) {
                let own = first[*member].get_or_insert(*day);
                *own = (*own).min(*day);
            }
        }
        let days = i64::from(days);
        let since =
            |member: usize, day: i32| first[member].map(|first| i64::from(day) - i64::from(first));
        let mut came = vec![false; self.trees.len()];
        for (member, day) in of.iter().zip(&times) {
            if let (Some(member), Some(day)) = (member, day)
                && since(*member, *day).is_some_and(|since| (days..2 * days).contains(&since))
            {
                came[*member] = true;
            }
        }
        let Some(last) = times.iter().flatten().max() else {
            return Err(no_buyers());
        };
        let buyers: Vec<usize> = (0..first.len())
            .filter(|member| first[*member].is_some())
            .collect();
        if buyers.is_empty() {
            return Err(no_buyers());
        }
        let each = || buyers.iter().copied();
        let sponsored =
            |member: usize| (!self.cut[member]).then(|| self.trees.sponsor[member] != NOBODY);
        let kept = |member: usize| {
            // The last day of the bills is one of the days that are looked at.
            let is_seen = since(member, *last).is_some_and(|since| since + 1 >= 2 * days);
            is_seen.then_some(came[member])
        };
        Ok(df!(
            "member" => each().map(|member| self.names.get(member)).collect::<Vec<_>>(),
            "sponsored" => each().map(sponsored).collect::<Vec<_>>(),
            "first_day" => calendar::days(each().map(|member| first[member]).collect::<Vec<_>>())?,
            "kept" => each().map(kept).collect::<Vec<_>>(),
        )?)
    }
}

fn no_buyers() -> Error {
    Error::TooFew {
        what: "bills of members".into(),
        found: 0,
        expected: "1 or more; the two tables may name them in different ways".into(),
    }
}

#[derive(Default)]
struct Cohort {
    members: u32,
    seen: u32,
    recruits: u32,
    squares: f64,
}

impl Cohort {
    /// Half the width of the interval of the mean.
    fn reach(&self, confidence: f64) -> Option<f64> {
        let (n, sum) = (f64::from(self.seen), f64::from(self.recruits));
        (n > 1.0).then(|| {
            let variance = ((self.squares - sum * sum / n) / (n - 1.0)).max(0.0);
            student_quantile_two_sided(1.0 - confidence, n - 1.0) * (variance / n).sqrt()
        })
    }
}
