//! Who brought whom: the measures are networkx' and rustworkx', and what is no tree is told.

use segmenta::prelude::*;
use serde_json::Value;

/// 200 random forests, measured by networkx and rustworkx (tests/oracles/network.py).
fn forests() -> Vec<Value> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracles/network.json");
    let oracle: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    assert_eq!(oracle["versions"]["networkx"], "3.6.1");
    assert_eq!(oracle["versions"]["rustworkx"], "0.18.1");
    oracle["forests"].as_array().unwrap().clone()
}

fn name(member: u64) -> String {
    format!("M{member}")
}

fn network(sponsor: &Value) -> Network {
    let sponsors = sponsor.as_array().unwrap();
    let names: Vec<String> = (0..sponsors.len() as u64).map(name).collect();
    let sponsors: Vec<Option<String>> = sponsors.iter().map(|own| own.as_u64().map(name)).collect();
    Network::of(
        &df!("member" => names, "sponsor" => sponsors).unwrap(),
        "member",
        "sponsor",
    )
    .unwrap()
}

/// A column of whole numbers.
fn whole(table: &DataFrame, name: &str) -> Vec<u64> {
    let column = table.column(name).unwrap().cast(&DataType::UInt64).unwrap();
    column.u64().unwrap().iter().flatten().collect()
}

fn texts<'a>(table: &'a DataFrame, name: &str) -> Vec<Option<&'a str>> {
    table.column(name).unwrap().str().unwrap().iter().collect()
}

fn flags(table: &DataFrame, name: &str) -> Vec<Option<bool>> {
    table.column(name).unwrap().bool().unwrap().iter().collect()
}

/// The row of the quality table that tells of this.
fn told(network: &Network, found: &str) -> (u64, Option<String>) {
    let quality = network.quality().unwrap();
    let row = texts(&quality, "found")
        .iter()
        .position(|own| *own == Some(found))
        .unwrap();
    let example = texts(&quality, "example")[row].map(str::to_owned);
    (whole(&quality, "rows")[row], example)
}

#[test]
fn on_random_forests_all_measures_are_those_of_networkx_and_rustworkx() {
    let forests = forests();
    assert_eq!(forests.len(), 200);
    for forest in &forests {
        let network = network(&forest["sponsor"]);
        let members = network.augment().unwrap();
        for measure in ["recruits", "downline", "downline_levels", "level"] {
            let expected: Vec<u64> = serde_json::from_value(forest[measure].clone()).unwrap();
            assert_eq!(whole(&members, measure), expected, "{measure}");
        }
        let between: Vec<f64> = serde_json::from_value(forest["betweenness"].clone()).unwrap();
        for (ours, theirs) in whole(&members, "betweenness").iter().zip(between) {
            assert!((*ours as f64 - theirs).abs() < 1e-6, "{ours} {theirs}");
        }
        let tops: Vec<u64> = serde_json::from_value(forest["top"].clone()).unwrap();
        let tops: Vec<String> = tops.into_iter().map(name).collect();
        assert_eq!(
            texts(&members, "top"),
            tops.iter()
                .map(|top| Some(top.as_str()))
                .collect::<Vec<_>>()
        );

        let trees = network.tidy().unwrap();
        let expected = forest["trees"].as_array().unwrap();
        assert_eq!(trees.height(), expected.len());
        for own in expected {
            let top = name(own["top"].as_u64().unwrap());
            let row = texts(&trees, "top")
                .iter()
                .position(|own| *own == Some(top.as_str()))
                .unwrap();
            assert_eq!(whole(&trees, "members")[row], own["members"]);
            assert_eq!(whole(&trees, "levels")[row], own["levels"]);
            let distance = trees
                .column("mean_distance")
                .unwrap()
                .f64()
                .unwrap()
                .get(row);
            match own["mean_distance"].as_f64() {
                Some(mean) => assert!((distance.unwrap() - mean).abs() < 1e-12),
                None => assert_eq!(distance, None),
            }
        }
    }
}

#[test]
fn the_structural_virality_of_a_star_a_path_and_both_is_that_of_the_closed_forms() {
    let mean = |sponsor: Vec<Option<u64>>| {
        let glance = network(&serde_json::to_value(sponsor).unwrap())
            .glance()
            .unwrap();
        table::number(&glance, "mean_distance", 0).unwrap()
    };
    let n = 50.0;
    // A star: n - 1 pairs at distance 1, all others at 2. A path: (n + 1) / 3.
    let star: Vec<Option<u64>> = (0..50).map(|own| (own > 0).then_some(0)).collect();
    assert!((mean(star.clone()) - 2.0 * (n - 1.0) / n).abs() < 1e-12);
    let path: Vec<Option<u64>> = (0..50u64).map(|own| own.checked_sub(1)).collect();
    assert!((mean(path.clone()) - (n + 1.0) / 3.0).abs() < 1e-12);
    // Of two trees together, pairs count, not trees.
    let mut both = star;
    both.extend(path.iter().map(|own| own.map(|own| own + 50)));
    let expected = (2.0 * (n - 1.0) / n + (n + 1.0) / 3.0) / 2.0;
    assert!((mean(both) - expected).abs() < 1e-12);
}

#[test]
fn what_is_no_tree_is_counted_and_cut_and_nobody_is_lost() {
    let members = df!(
        "id" => [Some("a"), Some("b"), Some("c"), Some("d"), Some("e"), Some("f"), Some("f"), Some("g"), Some("g"),
            None, Some("h"), Some("i"), Some("j")],
        "by" => [Some("b"), Some("c"), Some("a"), Some("a"), Some("e"), Some("d"), Some("d"), Some("d"), Some("e"),
            Some("a"), Some("HQ"), Some("HQ"), Some("zoe")],
    )
    .unwrap();
    let network = Network::of(&members, "id", "by").unwrap();
    // a, b and c brought each other; d hangs below a all the same.
    assert_eq!(
        told(&network, "members in a ring of sponsors"),
        (3, Some("a".into()))
    );
    assert_eq!(
        told(&network, "members who brought themselves"),
        (1, Some("e".into()))
    );
    // Of unknown sponsors the most frequent is shown: it may be the firm.
    assert_eq!(
        told(&network, "members whose sponsor is not in the table"),
        (3, Some("HQ".into()))
    );
    assert_eq!(
        told(&network, "rows of a member who has one already"),
        (2, Some("f".into()))
    );
    assert_eq!(
        told(&network, "members whose rows name two sponsors"),
        (1, Some("g".into()))
    );
    assert_eq!(told(&network, "rows without a member").0, 1);
    let own = network.augment().unwrap();
    assert_eq!(own.height(), 10);
    assert_eq!(
        texts(&own, "id").into_iter().flatten().collect::<String>(),
        "abcdefghij"
    );
    assert_eq!(whole(&own, "downline"), [2, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    assert_eq!(
        table::number(&network.glance().unwrap(), "trees", 0).unwrap(),
        8.0
    );
}

#[test]
fn a_long_ring_and_a_long_line_are_no_harder_than_short_ones() {
    let n = 300_000u64;
    let ring: Vec<Option<u64>> = (0..n).map(|own| Some((own + 1) % n)).collect();
    let ring = network(&serde_json::to_value(ring).unwrap());
    assert_eq!(told(&ring, "members in a ring of sponsors").0, n);
    let line: Vec<Option<u64>> = (0..n).map(|own| own.checked_sub(1)).collect();
    let line = network(&serde_json::to_value(line).unwrap());
    let glance = line.glance().unwrap();
    assert_eq!(whole(&glance, "levels"), [n]);
    let mean = table::number(&glance, "mean_distance", 0).unwrap();
    assert!((mean / ((n as f64 + 1.0) / 3.0) - 1.0).abs() < 1e-12);
}

fn days(of: &[i32]) -> Series {
    Series::new("day".into(), of).cast(&DataType::Date).unwrap()
}

#[test]
fn what_members_buy_is_summed_over_their_downlines_level_by_level() {
    let members = df!(
        "id" => ["a", "b", "c", "d"], "by" => [None, Some("a"), Some("b"), Some("b")],
    )
    .unwrap();
    let view = df!(
        "customer" => ["d", "b", "x", "c"], "visits" => [3u64, 1, 9, 2], "recency" => [10i64, 200, 1, 30],
        "amount" => [7.0, 5.0, 100.0, 2.5],
    )
    .unwrap();
    let network = Network::of(&members, "id", "by")
        .unwrap()
        .bought(&view, 30)
        .unwrap();
    assert_eq!(
        told(&network, "buyers who are no members"),
        (1, Some("x".into()))
    );
    assert_eq!(
        told(&network, "members who never bought"),
        (1, Some("a".into()))
    );
    let own = network.augment().unwrap();
    let amounts: Vec<Option<f64>> = own
        .column("downline_amount")
        .unwrap()
        .f64()
        .unwrap()
        .to_vec();
    assert_eq!(amounts, [14.5, 9.5, 0.0, 0.0].map(Some));
    assert_eq!(whole(&own, "downline_active"), [2, 2, 0, 0]);
    assert_eq!(whole(&own, "downline_buyers"), [3, 2, 0, 0]);

    let below = network.downline("a", 0.95).unwrap();
    assert_eq!(whole(&below, "level"), [1, 2]);
    assert_eq!(whole(&below, "members"), [1, 2]);
    assert_eq!(whole(&below, "recruits"), [2, 0]);
    assert_eq!(
        below
            .column("active_share")
            .unwrap()
            .f64()
            .unwrap()
            .to_vec(),
        [Some(0.0), Some(1.0)]
    );
    // Wilson's interval of 2 of 2: n / (n + z^2) to 1.
    let lower = below
        .column("lower")
        .unwrap()
        .f64()
        .unwrap()
        .get(1)
        .unwrap();
    assert!((lower - 2.0 / (2.0 + 1.959963984540054f64.powi(2))).abs() < 1e-9);

    let sponsors = network.sponsors(1).unwrap();
    assert_eq!(texts(&sponsors, "member"), [Some("b")]);
    assert_eq!(whole(&sponsors, "recruits_active"), [2]);
    assert_eq!(table::number(&sponsors, "recruits_amount", 0).unwrap(), 9.5);

    let trees = network.tidy().unwrap();
    assert_eq!(
        (whole(&trees, "members")[0], whole(&trees, "buyers")[0]),
        (4, 3)
    );
    assert!(
        network
            .downline("nobody", 0.95)
            .unwrap_err()
            .to_string()
            .contains("nobody")
    );
    let other = view
        .lazy()
        .with_column(lit("?").alias("customer"))
        .collect()
        .unwrap();
    let error = network.bought(&other, 30).unwrap_err().to_string();
    assert!(error.contains("in different ways"), "{error}");
}

#[test]
fn a_cohort_counts_those_who_were_seen_for_the_whole_time() {
    // Four join in one month; two of them bring three and one within a year, one of these a day too late. The
    // last joining is a year after three of the four.
    let members = df!(
        "id" => ["a", "b", "c", "late", "r1", "r2", "r3", "r4", "r5"],
        "by" => [None, None, None, None, Some("a"), Some("a"), Some("a"), Some("b"), Some("c")],
        "day" => days(&[0, 1, 2, 30, 10, 50, 364, 366, 367]),
    )
    .unwrap();
    let network = Network::of(&members, "id", "by")
        .unwrap()
        .joined("day")
        .unwrap();
    let cohorts = network.cohorts(365, 0.95).unwrap();
    let first = |name: &str| table::number(&cohorts, name, 0).unwrap();
    assert_eq!(
        (first("members"), first("seen"), first("recruits")),
        (5.0, 3.0, 3.0)
    );
    assert_eq!(first("reproduction"), 1.0);
    // Student's interval of the mean of 3, 0, 0: t of 2 degrees is 4.302652730.
    let reach = 4.302652730 * (3.0f64 / 3.0).sqrt();
    assert!((first("upper") - (1.0 + reach)).abs() < 1e-6);
    assert_eq!(first("lower"), 0.0);

    let error = self::network(&serde_json::json!([null]))
        .cohorts(365, 0.95)
        .unwrap_err();
    assert!(error.to_string().contains(".joined("), "{error}");
}

#[test]
fn who_joined_before_the_sponsor_is_told_and_is_nobodys_recruit() {
    let members = df!(
        "id" => ["a", "b", "c"], "by" => [None, Some("a"), Some("a")], "day" => days(&[100, 50, 500]),
    )
    .unwrap();
    let network = Network::of(&members, "id", "by")
        .unwrap()
        .joined("day")
        .unwrap();
    assert_eq!(
        told(&network, "members who joined before their sponsor"),
        (1, Some("b".into()))
    );
    let cohorts = network.cohorts(365, 0.95).unwrap();
    assert_eq!(whole(&cohorts, "recruits"), [0, 0, 0]);
}

#[test]
fn whether_members_stay_is_judged_by_the_same_stretch_of_time_for_all() {
    let members =
        df!("id" => ["a", "b", "c", "d"], "by" => [None, Some("a"), Some("a"), None]).unwrap();
    let bills = df!(
        "customer" => ["a", "a", "b", "b", "c", "d", "d"],
        // Between 100 and 200 days after the first bill: b came, a only later, c is too new to say.
        "time" => days(&[0, 250, 10, 209, 100, 50, 149]),
    )
    .unwrap();
    let network = Network::of(&members, "id", "by").unwrap();
    let retention = network.retention(&bills, 100).unwrap();
    assert_eq!(
        flags(&retention, "kept"),
        [Some(false), Some(true), None, Some(false)]
    );
    assert_eq!(
        flags(&retention, "sponsored"),
        [false, true, true, false].map(Some)
    );
    let rates = interval::rates(&retention, "kept", "sponsored", 0.95).unwrap();
    assert_eq!(rates.height(), 2);
}

#[test]
fn the_referral_tree_of_a_simulated_shop_is_found_and_its_strangers_are_told() {
    let shop = simulate::Shop::new()
        .customers(2_000)
        .seed(4)
        .generate()
        .unwrap();
    let network = Network::of(&shop.members, "ent", "sponsor").unwrap();
    // The simulation leaves out a hundredth of the buyers; nothing else is wrong with its tree.
    for found in [
        "members who brought themselves",
        "members in a ring of sponsors",
        "rows without a member",
    ] {
        assert_eq!(told(&network, found).0, 0, "{found}");
    }
    assert!(told(&network, "members whose sponsor is not in the table").0 > 0);
    let own = network.augment().unwrap();
    let (recruits, downline) = (whole(&own, "recruits"), whole(&own, "downline"));
    assert_eq!(
        recruits.iter().sum::<u64>(),
        table::number(&network.glance().unwrap(), "sponsored", 0).unwrap() as u64
    );
    // Everybody is below as many as stand above them.
    assert_eq!(
        downline.iter().sum::<u64>(),
        whole(&own, "level").iter().sum::<u64>()
    );
}

#[test]
fn pictures_stay_readable_with_many_members_and_a_drawing_is_for_few() {
    let n = 20_000u64;
    let sponsor: Vec<Option<u64>> = (0..n)
        .map(|own| (own % 100 > 0).then(|| own - own % 10))
        .collect();
    let sponsor: Vec<Option<u64>> = sponsor
        .iter()
        .enumerate()
        .map(|(own, above)| {
            above.map(|above| {
                if above == own as u64 {
                    above - above % 100
                } else {
                    above
                }
            })
        })
        .collect();
    let network = network(&serde_json::to_value(sponsor).unwrap());
    let blocks = plot::icicle(&network).unwrap();
    assert!(blocks.data().height() < 400, "{}", blocks.data().height());
    assert!(blocks.json().len() < 100_000);
    // What is shown below a block is no more than it has.
    let (of, members) = (
        blocks.data().column("of").unwrap().u32().unwrap().to_vec(),
        whole(blocks.data(), "members"),
    );
    for block in 0..members.len() {
        let below: u64 = (0..members.len())
            .filter(|row| of[*row] == Some(block as u32))
            .map(|row| members[row])
            .sum();
        assert!(below <= members[block]);
    }
    let tree = plot::tree(&network, "M100").unwrap();
    assert_eq!(tree.data().height(), 100);
    let line: Vec<Option<u64>> = (0..301u64).map(|own| own.checked_sub(1)).collect();
    let line = self::network(&serde_json::to_value(line).unwrap());
    let error = plot::tree(&line, "M0").unwrap_err().to_string();
    assert!(error.contains("fewer than 300"), "{error}");
    assert!(plot::tree(&line, "M2").is_ok());
}

#[test]
fn names_that_another_program_made_numbers_of_are_still_the_same_names() {
    // pandas: whole numbers where all are there, floats where some are not.
    let members = df!("id" => [1i64, 2, 3], "by" => [f64::NAN, 1.0, 1.0]).unwrap();
    let network = Network::of(&members, "id", "by").unwrap();
    assert_eq!(whole(&network.augment().unwrap(), "downline"), [2, 0, 0]);
    assert_eq!(
        told(&network, "members whose sponsor is not in the table").0,
        0
    );
    let error = Network::of(
        &df!("id" => [1.5, 2.0], "by" => [1.5, 1.5]).unwrap(),
        "id",
        "by",
    )
    .unwrap_err()
    .to_string();
    assert!(error.contains("whole numbers"), "{error}");
}

#[test]
fn of_several_rows_of_a_member_the_one_that_names_a_sponsor_counts() {
    for by in [[None, Some("a"), None, None], [None, None, Some("a"), None]] {
        let members = df!("id" => ["a", "b", "b", "c"], "by" => by).unwrap();
        let network = Network::of(&members, "id", "by").unwrap();
        assert_eq!(whole(&network.augment().unwrap(), "downline"), [1, 0, 0]);
        assert_eq!(told(&network, "members whose rows name two sponsors").0, 0);
    }
}

#[test]
fn who_was_brought_by_a_stranger_is_neither_sponsored_nor_alone() {
    let members = df!("id" => ["a", "b", "c"], "by" => [None, Some("a"), Some("nobody")]).unwrap();
    let network = Network::of(&members, "id", "by").unwrap();
    let glance = network.glance().unwrap();
    assert_eq!(
        (whole(&glance, "sponsored"), whole(&glance, "cut")),
        (vec![1], vec![1])
    );
    let bills = df!("customer" => ["a", "b", "c"], "time" => days(&[0, 0, 0])).unwrap();
    let retention = network.retention(&bills, 10).unwrap();
    assert_eq!(
        flags(&retention, "sponsored"),
        [Some(false), Some(true), None]
    );
}
