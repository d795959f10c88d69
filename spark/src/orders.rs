//! Which columns have which role, and what shape the bills have: by names, types and counts, as one machine decides it.

use segmenta::data::orders::{Loader, PRODUCT_KEYS, QUANTITY_KEYS, Role};
use segmenta::data::read;
use segmenta::table::sql;

use crate::cluster::{Cluster, FILE, Value};
use crate::{Failure, Result, tell};

/// What a row of the files is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A bill with a list of products as JSON.
    Lists,
    /// A line of a bill.
    Lines,
    /// A bill, or a part of one, without products.
    Totals,
}

/// The columns of the files by their roles.
pub struct Orders {
    /// The role's name, the column, and its type.
    columns: Vec<(String, String, String)>,
    pub shape: Shape,
    /// The names of the keys in lists of products.
    keys: Option<(String, String)>,
}

impl Orders {
    /// Of the table that is called `files`.
    pub fn find(cluster: &Cluster, columns: &[(String, String)], loader: &Loader) -> Result<Self> {
        let names = columns.iter().map(|own| own.0.clone());
        let names: Vec<String> = names.filter(|name| name != FILE).collect();
        let proposed = loader.propose_names(&names)?;
        let words = |name: &str| -> Result<Vec<Option<String>>> {
            let column = proposed.column(name).map_err(segmenta::Error::from)?;
            let column = column.str().map_err(segmenta::Error::from)?;
            Ok(column.iter().map(|own| own.map(str::to_owned)).collect())
        };
        let mut own = Vec::new();
        for (role, name) in words("role")?.into_iter().zip(words("in_file")?) {
            let (Some(role), Some(name)) = (role, name) else {
                continue;
            };
            let of_type = columns.iter().find(|(other, _)| *other == name);
            let of_type = of_type.map_or(String::new(), |own| own.1.to_lowercase());
            own.push((role, name, of_type));
        }
        let mut orders = Orders {
            columns: own,
            shape: Shape::Totals,
            keys: None,
        };
        for (role, how) in [
            ("customer", "customer=YOUR_NAME"),
            ("time", "time=YOUR_NAME"),
        ] {
            if !orders.has(role) {
                return Err(Failure(format!(
                    "which column is the {role} is open: --column {how}; there are {}",
                    names.join(", ")
                )));
            }
        }
        let by_price = orders.has("price") && orders.has("product");
        if !(orders.has("amount") || by_price) {
            return Err(Failure(
                "which column has the amount is open: --column amount=YOUR_NAME".into(),
            ));
        }
        let said: Vec<String> = orders
            .columns
            .iter()
            .map(|own| format!("{} is {}", own.0, own.1))
            .collect();
        tell(format_args!("columns: {}", said.join(", ")));
        if orders.has("product") {
            orders.shape = orders.shape_of(cluster)?;
        }
        Ok(orders)
    }

    pub fn has(&self, role: &str) -> bool {
        self.columns.iter().any(|own| own.0 == role)
    }

    fn shape_of(&self, cluster: &Cluster) -> Result<Shape> {
        let product = self.word("product");
        let rows = cluster.rows(&format!(
            "select count({product}), count(case when left({product}, 1) in ('[', '{{') then 1 end) from files"
        ))?;
        let count = |place: usize| {
            rows.first()
                .and_then(|row| row.get(place))
                .and_then(Value::as_i64)
                .unwrap_or(0)
        };
        Ok(match (count(0), 2 * count(1) > count(0)) {
            (0, _) => Shape::Totals,
            (_, true) => Shape::Lists,
            (_, false) => Shape::Lines,
        })
    }

    /// Which keys the lists of the table that is called `rows` have for a product and its quantity.
    pub fn find_keys(&mut self, cluster: &Cluster) -> Result {
        let counts = keys().map(|key| format!("sum(size(array_compact(list.{key})))"));
        let counts: Vec<String> = counts.collect();
        let rows = cluster.rows(&format!(
            "select {} from rows where list is not null",
            counts.join(", ")
        ))?;
        let met = |keys: &[&str], from: usize, what: &str| -> Result<String> {
            let met: Vec<&str> = keys
                .iter()
                .enumerate()
                .filter(|(place, _)| {
                    let n = rows
                        .first()
                        .and_then(|row| row.get(from + place))
                        .and_then(Value::as_i64);
                    n.unwrap_or(0) > 0
                })
                .map(|own| *own.1)
                .collect();
            match met.as_slice() {
                [] => Ok(keys[0].to_owned()),
                [one] => Ok((*one).to_owned()),
                several => Err(Failure(format!(
                    "the lists of products have {} for the {what}: which of them is meant is open",
                    several.join(" and ")
                ))),
            }
        };
        let product = met(&PRODUCT_KEYS, 0, "product")?;
        let quantity = met(&QUANTITY_KEYS, PRODUCT_KEYS.len(), "quantity")?;
        self.keys = Some((product, quantity));
        Ok(())
    }

    /// The column of a role as words; null where there is none.
    fn word(&self, role: &str) -> String {
        let Some((_, name, of_type)) = self.columns.iter().find(|own| own.0 == role) else {
            return "cast(null as string)".into();
        };
        let name = sql::name(name);
        let text = match ["double", "float"].contains(&of_type.as_str()) {
            // 17850.0 is 17850, which another row without one has made a fraction.
            true => format!("cast(cast({name} as bigint) as string)"),
            false => format!("trim(cast({name} as string))"),
        };
        let nothing: Vec<String> = read::NOTHING.iter().map(|own| sql::text(own)).collect();
        format!(
            "case when {text} in ({}) then null else {text} end",
            nothing.join(", ")
        )
    }

    fn number(&self, role: &str) -> String {
        match self.has(role) {
            true => format!("try_cast({} as double)", self.word_of_number(role)),
            false => "cast(null as double)".into(),
        }
    }

    fn word_of_number(&self, role: &str) -> String {
        match self.columns.iter().find(|own| own.0 == role) {
            Some((_, name, of_type)) if of_type != "string" => sql::name(name),
            _ => self.word(role),
        }
    }

    fn time(&self) -> String {
        let (_, name, of_type) = match self.columns.iter().find(|own| own.0 == "time") {
            Some(own) => own,
            None => return "cast(null as timestamp)".into(),
        };
        match of_type.as_str() {
            "string" => format!("try_cast({} as timestamp)", self.word("time")),
            _ => format!("cast({} as timestamp)", sql::name(name)),
        }
    }

    /// What the statements of bills leave open.
    pub fn values(&self, is_period: bool) -> Vec<(&'static str, String)> {
        let (product_key, quantity_key) = self.keys.clone().unwrap_or_default();
        let mut faults = format!(
            "when {} is null then 'time: a day or a moment'",
            self.time()
        );
        for (role, _, of_type) in &self.columns {
            let is_number =
                ["quantity", "price", "amount", "discount", "paid"].contains(&role.as_str());
            if is_number && of_type == "string" {
                faults += &format!(
                    " when {} is not null and {} is null then '{role}: a number'",
                    self.word(role),
                    self.number(role)
                );
            }
        }
        let has_bill = self.has("bill");
        let grouped = if has_bill {
            "bill, customer"
        } else {
            "customer, time"
        };
        let quantity = match self.has("quantity") {
            true => self.number("quantity"),
            false => "1D".into(),
        };
        let line_amount = match self.has("amount") {
            true => self.number("amount"),
            false => format!("{} * {quantity}", self.number("price")),
        };
        // A bill is of the day on which it begins.
        let line_day = match is_period {
            true => format!(
                "cast(case when {} is null then time else min(time) over (partition by {grouped}) end as date)",
                if has_bill { "bill" } else { "customer" }
            ),
            false => "cast(time as date)".into(),
        };
        vec![
            ("bill", self.word("bill")),
            ("customer", self.word("customer")),
            ("time", self.time()),
            ("product", self.word("product")),
            (
                "quantity",
                if self.shape == Shape::Lines {
                    quantity
                } else {
                    self.number("quantity")
                },
            ),
            ("price", self.number("price")),
            ("amount", self.number("amount")),
            ("line_amount", line_amount),
            ("discount", self.number("discount")),
            ("paid", self.number("paid")),
            ("channel", self.word("channel")),
            ("centre", self.word("centre")),
            (
                "keys",
                keys()
                    .map(|key| format!("{key}:string"))
                    .collect::<Vec<_>>()
                    .join(","),
            ),
            ("product_key", product_key),
            ("quantity_key", quantity_key),
            ("faults", faults),
            ("grouped", grouped.into()),
            ("named", if has_bill { "bill" } else { "customer" }.into()),
            ("line_day", line_day),
        ]
    }
}

/// The names of the keys of products, and of quantities.
fn keys() -> impl Iterator<Item = &'static str> {
    PRODUCT_KEYS.into_iter().chain(QUANTITY_KEYS)
}

/// A role and its column, as in customer=CustomerID.
pub fn column(text: &str) -> std::result::Result<(Role, String), String> {
    let (role, column) = text.split_once('=').ok_or("write it as role=column")?;
    Ok((role.parse()?, column.to_owned()))
}
