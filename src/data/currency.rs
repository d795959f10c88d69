//! In which money are the amounts?

/// In which money are the amounts of a table? What texts, pictures and reports call it.
///
/// The published table is in rupiah, and so is what does not say otherwise.
///
/// ```
/// use segmenta::prelude::*;
///
/// assert_eq!(Currency::default().word(), "rupiah");
/// assert_eq!(Currency::new("EUR").word(), "euros");
/// // What has no code here is called as it is written.
/// assert_eq!(Currency::new("loyalty points").word(), "loyalty points");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Currency {
    word: String,
}

/// Codes of ISO 4217, and words for amounts of more than one.
const WORDS: [(&str, &str); 12] = [
    ("AUD", "Australian dollars"),
    ("BRL", "reais"),
    ("CHF", "francs"),
    ("CNY", "yuan"),
    ("EUR", "euros"),
    ("GBP", "pounds"),
    ("IDR", "rupiah"),
    ("INR", "rupees"),
    ("JPY", "yen"),
    ("MXN", "pesos"),
    ("MYR", "ringgit"),
    ("USD", "dollars"),
];

impl Currency {
    /// The money with this code (ISO 4217, such as `EUR`), or of this name.
    pub fn new(code: &str) -> Self {
        let known = WORDS
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(code.trim()));
        Currency {
            word: known.map_or(code.trim(), |(_, word)| word).to_owned(),
        }
    }

    /// What amounts of it are called.
    pub fn word(&self) -> &str {
        &self.word
    }
}

impl Default for Currency {
    fn default() -> Self {
        Currency::new("IDR")
    }
}
