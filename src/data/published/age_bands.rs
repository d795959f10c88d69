use crate::table::groups::Bands;

/// Which age bands do the published analyses use?
///
/// Each has its own edges and its own year in which age is counted.
///
/// ```
/// use segmenta::prelude::*;
///
/// let scheme = AgeBands::Lrfm;
/// assert_eq!(scheme.year(), 2024);
/// assert_eq!(scheme.bands().labels(), ["Muda (under 40)", "Dewasa (40 to 59)", "Lansia (60 and over)"]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgeBands {
    /// The RFMLC analysis: Adult, Middle Aged, Senior in 2022.
    Rfmlc,
    /// The LRFM analysis: Muda (young), Dewasa (adult), Lansia (elderly) in 2024.
    Lrfm,
    /// The spender groups: under 12, 18, 36, 55 and above in 2022.
    Spenders,
    /// The analysis in five stages: under 40, under 60 and above in 2023.
    Stages,
}

impl AgeBands {
    /// The year in which age is counted: the argument of [`features::age`](crate::data::features::age).
    pub fn year(self) -> i32 {
        match self {
            AgeBands::Rfmlc | AgeBands::Spenders => 2022,
            AgeBands::Stages => 2023,
            AgeBands::Lrfm => 2024,
        }
    }

    /// The bands of the column `age`.
    pub fn bands(self) -> Bands {
        let (edges, labels): (&[f64], &[&str]) = match self {
            AgeBands::Rfmlc => (
                &[40.0, 60.0],
                &[
                    "Adult (under 40)",
                    "Middle Aged (40 to 59)",
                    "Senior (60 and over)",
                ],
            ),
            AgeBands::Lrfm => (
                &[40.0, 60.0],
                &[
                    "Muda (under 40)",
                    "Dewasa (40 to 59)",
                    "Lansia (60 and over)",
                ],
            ),
            AgeBands::Spenders => (
                &[12.0, 18.0, 36.0, 55.0],
                &[
                    "under 12",
                    "12 to 17",
                    "18 to 35",
                    "36 to 54",
                    "55 and over",
                ],
            ),
            AgeBands::Stages => (&[40.0, 60.0], &["under 40", "40 to 59", "60 and over"]),
        };
        Bands::ascending("age", edges, labels)
    }
}
