//! Lists of products in a column of a bill, as JSON.

use std::borrow::Cow;
use std::fmt;

use polars::prelude::*;
use rayon::prelude::*;
use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::Result;

/// What may be odd about a list of products, and is read all the same?
///
/// Each has a rule, which is told and counted in [`Orders::rules`](super::Orders::rules);
/// [`Loader::refuse`](super::Loader::refuse) makes such rows ones that do not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// There is no list: the bill has an amount, and no lines.
    NoList,
    /// The list is empty: the same.
    EmptyList,
    /// A product alone, without a list around it: a list of one.
    LoneObject,
    /// A product without a quantity: one of it.
    MissingQuantity,
    /// A quantity between quotes: the number that it says.
    TextQuantity,
    /// A quantity below 0: a return.
    NegativeQuantity,
    /// A quantity of 0: a line that sells nothing.
    ZeroQuantity,
    /// A product that stands twice in one list: two lines.
    SameProduct,
}

impl Rule {
    pub(super) const ALL: [Rule; 8] = [
        Rule::NoList,
        Rule::EmptyList,
        Rule::LoneObject,
        Rule::MissingQuantity,
        Rule::TextQuantity,
        Rule::NegativeQuantity,
        Rule::ZeroQuantity,
        Rule::SameProduct,
    ];

    /// What is found, and what is done about it.
    pub(super) fn told(self) -> (&'static str, &'static str) {
        match self {
            Rule::NoList => ("no list of products", "a bill without lines"),
            Rule::EmptyList => ("an empty list", "a bill without lines"),
            Rule::LoneObject => ("a product without a list around it", "a list of one"),
            Rule::MissingQuantity => ("a product without a quantity", "one of it"),
            Rule::TextQuantity => ("a quantity between quotes", "the number that it says"),
            Rule::NegativeQuantity => ("a quantity below 0", "a return: it counts as it stands"),
            Rule::ZeroQuantity => ("a quantity of 0", "a line that sells nothing"),
            Rule::SameProduct => ("a product twice in a list", "two lines"),
        }
    }

    pub(super) fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// What a list of products should look like.
const EXPECTED: &str = "a list such as [{\"product\":\"A\",\"qty\":1}]";
/// What is the key of a product's name in a list called? The usual names.
pub const PRODUCT_KEYS: [&str; 10] = [
    "product",
    "product_id",
    "sku",
    "item",
    "item_id",
    "article",
    "code",
    "product_code",
    "stockcode",
    "name",
];
/// What is the key of how many pieces of it called? The usual names.
pub const QUANTITY_KEYS: [&str; 6] = ["qty", "quantity", "count", "units", "menge", "jumlah"];
/// What is the key of what one of it costs called? The usual names.
pub const PRICE_KEYS: [&str; 5] = ["price", "unit_price", "unitprice", "preis", "harga"];

/// The lines of the lists.
pub(super) struct Lists {
    /// `row` (of the column, from 0), `product`, `quantity`, and `price` where a list has one.
    pub lines: DataFrame,
    /// For each row which rules it met.
    pub met: Vec<u16>,
    /// Rows that hold no list: row, what stands there, what was expected.
    pub problems: Vec<(usize, String, String)>,
}

/// Reads the list of each row by itself, many at a time.
pub(super) fn lists(column: &StringChunked, refused: u16) -> Result<Lists> {
    const PART: usize = 1 << 15;
    let column = column.rechunk();
    let parts: Vec<usize> = (0..column.len()).step_by(PART).collect();
    let parts: Vec<Part> = parts
        .into_par_iter()
        .map(|start| Part::read(&column, start..(start + PART).min(column.len()), refused))
        .collect();
    let mut lines: Option<DataFrame> = None;
    let (mut met, mut problems) = (Vec::with_capacity(column.len()), Vec::new());
    let has_price = parts
        .iter()
        .any(|part| part.price.iter().any(Option::is_some));
    for part in parts {
        met.extend(part.met);
        problems.extend(part.problems);
        let mut table = df!(
            "row" => part.rows,
            "product" => part.product.finish().into_series(),
            "quantity" => part.quantity,
        )?;
        if has_price {
            table.with_column(Column::new("price".into(), part.price))?;
        }
        match &mut lines {
            None => lines = Some(table),
            Some(lines) => {
                lines.vstack_mut(&table)?;
            }
        }
    }
    let nothing = || df!("row" => Vec::<u32>::new(), "product" => Vec::<String>::new(), "quantity" => Vec::<f64>::new());
    Ok(Lists {
        lines: match lines {
            Some(lines) => lines,
            None => nothing()?,
        },
        met,
        problems,
    })
}

/// The lists of some rows.
struct Part {
    rows: Vec<u32>,
    product: StringChunkedBuilder,
    quantity: Vec<f64>,
    price: Vec<Option<f64>>,
    met: Vec<u16>,
    problems: Vec<(usize, String, String)>,
}

impl Part {
    fn read(column: &StringChunked, rows: std::ops::Range<usize>, refused: u16) -> Self {
        let mut part = Part {
            rows: Vec::new(),
            product: StringChunkedBuilder::new("product".into(), rows.len() * 2),
            quantity: Vec::new(),
            price: Vec::new(),
            met: Vec::with_capacity(rows.len()),
            problems: Vec::new(),
        };
        let mut items = Vec::new();
        for row in rows {
            let Some(text) = column.get(row) else {
                part.met.push(Rule::NoList.bit());
                if refused & Rule::NoList.bit() != 0 {
                    part.problem(row, "", EXPECTED.to_owned());
                }
                continue;
            };
            match read(text, &mut items) {
                Err(expected) => {
                    part.met.push(0);
                    part.problem(row, text, expected);
                }
                Ok(met) if met & refused != 0 => {
                    part.met.push(met);
                    let odd = Rule::ALL
                        .into_iter()
                        .find(|rule| rule.bit() & met & refused != 0);
                    let odd = odd.map_or("", |rule| rule.told().0);
                    part.problem(row, text, format!("{EXPECTED}, not {odd}"));
                }
                Ok(met) => {
                    part.met.push(met);
                    for (product, quantity, price) in items.drain(..) {
                        part.rows.push(row as u32);
                        part.product.append_value(&product);
                        part.quantity.push(quantity);
                        part.price.push(price);
                    }
                }
            }
        }
        part
    }

    fn problem(&mut self, row: usize, text: &str, expected: String) {
        // A list that goes on for pages is known by its beginning.
        let shown: String = text.chars().take(80).collect();
        self.problems.push((row, shown, expected));
    }
}

type Line<'a> = (Cow<'a, str>, f64, Option<f64>);

/// The products of one list, and which rules it met; or what was expected.
fn read<'a>(text: &'a str, items: &mut Vec<Line<'a>>) -> std::result::Result<u16, String> {
    items.clear();
    let list: List<'a> = serde_json::from_str(text).map_err(|error| {
        match error.classify() {
            serde_json::error::Category::Data => format!("{EXPECTED}: {error}"),
            // Of a broken text the place is told where it breaks.
            _ => format!("{EXPECTED}; it breaks at sign {}", error.column()),
        }
    })?;
    let mut met = 0;
    if list.lone {
        met |= Rule::LoneObject.bit();
    }
    if list.items.is_empty() {
        met |= Rule::EmptyList.bit();
    }
    for item in list.items {
        let product = match item.product {
            Some(Scalar::Text(text)) if !text.trim().is_empty() => text,
            Some(Scalar::Whole(number)) => Cow::Owned(number.to_string()),
            _ => return Err(format!("{EXPECTED}: a product has no name")),
        };
        let quantity = match item.quantity {
            None | Some(Scalar::Nothing) => {
                met |= Rule::MissingQuantity.bit();
                1.0
            }
            Some(Scalar::Whole(number)) => number as f64,
            Some(Scalar::Number(number)) => number,
            Some(Scalar::Text(text)) => {
                met |= Rule::TextQuantity.bit();
                let number = text
                    .trim()
                    .parse()
                    .ok()
                    .filter(|number: &f64| number.is_finite());
                number.ok_or_else(|| format!("{EXPECTED}: {text:?} is no quantity"))?
            }
        };
        if quantity < 0.0 {
            met |= Rule::NegativeQuantity.bit();
        }
        if quantity == 0.0 {
            met |= Rule::ZeroQuantity.bit();
        }
        let price = match item.price {
            Some(Scalar::Whole(number)) => Some(number as f64),
            Some(Scalar::Number(number)) => Some(number),
            Some(Scalar::Text(text)) => {
                let number = text.trim().parse().ok();
                let number = number.filter(|number: &f64| number.is_finite());
                Some(number.ok_or_else(|| format!("{EXPECTED}: {text:?} is no price"))?)
            }
            Some(Scalar::Nothing) | None => None,
        };
        if items.iter().any(|(other, ..)| *other == product) {
            met |= Rule::SameProduct.bit();
        }
        items.push((product, quantity, price));
    }
    Ok(met)
}

#[derive(Default)]
struct List<'a> {
    items: Vec<Item<'a>>,
    lone: bool,
}

#[derive(Default)]
struct Item<'a> {
    product: Option<Scalar<'a>>,
    quantity: Option<Scalar<'a>>,
    price: Option<Scalar<'a>>,
}

enum Scalar<'a> {
    Nothing,
    Whole(i64),
    Number(f64),
    Text(Cow<'a, str>),
}

impl<'de> Deserialize<'de> for List<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Lists;
        impl<'de> Visitor<'de> for Lists {
            type Value = List<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of products")
            }

            fn visit_seq<A: SeqAccess<'de>>(
                self,
                mut list: A,
            ) -> std::result::Result<Self::Value, A::Error> {
                let mut items = Vec::with_capacity(list.size_hint().unwrap_or(2));
                while let Some(item) = list.next_element()? {
                    items.push(item);
                }
                Ok(List { items, lone: false })
            }

            fn visit_map<A: MapAccess<'de>>(
                self,
                map: A,
            ) -> std::result::Result<Self::Value, A::Error> {
                let items = vec![Item::of(map)?];
                Ok(List { items, lone: true })
            }
        }
        deserializer.deserialize_any(Lists)
    }
}

impl<'de> Deserialize<'de> for Item<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Items;
        impl<'de> Visitor<'de> for Items {
            type Value = Item<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a product with its quantity")
            }

            fn visit_map<A: MapAccess<'de>>(
                self,
                map: A,
            ) -> std::result::Result<Self::Value, A::Error> {
                Item::of(map)
            }
        }
        deserializer.deserialize_map(Items)
    }
}

impl<'de> Item<'de> {
    fn of<A: MapAccess<'de>>(mut map: A) -> std::result::Result<Self, A::Error> {
        let mut item = Item::default();
        while let Some(Word(key)) = map.next_key()? {
            let is_one = |names: &[&str]| names.iter().any(|name| key.eq_ignore_ascii_case(name));
            let place = if is_one(&PRODUCT_KEYS) {
                &mut item.product
            } else if is_one(&QUANTITY_KEYS) {
                &mut item.quantity
            } else if is_one(&PRICE_KEYS) {
                &mut item.price
            } else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let value = map.next_value()?;
            if place.is_some() {
                // The first of two names for one thing would be lost.
                return Err(de::Error::custom(format!("a second {key:?}")));
            }
            *place = Some(value);
        }
        Ok(item)
    }
}

/// A text, borrowed where it has no signs that stand for others.
struct Word<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Word<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        match Scalar::deserialize(deserializer)? {
            Scalar::Text(text) => Ok(Word(text)),
            _ => Err(de::Error::custom("a name is no text")),
        }
    }
}

impl<'de> Deserialize<'de> for Scalar<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Scalars;
        impl<'de> Visitor<'de> for Scalars {
            type Value = Scalar<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a number")
            }

            fn visit_i64<E>(self, number: i64) -> std::result::Result<Self::Value, E> {
                Ok(Scalar::Whole(number))
            }

            fn visit_u64<E>(self, number: u64) -> std::result::Result<Self::Value, E> {
                Ok(match i64::try_from(number) {
                    Ok(number) => Scalar::Whole(number),
                    Err(_) => Scalar::Number(number as f64),
                })
            }

            fn visit_f64<E>(self, number: f64) -> std::result::Result<Self::Value, E> {
                Ok(Scalar::Number(number))
            }

            fn visit_str<E>(self, text: &str) -> std::result::Result<Self::Value, E> {
                Ok(Scalar::Text(Cow::Owned(text.to_owned())))
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> std::result::Result<Self::Value, E> {
                Ok(Scalar::Text(Cow::Borrowed(text)))
            }

            fn visit_unit<E>(self) -> std::result::Result<Self::Value, E> {
                Ok(Scalar::Nothing)
            }
        }
        deserializer.deserialize_any(Scalars)
    }
}
