//! What a learner is told.

use std::fmt;

use crate::table::display::{Show, escape};

/// Is an answer right, and what is to be said about it?
///
/// A notebook shows it as a line: `right`, or what is wrong.
///
/// ```
/// use segmenta::prelude::*;
///
/// let customers = df!("Year_Birth" => [1989, 1990])?;
/// assert_eq!(check::lesson01(1, 1, &customers)?.text(), "right");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Verdict {
    is_right: bool,
    text: String,
}

impl Verdict {
    pub(super) fn right() -> Self {
        Self {
            is_right: true,
            text: "right".into(),
        }
    }

    pub(super) fn not_right(text: String) -> Self {
        Self {
            is_right: false,
            text,
        }
    }

    /// Is the answer right?
    #[must_use]
    pub fn is_right(&self) -> bool {
        self.is_right
    }
}

impl Show for Verdict {
    fn html(&self) -> String {
        let mark = if self.is_right { "✓" } else { "✗" };
        format!("<p><b>{mark}</b> {}</p>", escape(&self.text))
    }

    fn text(&self) -> String {
        self.text.clone()
    }
}

impl fmt::Debug for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What helps with an exercise: a hint in words, or code.
///
/// ```
/// use segmenta::prelude::*;
///
/// println!("{}", check::hint(1, 2)?.text());
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Advice {
    text: String,
    is_code: bool,
}

impl Advice {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            is_code: false,
        }
    }

    pub(super) fn code(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            is_code: true,
        }
    }
}

impl Show for Advice {
    fn html(&self) -> String {
        let text = escape(&self.text);
        if self.is_code {
            format!("<pre>{text}</pre>")
        } else {
            format!("<p>{text}</p>")
        }
    }

    fn text(&self) -> String {
        self.text.clone()
    }
}

impl fmt::Debug for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
