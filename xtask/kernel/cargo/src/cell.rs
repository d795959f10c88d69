//! The source that a kernel writes for a cell: what it loads and keeps, and what is added to it so
//! that the kernel's launcher can tell how the cell ended.
//!
//! Nothing here adds or takes a line, since the kernel translates the compiler's lines back to
//! those of the cell.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Begins each line that is for the launcher and not for the reader.
pub const MARK: &str = "\\u{2}segmenta ";
/// What the function of a cell is called until it is known which run it serves: long enough for
/// each name that a kernel may ask for.
pub const ANY_RUN: &str = "run_user_code_of_a_cell_that_may_run_many_times";

const FUNCTION: &str = "pub extern \"C\" fn run_user_code_";
const TAKEN: &str = " = evcxr_variable_store.take_variable::<";
const PUT: &str = "evcxr_variable_store.put_variable::<";
const CHECKED: &str = "vars_ok &= evcxr_variable_store.check_variable::<";

/// Stands where a variable was loaded that the cell does not read.
const NOT_READ: &str = "// not read";

/// A variable of the notebook, as the source of a cell declares it.
#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    pub type_name: String,
    pub mutable: bool,
}

/// One way to compile a cell.
pub struct Source {
    pub text: String,
    /// The variables that it defines anew and does not load: they stay as they are should it fail.
    pub unread: Vec<String>,
    /// Whether it may fail to compile although the cell is right.
    pub tentative: bool,
}

/// The source of a cell that is to be run.
pub struct Cell {
    lines: Vec<String>,
    function: usize,
    /// What the kernel calls the function of this run.
    pub run_name: String,
    /// The notebook's variables before the cell.
    pub before: BTreeMap<String, Variable>,
    /// Their names after it, where it does not fail.
    pub after: Vec<String>,
    /// Those that the cell defines anew.
    redefined: Vec<String>,
}

impl Cell {
    /// Reads a source; None where it is not that of a cell to run (an analysis, say).
    pub fn read(source: &str) -> Option<Self> {
        let lines: Vec<String> = source.lines().map(str::to_owned).collect();
        let function = lines.iter().rposition(|line| line.starts_with(FUNCTION))?;
        let run_name = lines[function]
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .find(|word| word.starts_with("run_user_code_"))?
            .to_owned();
        let body = &lines[function..];
        let before: BTreeMap<String, Variable> = body.iter().filter_map(|l| taken(l)).collect();
        let end_of_catch = body.iter().rposition(|line| line == "  Err(_) => {");
        let mut after = Vec::new();
        let mut redefined = Vec::new();
        for (number, line) in body.iter().enumerate() {
            let Some(name) = put(line) else { continue };
            if end_of_catch.is_some_and(|end| number < end) && before.contains_key(&name) {
                redefined.push(name.clone());
            }
            after.push(name);
        }
        after.sort();
        Some(Self {
            lines,
            function,
            run_name,
            before,
            after,
            redefined,
        })
    }

    /// The sources to try, one after the other, until one compiles.
    ///
    /// The kernel loads and keeps all variables of the notebook in each cell. Those that the cell does
    /// not speak of are left where they are: so a cell is compiled the same whatever else there is. A
    /// variable that it defines anew must keep its old value should the cell fail. Where the cell does
    /// not read that value it is not loaded either; else it is put back in the end, which does not
    /// compile where the cell has used it up.
    pub fn sources(&self) -> Vec<Source> {
        let (unread, read): (Vec<&String>, Vec<&String>) = self
            .redefined
            .iter()
            .partition(|name| self.does_not_read(name));
        let silent: Vec<&String> = self
            .before
            .keys()
            .filter(|name| !self.redefined.contains(name) && self.after.contains(name))
            .filter(|name| !self.speaks_of(name))
            .collect();
        let mut sources = Vec::new();
        if !unread.is_empty() || !silent.is_empty() {
            sources.push(self.marked(&unread, &silent, &read));
        }
        if !self.redefined.is_empty() {
            sources.push(self.marked(&[], &[], &self.redefined.iter().collect::<Vec<_>>()));
        }
        sources.push(self.marked(&[], &[], &[]));
        sources
    }

    /// Whether the learner's part has the name of a variable anywhere, be it in a text.
    fn speaks_of(&self, name: &str) -> bool {
        let body = &self.lines[self.function..];
        body.iter()
            .filter(|line| loaded(line).is_none() && put(line).is_none())
            .any(|line| places(line, name).next().is_some())
    }

    /// Whether the cell defines a variable before it says its name elsewhere. It may be wrong (in a
    /// block, say); then the source does not compile, and the next one is tried.
    fn does_not_read(&self, name: &str) -> bool {
        let body = &self.lines[self.function..];
        let start = body.iter().rposition(|line| taken(line).is_some());
        let text = body[start.map_or(0, |start| start + 1)..].join("\n");
        let mut places = places(&text, name);
        let Some(first) = places.next() else {
            return false;
        };
        let before = text[..first].trim_end();
        let declares = before.ends_with("let") || before.ends_with("let mut");
        let end = text[first..]
            .find(';')
            .map_or(text.len(), |end| first + end);
        declares && places.next().is_none_or(|next| next > end)
    }

    /// The source with marks: where an error's text begins and ends, whether the cell failed, and
    /// where its output ends.
    fn marked(&self, unread: &[&String], silent: &[&String], put_back: &[&String]) -> Source {
        let mut lines = self.lines.clone();
        for (number, line) in lines.iter_mut().enumerate() {
            let text = line.trim();
            if let Some(format) = text
                .strip_prefix("eprintln!(\"{")
                .and_then(|rest| rest.strip_suffix("}\", error);"))
                && number < self.function
            {
                *line = format!("eprintln!(\"{MARK}error\\n{{{format}}}\\n{MARK}told\", error);");
            } else if text
                == "variables: std::collections::HashMap<String, Box<dyn std::any::Any + 'static>>,"
            {
                *line = format!("pub {text}");
            } else if text == "println!(\"EVCXR_PANIC_NOTIFICATION\");" && number > self.function {
                *line = format!("{text} eprintln!(\"{MARK}panic\");");
            } else if number > self.function {
                let is_not_loaded = loaded(text)
                    .is_some_and(|name| unread.contains(&&name) || silent.contains(&&name));
                let is_not_kept = put(text).is_some_and(|name| silent.contains(&&name));
                if is_not_loaded || is_not_kept {
                    *line = NOT_READ.to_owned();
                }
            }
        }
        // The kernel reads whole lines: one is begun after each `print!`, and the mark takes it away
        // again. (An attribute of the whole crate may not come after it.)
        if lines[0].starts_with("#![allow(")
            && !lines.iter().skip(1).any(|line| line.starts_with("#!["))
        {
            let _ = write!(
                lines[0],
                " #[allow(unused_macros)] macro_rules! print {{ ($($t:tt)*) => {{{{ ::std::print!($($t)*); \
                 ::std::println!(\"{MARK}more\"); }}}} }}"
            );
        }
        let returned = lines
            .iter()
            .rposition(|line| line == "evcxr_variable_store");
        if let Some(last) = returned.filter(|last| *last > self.function) {
            let mut ending = String::new();
            for name in put_back {
                let type_name = &self.before[*name].type_name;
                let _ = write!(
                    ending,
                    "if !evcxr_variable_store.variables.contains_key(\"{name}\") \
                     {{ evcxr_variable_store.put_variable::<{type_name}>(\"{name}\", {name}); \
                     eprintln!(\"{MARK}kept {name}\"); }} "
                );
            }
            let _ = write!(
                ending,
                "println!(\"{MARK}end\"); eprintln!(\"{MARK}end\"); evcxr_variable_store"
            );
            lines[last] = ending;
        }
        let mut text = lines.join("\n");
        text.push('\n');
        Source {
            text,
            unread: unread.iter().map(|name| (*name).clone()).collect(),
            tentative: !put_back.is_empty(),
        }
    }

    /// `source` (this cell's, marked) with the function's name for any run.
    pub fn for_any_run(&self, source: &str) -> String {
        source.replacen(
            &format!("{FUNCTION}{}(", &self.run_name["run_user_code_".len()..]),
            &format!("pub extern \"C\" fn {ANY_RUN}("),
            1,
        )
    }
}

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

fn taken(line: &str) -> Option<(String, Variable)> {
    let (declared, rest) = line.strip_prefix("let ")?.split_once(TAKEN)?;
    let (type_name, _) = rest.rsplit_once(">(stringify!(")?;
    let name = declared.strip_prefix("mut ");
    Some((
        name.unwrap_or(declared).to_owned(),
        Variable {
            type_name: type_name.to_owned(),
            mutable: name.is_some(),
        },
    ))
}

/// Where a name stands in a text as a word of its own.
fn places<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = usize> + 'a {
    let is_part = |sign: char| sign.is_alphanumeric() || sign == '_';
    text.match_indices(name)
        .map(|(at, _)| at)
        .filter(move |at| {
            !text[..*at].ends_with(is_part) && !text[at + name.len()..].starts_with(is_part)
        })
}

/// The variable that a line checks or takes out of the notebook's.
fn loaded(line: &str) -> Option<String> {
    if let Some((name, _)) = taken(line) {
        return Some(name);
    }
    let (_, rest) = line.strip_prefix(CHECKED)?.rsplit_once(">(stringify!(")?;
    Some(rest.split_once(')')?.0.to_owned())
}

fn put(line: &str) -> Option<String> {
    let (_, rest) = line.strip_prefix(PUT)?.rsplit_once(">(stringify!(")?;
    let (name, _) = rest.split_once(')')?;
    Some(name.to_owned())
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

    const SOURCE: &str = r##"#![allow(unused_imports, unused_mut, dead_code)]
use polars::prelude::*;
fn half(x: f64) -> f64 { let s = "}"; let c = '{'; x / 2.0 }

            struct EvcxrUserCodeError {}
            impl<T: std::fmt::Display> From<T> for EvcxrUserCodeError {
                fn from(error: T) -> Self {
                    eprintln!("{}", error);
                    println!("{}", evcxr_internal_runtime::USER_ERROR_OCCURRED);
                    EvcxrUserCodeError {}
                }
            }
mod evcxr_internal_runtime {
pub struct VariableStore {
    variables: std::collections::HashMap<String, Box<dyn std::any::Any + 'static>>,
}
}
#[unsafe(no_mangle)]
pub extern "C" fn run_user_code_3(
mut evcxr_variable_store: *mut evcxr_internal_runtime::VariableStore)
  -> *mut evcxr_internal_runtime::VariableStore {
let evcxr_variable_store = unsafe {&mut *evcxr_variable_store};
let a = evcxr_variable_store.take_variable::<i32>(stringify!(a));
let mut b = evcxr_variable_store.take_variable::<Vec<String>>(stringify!(b));
match std::panic::catch_unwind(
  std::panic::AssertUnwindSafe(||{
let _ = (|| -> std::result::Result<(), EvcxrUserCodeError> {
let a = "x".parse::<i32>()?;
evcxr_variable_store.put_variable::<i32>(stringify!(a), a);
Ok(())})();
})) { 
  Ok(_) => {}
  Err(_) => {
    println!("EVCXR_PANIC_NOTIFICATION");
}}
evcxr_variable_store.put_variable::<Vec<String>>(stringify!(b), b);
evcxr_variable_store
}
"##;

    #[test]
    fn a_cell_says_what_it_loads_and_what_it_defines_anew() {
        let cell = Cell::read(SOURCE).unwrap();
        assert_eq!(cell.run_name, "run_user_code_3");
        let b = Variable {
            type_name: "Vec<String>".into(),
            mutable: true,
        };
        assert_eq!(cell.before["b"], b);
        assert_eq!(cell.after, ["a", "b"]);
        assert_eq!(cell.redefined, ["a"]);
        assert!(Cell::read("fn evcxr_analysis_wrapper() {}").is_none());
    }

    #[test]
    fn marks_leave_each_line_where_it_was() {
        let cell = Cell::read(SOURCE).unwrap();
        let sources = cell.sources();
        assert_eq!(sources.len(), 3);
        for source in &sources {
            assert_eq!(source.text.lines().count(), SOURCE.lines().count());
            for mark in ["error", "told", "panic", "end"] {
                assert!(source.text.contains(&format!("{MARK}{mark}")), "{mark}");
            }
        }
        let changed: Vec<&str> = sources[2]
            .text
            .lines()
            .zip(SOURCE.lines())
            .filter(|(new, old)| new != old)
            .map(|(_, old)| old.trim())
            .collect();
        assert_eq!(changed.len(), 5, "{changed:?}");
        assert!(cell.for_any_run(&sources[0].text).contains(ANY_RUN));
    }

    #[test]
    fn an_old_value_is_left_alone_or_put_back() {
        let cell = Cell::read(SOURCE).unwrap();
        let sources = cell.sources();
        assert_eq!(sources[0].unread, ["a"]);
        assert!(!sources[0].text.contains("let a = evcxr_variable_store"));
        assert!(sources[1].text.contains(&format!("{MARK}kept a")));
        assert!(!sources[2].text.contains("kept a"));
        let reads = SOURCE.replace("\"x\".parse::<i32>()?", "a + 1");
        let sources = Cell::read(&reads).unwrap().sources();
        assert!(sources[0].unread.is_empty());
        assert!(sources[0].text.contains("kept a"));
    }

    #[test]
    fn variables_that_a_cell_does_not_speak_of_stay_where_they_are() {
        let sources = Cell::read(SOURCE).unwrap().sources();
        assert!(!sources[0].text.contains("stringify!(b)"));
        let speaks = SOURCE.replace("let a = \"x\"", "println!(\"{b:?}\"); let a = \"x\"");
        let sources = Cell::read(&speaks).unwrap().sources();
        assert_eq!(sources[0].text.matches("stringify!(b)").count(), 2);
    }

    /// What a cell is compiled to serves it again, although the kernel then knows its variables.
    #[test]
    fn a_cell_that_is_run_again_has_the_source_of_its_first_run() {
        let checked = "vars_ok &= evcxr_variable_store.check_variable::<i32>(stringify!(a));\n";
        let again = SOURCE.replace(
            "let evcxr_variable_store =",
            &format!("{checked}let evcxr_variable_store ="),
        );
        let first = again.replace(checked, "").replace(
            "let a = evcxr_variable_store.take_variable::<i32>(stringify!(a));\n",
            "",
        );
        let source = |text: &str| in_order(&Cell::read(text).unwrap().sources()[0].text);
        assert_eq!(source(&first), source(&again));
    }

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
