//! Statements from the files of SQL that lie here.

/// The statements of one part of a file, each without its end, with what stands between braces replaced.
pub fn part(file: &str, wanted: &str, values: &[(&str, String)]) -> Vec<String> {
    let own = file
        .split("\n--- ")
        .skip(1)
        .find_map(|own| own.strip_prefix(wanted)?.strip_prefix('\n'));
    statements(own.unwrap_or_default(), values)
}

fn statements(file: &str, values: &[(&str, String)]) -> Vec<String> {
    let own = file.split(";\n").map(|own| {
        let lines = own.lines().filter(|line| !line.starts_with("--"));
        lines.collect::<Vec<_>>().join("\n")
    });
    own.filter(|own| !own.trim().is_empty())
        .map(|own| filled(&own, values))
        .collect()
}

/// Replaces each `{name}` once: what is put in is not looked at again.
fn filled(statement: &str, values: &[(&str, String)]) -> String {
    let mut out = String::new();
    let mut rest = statement;
    while let Some(begin) = rest.find('{') {
        let (before, after) = rest.split_at(begin);
        out += before;
        let found = values.iter().find_map(|(name, value)| {
            let end = after.strip_prefix('{')?.strip_prefix(name)?;
            Some((value, end.strip_prefix('}')?))
        });
        match found {
            Some((value, end)) => {
                out += value;
                rest = end;
            }
            None => {
                out.push('{');
                rest = &after[1..];
            }
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_in_is_not_replaced_again() {
        let values = [("a", "`{b}`".to_owned()), ("b", "x".to_owned())];
        let statements = statements(
            "-- a comment; with\nselect {a}, {b};\nselect '{c}'\n",
            &values,
        );
        assert_eq!(statements, ["select `{b}`, x", "select '{c}'\n".trim_end()]);
    }
}
