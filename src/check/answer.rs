//! What a learner answers.

use std::fmt;

/// What is the answer to an exercise: a number, a word, or none yet?
///
/// Numbers of any type and words become one, so that the cell below an exercise need not convert.
///
/// ```
/// use segmenta::check::Answer;
///
/// assert_eq!(Answer::from(3_usize), Answer::from(3.0));
/// assert_eq!(Answer::from(Some(3_u64)), Answer::Number(3.0));
/// assert_eq!(Answer::from("yes").to_string(), "\"yes\"");
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Answer {
    /// A count, a share, an amount.
    Number(f64),
    /// A name, a yes or no.
    Word(String),
    /// None yet.
    Missing,
}

impl Answer {
    /// Whether it is what another is; words whatever their capitals.
    pub(super) fn is(&self, other: &Self, within: f64) -> bool {
        match (self, other) {
            (Self::Number(own), Self::Number(other)) => {
                (own - other).abs() <= within.max(1e-9 * other.abs())
            }
            (Self::Word(own), Self::Word(other)) => own.trim().eq_ignore_ascii_case(other),
            (Self::Missing, Self::Missing) => true,
            _ => false,
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(own) => write!(f, "{own}"),
            Self::Word(own) => write!(f, "{own:?}"),
            Self::Missing => write!(f, "None"),
        }
    }
}

macro_rules! number {
    ($($kind:ty),*) => {$(
        impl From<$kind> for Answer {
            fn from(own: $kind) -> Self {
                Self::Number(own as f64)
            }
        }
    )*};
}
number!(usize, u64, u32, i64, i32, f64);

impl From<&str> for Answer {
    fn from(own: &str) -> Self {
        Self::Word(own.to_owned())
    }
}

impl From<&String> for Answer {
    fn from(own: &String) -> Self {
        Self::Word(own.clone())
    }
}

impl From<String> for Answer {
    fn from(own: String) -> Self {
        Self::Word(own)
    }
}

impl<T: Into<Self>> From<Option<T>> for Answer {
    fn from(own: Option<T>) -> Self {
        own.map_or(Self::Missing, Into::into)
    }
}
