//! Who moves: counts are those that one counts by hand, tests those of SciPy and statsmodels, and windows of different
//! length move nobody.

use segmenta::prelude::*;

/// A column of whole numbers.
fn whole(table: &DataFrame, name: &str) -> Vec<u64> {
    let column = table.column(name).unwrap().cast(&DataType::UInt64).unwrap();
    column.u64().unwrap().iter().flatten().collect()
}

fn texts<'a>(table: &'a DataFrame, name: &str) -> Vec<&'a str> {
    table
        .column(name)
        .unwrap()
        .str()
        .unwrap()
        .iter()
        .flatten()
        .collect()
}

fn number(table: &DataFrame, name: &str, row: usize) -> f64 {
    table::number(table, name, row).unwrap()
}

/// Random numbers of the test's own.
struct Numbers(u64);

impl Numbers {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((x ^ (x >> 31)) >> 11) as f64 * 2f64.powi(-53)
    }

    fn wait(&mut self, rate: f64) -> f64 {
        -(1.0 - self.unit()).ln() / rate
    }
}

/// The first of January 2021, in days since 1970.
const BEGIN: i64 = 18_628;

/// Bills of customers who each buy at their own steady rate for two years, or as `rate` says from a day on.
fn bills(seed: u64, customers: usize, change: impl Fn(usize) -> f64) -> DataFrame {
    let mut numbers = Numbers(seed);
    let (mut customer, mut time, mut amount) = (Vec::new(), Vec::new(), Vec::new());
    for own in 0..customers {
        // A visit every two weeks to every four months.
        let rate = 1.0 / (14.0 + 106.0 * numbers.unit());
        let size = 10.0 + 40.0 * numbers.unit();
        for (from, to, rate) in [(0.0, 546.0, rate), (546.0, 730.0, rate * change(own))] {
            let mut day = from + numbers.wait(rate);
            while day < to {
                customer.push(format!("C{own:05}"));
                time.push(BEGIN as i32 + day as i32);
                amount.push((size * (0.5 + numbers.unit())).round());
                day += numbers.wait(rate);
            }
        }
    }
    let table = df!("customer" => customer, "time" => time, "amount" => amount).unwrap();
    let table = table.lazy().with_column(col("time").cast(DataType::Date));
    table
        .sort(
            ["time"],
            SortMultipleOptions::new().with_maintain_order(true),
        )
        .collect()
        .unwrap()
}

/// Segments that were learned on the bills of a window.
fn learned(bills: &DataFrame, from: &str, before: &str) -> Segments {
    let view = SingleView::new().between(from, before).of(bills).unwrap();
    let recipe = Recipe::new(["visits", "amount"])
        .log1p(Columns::All)
        .standardise(Columns::All);
    let segments = Segments::fit(&view, &recipe, &KMeans::params(3).seed(1)).unwrap();
    segments.learned_between(from, before).unwrap()
}

const FIRST: (&str, &str) = ("2021-01-01", "2022-07-01");
const LAST: (&str, &str) = ("2022-07-01", "2023-01-01");

#[test]
fn everybody_is_counted_once_with_those_who_come_and_those_who_leave() {
    let before =
        df!("id" => ["a", "b", "c", "d", "e"], "segment" => ["1", "1", "2", "10", "2"]).unwrap();
    let after =
        df!("id" => ["b", "c", "d", "e", "f"], "segment" => ["1", "1", "10", "2", "2"]).unwrap();
    let movement = Movement::between(&before, &after, "id", "segment").unwrap();
    let matrix = movement.matrix(1).unwrap();
    assert_eq!(matrix.get_column_names(), ["from", "1", "2", "10", "gone"]);
    assert_eq!(texts(&matrix, "from"), ["1", "2", "10", "new"]);
    assert_eq!(whole(&matrix, "1"), [1, 1, 0, 0]);
    assert_eq!(whole(&matrix, "gone"), [1, 0, 0, 0]);
    assert_eq!(whole(&matrix, "2"), [0, 1, 0, 1]);
    let tidy = movement.tidy(0.95).unwrap();
    // Four by four, without those who were never there.
    assert_eq!(tidy.height(), 15);
    assert_eq!(whole(&tidy, "customers").iter().sum::<u64>(), 6);
    assert_eq!(number(&tidy, "share", 0), 0.5);
    let glance = movement.glance(0.95).unwrap();
    for (name, value) in [
        ("customers", 4),
        ("stayed", 3),
        ("moved", 1),
        ("new", 1),
        ("gone", 1),
    ] {
        assert_eq!(whole(&glance, name), [value], "{name}");
    }
    assert_eq!(
        texts(movement.augment(), "customer"),
        ["a", "b", "c", "d", "e", "f"]
    );
    assert_eq!(
        texts(movement.augment(), "to"),
        ["gone", "1", "1", "10", "2", "2"]
    );
    assert!(movement.matrix(2).is_err());
    assert!(movement.drivers().is_err());
}

#[test]
fn the_published_matrices_are_not_the_same_and_neither_is_even() {
    let published = |counts: [u64; 9]| {
        let from = ["1", "1", "1", "2", "2", "2", "3", "3", "3"];
        df!("from" => from, "to" => ["1", "2", "3", "1", "2", "3", "1", "2", "3"], "customers" => counts).unwrap()
    };
    let first = published([31510, 3834, 766, 8718, 8746, 404, 213, 58, 643]);
    let second = published([26937, 2923, 677, 5193, 4394, 235, 539, 134, 1157]);
    let same = movement::same(&first, &second).unwrap();
    // scipy.stats.chi2_contingency, row by row, and their sum.
    let statistics = [
        20.242144246149756,
        45.165755201989754,
        13.960639137483183,
        79.3685385856227,
    ];
    for (row, statistic) in statistics.into_iter().enumerate() {
        assert!((number(&same, "statistic", row) / statistic - 1.0).abs() < 1e-9);
    }
    assert_eq!(whole(&same, "degrees"), [2, 2, 2, 6]);
    assert!((number(&same, "p", 3) / 4.824_209_657_856_98e-15 - 1.0).abs() < 1e-6);
    // So many customers that next to nothing is significant: the effect is small.
    assert!(number(&same, "cramers_v", 3) < 0.1);

    // statsmodels' Bowker test of the same customers, one by one.
    let customers = |counts: [u64; 9]| {
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for (cell, count) in counts.into_iter().enumerate() {
            before.extend(std::iter::repeat_n(
                (cell / 3 + 1) as u64,
                count as usize / 10,
            ));
            after.extend(std::iter::repeat_n(
                (cell % 3 + 1) as u64,
                count as usize / 10,
            ));
        }
        let id: Vec<u64> = (0..before.len() as u64).collect();
        (
            df!("id" => &id, "segment" => before).unwrap(),
            df!("id" => &id, "segment" => after).unwrap(),
        )
    };
    let (before, after) = customers([300, 100, 20, 100, 300, 30, 20, 40, 300]);
    let glance = Movement::between(&before, &after, "id", "segment")
        .unwrap()
        .glance(0.95)
        .unwrap();
    // Counts of 3 and 4 differ by chance: (3 - 4)^2 / 7 of 3 degrees.
    assert!((number(&glance, "p_holm", 0) - 0.986_239_467_048_652_5).abs() < 1e-9);
    assert_eq!(
        texts(&glance, "verdict"),
        ["no movement beyond chance: coming and going differ by 0.8 %"]
    );
}

#[test]
fn customers_who_do_not_change_do_not_move_in_windows_of_equal_length() {
    let mut flagged = 0;
    for seed in 0..40 {
        let bills = bills(seed, 400, |_| 1.0);
        let segments = learned(&bills, "2021-07-01", "2022-01-01");
        let movement = Periods::new(&segments)
            .period("2022-01-01", "2022-07-01")
            .period(LAST.0, LAST.1)
            .of(&bills);
        let glance = movement.unwrap().glance(0.95).unwrap();
        flagged += usize::from(texts(&glance, "verdict")[0].starts_with("no movement"));
    }
    // The test is one of 5 %.
    assert!(flagged >= 35, "{flagged} of 40");
}

#[test]
fn a_window_that_shrinks_moves_nobody() {
    let (mut flagged, mut fell) = (0, 0);
    for seed in 0..40 {
        let bills = bills(100 + seed, 400, |_| 1.0);
        let segments = learned(&bills, FIRST.0, FIRST.1);
        let periods = Periods::new(&segments)
            .period(FIRST.0, FIRST.1)
            .period(LAST.0, LAST.1);
        let error = periods.of(&bills).unwrap_err().to_string();
        assert!(
            error.contains("546 days") && error.contains("of 184"),
            "{error}"
        );
        let glance = periods.unequal().of(&bills).unwrap().glance(0.95).unwrap();
        // As it stands, hardly anybody stays, ...
        fell += usize::from(number(&glance, "stayed_share", 0) < 0.6);
        // as rates more do, ...
        let rates = Periods::new(&segments)
            .period(FIRST.0, FIRST.1)
            .period(LAST.0, LAST.1)
            .rates();
        let rates = rates.of(&bills).unwrap().glance(0.95).unwrap();
        assert!(number(&rates, "stayed_share", 0) > number(&glance, "stayed_share", 0));
        // ... and it is the window.
        flagged += usize::from(
            texts(&glance, "verdict")[0]
                .starts_with("no movement beyond chance: what is seen is made by the windows"),
        );
    }
    assert_eq!(fell, 40);
    assert!(flagged >= 35, "{flagged} of 40");
}

#[test]
fn customers_who_do_change_are_seen_and_so_is_what_changed() {
    // Every second customer comes three times as often from July 2022 on.
    let bills = bills(7, 600, |own| if own % 2 == 0 { 3.0 } else { 1.0 });
    let segments = learned(&bills, "2022-01-01", "2022-07-01");
    let movement = Periods::new(&segments)
        .period("2022-01-01", "2022-07-01")
        .period(LAST.0, LAST.1)
        .of(&bills)
        .unwrap();
    let glance = movement.glance(0.95).unwrap();
    assert!(texts(&glance, "verdict")[0].starts_with("movement: coming and going differ"));
    assert!(number(&glance, "p_holm", 0) < 1e-6);
    // What drives those who moved adds up, and visits and amount both rose.
    let drivers = movement.drivers().unwrap();
    for pair in drivers.partition_by_stable(["from", "to"], true).unwrap() {
        let weights = pair.column("weight").unwrap().f64().unwrap().sum().unwrap();
        assert!((weights - 1.0).abs() < 1e-9);
        assert_eq!(texts(&pair, "column").len(), 2);
    }
    let moved: u64 = drivers
        .partition_by_stable(["from", "to"], true)
        .unwrap()
        .iter()
        .map(|pair| whole(pair, "customers")[0])
        .sum();
    assert_eq!(whole(&glance, "moved"), [moved]);
    // Also where the windows differ, movement is told as such.
    let segments = learned(&bills, FIRST.0, FIRST.1);
    let periods = Periods::new(&segments)
        .period(FIRST.0, FIRST.1)
        .period(LAST.0, LAST.1);
    let glance = periods.unequal().of(&bills).unwrap().glance(0.95).unwrap();
    assert!(texts(&glance, "verdict")[0].starts_with("movement, and some that the windows make"));
}

#[test]
fn periods_that_cannot_be_compared_are_refused() {
    let all = bills(3, 50, |_| 1.0);
    let view = SingleView::new().between(LAST.0, LAST.1).of(&all).unwrap();
    let recipe = Recipe::new(["visits"]);
    let segments = Segments::fit(&view, &recipe, &KMeans::params(2)).unwrap();
    let told = |segments: &Segments, periods: &[(&str, &str)], bills: &DataFrame| {
        let mut own = Periods::new(segments);
        for (from, before) in periods {
            own = own.period(from, before);
        }
        own.of(bills).unwrap_err().to_string()
    };
    let halves = [("2022-01-01", "2022-07-01"), LAST];
    assert!(told(&segments, &halves, &all).contains("learned_between"));
    assert!(
        segments
            .clone()
            .learned_between("2022-07-01", "2022-01-01")
            .is_err()
    );
    let segments = segments.learned_between(LAST.0, LAST.1).unwrap();
    assert!(told(&segments, &halves[..1], &all).contains("periods: 1"));
    assert!(told(&segments, &[LAST, halves[0]], &all).contains("one after another"));
    assert!(
        told(&segments, &[("2022-07-01", "2022-01-01"), LAST], &all)
            .contains("the earlier one first")
    );
    assert!(told(&segments, &[("last year", "2022-01-01"), LAST], &all).contains("a day such as"));
    // Nobody of the first half-year comes back.
    let half = bills(4, 50, |_| 1.0)
        .lazy()
        .filter(col("time").lt(lit("2022-07-01").cast(DataType::Date)));
    let other = all
        .clone()
        .lazy()
        .filter(col("time").gt_eq(lit("2022-07-01").cast(DataType::Date)));
    let other = other
        .with_column(concat_str([lit("other "), col("customer")], "", false).alias("customer"));
    let strangers = concat([half, other], UnionArgs::default())
        .unwrap()
        .collect()
        .unwrap();
    assert!(told(&segments, &halves, &strangers).contains("customers of both periods: 0"));
    let twice = df!("id" => ["a", "a"], "segment" => [1, 2]).unwrap();
    assert!(
        Movement::between(&twice, &twice, "id", "segment")
            .unwrap_err()
            .to_string()
            .contains("no other row")
    );
}

#[test]
fn segments_within_a_segment_have_a_scaler_of_their_own_and_are_kept_with_their_paths() {
    let spend: Vec<f64> = (0..60)
        .map(|row| f64::from(row % 20) + [0.0, 1000.0, 5000.0][row as usize / 20])
        .collect();
    let customers = df!("customer" => (0..60u64).collect::<Vec<_>>(), "spend" => spend).unwrap();
    let recipe = Recipe::new(["spend"]).standardise(Columns::All);
    let segments = Segments::fit(&customers, &recipe, &KMeans::params(3)).unwrap();
    let whole_one = segments.assign(&customers).unwrap();
    let segments = segments
        .divide("2", &customers, &recipe, &KMeans::params(2))
        .unwrap();
    let segments = segments
        .divide("2.1", &customers, &recipe, &KMeans::params(2))
        .unwrap();
    let tidy = segments.tidy().unwrap();
    assert_eq!(texts(&tidy, "segment"), ["1", "2.1.1", "2.1.2", "2.2", "3"]);
    assert_eq!(whole(&tidy, "customers").iter().sum::<u64>(), 60);
    assert!((tidy.column("share").unwrap().f64().unwrap().sum().unwrap() - 1.0).abs() < 1e-12);
    let assigned = segments.assign(&customers).unwrap();
    // The first number of each path is the segment as it was.
    let firsts: Vec<u64> = texts(&assigned, "segment")
        .iter()
        .map(|path| path[..1].parse().unwrap())
        .collect();
    assert_eq!(firsts, whole(&whole_one, "segment"));
    for (row, path) in texts(&tidy, "segment").iter().enumerate() {
        let of: Vec<f64> = texts(&assigned, "segment")
            .iter()
            .enumerate()
            .filter(|(_, own)| own == &path)
            .map(|(row, _)| number(&customers, "spend", row))
            .collect();
        assert_eq!(of.len() as f64, number(&tidy, "customers", row), "{path}");
        let mean = of.iter().sum::<f64>() / of.len() as f64;
        assert!((mean - number(&tidy, "spend", row)).abs() < 1e-9, "{path}");
    }
    // Its own scaler: within the segment a spend of 20 apart is as far as 5,000 among all.
    let inner = segments
        .part("2")
        .unwrap()
        .assign(&customers.slice(20, 20))
        .unwrap();
    assert_eq!(inner.column("segment").unwrap().n_unique().unwrap(), 3);
    assert!(
        segments
            .augment(&customers)
            .unwrap()
            .column("silhouette")
            .unwrap()
            .f64()
            .unwrap()
            .min()
            .unwrap()
            > 0.0
    );

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("segments.json");
    segments.save(&file, Existing::Keep).unwrap();
    assert_eq!(Segments::load(&file).unwrap(), segments);
    let text = std::fs::read_to_string(&file).unwrap();
    let spoilt = text.replacen("\"segment\": 1", "\"segment\": 7", 1);
    assert_ne!(text, spoilt);
    std::fs::write(&file, spoilt).unwrap();
    assert!(
        Segments::load(&file)
            .unwrap_err()
            .to_string()
            .contains("do not fit together")
    );

    let told = |path: &str| {
        segments
            .clone()
            .divide(path, &customers, &recipe, &KMeans::params(2))
            .unwrap_err()
            .to_string()
    };
    assert!(told("2").contains("2.1.1, 2.1.2, 2.2"));
    assert!(told("9").contains("from 1 to 3"));
    assert!(told("1.1").contains("which is not divided"));
    assert!(
        personality::border(&segments, &customers, 0.1)
            .unwrap_err()
            .to_string()
            .contains("divided")
    );
}

#[test]
fn a_segment_that_nobody_was_in_before_is_a_state_like_any_other() {
    // By density, and nobody lay alone in the half-year that was learned from; then somebody does.
    let (mut customer, mut time, mut amount) = (Vec::new(), Vec::new(), Vec::new());
    for (period, begin) in [0, 181, 365].into_iter().enumerate() {
        for own in 0..40 {
            for visit in 0..3 {
                customer.push(format!("C{own}"));
                time.push(18_993 + begin + own % 7 + 20 * visit);
                amount.push(if own == 39 && period > 0 {
                    5_000.0
                } else {
                    100.0 + f64::from(own)
                });
            }
        }
    }
    let bills = df!("customer" => customer, "time" => time, "amount" => amount).unwrap();
    let bills = bills
        .lazy()
        .with_column(col("time").cast(DataType::Date))
        .collect()
        .unwrap();
    let view = SingleView::new()
        .between("2022-01-01", "2022-07-01")
        .of(&bills)
        .unwrap();
    let dense = Segments::fit(&view, &Recipe::new(["amount"]), &Dbscan::params(3, 50.0)).unwrap();
    assert_eq!(number(&dense.glance().unwrap(), "alone", 0), 0.0);
    let dense = dense.learned_between("2022-01-01", "2022-07-01").unwrap();
    let movement = Periods::new(&dense)
        .period("2022-01-01", "2022-07-01")
        .period("2022-07-01", "2023-01-01")
        .period("2023-01-01", "2023-07-01")
        .of(&bills)
        .unwrap();
    let matrix = movement.matrix(1).unwrap();
    assert_eq!(matrix.get_column_names(), ["from", "1", "none", "gone"]);
    assert_eq!(whole(&matrix, "none"), [1, 0, 0]);
    assert_eq!(whole(&movement.matrix(2).unwrap(), "none"), [0, 1, 0]);
    assert_eq!(whole(&movement.glance(0.95).unwrap(), "gone"), [0, 0]);
}

#[test]
fn what_is_no_segment_or_no_single_step_is_said_and_a_state_of_one_table_only_has_no_test() {
    let own = |id: [Option<&str>; 2], segment: [Option<&str>; 2]| {
        df!("id" => id, "segment" => segment).unwrap()
    };
    let good = own([Some("a"), Some("b")], [Some("1"), Some("2")]);
    for (other, told) in [
        (
            own([Some("a"), None], [Some("1"), Some("2")]),
            "the name of a customer",
        ),
        (own([Some("a"), Some("b")], [Some("1"), None]), "a segment"),
        (
            own([Some("a"), Some("b")], [Some("1"), Some("gone")]),
            "not called new or gone",
        ),
    ] {
        let error = Movement::between(&good, &other, "id", "segment")
            .unwrap_err()
            .to_string();
        assert!(error.contains(told), "{error}");
    }
    let moves =
        |from: [&str; 2]| df!("from" => from, "to" => ["1", "1"], "customers" => [5, 7]).unwrap();
    let same = movement::same(&moves(["1", "2"]), &moves(["1", "3"])).unwrap();
    assert_eq!(texts(&same, "from"), ["1", "2", "3", "all"]);
    assert_eq!(same.column("p").unwrap().null_count(), 2);
    assert_eq!(whole(&same, "n"), [10, 7, 7, 10]);
    let steps = |steps: [f64; 2]| {
        let mut table = moves(["1", "2"]);
        table
            .with_column(Column::new("step".into(), steps))
            .unwrap();
        table
    };
    for of_two in [
        movement::same(&steps([1.0, 2.0]), &good.clone()),
        movement::same(&moves(["1", "2"]), &steps([1.0, 2.0])),
    ] {
        assert!(of_two.unwrap_err().to_string().contains("2 steps"));
    }
    assert!(plot::transitions(&steps([1.0, 2.0])).is_err());
    // Steps may be called anything.
    for odd in [[0.0, -1.0], [1e300, 1e12]] {
        assert!(plot::flows(&steps(odd)).unwrap().text().contains("in step"));
    }
}
