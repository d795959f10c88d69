//! Who is a member, and who brought them.

use polars::prelude::*;
use rand::Rng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::bill::{self, Buyer};
use crate::Result;

/// Shares of all members: who never buys, and who came by themselves.
const NEVER: f64 = 0.3;
const ALONE: f64 = 0.2;
/// Of a thousand buyers so many are not in the table.
const MISSING: f64 = 10.0;

pub(super) struct Members {
    pub table: DataFrame,
    /// Of each customer who brought them.
    pub sponsors: Vec<Option<String>>,
}

struct Member {
    number: u32,
    joined: i32,
    buyer: Option<usize>,
}

/// A member of every buyer and some more; each was brought by one who had joined before.
pub(super) fn members(rng: &mut Xoshiro256PlusPlus, buyers: &[Buyer]) -> Result<Members> {
    let mut members: Vec<Member> = buyers
        .iter()
        .enumerate()
        .map(|(buyer, own)| Member {
            number: own.customer,
            joined: own.first,
            buyer: Some(buyer),
        })
        .collect();
    let more = (buyers.len() as f64 * NEVER / (1.0 - NEVER)).round() as usize;
    let first = buyers.iter().map(|own| own.first).min().unwrap_or(0);
    let last = buyers.iter().map(|own| own.first).max().unwrap_or(first);
    for place in 0..more {
        members.push(Member {
            number: (buyers.len() + place) as u32,
            joined: rng.gen_range(first..=last),
            buyer: None,
        });
    }
    members.sort_by_key(|member| (member.joined, member.number));
    let mut sponsors: Vec<Option<usize>> = Vec::with_capacity(members.len());
    for place in 0..members.len() {
        let sponsor = match place {
            0 => None,
            _ if rng.gen_bool(ALONE) => None,
            _ => {
                let other = rng.gen_range(0..place);
                // Who has brought some brings more: half of the time it is the other's sponsor.
                match sponsors[other] {
                    Some(above) if rng.gen_bool(0.5) => Some(above),
                    _ => Some(other),
                }
            }
        };
        sponsors.push(sponsor);
    }
    let name = |place: usize| bill::name(members[place].number);
    let mut of_buyers = vec![None; buyers.len()];
    for (place, member) in members.iter().enumerate() {
        if let Some(buyer) = member.buyer {
            of_buyers[buyer] = sponsors[place].map(name);
        }
    }
    let kept: Vec<usize> = (0..members.len())
        .filter(|place| members[*place].buyer.is_none() || !rng.gen_bool(MISSING / 1000.0))
        .collect();
    let date = Column::new(
        "joined".into(),
        kept.iter()
            .map(|place| members[*place].joined)
            .collect::<Vec<_>>(),
    );
    let date = date.cast(&DataType::Date)?;
    let status = |place: &usize| match members[*place].number % 20 {
        0 => "staff",
        1..=4 => "distributor",
        _ => "member",
    };
    let table = df!(
        "ent" => kept.iter().map(|place| name(*place)).collect::<Vec<_>>(),
        "original_status" => kept.iter().map(status).collect::<Vec<_>>(),
        "join_month" => date.as_materialized_series().month()?,
        "join_year" => date.as_materialized_series().year()?,
        "sponsor" => kept.iter().map(|place| sponsors[*place].map(name)).collect::<Vec<_>>(),
    )?;
    Ok(Members {
        table,
        sponsors: of_buyers,
    })
}
