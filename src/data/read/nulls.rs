//! Words for "nothing here".

/// Never anything else, in whatever column.
pub(crate) fn is_null(text: &str) -> bool {
    matches!(
        text,
        "" | "NA"
            | "N/A"
            | "n/a"
            | "#N/A"
            | "#NV"
            | "NaN"
            | "nan"
            | "NULL"
            | "Null"
            | "null"
            | "None"
            | "<NA>"
            | "\\N"
    )
}

/// Nothing in a column of numbers, dates or flags; in a column of words perhaps a word.
pub(crate) fn may_be_null(text: &str) -> bool {
    const WORDS: [&str; 14] = [
        "-", "--", "–", "?", ".", "na", "n.a.", "none", "nil", "nothing", "empty", "missing",
        "unknown", "k.a.",
    ];
    // A file asks millions of times.
    text.len() <= 7 && WORDS.iter().any(|word| word.eq_ignore_ascii_case(text))
}
