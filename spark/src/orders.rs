//! Which columns have which role, and what shape the bills have: by names, types and counts, as one machine decides it.

use segmenta::data::orders::{Loader, PRICE_KEYS, PRODUCT_KEYS, QUANTITY_KEYS, Role};
use segmenta::data::read;
use segmenta::table::sql;

use crate::cluster::{Cluster, FILE, Value, count, text};
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
    /// The names of the keys in lists of products: of the product, the quantity, the price.
    keys: Option<[String; 3]>,
    /// Whether lines say what one costs; where they do not, bills do.
    pub has_line_price: bool,
    /// Whether texts have other blanks around them than spaces.
    has_blanks: bool,
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
            has_line_price: false,
            has_blanks: false,
        };
        let mut questions = Vec::new();
        for (role, why) in words("role")?.into_iter().zip(words("why")?) {
            let (Some(role), Some(why)) = (role, why) else {
                continue;
            };
            let by_price = orders.has("price") && orders.has("product");
            let is_needed = match role.as_str() {
                "customer" | "time" => true,
                "amount" => !by_price,
                _ => false,
            };
            // What is open of these would change what a row is.
            let decides = ["bill", "product", "quantity", "price"].contains(&role.as_str());
            let is_open = why.starts_with("it may be");
            if !orders.has(&role) && (is_needed || decides && is_open) {
                let or = if decides {
                    format!(", or --without {role}")
                } else {
                    String::new()
                };
                questions.push(format!(
                    "which column is the {role} is open ({why}): --column {role}=YOUR_NAME{or}"
                ));
            }
        }
        if !questions.is_empty() {
            return Err(Failure(format!(
                "{}; there are {}",
                questions.join("; "),
                names.join(", ")
            )));
        }
        let said: Vec<String> = orders
            .columns
            .iter()
            .map(|own| format!("{} is {}", own.0, own.1))
            .collect();
        tell(format_args!("columns: {}", said.join(", ")));
        orders.find_blanks(cluster)?;
        if orders.has("product") {
            orders.shape = orders.shape_of(cluster)?;
        }
        orders.has_line_price = orders.shape == Shape::Lines && orders.has("price");
        Ok(orders)
    }

    pub fn has(&self, role: &str) -> bool {
        self.columns.iter().any(|own| own.0 == role)
    }

    /// Of each file by itself, and all the same.
    fn shape_of(&self, cluster: &Cluster) -> Result<Shape> {
        let product = self.word("product");
        let rows = cluster.rows(&format!(
            "select count({product}), count(case when left({product}, 1) in ('[', '{{') then 1 end) from files \
             group by `{FILE}` having count({product}) > 0"
        ))?;
        let mut shapes = rows
            .iter()
            .map(|row| match 2 * count(row, 1) > count(row, 0) {
                true => Shape::Lists,
                false => Shape::Lines,
            });
        let Some(shape) = shapes.next() else {
            return Ok(Shape::Totals);
        };
        match shapes.all(|own| own == shape) {
            true => Ok(shape),
            false => Err(Failure(
                "some files have lists of products, and others one product in each row: read them by themselves".into(),
            )),
        }
    }

    /// Which keys the lists of the table that is called `rows` have for a product and its quantity.
    pub fn find_keys(&mut self, cluster: &Cluster) -> Result {
        let counts = keys().map(|key| format!("sum(size(array_compact(list.{key})))"));
        let counts: Vec<String> = counts.collect();
        let rows = cluster.rows(&format!(
            "select {} from rows where list is not null",
            counts.join(", ")
        ))?;
        let met = |keys: &[&str], from: usize, what: &str| -> Result<Option<String>> {
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
                [] => Ok(None),
                [one] => Ok(Some((*one).to_owned())),
                several => Err(Failure(format!(
                    "the lists of products have {} for the {what}: which of them is meant is open",
                    several.join(" and ")
                ))),
            }
        };
        let product = met(&PRODUCT_KEYS, 0, "product")?;
        let quantity = met(&QUANTITY_KEYS, PRODUCT_KEYS.len(), "quantity")?;
        let price = met(
            &PRICE_KEYS,
            PRODUCT_KEYS.len() + QUANTITY_KEYS.len(),
            "price",
        )?;
        self.has_line_price = price.is_some();
        // Of keys that no list has, one is as good as another.
        let or = |met: Option<String>, keys: &[&str]| met.unwrap_or_else(|| keys[0].to_owned());
        self.keys = Some([
            or(product, &PRODUCT_KEYS),
            or(quantity, &QUANTITY_KEYS),
            or(price, &PRICE_KEYS),
        ]);
        self.spelled_otherwise(cluster)
    }

    /// An error where keys are written with other capitals: the cluster would not see them.
    fn spelled_otherwise(&self, cluster: &Cluster) -> Result {
        let product = self.word("product");
        let all = keys().collect::<Vec<_>>().join("|");
        let other = format!("regexp_replace({product}, '\"({all})\" *:', '')");
        let found = cluster.rows(&format!(
            "select min({product}) from files where {other} rlike '(?i)\"({all})\" *:'"
        ))?;
        match found.first().and_then(|row| text(row, 0)) {
            None => Ok(()),
            Some(list) => Err(Failure(format!(
                "a list of products has a key in other capitals, which the cluster does not see: {}; write keys as product, qty, price",
                list.chars().take(80).collect::<String>()
            ))),
        }
    }

    fn column(&self, role: &str) -> Option<(String, &str)> {
        let own = self.columns.iter().find(|own| own.0 == role);
        own.map(|(_, name, of_type)| (sql::name(name), of_type.as_str()))
    }

    /// The column of a role as words; null where there is none.
    fn word(&self, role: &str) -> String {
        let Some((name, of_type)) = self.column(role) else {
            return "cast(null as string)".into();
        };
        if is_fraction(of_type) {
            // 17850.0 is 17850, which another row without one has made a fraction.
            let own = format!("cast({name} as double)");
            return format!(
                "case when isnan({own}) then null when {own} = floor({own}) and abs({own}) < 9e15 \
                 then cast(cast({own} as bigint) as string) else cast({own} as string) end"
            );
        }
        let text = self.trimmed(&name);
        let nothing: Vec<String> = read::NOTHING.iter().map(|own| sql::text(own)).collect();
        format!(
            "case when {text} in ({}) then null else {text} end",
            nothing.join(", ")
        )
    }

    /// A text without the blanks around it.
    fn trimmed(&self, name: &str) -> String {
        match self.has_blanks {
            true => format!("btrim(cast({name} as string), {})", sql::text(&blanks())),
            false => format!("trim(cast({name} as string))"),
        }
    }

    /// Looks once whether any text has other blanks around it than spaces, which would cost each statement more.
    fn find_blanks(&mut self, cluster: &Cluster) -> Result {
        let texts = self.columns.iter().filter(|own| own.2 == "string");
        let odd: Vec<String> = texts
            .map(|own| {
                let name = sql::name(&own.1);
                format!(
                    "coalesce(trim({name}) rlike {}, false)",
                    sql::text(&odd_ends())
                )
            })
            .collect();
        if !odd.is_empty() {
            let asked = format!("select count_if({}) from files", odd.join(" or "));
            let found = cluster.rows(&asked)?;
            self.has_blanks = found.first().is_some_and(|row| count(row, 0) > 0);
        }
        Ok(())
    }

    /// The column of a role as numbers; what is none is null.
    fn number(&self, role: &str) -> String {
        let Some((name, of_type)) = self.column(role) else {
            return "cast(null as double)".into();
        };
        let own = match of_type {
            "string" => format!("try_cast({} as double)", self.word(role)),
            _ => format!("cast({name} as double)"),
        };
        match of_type == "string" || is_fraction(of_type) {
            true => format!("case when isnan({own}) then null else {own} end"),
            false => own,
        }
    }

    fn time(&self) -> String {
        let Some((name, of_type)) = self.column("time") else {
            return "cast(null as timestamp)".into();
        };
        if ["date", "timestamp", "timestamp_ntz"].contains(&of_type) {
            return format!("cast({name} as timestamp)");
        }
        let word = self.word("time");
        let day = format!(
            "concat(substr({word}, 1, 4), '-', substr({word}, 5, 2), '-', substr({word}, 7, 2))"
        );
        format!(
            "case when {word} rlike '^[0-9]{{8}}$' then try_cast({day} as timestamp) \
             when {word} rlike '^{DAY}({CLOCK}({ZONE})?)?$' then try_cast({word} as timestamp) end"
        )
    }

    /// Stops at texts that the cluster would read otherwise than they are meant: numbers with a comma, or with points that
    /// may stand between thousands, and signs of another encoding.
    pub fn check_texts(&self, cluster: &Cluster, is_decided: bool) -> Result {
        let texts = self.columns.iter().filter(|own| own.2 == "string");
        let words: Vec<&str> = texts.map(|own| own.0.as_str()).collect();
        if words.is_empty() {
            return Ok(());
        }
        let mut asked = vec![format!(
            "max(case when {} then 1 else 0 end)",
            words
                .iter()
                .map(|role| format!("coalesce({} like '%\u{FFFD}%', false)", self.word(role)))
                .collect::<Vec<_>>()
                .join(" or ")
        )];
        let numbers: Vec<&str> = words
            .iter()
            .copied()
            .filter(|role| is_number(role))
            .collect();
        for role in &numbers {
            let word = self.word(role);
            let thousands = "^[-+]?[0-9]{1,3}([.][0-9]{3})+$";
            asked.push(format!("max(case when {word} like '%,%' then {word} end)"));
            asked.push(format!(
                "max(case when {word} rlike '{thousands}' then {word} end)"
            ));
            asked.push(format!(
                "max(case when {word} like '%.%' and not {word} rlike '{thousands}' then 1 end)"
            ));
        }
        if words.contains(&"time") {
            let word = self.word("time");
            asked.push(format!(
                "max(case when {word} rlike '^{DAY}{CLOCK}{ZONE}$' then {word} end)"
            ));
            asked.push(format!(
                "max(case when {word} rlike '^{DAY}{CLOCK}$' then {word} end)"
            ));
        }
        let found = cluster.rows(&format!("select {} from files", asked.join(", ")))?;
        let Some(found) = found.first() else {
            return Ok(());
        };
        if found.get(0).and_then(Value::as_i64) == Some(1) {
            return Err(Failure(
                "there are signs that are not UTF-8: convert the files before, as `iconv -f cp1252 -t utf-8` does".into(),
            ));
        }
        let zones = 1 + 3 * numbers.len();
        if let (Some(with), Some(without)) = (text(found, zones), text(found, zones + 1)) {
            return Err(Failure(format!(
                "some moments say in which zone their clock is ({with}), and others do not ({without}): what these are is open"
            )));
        }
        for (place, role) in numbers.iter().enumerate() {
            let [comma, thousands, plain] = [1, 2, 3].map(|own| 3 * place + own);
            if let Some(number) = text(found, comma) {
                return Err(Failure(format!(
                    "{role} has numbers with a comma, such as {number}: the cluster reads a point before decimals only, and \
                     nothing between thousands. `segmenta read` reads such a file on one machine"
                )));
            }
            if let (Some(number), None, false) = (
                text(found, thousands),
                found.get(plain).and_then(Value::as_i64),
                is_decided,
            ) {
                return Err(Failure(format!(
                    "the {role} {number} may be thousands, or have decimals: --decimal-point where it has decimals"
                )));
            }
        }
        Ok(())
    }

    /// What the statements of bills leave open.
    pub fn values(&self, is_period: bool) -> Vec<(&'static str, String)> {
        let [product_key, quantity_key, price_key] = self.keys.clone().unwrap_or_default();
        let time = self.time();
        let mut faults = format!(
            "when {time} is null then 'time: a day or a moment, such as 2022-01-31' \
             when year({time}) not between 1 and 9999 then 'time: a day of the years 1 to 9999'"
        );
        for (role, _, of_type) in self.columns.iter().filter(|own| is_number(&own.0)) {
            let number = self.number(role);
            if of_type == "string" {
                faults += &format!(
                    " when {} is not null and {number} is null then '{role}: a number'",
                    self.word(role)
                );
            }
            if of_type == "string" || is_fraction(of_type) {
                faults += &format!(
                    " when abs({number}) > 1.7976931348623157E308D then '{role}: a number with an end'"
                );
            }
        }
        let has_bill = self.has("bill");
        // Numbers of bills begin again in each file.
        let grouped = if has_bill {
            "file, bill, customer"
        } else {
            "file, customer, time"
        };
        let of_group = if has_bill {
            "coalesce(hex(bill), '-'), coalesce(hex(customer), '-')"
        } else {
            "coalesce(hex(customer), '-'), cast(time as string)"
        };
        // A row without this is a bill by itself, as each row of totals is that have no numbers of bills.
        let named = match has_bill || self.shape == Shape::Totals {
            true => "bill",
            false => "customer",
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
                "cast(case when {named} is null then time else min(time) over (partition by {grouped}) end as date)"
            ),
            false => "cast(time as date)".into(),
        };
        vec![
            ("bill", self.word("bill")),
            ("customer", self.word("customer")),
            ("time", time),
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
            ("product_keys", PRODUCT_KEYS.join("|")),
            ("odd_quantity", odd(&quantity_key)),
            ("odd_price", odd(&price_key)),
            ("product_key", product_key),
            ("quantity_key", quantity_key),
            ("price_key", price_key),
            (
                "number",
                format!("concat_ws(' ', cast(file as string), {of_group})"),
            ),
            ("faults", faults),
            ("grouped", grouped.into()),
            ("named", named.into()),
            ("line_day", line_day),
        ]
    }
}

/// The names of the keys of products, of quantities, and of prices.
fn keys() -> impl Iterator<Item = &'static str> {
    PRODUCT_KEYS
        .into_iter()
        .chain(QUANTITY_KEYS)
        .chain(PRICE_KEYS)
}

/// A day, the clock behind it, and its zone, as texts.
const DAY: &str = "[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}";
const CLOCK: &str = "[ T][0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?";
const ZONE: &str = " ?(Z|UTC|[-+][0-9]{2}(:?[0-9]{2})?)";

/// The signs that stand for nothing around a word: all blanks there are.
fn blanks() -> String {
    let all = (0u32..=0x3000).filter_map(char::from_u32);
    all.filter(|sign| sign.is_whitespace()).collect()
}

/// A pattern for texts that begin or end with one of those that is no space.
fn odd_ends() -> String {
    let all = blanks().replace(' ', "");
    format!("^[{all}]|[{all}]$")
}

/// Whether one of the numbers of a list is none, or has no end.
fn odd(key: &str) -> String {
    let all = format!("try_cast(list.{key} as array<double>)");
    let ends = ["array_min", "array_max"].map(|end| {
        let end = format!("coalesce({end}({all}), 0D)");
        format!("isnan({end}) or abs({end}) > 1.7976931348623157E308D")
    });
    ends.join(" or ")
}

fn is_number(role: &str) -> bool {
    ["quantity", "price", "amount", "discount", "paid"].contains(&role)
}

/// Whether a type has places behind the point.
fn is_fraction(of_type: &str) -> bool {
    let is_decimal = of_type.starts_with("decimal") && !of_type.replace(' ', "").ends_with(",0)");
    ["double", "float"].contains(&of_type) || is_decimal
}

/// A role and its column, as in customer=CustomerID.
pub fn column(text: &str) -> std::result::Result<(Role, String), String> {
    let (role, column) = text.split_once('=').ok_or("write it as role=column")?;
    Ok((role.parse()?, column.to_owned()))
}
