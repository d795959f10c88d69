//! Trees of members, in pictures that stay readable with half a million of them.

use polars::prelude::*;
use serde_json::{Value, json};

use super::{COLOURS, Figure, GREY};
use crate::network::Network;
use crate::table::column;
use crate::table::display::count;
use crate::{Error, Result};

/// Members of a drawing with dots and lines, at most.
const MOST_DOTS: usize = 300;

/// Under whom do the members stand?
///
/// All members, the eight largest trees below them, and in each the five largest branches, twice over; what is
/// smaller is one block, `others`. A block is as wide as it has members. The table behind it: `part`, `of` (the
/// block above it), `member` (null for several), `members` and their `share` of all.
///
/// # Errors
/// None but those of polars.
///
/// ```
/// use segmenta::prelude::*;
///
/// let members = df!("id" => ["a", "b", "c"], "sponsor" => [None, Some("a"), None])?;
/// let figure = plot::icicle(&Network::of(&members, "id", "sponsor")?)?;
/// assert!(figure.text().contains("The largest tree, that of a, has 2 of 3 members"));
/// # Ok::<(), Error>(())
/// ```
pub fn icicle(network: &Network) -> Result<Figure> {
    let parts = network.largest(&[8, 5, 5])?;
    let (part, of) = (parts.column("part")?.u32()?, parts.column("of")?.u32()?);
    let member = parts.column("member")?.str()?;
    let (members, share) = (
        column::numbers(&parts, "members")?,
        column::numbers(&parts, "share")?,
    );
    let label = |row: usize| match (row, member.get(row)) {
        (0, _) => "all members".to_owned(),
        (_, Some(member)) => member.to_owned(),
        (_, None) => "others".to_owned(),
    };
    let labels: Vec<String> = (0..parts.height()).map(label).collect();
    let hover: Vec<String> = (0..parts.height())
        .map(|row| {
            let members = count(members[row].unwrap_or(0.0) as usize);
            let share = 100.0 * share[row].unwrap_or(0.0);
            match member.get(row) {
                Some(name) => format!("{name} and all below: {members} members ({share:.1} %)"),
                None => format!("{}: {members} members ({share:.1} %)", labels[row]),
            }
        })
        .collect();
    // The colour of a tree goes on below it.
    let mut colours: Vec<&str> = Vec::with_capacity(parts.height());
    for row in 0..parts.height() {
        colours.push(match of.get(row) {
            None => "#e5e5e5",
            Some(0) if member.get(row).is_none() => GREY,
            Some(0) => COLOURS[(row - 1) % (COLOURS.len() - 1)],
            Some(above) => colours[above as usize],
        });
    }
    let trace = json!({
        "type": "icicle", "ids": part.iter().flatten().map(|part| part.to_string()).collect::<Vec<_>>(),
        "parents": of.iter().map(|of| of.map_or(String::new(), |of| of.to_string())).collect::<Vec<_>>(),
        "labels": labels, "values": members, "branchvalues": "total", "sort": false,
        "tiling": {"orientation": "v"}, "hovertext": hover, "hoverinfo": "text",
        "marker": {"colors": colours, "line": {"color": "#ffffff", "width": 1}},
        "pathbar": {"visible": false},
    });
    let largest = (1..parts.height()).find(|row| member.get(*row).is_some());
    let words = largest.map_or(String::new(), |row| {
        format!(
            "The largest tree, that of {}, has {} of {} members ({:.1} %).",
            labels[row],
            count(members[row].unwrap_or(0.0) as usize),
            count(members[0].unwrap_or(0.0) as usize),
            100.0 * share[row].unwrap_or(0.0),
        )
    });
    Ok(Figure::new(vec![trace], parts, words)
        .title("Under whom do the members stand?")
        .subtitle(
            "width: members of a branch, with all who stand below; press a block to look into it",
        ))
}

/// How many stand on each level, and how many of them buy?
///
/// From the table of [`Network::levels`] or [`Network::downline`], which is behind the picture too.
///
/// # Errors
/// [`Error::NoColumn`], [`Error::WrongType`].
///
/// ```
/// use segmenta::prelude::*;
///
/// let members = df!("id" => ["a", "b", "c"], "sponsor" => [None, Some("a"), None])?;
/// let levels = Network::of(&members, "id", "sponsor")?.levels(0.95)?;
/// assert!(plot::levels(&levels)?.text().contains("level 0 has the most members, 2"));
/// # Ok::<(), Error>(())
/// ```
pub fn levels(levels: &DataFrame) -> Result<Figure> {
    let level = column::numbers(levels, "level")?;
    let mut traces = Vec::new();
    for (place, name) in ["members", "buyers", "active"].into_iter().enumerate() {
        if place > 0 && levels.column(name).is_err() {
            continue;
        }
        let values = column::numbers(levels, name)?;
        let hover: Vec<String> = level
            .iter()
            .zip(&values)
            .map(|(level, value)| {
                let (level, value) = (level.unwrap_or(0.0), value.unwrap_or(0.0));
                format!("level {level}: {} {name}", count(value as usize))
            })
            .collect();
        traces.push(json!({
            "type": "bar", "name": name, "x": level, "y": values, "hovertext": hover, "hoverinfo": "text",
            "marker": {"color": COLOURS[place]},
        }));
    }
    let members = column::numbers(levels, "members")?;
    let most = (0..members.len()).max_by(|a, b| {
        let of = |row: usize| members[row].unwrap_or(0.0);
        of(*a).total_cmp(&of(*b)).then(b.cmp(a))
    });
    let words = most.map_or("There is nobody.".to_owned(), |row| {
        format!(
            "Of {} levels level {} has the most members, {}.",
            members.len(),
            level[row].unwrap_or(0.0),
            count(members[row].unwrap_or(0.0) as usize)
        )
    });
    let several = traces.len() > 1;
    Ok(Figure::new(traces, levels.clone(), words)
        .title("How many stand on each level, and do they buy?")
        .x_axis("level (members above)")
        .y_axis("members")
        .with("/layout/showlegend", json!(several))
        .with(
            "/layout/xaxis/dtick",
            json!(if level.len() > 30 { 5 } else { 1 }),
        ))
}

/// Who brings the most, and what do those bring?
///
/// A bar for each row of [`Network::sponsors`]: recruits, whom these brought, and who stands further below. The
/// table is behind the picture too.
///
/// # Errors
/// [`Error::NoColumn`], [`Error::WrongType`]; [`Error::Parameter`] where there are more than 50 rows.
///
/// ```
/// use segmenta::prelude::*;
///
/// let members = df!("id" => ["a", "b", "c"], "sponsor" => [None, Some("a"), Some("b")])?;
/// let sponsors = Network::of(&members, "id", "sponsor")?.sponsors(10)?;
/// assert!(plot::sponsors(&sponsors)?.text().contains("a brought 1, these 1, and 0 stand further below"));
/// # Ok::<(), Error>(())
/// ```
pub fn sponsors(sponsors: &DataFrame) -> Result<Figure> {
    const MOST: usize = 50;
    if sponsors.height() > MOST {
        return Err(Error::Parameter {
            name: "sponsors",
            value: format!("{} rows", sponsors.height()),
            expected: format!("{MOST} at most"),
        });
    }
    let names = column::labels(sponsors, "member")?;
    let of = |name: &str| -> Result<Vec<f64>> {
        let values = column::numbers(sponsors, name)?;
        Ok(values
            .into_iter()
            .map(|value| value.unwrap_or(0.0))
            .collect())
    };
    let (recruits, second, downline) = (of("recruits")?, of("second")?, of("downline")?);
    let further: Vec<f64> = (0..names.len())
        .map(|row| downline[row] - recruits[row] - second[row])
        .collect();
    let series = [
        ("recruits", &recruits),
        ("recruits of recruits", &second),
        ("further below", &further),
    ];
    let traces: Vec<Value> = series
        .into_iter()
        .enumerate()
        .map(|(place, (name, values))| {
            json!({
                "type": "bar", "orientation": "h", "name": name, "y": names, "x": values,
                "hovertemplate": format!("%{{y}}: %{{x:,}} {name}<extra></extra>"),
                "marker": {"color": COLOURS[place]},
            })
        })
        .collect();
    let told: Vec<String> = (0..names.len().min(3))
        .map(|row| {
            format!(
                "{} brought {}, these {}, and {} stand further below",
                names[row],
                count(recruits[row] as usize),
                count(second[row] as usize),
                count(further[row] as usize)
            )
        })
        .collect();
    let words = if told.is_empty() {
        "Nobody brought anybody.".to_owned()
    } else {
        told.join("; ") + "."
    };
    Ok(Figure::new(traces, sponsors.clone(), words)
        .title("Who brings the most, and what do those bring?")
        .x_axis("members below")
        .with("/layout/barmode", json!("stack"))
        .with("/layout/showlegend", json!(true))
        .with("/layout/height", json!(180 + 24 * names.len().max(6)))
        .with("/layout/yaxis/autorange", json!("reversed"))
        .with("/layout/yaxis/type", json!("category")))
}

/// What does the tree below one member look like?
///
/// Dots for the member and all who stand below, one level under the other, lines for who brought whom. The table
/// behind it: `member`, `sponsor`, `level` (below the member), `recruits`.
///
/// # Errors
/// [`Error::Parameter`] where there is no such member, or 300 or more stand below: then
/// [`icicle`] and [`levels`] show more.
///
/// ```
/// use segmenta::prelude::*;
///
/// let members = df!("id" => ["a", "b", "c"], "sponsor" => [None, Some("a"), Some("b")])?;
/// let figure = plot::tree(&Network::of(&members, "id", "sponsor")?, "a")?;
/// assert!(figure.text().contains("3 members on 3 levels"));
/// # Ok::<(), Error>(())
/// ```
pub fn tree(network: &Network, member: &str) -> Result<Figure> {
    let below = network.tree(member, MOST_DOTS)?;
    let names = column::labels(&below, "member")?;
    let sponsor = below.column("sponsor")?.u32()?;
    let level = column::numbers(&below, "level")?;
    let deepest = level
        .iter()
        .flatten()
        .fold(0.0f64, |most, own| most.max(*own));
    // Who brought nobody stands beside the one before; others stand in the middle of those they brought. Rows
    // stand in the order of a walk down, so that lines do not cross.
    let n = names.len();
    let above: Vec<Option<usize>> = sponsor
        .iter()
        .map(|own| own.map(|own| own as usize))
        .collect();
    let mut ends: Vec<Option<(f64, f64)>> = vec![None; n];
    let mut next = 0.0;
    let mut leaf = vec![true; n];
    above
        .iter()
        .flatten()
        .for_each(|above| leaf[*above] = false);
    let mut place = vec![0.0; n];
    for row in 0..n {
        if leaf[row] {
            place[row] = next;
            next += 1.0;
        }
    }
    for row in (0..n).rev() {
        if let Some((first, last)) = ends[row] {
            place[row] = (first + last) / 2.0;
        }
        if let Some(above) = above[row] {
            let own = place[row];
            let (first, last) = ends[above].unwrap_or((own, own));
            ends[above] = Some((first.min(own), last.max(own)));
        }
    }
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for row in 0..n {
        if let Some(above) = above[row] {
            x.extend([Some(place[above]), Some(place[row]), None]);
            y.extend([level[above], level[row], None]);
        }
    }
    let recruits = column::numbers(&below, "recruits")?;
    let hover: Vec<String> = (0..n)
        .map(|row| format!("{}: {} recruits", names[row], recruits[row].unwrap_or(0.0)))
        .collect();
    let lines = json!({
        "type": "scatter", "mode": "lines", "x": x, "y": y, "hoverinfo": "skip",
        "line": {"color": GREY, "width": 1},
    });
    let dots = json!({
        "type": "scatter", "mode": if n <= 25 { "markers+text" } else { "markers" }, "x": place, "y": level,
        "text": names, "textposition": "top center", "hovertext": hover, "hoverinfo": "text",
        "marker": {"color": COLOURS[0], "size": 9},
    });
    let words = format!("{} members on {} levels.", count(n), deepest + 1.0);
    let names: Vec<Option<&str>> = above
        .iter()
        .map(|above| above.map(|above| names[above].as_str()))
        .collect();
    let mut data = below.clone();
    data.with_column(Column::new("sponsor".into(), names))?;
    Ok(Figure::new(vec![lines, dots], data, words)
        .title(&format!("Who stands below {member}?"))
        .y_axis("level below")
        .with("/layout/xaxis/visible", json!(false))
        .with("/layout/yaxis/dtick", json!(1))
        .with("/layout/yaxis/autorange", json!("reversed")))
}
