//! Why do we not take these parts of linfa 0.8.1? A test for each defect that our own works around:
//! one that fails after an upgrade says that it is mended, and ours can be thought over.

use std::panic::catch_unwind;

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;
use segmenta::linfa::DatasetBase;
use segmenta::linfa::prelude::SilhouetteScore;
use segmenta::linfa::prelude::Transformer;
use segmenta::linfa::traits::{Fit, Predict};
use segmenta::linfa_clustering::{
    Dbscan as TheirDbscan, GaussianMixtureModel, KMeans as TheirKMeans, KMeansInit,
    Optics as TheirOptics,
};
use segmenta::ndarray::{Array2, Axis, array, s};
use segmenta::prelude::*;

/// Round numbers without a pattern.
fn noise(n: usize, d: usize) -> Array2<f64> {
    Array2::from_shape_fn((n, d), |(row, column)| {
        (((row * 7_919 + column * 104_729) * 31 + row * row) % 1_009) as f64 / 100.0
    })
}

fn random(seed: u64) -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(seed)
}

/// Sums of squares that the labels of a model leave.
fn inertia(rows: &Array2<f64>, labels: &[usize], centroids: &Array2<f64>) -> f64 {
    let square = |(row, label): (segmenta::ndarray::ArrayView1<'_, f64>, &usize)| {
        let difference = &row - &centroids.row(*label);
        difference.dot(&difference)
    };
    rows.axis_iter(Axis(0)).zip(labels).map(square).sum()
}

#[test]
fn counts_of_several_runs_belong_to_the_last_and_not_to_the_best() {
    let rows = noise(400, 3);
    let data = DatasetBase::from(rows.clone());
    let wrong = (0..20).filter(|seed| {
        let params = TheirKMeans::params_with_rng(6, random(*seed)).n_runs(5);
        let model = params.fit(&data).unwrap();
        let labels = model.predict(&rows);
        let count = |label: usize| labels.iter().filter(|l| **l == label).count() as f64;
        (0..6).any(|label| count(label) != model.cluster_count()[label])
    });
    assert!(
        wrong.count() > 0,
        "mended: cluster_count is that of the best run"
    );
    for seed in 0..20 {
        let model = KMeans::params(6).seed(seed).restarts(5).fit(&data).unwrap();
        let labels = model.predict(&rows);
        let count = |label: usize| labels.iter().filter(|l| **l == label).count() as u64;
        assert_eq!(model.counts(), (0..6).map(count).collect::<Vec<_>>());
    }
}

#[test]
fn starting_in_parallel_is_another_start_each_time() {
    let data = DatasetBase::from(noise(3_000, 4));
    let fit = || {
        let params = TheirKMeans::params_with_rng(8, random(1));
        let params = params.init_method(KMeansInit::KMeansPara).n_runs(1);
        params.fit(&data).unwrap().inertia()
    };
    let first = fit();
    // Which thread draws first is up to the machine, and may be the same one for long.
    assert!(
        (0..2_000).any(|_| fit() != first),
        "mended: KMeansPara gives the same digits"
    );
    let ours = || KMeans::params(8).seed(1).restarts(2).fit(&data).unwrap();
    let first = ours();
    assert!((0..10).all(|_| ours() == first));
}

#[test]
fn a_customer_alone_has_a_silhouette_of_one_and_a_single_segment_has_one_too() {
    let rows = array![[0.0], [1.0], [10.0]];
    let alone = DatasetBase::new(rows.clone(), array![0usize, 0, 1]);
    let theirs: f64 = alone.silhouette_score().unwrap();
    let table = df!("x" => [0.0, 1.0, 10.0], "segment" => [0u64, 0, 1]).unwrap();
    let ours = cluster::criteria(&table, "segment").unwrap();
    let ours = ours
        .column("silhouette")
        .unwrap()
        .f64()
        .unwrap()
        .get(0)
        .unwrap();
    // Rousseeuw: 0 for the one alone. (0.9 + 8/9 + 0) / 3.
    assert!((ours - (0.9 + 8.0 / 9.0) / 3.0).abs() < 1e-12);
    assert!(theirs > ours + 0.3, "mended: one alone has 0 ({theirs})");
    let single = DatasetBase::new(rows, array![0usize, 0, 0]);
    let theirs: f64 = single.silhouette_score().unwrap();
    assert_eq!(theirs, 1.0, "mended: one segment has no silhouette");
    let table = df!("x" => [0.0, 1.0, 10.0], "segment" => [0u64, 0, 0]).unwrap();
    assert!(cluster::criteria(&table, "segment").is_err());
}

#[test]
fn a_mixture_has_no_probabilities_far_from_everybody() {
    let few = array![
        [0.0, 0.1],
        [0.2, 0.0],
        [0.1, 0.2],
        [5.0, 5.1],
        [5.2, 5.0],
        [5.1, 5.3]
    ];
    let params = GaussianMixtureModel::params_with_rng(2, random(1));
    let model = params.fit(&DatasetBase::from(few)).unwrap();
    let far = catch_unwind(|| {
        let far = array![[1e4, -1e4]];
        model.predict_proba(&far).sum()
    });
    let lost = !far.is_ok_and(|sum: f64| (sum - 1.0).abs() < 1e-9);
    assert!(lost, "mended: the mixture has probabilities far out");
}

/// Ours from the same start as theirs: the engine and its oracle.
#[test]
fn from_the_same_start_ours_ends_no_higher_than_linfa() {
    let rows = noise(500, 3);
    let data = DatasetBase::from(rows.clone());
    let start = rows.slice(segmenta::ndarray::s![..5, ..]).to_owned();
    let params = TheirKMeans::params_with_rng(5, random(0));
    let params = params.init_method(KMeansInit::Precomputed(start.clone()));
    let theirs = params
        .n_runs(1)
        .tolerance(1e-9)
        .max_n_iterations(1_000)
        .fit(&data)
        .unwrap();
    let labels = theirs.predict(&rows);
    let theirs = inertia(&rows, labels.as_slice().unwrap(), theirs.centroids());
    let lloyd = KMeans::params(5)
        .starts(vec![start])
        .refine(false)
        .tolerance(0.0);
    let ours = lloyd.iterations(1_000).fit(&data).unwrap();
    assert!(
        (ours.inertia() - theirs).abs() < 1e-6 * theirs,
        "{} {theirs}",
        ours.inertia()
    );
    let refined = KMeans::params(5).fit(&data).unwrap();
    assert!(refined.inertia() <= theirs);
}

/// Two groups on a line, far apart.
fn two_groups() -> Array2<f64> {
    array![[0.0], [0.1], [0.3], [0.35], [50.0], [50.1], [50.3], [50.35]]
}

#[test]
fn a_group_of_optics_begins_with_a_reachability_so_that_a_cut_joins_two_groups() {
    let rows = two_groups();
    let theirs = TheirOptics::params(2).tolerance(1.0);
    let theirs = theirs.transform(rows.view()).unwrap();
    // A group begins where nothing before is in reach: 2 places, of which theirs shows none.
    let begins = theirs
        .iter()
        .filter(|s| s.reachability_distance().is_none());
    assert_eq!(
        begins.count(),
        0,
        "mended: a group begins without a reachability"
    );
    let table = df!("x" => rows.column(0).to_vec()).unwrap();
    let ours = Optics::fit(&table, &Recipe::new(["x"]), &Optics::params(2)).unwrap();
    let segments = ours.at(1.0).unwrap();
    assert_eq!(
        segments.column("segments").unwrap().u64().unwrap().get(0),
        Some(2)
    );
}

#[test]
fn who_is_in_reach_of_two_groups_is_of_that_which_the_file_has_first() {
    // The one at 1.0 is no core customer, and nearer to the group on the left.
    let places = [
        0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 1.0, 1.55, 1.65, 1.75, 1.85, 1.95,
    ];
    let rows = Array2::from_shape_fn((places.len(), 1), |(row, _)| places[row]);
    let backwards = rows.slice(s![..;-1, ..]).to_owned();
    let beside_the_left = |labels: Vec<Option<usize>>| labels[6] == labels[5];
    let theirs = |rows: &Array2<f64>| {
        let params = TheirDbscan::params(5).tolerance(0.6);
        params.transform(rows).unwrap().to_vec()
    };
    let mut turned = theirs(&backwards);
    turned.reverse();
    assert!(beside_the_left(theirs(&rows)));
    assert!(
        !beside_the_left(turned),
        "mended: the nearer group has the customer"
    );
    let model = Dbscan::params(5, 0.6)
        .fit(&DatasetBase::from(backwards.clone()))
        .unwrap();
    let mut ours = model.predict(&backwards).to_vec();
    ours.reverse();
    assert!(beside_the_left(ours));
}
