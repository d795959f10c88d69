//! The source that a kernel writes for a cell: what it loads and keeps, and what is added to it so
//! that the kernel's launcher can tell how the cell ended.
//!
//! Nothing here adds or takes a line, since the kernel translates the compiler's lines back to
//! those of the cell.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

/// Begins each line that is for the launcher and not for the reader.
pub const MARK: &str = "\\u{2}segmenta ";
/// What the function of a cell is called until it is known which run it serves: long enough for
/// each name that a kernel may ask for.
pub const ANY_RUN: &str = "run_user_code_of_a_cell_that_may_run_many_times";

const FUNCTION: &str = "pub extern \"C\" fn run_user_code_";
const TAKEN: &str = " = evcxr_variable_store.take_variable::<";
const PUT: &str = "evcxr_variable_store.put_variable::<";
pub const CHECKED: &str = "vars_ok &= evcxr_variable_store.check_variable::<";

/// Stands where a variable was loaded that the cell does not read.
pub const NOT_READ: &str = "// not read";

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

    /// The notebook's variables before the cell, for the launcher: their types, and whether mutable.
    pub fn variables(&self) -> Value {
        let before = self
            .before
            .iter()
            .map(|(name, variable)| (name.clone(), json!([variable.type_name, variable.mutable])));
        Value::Object(before.collect())
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

pub fn taken(line: &str) -> Option<(String, Variable)> {
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

pub fn put(line: &str) -> Option<String> {
    let (_, rest) = line.strip_prefix(PUT)?.rsplit_once(">(stringify!(")?;
    let (name, _) = rest.split_once(')')?;
    Some(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::in_order;

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
}
