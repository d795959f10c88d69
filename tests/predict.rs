//! Trees and forests answer as scikit-learn's do, say how good they are, and what they rest on.

use segmenta::linfa::DatasetBase;
use segmenta::ndarray::{Array1, Array2};
use segmenta::predict::{self, ClassWeights, Classifier, RandomForest};
use segmenta::prelude::*;
use serde_json::Value;

/// What scikit-learn finds (tests/oracles/predict.py).
fn oracle() -> Value {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracles/predict.json");
    let oracle: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    assert_eq!(oracle["versions"]["scikit-learn"], "1.9.1");
    oracle
}

/// The numbers that the oracle's tables are made of (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = self.0;
        let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 * 2f64.powi(-53)
    }

    fn bell(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }

    fn order(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        for place in (1..n).rev() {
            order.swap(place, (self.next() % (place as u64 + 1)) as usize);
        }
        order
    }
}

type Table = (Vec<Vec<f64>>, Vec<usize>);

/// Makes a table of so many rows.
type Make = fn(&mut Numbers, usize) -> Table;

fn clouds(numbers: &mut Numbers, n: usize) -> Table {
    let row = |_| {
        let kind = (numbers.next() % 3) as usize;
        let value = |column: usize| {
            let shift = if column < 4 {
                1.2 * ((kind + column) % 3) as f64
            } else {
                0.0
            };
            numbers.bell() + shift
        };
        ((0..8).map(value).collect(), kind)
    };
    (0..n).map(row).unzip()
}

fn chequered(numbers: &mut Numbers, n: usize) -> Table {
    let row = |_| {
        let row: Vec<f64> = (0..6).map(|_| numbers.unit()).collect();
        let right = usize::from((row[0] > 0.5) != (row[1] > 0.5));
        (
            row,
            if numbers.unit() > 0.1 {
                right
            } else {
                1 - right
            },
        )
    };
    (0..n).map(row).unzip()
}

fn rare(numbers: &mut Numbers, n: usize) -> Table {
    let row = |_| {
        let value = |column: usize| (10.0 * numbers.unit().powf(3.0) * (1 + column) as f64).floor();
        let row: Vec<f64> = (0..7).map(value).collect();
        let score = row[0] + row[1] / 2.0 - row[2] / 3.0 + 2.0 * numbers.bell();
        let class = if score > 8.0 {
            3
        } else if score > 3.0 {
            2
        } else {
            usize::from(score > 0.0)
        };
        (row, class)
    };
    (0..n).map(row).unzip()
}

fn gaps(numbers: &mut Numbers, n: usize) -> Table {
    let row = |_| {
        let kind = (numbers.next() % 2) as usize;
        let value =
            |column: usize| numbers.bell() + kind as f64 * if column < 2 { 1.0 } else { 0.0 };
        let mut row: Vec<f64> = (0..5).map(value).collect();
        for value in &mut row[..2] {
            if numbers.unit() < if kind == 1 { 0.3 } else { 0.1 } {
                *value = f64::NAN;
            }
        }
        (row, kind)
    };
    (0..n).map(row).unzip()
}

fn matrix(rows: &[Vec<f64>]) -> Array2<f64> {
    Array2::from_shape_vec((rows.len(), rows[0].len()), rows.concat()).unwrap()
}

fn data((rows, classes): &Table) -> DatasetBase<Array2<f64>, Array1<usize>> {
    DatasetBase::new(matrix(rows), Array1::from(classes.clone()))
}

fn checksum(rows: &[Vec<f64>]) -> f64 {
    rows.iter().flatten().filter(|x| !x.is_nan()).sum()
}

fn near(ours: f64, theirs: &Value, within: f64, what: &str) {
    let theirs = theirs.as_f64().unwrap();
    assert!(
        (ours - theirs).abs() <= within,
        "{what}: {ours} and {theirs}"
    );
}

/// The columns of a table as `x0`, `x1`, ... and its classes as `class`.
fn frame((rows, classes): &Table) -> DataFrame {
    let column = |place: usize| {
        let known = |row: &Vec<f64>| Some(row[place]).filter(|x| !x.is_nan());
        Column::new(
            format!("x{place}").into(),
            rows.iter().map(known).collect::<Vec<_>>(),
        )
    };
    let mut columns: Vec<Column> = (0..rows[0].len()).map(column).collect();
    columns.push(Column::new(
        "class".into(),
        classes
            .iter()
            .map(|class| *class as u64)
            .collect::<Vec<_>>(),
    ));
    DataFrame::new(rows.len(), columns).unwrap()
}

fn names(d: usize) -> Vec<String> {
    (0..d).map(|place| format!("x{place}")).collect()
}

fn fit(table: &DataFrame, d: usize, params: &predict::RandomForestParams) -> Classifier {
    let names = names(d);
    Classifier::fit(table, "class", names.iter().map(String::as_str), params).unwrap()
}

#[test]
fn one_tree_on_all_rows_and_columns_is_scikit_learns() {
    for tree in oracle()["trees"].as_array().unwrap() {
        let number = |name: &str| tree[name].as_u64().unwrap() as usize;
        let (n, d) = (number("n"), number("d"));
        let mut numbers = Numbers(tree["seed"].as_u64().unwrap());
        let columns: Vec<Vec<usize>> = (0..d).map(|_| numbers.order(n)).collect();
        let mut rows: Vec<Vec<f64>> = (0..n)
            .map(|row| columns.iter().map(|column| column[row] as f64).collect())
            .collect();
        let classes: Vec<usize> = rows
            .iter()
            .map(|row| {
                let above = if row[1 % d] / n as f64 > 0.4 {
                    1.0
                } else {
                    0.0
                };
                let score = row[0] / n as f64 + above + 0.25 * numbers.bell();
                if score < 0.6 {
                    0
                } else if score < 1.2 {
                    1
                } else {
                    2
                }
            })
            .collect();
        let missing = tree["missing"] == true;
        if missing {
            for value in rows.iter_mut().flatten() {
                if numbers.unit() < 0.15 {
                    *value = f64::NAN;
                }
            }
        }
        near(checksum(&rows), &tree["checksum"], 0.0, "the same table");
        let mut probes: Vec<Vec<f64>> = (0..400)
            .map(|_| (0..d).map(|_| numbers.unit() * n as f64).collect())
            .collect();
        for value in probes.iter_mut().flatten() {
            if missing && numbers.unit() < 0.1 {
                *value = f64::NAN;
            }
        }
        let mut params = RandomForest::params()
            .trees(1)
            .bootstrap(false)
            .columns_tried(d)
            .bins(n)
            .rows_in_leaf(number("least"));
        if let Some(depth) = tree["depth"].as_u64() {
            params = params.depth(depth as usize);
        }
        if tree["balanced"] == true {
            params = params.class_weights(ClassWeights::Balanced);
        }
        let table = (rows, classes);
        let glance = fit(&frame(&table), d, &params).glance(0.95).unwrap();
        assert_eq!(
            table::number(&glance, "leaves", 0).unwrap(),
            tree["leaves"].as_f64().unwrap()
        );
        assert_eq!(
            table::number(&glance, "depth", 0).unwrap(),
            tree["levels"].as_f64().unwrap()
        );
        let forest = params.fit(&data(&table)).unwrap();
        let chances = forest.probabilities(&matrix(&probes)).unwrap();
        for (row, theirs) in tree["chances"].as_array().unwrap().iter().enumerate() {
            for (class, theirs) in theirs.as_array().unwrap().iter().enumerate() {
                near(chances[(row, class)], theirs, 1e-6, "chance");
            }
        }
    }
}

#[test]
fn forests_are_as_good_as_scikit_learns_on_four_kinds_of_tables() {
    let oracle = oracle();
    let kinds: [(&str, Make); 4] = [
        ("clouds", clouds),
        ("chequered", chequered),
        ("rare", rare),
        ("gaps", gaps),
    ];
    for (number, (name, make)) in kinds.into_iter().enumerate() {
        let theirs = &oracle["forests"][name];
        let mut numbers = Numbers(1000 + number as u64);
        let (learned, others) = (make(&mut numbers, 1500), make(&mut numbers, 3000));
        near(
            checksum(&learned.0) + checksum(&others.0),
            &theirs["checksum"],
            1e-6,
            "the same table",
        );
        let (data, probes) = (data(&learned), matrix(&others.0));
        let (mut accuracy, mut loss, mut unseen) = (0.0, 0.0, 0.0);
        for seed in 0..20 {
            let forest = RandomForest::params()
                .rows_in_leaf(3)
                .seed(seed)
                .fit(&data)
                .unwrap();
            let chances = forest.probabilities(&probes).unwrap();
            let answers = forest.predict(&probes);
            let right = answers
                .iter()
                .zip(&others.1)
                .filter(|(answer, class)| answer == class)
                .count();
            accuracy += right as f64 / 3000.0 / 20.0;
            let each = others.1.iter().enumerate();
            loss -= each
                .map(|(row, class)| chances[(row, *class)].max(f64::EPSILON).ln())
                .sum::<f64>()
                / 3000.0
                / 20.0;
            unseen += forest.out_of_bag_accuracy().unwrap() / 20.0;
        }
        near(
            accuracy,
            &theirs["accuracy"],
            0.003,
            &format!("accuracy of {name}"),
        );
        near(
            loss,
            &theirs["log_loss"],
            0.003,
            &format!("log loss of {name}"),
        );
        if !theirs["out_of_bag"].is_null() {
            near(unseen, &theirs["out_of_bag"], 0.003, "out of bag");
        }
    }
}

#[test]
fn what_answers_rest_on_is_what_scikit_learn_finds() {
    let theirs = &oracle()["forests"]["clouds"];
    let mut numbers = Numbers(1000);
    let (learned, others) = (clouds(&mut numbers, 1500), clouds(&mut numbers, 3000));
    let classifier = fit(&frame(&learned), 8, &RandomForest::params().rows_in_leaf(3));
    let importance = classifier.importance(&frame(&others), 20, 0.9).unwrap();
    let drops = importance
        .column("columns")
        .unwrap()
        .str()
        .unwrap()
        .iter()
        .flatten();
    assert_eq!(importance.height(), 8, "no two columns say the same");
    for (row, name) in drops.enumerate() {
        let place: usize = name[1..].parse().unwrap();
        near(
            table::number(&importance, "drop", row).unwrap(),
            &theirs["drop"][place],
            0.015,
            name,
        );
    }
    let tidy = classifier.tidy().unwrap();
    for (row, name) in tidy
        .column("column")
        .unwrap()
        .str()
        .unwrap()
        .iter()
        .flatten()
        .enumerate()
    {
        let place: usize = name[1..].parse().unwrap();
        near(
            table::number(&tidy, "impurity", row).unwrap(),
            &theirs["impurity"][place],
            0.02,
            name,
        );
    }
}

#[test]
fn columns_that_say_the_same_are_worth_something_together_that_neither_is_alone() {
    let mut numbers = Numbers(5);
    let table = chequered(&mut numbers, 1200);
    let twice = |(mut rows, classes): Table| {
        rows.iter_mut().for_each(|row| row.extend([row[0], row[1]]));
        (rows, classes)
    };
    let learned = twice(table);
    let others = twice(chequered(&mut numbers, 1200));
    let classifier = fit(&frame(&learned), 8, &RandomForest::params());
    let importance = classifier.importance(&frame(&others), 5, 0.95).unwrap();
    let drop = |columns: &str| {
        let names = importance.column("columns").unwrap().str().unwrap();
        let row = names.iter().position(|name| name == Some(columns)).unwrap();
        table::number(&importance, "drop", row).unwrap()
    };
    assert!(drop("x0 + x6") > drop("x0") + 0.1);
    assert!(drop("x0 + x6") > drop("x6") + 0.1);
    assert!(drop("x3").abs() < 0.03);
}

#[test]
fn the_same_seed_gives_the_same_digits_on_any_number_of_threads() {
    let table = rare(&mut Numbers(9), 800);
    let data = data(&table);
    let params = RandomForest::params().trees(30).seed(4);
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| params.clone().fit(&data).unwrap())
    };
    let one = on(1);
    assert_eq!(one, on(3));
    assert_eq!(one, params.clone().fit(&data).unwrap());
    assert_ne!(one, params.seed(5).fit(&data).unwrap());
}

#[test]
fn a_classifier_that_was_kept_gives_the_same_answers_and_a_spoilt_one_is_refused() {
    let table = frame(&gaps(&mut Numbers(3), 300));
    let classifier = fit(&table, 5, &RandomForest::params().trees(10));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("classifier.json");
    classifier.save(&file, Existing::Keep).unwrap();
    let loaded = Classifier::load(&file).unwrap();
    assert_eq!(loaded, classifier);
    let answers = loaded.augment(&table).unwrap();
    assert_eq!(answers, classifier.augment(&table).unwrap());
    // Classes that were whole numbers are whole numbers.
    assert!(answers.column("predicted").unwrap().dtype().is_integer());
    let text = std::fs::read_to_string(&file).unwrap();
    for (found, other, what) in [
        ("\"version\":1", "\"version\":9", "version 9"),
        ("segmenta classifier", "something", "another kind"),
        ("\"columns\":5", "\"columns\":2", "do not fit together"),
        ("{", "[", "no JSON"),
    ] {
        assert!(text.contains(found));
        std::fs::write(&file, text.replacen(found, other, 1)).unwrap();
        let error = Classifier::load(&file).unwrap_err().to_string();
        assert!(error.contains(what), "{error}");
    }
}

#[test]
fn what_cannot_be_learned_or_told_is_said() {
    let table = frame(&clouds(&mut Numbers(2), 60));
    let params = RandomForest::params().trees(5);
    let told = |table: &DataFrame, target: &str, columns: &[&str]| {
        let columns = columns.iter().copied();
        Classifier::fit(table, target, columns, &params)
            .unwrap_err()
            .to_string()
    };
    let one = table
        .clone()
        .lazy()
        .with_column(lit(1).alias("class"))
        .collect()
        .unwrap();
    assert!(
        told(&one, "class", &["x0"]).contains("classes in class: 1"),
        "{}",
        told(&one, "class", &["x0"])
    );
    assert!(told(&table, "class", &["x0", "class"]).contains("which is to be told"));
    assert!(told(&table, "class", &["x0", "x99"]).contains("x99"));
    assert!(told(&table, "class", &[]).contains("columns: 0"));
    let null = table
        .clone()
        .lazy()
        .with_column(col("class").shift(lit(1)))
        .collect()
        .unwrap();
    assert!(told(&null, "class", &["x0"]).contains("drop_nulls"));
    let infinite = table
        .clone()
        .lazy()
        .with_column(lit(f64::INFINITY).alias("x0"))
        .collect()
        .unwrap();
    assert!(told(&infinite, "class", &["x0"]).contains("finite"));

    // A class with one row is learned, and the glance says that it hardly is.
    let single = table
        .clone()
        .lazy()
        .with_row_index("row", None)
        .with_column(
            when(col("row").eq(lit(7)))
                .then(lit(9u64))
                .otherwise(col("class"))
                .alias("class"),
        )
        .collect()
        .unwrap();
    let classifier = fit(&single, 8, &params);
    let glance = classifier.glance(0.95).unwrap();
    assert!(
        glance
            .column("warning")
            .unwrap()
            .str()
            .unwrap()
            .get(0)
            .unwrap()
            .contains("9 (1)")
    );

    // A column that is missing when it is to be told, and values that are missing.
    let error = classifier
        .augment(&table.drop("x3").unwrap())
        .unwrap_err()
        .to_string();
    assert!(error.contains("x3"), "{error}");
    let nothing = table
        .clone()
        .lazy()
        .with_column(lit(NULL).cast(DataType::Float64).alias("x0"));
    let nothing = nothing.collect().unwrap();
    assert_eq!(
        classifier
            .augment(&nothing)
            .unwrap()
            .column("predicted")
            .unwrap()
            .null_count(),
        0
    );
    let nan = table
        .clone()
        .lazy()
        .with_column(lit(f64::NAN).alias("x0"))
        .collect()
        .unwrap();
    let error = classifier.augment(&nan).unwrap_err().to_string();
    assert!(error.contains("a finite number or null"), "{error}");
    let error = classifier
        .importance(&nothing, 0, 0.9)
        .unwrap_err()
        .to_string();
    assert!(error.contains("repeats"), "{error}");

    let data = data(&clouds(&mut Numbers(2), 60));
    for (params, name) in [
        (RandomForest::params().trees(0), "trees"),
        (RandomForest::params().bins(1), "bins"),
        (RandomForest::params().rows_in_leaf(0), "rows_in_leaf"),
        (
            RandomForest::params().class_weights(ClassWeights::Own(vec![1.0, 0.0, 1.0])),
            "class_weights",
        ),
        (
            RandomForest::params().class_weights(ClassWeights::Own(vec![1.0])),
            "class_weights",
        ),
    ] {
        let error = params.fit(&data).unwrap_err().to_string();
        assert!(error.contains(name), "{error}");
    }
}

#[test]
fn a_rare_class_is_told_more_often_where_it_weighs_more() {
    let mut numbers = Numbers(77);
    let (learned, others) = (rare(&mut numbers, 1500), rare(&mut numbers, 1500));
    let told = |weights: ClassWeights| {
        let params = RandomForest::params()
            .rows_in_leaf(5)
            .class_weights(weights);
        let answers = fit(&frame(&learned), 7, &params)
            .augment(&frame(&others))
            .unwrap();
        predict::scores(&answers, "class", "predicted", 0.95).unwrap()
    };
    let number = |table: &DataFrame, name: &str| table::number(table, name, 0).unwrap();
    let (equal, balanced) = (told(ClassWeights::Equal), told(ClassWeights::Balanced));
    assert!(number(&balanced, "balanced_accuracy") > number(&equal, "balanced_accuracy"));
    // Told chances are better than shares, and answers than the most frequent one.
    assert!(number(&equal, "log_loss") < number(&equal, "log_loss_shares"));
    assert!(number(&equal, "accuracy_lower") > number(&equal, "most_frequent"));
}

#[test]
fn chances_come_true_about_as_often_as_they_say() {
    let mut numbers = Numbers(31);
    let (learned, others) = (clouds(&mut numbers, 1500), clouds(&mut numbers, 3000));
    let answers = fit(&frame(&learned), 8, &RandomForest::params().rows_in_leaf(5))
        .augment(&frame(&others))
        .unwrap();
    let calibration = predict::calibration(&answers, "class", 5, 0.95).unwrap();
    assert_eq!(calibration.height(), 15);
    let (mut n, mut apart) = (0.0, 0.0);
    for row in 0..calibration.height() {
        let number = |name: &str| table::number(&calibration, name, row).unwrap();
        n += number("n");
        apart += number("n") * (number("probability") - number("share")).abs();
    }
    // A forest's chances lie too near to the middle, by a few per cent.
    assert!(apart / n < 0.08, "{}", apart / n);
    let error = predict::calibration(&frame(&others), "class", 5, 0.95)
        .unwrap_err()
        .to_string();
    assert!(error.contains("probability_"), "{error}");
}

#[test]
fn two_ways_to_answer_are_compared_on_the_same_rows() {
    // scipy.stats.binomtest(3, 15).pvalue, and for many McNemar's chi-square 100 / 500.
    let table = |only_a: usize, only_b: usize, both: usize| {
        let n = only_a + only_b + both;
        let a: Vec<bool> = (0..n)
            .map(|row| row < only_a || row >= only_a + only_b)
            .collect();
        let b: Vec<bool> = (0..n).map(|row| row >= only_a).collect();
        df!("actual" => vec![true; n], "a" => a, "b" => b).unwrap()
    };
    let few = predict::compare(&table(3, 12, 20), "actual", "a", "b", 0.95).unwrap();
    assert!((table::number(&few, "p", 0).unwrap() - 0.03515625).abs() < 1e-12);
    let many = predict::compare(&table(245, 255, 500), "actual", "a", "b", 0.95).unwrap();
    assert!((table::number(&many, "p", 0).unwrap() - 0.654_720_846_018_577_5).abs() < 1e-9);
    assert!((table::number(&many, "difference", 0).unwrap() - 0.01).abs() < 1e-12);
}

#[test]
fn settings_at_their_limits_are_taken_or_refused() {
    let data = DatasetBase::new(
        matrix(&[vec![1.0], vec![2.0]]),
        Array1::from(vec![0, usize::MAX]),
    );
    let error = RandomForest::params().fit(&data).unwrap_err().to_string();
    assert!(error.contains("classes from 0"), "{error}");
    let table = clouds(&mut Numbers(4), 90);
    let one = RandomForest::params()
        .rows_in_leaf(usize::MAX)
        .trees(3)
        .fit(&self::data(&table))
        .unwrap();
    let chances = one.probabilities(&matrix(&table.0)).unwrap();
    assert!(
        chances.iter().all(|chance| *chance < 0.6),
        "no split leaves so many rows on either side"
    );
    let same = frame(&(
        vec![vec![1.0, 1.0], vec![2.0, 2.0], vec![3.0, 3.0]],
        vec![0, 1, 1],
    ));
    let classifier = fit(&same, 2, &RandomForest::params().trees(3));
    // Columns that are the same are together at 1 as well.
    assert_eq!(classifier.importance(&same, 2, 1.0).unwrap().height(), 3);
    let answers = classifier.augment(&same).unwrap();
    assert_eq!(
        predict::calibration(&answers, "class", usize::MAX, 0.95)
            .unwrap()
            .height(),
        6
    );
}
