//! How often does one who answered get a higher score than one who did not?

use crate::stat::ranks;

/// The area under the curve, and its variance (DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44,
/// 837) from ranks (Sun and Xu 2014).
pub(super) struct Area {
    pub share: f64,
    pub variance: f64,
}

impl Area {
    pub fn new(scores: &[f64], answers: &[bool]) -> Self {
        let ranked = |rows: &mut dyn Iterator<Item = usize>| -> Vec<(usize, f64)> {
            let mut sorted: Vec<usize> = rows.collect();
            sorted.sort_by(|a, b| scores[*a].total_cmp(&scores[*b]));
            let mut ranks = Vec::with_capacity(sorted.len());
            ranks::walk(
                &sorted,
                |row| scores[*row],
                |row, rank| ranks.push((*row, rank)),
            );
            ranks.sort_unstable_by_key(|(row, _)| *row);
            ranks
        };
        let rows = 0..scores.len();
        let all = ranked(&mut rows.clone());
        let yes = ranked(&mut rows.clone().filter(|row| answers[*row]));
        let no = ranked(&mut rows.clone().filter(|row| !answers[*row]));
        let (m, n) = (yes.len() as f64, no.len() as f64);
        let beaten = |own: &[(usize, f64)], others: f64| -> Vec<f64> {
            own.iter()
                .map(|(row, rank)| (all[*row].1 - rank) / others)
                .collect()
        };
        let (above, below) = (beaten(&yes, n), beaten(&no, m));
        let share = above.iter().sum::<f64>() / m;
        let variance = |values: &[f64]| {
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            let squares: f64 = values.iter().map(|x| (x - mean).powi(2)).sum();
            squares / (values.len() as f64 - 1.0)
        };
        Area {
            share,
            variance: variance(&above) / m + variance(&below) / n,
        }
    }
}
