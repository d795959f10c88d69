//! What a user relies on in segments by density: they are scikit-learn's, the order of the file decides
//! nothing, who lies alone is in none and counts for nothing, and a radius is chosen with open eyes.
//!
//! The expected figures are in oracles/density.json; oracles/density.py computes them (scikit-learn 1.9.1).

use std::collections::HashMap;

use proptest::prelude::*;
use segmenta::cluster::ChooseRadius;
use segmenta::linfa::DatasetBase;
use segmenta::linfa::prelude::Transformer;
use segmenta::linfa::traits::{Fit, Predict};
use segmenta::ndarray::Array2;
use segmenta::prelude::*;
use serde_json::Value;

fn oracle() -> Value {
    serde_json::from_str(include_str!("oracles/density.json")).unwrap()
}

fn floats(value: &Value) -> Vec<Option<f64>> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(Value::as_f64)
        .collect()
}

fn integers(value: &Value) -> Vec<i64> {
    let list = value.as_array().unwrap();
    list.iter().map(|x| x.as_i64().unwrap()).collect()
}

fn moons(oracle: &Value) -> Array2<f64> {
    let rows = oracle["rows"].as_array().unwrap();
    Array2::from_shape_fn((rows.len(), 2), |(row, column)| {
        rows[row][column].as_f64().unwrap()
    })
}

fn table_of(rows: &Array2<f64>) -> DataFrame {
    df!("x" => rows.column(0).to_vec(), "y" => rows.column(1).to_vec()).unwrap()
}

fn plain() -> Recipe {
    Recipe::new(["x", "y"])
}

/// Each of ours belongs to one of theirs, and the other way round: the names of the groups are free.
#[track_caller]
fn are_the_same<A, B>(ours: &[A], theirs: &[B])
where
    A: Copy + Eq + std::fmt::Debug + std::hash::Hash,
    B: Copy + Eq + std::fmt::Debug + std::hash::Hash,
{
    assert_eq!(ours.len(), theirs.len());
    let (mut there, mut back) = (HashMap::new(), HashMap::new());
    for (row, (a, b)) in ours.iter().zip(theirs).enumerate() {
        assert_eq!(there.entry(*a).or_insert(*b), b, "customer {row}");
        assert_eq!(back.entry(*b).or_insert(*a), a, "customer {row}");
    }
}

fn segments_of(table: &DataFrame) -> Vec<String> {
    let segments = table.column("segment").unwrap().str().unwrap();
    segments.iter().map(|s| s.unwrap().to_owned()).collect()
}

fn number(table: &DataFrame, column: &str) -> f64 {
    let column = table.column(column).unwrap();
    let column = column.cast(&DataType::Float64).unwrap();
    column.f64().unwrap().get(0).unwrap()
}

#[test]
fn the_groups_are_those_of_scikit_learn() {
    let oracle = oracle();
    let rows = moons(&oracle);
    for theirs in oracle["dbscan"].as_array().unwrap() {
        let min_points = theirs["min_points"].as_u64().unwrap() as usize;
        let radius = theirs["radius"].as_f64().unwrap();
        let params = Dbscan::params(min_points, radius);
        let model = params.fit(&DatasetBase::from(rows.clone())).unwrap();
        assert_eq!(
            model.cores().nrows(),
            theirs["cores"].as_array().unwrap().len()
        );
        let ours: Vec<i64> = model
            .predict(&rows)
            .iter()
            .map(|group| group.map_or(-1, |group| group as i64))
            .collect();
        // Who is in reach of two groups belongs to the nearer one; scikit-learn takes the one that it
        // comes to first, which depends on the order of the file.
        let (labels, nearest) = (integers(&theirs["labels"]), integers(&theirs["nearest"]));
        let expected: Vec<i64> = integers(&theirs["reached"])
            .iter()
            .zip(labels.iter().zip(&nearest))
            .map(|(reached, (label, nearest))| if *reached > 1 { *nearest } else { *label })
            .collect();
        are_the_same(&ours, &expected);
    }
}

#[test]
fn the_order_of_optics_is_that_of_scikit_learn() {
    let oracle = oracle();
    let theirs = &oracle["optics"];
    let table = table_of(&moons(&oracle));
    let optics = Optics::fit(&table, &plain(), &Optics::params(6)).unwrap();
    let order: Vec<i64> = optics.order().iter().map(|row| *row as i64).collect();
    assert_eq!(order, integers(&theirs["order"]));
    let ours = optics.augment(&table).unwrap();
    for name in ["core_distance", "reachability"] {
        let ours = ours.column(name).unwrap().f64().unwrap();
        for (row, (ours, theirs)) in ours.iter().zip(floats(&theirs[name])).enumerate() {
            match (ours, theirs) {
                (Some(ours), Some(theirs)) => {
                    assert!((ours - theirs).abs() < 1e-12, "{name} of customer {row}");
                }
                (ours, theirs) => assert_eq!(ours, theirs, "{name} of customer {row}"),
            }
        }
    }
}

#[test]
fn who_lies_alone_counts_for_no_criterion() {
    let oracle = oracle();
    let table = table_of(&moons(&oracle));
    for theirs in oracle["dbscan"].as_array().unwrap() {
        let min_points = theirs["min_points"].as_u64().unwrap() as usize;
        let contested = integers(&theirs["reached"])
            .iter()
            .any(|reached| *reached > 1);
        let params = Dbscan::params(min_points, theirs["radius"].as_f64().unwrap());
        let segments = Segments::fit(&table, &plain(), &params).unwrap();
        let glance = segments.glance().unwrap();
        let alone = integers(&theirs["labels"])
            .iter()
            .filter(|l| **l < 0)
            .count();
        assert_eq!(number(&glance, "alone"), alone as f64);
        assert_eq!(number(&glance, "n"), 300.0);
        if contested {
            continue;
        }
        for name in ["silhouette", "davies_bouldin", "calinski_harabasz"] {
            let theirs = theirs[name].as_f64().unwrap();
            let ours = number(&glance, name);
            assert!(
                (ours / theirs - 1.0).abs() < 1e-10,
                "{name}: {ours} {theirs}"
            );
        }
    }
}

#[test]
fn a_saved_model_assigns_by_the_nearest_core_customer_and_says_none_beyond_the_radius() {
    let table = table_of(&moons(&oracle()));
    let segments = Segments::fit(&table, &plain(), &Dbscan::params(8, 0.2)).unwrap();
    let file = std::env::temp_dir().join("segmenta-test-density.json");
    segments.save(&file, Existing::Replace).unwrap();
    let loaded = Segments::load(&file).unwrap();
    std::fs::remove_file(file).unwrap();
    assert_eq!(loaded, segments);
    let augmented = segments.augment(&table).unwrap();
    assert_eq!(
        segments_of(&loaded.assign(&table).unwrap()),
        segments_of(&augmented)
    );
    // No silhouette for who is in no segment.
    let silhouettes = augmented.column("silhouette").unwrap().f64().unwrap();
    for (segment, silhouette) in segments_of(&augmented).iter().zip(silhouettes.iter()) {
        assert_eq!(segment == "none", silhouette.is_none());
    }
    let new = df!("x" => [0.0, 50.0], "y" => [1.0, 50.0]).unwrap();
    let assigned = loaded.assign(&new).unwrap();
    let upper = &segments_of(&assigned)[0];
    assert!(upper == "1" || upper == "2");
    assert_eq!(segments_of(&assigned)[1], "none");
    let far = assigned.column("distance").unwrap().f64().unwrap().get(1);
    assert!(far.unwrap() > 50.0);
    // The table of the segments says who is in none, last.
    let tidy = segments.tidy().unwrap();
    assert_eq!(segments_of(&tidy).last().unwrap(), "none");
    let customers = tidy.column("customers").unwrap().u64().unwrap();
    assert_eq!(customers.iter().flatten().sum::<u64>(), 300);
}

#[test]
fn many_customers_are_learned_from_a_sample_and_it_is_told() {
    let n = 24_000;
    let x = |i: usize| (i % 2) as f64 * 10.0 + ((i * 7_919) % 10_007) as f64 / 10_007.0;
    let table = df!(
        "x" => (0..n).map(x).collect::<Vec<_>>(),
        "y" => (0..n).map(|i| ((i * 104_729) % 9_973) as f64 / 9_973.0).collect::<Vec<_>>(),
    )
    .unwrap();
    let segments = Segments::fit(&table, &plain(), &Dbscan::params(10, 0.1).seed(1)).unwrap();
    let glance = segments.glance().unwrap();
    assert_eq!(number(&glance, "learned_from"), 20_000.0);
    assert_eq!(segments.model().counts(), [12_000, 12_000]);
    let all = Dbscan::params(10, 0.1).at_most(n);
    let all = Segments::fit(&table, &plain(), &all).unwrap();
    assert_eq!(number(&all.glance().unwrap(), "learned_from"), n as f64);
    assert_eq!(all.model().counts(), [12_000, 12_000]);
    let optics = Optics::fit(&table, &plain(), &Optics::params(10)).unwrap();
    assert_eq!(number(&optics.glance().unwrap(), "learned_from"), 20_000.0);
}

/// Random numbers that are evenly spread from 0 to 1.
fn evenly(seed: u64, n: usize) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    (0..n).map(|_| next()).collect()
}

/// Customers around so many centres, with what is evenly spread added up to nearly normal.
fn around(centres: &[(f64, f64)], seed: u64, n: usize) -> DataFrame {
    let noise = evenly(seed, 24 * n);
    let normal = |place: usize| noise[12 * place..12 * (place + 1)].iter().sum::<f64>() - 6.0;
    let centre = |row: usize| centres[row % centres.len()];
    df!(
        "x" => (0..n).map(|row| centre(row).0 + normal(2 * row)).collect::<Vec<_>>(),
        "y" => (0..n).map(|row| centre(row).1 + normal(2 * row + 1)).collect::<Vec<_>>(),
    )
    .unwrap()
}

#[test]
fn a_radius_is_proposed_where_there_are_groups_and_hardly_ever_in_noise() {
    let recipe = plain().standardise(Columns::All);
    let proposed = |table: &DataFrame, seed: u64| {
        let choice = ChooseRadius::new(4).seed(seed).fit(table, &recipe).unwrap();
        let places = number(&choice.glance().unwrap(), "places");
        assert_eq!(places > 0.0, choice.suggested().is_some());
        (places, choice)
    };
    let mut claimed = 0;
    for seed in 0..40 {
        let flat = df!("x" => evenly(seed + 1, 200), "y" => evenly(seed + 1_001, 200)).unwrap();
        let hill = around(&[(0.0, 0.0)], seed + 1, 200);
        for table in [flat, hill] {
            let (places, choice) = proposed(&table, seed);
            claimed += u64::from(places > 0.0);
            if places == 0.0 {
                assert!(choice.verdict().starts_with("There is no clear structure"));
            }
        }
    }
    // At a level of 1 in 20, more than 9 of 80 would come once in a hundred times.
    assert!(claimed <= 9, "{claimed} of 80 tables of noise");
    for seed in 0..20 {
        let three = around(&[(0.0, 0.0), (8.0, 0.0), (4.0, 9.0)], seed + 1, 210);
        let (places, choice) = proposed(&three, seed);
        assert_eq!(places, 3.0, "{}", choice.verdict());
        let radius = choice.suggested().unwrap();
        let segments = Segments::fit(&three, &recipe, &Dbscan::params(4, radius)).unwrap();
        let found = segments_of(&segments.augment(&three).unwrap());
        let mut counts: HashMap<&String, [usize; 3]> = HashMap::new();
        for (row, segment) in found.iter().enumerate() {
            counts.entry(segment).or_default()[row % 3] += 1;
        }
        let alone = counts.remove(&"none".to_owned()).unwrap_or_default();
        assert!(alone.iter().sum::<usize>() < 30, "{alone:?} of 210");
        let of_others: usize = counts
            .values()
            .map(|centres| centres.iter().sum::<usize>() - centres.iter().max().unwrap())
            .sum();
        assert!(
            of_others <= 2,
            "{of_others} of 210 are with those of another centre"
        );
    }
}

#[test]
fn resamples_find_groups_again_and_chance_places_not() {
    let recipe = plain().standardise(Columns::All);
    let jaccard = |table: &DataFrame, radius: f64| {
        let again = cluster::Resample::new(30);
        let again = again
            .fit(table, &recipe, &Dbscan::params(4, radius))
            .unwrap();
        let tidy = again.tidy();
        assert_eq!(segments_of(&tidy)[0], "1");
        let jaccard = tidy.column("jaccard").unwrap().f64().unwrap();
        jaccard.iter().flatten().collect::<Vec<f64>>()
    };
    let three = around(&[(0.0, 0.0), (8.0, 0.0), (4.0, 9.0)], 1, 210);
    let stable = jaccard(&three, 0.35);
    assert_eq!(stable.len(), 3);
    assert!(stable.iter().all(|x| *x > 0.9), "{stable:?}");
    // Small enough a radius finds places in a single hill too; they come out of no other customers.
    let hill = around(&[(0.0, 0.0)], 1, 210);
    let chance = jaccard(&hill, 0.17);
    assert!(chance.len() > 3);
    assert!(
        chance.iter().filter(|x| **x < 0.6).count() > 2,
        "{chance:?}"
    );
}

#[test]
fn the_same_seed_gives_the_same_digits_on_any_number_of_threads() {
    let table = around(&[(0.0, 0.0), (8.0, 0.0)], 3, 400);
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            let choice = ChooseRadius::new(4).seed(7).fit(&table, &plain()).unwrap();
            let params = Dbscan::params(4, choice.suggested().unwrap());
            let again = cluster::Resample::new(20)
                .fit(&table, &plain(), &params)
                .unwrap();
            (
                choice.tidy().unwrap(),
                choice.glance().unwrap(),
                again.tidy(),
            )
        })
    };
    let (one, three) = (on(1), on(3));
    assert!(one.0.equals_missing(&three.0));
    assert!(one.1.equals_missing(&three.1));
    assert!(one.2.equals_missing(&three.2));
}

#[test]
fn customers_who_are_all_the_same_are_one_segment() {
    let table = df!("x" => vec![3.0; 500], "y" => vec![4.0; 500]).unwrap();
    let segments = Segments::fit(&table, &plain(), &Dbscan::params(5, 1e-9)).unwrap();
    assert_eq!(segments.model().counts(), [500]);
    let optics = Optics::fit(&table, &plain(), &Optics::params(5)).unwrap();
    assert_eq!(optics.bend(), 0.0);
    assert!(
        optics
            .tidy()
            .unwrap_err()
            .to_string()
            .contains("distances above 0")
    );
    assert!(plot::k_distance(&optics).is_ok());
    assert!(plot::reachability(&optics).is_ok());
}

#[test]
fn who_has_a_number_that_is_not_finite_is_near_nobody() {
    let rows = Array2::from_shape_vec((3, 2), vec![0.0, 0.0, 0.1, 0.0, 0.0, 0.1]).unwrap();
    let model = Dbscan::params(2, 0.5)
        .fit(&DatasetBase::from(rows))
        .unwrap();
    let odd = vec![f64::NAN, 0.0, 0.0, f64::INFINITY, 0.0, 0.0];
    let labels = model.predict(&Array2::from_shape_vec((3, 2), odd).unwrap());
    assert_eq!(labels.to_vec(), [None, None, Some(0)]);
}

#[test]
fn what_cannot_be_is_refused_with_what_to_do() {
    let table = df!("x" => [0.0, 1.0, 2.0], "y" => [0.0, 5.0, 9.0]).unwrap();
    let refused = |params: &segmenta::cluster::DbscanParams| {
        let refused = Segments::fit(&table, &plain(), params).unwrap_err();
        refused.to_string()
    };
    assert!(refused(&Dbscan::params(1, 0.5)).contains("2 or more"));
    for radius in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(refused(&Dbscan::params(2, radius)).contains("a distance above 0"));
    }
    assert!(refused(&Dbscan::params(2, 0.5).at_most(0)).contains("1 or more"));
    assert!(refused(&Dbscan::params(2, 0.5)).contains("a wider radius"));
    let few = Optics::fit(&table, &plain(), &Optics::params(4)).unwrap_err();
    assert!(few.to_string().contains("4 or more"));
    let segments = Segments::fit(&table, &plain(), &Dbscan::params(2, 6.0)).unwrap();
    let border = personality::border(&segments, &table, 0.1).unwrap_err();
    assert!(border.to_string().contains("no centres"));
}

/// Customers on a coarse grid, so that ties and repeated customers are common.
fn customers() -> impl Strategy<Value = Array2<f64>> {
    proptest::collection::vec((0u8..40, 0u8..40), 2..120).prop_map(|places| {
        Array2::from_shape_fn((places.len(), 2), |(row, column)| {
            let (x, y) = places[row];
            f64::from(if column == 0 { x } else { y }) / 4.0
        })
    })
}

proptest! {
    #[test]
    fn core_customers_are_grouped_as_linfa_groups_them(rows in customers(), min_points in 2usize..7, radius in 0.3f64..1.5) {
        let theirs = segmenta::linfa_clustering::Dbscan::params(min_points).tolerance(radius);
        let theirs = theirs.transform(&rows).unwrap();
        let Ok(model) = Dbscan::params(min_points, radius).fit(&DatasetBase::from(rows.clone())) else {
            prop_assert!(theirs.iter().all(Option::is_none));
            return Ok(());
        };
        let ours = model.predict(&rows);
        let is_core = |row: usize| model.cores().outer_iter().any(|core| core == rows.row(row));
        for row in 0..rows.nrows() {
            prop_assert_eq!(ours[row].is_some(), theirs[row].is_some());
        }
        let cores: Vec<usize> = (0..rows.nrows()).filter(|row| is_core(*row)).collect();
        are_the_same(
            &cores.iter().map(|row| ours[*row]).collect::<Vec<_>>(),
            &cores.iter().map(|row| theirs[*row]).collect::<Vec<_>>(),
        );
    }

    #[test]
    fn the_order_of_the_file_decides_nothing(rows in customers(), radius in 0.3f64..1.5) {
        let table = table_of(&rows);
        let backwards = table.reverse();
        let params = Dbscan::params(3, radius);
        let (Ok(one), Ok(other)) = (
            Segments::fit(&table, &plain(), &params),
            Segments::fit(&backwards, &plain(), &params),
        ) else {
            return Ok(());
        };
        let forwards = segments_of(&one.augment(&table).unwrap());
        let mut turned = segments_of(&other.augment(&backwards).unwrap());
        turned.reverse();
        prop_assert_eq!(forwards, turned);
    }

    #[test]
    fn optics_says_before_what_a_radius_gives(rows in customers(), at in 0usize..1000) {
        let table = table_of(&rows);
        let Ok(optics) = Optics::fit(&table, &plain(), &Optics::params(3)) else {
            return Ok(());
        };
        // A radius that is somebody's core distance, where rounding would show.
        let distances = optics.augment(&table).unwrap();
        let distances = distances.column("core_distance").unwrap().f64().unwrap();
        let radius = distances.get(at % rows.nrows()).unwrap();
        if radius == 0.0 {
            return Ok(());
        }
        let said = optics.at(radius).unwrap();
        let segments = Segments::fit(&table, &plain(), &Dbscan::params(3, radius)).unwrap();
        let glance = segments.glance().unwrap();
        prop_assert_eq!(number(&said, "segments"), number(&glance, "segments"));
        prop_assert_eq!(number(&said, "alone"), number(&glance, "alone"));
        let all = number(&said, "core") + number(&said, "edge") + number(&said, "alone");
        prop_assert_eq!(all, rows.nrows() as f64);
    }
}
