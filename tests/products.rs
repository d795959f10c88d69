//! What to offer whom: tastes are those of implicit and scikit-learn, weights those of EASE, figures those of irspack; and no
//! offer is of something that is not sold, or judged on what it has seen.

use std::collections::HashSet;

use segmenta::ndarray::Array2;
use segmenta::prelude::*;
use serde_json::Value;

fn texts<'a>(table: &'a DataFrame, name: &str) -> Vec<&'a str> {
    let column = table.column(name).unwrap().str().unwrap();
    column.iter().flatten().collect()
}

fn number(table: &DataFrame, name: &str, row: usize) -> f64 {
    table::number(table, name, row).unwrap()
}

fn oracle() -> Value {
    serde_json::from_str(include_str!("oracles/products.json")).unwrap()
}

/// The first day of the tests, in days since 1970.
const BEGIN: i32 = 18_993;

/// Bills and lines of rows with a bill, a customer, a day from 0, and a product.
fn orders_of(rows: &[(u32, String, i32, String)]) -> (DataFrame, DataFrame) {
    let mut first: Vec<&(u32, String, i32, String)> = Vec::new();
    for row in rows {
        if first.last().is_none_or(|last| last.0 != row.0) {
            first.push(row);
        }
    }
    let bills = df!(
        "bill" => first.iter().map(|row| row.0).collect::<Vec<_>>(),
        "customer" => first.iter().map(|row| row.1.as_str()).collect::<Vec<_>>(),
        "time" => first.iter().map(|row| BEGIN + row.2).collect::<Vec<_>>(),
    )
    .unwrap();
    let bills = bills
        .lazy()
        .with_column(col("time").cast(DataType::Date))
        .collect()
        .unwrap();
    let lines = df!(
        "bill" => rows.iter().map(|row| row.0).collect::<Vec<_>>(),
        "product" => rows.iter().map(|row| row.3.as_str()).collect::<Vec<_>>(),
    )
    .unwrap();
    (bills, lines)
}

/// A line of the test's own for each bill: `customer day product product ...`.
fn written(bills: &[&str]) -> Purchases {
    let mut rows = Vec::new();
    for (bill, text) in bills.iter().enumerate() {
        let mut words = text.split(' ');
        let (customer, day) = (
            words.next().unwrap(),
            words.next().unwrap().parse().unwrap(),
        );
        rows.extend(
            words.map(|product| (bill as u32, customer.to_owned(), day, product.to_owned())),
        );
    }
    let (bills, lines) = orders_of(&rows);
    Purchases::of(&bills, &lines).unwrap()
}

fn day(number: i32) -> String {
    let days = df!("day" => [BEGIN + number])
        .unwrap()
        .lazy()
        .with_column(col("day").cast(DataType::Date));
    let text = days
        .with_column(col("day").cast(DataType::String))
        .collect()
        .unwrap();
    texts(&text, "day")[0].to_owned()
}

/// The purchases of the oracle, and the day from which on they are judged.
fn of_oracle(oracle: &Value) -> (Purchases, String, String) {
    let lines = oracle["lines"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let rows: Vec<(u32, String, i32, String)> = lines
        .iter()
        .map(|line| {
            (
                line[0].as_u64().unwrap() as u32,
                text(&line[1]),
                line[2].as_i64().unwrap() as i32,
                text(&line[3]),
            )
        })
        .collect();
    let (bills, lines) = orders_of(&rows);
    (Purchases::of(&bills, &lines).unwrap(), day(120), day(180))
}

fn matrix(value: &Value) -> Array2<f64> {
    let rows: Vec<Vec<f64>> = serde_json::from_value(value.clone()).unwrap();
    Array2::from_shape_fn((rows.len(), rows[0].len()), |(row, column)| {
        rows[row][column]
    })
}

#[test]
fn tastes_are_those_of_implicit_from_the_same_start() {
    let oracle = oracle();
    let (purchases, split, _) = of_oracle(&oracle);
    let past = purchases.before(&split).unwrap();
    for own in oracle["als"].as_array().unwrap() {
        let factors = own["factors"].as_u64().unwrap() as usize;
        let params = Als::params()
            .factors(factors)
            .weight(own["weight"].as_f64().unwrap())
            .regularization(own["regularization"].as_f64().unwrap())
            .rounds(own["rounds"].as_u64().unwrap() as usize)
            .start(matrix(&own["start"][0]), matrix(&own["start"][1]));
        let als = params.fit(&past).unwrap().tidy().unwrap();
        let theirs = matrix(&own["products"]);
        assert_eq!(als.height(), theirs.nrows());
        for factor in 0..factors {
            for product in 0..als.height() {
                let ours = number(&als, &format!("factor_{}", factor + 1), product);
                assert!((ours - theirs[[product, factor]]).abs() < 1e-6);
            }
        }
    }
}

#[test]
fn weights_are_those_of_ease() {
    let oracle = oracle();
    let (purchases, split, _) = of_oracle(&oracle);
    let past = purchases.before(&split).unwrap();
    let ease = Ease::params()
        .regularization(20.0)
        .fit(&past)
        .unwrap()
        .tidy(usize::MAX)
        .unwrap();
    let theirs = matrix(&oracle["ease"]["weights"]);
    let products: Vec<String> = {
        let mut names: Vec<&str> = texts(&ease, "product");
        names.sort_unstable();
        names.dedup();
        names.into_iter().map(str::to_owned).collect()
    };
    assert_eq!(products.len(), theirs.nrows());
    let place = |name: &str| products.iter().position(|own| own == name).unwrap();
    let (from, to) = (texts(&ease, "product"), texts(&ease, "other_product"));
    for row in 0..ease.height() {
        let ours = number(&ease, "adds", row);
        assert!((ours - theirs[[place(from[row]), place(to[row])]]).abs() < 1e-9);
    }
    assert_eq!(
        ease.height(),
        theirs.iter().filter(|weight| **weight != 0.0).count()
    );
}

#[test]
fn non_negative_tastes_explain_no_less_than_those_of_scikit_learn() {
    let oracle = oracle();
    let (purchases, split, _) = of_oracle(&oracle);
    let past = purchases.before(&split).unwrap();
    for own in oracle["nmf"].as_array().unwrap() {
        let factors = own["factors"].as_u64().unwrap() as usize;
        let nmf = Nmf::params().factors(factors).fit(&past).unwrap();
        let (ours, theirs) = (
            number(&nmf.glance().unwrap(), "error", 0),
            own["error"].as_f64().unwrap(),
        );
        assert!(
            ours <= theirs * (1.0 + 1e-6),
            "{factors} factors: {ours} and {theirs}"
        );
        let tidy = nmf.tidy().unwrap();
        let least = tidy
            .column("factor_1")
            .unwrap()
            .f64()
            .unwrap()
            .min()
            .unwrap();
        assert!(least >= 0.0);
    }
}

#[test]
fn figures_are_those_of_irspack() {
    let oracle = oracle();
    let (purchases, first, until) = of_oracle(&oracle);
    let split = TimeSplit::new(&purchases, &first, &until).unwrap();
    // irspack ranks all products.
    let split = split
        .clone()
        .with_past(split.past().clone().sold_within(1_000))
        .unwrap();
    let ease = Ease::params()
        .regularization(20.0)
        .fit(split.past())
        .unwrap();
    for own in oracle["judged"].as_array().unwrap() {
        let offer = match own["offer"].as_str().unwrap() {
            "all" => Offer::All,
            _ => Offer::New,
        };
        let top = own["top"].as_u64().unwrap() as usize;
        let glance = split.judge(&[&ease], top, offer).unwrap().glance().unwrap();
        assert_eq!(
            number(&glance, "customers", 0),
            own["customers"].as_f64().unwrap()
        );
        for name in [
            "precision",
            "recall",
            "recall_capped",
            "ndcg",
            "hit_rate",
            "coverage",
        ] {
            let (ours, theirs) = (number(&glance, name, 0), own[name].as_f64().unwrap());
            assert!(
                (ours - theirs).abs() < 1e-12,
                "{name}@{top} of {}: {ours} and {theirs}",
                own["offer"]
            );
        }
    }
}

/// The recommenders, fitted.
fn all(past: &products::Past) -> Vec<Box<dyn Recommender>> {
    vec![
        Box::new(Popularity::fit(past)),
        Box::new(Repeat::fit(past)),
        Box::new(ItemCosine::fit(past).unwrap()),
        Box::new(Ease::params().fit(past).unwrap()),
        Box::new(Als::params().factors(5).fit(past).unwrap()),
        Box::new(Nmf::params().factors(5).fit(past).unwrap()),
    ]
}

#[test]
fn nobody_is_offered_what_is_not_sold_or_not_wanted() {
    let oracle = oracle();
    let (purchases, split, _) = of_oracle(&oracle);
    let past = purchases
        .before(&split)
        .unwrap()
        .on_sale(["P01", "P02", "P03", "P05", "P08"])
        .unwrap();
    for recommender in all(&past) {
        let name = recommender.name();
        let offers = recommender.rank_all(4, Offer::All).unwrap();
        let offered: HashSet<&str> = texts(&offers, "product").into_iter().collect();
        assert!(
            offered
                .iter()
                .all(|own| ["P01", "P02", "P03", "P05", "P08"].contains(own)),
            "{name}"
        );
        assert_eq!(
            offers.column("rank").unwrap().u32().unwrap().max(),
            Some(4),
            "{name}"
        );
        let new = recommender.rank_all(5, Offer::New).unwrap();
        assert_eq!(
            new.column("bought").unwrap().u64().unwrap().max(),
            Some(0),
            "{name}"
        );
        let repeat = recommender.rank_all(5, Offer::Repeat).unwrap();
        assert!(
            repeat.column("bought").unwrap().u64().unwrap().min() > Some(0),
            "{name}"
        );
    }
    // What was not sold for a while is not sold any more.
    let purchases = written(&["Ann 0 tea jam", "Bob 90 tea rice", "Ann 95 rice"]);
    let offered = |within: u32| {
        let past = purchases.before(&day(100)).unwrap().sold_within(within);
        number(&past.glance().unwrap(), "products_on_sale", 0)
    };
    assert_eq!((offered(9), offered(10), offered(100)), (1.0, 2.0, 3.0));
    assert!(
        purchases
            .before(&day(100))
            .unwrap()
            .on_sale(["coffee"])
            .unwrap_err()
            .to_string()
            .contains("coffee")
    );
}

#[test]
fn of_whom_nothing_is_known_gets_what_sells_most() {
    let purchases = written(&["Ann 0 tea jam", "Bob 1 tea rice", "Cid 2 tea", "Dee 9 jam"]);
    let past = purchases.before(&day(5)).unwrap();
    let first = |recommender: &dyn Recommender| {
        // Dee comes only after the day, and Zoe never.
        let offers = recommender.rank(&["Dee", "Zoe"], 1, Offer::All).unwrap();
        let known = offers.column("known").unwrap().bool().unwrap();
        assert!(!known.any(), "{}", recommender.name());
        texts(&offers, "product")
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    for recommender in [
        &Popularity::fit(&past) as &dyn Recommender,
        &Repeat::fit(&past),
        &ItemCosine::fit(&past).unwrap(),
    ] {
        assert_eq!(first(recommender), ["tea", "tea"]);
    }
    assert_eq!(
        first(&Als::params().factors(2).fit(&past).unwrap()),
        ["tea", "tea"]
    );
}

#[test]
fn a_split_shows_nothing_of_what_comes_later() {
    let purchases = written(&[
        "Ann 0 tea",
        "Bob 1 tea jam",
        "Ann 10 jam",
        "Bob 11 rice",
        "Cid 12 tea",
    ]);
    let split = TimeSplit::new(&purchases, &day(10), &day(20)).unwrap();
    let glance = split.glance().unwrap();
    assert_eq!(number(&glance, "customers", 0), 3.0);
    assert_eq!(number(&glance, "known_customers", 0), 2.0);
    // Both bought something new; rice was not known before.
    assert_eq!(
        (
            number(&glance, "new_share", 0),
            number(&glance, "out_of_reach_share", 0)
        ),
        (1.0, 0.5)
    );
    let cosine = ItemCosine::fit(split.past()).unwrap();
    let judged = split
        .judge(&[&cosine], 1, Offer::New)
        .unwrap()
        .augment()
        .unwrap();
    assert_eq!(texts(&judged, "customer"), ["Ann", "Bob"]);
    assert_eq!(
        judged.column("hits").unwrap().u32().unwrap().to_vec(),
        [Some(1), Some(0)]
    );
    // Of one customer there is no interval, and no test.
    let one = TimeSplit::new(&purchases, &day(10), &day(11)).unwrap();
    let (popular, repeat) = (Popularity::fit(one.past()), Repeat::fit(one.past()));
    let one = one.judge(&[&popular, &repeat], 1, Offer::All).unwrap();
    assert_eq!(
        one.tidy(0.95)
            .unwrap()
            .column("lower")
            .unwrap()
            .null_count(),
        10
    );
    let compared = one
        .compare("popularity", "ndcg", &Bootstrap::new())
        .unwrap();
    assert_eq!(compared.column("upper").unwrap().null_count(), 1);
    assert_eq!(number(&compared, "p_holm", 0), 1.0);
    // Two of a kind have two names; the past of the same day is the same past.
    let again = purchases.before(&day(10)).unwrap();
    let twice = split
        .judge(
            &[&Popularity::fit(&again), &Popularity::fit(split.past())],
            1,
            Offer::All,
        )
        .unwrap();
    assert_eq!(
        texts(&twice.glance().unwrap(), "method"),
        ["popularity", "popularity 2"]
    );
    // What was fitted with more than the past is not judged.
    let cheat = ItemCosine::fit(&purchases.before(&day(20)).unwrap()).unwrap();
    let error = split
        .judge(&[&cheat], 1, Offer::All)
        .unwrap_err()
        .to_string();
    assert!(error.contains("another past: item cosine"), "{error}");
}

#[test]
fn what_comes_later_changes_no_offer() {
    // With a new customer and a new product after the day, and without.
    let bills = [
        "Ann 0 tea jam",
        "Bob 1 tea rice",
        "Cid 2 rice beans",
        "Dee 3 jam tea",
    ];
    let more: Vec<&str> = bills
        .iter()
        .copied()
        .chain(["Zoe 20 apple tea", "Ann 21 apple"])
        .collect();
    let (now, later) = (written(&bills), written(&more));
    for (one, other) in all_of(&now.before(&day(10)).unwrap())
        .iter()
        .zip(&all_of(&later.before(&day(10)).unwrap()))
    {
        let (one, other) = (
            one.rank_all(3, Offer::All).unwrap(),
            other.rank_all(3, Offer::All).unwrap(),
        );
        assert!(one.equals_missing(&other), "{}", one.text());
    }
    let glance = later.before(&day(10)).unwrap().glance().unwrap();
    assert_eq!(
        (
            number(&glance, "customers", 0),
            number(&glance, "products", 0)
        ),
        (4.0, 4.0)
    );
}

/// Recommenders with two tastes.
fn all_of(past: &products::Past) -> Vec<Box<dyn Recommender>> {
    vec![
        Box::new(ItemCosine::fit(past).unwrap()),
        Box::new(Ease::params().fit(past).unwrap()),
        Box::new(Als::params().factors(2).seed(3).fit(past).unwrap()),
        Box::new(Nmf::params().factors(2).fit(past).unwrap()),
    ]
}

#[test]
fn what_cannot_be_split_fitted_or_offered_says_so() {
    let purchases = written(&["Ann 0 tea", "Bob 1 tea jam", "Cid 10 jam"]);
    let split = |from: i32, until: i32| TimeSplit::new(&purchases, &day(from), &day(until));
    let said = |error: Error| error.to_string();
    assert!(said(split(5, 5).unwrap_err()).contains("until is"));
    assert!(said(split(0, 5).unwrap_err()).starts_with("purchases before"));
    assert!(said(split(20, 30).unwrap_err()).starts_with("purchases from"));
    // Only a stranger came later.
    let later = split(5, 20).unwrap();
    let popular = Popularity::fit(later.past());
    let error = said(later.judge(&[&popular], 1, Offer::All).unwrap_err());
    assert!(
        error.starts_with("customers who bought before the day and after it: 0"),
        "{error}"
    );
    assert!(
        said(later.complete(&[&popular], 1, 0).unwrap_err())
            .contains("later bills with two products")
    );
    assert!(said(popular.rank(&["Ann"], 0, Offer::All).unwrap_err()).contains("top is 0"));
    let past = later.past();
    for error in [
        Als::params().factors(3).fit(past).unwrap_err(),
        Als::params().factors(0).fit(past).unwrap_err(),
        Nmf::params().factors(3).fit(past).unwrap_err(),
    ] {
        let error = said(error);
        assert!(
            error.contains("factors is") && error.contains("from 1 to 2"),
            "{error}"
        );
    }
    assert!(Ease::params().regularization(0.0).fit(past).is_err());
    assert!(Als::params().factors(1).weight(0.0).fit(past).is_err());
    assert!(
        Als::params()
            .factors(1)
            .start(Array2::zeros((1, 1)), Array2::zeros((1, 1)))
            .fit(past)
            .is_err()
    );
    assert!(said(purchases.before("yesterday").unwrap_err()).contains("yesterday"));
    let (bills, _) = orders_of(&[(0, "Ann".into(), 0, "tea".into())]);
    let none = df!("bill" => Vec::<u32>::new(), "product" => Vec::<String>::new()).unwrap();
    assert!(
        said(Purchases::of(&bills, &none).unwrap_err())
            .starts_with("products that a customer bought: 0")
    );
    assert!(
        Als::params()
            .factors(1)
            .fit(past)
            .unwrap()
            .neighbours("coffee", 1)
            .is_err()
    );
}

#[test]
fn what_is_odd_on_a_bill_is_counted_and_not_bought() {
    let bills = df!("bill" => [0u32, 1, 2], "customer" => [Some("Ann"), None, Some("Bob")], "time" => [BEGIN, BEGIN, BEGIN]).unwrap();
    let bills = bills
        .lazy()
        .with_column(col("time").cast(DataType::Date))
        .collect()
        .unwrap();
    let lines = df!(
        "bill" => [0u32, 0, 0, 0, 1, 2],
        "product" => [Some("tea"), Some("tea "), Some("jam"), None, Some("tea"), Some("jam")],
        "quantity" => [1.0, 1.0, -1.0, 1.0, 1.0, 1.0],
    )
    .unwrap();
    let purchases = Purchases::of(&bills, &lines).unwrap();
    let quality = purchases.quality().unwrap();
    assert_eq!(
        quality.column("rows").unwrap().u64().unwrap().to_vec(),
        [1, 1, 1, 1].map(Some)
    );
    let past = purchases.before(&day(1)).unwrap();
    assert_eq!(number(&past.glance().unwrap(), "bought_in_all", 0), 2.0);
}

/// A shop whose pairs of products are known.
fn shop() -> (Purchases, DataFrame, orders::Orders) {
    let shop = simulate::Shop::new().customers(8_000).seed(16);
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("shop");
    shop.save(&place, Existing::Keep).unwrap();
    let files = ["2022.csv", "2023.csv"].map(|name| place.join(name));
    let orders = orders::Loader::new()
        .reject_bad_rows()
        .load(&files)
        .unwrap();
    (
        Purchases::of(&orders.bills, &orders.lines).unwrap(),
        shop.generate().unwrap().pairs,
        orders,
    )
}

#[test]
fn baskets_are_completed_where_pairs_are_known_and_popularity_is_beaten() {
    let (purchases, pairs, orders) = shop();
    let split = TimeSplit::new(&purchases, "2023-01-01", "2023-07-01").unwrap();
    let past = split.past();
    let earlier = orders
        .bills
        .lazy()
        .filter(col("time").dt().year().eq(lit(2022)))
        .collect()
        .unwrap();
    let found = Itemsets::params()
        .support(0.0007)
        .find(&Baskets::of_bills(&earlier, &orders.lines).unwrap())
        .unwrap();
    let rules = Rules::params()
        .confidence(0.1)
        .of(&found)
        .unwrap()
        .believed();
    let (popular, cosine) = (Popularity::fit(past), ItemCosine::fit(past).unwrap());
    let by_rules = ByRules::fit(past, &rules).unwrap();
    let judged = split
        .complete(&[&popular, &cosine, &by_rules], 3, 1)
        .unwrap();
    let against = judged
        .compare("popularity", "hit_rate", &Bootstrap::new().resamples(500))
        .unwrap();
    assert_eq!(texts(&against, "method"), ["item cosine", "rules"]);
    for row in 0..2 {
        assert!(number(&against, "lower", row) > 0.0, "{}", against.text());
        assert!(number(&against, "p_holm", row) < 0.05);
    }
    // Who has the first of a pair is offered the second: one of the three at least where the pair is bought often.
    let names = texts(&pairs, "product");
    let with = texts(&pairs, "with");
    let neighbours = cosine.pairs(0.05).unwrap();
    let near: Vec<(&str, &str)> = texts(&neighbours, "product")
        .into_iter()
        .zip(texts(&neighbours, "other_product"))
        .collect();
    let found = (0..names.len()).filter(|row| {
        near.contains(&(names[*row], with[*row])) || near.contains(&(with[*row], names[*row]))
    });
    assert!(found.count() >= 10);
}

#[test]
fn who_buys_one_thing_at_a_time_is_known() {
    let purchases = written(&[
        "Ann 0 tea",
        "Bob 1 tea jam",
        "Ann 2 jam",
        "Cid 3 tea",
        "Cid 4 tea rice",
    ]);
    let single = purchases
        .before(&day(9))
        .unwrap()
        .single_item_buyers()
        .unwrap();
    assert_eq!(texts(&single, "customer"), ["Ann"]);
    assert_eq!(number(&single, "visits", 0), 2.0);
}

#[test]
fn the_same_offers_come_out_on_any_number_of_threads() {
    let oracle = oracle();
    let (purchases, split, _) = of_oracle(&oracle);
    let made = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            let past = purchases.before(&split).unwrap();
            let fitted = all(&past);
            let offers = fitted
                .iter()
                .map(|own| own.rank_all(5, Offer::All).unwrap());
            offers.collect::<Vec<_>>()
        })
    };
    for (one, three) in made(1).iter().zip(&made(3)) {
        assert!(one.equals_missing(three));
    }
}
