//! Words for "nothing here".

/// Which words say that there is nothing, in whatever column?
pub const NOTHING: [&str; 14] = [
    "", "NA", "N/A", "n/a", "#N/A", "#NV", "NaN", "nan", "NULL", "Null", "null", "None", "<NA>",
    "\\N",
];

/// Never anything else, in whatever column.
pub(crate) fn is_null(text: &str) -> bool {
    // A file asks millions of times.
    text.len() <= 4 && NOTHING.contains(&text)
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
