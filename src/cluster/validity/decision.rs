//! The rule by which the criteria decide how many segments there are, if there are any.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use super::stability::{STABLE, errors_from};
use crate::table::display::short;

/// Below this mean silhouette there is no substantial structure (Kaufman and Rousseeuw 1990,
/// Finding Groups in Data, table 4).
const SUBSTANTIAL: f64 = 0.25;
/// Above this one it is reasonable, and above 0.7 strong.
const REASONABLE: f64 = 0.5;
/// So many standard errors beyond noise are no chance, however many numbers of segments are tried.
const BEYOND: f64 = 4.0;
/// A figure that lies so many standard errors from what decides has decided.
const SURE: f64 = 3.0;
/// With more open questions than that, there is no use in trying all answers.
const OPEN: usize = 10;

/// What the rule of [`Choice::verdict`] looks at.
pub(super) struct Standing {
    pub k: usize,
    pub knee: bool,
    pub silhouette: Option<f64>,
    pub davies_bouldin: Option<f64>,
    pub calinski_harabasz: Option<f64>,
    /// How far the rule of the gap holds, and the standard error of that.
    pub enough: Option<(f64, f64)>,
    pub beyond: Option<(f64, f64)>,
    pub jaccard: Option<(f64, f64)>,
    /// In standard errors.
    pub above_stable: f64,
    pub ari: Option<(f64, f64)>,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Passes {
    Yes,
    No,
    Open,
}

impl Passes {
    fn by(errors: f64) -> Self {
        match errors {
            sure if sure >= SURE => Passes::Yes,
            sure if sure <= -SURE => Passes::No,
            _ => Passes::Open,
        }
    }

    fn and(self, other: Passes) -> Self {
        match (self, other) {
            (Passes::No, _) | (_, Passes::No) => Passes::No,
            (Passes::Yes, Passes::Yes) => Passes::Yes,
            _ => Passes::Open,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Passes::Yes => "yes",
            Passes::No => "no",
            Passes::Open => "open",
        }
    }
}

impl Standing {
    pub fn passes(&self) -> Passes {
        let substantial = match self.silhouette {
            Some(silhouette) if silhouette >= SUBSTANTIAL => Passes::Yes,
            _ => Passes::No,
        };
        let beyond = self.beyond.map_or(Passes::No, |(beyond, error)| {
            Passes::by(errors_from(beyond, BEYOND, error))
        });
        substantial.and(beyond).and(Passes::by(self.above_stable))
    }

    /// The least of the figures over what is wanted of them.
    pub fn margin(&self) -> f64 {
        let parts = [
            self.silhouette.map(|silhouette| silhouette / SUBSTANTIAL),
            self.beyond.map(|beyond| beyond.0 / BEYOND),
            self.jaccard.map(|least| least.0 / STABLE),
        ];
        parts
            .into_iter()
            .map(|part| part.unwrap_or(0.0))
            .fold(f64::INFINITY, f64::min)
    }

    /// The figures that decide, beside what is wanted of them.
    fn figures(&self) -> String {
        let known = |figure: Option<(f64, f64)>| match figure {
            Some((figure, error)) if figure.is_finite() => {
                format!("{} ± {}", short(figure, 3), short(error, 2))
            }
            Some(_) => "infinitely many".to_owned(),
            None => "unknown".to_owned(),
        };
        format!(
            "a mean silhouette of {} ({SUBSTANTIAL} wanted), {} standard errors beyond noise ({BEYOND} wanted), a \
             least mean Jaccard of {} ({STABLE} wanted)",
            self.silhouette
                .map_or("none".to_owned(), |silhouette| short(silhouette, 3)),
            known(self.beyond),
            known(self.jaccard),
        )
    }
}

/// Which numbers of segments the rule can lead to, as far as the figures are known.
pub(super) struct Decision {
    /// One, where it is decided; `None` among them stands for no clear structure.
    pub winners: BTreeSet<Option<usize>>,
    /// Those that may pass.
    pub open: Vec<usize>,
    /// Who votes for whom, where all that is open is as it stands.
    votes: Vec<(&'static str, Option<usize>)>,
    candidates: usize,
}

impl Decision {
    pub fn of(standings: &[Standing], range: &RangeInclusive<usize>) -> Self {
        let asked = |own: &&Standing| own.k > 1 && range.contains(&own.k);
        let with = |wanted: Passes| -> Vec<&Standing> {
            standings
                .iter()
                .filter(asked)
                .filter(|own| own.passes() == wanted)
                .collect()
        };
        let (sure, open) = (with(Passes::Yes), with(Passes::Open));
        let gaps = gap_votes(standings);
        let mut winners = BTreeSet::new();
        let tried = open.len().min(OPEN);
        for answers in 0..1u32 << tried {
            let mut candidates = sure.clone();
            let chosen = open.iter().enumerate().take(tried);
            candidates.extend(
                chosen
                    .filter(|(bit, _)| answers >> bit & 1 == 1)
                    .map(|(_, own)| *own),
            );
            candidates.sort_by_key(|own| own.k);
            for gap in &gaps {
                for stable in stable_votes(&candidates) {
                    winners.insert(winner(
                        &candidates,
                        &votes(&candidates, standings, *gap, stable),
                    ));
                }
            }
        }
        let all: Vec<&Standing> = standings
            .iter()
            .filter(asked)
            .filter(|own| own.passes() != Passes::No)
            .collect();
        let as_it_stands = match winners.len() {
            1 => sure.clone(),
            _ => all.clone(),
        };
        let votes = votes(
            &as_it_stands,
            standings,
            gaps.first().copied().flatten(),
            stable_votes(&as_it_stands).first().copied().flatten(),
        );
        Decision {
            winners,
            open: all.iter().map(|own| own.k).collect(),
            votes,
            candidates: as_it_stands.len(),
        }
    }

    pub fn is_open(&self) -> bool {
        self.winners.len() != 1
    }

    pub fn suggested(&self, range: &RangeInclusive<usize>) -> Option<usize> {
        let only = self.winners.iter().next().copied().flatten();
        only.filter(|k| !self.is_open() && range.contains(k))
    }

    pub fn told(
        &self,
        standings: &[Standing],
        range: &RangeInclusive<usize>,
        draws: (usize, usize),
    ) -> String {
        let of = |k: usize| standings.iter().find(|own| own.k == k);
        if self.is_open() {
            let ways: Vec<String> = self
                .winners
                .iter()
                .map(|way| way.map_or("no clear structure".to_owned(), |k| format!("{k} segments")))
                .collect();
            let figures: Vec<String> = self
                .winners
                .iter()
                .filter_map(|way| of((*way)?))
                .map(|own| format!("{} segments have {}", own.k, own.figures()))
                .collect();
            return format!(
                "Undecided between {}, after {} reference tables and {} resamples: {}.",
                ways.join(" and "),
                draws.0,
                draws.1,
                figures.join("; ")
            );
        }
        let sees_none = match self.votes.iter().find(|vote| vote.0 == "gap") {
            Some((_, Some(1))) => " The gap statistic sees no segments.",
            _ => "",
        };
        let Some(own) = self.suggested(range).and_then(of) else {
            let several = standings
                .iter()
                .filter(|own| own.k > 1 && range.contains(&own.k));
            let best = several.max_by(|a, b| a.margin().total_cmp(&b.margin()));
            let best =
                best.map(|own| format!(" The best candidate is {}: {}.", own.k, own.figures()));
            return format!(
                "No clear structure: no number of segments has all of what is wanted.{}{sees_none}",
                best.unwrap_or_default()
            );
        };
        let names: Vec<&str> = self
            .votes
            .iter()
            .filter(|vote| vote.1 == Some(own.k))
            .map(|vote| vote.0)
            .collect();
        let strength = match own.silhouette.unwrap_or(f64::NAN) {
            strong if strong > 0.7 => "strong",
            medium if medium > REASONABLE => "reasonable",
            _ => "weak",
        };
        format!(
            "{} segments: favoured by {} of 6 criteria ({}), among {} number(s) of segments that pass. They have {}: \
             {strength} structure.{sees_none}",
            own.k,
            names.len(),
            names.join(", "),
            self.candidates,
            own.figures(),
        )
    }
}

/// Whom the gap may speak for: the first number of segments by its rule, from 1; before one that is
/// sure, those that may be it.
fn gap_votes(standings: &[Standing]) -> Vec<Option<usize>> {
    let mut ways = Vec::new();
    for own in standings {
        match own
            .enough
            .map(|(over, error)| Passes::by(errors_from(over, 0.0, error)))
        {
            Some(Passes::Yes) => {
                ways.push(Some(own.k));
                return ways;
            }
            Some(Passes::Open) => ways.push(Some(own.k)),
            _ => {}
        }
    }
    ways.push(None);
    ways
}

/// Whom stability may speak for: the highest mean Rand index, and those that may be higher.
fn stable_votes(candidates: &[&Standing]) -> Vec<Option<usize>> {
    let known: Vec<(usize, (f64, f64))> = candidates
        .iter()
        .filter_map(|own| Some((own.k, own.ari?)))
        .collect();
    let best = known
        .iter()
        .copied()
        .reduce(|best, other| if other.1.0 > best.1.0 { other } else { best });
    let Some((best, (most, error))) = best else {
        return vec![None];
    };
    let mut ways = vec![Some(best)];
    let near = known
        .iter()
        .filter(|(k, (ari, own))| *k != best && most - ari < SURE * error.hypot(*own));
    ways.extend(near.map(|(k, _)| Some(*k)));
    ways
}

/// Who votes for whom among the candidates.
fn votes(
    candidates: &[&Standing],
    standings: &[Standing],
    gap: Option<usize>,
    stable: Option<usize>,
) -> Vec<(&'static str, Option<usize>)> {
    let best = |value: &dyn Fn(&Standing) -> Option<f64>| {
        let known = candidates
            .iter()
            .filter_map(|own| Some((own.k, value(own)?)));
        let best = known.reduce(|best, other| if other.1 > best.1 { other } else { best });
        best.map(|best| best.0)
    };
    vec![
        ("silhouette", best(&|own| own.silhouette)),
        (
            "Davies-Bouldin",
            best(&|own| own.davies_bouldin.map(|x| -x)),
        ),
        ("Calinski-Harabasz", best(&|own| own.calinski_harabasz)),
        ("gap", gap),
        (
            "knee",
            standings.iter().find(|own| own.knee).map(|own| own.k),
        ),
        ("stability", stable),
    ]
}

/// The candidate with the most votes; of equals, that with the higher silhouette.
fn winner(candidates: &[&Standing], votes: &[(&'static str, Option<usize>)]) -> Option<usize> {
    let standing = |own: &Standing| {
        let count = votes.iter().filter(|vote| vote.1 == Some(own.k)).count();
        (count as f64, own.silhouette)
    };
    let best = candidates.iter().copied().reduce(|best, other| {
        if standing(other) > standing(best) {
            other
        } else {
            best
        }
    });
    best.map(|own| own.k)
}
