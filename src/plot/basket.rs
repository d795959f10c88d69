//! What is bought together, in pictures.

use polars::prelude::*;
use serde_json::{Value, json};

use super::{COLOURS, Figure, GREY};
use crate::Result;
use crate::table::column;
use crate::table::display::short;

/// More things than this in one picture are a knot.
const MOST_DOTS: usize = 40;
/// Rules that a picture tells of in words.
const TOLD: usize = 5;

/// Which rules are strong, and which of them to believe?
///
/// From [`Rules::tidy`](crate::basket::Rules::tidy): a dot for each rule, its support across, its confidence up, in the
/// colour of its verdict.
///
/// # Errors
/// [`Error::NoColumn`](crate::Error::NoColumn), [`Error::WrongType`](crate::Error::WrongType).
///
/// ```
/// use segmenta::prelude::*;
///
/// let rules = df!(
///     "antecedent" => ["tea"], "consequent" => ["jam"], "support" => [0.02], "confidence" => [0.4],
///     "lift" => [3.1], "verdict" => ["more than chance"],
/// )?;
/// assert!(plot::rules(&rules)?.text().contains("tea -> jam"));
/// # Ok::<(), Error>(())
/// ```
pub fn rules(rules: &DataFrame) -> Result<Figure> {
    let names = arrows(rules)?;
    let numbers = |name: &str| column::measured(rules, name);
    let (support, confidence, lift) = (
        numbers("support")?,
        numbers("confidence")?,
        numbers("lift")?,
    );
    let verdicts = column::labels(rules, "verdict")?;
    let mut traces = Vec::new();
    for (verdict, colour, sign) in [
        ("not more than chance", GREY, "x"),
        ("a shorter rule says as much", COLOURS[1], "circle-open"),
        ("more than chance", COLOURS[0], "circle"),
    ] {
        let own: Vec<usize> = (0..names.len())
            .filter(|row| verdicts[*row] == verdict)
            .collect();
        if own.is_empty() {
            continue;
        }
        let of = |values: &[Option<f64>]| own.iter().map(|row| values[*row]).collect::<Vec<_>>();
        let hover: Vec<String> = own
            .iter()
            .map(|row| format!("{}: lift {}", names[*row], figure(lift[*row])))
            .collect();
        traces.push(json!({
            "type": "scatter", "mode": "markers", "name": format!("{verdict} ({})", own.len()),
            "x": of(&support), "y": of(&confidence), "hovertext": hover, "hoverinfo": "text",
            "marker": {"color": colour, "symbol": sign, "size": 8, "opacity": 0.8},
        }));
    }
    let mut strongest: Vec<usize> = (0..names.len())
        .filter(|row| verdicts[*row] == "more than chance")
        .collect();
    strongest.sort_by(|a, b| lift[*b].unwrap_or(0.0).total_cmp(&lift[*a].unwrap_or(0.0)));
    let told: Vec<String> = strongest
        .iter()
        .take(TOLD)
        .map(|row| {
            format!(
                "{} (confidence {}, lift {})",
                names[*row],
                figure(confidence[*row]),
                figure(lift[*row])
            )
        })
        .collect();
    let words = match told.is_empty() {
        true => format!("Of {} rules none is more than chance.", names.len()),
        false => format!(
            "Of {} rules {} are more than chance. Those with the highest lift: {}.",
            names.len(),
            strongest.len(),
            told.join("; ")
        ),
    };
    Ok(Figure::new(traces, rules.clone(), words)
        .title("Which rules are strong, and which are more than chance?")
        .subtitle("a dot for each rule")
        .x_axis("support (share of all baskets)")
        .y_axis("confidence (share)")
        .with("/layout/showlegend", json!(true)))
}

/// Which of the most frequent items go together?
///
/// From [`Baskets::pairs`](crate::basket::Baskets::pairs): a square for each two items, in orange where they lie together
/// more often than by chance, in blue where less often. The colour is the logarithm of the lift, so that twice as often
/// and half as often are as strong.
///
/// # Errors
/// [`Error::NoColumn`](crate::Error::NoColumn), [`Error::WrongType`](crate::Error::WrongType).
///
/// ```
/// use segmenta::prelude::*;
///
/// let pairs = df!("item" => ["tea"], "other_item" => ["jam"], "baskets" => [12u64], "lift" => [1.8])?;
/// assert!(plot::pairs(&pairs)?.text().contains("tea and jam: lift 1.8"));
/// # Ok::<(), Error>(())
/// ```
pub fn pairs(pairs: &DataFrame) -> Result<Figure> {
    let (a, b) = (
        column::labels(pairs, "item")?,
        column::labels(pairs, "other_item")?,
    );
    let lift = column::measured(pairs, "lift")?;
    let together = column::measured(pairs, "baskets")?;
    let names = different(a.iter().chain(&b));
    let place = |name: &String| names.iter().position(|own| own == name).unwrap_or(0);
    let n = names.len();
    let mut colours: Vec<Vec<Option<f64>>> = vec![vec![None; n]; n];
    let mut hover: Vec<Vec<String>> = vec![vec![String::new(); n]; n];
    let mut told = Vec::new();
    for row in 0..pairs.height() {
        let (x, y) = (place(&a[row]), place(&b[row]));
        let Some(own) = lift[row] else { continue };
        let text = format!("{} and {}: lift {}", a[row], b[row], short(own, 3));
        let baskets = together[row].map_or(String::new(), |own| format!(", {own} baskets"));
        for (x, y) in [(x, y), (y, x)] {
            // Never together is as far below as can be shown.
            colours[x][y] = Some(own.max(1.0 / 16.0).log2());
            hover[x][y] = format!("{text}{baskets}");
        }
        told.push((own, text));
    }
    told.sort_by(|x, y| y.0.total_cmp(&x.0));
    let told: Vec<&str> = told.iter().take(TOLD).map(|own| own.1.as_str()).collect();
    let most = colours.iter().flatten().flatten();
    let most = most.fold(1.0f64, |most, own| most.max(own.abs()));
    let ticks: Vec<i32> = (-(most.floor() as i32)..=most.floor() as i32).collect();
    let heat = json!({
        "type": "heatmap", "x": names, "y": names, "z": colours, "zmin": -most, "zmax": most,
        "colorscale": [[0, "#0072B2"], [0.5, "#ffffff"], [1, "#D55E00"]],
        "xgap": 1, "ygap": 1, "hovertext": hover, "hoverinfo": "text",
        "colorbar": {
            "title": {"text": "lift"}, "tickvals": ticks,
            "ticktext": ticks.iter().map(|own| short(2f64.powi(*own), 3)).collect::<Vec<_>>(),
        },
    });
    let words = match told.is_empty() {
        true => "There is no pair.".to_owned(),
        false => format!("The highest lifts: {}.", told.join("; ")),
    };
    let height = 220 + 22 * n.max(10);
    Ok(Figure::new(vec![heat], pairs.clone(), words)
        .title("Which of the most frequent items go together?")
        .subtitle("lift: how many times as often as by chance")
        .x_axis("item")
        .y_axis("item")
        .with("/layout/height", json!(height))
        .with("/layout/yaxis/autorange", json!("reversed"))
        .with("/layout/xaxis/tickangle", json!(-45))
        .with("/layout/xaxis/type", json!("category"))
        .with("/layout/yaxis/type", json!("category")))
}

/// What leads to what? An arrow for each row of a table, such as rules or pairs of similar products, from its column
/// `from` to its column `to`, the thicker the larger the `weight`. Several things of an `antecedent` are a small dot, which
/// these things lead to; where two things lead to each other there is a line.
///
/// Rows are drawn in their order as long as there are 40 dots or fewer; how many were left out stands in the picture.
///
/// # Errors
/// [`Error::NoColumn`](crate::Error::NoColumn), [`Error::WrongType`](crate::Error::WrongType).
///
/// ```
/// use segmenta::prelude::*;
///
/// let rules = df!("antecedent" => ["tea", "jam + tea"], "consequent" => ["jam", "bread"], "lift" => [3.0, 2.0])?;
/// let figure = plot::graph(&rules, "antecedent", "consequent", "lift")?;
/// assert!(figure.text().contains("tea -> jam (3)"));
/// # Ok::<(), Error>(())
/// ```
pub fn graph(table: &DataFrame, from: &str, to: &str, weight: &str) -> Result<Figure> {
    // Elsewhere a name may have the sign in it.
    let is_set = from == "antecedent";
    let (from, to) = (column::labels(table, from)?, column::labels(table, to)?);
    let weights = column::measured(table, weight)?;
    let mut drawn = Drawn::default();
    let mut told = Vec::new();
    let mut left_out = 0;
    for row in 0..from.len() {
        let weight = weights[row].unwrap_or(0.0);
        let parts: Vec<&str> = match is_set {
            true => from[row].split(" + ").collect(),
            false => vec![&from[row]],
        };
        match drawn.row(&parts, &to[row], weight) {
            true => told.push(format!(
                "{} -> {} ({})",
                from[row],
                to[row],
                short(weight, 3)
            )),
            false => left_out += 1,
        }
    }
    let things = drawn.names.iter().flatten().count();
    let arrows = format!("{} arrows between {things} things", told.len());
    let arrows = match left_out {
        0 => arrows,
        _ => format!("{arrows}; {left_out} more lead elsewhere"),
    };
    told.truncate(TOLD);
    let words = match told.is_empty() {
        true => "Nothing leads to anything.".to_owned(),
        false => format!("{arrows}. The first: {}.", told.join("; ")),
    };
    let (dots, heads) = drawn.traces();
    Ok(Figure::new(dots, table.clone(), words)
        .title("What leads to what?")
        .subtitle(&format!("{arrows}; the thicker, the larger the {weight}"))
        .with("/layout/annotations", json!(heads))
        .with("/layout/height", json!(620))
        .with("/layout/showlegend", json!(false))
        .with("/layout/xaxis/visible", json!(false))
        .with("/layout/yaxis/visible", json!(false)))
}

/// Dots, of which those for several things together have no name, and lines between them.
#[derive(Default)]
struct Drawn {
    names: Vec<Option<String>>,
    lines: Vec<(usize, usize, f64)>,
}

impl Drawn {
    /// Adds a row, where there is room for its things.
    fn row(&mut self, parts: &[&str], to: &str, weight: f64) -> bool {
        let things: Vec<&str> = parts.iter().copied().chain([to]).collect();
        let is_there = |name: &&str| self.names.iter().flatten().any(|own| own == name);
        let new = things.iter().filter(|name| !is_there(name)).count();
        if self.names.len() + new + usize::from(parts.len() > 1) > MOST_DOTS {
            return false;
        }
        let places: Vec<usize> = things.iter().map(|name| self.place(name)).collect();
        let [from @ .., to] = places.as_slice() else {
            return false;
        };
        match from {
            [from] => self.lines.push((*from, *to, weight)),
            several => {
                let together = self.names.len();
                self.names.push(None);
                self.lines
                    .extend(several.iter().map(|from| (*from, together, weight)));
                self.lines.push((together, *to, weight));
            }
        }
        true
    }

    fn place(&mut self, name: &str) -> usize {
        let place = self
            .names
            .iter()
            .position(|own| own.as_deref() == Some(name));
        place.unwrap_or_else(|| {
            self.names.push(Some(name.to_owned()));
            self.names.len() - 1
        })
    }

    /// The dots, and the lines as annotations, which can have heads.
    fn traces(&self) -> (Vec<Value>, Vec<Value>) {
        let places = spread(self.names.len(), &self.lines);
        let heaviest = self
            .lines
            .iter()
            .fold(f64::MIN_POSITIVE, |most, own| most.max(own.2));
        let back =
            |from: usize, to: usize| self.lines.iter().any(|own| (own.0, own.1) == (to, from));
        let heads = self.lines.iter().map(|(from, to, weight)| {
            let has_head = self.names[*to].is_some() && !back(*from, *to);
            json!({
                "x": places[*to].0, "y": places[*to].1, "ax": places[*from].0, "ay": places[*from].1,
                "xref": "x", "yref": "y", "axref": "x", "ayref": "y", "showarrow": true, "text": "",
                "arrowhead": if has_head { 2 } else { 0 }, "arrowcolor": GREY,
                "standoff": if self.names[*to].is_some() { 6 } else { 0 },
                "arrowwidth": 1.0 + 2.0 * (weight / heaviest).max(0.0),
            })
        });
        let hover: Vec<String> = (0..self.names.len())
            .filter_map(|own| Some((own, self.names[own].as_ref()?)))
            .map(|(own, name)| {
                let leads = self.lines.iter().filter(|line| line.0 == own);
                let leads: Vec<&str> = leads
                    .filter_map(|line| self.names[line.1].as_deref())
                    .collect();
                match leads.is_empty() {
                    true => name.clone(),
                    false => format!("{name} -> {}", leads.join(", ")),
                }
            })
            .collect();
        // A name stands on the side of its dot where no line goes.
        let side = |own: usize| {
            let ends = self.lines.iter().filter_map(|line| match line {
                (from, to, _) if *from == own => Some(*to),
                (from, to, _) if *to == own => Some(*from),
                _ => None,
            });
            let up: f64 = ends.map(|end| places[end].1 - places[own].1).sum();
            if up > 0.0 {
                "bottom center"
            } else {
                "top center"
            }
        };
        let named: Vec<usize> = (0..places.len())
            .filter(|own| self.names[*own].is_some())
            .collect();
        let unnamed: Vec<usize> = (0..places.len())
            .filter(|own| self.names[*own].is_none())
            .collect();
        let x = |of: &[usize]| of.iter().map(|own| places[*own].0).collect::<Vec<_>>();
        let y = |of: &[usize]| of.iter().map(|own| places[*own].1).collect::<Vec<_>>();
        let dots = vec![
            json!({
                "type": "scatter", "mode": "markers", "x": x(&unnamed), "y": y(&unnamed), "hoverinfo": "skip",
                "marker": {"color": GREY, "size": 5},
            }),
            json!({
                "type": "scatter", "mode": "markers+text", "x": x(&named), "y": y(&named),
                "text": self.names.iter().flatten().collect::<Vec<_>>(),
                "textposition": named.iter().map(|own| side(*own)).collect::<Vec<_>>(), "textfont": {"size": 11},
                "hovertext": hover, "hoverinfo": "text", "marker": {"color": COLOURS[0], "size": 9},
                "cliponaxis": false,
            }),
        ];
        (dots, heads.collect())
    }
}

/// Each rule as it is read.
fn arrows(rules: &DataFrame) -> Result<Vec<String>> {
    let (from, to) = (
        column::labels(rules, "antecedent")?,
        column::labels(rules, "consequent")?,
    );
    let each = from.iter().zip(&to);
    Ok(each.map(|(from, to)| format!("{from} -> {to}")).collect())
}

fn figure(value: Option<f64>) -> String {
    value.map_or("unknown".to_owned(), |value| short(value, 3))
}

fn different<'a>(names: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut different: Vec<String> = Vec::new();
    for name in names {
        if !different.contains(name) {
            different.push(name.clone());
        }
    }
    different
}

/// Places for dots, so that those with a line between them are near: springs and repulsion (Fruchterman and Reingold
/// 1991, Software: Practice and Experience 21, 1129), from a circle, with a pull to the middle that keeps parts
/// without a line between them in one picture.
fn spread(n: usize, lines: &[(usize, usize, f64)]) -> Vec<(f64, f64)> {
    const STEPS: usize = 400;
    const PULL: f64 = 2.0;
    let angle = |place: usize| place as f64 / n as f64 * std::f64::consts::TAU;
    let mut places: Vec<(f64, f64)> = (0..n)
        .map(|place| (angle(place).cos(), angle(place).sin()))
        .collect();
    let apart = (4.0 / n as f64).sqrt();
    for step in 0..STEPS {
        let mut moves: Vec<(f64, f64)> = places
            .iter()
            .map(|own| (-PULL * own.0, -PULL * own.1))
            .collect();
        for a in 0..n {
            for b in 0..a {
                let (x, y) = (places[a].0 - places[b].0, places[a].1 - places[b].1);
                let push = apart * apart / (x * x + y * y).max(1e-6);
                moves[a] = (moves[a].0 + x * push, moves[a].1 + y * push);
                moves[b] = (moves[b].0 - x * push, moves[b].1 - y * push);
            }
        }
        for (a, b, _) in lines {
            let (x, y) = (places[*a].0 - places[*b].0, places[*a].1 - places[*b].1);
            let pull = (x * x + y * y).sqrt() / apart;
            moves[*a] = (moves[*a].0 - x * pull, moves[*a].1 - y * pull);
            moves[*b] = (moves[*b].0 + x * pull, moves[*b].1 + y * pull);
        }
        let longest = 0.2 * (1.0 - step as f64 / STEPS as f64);
        for (place, own) in places.iter_mut().zip(moves) {
            let length = own.0.hypot(own.1).max(1e-9);
            let step = length.min(longest) / length;
            *place = (place.0 + own.0 * step, place.1 + own.1 * step);
        }
    }
    places
}
