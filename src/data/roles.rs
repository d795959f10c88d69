//! What is a column for? Which names the customer, which is money, which says how long ago?
//!
//! A *role* is what a step of the way needs to know about a column, whatever it is called.
//! [`Roles::propose`] reads it off names (in English, Indonesian, German, Spanish, French and
//! Portuguese) and values, tells why, and is overruled by [`Roles::with`].
//!
//! | role | is for |
//! |---|---|
//! | name | lists of customers, and customers who stand on several rows |
//! | spend | tiers, value at stake, names by value |
//! | recency | names by how long ago the last purchase was |
//! | frequency | names by how often somebody buys |
//! | answer | who answers, buys or leaves: described, and never a reason to be in a segment |
//! | group | what segments are described by: gender, region, a code |

use std::fmt;
use std::str::FromStr;

use polars::prelude::*;
use serde::{Deserialize, Serialize};

use crate::table::column;
use crate::{Error, Result};

/// What is a column for?
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// It names the customer.
    Name,
    /// What the customer spent, in money.
    Spend,
    /// How long ago the last purchase was: less is better.
    Recency,
    /// How often the customer bought.
    Frequency,
    /// Whether the customer answered, bought or left: 1 or 0.
    Answer,
    /// To what the customer belongs: a word, or a code that only looks like a number.
    Group,
}

const ROLES: [(Role, &str); 6] = [
    (Role::Name, "name"),
    (Role::Spend, "spend"),
    (Role::Recency, "recency"),
    (Role::Frequency, "frequency"),
    (Role::Answer, "answer"),
    (Role::Group, "group"),
];

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = ROLES.iter().find(|(role, _)| role == self);
        f.write_str(name.map_or("", |(_, name)| name))
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let role = ROLES.iter().find(|(_, name)| *name == text);
        role.map(|(role, _)| *role).ok_or_else(|| {
            let names: Vec<&str> = ROLES.iter().map(|(_, name)| *name).collect();
            format!("one of {}", names.join(", "))
        })
    }
}

/// Words that speak for a role where they are part of a column's name.
const WORDS: [(Role, &[&str]); 6] = [
    (
        Role::Name,
        &[
            "id",
            "customerid",
            "clientid",
            "customer",
            "client",
            "kunde",
            "kunden",
            "kundennr",
            "kundennummer",
            "cliente",
            "pelanggan",
            "code_client",
            "no",
            "nr",
            "number",
            "nummer",
            "numero",
            "número",
            "nomor",
            "cust",
            "member",
            "account",
            "konto",
            "email",
            "phone",
        ],
    ),
    (
        Role::Spend,
        &[
            "spend",
            "spent",
            "revenue",
            "sales",
            "turnover",
            "monetary",
            "charges",
            "amount",
            "umsatz",
            "ausgaben",
            "betrag",
            "gasto",
            "gastos",
            "importe",
            "ventas",
            "facturado",
            "dépenses",
            "depenses",
            "montant",
            "belanja",
            "pengeluaran",
            "omzet",
            "receita",
            "vendas",
            "faturamento",
            "valor",
        ],
    ),
    (
        Role::Recency,
        &[
            "recency",
            "dayssince",
            "lastpurchase",
            "lastorder",
            "letzter",
            "letzte",
            "última",
            "ultima",
            "último",
            "ultimo",
            "dernier",
            "dernière",
            "derniere",
            "terakhir",
        ],
    ),
    (
        Role::Frequency,
        &[
            "frequency",
            "orders",
            "transactions",
            "invoices",
            "numpurchases",
            "bestellungen",
            "käufe",
            "kaeufe",
            "pedidos",
            "compras",
            "commandes",
            "achats",
            "transaksi",
            "pesanan",
        ],
    ),
    (
        Role::Answer,
        &[
            "response",
            "responded",
            "answer",
            "answered",
            "churn",
            "churned",
            "exited",
            "accepted",
            "converted",
            "conversion",
            "target",
            "antwort",
            "gekündigt",
            "kuendigung",
            "respuesta",
            "baja",
            "réponse",
            "reponse",
            "respon",
            "jawaban",
            "resposta",
            "cancelou",
        ],
    ),
    (
        Role::Group,
        &[
            "channel",
            "region",
            "code",
            "type",
            "zone",
            "branch",
            "store",
            "category",
            "class",
            "group",
            "segment",
            "cluster",
            "gender",
            "sex",
            "status",
            "zip",
            "plz",
            "postcode",
            "kanal",
            "kategorie",
            "filiale",
            "geschlecht",
            "gruppe",
            "canal",
            "región",
            "tipo",
            "categoría",
            "categoria",
            "sexo",
            "género",
            "grupo",
            "région",
            "sexe",
            "groupe",
            "magasin",
            "wilayah",
            "jenis",
            "kategori",
            "kelompok",
            "cabang",
            "região",
            "loja",
        ],
    ),
];

/// A word that says of an amount that it is another thing.
const NO_MONEY: [&str; 12] = [
    "score", "index", "rank", "rate", "ratio", "class", "category", "type", "code", "id", "number",
    "discount",
];

/// A code has so many different values at most.
const CODES: usize = 30;

/// Which column has which role, and why.
///
/// ```
/// use segmenta::data::roles::{Role, Roles};
/// use segmenta::prelude::*;
///
/// let customers = df!(
///     "CustomerID" => ["a", "b", "c", "d"], "Region" => [1, 2, 1, 2],
///     "MonthlyCharges" => [5.0, 7.5, 9.0, 4.0],
/// )?;
/// let roles = Roles::propose(&customers)?;
/// assert_eq!(roles.column(Role::Name), Some("CustomerID"));
/// assert_eq!(roles.column(Role::Spend), Some("MonthlyCharges"));
/// assert_eq!(roles.columns(Role::Group), ["Region"]);
/// let roles = roles.with(Role::Spend, None);
/// assert_eq!(roles.column(Role::Spend), None);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roles {
    roles: Vec<(Role, String, String)>,
    /// Roles for which several columns may be meant, which is no proposal.
    open: Vec<(Role, Vec<String>)>,
}

impl Roles {
    /// Which column seems to have which role? Only where one column stands out; of the answers and
    /// groups there may be several.
    ///
    /// # Errors
    /// None but those of polars.
    pub fn propose(table: &DataFrame) -> Result<Self> {
        let mut roles = Roles::default();
        let looks: Vec<Look<'_>> = table
            .columns()
            .iter()
            .map(Look::at)
            .collect::<Result<_>>()?;
        for (role, words) in WORDS {
            let found: Vec<(&Look<'_>, String)> = looks
                .iter()
                .filter(|look| look.can_be(role))
                .filter_map(|look| Some((look, look.says(role, words)?)))
                .collect();
            if role == Role::Name && found.len() > 1 {
                // The first column is where people put the number of a customer.
                let (look, word) = &found[0];
                roles.push(
                    role,
                    look,
                    format!("its name has {word:?}, and each is another"),
                );
                continue;
            }
            let several = matches!(role, Role::Answer | Role::Group);
            match &found[..] {
                [] => {}
                [(look, word)] => roles.push(role, look, format!("its name has {word:?}")),
                many if several => {
                    for (look, word) in many {
                        roles.push(role, look, format!("its name has {word:?}"));
                    }
                }
                many => {
                    let names = many.iter().map(|(look, _)| look.name.to_owned()).collect();
                    roles.open.push((role, names));
                }
            }
        }
        if roles.column(Role::Name).is_none()
            && let Some(first) = looks
                .first()
                .filter(|look| look.can_be(Role::Name) && look.is_text)
        {
            roles.push(
                Role::Name,
                first,
                "the first column, and each is another".into(),
            );
        }
        for look in &looks {
            let free = roles.roles.iter().all(|(_, name, _)| name != look.name);
            if free && look.is_text && look.different <= CODES && look.different * 2 <= look.n {
                roles.push(
                    Role::Group,
                    look,
                    format!("{} words that come again", look.different),
                );
            }
        }
        Ok(roles)
    }

    fn push(&mut self, role: Role, look: &Look<'_>, why: String) {
        if self.roles.iter().all(|(_, name, _)| name != look.name) {
            self.roles.push((role, look.name.to_owned(), why));
        }
    }

    /// The same, where this column has this role, or no column has it.
    pub fn with<'a>(mut self, role: Role, column: impl Into<Option<&'a str>>) -> Self {
        let column = column.into();
        self.open.retain(|(open, _)| *open != role);
        let several = matches!(role, Role::Answer | Role::Group) && column.is_some();
        self.roles.retain(|(other, name, _)| {
            Some(name.as_str()) != column && (several || *other != role)
        });
        if let Some(column) = column {
            self.roles
                .push((role, column.to_owned(), "as you said".into()));
        }
        self
    }

    /// The column that has this role; the first, where several have it.
    pub fn column(&self, role: Role) -> Option<&str> {
        self.columns(role).first().copied()
    }

    /// All columns that have this role.
    pub fn columns(&self, role: Role) -> Vec<&str> {
        let has = self.roles.iter().filter(|(other, ..)| *other == role);
        has.map(|(_, name, _)| name.as_str()).collect()
    }

    /// The role of a column.
    pub fn of(&self, column: &str) -> Option<Role> {
        let own = self.roles.iter().find(|(_, name, _)| name == column);
        own.map(|(role, ..)| *role)
    }

    /// Is every column that was named there, and does it hold what its role needs?
    ///
    /// # Errors
    /// [`Error::NoColumn`], and [`Error::WrongType`] where spend, recency, frequency or an answer does
    /// not hold numbers.
    pub fn check(&self, table: &DataFrame) -> Result<()> {
        for (role, name, _) in &self.roles {
            let column = column::find(table, name)?;
            let numbers = !matches!(role, Role::Name | Role::Group);
            if numbers && !column.dtype().is_primitive_numeric() {
                return Err(Error::WrongType {
                    column: name.clone(),
                    found: column.dtype().to_string(),
                    expected: format!("numbers, as its role is {role}"),
                });
            }
        }
        Ok(())
    }

    /// One row a role and column: `role`, `column` (null where no column has the role, or several
    /// may), `why`.
    pub fn tidy(&self) -> Result<DataFrame> {
        let mut rows: Vec<(Role, Option<&str>, String)> = Vec::new();
        for (role, _) in ROLES {
            let own = self.roles.iter().filter(|(other, ..)| *other == role);
            let before = rows.len();
            rows.extend(own.map(|(role, name, why)| (*role, Some(name.as_str()), why.clone())));
            if rows.len() > before {
                continue;
            }
            let open = self.open.iter().find(|(other, _)| *other == role);
            rows.push((
                role,
                None,
                match open {
                    Some((_, names)) => format!("it may be {}", names.join(" or ")),
                    None => "no column seems to have it".into(),
                },
            ));
        }
        Ok(df!(
            "role" => rows.iter().map(|row| row.0.to_string()).collect::<Vec<_>>(),
            "column" => rows.iter().map(|row| row.1).collect::<Vec<_>>(),
            "why" => rows.iter().map(|row| row.2.as_str()).collect::<Vec<_>>(),
        )?)
    }
}

/// What a column looks like.
struct Look<'a> {
    name: &'a str,
    parts: Vec<String>,
    is_text: bool,
    is_number: bool,
    is_whole: bool,
    n: usize,
    nulls: usize,
    different: usize,
    least: f64,
    most: f64,
}

impl<'a> Look<'a> {
    fn at(column: &'a Column) -> Result<Self> {
        let dtype = column.dtype();
        let is_number = dtype.is_primitive_numeric();
        let (mut least, mut most) = (f64::NAN, f64::NAN);
        if is_number && column.null_count() < column.len() {
            let floats = column.cast(&DataType::Float64)?;
            least = floats.f64()?.min().unwrap_or(f64::NAN);
            most = floats.f64()?.max().unwrap_or(f64::NAN);
        }
        let nulls = column.null_count();
        Ok(Look {
            name: column.name(),
            parts: parts(column.name()),
            is_text: *dtype == DataType::String,
            is_number,
            is_whole: dtype.is_integer(),
            n: column.len(),
            nulls,
            different: column.n_unique()? - usize::from(nulls > 0),
            least,
            most,
        })
    }

    /// The first of these words that its name has.
    fn says(&self, role: Role, words: &[&str]) -> Option<String> {
        // The single view's: visits to a shop are purchases, and those to a page are none.
        if role == Role::Frequency && self.name == "visits" {
            return Some(self.name.to_owned());
        }
        let joined = self.parts.concat();
        let has = |word: &&&str| {
            self.parts.iter().any(|part| part == **word)
                || (word.len() > 5 && joined.contains(**word))
        };
        words.iter().find(has).map(|word| (*word).to_owned())
    }

    fn can_be(&self, role: Role) -> bool {
        let each_another = self.different == self.n && self.nulls == 0 && self.n > 1;
        let is_flag =
            self.is_number && self.different <= 2 && self.least >= 0.0 && self.most <= 1.0;
        let amount = self.is_number && self.different > 2 && self.least >= 0.0;
        let other = self
            .parts
            .iter()
            .any(|part| NO_MONEY.contains(&part.as_str()));
        match role {
            Role::Name => each_another && (self.is_text || self.is_whole),
            Role::Spend => amount && !other && !each_another_whole(self, each_another),
            Role::Recency => amount,
            Role::Frequency => amount && self.is_whole,
            Role::Answer => is_flag,
            Role::Group => {
                !is_flag
                    && self.different <= CODES
                    && self.different * 2 <= self.n
                    && (self.is_text || self.is_whole)
            }
        }
    }
}

/// Whether it counts the customers, and measures nothing.
fn each_another_whole(look: &Look<'_>, each_another: bool) -> bool {
    each_another && look.is_whole && look.most - look.least == (look.n - 1) as f64
}

/// `MonthlyCharges`, `monthly_charges` and `Monthly Charges ($)` are monthly and charges.
pub(crate) fn parts(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut before_is_lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() {
            parts.push(String::new());
            before_is_lower = false;
            continue;
        }
        if c.is_uppercase() && before_is_lower {
            parts.push(String::new());
        }
        before_is_lower = c.is_lowercase();
        if let Some(part) = parts.last_mut() {
            part.extend(c.to_lowercase());
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}
