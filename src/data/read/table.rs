//! From texts to a table: what each column holds, its values, and what did not fit.

use std::path::Path;

use polars::prelude::*;
use rayon::prelude::*;

use super::dates::Dates;
use super::decide::{self, Guess, Look, Told};
use super::names::Names;
use super::numbers;
use super::plan::PlanColumn;
use super::texts::{Cells, Texts};
use super::{Decimal, Kind, Plan, Read, Reader, header, totals};
use crate::error::Question;
use crate::{Error, Problem, Result};

/// How many problems an error lists.
const LISTED: usize = 10;

/// How a column becomes values.
enum Way {
    Words,
    Flag,
    Number {
        sign: Option<Decimal>,
        percent: bool,
    },
    Days(Dates, Kind),
}

/// What became of one column.
struct Done {
    values: Column,
    kind: Kind,
    why: String,
    plan: PlanColumn,
    /// Row, value and what was expected.
    problems: Vec<(usize, String, String)>,
    nulls: usize,
    null_words: String,
    examples: String,
}

pub(super) fn table(
    reader: &Reader,
    file: &Path,
    mut texts: Texts,
    no_texts: Vec<(String, String)>,
) -> Result<Read> {
    let filled = texts.filled();
    let mut keep = filled.clone();
    if reader.totals == Some(true)
        && let Some(last) = keep.iter().rposition(|keep| *keep)
    {
        keep[last] = false;
    }
    let blank = filled.iter().filter(|filled| !**filled).count();
    let aside = keep.iter().filter(|keep| !**keep).count();
    if aside > 0 {
        texts.retain(&keep);
    }
    let texts = texts;
    if texts.lines.is_empty() && texts.problems.is_empty() {
        return Err(Error::NotATable {
            file: file.to_owned(),
            found: "there is a header and no row".into(),
            expected: "one customer a row".into(),
        });
    }
    let said_header = reader.header.is_some() || reader.names.is_some();
    let (mut asked, nothing) = header::check(&texts.columns, said_header);
    let names = Names::new(reader, file, &texts.columns)?;
    let left_out = |place: usize| {
        let nothing = nothing
            .iter()
            .find(|(at, _)| *at == place)
            .map(|(_, why)| *why);
        names.left_out(place).or(nothing)
    };
    let columns: Vec<(usize, &Cells)> = texts
        .columns
        .iter()
        .enumerate()
        .filter(|(place, _)| left_out(*place).is_none())
        .collect();
    let told: Vec<Told<'_>> = columns
        .iter()
        .map(|(_, cells)| reader.told(cells))
        .collect();
    let looks: Vec<(Look<'_>, (Guess, String))> = columns
        .par_iter()
        .zip(&told)
        .map(|((_, cells), told)| {
            let look = Look::at(cells, told);
            let guess = decide::guess(cells, &look, told);
            (look, guess)
        })
        .collect();

    let signs = signs(&looks);
    let mut open: Vec<(usize, Question)> = Vec::new();
    let mut ways = Vec::with_capacity(columns.len());
    for (at, ((_, cells), (look, (guess, why)))) in columns.iter().zip(&looks).enumerate() {
        let ask = |kind: Kind, found: &str, answer: String| Question {
            column: Some(cells.header.clone()),
            kind: Some(kind),
            found: found.to_owned(),
            answer,
        };
        let mut why = why.clone();
        let way = match guess {
            Guess::Empty => Way::Words,
            Guess::Flag => Way::Flag,
            Guess::Words => Way::Words,
            Guess::Open(question) => {
                open.push((at, question.clone()));
                Way::Words
            }
            Guess::Number { sign, percent } => {
                let own = sign.clone();
                let sign = match (reader.decimal, own) {
                    (Some(said), _) => Ok(Some(said)),
                    (None, Err(found)) => match signs {
                        Some(sign) if !look.is_mixed() => {
                            why += "; its sign is that of the other columns";
                            Ok(Some(sign))
                        }
                        _ => Err(found),
                    },
                    (None, Ok(sign)) => Ok(sign),
                };
                match sign {
                    Ok(sign) => {
                        if let Some(sign) = sign {
                            why += &format!("; decimal {sign}");
                        }
                        Way::Number {
                            sign,
                            percent: *percent,
                        }
                    }
                    Err(found) => {
                        let answer = ".decimal(Decimal::Point) or .decimal(Decimal::Comma)";
                        open.push((at, ask(Kind::Decimal, &found, answer.into())));
                        why = format!("open: {found}");
                        Way::Words
                    }
                }
            }
            Guess::Date => match decide::dates_of(cells, look, &told[at]) {
                Ok(days) => {
                    why += &format!(": {}", days.why);
                    Way::Days(days.dates, days.kind)
                }
                Err(found) => {
                    let answer = format!(
                        ".dates({:?}, DateFormat::DayFirst) or MonthFirst",
                        cells.header
                    );
                    open.push((at, ask(Kind::Date, &found, answer)));
                    why = format!("open: {found}");
                    Way::Words
                }
            },
        };
        ways.push((way, why));
    }

    let done: Vec<Done> = columns
        .par_iter()
        .zip(&looks)
        .zip(ways)
        .zip(&told)
        .map(|((((place, cells), (look, _)), (way, why)), told)| {
            let mut done = values(cells, look, way, why, told)?;
            done.values.rename(names.in_table(*place).into());
            Ok(done)
        })
        .collect::<Result<_>>()?;

    if reader.totals.is_none() {
        let numbers: Vec<Vec<Option<f64>>> = done
            .iter()
            .filter(|done| matches!(done.kind, Kind::Whole | Kind::Decimal))
            .map(|done| {
                Ok(done
                    .values
                    .cast(&DataType::Float64)?
                    .f64()?
                    .iter()
                    .collect())
            })
            .collect::<Result<_>>()?;
        if let Some(found) = totals::look_like(&texts.columns, &numbers) {
            asked.push(Question {
                column: None,
                kind: None,
                found,
                answer: ".totals(true) to leave it out, .totals(false) if it is a customer".into(),
            });
        }
    }
    let needed = |at: usize| names.needed(&names.in_table(columns[at].0));
    let mut questions = Vec::new();
    for (at, question) in open {
        match needed(at) && !reader.open_as_text {
            true => asked.push(question),
            false => questions.push(question),
        }
    }
    if !asked.is_empty() {
        return Err(Error::Undecided {
            file: file.to_owned(),
            questions: asked,
        });
    }

    let mut problems: Vec<(Problem, bool)> = Vec::new();
    for problem in &texts.problems {
        let place = texts
            .columns
            .iter()
            .position(|cells| Some(&cells.header) == problem.column.as_ref());
        let decides = match place {
            Some(place) => left_out(place).is_none() && names.needed(&names.in_table(place)),
            None => true,
        };
        problems.push((problem.clone(), decides));
    }
    for (at, done) in done.iter().enumerate() {
        for (row, value, expected) in &done.problems {
            let problem = Problem {
                row: texts.lines[*row],
                column: Some(columns[at].1.header.clone()),
                value: value.clone(),
                expected: expected.clone(),
            };
            problems.push((problem, needed(at)));
        }
    }
    problems.sort_by_key(|(problem, _)| problem.row);
    let deciding: Vec<&Problem> = problems
        .iter()
        .filter(|(_, decides)| *decides)
        .map(|(problem, _)| problem)
        .collect();
    if !reader.reject && !deciding.is_empty() {
        return Err(Error::BadValues {
            file: file.to_owned(),
            total: deciding.len(),
            problems: deciding.into_iter().take(LISTED).cloned().collect(),
        });
    }
    let bad: Vec<usize> = deciding.iter().map(|problem| problem.row).collect();
    let is_kept = |line: &usize| bad.binary_search(line).is_err();
    let kept: Vec<u64> = texts
        .lines
        .iter()
        .filter(|line| is_kept(line))
        .map(|line| *line as u64)
        .collect();
    if kept.is_empty() {
        return Err(Error::NotATable {
            file: file.to_owned(),
            found: format!(
                "no row fits; the first has {}",
                deciding
                    .first()
                    .map(|problem| problem.to_string())
                    .unwrap_or_default()
            ),
            expected: "one customer a row".into(),
        });
    }
    let mask: BooleanChunked = texts.lines.iter().map(|line| Some(is_kept(line))).collect();
    let values = done.iter().map(|done| done.values.clone()).collect();
    let table = DataFrame::new(texts.lines.len(), values)?;
    let table = if bad.is_empty() {
        table
    } else {
        table.filter(&mask)?
    };

    let mut about: Vec<(String, Option<String>, Option<&Done>, String)> = Vec::new();
    let mut each = done.iter();
    let mut plan = Vec::new();
    for (place, cells) in texts.columns.iter().enumerate() {
        match left_out(place) {
            Some(why) => {
                about.push((cells.header.clone(), None, None, why.to_owned()));
                plan.push(PlanColumn {
                    left_out: true,
                    ..PlanColumn::named(&cells.header)
                });
            }
            None => {
                let Some(done) = each.next() else { continue };
                let name = names.in_table(place);
                about.push((
                    cells.header.clone(),
                    Some(name.clone()),
                    Some(done),
                    done.why.clone(),
                ));
                plan.push(PlanColumn {
                    name: (name != cells.header).then_some(name),
                    ..done.plan.clone()
                });
            }
        }
    }
    for (name, kind) in no_texts {
        about.push((name, None, None, format!("left out: it holds {kind}")));
    }
    let done = |what: &dyn Fn(&Done) -> String| -> Vec<Option<String>> {
        about.iter().map(|(_, _, done, _)| done.map(what)).collect()
    };
    let columns = df!(
        "in_file" => about.iter().map(|row| row.0.as_str()).collect::<Vec<_>>(),
        "in_table" => about.iter().map(|row| row.1.as_deref()).collect::<Vec<_>>(),
        "kind" => done(&|done| done.kind.to_string()),
        "why" => about.iter().map(|row| row.3.as_str()).collect::<Vec<_>>(),
        "examples" => done(&|done| done.examples.clone()),
        "nulls" => about.iter().map(|row| row.2.map(|done| done.nulls as u64)).collect::<Vec<_>>(),
        "null_words" => done(&|done| done.null_words.clone()),
    )?;
    let of = || problems.iter().map(|(problem, _)| problem);
    let rejects = df!(
        "row" => of().map(|p| p.row as u64).collect::<Vec<_>>(),
        "column" => of().map(|p| p.column.as_deref()).collect::<Vec<_>>(),
        "value" => of().map(|p| p.value.as_str()).collect::<Vec<_>>(),
        "expected" => of().map(|p| p.expected.as_str()).collect::<Vec<_>>(),
        "left_out" => problems.iter().map(|(_, row)| if *row { "row" } else { "value" }).collect::<Vec<_>>(),
    )?;
    let rows_read = texts.rows_read - aside;
    let glance = df!(
        "file" => [file.display().to_string()],
        "format" => [texts.about.format.as_str()],
        "separator" => [texts.about.separator.map(|separator| match separator {
            '\t' => "tab".to_owned(),
            other => other.to_string(),
        })],
        "encoding" => [texts.about.encoding.as_deref()],
        "sheet" => [texts.about.sheet.as_deref()],
        "rows_read" => [rows_read as u64],
        "blank_rows" => [blank as u64],
        "rows_rejected" => [(rows_read - kept.len()) as u64],
        "rows_kept" => [kept.len() as u64],
    )?;
    Ok(Read {
        table,
        columns,
        rejects,
        glance,
        questions,
        lines: kept,
        plan: Plan {
            separator: reader.separator.or(reader.plan.separator),
            encoding: reader
                .encoding
                .clone()
                .or_else(|| reader.plan.encoding.clone()),
            sheet: reader.sheet.clone().or_else(|| reader.plan.sheet.clone()),
            header: reader.header.or(reader.plan.header),
            columns: plan,
        },
    })
}

/// The decimal sign of the file, where its columns show one and do not contradict each other.
fn signs(looks: &[(Look<'_>, (Guess, String))]) -> Option<Decimal> {
    let mut shown = looks.iter().filter_map(|(_, (guess, _))| match guess {
        Guess::Number { sign: Ok(sign), .. } => *sign,
        _ => None,
    });
    let first = shown.next()?;
    shown.all(|sign| sign == first).then_some(first)
}

/// The values of a column, and what was decided about it.
fn values(cells: &Cells, look: &Look<'_>, way: Way, why: String, told: &Told<'_>) -> Result<Done> {
    let mut problems = Vec::new();
    let typed = !matches!(way, Way::Words);
    let is_gap = |text: &str| look.is_gap(text, typed);
    let mut nulls = 0;
    let mut plan = PlanColumn::named(&cells.header);
    let name = PlSmallStr::from(cells.header.as_str());
    // One pass for each kind of value.
    macro_rules! parsed {
        ($parse:expr, $expected:expr) => {{
            let parse = $parse;
            let expected: String = $expected;
            let mut values = Vec::with_capacity(cells.len());
            for (row, text) in cells.all().enumerate() {
                if is_gap(text) {
                    nulls += 1;
                    values.push(None);
                    continue;
                }
                let value = parse(text);
                if value.is_none() {
                    problems.push((row, text.to_owned(), expected.clone()));
                }
                values.push(value);
            }
            values
        }};
    }
    let mut why = why;
    let (values, kind) = match way {
        Way::Words => {
            let value = |text| (!is_gap(text)).then_some(text);
            let values: Vec<Option<&str>> = cells.all().map(value).collect();
            nulls = values.iter().filter(|value| value.is_none()).count();
            let asked = told.kind.or(told.plan.and_then(|plan| plan.kind));
            let (kind, says) = match nulls == values.len() {
                true => (Kind::Empty, String::new()),
                false => decide::words(values.iter().copied()),
            };
            let kind = asked.unwrap_or(kind);
            if why.is_empty() {
                why = says;
            }
            if !look.perhaps.is_empty() && kind != Kind::Empty {
                let words: Vec<String> = look
                    .perhaps
                    .iter()
                    .map(|(word, n)| format!("{word:?} ({n})"))
                    .collect();
                why += &format!("; {} stays a word", words.join(", "));
            }
            (Column::new(name, values), kind)
        }
        Way::Flag => {
            let values = parsed!(super::flag, "yes or no".to_owned());
            (Column::new(name, values), Kind::Flag)
        }
        Way::Number { sign, percent } => {
            plan.decimal = sign;
            plan.percent = percent;
            let decimal = sign.unwrap_or(Decimal::Point);
            let mut shown = cells.all().filter(|text| !is_gap(text));
            let asked = told.kind.or(told.plan.and_then(|plan| plan.kind));
            let whole = match asked {
                Some(kind) => kind == Kind::Whole,
                None => !percent && shown.all(|text| numbers::is_written_whole(text, decimal)),
            };
            let with = sign
                .map(|sign| format!(" with a decimal {sign}"))
                .unwrap_or_default();
            if whole {
                let values = parsed!(
                    |text| numbers::whole(text, decimal),
                    "a whole number".to_owned()
                );
                (Column::new(name, values), Kind::Whole)
            } else if percent {
                let values = parsed!(
                    |text| decimal.parse_percent(text),
                    format!("a percentage{with}")
                );
                (Column::new(name, values), Kind::Decimal)
            } else {
                let values = parsed!(|text| decimal.parse(text), format!("a number{with}"));
                (Column::new(name, values), Kind::Decimal)
            }
        }
        Way::Days(dates, kind) => {
            plan.dates = dates.patterns();
            let expected = format!("a date written {dates}");
            let column = match kind {
                Kind::Time => {
                    let values: Vec<Option<i64>> = parsed!(|text| dates.parse_time(text), expected);
                    Column::new(name, values)
                        .cast(&DataType::Datetime(TimeUnit::Milliseconds, None))?
                }
                _ => Column::new(name, parsed!(|text| dates.parse(text), expected))
                    .cast(&DataType::Date)?,
            };
            (column, kind)
        }
    };
    plan.kind = (kind != Kind::Empty).then_some(kind);
    let taken = look.perhaps.iter().filter(|_| typed);
    let words = look.nulls.iter().chain(taken).map(|(word, n)| match *word {
        "" => format!("empty cell ({n})"),
        word => format!("{word:?} ({n})"),
    });
    plan.nulls = told
        .nulls
        .iter()
        .chain(told.plan.iter().flat_map(|plan| &plan.nulls))
        .cloned()
        .collect();
    plan.nulls.dedup();
    plan.words = told
        .words
        .iter()
        .chain(told.plan.iter().flat_map(|plan| &plan.words))
        .cloned()
        .collect();
    plan.words.dedup();
    Ok(Done {
        values,
        kind,
        why,
        plan,
        problems,
        nulls,
        null_words: words.collect::<Vec<_>>().join(", "),
        examples: look
            .examples
            .iter()
            .take(3)
            .copied()
            .collect::<Vec<_>>()
            .join(" | "),
    })
}

impl Reader {
    fn told(&self, cells: &Cells) -> Told<'_> {
        let of = |(name, _): &&(String, Kind)| *name == cells.header;
        let own = self
            .dates
            .iter()
            .find(|(name, _)| name.as_ref() == Some(&cells.header));
        let any = self.dates.iter().find(|(name, _)| name.is_none());
        Told {
            kind: self.kinds.iter().rfind(of).map(|(_, kind)| *kind),
            dates: own.or(any).map(|(_, format)| *format),
            plan: self.plan.column(&cells.header),
            nulls: &self.nulls,
            words: &self.words,
        }
    }
}
