//! `segmenta view`: from bills to one row for each customer.

use std::path::PathBuf;

use clap::Args;
use segmenta::Error;
use segmenta::data::orders::{Orders, Parts};
use segmenta::data::read::{Kind, Reader};
use segmenta::prelude::*;

use crate::bills::Bills;
use crate::{Failure, Result, say, tell};

#[derive(Args)]
#[command(after_help = "\
Examples:
  segmenta view 2021.csv 2022.csv --out view.parquet
  segmenta view lines.csv --column customer=CustomerID --reject --out view.csv
  segmenta view 2022.csv --from 2022-01-01 --before 2022-07-01 --out half.parquet
  segmenta segment view.parquet --k auto --out spring

What is odd about the bills is listed; rows that do not fit go beside the view, as view.rejects.csv.")]
pub struct Arguments {
    #[command(flatten)]
    bills: Bills,
    /// The file for the view: .parquet or .csv
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Only bills from this day on
    #[arg(long, value_name = "DAY", requires = "before")]
    from: Option<String>,
    /// Only bills before this day; the view is of this day
    #[arg(long, value_name = "DAY", requires = "from")]
    before: Option<String>,
    /// The table of members, for how many each has brought
    #[arg(long, value_name = "FILE", requires_all = ["member", "sponsor"])]
    members: Option<PathBuf>,
    /// Its column with the member
    #[arg(long, value_name = "COLUMN", requires = "members")]
    member: Option<String>,
    /// Its column with the one who brought them
    #[arg(long, value_name = "COLUMN", requires = "members")]
    sponsor: Option<String>,
    /// Go through the bills in so many parts, each with all bills of some customers, which lie beside the file
    /// meanwhile; without it as many as memory asks for. A run that was killed leaves them until the next one
    #[arg(long, value_name = "NUMBER")]
    parts: Option<usize>,
    /// Replace the file where it is there already
    #[arg(long)]
    replace: bool,
}

/// So many bills are looked at and summed at the same time.
const BESIDE: usize = 8_000_000;

/// What is told of the bills.
struct Told {
    found: DataFrame,
    gaps: DataFrame,
    view: DataFrame,
    rejects: DataFrame,
}

/// All bills lie in memory.
fn at_once<'a>(orders: &'a Orders, mut view: SingleView<'a>) -> Result<Told> {
    if orders.lines.height() > 0 {
        view = view.lines(&orders.lines);
    }
    // Both walk through all bills. Beside each other they take as long as one, and the memory of two.
    let (found, view) = match orders.bills.height() <= BESIDE {
        true => std::thread::scope(|scope| {
            let found = scope.spawn(|| quality::bills(orders));
            let view = view.of(&orders.bills);
            let found = found.join().unwrap_or_else(|_| quality::bills(orders));
            (found, view)
        }),
        false => (quality::bills(orders), view.of(&orders.bills)),
    };
    Ok(Told {
        found: found?,
        gaps: quality::gaps(&orders.bills)?,
        view: view?,
        rejects: orders.rejects.clone(),
    })
}

/// One part after the other lies in memory, or two beside each other.
fn in_parts(parts: &Parts, view: &SingleView<'_>) -> Result<Told> {
    let (found, view) = std::thread::scope(|scope| {
        let found = scope.spawn(|| quality::bills_in_parts(parts));
        let view = view.in_parts(parts);
        let found = found
            .join()
            .unwrap_or_else(|_| quality::bills_in_parts(parts));
        (found, view)
    });
    Ok(Told {
        found: found?,
        gaps: quality::gaps_in_parts(parts)?,
        view: view?,
        rejects: parts.rejects.clone(),
    })
}

pub fn view(arguments: &Arguments) -> Result {
    let out = &arguments.out;
    let is_csv = match out.extension().and_then(|ending| ending.to_str()) {
        Some("csv") => true,
        Some("parquet") => false,
        _ => {
            return Err(Failure::from(Error::Parameter {
                name: "--out",
                value: out.display().to_string(),
                expected: "a name that ends in .parquet or .csv".into(),
            }));
        }
    };
    let existing = if arguments.replace {
        Existing::Replace
    } else {
        Existing::Keep
    };
    let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty());
    let name = out
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or("view")
        .to_owned();
    let rejects = format!(
        "{}.rejects.csv",
        name.rsplit_once('.')
            .map_or(name.as_str(), |(stem, _)| stem)
    );
    let folder = export::Folder::new(
        parent.unwrap_or(std::path::Path::new(".")),
        [name.as_str(), rejects.as_str()],
        existing,
    )?;

    let members = match &arguments.members {
        Some(file) => {
            let (member, sponsor) = (arguments.member.as_deref(), arguments.sponsor.as_deref());
            let (member, sponsor) = (member.unwrap_or_default(), sponsor.unwrap_or_default());
            let reader = Reader::new()
                .kind(member, Kind::Text)
                .kind(sponsor, Kind::Text);
            let table = reader.needs([member, sponsor]).read(file)?.table;
            Some((table, member, sponsor))
        }
        None => None,
    };
    let mut view = SingleView::new();
    if let (Some(from), Some(before)) = (&arguments.from, &arguments.before) {
        view = view.between(from, before);
    }
    if let Some((table, member, sponsor)) = &members {
        view = view.members(table, member, sponsor);
    }
    let parts = match arguments.parts {
        Some(parts) => parts,
        None => arguments.bills.parts_needed()?,
    };
    let Told {
        found,
        gaps,
        view,
        rejects: rejected,
    } = match parts {
        1 => at_once(&arguments.bills.load()?, view)?,
        parts => in_parts(&arguments.bills.in_parts(parts, &folder.path(""))?, &view)?,
    };
    let found = found.lazy().filter(col("rows").gt(lit(0))).collect()?;
    say(format_args!(
        "What is odd about the bills\n{}",
        found.text()
    ))?;
    if gaps.height() > 0 {
        say(format_args!(
            "When there are no bills, where there should be some\n{}",
            gaps.text()
        ))?;
    }
    say(format_args!(
        "{} customers, {} columns: {}",
        view.height(),
        view.width(),
        view.get_column_names()
            .iter()
            .map(|name| name.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    ))?;
    if let Ok(recruits) = view.column("recruits")
        && recruits.null_count() > 0
    {
        tell(format_args!(
            "{} customers are not in the table of members",
            recruits.null_count()
        ));
    }
    match is_csv {
        true => export::csv(&view, folder.path(&name), Existing::Keep)?,
        false => export::parquet(&view, folder.path(&name), Existing::Keep)?,
    }
    if rejected.height() > 0 {
        export::csv(&rejected, folder.path(&rejects), Existing::Keep)?;
        tell(format_args!("rows that do not fit: {rejects}"));
    }
    folder.finish()?;
    tell(format_args!("wrote {}", out.display()));
    Ok(())
}
