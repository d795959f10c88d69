//! The segments that made-up customers come from.

/// What sets one made-up segment apart. Money in thousands of rupiah.
pub(super) struct Segment {
    pub name: &'static str,
    /// Share of all customers.
    pub weight: f64,
    /// Mean and standard deviation of the yearly income.
    pub income: (f64, f64),
    /// Median of two years' spending, standard deviation of its logarithm.
    pub spend: (f64, f64),
    /// Share of each kind of goods in the spending.
    pub goods: [f64; 6],
    /// Mean purchases: deals, web, catalogue, store.
    pub purchases: [f64; 4],
    /// Chance of each of eight visits in the last month, above the first.
    pub visits: f64,
    pub birth: (f64, f64),
    /// Chance of none, one, two.
    pub kids: [f64; 3],
    pub teens: [f64; 3],
    /// Chance to accept campaigns 1 to 5, and the last one.
    pub accepted: [f64; 5],
    pub response: f64,
}

pub(super) const SEGMENTS: [Segment; 4] = [
    Segment {
        name: "careful young families",
        weight: 0.41,
        income: (34_500.0, 9_000.0),
        spend: (60.0, 0.80),
        goods: [0.38, 0.06, 0.24, 0.08, 0.06, 0.18],
        purchases: [2.0, 2.1, 0.5, 3.1],
        visits: 0.78,
        birth: (1973.0, 11.0),
        kids: [0.25, 0.71, 0.04],
        teens: [0.57, 0.41, 0.02],
        accepted: [0.003, 0.002, 0.06, 0.015, 0.001],
        response: 0.10,
    },
    Segment {
        name: "bargain hunters with teenagers",
        weight: 0.27,
        income: (54_000.0, 9_000.0),
        spend: (470.0, 0.45),
        goods: [0.58, 0.03, 0.20, 0.04, 0.03, 0.12],
        purchases: [3.8, 6.0, 2.6, 7.0],
        visits: 0.65,
        birth: (1967.0, 10.0),
        kids: [0.68, 0.31, 0.01],
        teens: [0.18, 0.77, 0.05],
        accepted: [0.03, 0.01, 0.06, 0.11, 0.01],
        response: 0.11,
    },
    Segment {
        name: "settled spenders",
        weight: 0.25,
        income: (70_000.0, 9_000.0),
        spend: (1_140.0, 0.32),
        goods: [0.46, 0.06, 0.30, 0.08, 0.06, 0.04],
        purchases: [1.5, 5.2, 5.2, 8.4],
        visits: 0.22,
        birth: (1968.0, 13.0),
        kids: [0.94, 0.06, 0.0],
        teens: [0.66, 0.33, 0.01],
        accepted: [0.10, 0.01, 0.07, 0.08, 0.08],
        response: 0.15,
    },
    Segment {
        name: "campaign lovers",
        weight: 0.07,
        income: (81_000.0, 7_000.0),
        spend: (1_640.0, 0.20),
        goods: [0.54, 0.03, 0.33, 0.04, 0.03, 0.03],
        purchases: [0.9, 5.4, 6.2, 7.8],
        visits: 0.15,
        birth: (1969.0, 14.0),
        kids: [0.98, 0.02, 0.0],
        teens: [0.93, 0.07, 0.0],
        accepted: [0.48, 0.12, 0.15, 0.35, 0.66],
        response: 0.55,
    },
];

/// Shares as published for the real table, in the order of the schema.
pub(super) const EDUCATION_SHARES: [f64; 5] = [0.0241, 0.0906, 0.5031, 0.1652, 0.2170];
pub(super) const MARITAL_SHARES: [f64; 6] = [0.3857, 0.2589, 0.2161, 0.1036, 0.0344, 0.0013];
