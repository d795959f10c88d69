//! What figures make of four counts: how often this, that, and both.

/// The baskets of a rule: all, with the antecedent, with the consequent, with both.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Counts {
    pub all: u64,
    pub antecedent: u64,
    pub consequent: u64,
    pub both: u64,
}

/// A measure by its name.
pub(super) type Measure = (&'static str, fn(&Counts) -> Option<f64>);

/// The twenty, in the order of the table.
pub(super) const MEASURES: [Measure; 20] = [
    ("support", |c| ratio(c.both, c.all)),
    ("coverage", |c| ratio(c.antecedent, c.all)),
    ("confidence", |c| ratio(c.both, c.antecedent)),
    ("lift", Counts::lift),
    ("leverage", |c| Some(c.leverage())),
    ("conviction", |c| {
        let (antecedent, without) = (c.antecedent as f64, (c.all - c.consequent) as f64);
        divided(
            antecedent * without,
            c.all as f64 * (c.antecedent - c.both) as f64,
        )
    }),
    ("zhang", |c| {
        let (p_both, p_a, p_b) = c.shares();
        divided(
            c.leverage(),
            (p_both * (1.0 - p_a)).max(p_a * (p_b - p_both)),
        )
    }),
    ("added_value", |c| Some(c.confidence()? - c.shares().2)),
    ("certainty", |c| {
        let (added, p_b) = (c.confidence()? - c.shares().2, c.shares().2);
        divided(added, if added >= 0.0 { 1.0 - p_b } else { p_b })
    }),
    ("odds_ratio", Counts::odds_ratio),
    ("relative_risk", |c| {
        let without = c.all - c.antecedent;
        let other = ratio(c.consequent - c.both, without)?;
        divided(c.confidence()?, other)
    }),
    ("chi_square", |c| Some(c.phi()?.powi(2) * c.all as f64)),
    ("phi", Counts::phi),
    ("kappa", |c| {
        let (p_both, p_a, p_b) = c.shares();
        let alike = p_both + (c.neither() as f64 / c.all as f64);
        let by_chance = p_a * p_b + (1.0 - p_a) * (1.0 - p_b);
        divided(alike - by_chance, 1.0 - by_chance)
    }),
    ("yule_q", |c| {
        let (same, other) = c.products();
        divided(same - other, same + other)
    }),
    ("cosine", |c| {
        divided(
            c.both as f64,
            (c.antecedent as f64 * c.consequent as f64).sqrt(),
        )
    }),
    ("jaccard", |c| ratio(c.both, c.either())),
    ("kulczynski", |c| {
        Some((c.confidence()? + ratio(c.both, c.consequent)?) / 2.0)
    }),
    ("imbalance", |c| {
        ratio(c.antecedent.abs_diff(c.consequent), c.either())
    }),
    ("max_confidence", |c| {
        Some(c.confidence()?.max(ratio(c.both, c.consequent)?))
    }),
];

fn ratio(part: u64, whole: u64) -> Option<f64> {
    divided(part as f64, whole as f64)
}

fn divided(part: f64, whole: f64) -> Option<f64> {
    (whole != 0.0).then(|| part / whole)
}

impl Counts {
    pub fn confidence(&self) -> Option<f64> {
        ratio(self.both, self.antecedent)
    }

    pub fn lift(&self) -> Option<f64> {
        divided(
            self.both as f64 * self.all as f64,
            self.antecedent as f64 * self.consequent as f64,
        )
    }

    /// Of both, of the antecedent, of the consequent.
    fn shares(&self) -> (f64, f64, f64) {
        let share = |own: u64| own as f64 / self.all as f64;
        (
            share(self.both),
            share(self.antecedent),
            share(self.consequent),
        )
    }

    fn either(&self) -> u64 {
        self.antecedent + self.consequent - self.both
    }

    fn neither(&self) -> u64 {
        self.all - self.either()
    }

    fn leverage(&self) -> f64 {
        let (p_both, p_a, p_b) = self.shares();
        p_both - p_a * p_b
    }

    /// Of the table of four cells the product of those where both or neither are, and that of the others.
    fn products(&self) -> (f64, f64) {
        (
            self.both as f64 * self.neither() as f64,
            (self.antecedent - self.both) as f64 * (self.consequent - self.both) as f64,
        )
    }

    fn odds_ratio(&self) -> Option<f64> {
        let (same, other) = self.products();
        divided(same, other)
    }

    fn phi(&self) -> Option<f64> {
        let (same, other) = self.products();
        let (a, b, n) = (
            self.antecedent as f64,
            self.consequent as f64,
            self.all as f64,
        );
        divided(same - other, (a * b * (n - a) * (n - b)).sqrt())
    }
}
