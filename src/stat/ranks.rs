//! Ranks, where equal values share the mean of theirs.

/// Walks sorted items, calls `visit` with each and its rank, and gives the sum of t^3 - t over
/// the ties, which tests on ranks correct for.
pub(crate) fn walk<T>(
    sorted: &[T],
    value: impl Fn(&T) -> f64,
    mut visit: impl FnMut(&T, f64),
) -> f64 {
    let mut ties = 0.0;
    let mut start = 0;
    for tied in sorted.chunk_by(|a, b| value(a) == value(b)) {
        let size = tied.len() as f64;
        let rank = start as f64 + (size + 1.0) / 2.0;
        for item in tied {
            visit(item, rank);
        }
        ties += size * (size * size - 1.0);
        start += tied.len();
    }
    ties
}
