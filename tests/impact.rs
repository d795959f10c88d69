//! Would an offer pay: what must be accepted, how large a trial must be, and what an offer added, where the truth is known.

use segmenta::prelude::*;
use serde_json::Value;

fn number(table: &DataFrame, name: &str, row: usize) -> f64 {
    table::number(table, name, row).unwrap()
}

fn text<'a>(table: &'a DataFrame, name: &str, row: usize) -> &'a str {
    table.column(name).unwrap().str().unwrap().get(row).unwrap()
}

fn oracle() -> Value {
    serde_json::from_str(include_str!("oracles/impact.json")).unwrap()
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

    /// What somebody spends: most come not at all, and the others spend with a long tail.
    fn spent(&mut self) -> f64 {
        match self.unit() < 0.6 {
            true => 0.0,
            false => -40.0 * (1.0 - self.unit()).ln(),
        }
    }
}

#[test]
fn the_acceptance_that_is_needed_is_that_of_a_pencil() {
    let sold =
        df!("amount" => (0..200).map(|own| 30.0 + f64::from(own % 5) * 10.0).collect::<Vec<_>>())
            .unwrap();
    let plan = impact::Plan::new(4_000, 1.5, 0.25);
    let needed = |plan: &impact::Plan| {
        plan.needed(&sold, "amount", 100_000.0, 0.1, &Bootstrap::new())
            .unwrap()
    };
    let own = needed(&plan);
    // An accepted offer brings 50, of which 12.50 stay; 1.50 of these must be earned by each offer.
    assert!((number(&own, "acceptance", 0) - 0.12).abs() < 1e-12);
    // A tenth of 100,000 is 200 accepted offers of 4,000.
    assert_eq!(
        (number(&own, "acceptance", 1), number(&own, "accepted", 1)),
        (0.05, 200.0)
    );
    assert_eq!(text(&own, "question", 1), "+10 % of sales");
    for row in 0..2 {
        let estimate = number(&own, "acceptance", row);
        assert!(number(&own, "lower", row) < estimate && estimate < number(&own, "upper", row));
    }
    // Fourteen are fourteen, whatever floats make of it.
    let fifty = df!("amount" => [50.0, 50.0]).unwrap();
    let whole = impact::Plan::new(100, 2.1, 0.3)
        .needed(&fifty, "amount", 0.0, 0.1, &Bootstrap::new())
        .unwrap();
    assert_eq!(number(&whole, "accepted", 0), 14.0);
    // Half of them would have bought it anyway: twice as many must accept.
    assert!((number(&needed(&plan.anyway(0.5)), "acceptance", 0) - 0.24).abs() < 1e-12);
    // Ten offers cannot lift so much.
    let few = needed(&impact::Plan::new(10, 1.5, 0.25));
    assert_eq!(text(&few, "verdict", 1), "impossible: more than everybody");
    assert_eq!(text(&few, "verdict", 0), "possible");
}

#[test]
fn the_power_of_a_trial_is_that_of_statsmodels_and_comes_true() {
    let oracle = oracle();
    let before: Vec<f64> = serde_json::from_value(oracle["before"].clone()).unwrap();
    let design = impact::Trial::new()
        .design(&df!("spent" => before).unwrap(), "spent", 8.0)
        .unwrap();
    for (row, own) in oracle["design"].as_array().unwrap().iter().enumerate() {
        assert_eq!(
            number(&design, "hold_out", row),
            own["hold_out"].as_f64().unwrap()
        );
        assert!((number(&design, "power", row) - own["power"].as_f64().unwrap()).abs() < 1e-9);
    }
    // Of many trials with an effect of 6 as many find it as was foretold.
    let mut numbers = Numbers(3);
    let customers: Vec<f64> = (0..1_000).map(|_| numbers.spent()).collect();
    let design = impact::Trial::new()
        .design(&df!("spent" => customers).unwrap(), "spent", 6.0)
        .unwrap();
    let (row, n) = (3, 1_000);
    let held = number(&design, "hold_out", row) as usize;
    let found = (0..1_000).filter(|_| {
        let offer: Vec<u32> = (0..n).map(|own| u32::from(own >= held)).collect();
        let after: Vec<f64> = offer
            .iter()
            .map(|own| numbers.spent() + 6.0 * f64::from(*own))
            .collect();
        let trial = df!("offer" => offer, "before" => vec![0.0; n], "after" => after).unwrap();
        let effect =
            impact::difference_in_differences(&trial, "offer", "before", "after", 0.95).unwrap();
        number(&effect, "p", 0) < 0.05
    });
    let share = found.count() as f64 / 1_000.0;
    assert!(
        (share - number(&design, "power", row)).abs() < 0.05,
        "{share}"
    );
}

#[test]
fn the_difference_of_differences_is_that_of_scipy() {
    let oracle = oracle();
    let list = |name: &str| serde_json::from_value::<Vec<f64>>(oracle[name].clone()).unwrap();
    let customers =
        df!("offer" => list("offer"), "before" => list("before"), "after" => list("after"))
            .unwrap();
    let effect =
        impact::difference_in_differences(&customers, "offer", "before", "after", 0.9).unwrap();
    for name in ["p", "lower", "upper"] {
        assert!(
            (number(&effect, name, 0) - oracle[name].as_f64().unwrap()).abs() < 1e-9,
            "{name}"
        );
    }
}

#[test]
fn the_interval_holds_the_truth_where_season_and_selection_mislead_other_figures() {
    let mut numbers = Numbers(9);
    let (mut held, mut season, mut selection) = (0, 0.0, 0.0);
    const TIMES: usize = 1_000;
    for _ in 0..TIMES {
        let (mut offer, mut before, mut after) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..300 {
            // Who spends more is chosen more often; the season brings 10 to everybody, the offer 4.
            let level = 40.0 * numbers.unit();
            let chosen = numbers.unit() < 0.2 + level / 100.0;
            offer.push(u32::from(chosen));
            before.push(level + numbers.spent());
            after.push(level + 10.0 + 4.0 * f64::from(u8::from(chosen)) + numbers.spent());
        }
        let customers = df!("offer" => offer, "before" => before, "after" => after).unwrap();
        let effect =
            impact::difference_in_differences(&customers, "offer", "before", "after", 0.95)
                .unwrap();
        held +=
            usize::from(number(&effect, "lower", 0) <= 4.0 && 4.0 <= number(&effect, "upper", 0));
        season += number(&effect, "offered_change", 0) / TIMES as f64;
        selection += number(&effect, "after_only", 0) / TIMES as f64;
    }
    assert!((930..=970).contains(&held), "{held}");
    // Before and after alone sees the season, after alone the selection.
    assert!(season > 13.0, "{season}");
    assert!(selection > 8.0, "{selection}");
}

#[test]
fn what_is_no_plan_trial_or_effect_says_so() {
    let sold = df!("amount" => [10.0, 20.0]).unwrap();
    let bootstrap = Bootstrap::new();
    let said = |plan: impact::Plan| {
        plan.needed(&sold, "amount", 100.0, 0.1, &bootstrap)
            .unwrap_err()
            .to_string()
    };
    assert!(said(impact::Plan::new(0, 1.0, 0.3)).contains("offers is 0"));
    assert!(said(impact::Plan::new(1, -1.0, 0.3)).contains("cost is -1"));
    assert!(said(impact::Plan::new(1, 1.0, 0.0)).contains("margin is 0"));
    assert!(said(impact::Plan::new(1, 1.0, 0.3).anyway(1.0)).contains("anyway is 1"));
    let back = df!("amount" => [-10.0, 0.0]).unwrap();
    let error = impact::Plan::new(1, 1.0, 0.3)
        .needed(&back, "amount", 1.0, 0.1, &bootstrap)
        .unwrap_err();
    assert!(error.to_string().contains("a mean above 0"), "{error}");
    let few = impact::Trial::new()
        .design(&sold, "amount", 1.0)
        .unwrap_err()
        .to_string();
    assert!(
        few.contains("customers with a value of amount: 2; expected 40 or more"),
        "{few}"
    );
    let many = df!("amount" => vec![1.0; 100]).unwrap();
    assert!(
        impact::Trial::new()
            .power(1.0)
            .design(&many, "amount", 1.0)
            .is_err()
    );
    assert!(
        impact::Trial::new()
            .design(&many, "amount", f64::NAN)
            .is_err()
    );
    let one_kind =
        df!("offer" => [1, 1, 1], "before" => [1.0, 2.0, 3.0], "after" => [1.0, 2.0, 3.0]).unwrap();
    let error = impact::difference_in_differences(&one_kind, "offer", "before", "after", 0.95)
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("customers without the offer: 0"),
        "{error}"
    );
    let odd =
        df!("offer" => [1, 2, 0], "before" => [1.0, 2.0, 3.0], "after" => [1.0, 2.0, 3.0]).unwrap();
    assert!(
        impact::difference_in_differences(&odd, "offer", "before", "after", 0.95)
            .unwrap_err()
            .to_string()
            .contains("0 or 1")
    );
}
