//! The one place where the columns of the customer table are named and mapped.

use crate::data::read::dates::Dates;
use crate::table::dictionary;

/// What a column may hold.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// A name of the customer, as it stands.
    Id,
    /// A calendar year.
    Year,
    /// A few known words, each with the spellings that public copies use; others stay as they are.
    Category(&'static [(&'static str, &'static [&'static str])]),
    /// An amount in rupiah, zero or more.
    Money,
    /// A whole number, zero or more.
    Count,
    /// Zero or one.
    Flag,
    /// A day.
    Date,
}

/// One column of the customer table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    pub name: &'static str,
    /// Other names for it, compared without case, blanks and underscores.
    pub aliases: &'static [&'static str],
    pub kind: Kind,
}

const fn field(name: &'static str, kind: Kind) -> Field {
    Field {
        name,
        aliases: &[],
        kind,
    }
}

/// Education in ascending order: an ordinal encoding counts from 0 here.
pub(crate) const EDUCATION: &[(&str, &[&str])] = &[
    (dictionary::EDUCATION[0], &["SMA"]),
    (dictionary::EDUCATION[1], &["D3"]),
    (dictionary::EDUCATION[2], &["S1"]),
    (dictionary::EDUCATION[3], &["S2"]),
    (dictionary::EDUCATION[4], &["S3"]),
];

/// The Indonesian copy has no word of its own for Absurd and YOLO: all are Lajang there.
pub(crate) const MARITAL_STATUS: &[(&str, &[&str])] = &[
    (dictionary::MARITAL_STATUS[0], &["Menikah"]),
    (dictionary::MARITAL_STATUS[1], &["Bertunangan"]),
    (dictionary::MARITAL_STATUS[2], &["Lajang", "Absurd", "YOLO"]),
    (dictionary::MARITAL_STATUS[3], &["Cerai"]),
    (dictionary::MARITAL_STATUS[4], &["Janda"]),
    (dictionary::MARITAL_STATUS[5], &["Duda"]),
];

/// The customer table, column by column.
pub(crate) const FIELDS: &[Field] = &[
    field("ID", Kind::Id),
    field("Year_Birth", Kind::Year),
    field("Education", Kind::Category(EDUCATION)),
    field("Marital_Status", Kind::Category(MARITAL_STATUS)),
    field("Income", Kind::Money),
    field("Kidhome", Kind::Count),
    field("Teenhome", Kind::Count),
    field("Dt_Customer", Kind::Date),
    field("Recency", Kind::Count),
    Field {
        name: "MntCoke",
        aliases: &["MntWines"],
        kind: Kind::Money,
    },
    field("MntFruits", Kind::Money),
    field("MntMeatProducts", Kind::Money),
    field("MntFishProducts", Kind::Money),
    field("MntSweetProducts", Kind::Money),
    field("MntGoldProds", Kind::Money),
    field("NumDealsPurchases", Kind::Count),
    field("NumWebPurchases", Kind::Count),
    field("NumCatalogPurchases", Kind::Count),
    field("NumStorePurchases", Kind::Count),
    field("NumWebVisitsMonth", Kind::Count),
    field("AcceptedCmp1", Kind::Flag),
    field("AcceptedCmp2", Kind::Flag),
    field("AcceptedCmp3", Kind::Flag),
    field("AcceptedCmp4", Kind::Flag),
    field("AcceptedCmp5", Kind::Flag),
    field("Complain", Kind::Flag),
    field("Response", Kind::Flag),
];

/// Column names are compared without case, blanks and underscores.
pub(crate) fn plain(name: &str) -> String {
    name.chars()
        .filter(|c| !c.is_whitespace() && *c != '_')
        .flat_map(char::to_lowercase)
        .collect()
}

/// The place of a column name in [`FIELDS`].
pub(crate) fn find(name: &str) -> Option<usize> {
    let wanted = plain(name);
    FIELDS.iter().position(|field| {
        plain(field.name) == wanted || field.aliases.iter().any(|alias| plain(alias) == wanted)
    })
}

impl Kind {
    /// What a value of this kind looks like, for error messages.
    pub(super) fn expected(&self, dates: &Dates) -> String {
        match self {
            Kind::Id => "a number or name of the customer".into(),
            Kind::Year => "a year with four digits".into(),
            Kind::Category(_) => "a word".into(),
            Kind::Money => "an amount, 0 or more".into(),
            Kind::Count => "a whole number, 0 or more".into(),
            Kind::Flag => "0 or 1, or yes or no".into(),
            Kind::Date if dates.is_empty() => "a date".into(),
            Kind::Date => format!("a date written {dates}"),
        }
    }
}
