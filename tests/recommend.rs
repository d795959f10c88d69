//! What a user relies on when money and customers are chosen.
//!
//! Oracles: tests/oracles/recommend.py, with scikit-learn, SciPy and statsmodels on the sample.

use segmenta::prelude::*;
use serde_json::Value;

fn oracle() -> Value {
    serde_json::from_str(include_str!("oracles/recommend.json")).unwrap()
}

fn sample() -> DataFrame {
    let customers = campaign::load("data/marketing_campaign.csv")
        .unwrap()
        .customers;
    let features = [
        features::spend(),
        features::transactions(),
        features::age(2022),
        features::children(),
        features::accepted_campaigns(),
    ];
    customers.lazy().with_columns(features).collect().unwrap()
}

fn numbers(table: &DataFrame, column: &str) -> Vec<f64> {
    let numbers = table
        .column(column)
        .unwrap()
        .cast(&DataType::Float64)
        .unwrap();
    numbers
        .f64()
        .unwrap()
        .iter()
        .map(|x| x.unwrap_or(f64::NAN))
        .collect()
}

fn row(table: &DataFrame, column: &str, value: &str) -> DataFrame {
    let own = table.clone().lazy().filter(col(column).eq(lit(value)));
    own.collect().unwrap()
}

#[track_caller]
fn near(ours: f64, theirs: &Value, within: f64) {
    let theirs = theirs.as_f64().unwrap();
    assert!(
        (ours - theirs).abs() <= within * theirs.abs().max(1e-3),
        "{ours} {theirs}"
    );
}

const COLUMNS: [&str; 8] = [
    "Income",
    "spend",
    "Recency",
    "transactions",
    "NumWebVisitsMonth",
    "age",
    "children",
    "accepted_campaigns",
];

#[test]
fn value_at_stake_is_a_sum_whose_interval_is_as_wide_as_its_standard_error_says() {
    let value =
        recommend::value_at_stake(&sample(), "Education", "spend", &Bootstrap::new()).unwrap();
    for (segment, expected) in oracle()["value"].as_object().unwrap() {
        let own = row(&value, "Education", segment);
        near(numbers(&own, "estimate")[0], &expected["total"], 1e-12);
        let width = numbers(&own, "upper")[0] - numbers(&own, "lower")[0];
        near(width / (2.0 * 1.959_964), &expected["standard_error"], 0.06);
    }
    assert!((numbers(&value, "share").iter().sum::<f64>() - 1.0).abs() < 1e-12);
}

#[test]
fn a_promo_saving_has_the_interval_of_the_bootstrap_without_drawing() {
    let saving =
        recommend::promo_saving(&sample(), "Education", &recommend::Assumptions::new()).unwrap();
    let expected = &oracle()["promo"];
    let own = row(&saving, "Education", expected["segment"].as_str().unwrap());
    near(numbers(&own, "estimate")[0], &expected["saving"], 1e-12);
    let error =
        (numbers(&own, "upper")[0] - numbers(&own, "lower")[0]) / (2.0 * 1.959_963_984_540_054);
    near(error, &expected["standard_error"], 1e-9);
    near(error, &expected["bootstrap"], 0.03);
}

#[test]
fn a_hold_out_is_the_smallest_that_has_the_power() {
    for case in oracle()["power"].as_array().unwrap() {
        let (without, with) = (case["p0"].as_f64().unwrap(), case["p1"].as_f64().unwrap());
        let n = case["n"].as_u64().unwrap();
        let size = recommend::ControlGroup::new(without, with).size(n).unwrap();
        assert_eq!(size, case["hold_out"].as_u64());
    }
    assert_eq!(
        recommend::ControlGroup::new(0.1, 0.2).size(0).unwrap(),
        None
    );
    assert_eq!(
        recommend::ControlGroup::new(0.1, 0.2).size(1).unwrap(),
        None
    );
    assert_eq!(
        recommend::ControlGroup::new(0.1, 0.1).size(1_000).unwrap(),
        None
    );
    assert!(recommend::ControlGroup::new(1.2, 0.2).size(10).is_err());
}

fn recipe() -> Recipe {
    Recipe::new(COLUMNS)
        .fill_median("Income")
        .standardise(Columns::All)
}

#[test]
fn a_propensity_is_judged_by_customers_it_has_not_seen() {
    let customers = sample();
    let params = Propensity::params("Response").against("spend").seed(3);
    let propensity = Propensity::fit(&customers, &recipe(), &params).unwrap();
    let glance = propensity.glance().unwrap();
    let (trained, judged) = (
        numbers(&glance, "train_n")[0],
        numbers(&glance, "test_n")[0],
    );
    assert_eq!(trained + judged, 2_240.0);
    assert!((judged / 2_240.0 - 0.3).abs() < 0.001);
    assert!(numbers(&glance, "brier")[0] < numbers(&glance, "brier_of_rate")[0]);

    let gain = propensity.gain().unwrap();
    assert_eq!(gain.height(), 30);
    for order in ["propensity", "spend", "random"] {
        let gains = numbers(&row(&gain, "order", order), "gain");
        assert!(gains.windows(2).all(|pair| pair[0] <= pair[1]));
        assert!((gains[9] - 1.0).abs() < 1e-12);
    }
    let own = row(&gain, "order", "propensity");
    let (lower, upper) = (numbers(&own, "gain_lower"), numbers(&own, "gain_upper"));
    for (at, gain) in numbers(&own, "gain").into_iter().enumerate() {
        assert!(lower[at] <= gain && gain <= upper[at], "{at}");
    }
    let ahead = propensity.ahead().unwrap();
    let over_random = row(&ahead, "over", "random");
    assert!(
        numbers(&over_random, "lower")[1] > 0.0,
        "{}",
        over_random.text()
    );

    let again = Propensity::fit(&customers, &recipe(), &params).unwrap();
    assert!(again.gain().unwrap().equals_missing(&gain));
}

/// Who answers is drawn by lot: nothing can be learned, and nothing is claimed.
#[test]
fn a_propensity_of_noise_is_not_ahead_of_chance() {
    let mut claimed = 0;
    for seed in 0..20u64 {
        let customers = simulate::Campaign::new()
            .rows(1_000)
            .defects(false)
            .seed(seed);
        let mut customers = customers.generate().unwrap().customers;
        let lot: Vec<i64> = (0..1_000u64)
            .map(|row| i64::from((row ^ seed << 20).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 60 < 3))
            .collect();
        customers
            .with_column(Column::new("Response".into(), lot))
            .unwrap();
        let recipe = Recipe::new(["Recency", "NumWebVisitsMonth", "Income"]);
        let recipe = recipe.standardise(Columns::All);
        let params = Propensity::params("Response").seed(seed);
        let propensity = Propensity::fit(&customers, &recipe, &params).unwrap();
        let glance = propensity.glance().unwrap();
        claimed += usize::from(numbers(&glance, "auc_lower")[0] > 0.5);
    }
    // A 95 % interval lies above chance in 2.5 % of cases.
    assert!(claimed <= 3, "{claimed} of 20");
}

#[test]
fn what_is_known_only_after_the_campaign_is_refused() {
    let customers = sample().lazy().with_columns([
        features::response_per_visit().fill_null(0.0),
        (col("Response") * lit(7) + lit(1)).alias("thanked"),
    ]);
    let customers = customers.collect().unwrap();
    let params = Propensity::params("Response");
    for (column, why) in [
        ("Response", "known only after"),
        ("response_per_visit", "known only after"),
        ("thanked", "alone tells who answers"),
    ] {
        let recipe = Recipe::new(["spend", column]).standardise(Columns::All);
        let error = Propensity::fit(&customers, &recipe, &params).unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
    }
    let against = params.clone().against("Response");
    assert!(Propensity::fit(&customers, &recipe(), &against).is_err());
    let few = customers.head(Some(30));
    assert!(Propensity::fit(&few, &recipe(), &params).is_err());
}

#[test]
fn a_list_keeps_to_the_budget_and_to_what_pays() {
    let customers = df!("ID" => [1, 2, 3, 4], "propensity" => [0.2, 0.6, 0.5, 0.6]).unwrap();
    let assumptions = recommend::Assumptions::new()
        .cost(3_000.0)
        .revenue(10_000.0)
        .organic(0.0);
    let list = recommend::target(&customers, 1e9, &assumptions).unwrap();
    // The first would cost 3,000 and bring 2,000; equal ones stay in their order.
    assert_eq!(numbers(&list, "ID"), [2.0, 4.0, 3.0]);
    assert_eq!(numbers(&list, "expected"), [3_000.0, 3_000.0, 2_000.0]);
    let list = recommend::target(&customers, 6_500.0, &assumptions).unwrap();
    assert_eq!(numbers(&list, "ID"), [2.0, 4.0]);
    assert_eq!(
        recommend::target(&customers, 0.0, &assumptions)
            .unwrap()
            .height(),
        0
    );
    assert!(recommend::target(&customers, -1.0, &assumptions).is_err());
    let free = assumptions.cost(0.0);
    assert_eq!(
        recommend::target(&customers, 0.0, &free).unwrap().height(),
        4
    );
}

#[test]
fn tiers_follow_the_value_of_a_customer() {
    let table = df!(
        "segment" => ["a", "a", "b", "c", "d", "e"], "spend" => [5.0, 7.0, 90.0, 1.0, 40.0, 30.0],
    )
    .unwrap();
    let tiers = recommend::tiers(&table, "segment", "spend", recommend::TIERS).unwrap();
    let words = |column: &str| -> Vec<String> {
        let words = tiers.column(column).unwrap().str().unwrap();
        words.iter().flatten().map(str::to_owned).collect()
    };
    assert_eq!(words("segment"), ["b", "d", "e", "a", "c"]);
    // Five segments in four tiers: neighbours share one.
    assert_eq!(
        words("tier"),
        ["Platinum", "Platinum", "Gold", "Silver", "Bronze"]
    );
    assert!(recommend::tiers(&table, "segment", "spend", []).is_err());
}

#[test]
fn every_recommendation_cites_the_figures_of_its_segment() {
    let customers = sample();
    let rules = personality::NamingRules::default();
    let named = personality::names(&customers, "Marital_Status", &rules).unwrap();
    let assumptions = recommend::Assumptions::new();
    for texts in [recommend::Texts::english(), recommend::Texts::indonesian()] {
        let plan = recommend::Campaigns::new(&named)
            .assumptions(&assumptions)
            .texts(&texts)
            .plan(&customers, "Marital_Status");
        let plan = plan.unwrap();
        for place in 0..plan.height() {
            for column in ["why", "channel", "offer"] {
                let text = plan
                    .column(column)
                    .unwrap()
                    .str()
                    .unwrap()
                    .get(place)
                    .unwrap();
                assert!(text.bytes().any(|b| b.is_ascii_digit()), "{text}");
                assert!(!text.contains('{'), "{text}");
            }
        }
        let profit: Vec<f64> = numbers(&plan, "profit");
        let (expected, cost) = (numbers(&plan, "expected"), numbers(&plan, "cost"));
        for place in 0..plan.height() {
            assert_eq!(profit[place], expected[place] - cost[place]);
        }
        // A campaign pays where all of the interval is beyond the break-even.
        let pays = plan.column("pays").unwrap().str().unwrap();
        let (lower, upper) = (
            numbers(&plan, "response_lower"),
            numbers(&plan, "response_upper"),
        );
        for (place, pays) in pays.iter().enumerate() {
            let (yes, no) = (lower[place] > 3.0 / 8.8, upper[place] < 3.0 / 8.8);
            assert_eq!(
                pays,
                Some(if yes {
                    "yes"
                } else if no {
                    "no"
                } else {
                    "open"
                })
            );
        }
    }
}

#[test]
fn what_if_needs_an_assumption_for_each_segment() {
    let value = recommend::value_at_stake(&sample(), "Education", "spend", &Bootstrap::new());
    let value = value.unwrap();
    let none = df!("Education" => ["PhD"], "churn" => [0.1], "uplift" => [0.0]).unwrap();
    let error = recommend::what_if(&value, &none).unwrap_err();
    assert!(
        error.to_string().contains("0 rows for segment Basic"),
        "{error}"
    );
    let all = value.clone().lazy().select([
        col("Education"),
        lit(0.25).alias("churn"),
        lit(0.1).alias("uplift"),
    ]);
    let after = recommend::what_if(&value, &all.collect().unwrap()).unwrap();
    let before = numbers(&after, "before");
    for (place, after) in numbers(&after, "after").into_iter().enumerate() {
        assert!((after - before[place] * 0.75 * 1.1).abs() < 1e-6);
    }
    let odd = all_with_churn(&value, 1.5);
    assert!(recommend::what_if(&value, &odd).is_err());
}

fn all_with_churn(value: &DataFrame, churn: f64) -> DataFrame {
    let all = value.clone().lazy();
    let all = all.select([
        col("Education"),
        lit(churn).alias("churn"),
        lit(0.0).alias("uplift"),
    ]);
    all.collect().unwrap()
}

#[test]
fn an_assumption_out_of_range_is_an_error() {
    for odd in [
        recommend::Assumptions::new().cost(-1.0),
        recommend::Assumptions::new().revenue(f64::NAN),
        recommend::Assumptions::new().organic(1.1),
        recommend::Assumptions::new().power(1.0),
    ] {
        assert!(odd.tidy().is_err());
        assert!(recommend::promo_saving(&sample(), "Education", &odd).is_err());
    }
}
