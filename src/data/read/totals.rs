//! Whether the last row is a customer, or the sum of all.

use super::texts::Cells;

const WORDS: [&str; 17] = [
    "total",
    "totals",
    "grand total",
    "sum",
    "sums",
    "subtotal",
    "summe",
    "gesamt",
    "gesamtsumme",
    "suma",
    "total general",
    "total général",
    "somme",
    "jumlah",
    "soma",
    "total geral",
    "average",
];

/// What makes the last row look like totals.
pub(super) fn look_like(columns: &[Cells], numbers: &[Vec<Option<f64>>]) -> Option<String> {
    let last = columns.first()?.len().checked_sub(1)?;
    let word = |text: &str| {
        let lower = text.trim_end_matches([':', '.', ' ']).to_lowercase();
        WORDS.contains(&lower.as_str())
    };
    let says = columns
        .iter()
        .find(|cells| word(cells.text(last)) && !(0..last).any(|row| word(cells.text(row))));
    if let Some(cells) = says {
        return Some(format!(
            "the last row has {:?} in column {}",
            cells.text(last),
            cells.header
        ));
    }
    // A small table may hold a sum by chance.
    if last < 4 {
        return None;
    }
    let mut sums = 0;
    for values in numbers {
        let (Some(end), rest) = (values[last], &values[..last]) else {
            continue;
        };
        let sum: f64 = rest.iter().flatten().sum();
        let size: f64 = rest.iter().flatten().map(|value| value.abs()).sum();
        if size == 0.0 && end == 0.0 {
            continue;
        }
        if (sum - end).abs() > 1e-9 * size.max(1e-300) {
            return None;
        }
        sums += 1;
    }
    let gap = |cells: &Cells| {
        cells.text(last).is_empty() && (0..last).all(|row| !cells.text(row).is_empty())
    };
    let unnamed = columns.iter().any(gap);
    (sums >= 2 || (sums == 1 && unnamed))
        .then(|| format!("the last row holds the sum of the others in {sums} columns of numbers"))
}
