use polars::prelude::*;

use super::matching::matching;
use crate::Result;
use crate::stat::contingency::Contingency;
use crate::table::column;
use crate::table::groups::{By, as_in, encode, own_name};

/// Do two divisions of the same customers agree?
///
/// Two columns of labels, whose names need not agree. One row: `a`, `b`, `n`, `left_out`
/// (customers without one of the labels); `ari`, the adjusted Rand index: 1 where they are the
/// same but for the names, about 0 where they agree as by chance (Hubert and Arabie 1985,
/// J. Classif. 2, 193); `nmi`, normalised mutual information: shared information over the mean of
/// both entropies, from 0 to 1 (not adjusted: many small segments raise it by chance). Both are null where nobody has both labels.
///
/// # Errors
/// [`Error::NoColumn`](crate::Error::NoColumn),
/// [`Error::WrongType`](crate::Error::WrongType).
///
/// ```
/// use segmenta::prelude::*;
///
/// let labels = df!("ours" => [1, 1, 2, 2], "theirs" => ["x", "x", "y", "x"])?;
/// let agreement = cluster::agreement(&labels, "ours", "theirs")?;
/// assert_eq!(agreement.column("ari")?.f64()?.get(0), Some(0.0));
/// let same = cluster::agreement(&labels, "ours", "ours")?;
/// assert_eq!(same.column("ari")?.f64()?.get(0), Some(1.0));
/// # Ok::<(), Error>(())
/// ```
pub fn agreement(table: &DataFrame, a: &str, b: &str) -> Result<DataFrame> {
    let rows = encode(column::find(table, a)?)?;
    let columns = encode(column::find(table, b)?)?;
    let counts = Contingency::new(&rows, &columns);
    Ok(df!(
        "a" => [a],
        "b" => [b],
        "n" => [counts.n()],
        "left_out" => [table.height() as u64 - counts.n()],
        "ari" => [(counts.n() > 0).then(|| counts.adjusted_rand())],
        "nmi" => [(counts.n() > 0).then(|| counts.mutual_information())],
    )?)
}

/// Which segment of one division is which of another?
///
/// Pairs the labels so that as many customers as possible fall into pairs (Kuhn 1955, the
/// Hungarian method). A row for each label of `a`, under the names of the two columns: the label
/// and its partner in `b` (null where `b` has fewer), `both` (customers with the two labels),
/// `in_a`, `in_b`, and `jaccard`, those with both over those with either. Customers without one of
/// the labels are left out. Whole numbers stay whole numbers.
///
/// # Errors
/// Those of [`agreement`], and [`Error::Parameter`](crate::Error::Parameter) where there are more
/// than 100 labels, or a column has the name of one of the answer's own.
///
/// ```
/// use segmenta::prelude::*;
///
/// let labels = df!("ours" => [1, 1, 2, 2], "theirs" => ["y", "y", "x", "y"])?;
/// let pairs = cluster::match_labels(&labels, "ours", "theirs")?;
/// assert_eq!(pairs.column("theirs")?.str()?.get(0), Some("y"));
/// assert_eq!(pairs.column("jaccard")?.f64()?.get(0), Some(2.0 / 3.0));
/// # Ok::<(), Error>(())
/// ```
pub fn match_labels(table: &DataFrame, a: &str, b: &str) -> Result<DataFrame> {
    for name in [a, b] {
        own_name(name, &["both", "in_a", "in_b", "jaccard"])?;
    }
    let rows = By::from(a).groups(table)?;
    let columns = By::from(b).groups(table)?;
    let counts = Contingency::new(&rows, &columns).grid();
    let partner = matching(&counts);
    let (mut partners, mut both, mut in_b, mut jaccard) = (vec![], vec![], vec![], vec![]);
    let in_a: Vec<u64> = counts.iter().map(|row| row.iter().sum()).collect();
    for (row, partner) in partner.iter().enumerate() {
        let met = partner.map_or(0, |column| counts[row][column]);
        let size = partner.map(|column| counts.iter().map(|row| row[column]).sum::<u64>());
        partners.push(partner.map(|column| columns.labels[column].as_str()));
        both.push(met);
        in_b.push(size);
        let either = size
            .map(|size| in_a[row] + size - met)
            .filter(|either| *either > 0);
        jaccard.push(either.map(|either| met as f64 / either as f64));
    }
    let mut pairs = as_in(
        table,
        a,
        df!(a => rows.labels.iter().map(String::as_str).collect::<Vec<_>>())?,
    )?;
    let mut partners = as_in(table, b, df!(b => partners)?)?;
    if a == b {
        partners.rename(b, format!("{b}_again").into())?;
    }
    pairs.hstack_mut(partners.columns())?;
    let counts = df!("both" => both, "in_a" => in_a, "in_b" => in_b, "jaccard" => jaccard)?;
    Ok(pairs.hstack(counts.columns())?)
}
