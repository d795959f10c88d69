//! How are names, texts and numbers written in the SQL of Spark, which Sail has too?
//!
//! What stands in a file or in a model goes into a statement through these, so that no sign in it is taken for a part
//! of the statement.

/// How is a name of a table or a column written, whatever signs it has? Between backticks, those in it twice.
///
/// ```
/// assert_eq!(segmenta::table::sql::name("it's `who`"), "`it's ``who```");
/// ```
pub fn name(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// How is a text written, whatever signs it has? Between quotes, with a backslash before those in it.
///
/// ```
/// assert_eq!(segmenta::table::sql::text(r"it's \n"), r"'it\'s \\n'");
/// ```
pub fn text(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// How is a number written, so that the same digits come out? As a double, between brackets where it is below 0; null
/// where it is not finite.
///
/// ```
/// use segmenta::table::sql;
///
/// assert_eq!(sql::number(0.1), "1E-1D");
/// assert_eq!(sql::number(-1234.5), "(-1.2345E3D)");
/// assert_eq!(sql::number(f64::NAN), "cast(null as double)");
/// ```
pub fn number(number: f64) -> String {
    match number {
        number if !number.is_finite() => "cast(null as double)".into(),
        number if number.is_sign_negative() => format!("({number:E}D)"),
        number => format!("{number:E}D"),
    }
}
