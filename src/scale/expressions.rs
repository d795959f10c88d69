//! The columns on their way through the steps, as expressions of SQL.

use crate::table::points::LARGEST;
use crate::table::sql;
use crate::{Error, Result};

/// A column as an expression.
#[derive(Clone)]
pub(super) struct Expression {
    /// What it is in the terms of the columns before the steps.
    pub text: String,
    is_words: bool,
}

impl Expression {
    /// That it has this value, whose label it is.
    pub fn is(&self, label: &str) -> String {
        let value = match (self.is_words, label.parse()) {
            (false, Ok(number)) => sql::number(number),
            _ => sql::text(label),
        };
        format!("{} = {value}", self.text)
    }
}

/// The columns, by their names.
pub(super) struct Expressions {
    columns: Vec<(String, Expression)>,
}

/// What a column is called between reading it and the steps, by its place.
pub(super) fn value(place: usize) -> String {
    format!("`segmenta value {}`", place + 1)
}

/// A column as it is read, of which words stay words. A number that a model would refuse is null.
pub(super) fn read(name: &str, is_words: bool) -> String {
    let name = sql::name(name);
    match is_words {
        true => format!("cast({name} as string)"),
        false => format!(
            "case when abs(cast({name} as double)) <= {} then cast({name} as double) end",
            sql::number(LARGEST)
        ),
    }
}

impl Expressions {
    /// Of columns, and whether they are words, in the terms of [`value`].
    pub fn new(columns: &[(String, bool)]) -> Self {
        let own = columns.iter().enumerate().map(|(place, (name, is_words))| {
            let own = Expression {
                text: value(place),
                is_words: *is_words,
            };
            (name.clone(), own)
        });
        Expressions {
            columns: own.collect(),
        }
    }

    fn place(&self, name: &str) -> Result<usize> {
        let place = self.columns.iter().position(|(own, _)| own == name);
        place.ok_or_else(|| Error::NoColumn {
            column: name.to_owned(),
            available: self.columns.iter().map(|own| own.0.clone()).collect(),
            otherwise: None,
        })
    }

    pub fn own(&self, name: &str) -> Result<Expression> {
        Ok(self.columns[self.place(name)?].1.clone())
    }

    /// Changes a column of numbers.
    pub fn change(&mut self, name: &str, change: impl Fn(&str) -> String) -> Result<()> {
        let place = self.place(name)?;
        let own = &mut self.columns[place].1;
        own.text = format!("({})", change(&own.text));
        Ok(())
    }

    /// Puts columns of numbers into the place of one.
    pub fn replace(&mut self, name: &str, new: Vec<(String, String)>) -> Result<()> {
        let place = self.place(name)?;
        self.columns
            .splice(place..=place, new.into_iter().map(numbers));
        Ok(())
    }

    /// Puts columns of numbers into the place of all.
    pub fn become_these(&mut self, new: Vec<(String, String)>) {
        self.columns = new.into_iter().map(numbers).collect();
    }

    /// All columns, which are numbers.
    pub fn numbers(&self) -> Result<Vec<String>> {
        let words = self.columns.iter().find(|(_, own)| own.is_words);
        match words {
            Some((name, _)) => Err(Error::WrongType {
                column: name.clone(),
                found: "words".into(),
                expected: "numbers".into(),
            }),
            None => Ok(self.columns.iter().map(|own| own.1.text.clone()).collect()),
        }
    }
}

fn numbers((name, text): (String, String)) -> (String, Expression) {
    let own = Expression {
        text: format!("({text})"),
        is_words: false,
    };
    (name, own)
}
