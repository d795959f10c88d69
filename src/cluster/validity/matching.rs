//! Which labels of two divisions belong together?

/// The partner of each row such that the sum of the counts of all pairs is as large as it can be
/// (Kuhn 1955, Naval Res. Logist. 2, 83, in the form with potentials, of cubic time). Where there
/// are fewer columns than rows, some rows have none.
pub(crate) fn matching(counts: &[Vec<u64>]) -> Vec<Option<usize>> {
    let width = counts.first().map_or(0, Vec::len);
    let size = counts.len().max(width);
    // A square of costs: rows and columns that are not there cost nothing.
    let cost = |row: usize, column: usize| {
        let count = counts.get(row).and_then(|row| row.get(column));
        -(count.copied().unwrap_or(0) as f64)
    };
    let (mut of_row, mut of_column) = (vec![0.0; size + 1], vec![0.0; size + 1]);
    // Place `size` stands for "not yet matched".
    let mut row_of = vec![size; size + 1];
    for row in 0..size {
        let mut least = vec![f64::INFINITY; size];
        let mut came_from = vec![size; size];
        let mut used = vec![false; size + 1];
        let mut column = size;
        row_of[size] = row;
        loop {
            used[column] = true;
            let current = row_of[column];
            let (mut step, mut next) = (f64::INFINITY, size);
            for other in (0..size).filter(|other| !used[*other]) {
                let slack = cost(current, other) - of_row[current] - of_column[other];
                if slack < least[other] {
                    least[other] = slack;
                    came_from[other] = column;
                }
                if least[other] < step {
                    step = least[other];
                    next = other;
                }
            }
            for place in 0..=size {
                if used[place] {
                    of_row[row_of[place]] += step;
                    of_column[place] -= step;
                } else if let Some(least) = least.get_mut(place) {
                    *least -= step;
                }
            }
            column = next;
            if row_of[column] == size {
                break;
            }
        }
        while column != size {
            let before = came_from[column];
            row_of[column] = row_of[before];
            column = before;
        }
    }
    let mut partner = vec![None; counts.len()];
    for (column, row) in row_of.iter().take(width).enumerate() {
        if let Some(partner) = partner.get_mut(*row) {
            *partner = Some(column);
        }
    }
    partner
}

#[cfg(test)]
mod tests {
    use super::matching;

    fn total(counts: &[Vec<u64>], partner: &[Option<usize>]) -> u64 {
        let pairs = partner.iter().enumerate();
        pairs
            .map(|(row, column)| column.map_or(0, |column| counts[row][column]))
            .sum()
    }

    /// Every pairing of up to five rows and columns.
    fn best(counts: &[Vec<u64>], row: usize, free: &mut Vec<usize>) -> u64 {
        if row == counts.len() {
            return 0;
        }
        let mut most = best(counts, row + 1, free);
        for place in 0..free.len() {
            let column = free.swap_remove(place);
            most = most.max(counts[row][column] + best(counts, row + 1, free));
            free.push(column);
            let last = free.len() - 1;
            free.swap(place, last);
        }
        most
    }

    #[test]
    fn no_other_pairing_has_more_customers_in_pairs() {
        let mut random = crate::stat::random::stream(5, 0);
        for _ in 0..300 {
            let height = 1 + crate::stat::random::below(&mut random, 5);
            let width = 1 + crate::stat::random::below(&mut random, 5);
            let mut row = || {
                (0..width)
                    .map(|_| crate::stat::random::below(&mut random, 9) as u64)
                    .collect()
            };
            let counts: Vec<Vec<u64>> = (0..height).map(|_| row()).collect();
            let partner = matching(&counts);
            let mut columns: Vec<usize> = partner.iter().flatten().copied().collect();
            columns.sort_unstable();
            columns.dedup();
            assert_eq!(
                columns.len(),
                partner.iter().flatten().count(),
                "{partner:?}"
            );
            let most = best(&counts, 0, &mut (0..width).collect());
            assert_eq!(total(&counts, &partner), most, "{counts:?}");
        }
    }
}
