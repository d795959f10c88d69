use std::path::Path;

use super::Baskets;
use super::baskets::Fault;
use crate::data::read;
use crate::error::Question;
use crate::{Error, Result};

/// What may stand between two items.
const SEPARATORS: [char; 4] = [',', ';', '\t', '|'];

/// Which baskets are in a file with one on each line, its items side by side, and no header?
///
/// Short for [`Loader::new`]`().load(file)`.
///
/// # Errors
/// See [`Loader::load`].
///
/// ```
/// use segmenta::prelude::*;
///
/// # let dir = std::env::temp_dir().join(format!("segmenta-baskets-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir).unwrap();
/// # let file = dir.join("baskets.csv");
/// std::fs::write(&file, "tea,jam\nrice\n\"tea\",rice,jam \n").unwrap();
/// let baskets = basket::load(&file)?;
/// assert_eq!(table::number(&baskets.glance()?, "items", 0)?, 3.0);
/// # std::fs::remove_dir_all(&dir).unwrap();
/// # Ok::<(), Error>(())
/// ```
pub fn load(file: impl AsRef<Path>) -> Result<Baskets> {
    Loader::new().load(file)
}

/// How should a file with a basket on each line be read? A builder; [`Loader::load`] does the work.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Loader {
    separator: Option<char>,
    encoding: Option<String>,
}

impl Loader {
    /// A loader that finds out by itself what it can.
    pub fn new() -> Self {
        Self::default()
    }

    /// What stands between two items, where the file does not decide.
    pub fn separator(mut self, separator: char) -> Self {
        self.separator = Some(separator);
        self
    }

    /// In which encoding the file is, such as `windows-1252`, where its bytes do not decide.
    pub fn encoding(mut self, name: &str) -> Self {
        self.encoding = Some(name.to_owned());
        self
    }

    /// Which baskets are in the file? What stands between two items is the one sign of `,` `;` tab and `|` that
    /// occurs outside quotes; a file with none of them has one item on each line.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::NotATable`] where it is no text; [`Error::Undecided`] where more than one of the
    /// signs occurs; [`Error::TooFew`] where no line has an item.
    pub fn load(&self, file: impl AsRef<Path>) -> Result<Baskets> {
        let file = file.as_ref();
        let text = read::plain_text(file, self.encoding.as_deref())?;
        let separator = match self.separator {
            Some(said) if said.is_ascii() && !matches!(said, '"' | '\n' | '\r') => said,
            Some(said) => {
                return Err(Error::Parameter {
                    name: "separator",
                    value: format!("{said:?}"),
                    expected: "a sign such as , ; | or a tab".into(),
                });
            }
            None => decided(file, &text)?,
        };
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(separator as u8)
            .from_reader(text.as_bytes());
        let not_a_table = |source: csv::Error| Error::NotATable {
            file: file.to_owned(),
            found: source.to_string(),
            expected: "a basket on each line".into(),
        };
        let lines: Vec<csv::StringRecord> = reader
            .records()
            .collect::<std::result::Result<_, _>>()
            .map_err(not_a_table)?;
        let broken = |line: &csv::StringRecord| line.iter().any(|item| item.contains(['\n', '\r']));
        if let Some(line) = lines.iter().find(|line| broken(line)) {
            let place = line.position().map_or(0, csv::Position::line);
            return Err(Error::NotATable {
                file: file.to_owned(),
                found: format!("a quote in line {place} that is not closed in it"),
                expected: "a basket on each line".into(),
            });
        }
        // The reader leaves out lines without a sign; they are baskets without an item.
        let blank = text.lines().filter(|line| line.is_empty()).count();
        let mut pairs = Vec::new();
        for (basket, line) in lines.iter().enumerate() {
            pairs.extend(line.iter().map(|item| (basket as u32, Some(item))));
        }
        let mut told = Fault::new("a sign between the items", "separates them");
        told.rows = lines.len() as u64;
        told.example = Some(format!("{separator:?}"));
        Baskets::of_pairs("line of the file", lines.len() + blank, &pairs, vec![told])
    }
}

/// The one sign of those that may stand between two items that does so.
fn decided(file: &Path, text: &str) -> Result<char> {
    let mut met = [0usize; SEPARATORS.len()];
    for line in text.lines() {
        // Only a quote before a name opens something.
        let (mut quoted, mut begins) = (false, true);
        for sign in line.chars() {
            let separator = SEPARATORS.iter().position(|own| *own == sign);
            match separator {
                Some(place) if !quoted => met[place] += 1,
                _ => quoted ^= sign == '"' && (quoted || begins),
            }
            begins = separator.is_some() && !quoted;
        }
    }
    let found: Vec<String> = SEPARATORS
        .iter()
        .zip(met)
        .filter(|(_, times)| *times > 0)
        .map(|(sign, times)| format!("{sign:?} {times} times"))
        .collect();
    match found.len() {
        0 => Ok(SEPARATORS[0]),
        1 => Ok(SEPARATORS
            .into_iter()
            .zip(met)
            .find(|(_, times)| *times > 0)
            .map_or(SEPARATORS[0], |(sign, _)| sign)),
        _ => Err(Error::Undecided {
            file: file.to_owned(),
            questions: vec![Question {
                column: None,
                kind: None,
                found: format!(
                    "what stands between two items is open: {}",
                    found.join(", ")
                ),
                answer: ".separator(',')".into(),
            }],
        }),
    }
}
