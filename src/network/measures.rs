//! How large, how deep, and who is above whom?

use polars::prelude::*;

use super::trees::NOBODY;
use super::{Bought, Network};
use crate::stat::interval::{checked, wilson};
use crate::table::column;
use crate::{Error, Result};

impl Network {
    /// Whom has each member brought? The members, in the order of their table, with
    ///
    /// - `recruits`: those whom the member brought,
    /// - `downline`: these, those whom they brought, and so on, on `downline_levels` levels,
    /// - `level`: how many stand above, and `top`, who stands above them all,
    /// - `betweenness`: between how many pairs of others the member stands (Freeman 1977), exactly;
    ///
    /// and where the network knows what they [bought](Network::bought): `visits`, `amount`, `active`, and of the
    /// downline `downline_buyers`, `downline_active` and `downline_amount`.
    ///
    /// # Errors
    /// [`Error::Parameter`] where the table has a column of one of these names.
    pub fn augment(&self) -> Result<DataFrame> {
        let trees = &self.trees;
        let n = trees.len();
        let recruits = (0..n).map(|member| trees.recruits(member).len() as u32);
        let top = IdxCa::from_vec("top".into(), trees.top.clone());
        let mut own = df!(
            "recruits" => recruits.collect::<Vec<_>>(),
            "downline" => &trees.downline,
            "downline_levels" => trees.levels_below(),
            "level" => &trees.level,
            "betweenness" => trees.betweenness(),
        )?;
        own.with_column(self.names.take(&top)?.with_name("top".into()).into_column())?;
        if let Some(bought) = &self.bought {
            let below = |is: &dyn Fn(usize) -> bool| -> Vec<u32> {
                let own: Vec<f64> = (0..n)
                    .map(|member| f64::from(u8::from(is(member))))
                    .collect();
                trees
                    .sums_below(&own)
                    .into_iter()
                    .map(|n| n as u32)
                    .collect()
            };
            own.with_column(Column::new("visits".into(), &bought.visits))?;
            own.with_column(Column::new("active".into(), &bought.active))?;
            let buyers = below(&|member| bought.visits[member] > 0);
            own.with_column(Column::new("downline_buyers".into(), buyers))?;
            let active = below(&|member| bought.active[member]);
            own.with_column(Column::new("downline_active".into(), active))?;
            if let Some(amount) = &bought.amount {
                own.with_column(Column::new("amount".into(), amount))?;
                own.with_column(Column::new(
                    "downline_amount".into(),
                    trees.sums_below(amount),
                ))?;
            }
        }
        column::beside(&self.members, &own)
    }

    /// Which trees are there? A row for each, the largest first: `top`, `members`, `levels`, `mean_distance`
    /// (see below; null for one who is alone), and where the network knows it, `buyers`, `active`, `amount`.
    ///
    /// The mean distance of two members is the structural virality of Goel, Anderson, Hofman and Watts
    /// (2016, Management Science 62, 180): near 2 where one has brought all, and the larger the more it was
    /// passed on from one to the next.
    ///
    /// # Errors
    /// None but those of polars.
    pub fn tidy(&self) -> Result<DataFrame> {
        let trees = &self.trees;
        let mut tops: Vec<usize> = (0..trees.len())
            .filter(|member| trees.sponsor[*member] == NOBODY)
            .collect();
        tops.sort_by_key(|top| std::cmp::Reverse(trees.downline[*top]));
        let (levels, distances) = (trees.levels_below(), trees.distances());
        let each = || tops.iter().copied();
        let mean = |top: usize| {
            let members = f64::from(trees.downline[top]) + 1.0;
            (members > 1.0).then(|| distances[top] as f64 * 2.0 / (members * (members - 1.0)))
        };
        let mut tidy = df!(
            "top" => each().map(|top| self.names.get(top)).collect::<Vec<_>>(),
            "members" => each().map(|top| trees.downline[top] + 1).collect::<Vec<_>>(),
            "levels" => each().map(|top| levels[top] + 1).collect::<Vec<_>>(),
            "mean_distance" => each().map(mean).collect::<Vec<_>>(),
        )?;
        if let Some(bought) = &self.bought {
            let mut place = vec![0; trees.len()];
            each().enumerate().for_each(|(row, top)| place[top] = row);
            let mut own = vec![Level::default(); tops.len()];
            for member in 0..trees.len() {
                own[place[trees.top[member] as usize]].add(self, member);
            }
            let each = || own.iter();
            tidy.with_column(Column::new(
                "buyers".into(),
                each().map(|own| own.buyers).collect::<Vec<_>>(),
            ))?;
            tidy.with_column(Column::new(
                "active".into(),
                each().map(|own| own.active).collect::<Vec<_>>(),
            ))?;
            if bought.amount.is_some() {
                tidy.with_column(Column::new(
                    "amount".into(),
                    each().map(|own| own.amount).collect::<Vec<_>>(),
                ))?;
            }
        }
        Ok(tidy)
    }

    /// How large, how deep, and in how few hands? One row: `members`, `sponsored` (brought by a member who is known),
    /// `cut` (brought by somebody, but their link is no one of a tree; see [`quality`](Network::quality)),
    /// `recruiters` (who brought somebody), `trees`, `alone` (trees of one), `largest` (members of the
    /// largest tree), `levels`, `mean_distance` (of all pairs in one tree), `top_share` (of all downlines that of
    /// the hundredth of the members with the largest ones; null where nobody has one).
    ///
    /// # Errors
    /// None but those of polars.
    pub fn glance(&self) -> Result<DataFrame> {
        let trees = &self.trees;
        let n = trees.len();
        let tops = || (0..n).filter(|member| trees.sponsor[*member] == NOBODY);
        let size = |top: usize| u128::from(trees.downline[top]) + 1;
        let distances: u128 = trees.distances().iter().sum();
        let pairs: u128 = tops().map(|top| size(top) * (size(top) - 1) / 2).sum();
        let mut downlines = trees.downline.clone();
        downlines.sort_unstable_by(|a, b| b.cmp(a));
        let sum = |downlines: &[u32]| downlines.iter().map(|own| u64::from(*own)).sum::<u64>();
        let (all, few) = (sum(&downlines), sum(&downlines[..n.div_ceil(100)]));
        let share = |part: f64, all: f64| (all > 0.0).then(|| part / all);
        Ok(df!(
            "members" => [n as u64],
            "sponsored" => [(n - tops().count()) as u64],
            "cut" => [self.cut.iter().filter(|cut| **cut).count() as u64],
            "recruiters" => [(0..n).filter(|member| !trees.recruits(*member).is_empty()).count() as u64],
            "trees" => [tops().count() as u64],
            "alone" => [tops().filter(|top| trees.downline[*top] == 0).count() as u64],
            "largest" => [tops().map(|top| size(top) as u64).max()],
            "levels" => [trees.level.iter().max().map(|level| level + 1)],
            "mean_distance" => [share(distances as f64, pairs as f64)],
            "top_share" => [share(few as f64, all as f64)],
        )?)
    }

    /// How many stand on each level, and do they buy? A row for each, from 0 at the top: `level`, `members`,
    /// `recruits` (whom they brought), and where the network knows it, `buyers`, `active`, `active_share` with
    /// `lower` and `upper` (Wilson), `amount`.
    ///
    /// # Errors
    /// [`Error::Parameter`] where the confidence is none.
    pub fn levels(&self, confidence: f64) -> Result<DataFrame> {
        let deepest = self.trees.level.iter().max().copied().unwrap_or(0);
        let mut levels = vec![Level::default(); deepest as usize + 1];
        for member in 0..self.trees.len() {
            levels[self.trees.level[member] as usize].add(self, member);
        }
        self.table(0, &levels, confidence)
    }

    /// Whom has one member brought, and whom have these? The same as [`levels`](Network::levels) below the
    /// member: level 1 holds the recruits. Empty where there are none.
    ///
    /// # Errors
    /// [`Error::Parameter`] where there is no such member.
    pub fn downline(&self, member: &str, confidence: f64) -> Result<DataFrame> {
        let below = self.trees.below(self.member(member)?);
        let levels = below.iter().map(|members| self.level(members));
        self.table(1, &levels.collect::<Vec<_>>(), confidence)
    }

    /// Who brings the most, and what do those bring? The `n` with the most recruits: `member`, `recruits`,
    /// `second` (whom the recruits brought), `downline`, and where the network knows it, `amount` (what they
    /// bought themselves), `recruits_active`, `recruits_amount`, `second_active`, `second_amount`.
    ///
    /// # Errors
    /// None but those of polars.
    pub fn sponsors(&self, n: usize) -> Result<DataFrame> {
        let trees = &self.trees;
        let mut members: Vec<usize> = (0..trees.len())
            .filter(|member| !trees.recruits(*member).is_empty())
            .collect();
        members.sort_by_key(|member| std::cmp::Reverse(trees.recruits(*member).len()));
        members.truncate(n);
        let levels: Vec<[Level; 2]> = members
            .iter()
            .map(|member| {
                let recruits = trees.recruits(*member);
                let second = recruits
                    .iter()
                    .flat_map(|recruit| trees.recruits(*recruit as usize));
                [self.level(recruits), self.level(second)]
            })
            .collect();
        let each = || members.iter().copied();
        let of = |place: usize, value: &dyn Fn(&Level) -> u32| -> Vec<u32> {
            levels.iter().map(|two| value(&two[place])).collect()
        };
        let mut sponsors = df!(
            "member" => each().map(|member| self.names.get(member)).collect::<Vec<_>>(),
            "recruits" => of(0, &|level| level.members),
            "second" => of(1, &|level| level.members),
            "downline" => each().map(|member| trees.downline[member]).collect::<Vec<_>>(),
        )?;
        if let Some(bought) = &self.bought {
            if let Some(amount) = &bought.amount {
                let own: Vec<f64> = each().map(|member| amount[member]).collect();
                sponsors.with_column(Column::new("amount".into(), own))?;
            }
            for (place, name) in ["recruits", "second"].into_iter().enumerate() {
                let active = of(place, &|level| level.active);
                sponsors.with_column(Column::new(format!("{name}_active").into(), active))?;
                if bought.amount.is_some() {
                    let amounts: Vec<f64> = levels.iter().map(|two| two[place].amount).collect();
                    sponsors.with_column(Column::new(format!("{name}_amount").into(), amounts))?;
                }
            }
        }
        Ok(sponsors)
    }

    /// The members in blocks, the largest on each level by name, so many of them, and the others together:
    /// `part`, `of` (the part above it), `member` (null for several), `members`, `share`.
    pub(crate) fn largest(&self, widest: &[usize]) -> Result<DataFrame> {
        let trees = &self.trees;
        let size = |member: u32| trees.downline[member as usize] + 1;
        let all = trees.len() as u32;
        let mut parts: Vec<(Option<u32>, Option<u32>, u32)> = vec![(None, None, all)];
        let tops = (0..all).filter(|member| trees.sponsor[*member as usize] == NOBODY);
        let mut level: Vec<(u32, Vec<u32>)> = vec![(0, tops.collect())];
        for widest in widest {
            let mut next = Vec::new();
            for (above, mut members) in level {
                members.sort_by_key(|member| std::cmp::Reverse(size(*member)));
                let rest = members.split_off(members.len().min(*widest));
                for member in members {
                    next.push((parts.len() as u32, trees.recruits(member as usize).to_vec()));
                    parts.push((Some(above), Some(member), size(member)));
                }
                if !rest.is_empty() {
                    let together = rest.into_iter().map(size).sum();
                    parts.push((Some(above), None, together));
                }
            }
            level = next;
        }
        let each = || parts.iter();
        Ok(df!(
            "part" => (0..parts.len() as u32).collect::<Vec<_>>(),
            "of" => each().map(|part| part.0).collect::<Vec<_>>(),
            "member" => each().map(|part| self.names.get(part.1? as usize)).collect::<Vec<_>>(),
            "members" => each().map(|part| part.2).collect::<Vec<_>>(),
            "share" => each().map(|part| f64::from(part.2) / f64::from(all)).collect::<Vec<_>>(),
        )?)
    }

    /// The tree below a member, sponsors before recruits: `member`, `sponsor` (its row), `level`, `recruits`. An
    /// error where it has more members.
    pub(crate) fn tree(&self, member: &str, most: usize) -> Result<DataFrame> {
        let trees = &self.trees;
        let top = self.member(member)?;
        if trees.downline[top] as usize >= most {
            return Err(Error::Parameter {
                name: "member",
                value: format!("{member}, with {} below", trees.downline[top]),
                expected: format!("one with fewer than {most}, of whom each can be seen"),
            });
        }
        let mut found: Vec<(usize, Option<u32>, u32)> = Vec::new();
        let mut open = vec![(top, None, 0)];
        while let Some((member, sponsor, level)) = open.pop() {
            let row = found.len() as u32;
            found.push((member, sponsor, level));
            let recruits = trees.recruits(member).iter().rev();
            open.extend(recruits.map(|recruit| (*recruit as usize, Some(row), level + 1)));
        }
        let each = || found.iter();
        Ok(df!(
            "member" => each().map(|own| self.names.get(own.0)).collect::<Vec<_>>(),
            "sponsor" => each().map(|own| own.1).collect::<Vec<_>>(),
            "level" => each().map(|own| own.2).collect::<Vec<_>>(),
            "recruits" => each().map(|own| trees.recruits(own.0).len() as u32).collect::<Vec<_>>(),
        )?)
    }

    fn level<'a>(&self, members: impl IntoIterator<Item = &'a u32>) -> Level {
        let mut level = Level::default();
        members
            .into_iter()
            .for_each(|member| level.add(self, *member as usize));
        level
    }

    fn table(&self, first: u32, levels: &[Level], confidence: f64) -> Result<DataFrame> {
        checked(confidence)?;
        let each = || levels.iter();
        let mut table = df!(
            "level" => (first..).take(levels.len()).collect::<Vec<_>>(),
            "members" => each().map(|level| level.members).collect::<Vec<_>>(),
            "recruits" => each().map(|level| level.recruits).collect::<Vec<_>>(),
        )?;
        let Some(Bought { amount, .. }) = &self.bought else {
            return Ok(table);
        };
        let shares = each()
            .map(|level| wilson(level.active.into(), level.members.into(), confidence))
            .collect::<Result<Vec<_>>>()?;
        let bought = df!(
            "buyers" => each().map(|level| level.buyers).collect::<Vec<_>>(),
            "active" => each().map(|level| level.active).collect::<Vec<_>>(),
            "active_share" => shares.iter().map(|share| share.estimate).collect::<Vec<_>>(),
            "lower" => shares.iter().map(|share| share.lower).collect::<Vec<_>>(),
            "upper" => shares.iter().map(|share| share.upper).collect::<Vec<_>>(),
        )?;
        table.hstack_mut(bought.columns())?;
        if amount.is_some() {
            let amounts: Vec<f64> = each().map(|level| level.amount).collect();
            table.with_column(Column::new("amount".into(), amounts))?;
        }
        Ok(table)
    }
}

/// Members who are counted together.
#[derive(Clone, Debug, Default)]
struct Level {
    members: u32,
    recruits: u32,
    buyers: u32,
    active: u32,
    amount: f64,
}

impl Level {
    fn add(&mut self, network: &Network, member: usize) {
        self.members += 1;
        self.recruits += network.trees.recruits(member).len() as u32;
        if let Some(bought) = &network.bought {
            self.buyers += u32::from(bought.visits[member] > 0);
            self.active += u32::from(bought.active[member]);
            self.amount += bought.amount.as_ref().map_or(0.0, |amount| amount[member]);
        }
    }
}
