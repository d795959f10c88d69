//! One text for all sources that say the same: a kernel lists items and variables in any order.

use crate::cell::{CHECKED, NOT_READ, put, taken};

/// A text that is the same for two sources that differ only in the order of items, of variables
/// that are loaded and of those that are kept: a kernel writes these in any order.
pub fn in_order(source: &str) -> String {
    let lines: Vec<&str> = source.lines().collect();
    let Some(function) = lines
        .iter()
        .rposition(|line| line.starts_with("pub extern \"C\" fn "))
    else {
        return source.to_owned();
    };
    let (head, body) = lines.split_at(function);
    // The first line is ours and the kernel's.
    let (first, head) = head.split_at(1.min(head.len()));
    let head = head.join("\n");
    // A macro counts from where it stands.
    let mut text = first.join("\n");
    if head.contains("macro_rules!") {
        text.push_str(&head);
    } else {
        let mut items = items(&head);
        items.sort_unstable();
        for item in items {
            // No item holds this sign, so none can look like two.
            text.push('\u{1e}');
            text.push_str(item);
        }
    }
    let body: Vec<&str> = body
        .iter()
        .copied()
        .filter(|line| *line != NOT_READ)
        .collect();
    let mut number = 0;
    while number < body.len() {
        let kind = kind(body[number]);
        let same = body[number..]
            .iter()
            .take_while(|line| kind.is_some() && self::kind(line) == kind)
            .count()
            .max(1);
        let mut run = body[number..number + same].to_vec();
        run.sort_unstable();
        for line in run {
            text.push('\n');
            text.push_str(line);
        }
        number += same;
    }
    text
}

/// The generated lines whose order means nothing, by what they do.
fn kind(line: &str) -> Option<u8> {
    if line.starts_with(CHECKED) {
        Some(0)
    } else if taken(line).is_some() {
        Some(1)
    } else if put(line).is_some() {
        Some(2)
    } else {
        None
    }
}

/// The items of a piece of source, each with what belongs to it.
fn items(source: &str) -> Vec<&str> {
    let bytes = source.as_bytes();
    let (mut items, mut start, mut depth, mut at) = (Vec::new(), 0, 0_i32, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'/' if source[at..].starts_with("//") => {
                at += source[at..].find('\n').unwrap_or(source.len() - at);
                continue;
            }
            b'/' if source[at..].starts_with("/*") => {
                at = after_comment(source, at);
                continue;
            }
            b'"' => {
                at = after_string(source, at);
                continue;
            }
            b'\'' => {
                at = after_quote(source, at);
                continue;
            }
            b'{' | b'(' | b'[' => depth += 1,
            b'}' | b')' | b']' => depth -= 1,
            _ => {}
        }
        let ends = depth == 0
            && match bytes[at] {
                b';' => true,
                // That of `use a::{b, c};` is not yet the end.
                b'}' => !source[at + 1..].trim_start().starts_with(';'),
                _ => false,
            };
        at += 1;
        if ends {
            items.push(source[start..at].trim());
            start = at;
        }
    }
    items.push(source[start..].trim());
    items
}

fn after_comment(source: &str, start: usize) -> usize {
    let (mut depth, mut at) = (0, start);
    while at < source.len() {
        if source[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if source[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                break;
            }
        } else {
            at += source[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    at
}

/// Behind a string that begins at a quote; `r##` before it makes it a raw one.
fn after_string(source: &str, start: usize) -> usize {
    let before = &source[..start];
    let signs = before.len() - before.trim_end_matches('#').len();
    let raw = before[..before.len() - signs].ends_with('r');
    let rest = &source[start + 1..];
    if raw {
        let end = format!("\"{}", "#".repeat(signs));
        return rest
            .find(&end)
            .map_or(source.len(), |found| start + 1 + found + end.len());
    }
    let mut escaped = false;
    for (at, sign) in rest.char_indices() {
        match sign {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return start + 1 + at + 1,
            _ => {}
        }
    }
    source.len()
}

/// Behind a character, or behind the sign that begins a lifetime's name.
fn after_quote(source: &str, start: usize) -> usize {
    let rest = &source[start + 1..];
    let mut signs = rest.char_indices();
    match signs.next() {
        Some((_, '\\')) => {
            signs.next();
            signs
                .find(|(_, sign)| *sign == '\'')
                .map_or(source.len(), |(at, _)| start + 1 + at + 1)
        }
        Some((_, first)) => match signs.next() {
            Some((at, '\'')) if first != '\'' => start + 1 + at + 1,
            _ => start + 1,
        },
        None => source.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_in_which_a_kernel_lists_items_and_variables_means_nothing() {
        let first = "#![allow()]\nuse a::b;\nfn f() { g(\"}\"); }\nfn g(_: &str) {}\n\
                     pub extern \"C\" fn run(\n\
                     let a = evcxr_variable_store.take_variable::<i32>(stringify!(a));\n\
                     let b = evcxr_variable_store.take_variable::<i32>(stringify!(b));\na + b\n";
        let second = "#![allow()]\nfn g(_: &str) {}\nuse a::b;\nfn f() { g(\"}\"); }\n\
                      pub extern \"C\" fn run(\n\
                      let b = evcxr_variable_store.take_variable::<i32>(stringify!(b));\n\
                      let a = evcxr_variable_store.take_variable::<i32>(stringify!(a));\na + b\n";
        assert_eq!(in_order(first), in_order(second));
    }

    #[test]
    fn the_order_of_a_learners_lines_means_something() {
        let cell = |lines: &str| {
            in_order(&format!(
                "#![allow()]\nfn f() {{ {lines} }}\npub extern \"C\" fn run(\n{lines}\n"
            ))
        };
        assert_ne!(cell("a();\nb();"), cell("b();\na();"));
        assert_ne!(
            in_order("\nfn f() {a} fn g() {b}\npub extern \"C\" fn r("),
            in_order("\nfn f() {b} fn g() {a}\npub extern \"C\" fn r(")
        );
        let macros = "macro_rules! m { () => {1} }\n";
        assert_ne!(
            in_order(&format!("\n{macros}fn f() {{}}\npub extern \"C\" fn r(")),
            in_order(&format!("\nfn f() {{}}\n{macros}pub extern \"C\" fn r("))
        );
    }

    #[test]
    fn items_end_where_their_last_brace_does() {
        let source = "fn a<'x>(s: &'x str) -> char { '}' }\nstruct B { c: u8 }\n\
                      const D: &str = r#\"a \" } ;\"#;\nuse e::{f, g};\n/* } ; */ fn h() {} // ;\n";
        let expected = [
            "fn a<'x>(s: &'x str) -> char { '}' }",
            "struct B { c: u8 }",
            "const D: &str = r#\"a \" } ;\"#;",
            "use e::{f, g};",
            "/* } ; */ fn h() {}",
            "// ;",
        ];
        assert_eq!(items(source), expected);
    }
}
