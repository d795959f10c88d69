//! What does an analyst rely on when they take segments away? Figures are those of scikit-learn,
//! segments that are there are found, none is claimed where there is none, and the same seed gives
//! the same digits.
//!
//! The expected figures are in oracles/cluster.json; oracles/cluster.py computes them
//! (scikit-learn 1.9.1, SciPy 1.17.1).

use proptest::prelude::*;
use segmenta::cluster::{GaussianMixture, KMeansParams, Reference};
use segmenta::linfa::DatasetBase;
use segmenta::linfa::traits::{Fit, Predict};
use segmenta::ndarray::{Array2, array, s};
use segmenta::prelude::*;
use serde_json::Value;

fn oracle() -> Value {
    serde_json::from_str(include_str!("oracles/cluster.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    let list = value.as_array().unwrap();
    list.iter().map(|x| x.as_f64().unwrap()).collect()
}

fn matrix(value: &Value) -> Array2<f64> {
    let rows: Vec<Vec<f64>> = value.as_array().unwrap().iter().map(numbers).collect();
    Array2::from_shape_fn((rows.len(), rows[0].len()), |(row, column)| {
        rows[row][column]
    })
}

/// A table with a column x0, x1 and so on for each dimension.
fn table(rows: &Array2<f64>) -> DataFrame {
    let column = |(place, values): (usize, segmenta::ndarray::ArrayView1<'_, f64>)| {
        Column::new(format!("x{place}").into(), values.to_vec())
    };
    let columns = rows.columns().into_iter().enumerate().map(column).collect();
    DataFrame::new(rows.nrows(), columns).unwrap()
}

/// All columns, as they are.
fn plain(table: &DataFrame) -> Recipe {
    Recipe::new(table.columns().iter().map(|column| column.name().as_str()))
}

fn gap_of(
    table: &DataFrame,
    most: usize,
    params: &KMeansParams,
    references: usize,
    reference: Reference,
) -> Result<DataFrame, Error> {
    let gap = cluster::Gap::new(1..=most)
        .references(references)
        .reference(reference);
    gap.fit(table, &plain(table), params)
}

fn stability_of(
    table: &DataFrame,
    params: &KMeansParams,
    resamples: usize,
) -> Result<cluster::Stability, Error> {
    cluster::Resample::new(resamples).fit(table, &plain(table), params)
}

fn with_labels(rows: &Array2<f64>, labels: impl IntoIterator<Item = usize>) -> DataFrame {
    let mut table = table(rows);
    let labels: Vec<u64> = labels.into_iter().map(|label| label as u64).collect();
    table
        .with_column(Column::new("segment".into(), labels))
        .unwrap();
    table
}

fn value(table: &DataFrame, column: &str) -> f64 {
    at(table, column, 0)
}

fn at(table: &DataFrame, column: &str, row: usize) -> f64 {
    let floats = table.column(column).unwrap().cast(&DataType::Float64);
    floats.unwrap().f64().unwrap().get(row).unwrap()
}

#[track_caller]
fn agrees(ours: f64, theirs: &Value) {
    near(ours, theirs.as_f64().unwrap(), 1e-9);
}

#[track_caller]
fn near(ours: f64, theirs: f64, share: f64) {
    let close = (ours - theirs).abs() <= share * theirs.abs().max(1.0);
    assert!(close, "{ours:e} is not {theirs:e}");
}

/// Reproducible numbers that follow a normal distribution, for tables of the tests' own.
struct Normal(u64);

impl Normal {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((x ^ (x >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn draw(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }
}

/// `k` round groups whose centres lie `apart` to twice as many standard deviations from each other,
/// so that none of them are groups of groups.
fn groups(seed: u64, n: usize, k: usize, d: usize, apart: f64) -> (Array2<f64>, Vec<usize>) {
    let mut random = Normal(seed);
    let distance = |a: &[f64], b: &[f64]| {
        let squares = a.iter().zip(b).map(|(a, b)| (a - b).powi(2));
        squares.sum::<f64>().sqrt()
    };
    let centres = loop {
        let mut place = || {
            (0..d)
                .map(|_| 2.0 * apart * random.unit())
                .collect::<Vec<f64>>()
        };
        let centres: Vec<Vec<f64>> = (0..k).map(|_| place()).collect();
        let mut pairs = (0..k).flat_map(|a| (0..a).map(move |b| (a, b)));
        let far = |(a, b): (usize, usize)| distance(&centres[a], &centres[b]);
        if pairs.all(|pair| (apart..2.0 * apart).contains(&far(pair))) {
            break centres;
        }
    };
    let truth: Vec<usize> = (0..n).map(|row| row % k).collect();
    let rows = Array2::from_shape_fn((n, d), |(row, column)| {
        centres[truth[row]][column] + random.draw()
    });
    (rows, truth)
}

fn ari(a: impl IntoIterator<Item = usize>, b: impl IntoIterator<Item = usize>) -> f64 {
    let labels = |labels: Vec<usize>| labels.into_iter().map(|x| x as u64).collect::<Vec<_>>();
    let table = df!("a" => labels(a.into_iter().collect()), "b" => labels(b.into_iter().collect()));
    value(
        &cluster::agreement(&table.unwrap(), "a", "b").unwrap(),
        "ari",
    )
}

#[test]
fn lloyds_algorithm_from_the_same_start_ends_where_scikit_learn_does() {
    let oracle = oracle();
    let rows = matrix(&oracle["rows"]);
    for (k, expected) in oracle["kmeans"].as_object().unwrap() {
        let k: usize = k.parse().unwrap();
        let start = rows.slice(s![..k, ..]).to_owned();
        let lloyd = KMeans::params(k)
            .starts(vec![start])
            .refine(false)
            .tolerance(0.0);
        let model = lloyd.fit(&DatasetBase::from(rows.clone())).unwrap();
        agrees(model.inertia(), &expected["inertia"]);
        assert_eq!(
            model.iterations() as u64,
            expected["iterations"].as_u64().unwrap()
        );
        let theirs = numbers(&expected["labels"])
            .into_iter()
            .map(|label| label as usize);
        assert_eq!(ari(model.predict(&rows), theirs), 1.0);
        assert_eq!(model.counts().iter().sum::<u64>(), rows.nrows() as u64);
        near(model.within().iter().sum(), model.inertia(), 1e-12);
    }
}

#[test]
fn refined_it_ends_no_higher() {
    let oracle = oracle();
    let rows = matrix(&oracle["rows"]);
    for (k, expected) in oracle["kmeans"].as_object().unwrap() {
        let refined = KMeans::params(k.parse().unwrap()).fit(&DatasetBase::from(rows.clone()));
        let theirs = expected["inertia"].as_f64().unwrap();
        assert!(refined.unwrap().inertia() <= theirs * (1.0 + 1e-12));
    }
}

#[test]
fn criteria_are_those_of_scikit_learn() {
    let oracle = oracle();
    let rows = matrix(&oracle["rows"]);
    for expected in oracle["kmeans"].as_object().unwrap().values() {
        let labels = numbers(&expected["labels"])
            .into_iter()
            .map(|label| label as usize);
        let table = with_labels(&rows, labels);
        let criteria = cluster::criteria(&table, "segment").unwrap();
        for name in [
            "inertia",
            "silhouette",
            "davies_bouldin",
            "calinski_harabasz",
        ] {
            agrees(value(&criteria, name), &expected[name]);
        }
        let silhouette = cluster::silhouette(&table, "segment").unwrap();
        for (row, theirs) in expected["silhouettes"]
            .as_array()
            .unwrap()
            .iter()
            .enumerate()
        {
            agrees(at(&silhouette, "silhouette", row), theirs);
        }
        let mut both = table.clone();
        let group: Vec<u64> = numbers(&oracle["group"])
            .iter()
            .map(|x| *x as u64)
            .collect();
        both.with_column(Column::new("group".into(), group))
            .unwrap();
        let agreement = cluster::agreement(&both, "group", "segment").unwrap();
        agrees(value(&agreement, "ari"), &expected["ari"]);
        agrees(value(&agreement, "nmi"), &expected["nmi"]);
    }
}

#[test]
fn principal_components_are_those_of_scikit_learn() {
    let expected = &oracle()["pca"];
    let rows = matrix(&oracle()["rows"]);
    let pca = Pca::params(4)
        .fit(&DatasetBase::from(rows.clone()))
        .unwrap();
    let ratios = pca.ratios();
    let scores: Array2<f64> = pca.predict(&rows);
    for component in 0..4 {
        agrees(
            pca.variances()[component],
            &expected["variances"][component],
        );
        agrees(ratios[component], &expected["ratios"][component]);
        for column in 0..4 {
            let theirs = &expected["loadings"][component][column];
            agrees(pca.loadings()[[component, column]], theirs);
        }
        for row in 0..rows.nrows() {
            agrees(
                scores[[row, component]],
                &expected["scores"][row][component],
            );
        }
    }
    let two = Pca::params(2).fit(&DatasetBase::from(rows)).unwrap();
    near(two.ratios()[1], ratios[1], 1e-12);
}

#[test]
fn a_mixture_is_that_of_scikit_learn() {
    let expected = &oracle()["mixture"];
    let rows = matrix(&oracle()["rows"]);
    let params = GaussianMixture::params(3)
        .restarts(20)
        .tolerance(1e-14)
        .iterations(5_000);
    let model = params.fit(&DatasetBase::from(rows.clone())).unwrap();
    assert!(model.converged());
    let theirs = expected["log_likelihood"].as_f64().unwrap();
    near(model.log_likelihood(), theirs, 1e-9);
    near(model.bic(), expected["bic"].as_f64().unwrap(), 1e-9);
    // Both stop where hardly anything moves any more, not at the same step.
    for group in 0..3 {
        near(
            model.weights()[group],
            expected["weights"][group].as_f64().unwrap(),
            1e-5,
        );
        for column in 0..4 {
            let theirs = expected["means"][group][column].as_f64().unwrap();
            near(model.means()[[group, column]], theirs, 1e-4);
        }
    }
    let probabilities = model.probabilities(&rows);
    for (row, theirs) in expected["probabilities"]
        .as_array()
        .unwrap()
        .iter()
        .enumerate()
    {
        for group in 0..3 {
            near(
                probabilities[[row, group]],
                theirs[group].as_f64().unwrap(),
                1e-4,
            );
        }
    }
}

#[test]
fn a_mixture_gives_probabilities_far_from_everybody_too() {
    let (rows, _) = groups(3, 300, 2, 2, 8.0);
    let model = GaussianMixture::params(2)
        .fit(&DatasetBase::from(rows))
        .unwrap();
    let far = model.probabilities(&array![[1e6, -1e6]]);
    near(far.sum(), 1.0, 1e-12);
}

#[test]
fn wards_heights_and_groups_are_those_of_scipy() {
    let expected = &oracle()["ward"];
    let rows = matrix(&oracle()["rows"]);
    let hierarchy = cluster::hierarchy(&table(&rows)).unwrap();
    let tidy = hierarchy.tidy().unwrap();
    for (row, theirs) in expected["heights"].as_array().unwrap().iter().enumerate() {
        agrees(at(&tidy, "height", row), theirs);
    }
    let group = || {
        numbers(&oracle()["group"])
            .into_iter()
            .map(|x| x as usize)
            .collect::<Vec<_>>()
    };
    for (k, theirs) in expected["ari"].as_object().unwrap() {
        let labels = hierarchy.labels(k.parse().unwrap()).unwrap();
        agrees(ari(labels, group()), theirs);
    }
}

/// Two points: the range is 1, and the inertia of two that are drawn evenly from it is half the
/// square of their difference, whose density is 2 (1 - x). So E ln = -3/2 twice, minus ln 2, and
/// the variance of the logarithm is 4 * 5/4.
#[test]
fn the_gap_of_two_points_is_the_one_that_integrals_give() {
    let table = df!("x" => [0.0, 1.0]).unwrap();
    let references = 20_000;
    for reference in [Reference::Box, Reference::Components] {
        let params = KMeans::params(1).restarts(1);
        let gap = gap_of(&table, 1, &params, references, reference).unwrap();
        let error = 5.0f64.sqrt() / (references as f64).sqrt();
        assert!((value(&gap, "gap") + 3.0).abs() < 4.0 * error, "{gap}");
        near(value(&gap, "gap_se"), 5.0f64.sqrt(), 0.03);
    }
    // Shuffled, the two are the same two.
    let gap = gap_of(&table, 1, &KMeans::params(1), 10, Reference::Shuffled).unwrap();
    assert!(value(&gap, "gap").abs() < 1e-12);
}

/// Two groups of three, far apart: whoever is drawn of them, they are the same two again, unless all
/// that were drawn are of one group, which is cut in two then (once in 32 resamples).
#[test]
fn stability_is_certain_where_nothing_is_in_doubt_and_low_where_all_is() {
    let clear = df!("x" => [0.0, 1.0, 0.5, 100.0, 101.0, 100.5]).unwrap();
    let stability = stability_of(&clear, &KMeans::params(2), 200).unwrap();
    assert!(value(&stability.glance(), "ari") > 0.95);
    assert!(at(&stability.tidy(), "jaccard", 0) > 0.95);
    assert_eq!(
        stability
            .tidy()
            .column("verdict")
            .unwrap()
            .str()
            .unwrap()
            .get(0),
        Some("stable")
    );
    let mut random = Normal(1);
    let noise = Array2::from_shape_fn((200, 2), |_| random.draw());
    let unclear = stability_of(&table(&noise), &KMeans::params(6), 50).unwrap();
    assert!(value(&unclear.glance(), "ari") < 0.8);
    assert!(value(&unclear.glance(), "least_jaccard") < 0.75);
}

#[test]
fn segments_that_are_there_are_found_and_counted() {
    for seed in 0..20 {
        for (k, d) in [(2, 3), (3, 2), (4, 5), (5, 8)] {
            let (rows, truth) = groups(seed, 300, k, d, 7.0);
            let table = table(&rows);
            let choice = ChooseK::new(1..=6).references(10).resamples(20);
            let choice = choice
                .fit(&table, &plain(&table), &KMeans::params(1).seed(seed))
                .unwrap();
            assert_eq!(
                choice.suggested(),
                Some(k),
                "seed {seed}: {}",
                choice.verdict()
            );
            let model = KMeans::params(k)
                .seed(seed)
                .fit(&DatasetBase::from(rows.clone()));
            let found = ari(model.unwrap().predict(&rows), truth);
            assert!(found > 0.97, "seed {seed}, {k} segments: {found}");
        }
    }
}

#[test]
fn none_is_claimed_where_there_is_only_noise() {
    type Draw = fn(&mut Normal) -> f64;
    let kinds: [(&str, Draw); 3] = [
        ("normal", |random| random.draw()),
        ("even", |random| random.unit()),
        ("skewed", |random| (0.5 * random.draw()).exp()),
    ];
    for (kind, draw) in kinds {
        for seed in 0..20 {
            for d in [1, 2, 6] {
                let mut random = Normal(seed);
                let rows = Array2::from_shape_fn((250, d), |_| draw(&mut random));
                let choice = ChooseK::new(1..=5).references(20).resamples(20);
                let choice = choice
                    .fit(
                        &table(&rows),
                        &plain(&table(&rows)),
                        &KMeans::params(1).seed(seed),
                    )
                    .unwrap();
                let told = format!("{kind}, {d} columns, seed {seed}: {}", choice.verdict());
                assert_eq!(choice.suggested(), None, "{told}");
            }
        }
    }
}

/// Customers who shade into each other, as those of a shop do: how much of the truth comes out?
#[test]
fn of_simulated_customers_most_come_out_in_their_own_segment() {
    let recipe = Recipe::new([
        "Income",
        "spend",
        "NumDealsPurchases",
        "NumCatalogPurchases",
        "NumStorePurchases",
        "NumWebVisitsMonth",
        "Kidhome",
        "Teenhome",
        "accepted_campaigns",
    ]);
    let recipe = recipe.log("spend").standardise(Columns::All);
    let mut found = Vec::new();
    for seed in 0..20 {
        let simulated = simulate::Campaign::new()
            .seed(seed)
            .defects(false)
            .generate()
            .unwrap();
        let customers = simulated.customers.lazy();
        let customers = customers.with_columns([features::spend(), features::accepted_campaigns()]);
        let customers = customers.collect().unwrap();
        let segments = Segments::fit(&customers, &recipe, &KMeans::params(4).seed(seed)).unwrap();
        let mut labels = segments
            .assign(&customers)
            .unwrap()
            .select(["segment"])
            .unwrap();
        let truth = simulated.truth.column("segment").unwrap().clone();
        labels.with_column(truth.with_name("truth".into())).unwrap();
        let agreement = cluster::agreement(&labels, "truth", "segment").unwrap();
        found.push(value(&agreement, "ari"));
    }
    found.sort_by(f64::total_cmp);
    println!("adjusted Rand index of 20 simulated tables: {found:.3?}");
    // As README.md says.
    assert!(found[0] >= 0.775 && found[19] < 0.885, "{found:.3?}");
}

#[test]
fn the_same_seed_gives_the_same_digits_on_any_number_of_threads() {
    let (rows, _) = groups(1, 30_000, 4, 6, 3.0);
    let (few, _) = groups(1, 900, 4, 6, 3.0);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            let many = DatasetBase::from(rows.clone());
            let small = DatasetBase::from(few.clone());
            let few = table(&few);
            let choice = ChooseK::new(1..=4).references(5).resamples(5);
            (
                KMeans::params(5).restarts(3).seed(3).fit(&many).unwrap(),
                KMeans::params(5).seed(3).fit(&small).unwrap(),
                KMeans::params(5)
                    .mini_batch(500)
                    .seed(3)
                    .fit(&many)
                    .unwrap(),
                Pca::params(3).fit(&many).unwrap(),
                GaussianMixture::params(3).restarts(2).fit(&small).unwrap(),
                choice
                    .fit(&few, &plain(&few), &KMeans::params(1).seed(3))
                    .unwrap()
                    .tidy(),
                stability_of(&few, &KMeans::params(4), 10).unwrap().tidy(),
            )
        })
    };
    let (once, again, more) = (run(1), run(1), run(5));
    assert!(once == again, "another run");
    assert!(
        once.0 == more.0 && once.1 == more.1 && once.2 == more.2,
        "k-means"
    );
    assert!(once.3 == more.3 && once.4 == more.4, "components, mixture");
    assert!(
        once.5.equals_missing(&more.5) && once.6 == more.6,
        "criteria, stability"
    );
}

#[test]
fn mini_batches_come_close_to_the_whole_table() {
    let (rows, truth) = groups(2, 60_000, 5, 8, 4.0);
    let data = DatasetBase::from(rows.clone());
    let whole = KMeans::params(5).restarts(3).fit(&data).unwrap();
    let batches = KMeans::params(5)
        .restarts(3)
        .mini_batch(1_000)
        .fit(&data)
        .unwrap();
    assert!(batches.inertia() < 1.02 * whole.inertia());
    assert!(ari(batches.predict(&rows), truth) > 0.9);
}

#[test]
fn what_cannot_be_clustered_is_refused_with_a_reason() {
    let fit = |params: cluster::KMeansParams, rows: Array2<f64>| {
        params
            .fit(&DatasetBase::from(rows))
            .unwrap_err()
            .to_string()
    };
    let three = array![[1.0], [2.0], [3.0]];
    assert_eq!(
        fit(KMeans::params(4), three.clone()),
        "customers: 3; expected 4 or more, one for each segment"
    );
    assert_eq!(
        fit(KMeans::params(3), array![[1.0], [2.0], [2.0], [1.0]]),
        "customers that differ: 2; expected 3 or more, one for each segment"
    );
    assert_eq!(
        fit(KMeans::params(2), array![[1.0], [f64::NAN], [3.0]]),
        "column number 0, row 1 (the first is 0): NaN; expected a finite number, and none beyond 1e150"
    );
    assert_eq!(
        fit(KMeans::params(0), three.clone()),
        "k is 0; expected 1 or more"
    );
    assert_eq!(
        fit(KMeans::params(2).restarts(0), three.clone()),
        "restarts is 0; expected 1 or more"
    );
    assert_eq!(
        fit(KMeans::params(2).iterations(0), three.clone()),
        "iterations is 0; expected 1 or more"
    );
    assert_eq!(
        fit(KMeans::params(2).tolerance(-1.0), three.clone()),
        "tolerance is -1; expected 0 or more"
    );
    assert_eq!(
        fit(KMeans::params(2).mini_batch(0), three.clone()),
        "mini_batch is 0; expected 1 or more"
    );
    let start = array![[1.0, 2.0], [3.0, 4.0]];
    assert_eq!(
        fit(KMeans::params(2).starts(vec![start]), three),
        "starts is a matrix with 2 columns; expected 1 columns, as the data have"
    );
    assert!(fit(KMeans::params(1), Array2::zeros((0, 2))).starts_with("customers: 0"));
    assert!(fit(KMeans::params(1), Array2::zeros((2, 0))).starts_with("columns: 0"));
}

#[test]
fn tables_with_too_few_different_customers_have_a_choice_with_gaps_and_no_error() {
    let mut rare = vec![0.0; 50];
    rare.extend([1.0; 49]);
    rare.push(9.0);
    let rare = df!("x" => rare).unwrap();
    let three = df!("x" => [0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0]).unwrap();
    for seed in 0..6 {
        let params = KMeans::params(1).seed(seed);
        let quick = |most| ChooseK::new(1..=most).references(5).resamples(5);
        let choice = quick(3).fit(&rare, &plain(&rare), &params).unwrap();
        plot::criteria(&choice).unwrap();
        let choice = quick(3).fit(&three, &plain(&three), &params).unwrap();
        assert_eq!(
            choice.tidy().column("gap").unwrap().f64().unwrap().get(2),
            None
        );
        plot::criteria(&choice).unwrap();
        let seven = df!("x" => [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0]).unwrap();
        plot::elbow(&quick(6).fit(&seven, &plain(&seven), &params).unwrap()).unwrap();
    }
    let corner = df!("x" => [0.0, 0.0, 1.0], "y" => [0.0, 1.0, 0.0]).unwrap();
    let params = KMeans::params(1);
    let gap = gap_of(&corner, 3, &params, 10, Reference::Shuffled).unwrap();
    assert_eq!(gap.column("gap").unwrap().f64().unwrap().get(2), None);
    let perfect = with_labels(&array![[0.1], [0.1], [0.1], [7.0]], [0, 0, 0, 1]);
    let criteria = cluster::criteria(&perfect, "segment").unwrap();
    assert_eq!(
        criteria.column("calinski_harabasz").unwrap().null_count(),
        1
    );
}

/// Where the numbers are so large that a sum of them loses what sets them apart, the fit has to end.
#[test]
fn customers_far_from_zero_are_clustered_as_if_they_were_near() {
    let (rows, truth) = groups(4, 300, 3, 2, 8.0);
    let near = KMeans::params(3)
        .seed(1)
        .fit(&DatasetBase::from(rows.clone()))
        .unwrap();
    let moved = rows.mapv(|x| x + 1e9);
    let far = KMeans::params(3)
        .seed(1)
        .fit(&DatasetBase::from(moved.clone()))
        .unwrap();
    assert_eq!(near.counts(), far.counts());
    assert!((near.inertia() - far.inertia()).abs() < 1e-4 * near.inertia());
    assert!(ari(far.predict(&moved), truth) > 0.99);
    for (offset, n, step) in [(1e18, 200, 1.0), (1e17, 50, 1.0), (1e18, 200, 16.0)] {
        let ids = Array2::from_shape_fn((n, 1), |(row, _)| offset + step * row as f64);
        for seed in 0..6 {
            let params = KMeans::params(3).seed(seed);
            // Few of them differ as numbers; what counts is that there is an answer.
            let _ = params.fit(&DatasetBase::from(ids.clone()));
        }
    }
}

#[test]
fn numbers_whose_squares_do_not_exist_are_refused_with_their_row() {
    let huge = df!("x" => [0.0, 1e200, 3e200], "segment" => [1, 1, 2]).unwrap();
    let only = huge.select(["x"]).unwrap();
    let told = |error: Error| error.to_string();
    let expected = "column x, row 1 (the first is 0)";
    assert!(told(cluster::hierarchy(&only).unwrap_err()).starts_with(expected));
    assert!(told(cluster::silhouette(&huge, "segment").unwrap_err()).starts_with(expected));
    assert!(told(scale::distance_shares(&only).unwrap_err()).starts_with(expected));
    let recipe = Recipe::new(["x"]).standardise("x");
    assert!(told(recipe.fit(&only).unwrap_err()).starts_with(expected));
    let extreme = df!("x" => [-1.5e308, 1.5e308, 1.5e308]).unwrap();
    assert!(
        Recipe::new(["x"])
            .clip("x", 0.25, 1.0)
            .fit(&extreme)
            .is_err()
    );
    let rows = array![[0.0], [1e200], [3e200]];
    assert!(KMeans::params(2).fit(&DatasetBase::from(rows)).is_err());
}

#[test]
fn no_column_is_overwritten_by_one_of_ours() {
    let table = df!("customers" => [1.0, 2.0, 9.0], "x" => [1.0, 2.0, 9.0]).unwrap();
    let fit = Segments::fit(&table, &Recipe::new(["customers"]), &KMeans::params(2));
    assert!(
        fit.unwrap_err()
            .to_string()
            .contains("one that reads a column customers")
    );
    let labelled = df!("x" => [1.0, 2.0, 9.0], "neighbour" => [1, 1, 2]).unwrap();
    assert!(cluster::silhouette(&labelled, "neighbour").is_err());
}

#[test]
fn labels_that_nobody_shares_neither_agree_nor_disagree() {
    let table = df!("a" => [Some("x"), None, Some("y")], "b" => [None, Some("p"), None]).unwrap();
    let agreement = cluster::agreement(&table, "a", "b").unwrap();
    assert_eq!(agreement.column("ari").unwrap().null_count(), 1);
    assert_eq!(agreement.column("nmi").unwrap().null_count(), 1);
    let pairs = cluster::match_labels(&table, "a", "b").unwrap();
    assert!(
        pairs
            .column("jaccard")
            .unwrap()
            .f64()
            .unwrap()
            .iter()
            .flatten()
            .all(|x| x == 0.0)
    );
}

#[test]
fn starts_for_more_groups_than_there_are_different_customers_are_refused() {
    let rows = array![[0.0], [0.0], [0.0], [1.0], [1.0]];
    let start = array![[0.0], [1.0], [5.0]];
    let error = KMeans::params(3)
        .starts(vec![start])
        .fit(&DatasetBase::from(rows))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "customers that differ: 2; expected 3 or more, one for each segment"
    );
    let rare = Array2::from_shape_fn((30_000, 1), |(row, _)| f64::from(u8::from(row == 7)));
    let rare = KMeans::params(2)
        .mini_batch(100)
        .fit(&DatasetBase::from(rare))
        .unwrap();
    assert_eq!(rare.counts(), [29_999, 1]);
    let few = DatasetBase::from(array![[0.0], [1.0], [2.0]]);
    assert!(KMeans::params(2).mini_batch(usize::MAX).fit(&few).is_ok());
}

#[test]
fn an_empty_group_takes_the_customer_who_is_farthest_from_their_own() {
    // Both starts of the second group are so far away that nobody is nearest to them.
    let rows = array![[0.0], [1.0], [2.0], [50.0]];
    let start = array![[1.0], [1e6]];
    let lloyd = KMeans::params(2)
        .starts(vec![start])
        .refine(false)
        .tolerance(0.0);
    let model = lloyd.fit(&DatasetBase::from(rows)).unwrap();
    assert_eq!(model.counts(), [3, 1]);
    assert_eq!(model.inertia(), 2.0);
}

#[test]
fn customers_that_are_all_alike_are_one_segment() {
    let rows = Array2::from_elem((50, 3), 2.5);
    let model = KMeans::params(1)
        .fit(&DatasetBase::from(rows.clone()))
        .unwrap();
    assert_eq!((model.inertia(), model.counts()), (0.0, [50].as_slice()));
    assert!(KMeans::params(2).fit(&DatasetBase::from(rows)).is_err());
}

#[test]
fn segments_can_be_saved_loaded_and_given_to_new_customers() {
    let simulated = simulate::Campaign::new()
        .rows(500)
        .seed(4)
        .generate()
        .unwrap()
        .customers;
    let customers = simulated
        .lazy()
        .with_column(features::spend())
        .collect()
        .unwrap();
    let recipe = Recipe::new(["Income", "spend", "Education", "Marital_Status"])
        .fill_median("Income")
        .clip(["Income", "spend"], 0.01, 0.99)
        .log("spend")
        .ordinal(
            "Education",
            ["Basic", "2n Cycle", "Graduation", "Master", "PhD"],
        )
        .one_hot("Marital_Status")
        .standardise(["Income", "spend"])
        .quantile_transform("Education")
        .principal_components(3);
    let segments = Segments::fit(&customers, &recipe, &KMeans::params(3).seed(9)).unwrap();
    let file = std::env::temp_dir().join("segmenta-test-segments.json");
    segments.save(&file, Existing::Replace).unwrap();
    let loaded = Segments::load(&file).unwrap();
    assert_eq!(loaded, segments);
    let few = customers.tail(Some(7));
    let assigned = loaded.assign(&few).unwrap();
    assert!(assigned.equals_missing(&segments.assign(&customers).unwrap().tail(Some(7))));
    assert_eq!(assigned.width(), few.width() + 2);

    let without = few.drop("spend").unwrap();
    let error = loaded.assign(&without).unwrap_err().to_string();
    assert!(
        error.starts_with("the table has no column spend"),
        "{error}"
    );
    let mut words = few.clone();
    words
        .with_column(Column::new("spend".into(), vec!["much"; 7]))
        .unwrap();
    let error = loaded.assign(&words).unwrap_err().to_string();
    assert_eq!(error, "column spend holds str; expected numbers");
    let mut married = few.clone();
    married
        .with_column(Column::new(
            "Marital_Status".into(),
            vec!["it is complicated"; 7],
        ))
        .unwrap();
    let error = loaded.assign(&married).unwrap_err().to_string();
    assert!(
        error.starts_with("column Marital_Status, row 0 (the first is 0): \"it is complicated\""),
        "{error}"
    );
    let error = loaded.assign(&assigned).unwrap_err().to_string();
    assert!(error.contains("one with a column segment"), "{error}");
    std::fs::remove_file(file).unwrap();
}

#[test]
fn a_file_that_holds_no_segments_of_this_version_is_refused() {
    let customers = df!("spend" => [1.0, 2.0, 8.0, 9.0]).unwrap();
    let recipe = Recipe::new(["spend"]).quantile_transform(Columns::All);
    let segments = Segments::fit(&customers, &recipe, &KMeans::params(2)).unwrap();
    let file = std::env::temp_dir().join("segmenta-test-other-segments.json");
    segments.save(&file, Existing::Replace).unwrap();
    let good = std::fs::read_to_string(&file).unwrap();
    let refused = |text: &str| {
        std::fs::write(&file, text).unwrap();
        Segments::load(&file).unwrap_err().to_string()
    };
    assert!(refused("spend,segment\n1,2\n").contains("no JSON"));
    assert!(refused("{\"a\": 1}").contains("JSON of another kind"));
    assert!(refused(&good[..good.len() / 2]).contains("no JSON"));
    assert!(
        refused(&good.replace("\"version\": 1", "\"version\": 2"))
            .contains("segments of version 2")
    );
    assert!(refused(&good.replace("\"inertia\"", "\"inert\"")).contains("spoilt segments"));
    let shorter = good.replacen(
        "\"counts\": [\n        2,\n        2\n",
        "\"counts\": [\n        4\n",
        1,
    );
    assert_ne!(shorter, good);
    assert!(refused(&shorter).contains("do not fit together"));
    assert!(
        refused(&good.replace(
            "\"outcome\": [\n        \"spend\"\n      ]",
            "\"outcome\": []"
        ))
        .contains("do not fit together")
    );
    std::fs::remove_file(&file).unwrap();
    assert!(
        Segments::load(&file)
            .unwrap_err()
            .to_string()
            .starts_with("cannot read")
    );
    let nowhere = std::env::temp_dir().join("no-such-folder/segments.json");
    assert!(
        segments
            .save(nowhere, Existing::Keep)
            .unwrap_err()
            .to_string()
            .starts_with("cannot write")
    );
}

#[test]
fn tidy_augment_and_glance_speak_of_the_same_segments() {
    let customers = campaign::load("data/marketing_campaign.csv")
        .unwrap()
        .customers;
    let customers = Clean::new(&customers)
        .unwrap()
        .drop_nulls(["Income"])
        .unwrap();
    let customers = customers.kept();
    let recipe = Recipe::new(["Income", "Recency", "NumStorePurchases"]).standardise(Columns::All);
    let segments = Segments::fit(customers, &recipe, &KMeans::params(4).seed(1)).unwrap();
    let (tidy, glance) = (segments.tidy().unwrap(), segments.glance().unwrap());
    let augmented = segments.augment(customers).unwrap();
    let means = augmented.clone().lazy().group_by([col("segment")]).agg([
        len().alias("n"),
        col("Income").mean(),
        col("distance").pow(lit(2.0)).sum().alias("within"),
    ]);
    let means = means
        .sort(["segment"], Default::default())
        .collect()
        .unwrap();
    for row in 0..4 {
        assert_eq!(at(&means, "n", row), at(&tidy, "customers", row));
        near(at(&means, "Income", row), at(&tidy, "Income", row), 1e-12);
        near(at(&means, "within", row), at(&tidy, "within_ss", row), 1e-9);
    }
    let mean = augmented
        .column("silhouette")
        .unwrap()
        .f64()
        .unwrap()
        .mean()
        .unwrap();
    near(mean, value(&glance, "silhouette"), 1e-12);
    let scaled = segments.scaler().transform(customers).unwrap();
    let scaled = scaled
        .hstack(&[augmented.column("segment").unwrap().clone()])
        .unwrap();
    let criteria = cluster::criteria(&scaled, "segment").unwrap();
    for name in [
        "inertia",
        "silhouette",
        "davies_bouldin",
        "calinski_harabasz",
        "explained",
    ] {
        near(value(&criteria, name), value(&glance, name), 1e-12);
    }
}

#[test]
fn a_choice_of_a_large_table_says_what_it_sampled() {
    let (rows, _) = groups(5, 25_000, 3, 2, 8.0);
    let choice = ChooseK::new(1..=3).references(3).resamples(3);
    let choice = choice
        .fit(
            &table(&rows),
            &plain(&table(&rows)),
            &KMeans::params(1).restarts(2),
        )
        .unwrap();
    assert_eq!(value(&choice.tidy(), "sampled_n"), 20_000.0);
    assert_eq!(at(&choice.tidy(), "silhouette_n", 1), 10_000.0);
    assert_eq!(choice.suggested(), Some(3));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whole numbers, so that many customers are alike.
    #[test]
    fn labels_are_those_of_the_nearest_centroid_and_counts_those_of_labels(
        values in prop::collection::vec((-5i32..5, -5i32..5), 3..80),
        k in 1usize..6,
        seed in 0u64..1000,
    ) {
        let rows = Array2::from_shape_fn((values.len(), 2), |(row, column)| {
            f64::from(if column == 0 { values[row].0 } else { values[row].1 })
        });
        let mut different = values.clone();
        different.sort_unstable();
        different.dedup();
        match KMeans::params(k).seed(seed).restarts(2).fit(&DatasetBase::from(rows.clone())) {
            Err(error) => {
                prop_assert!(different.len() < k, "{error}");
            }
            Ok(model) => {
                prop_assert!(different.len() >= k);
                let labels = model.predict(&rows);
                let mut counts = vec![0; k];
                let mut inertia = 0.0;
                for (row, label) in rows.rows().into_iter().zip(&labels) {
                    let distance = |c: segmenta::ndarray::ArrayView1<'_, f64>| {
                        row.iter().zip(c).map(|(x, c)| (x - c).powi(2)).sum::<f64>()
                    };
                    let own = distance(model.centroids().row(*label));
                    for other in model.centroids().rows() {
                        prop_assert!(own <= distance(other) + 1e-9);
                    }
                    counts[*label] += 1;
                    inertia += own;
                }
                prop_assert!((inertia - model.inertia()).abs() < 1e-9 * (1.0 + inertia));
                prop_assert!(model.counts().is_sorted_by(|a, b| a >= b));
                prop_assert!(model.counts().iter().all(|count| *count > 0));
                prop_assert_eq!(counts.iter().sum::<u64>(), rows.nrows() as u64);
            }
        }
    }

    #[test]
    fn silhouettes_lie_between_minus_one_and_one_and_do_not_care_for_the_order(
        values in prop::collection::vec((-9i32..9, 0u64..4), 2..60),
    ) {
        let table = |values: &[(i32, u64)]| df!(
            "x" => values.iter().map(|v| v.0).collect::<Vec<_>>(),
            "segment" => values.iter().map(|v| v.1).collect::<Vec<_>>(),
        ).unwrap();
        let several = values.iter().any(|v| v.1 != values[0].1);
        let ours = cluster::silhouette(&table(&values), "segment");
        prop_assert_eq!(ours.is_ok(), several);
        if let Ok(ours) = ours {
            let reversed: Vec<(i32, u64)> = values.iter().rev().copied().collect();
            let back = cluster::silhouette(&table(&reversed), "segment").unwrap();
            for row in 0..values.len() {
                let one = at(&ours, "silhouette", row);
                prop_assert!((-1.0..=1.0).contains(&one));
                prop_assert!((one - at(&back, "silhouette", values.len() - 1 - row)).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn agreement_does_not_care_what_labels_are_called(
        labels in prop::collection::vec((0u64..4, 0u64..4), 1..50),
    ) {
        let table = df!(
            "a" => labels.iter().map(|l| l.0).collect::<Vec<_>>(),
            "b" => labels.iter().map(|l| l.1).collect::<Vec<_>>(),
            "c" => labels.iter().map(|l| format!("{}", (l.1 + 3) * 7 % 11)).collect::<Vec<_>>(),
        ).unwrap();
        let b = cluster::agreement(&table, "a", "b").unwrap();
        let c = cluster::agreement(&table, "c", "a").unwrap();
        for name in ["ari", "nmi"] {
            prop_assert!((value(&b, name) - value(&c, name)).abs() < 1e-12);
        }
        prop_assert_eq!(value(&cluster::agreement(&table, "b", "c").unwrap(), "ari"), 1.0);
        prop_assert!(value(&b, "ari") <= 1.0);
    }
}

/// Written by `segmenta segment` in the first version of the format, and never again: who kept their
/// segments must be able to read them with every later version.
#[test]
fn segments_that_were_kept_in_version_1_can_be_read_and_used() {
    let kept = Segments::load("tests/kept/segments-version-1.json").unwrap();
    let file = "data/marketing_campaign.csv";
    let reading = kept.reading().unwrap();
    assert_eq!(reading.money(), Some(Money::Full));
    let customers = campaign::Loader::new()
        .like(reading)
        .load(file)
        .unwrap()
        .customers;
    let customers = customers
        .lazy()
        .with_column(features::spend())
        .collect()
        .unwrap();
    let customers = Clean::new(&customers)
        .unwrap()
        .drop_nulls(["Income"])
        .unwrap();
    let assigned = kept.assign(customers.kept()).unwrap();
    let sizes: Vec<u64> = (1..=3)
        .map(|segment| {
            let own = assigned
                .clone()
                .lazy()
                .filter(col("segment").eq(lit(segment)));
            own.collect().unwrap().height() as u64
        })
        .collect();
    assert_eq!(sizes, kept.model().counts());
}

#[test]
fn what_is_there_is_kept_unless_one_says_otherwise() {
    let customers = df!("x" => [1.0, 2.0, 9.0]).unwrap();
    let segments = Segments::fit(&customers, &plain(&customers), &KMeans::params(2)).unwrap();
    let file = std::env::temp_dir().join(format!("segmenta-kept-{}.json", std::process::id()));
    std::fs::write(&file, "mine").unwrap();
    let error = segments
        .save(&file, Existing::Keep)
        .unwrap_err()
        .to_string();
    assert!(error.contains("exists already"), "{error}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
    segments.save(&file, Existing::Replace).unwrap();
    assert_eq!(Segments::load(&file).unwrap(), segments);
    std::fs::remove_file(file).unwrap();
}

/// Beside one customer at 1e9 the squares of all others are lost in rounding, where they are the
/// difference of two large sums.
#[test]
fn a_customer_far_out_does_not_choose_the_restart_for_the_others() {
    for seed in 0..10 {
        let (rows, _) = groups(seed, 300, 5, 2, 2.0);
        let far = array![[1e9, -1e9]];
        let with = segmenta::ndarray::concatenate![segmenta::ndarray::Axis(0), rows, far];
        let fit = |k, rows: &Array2<f64>| {
            // The usual tolerance is a share of the variance, which is that of the one far out.
            let params = KMeans::params(k)
                .seed(1)
                .restarts(20)
                .refine(false)
                .tolerance(0.0);
            params
                .fit(&DatasetBase::from(rows.clone()))
                .unwrap()
                .inertia()
        };
        let (alone, beside) = (fit(5, &rows), fit(6, &with));
        assert!(beside < alone * 1.005, "{beside} {alone}");
    }
}

#[test]
fn labels_that_are_numbers_stay_numbers_and_names_of_the_answer_are_refused() {
    let labels =
        df!("ours" => [1i64, 1, 2], "theirs" => [7u32, 7, 3], "both" => [1, 1, 2]).unwrap();
    let pairs = cluster::match_labels(&labels, "ours", "theirs").unwrap();
    assert_eq!(
        pairs.column("ours").unwrap().i64().unwrap().to_vec(),
        [Some(1), Some(2)]
    );
    assert_eq!(
        pairs.column("theirs").unwrap().u32().unwrap().to_vec(),
        [Some(7), Some(3)]
    );
    let error = cluster::match_labels(&labels, "ours", "both").unwrap_err();
    assert!(matches!(error, Error::Parameter { .. }), "{error}");
    let again = cluster::match_labels(&labels, "ours", "ours").unwrap();
    assert_eq!(
        again.column("ours_again").unwrap().i64().unwrap().get(1),
        Some(2)
    );
}

#[test]
fn the_gap_can_speak_for_no_segments() {
    let (rows, _) = groups(3, 200, 1, 2, 1.0);
    let choice = ChooseK::new(1..=4).fit(&table(&rows), &plain(&table(&rows)), &KMeans::params(1));
    let choice = choice.unwrap();
    assert_eq!(choice.suggested(), None);
    assert!(
        choice
            .verdict()
            .ends_with("The gap statistic sees no segments."),
        "{}",
        choice.verdict()
    );
    // Numbers of segments that were not asked for are not suggested.
    let (rows, _) = groups(3, 200, 3, 2, 9.0);
    let choice = ChooseK::new(4..=6).fit(&table(&rows), &plain(&table(&rows)), &KMeans::params(1));
    let choice = choice.unwrap();
    assert_eq!(choice.tidy().height(), 3);
    assert!(
        choice.suggested().is_none_or(|k| k >= 4),
        "{}",
        choice.verdict()
    );
}

fn of_another_width<P>(model: &P)
where
    P: Predict<Array2<f64>, DatasetBase<Array2<f64>, segmenta::ndarray::Array1<usize>>>,
{
    let _ = model.predict(array![[1.0, 2.0, 3.0]]);
}

#[test]
#[should_panic(expected = "k-means was fitted to 2 columns, and is to predict from 3")]
fn k_means_does_not_guess_what_rows_of_another_width_mean() {
    let (rows, _) = groups(1, 40, 2, 2, 5.0);
    of_another_width(&KMeans::params(2).fit(&DatasetBase::from(rows)).unwrap());
}

#[test]
#[should_panic(expected = "the mixture was fitted to 2 columns, and is to predict from 3")]
fn a_mixture_does_not_guess_what_rows_of_another_width_mean() {
    let (rows, _) = groups(1, 40, 2, 2, 5.0);
    of_another_width(
        &GaussianMixture::params(2)
            .fit(&DatasetBase::from(rows))
            .unwrap(),
    );
}

#[test]
#[should_panic(expected = "Pca was fitted to 2 columns, and is to predict from 3")]
fn components_do_not_guess_what_rows_of_another_width_mean() {
    let (rows, _) = groups(1, 40, 2, 2, 5.0);
    let pca = Pca::params(1).fit(&DatasetBase::from(rows)).unwrap();
    let _ = pca.predict(&array![[1.0, 2.0, 3.0]]);
}

/// Customers who are not learned from have had no say in the scale: of a part that lies elsewhere the
/// scaled numbers are not those that all together would give.
#[test]
fn a_split_scales_test_customers_by_those_it_learned_from() {
    let mut random = Normal(5);
    let values: Vec<f64> = (0..60).map(|_| random.unit()).collect();
    let customers = df!("x" => values).unwrap();
    let recipe = Recipe::new(["x"]).min_max("x");
    let params = KMeans::params(2).seed(3);
    let split = cluster::Split::new(0.5)
        .fit(&customers, &recipe, &params)
        .unwrap();
    let all = recipe
        .fit(&customers)
        .unwrap()
        .transform(&customers)
        .unwrap();
    let leaked = cluster::Split::new(0.5)
        .fit(&all, &plain(&all), &params)
        .unwrap();
    assert_ne!(
        value(&split, "test_inertia"),
        value(&leaked, "test_inertia")
    );
}
