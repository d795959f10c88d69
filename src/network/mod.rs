//! Who brought whom, and what came of it?
//!
//! Members who were brought by members form trees. [`load`] reads a table of them, [`Network::of`] takes one;
//! what does not fit a tree is told in [`quality`](Network::quality), and each table that follows is of all
//! members:
//!
//! | question | answer |
//! |---|---|
//! | what is wrong with the table? | [`quality`](Network::quality) |
//! | how large, how deep, how much in few hands? | [`glance`](Network::glance) |
//! | which trees are there? | [`tidy`](Network::tidy), with the structural virality of each |
//! | whom has each member brought, directly and in the end? | [`augment`](Network::augment) |
//! | how many stand on each level, and do they buy? | [`levels`](Network::levels), [`downline`](Network::downline) |
//! | who brings the most, and what do those bring? | [`sponsors`](Network::sponsors) |
//! | does each brought member bring others? | [`cohorts`](Network::cohorts) |
//! | do brought members stay longer? | [`retention`](Network::retention) |
//!
//! All measures take time in proportion to the members.
//!
//! ```
//! use segmenta::prelude::*;
//!
//! let shop = simulate::Shop::new().customers(500).seed(2).generate()?;
//! let network = Network::of(&shop.members, "ent", "sponsor")?;
//! assert_eq!(network.augment()?.height(), shop.members.height());
//! # Ok::<(), Error>(())
//! ```

mod growth;
mod measures;
mod trees;

use std::collections::HashMap;
use std::path::Path;

use polars::prelude::*;

use crate::data::read::{Kind, Reader};
use crate::table::{calendar, column};
use crate::{Error, Result};
use trees::{NOBODY, Trees, rings};

/// Who brought whom? The trees of a table of members, and with [`bought`](Network::bought) and
/// [`joined`](Network::joined) what they bought and when they came.
///
/// ```
/// use segmenta::prelude::*;
///
/// let members = df!(
///     "member" => ["Ann", "Bob", "Cid", "Dee", "Eve"],
///     "brought_by" => [None, Some("Ann"), Some("Ann"), Some("Cid"), Some("Zoe")],
/// )?;
/// let network = Network::of(&members, "member", "brought_by")?;
/// let augmented = network.augment()?;
/// assert_eq!(augmented.column("recruits")?.u32()?.to_vec(), [2, 0, 1, 0, 0].map(Some));
/// assert_eq!(augmented.column("downline")?.u32()?.to_vec(), [3, 0, 1, 0, 0].map(Some));
/// // Cid stands between Dee and two others, Ann between Bob and two others.
/// assert_eq!(augmented.column("betweenness")?.u64()?.to_vec(), [2, 0, 2, 0, 0].map(Some));
/// // Nobody knows Zoe.
/// let quality = network.quality()?;
/// assert_eq!(table::number(&quality, "rows", 4)?, 1.0);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Network {
    /// The members, each once.
    members: DataFrame,
    names: StringChunked,
    trees: Trees,
    /// Who was brought by somebody, nobody knows by whom: the link was no one of a tree.
    cut: Vec<bool>,
    faults: Vec<Fault>,
    joined: Option<Vec<Option<i32>>>,
    bought: Option<Bought>,
}

/// Something that does not fit a tree.
#[derive(Clone, Debug)]
struct Fault {
    found: &'static str,
    rows: u64,
    example: Option<String>,
    done: &'static str,
}

/// What each member bought.
#[derive(Clone, Debug)]
struct Bought {
    visits: Vec<u64>,
    amount: Option<Vec<f64>>,
    active: Vec<bool>,
}

/// Reads a table of members from a file, as any table is read (see [`read`](crate::data::read)), with the column
/// of the members and that of who brought them.
///
/// # Errors
/// Those of [`Reader::read`] and [`Network::of`]; [`Error::Undecided`] where a column can be read in two ways:
/// then read it with a [`Reader`] of your own.
///
/// ```
/// use segmenta::prelude::*;
///
/// # let dir = std::env::temp_dir().join(format!("segmenta-network-{}", std::process::id()));
/// # std::fs::create_dir_all(&dir).unwrap();
/// # let file = dir.join("members.csv");
/// std::fs::write(&file, "id,sponsor\n1,\n2,1\n3,3\n").unwrap();
/// let network = network::load(&file, "id", "sponsor")?;
/// assert_eq!(table::number(&network.glance()?, "members", 0)?, 3.0);
/// # std::fs::remove_dir_all(&dir).unwrap();
/// # Ok::<(), Error>(())
/// ```
pub fn load(file: impl AsRef<Path>, member: &str, sponsor: &str) -> Result<Network> {
    let reader = Reader::new()
        .kind(member, Kind::Text)
        .kind(sponsor, Kind::Text);
    let read = reader.needs([member, sponsor]).read(file.as_ref())?;
    if !read.questions.is_empty() {
        return Err(Error::Undecided {
            file: file.as_ref().to_owned(),
            questions: read.questions,
        });
    }
    Network::of(&read.table, member, sponsor)
}

impl Network {
    /// The trees of a table of members: a row for each, the column with their name or number, and that with
    /// the name or number of who brought them, null for nobody.
    ///
    /// A link that cannot be one of a tree is cut, and the member stands at the top: to oneself, in a ring, to
    /// somebody who is not in the table (who may be the firm itself), or where two rows name two sponsors.
    /// [`quality`](Network::quality) counts them. Several rows of a member are one; where one of them names a sponsor,
    /// that counts. (The `recruits` of a [view](crate::data::single_view) are counted by rows, cut links among them.)
    ///
    /// # Errors
    /// [`Error::NoColumn`]; [`Error::TooFew`] where there is no member.
    pub fn of(members: &DataFrame, member: &str, sponsor: &str) -> Result<Self> {
        let own = column::names(members, member)?;
        let above = column::names(members, sponsor)?;
        let mut numbers: HashMap<&str, u32, foldhash::fast::RandomState> =
            HashMap::with_capacity_and_hasher(own.len(), Default::default());
        let mut rows: Vec<IdxSize> = Vec::with_capacity(own.len());
        let mut several: Vec<(u32, IdxSize)> = Vec::new();
        let mut nameless = Vec::new();
        for (row, name) in own.iter().enumerate() {
            let Some(name) = name else {
                nameless.push(row);
                continue;
            };
            let next = rows.len() as u32;
            match *numbers.entry(name).or_insert(next) {
                number if number == next => rows.push(row as IdxSize),
                number => several.push((number, row as IdxSize)),
            }
        }
        if rows.is_empty() {
            return Err(Error::TooFew {
                what: format!("members with a {member}"),
                found: 0,
                expected: "1 or more".into(),
            });
        }
        let mut faults = Vec::new();
        let mut fault = |found, example: Option<&str>, rows: usize, done| {
            faults.push(Fault {
                found,
                rows: rows as u64,
                example: example.map(str::to_owned),
                done,
            });
        };
        let name_of = |number: u32| own.get(rows[number as usize] as usize);
        let at_top = "they stand at the top";
        fault(
            "rows without a member",
            nameless.first().and_then(|row| above.get(*row)),
            nameless.len(),
            "left out",
        );
        fault(
            "rows of a member who has one already",
            several.first().and_then(|(number, _)| name_of(*number)),
            several.len(),
            "they are one member; the sponsor that is named counts",
        );
        // Of a member's rows the one that names a sponsor counts; two that name two say nothing.
        let mut sponsors: Vec<Option<&str>> =
            rows.iter().map(|row| above.get(*row as usize)).collect();
        let mut two: Vec<u32> = Vec::new();
        for (number, row) in &several {
            let own = &mut sponsors[*number as usize];
            match (*own, above.get(*row as usize)) {
                (Some(first), Some(other)) if first != other => two.push(*number),
                (None, other) => *own = other,
                _ => {}
            }
        }
        two.sort_unstable();
        two.dedup();
        let (mut themselves, mut strangers) = (Vec::new(), Vec::new());
        let mut up: Vec<u32> = Vec::with_capacity(rows.len());
        for (number, name) in sponsors.iter().enumerate() {
            let number = number as u32;
            let Some(name) = *name else {
                up.push(NOBODY);
                continue;
            };
            up.push(match numbers.get(name).copied() {
                Some(other) if other == number => {
                    themselves.push(number);
                    NOBODY
                }
                Some(other) => other,
                None => {
                    strangers.push(name);
                    NOBODY
                }
            });
        }
        two.iter().for_each(|number| up[*number as usize] = NOBODY);
        fault(
            "members whose rows name two sponsors",
            two.first().and_then(|number| name_of(*number)),
            two.len(),
            at_top,
        );
        fault(
            "members who brought themselves",
            themselves.first().and_then(|number| name_of(*number)),
            themselves.len(),
            at_top,
        );
        fault(
            "members whose sponsor is not in the table",
            most_frequent(&strangers),
            strangers.len(),
            at_top,
        );
        let ring = rings(&up);
        fault(
            "members in a ring of sponsors",
            ring.first().and_then(|number| name_of(*number)),
            ring.len(),
            at_top,
        );
        ring.iter().for_each(|number| up[*number as usize] = NOBODY);
        let named = sponsors.iter().map(Option::is_some);
        let cut = named
            .zip(&up)
            .map(|(named, up)| named && *up == NOBODY)
            .collect();

        let rows = IdxCa::from_vec("row".into(), rows);
        let names = own.take(&rows)?;
        Ok(Network {
            members: members.take(&rows)?,
            names,
            trees: Trees::new(up),
            cut,
            faults,
            joined: None,
            bought: None,
        })
    }

    /// With the day on which each joined: the name of a column of days or moments in the table of members.
    ///
    /// # Errors
    /// [`Error::NoColumn`], [`Error::WrongType`].
    pub fn joined(mut self, column: &str) -> Result<Self> {
        let joined = calendar::day_numbers(&self.members, column)?;
        let earlier: Vec<usize> = (0..joined.len())
            .filter(|member| {
                let above = self.trees.sponsor[*member];
                above != NOBODY
                    && matches!((joined[*member], joined[above as usize]), (Some(own), Some(above)) if own < above)
            })
            .collect();
        for (found, members, done) in [
            (
                "members who joined before their sponsor",
                earlier,
                "they stay; no cohort counts them as recruits",
            ),
            (
                "members without a day of joining",
                (0..joined.len())
                    .filter(|member| joined[*member].is_none())
                    .collect(),
                "they are in no cohort",
            ),
        ] {
            let example = members.first().and_then(|member| self.names.get(*member));
            let example = example.map(str::to_owned);
            self.faults.retain(|fault| fault.found != found);
            self.faults.push(Fault {
                found,
                rows: members.len() as u64,
                example,
                done,
            });
        }
        self.joined = Some(joined);
        Ok(self)
    }

    /// With what each bought: a view of the customers (see [`SingleView`](crate::data::single_view::SingleView))
    /// with `customer`, `visits`, `recency`, and `amount` where there is one. Who came within these last days
    /// is active.
    ///
    /// # Errors
    /// [`Error::NoColumn`], [`Error::WrongType`]; [`Error::TooFew`] where no customer is a member: the two
    /// tables name them in different ways then.
    pub fn bought(mut self, view: &DataFrame, active_days: u32) -> Result<Self> {
        let customers = column::names(view, "customer")?;
        let visits = column::numbers(view, "visits")?;
        let recency = column::numbers(view, "recency")?;
        let amount = match view.column("amount") {
            Ok(_) => Some(column::numbers(view, "amount")?),
            Err(_) => None,
        };
        let n = self.trees.len();
        let of = self.places(&customers);
        let mut bought = Bought {
            visits: vec![0; n],
            amount: amount.as_ref().map(|_| vec![0.0; n]),
            active: vec![false; n],
        };
        let mut strangers = Vec::new();
        for (row, name) in customers.iter().enumerate() {
            let Some(member) = of[row] else {
                strangers.push(name);
                continue;
            };
            bought.visits[member] += visits[row].map_or(0, |visits| visits as u64);
            bought.active[member] |=
                recency[row].is_some_and(|days| days <= f64::from(active_days));
            if let (Some(of), Some(amounts)) = (&mut bought.amount, &amount) {
                of[member] += amounts[row].unwrap_or(0.0);
            }
        }
        if strangers.len() == customers.len() {
            return Err(Error::TooFew {
                what: "customers of the view who are members".into(),
                found: 0,
                expected: "1 or more; the two tables may name them in different ways".into(),
            });
        }
        let never: Vec<usize> = (0..n)
            .filter(|member| bought.visits[*member] == 0)
            .collect();
        let example = never.first().and_then(|member| self.names.get(*member));
        let found = [
            (
                "buyers who are no members",
                strangers.len(),
                strangers.first().copied().flatten().map(str::to_owned),
                "left out of the network",
            ),
            (
                "members who never bought",
                never.len(),
                example.map(str::to_owned),
                "they count, with nothing bought",
            ),
        ];
        for (found, rows, example, done) in found {
            self.faults.retain(|fault| fault.found != found);
            self.faults.push(Fault {
                found,
                rows: rows as u64,
                example,
                done,
            });
        }
        self.bought = Some(bought);
        Ok(self)
    }

    /// What is odd about the members, and what was done? A row for each kind that was looked for: `found`,
    /// `rows`, `example` (the first of them; of unknown sponsors the most frequent), `done`.
    ///
    /// # Errors
    /// None but those of polars.
    pub fn quality(&self) -> Result<DataFrame> {
        let each = || self.faults.iter();
        Ok(df!(
            "found" => each().map(|fault| fault.found).collect::<Vec<_>>(),
            "rows" => each().map(|fault| fault.rows).collect::<Vec<_>>(),
            "example" => each().map(|fault| fault.example.as_deref()).collect::<Vec<_>>(),
            "done" => each().map(|fault| fault.done).collect::<Vec<_>>(),
        )?)
    }

    /// The number of the member of each name; none where it is that of no member.
    fn places(&self, names: &StringChunked) -> Vec<Option<usize>> {
        let mut numbers: HashMap<&str, usize, foldhash::fast::RandomState> =
            HashMap::with_capacity_and_hasher(self.trees.len(), Default::default());
        for (member, name) in self.names.iter().enumerate() {
            if let Some(name) = name {
                numbers.insert(name, member);
            }
        }
        let place = |name: Option<&str>| numbers.get(name?).copied();
        names.iter().map(place).collect()
    }

    /// The number of a member.
    fn member(&self, name: &str) -> Result<usize> {
        let place = self.names.iter().position(|own| own == Some(name));
        place.ok_or_else(|| Error::Parameter {
            name: "member",
            value: name.to_owned(),
            expected: "the name of a member of the network".into(),
        })
    }
}

fn most_frequent<'a>(names: &[&'a str]) -> Option<&'a str> {
    let mut sorted = names.to_vec();
    sorted.sort_unstable();
    // The first in the alphabet of those that are as frequent.
    let longest = sorted
        .chunk_by(|a, b| a == b)
        .rev()
        .max_by_key(|same| same.len());
    longest.and_then(|same| same.first()).copied()
}
