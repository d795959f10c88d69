//! The segments: how many, or how close, and who is in them.

use clap::{Args, ValueEnum};
use segmenta::Error;
use segmenta::cluster::ChooseRadius;
use segmenta::prelude::*;

use crate::{Failure, Result, tell};

#[derive(Args)]
pub struct Search {
    /// How segments are found
    #[arg(long, value_enum, default_value_t = Method::Kmeans)]
    method: Method,
    /// How many segments: a number, or `auto` for that which most criteria speak for
    #[arg(long, default_value = "auto", value_parser = number_of_segments)]
    k: K,
    /// With `--k auto`, as many segments at most
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u64).range(2..=50))]
    max_k: u64,
    /// With `--method density`, how close customers lie together, in scaled numbers; if it is not
    /// said, that at which most places stand out from noise
    #[arg(long)]
    radius: Option<f64>,
    /// With `--method density`, how many customers within the radius make a dense place; twice the
    /// number of columns if it is not said
    #[arg(long, value_parser = clap::value_parser!(u64).range(2..))]
    min_points: Option<u64>,
    /// Divide a segment again, by what tells its own customers apart: 2=3 makes 2.1, 2.2 and 2.3 of segment 2
    #[arg(long, value_name = "SEGMENT=K", value_parser = division)]
    divide: Vec<(String, usize)>,
    /// Where the random numbers start
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Method {
    /// Around centres: each customer belongs to the nearest
    Kmeans,
    /// Where customers lie close together, in any shape; who lies alone is in none
    Density,
}

#[derive(Clone, Copy)]
enum K {
    Auto,
    Of(usize),
}

fn number_of_segments(text: &str) -> std::result::Result<K, String> {
    match (text, text.parse()) {
        ("auto", _) => Ok(K::Auto),
        (_, Ok(k)) if (1..=100).contains(&k) => Ok(K::Of(k)),
        _ => Err("give a number from 1 to 100, or auto".to_owned()),
    }
}

fn division(text: &str) -> std::result::Result<(String, usize), String> {
    let own = text.split_once('=');
    match own.and_then(|(segment, k)| Some((segment, k.parse().ok()?))) {
        Some((segment, k)) if (2..=100).contains(&k) => Ok((segment.to_owned(), k)),
        _ => Err("write it as segment=number, the number from 2 to 100".to_owned()),
    }
}

/// What was found.
pub struct Found {
    pub segments: Segments,
    /// What the report says of their number.
    pub verdict: String,
    pub before: Report,
    /// The customers with their segment.
    pub customers: DataFrame,
}

/// More customers than this are too many to look at all pairs.
const SAMPLE: usize = 20_000;

/// What the report says of the radius.
fn looked_at(before: Report, verdict: &str, optics: &Optics, radii: &DataFrame) -> Result<Report> {
    Ok(before
        .chapter("How close customers lie")
        .text(verdict)
        .figure(&plot::k_distance(optics)?)
        .figure(&plot::reachability(optics)?)
        .table("What other radii would give", radii)?)
}

impl Search {
    /// That no option is of the other method: it would be without effect.
    pub fn check(&self) -> Result {
        let wrong = |name, value: String, expected: &str| {
            Err(Error::Parameter {
                name,
                value,
                expected: expected.into(),
            }
            .into())
        };
        match (self.method, self.k, self.radius, self.min_points) {
            (Method::Density, K::Of(k), ..) => wrong(
                "--k",
                format!("{k} with --method density"),
                "no number: how many segments there are follows from --radius",
            ),
            (Method::Kmeans, _, Some(radius), _) => wrong(
                "--radius",
                format!("{radius} without --method density"),
                "--method density beside it",
            ),
            (Method::Kmeans, _, _, Some(points)) => wrong(
                "--min-points",
                format!("{points} without --method density"),
                "--method density beside it",
            ),
            _ => Ok(()),
        }
    }

    /// The segments of these customers, and what the report says of how they were found.
    pub fn find(&self, customers: &DataFrame, recipe: &Recipe, before: Report) -> Result<Found> {
        let (mut segments, verdict, mut before) = match self.method {
            Method::Kmeans => self.around_centres(customers, recipe, before)?,
            Method::Density => self.where_dense(customers, recipe, before)?,
        };
        for (segment, k) in &self.divide {
            tell(format_args!("dividing segment {segment} into {k}"));
            let params = KMeans::params(*k).seed(self.seed);
            segments = segments.divide(segment, customers, recipe, &params)?;
            if let Some(part) = segments.part(segment) {
                let told = format!(
                    "Segment {segment}, divided into {k} as it was asked for, by its own customers' scale"
                );
                before = before.table(&told, &part.tidy()?)?;
            }
        }
        let customers = segments.augment(customers)?;
        Ok(Found {
            segments,
            verdict,
            before,
            customers,
        })
    }

    fn around_centres(
        &self,
        customers: &DataFrame,
        recipe: &Recipe,
        before: Report,
    ) -> Result<(Segments, String, Report)> {
        let before = before.chapter("How many segments");
        let (k, verdict, before) = match self.k {
            K::Of(k) => {
                let verdict = format!("{k} segments, as it was asked for.");
                (k, verdict.clone(), before.text(&verdict))
            }
            K::Auto => {
                tell(format_args!(
                    "choosing the number of segments, up to {}",
                    self.max_k
                ));
                let choice = ChooseK::new(1..=self.max_k as usize);
                let choice = choice.fit(customers, recipe, &KMeans::params(1).seed(self.seed))?;
                let Some(k) = choice.suggested() else {
                    return Err(Failure::NoStructure(
                        choice.verdict().to_owned(),
                        "To cut the customers into slices all the same, give a number of segments, \
                         such as --k 3",
                    ));
                };
                tell(choice.verdict());
                let before = before
                    .text(choice.verdict())
                    .figure(&plot::criteria(&choice)?)
                    .table("Criteria for each number of segments", &choice.tidy())?;
                (k, choice.verdict().to_owned(), before)
            }
        };
        tell(format_args!(
            "finding {k} segments of {} customers",
            customers.height()
        ));
        let params = KMeans::params(k).seed(self.seed);
        Ok((Segments::fit(customers, recipe, &params)?, verdict, before))
    }

    fn where_dense(
        &self,
        customers: &DataFrame,
        recipe: &Recipe,
        before: Report,
    ) -> Result<(Segments, String, Report)> {
        let columns = recipe.fit(customers)?.outcome().len();
        let min_points = self.min_points.unwrap_or(2 * columns.max(2) as u64) as usize;
        tell(format_args!(
            "looking at how close {} customers lie",
            customers.height()
        ));
        if customers.height() > SAMPLE {
            tell(format_args!(
                "segments are learned from a sample of {SAMPLE} customers, as the time grows with their \
                 square; the others belong where the nearest of these does"
            ));
        }
        let (radius, verdict, before) = match self.radius {
            Some(radius) => {
                let params = Optics::params(min_points).seed(self.seed);
                let optics = Optics::fit(customers, recipe, &params)?;
                let verdict = format!(
                    "{min_points} customers within a radius of {radius} make a dense place, as it was asked for."
                );
                let before = looked_at(before, &verdict, &optics, &optics.tidy()?)?;
                (radius, verdict, before)
            }
            None => {
                let choice = ChooseRadius::new(min_points).seed(self.seed);
                let choice = choice.fit(customers, recipe)?;
                let Some(radius) = choice.suggested() else {
                    return Err(Failure::NoStructure(
                        choice.verdict().to_owned(),
                        "To see what lies close together all the same, give a --radius",
                    ));
                };
                let verdict = choice.verdict().to_owned();
                let before = looked_at(before, &verdict, choice.optics(), &choice.tidy()?)?;
                (radius, verdict, before)
            }
        };
        tell(&verdict);
        tell(format_args!(
            "dense is {min_points} customers within {radius:.4}; otherwise: --min-points, --radius"
        ));
        let params = Dbscan::params(min_points, radius).seed(self.seed);
        let segments = Segments::fit(customers, recipe, &params)?;
        // Of a sample it would say how well the sample's places are found again, and take minutes.
        if customers.height() > SAMPLE {
            return Ok((segments, verdict, before));
        }
        let again = cluster::Resample::new(20).fit(customers, recipe, &params)?;
        let before = before.table("Would they come out of other customers?", &again.tidy())?;
        Ok((segments, verdict, before))
    }
}
