//! What is bought together: itemsets are those of pyfim, measures those of mlxtend, SciPy and scikit-learn, rules of
//! Groceries those of arules' authors, and where nothing goes together no rule is believed.

use std::collections::BTreeSet;
use std::path::PathBuf;

use segmenta::prelude::*;
use serde_json::Value;
use sha2::{Digest, Sha256};

fn texts<'a>(table: &'a DataFrame, name: &str) -> Vec<&'a str> {
    let column = table.column(name).unwrap().str().unwrap();
    column.iter().flatten().collect()
}

fn whole(table: &DataFrame, name: &str) -> Vec<u64> {
    let column = table.column(name).unwrap().cast(&DataType::UInt64).unwrap();
    column.u64().unwrap().iter().flatten().collect()
}

fn number(table: &DataFrame, name: &str, row: usize) -> f64 {
    table::number(table, name, row).unwrap()
}

fn oracle() -> Value {
    serde_json::from_str(include_str!("oracles/basket.json")).unwrap()
}

/// Random numbers that tests/oracles/basket.py draws too.
struct Numbers(u64);

impl Numbers {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((x ^ (x >> 31)) >> 11) as f64 * 2f64.powi(-53)
    }
}

/// A table with a row for each item of each basket.
fn table_of(baskets: &[Vec<String>]) -> DataFrame {
    let (mut bill, mut product) = (Vec::new(), Vec::new());
    for (number, own) in baskets.iter().enumerate() {
        for item in own {
            bill.push(number as u32);
            product.push(item.as_str());
        }
    }
    df!("bill" => bill, "product" => product).unwrap()
}

fn baskets_of(baskets: &[Vec<String>]) -> Baskets {
    Baskets::of_table(&table_of(baskets), "bill", "product").unwrap()
}

/// Baskets as a person would write them.
fn written(baskets: &[&str]) -> Vec<Vec<String>> {
    let items = |own: &&str| own.split(' ').map(str::to_owned).collect();
    baskets.iter().map(items).collect()
}

/// Many items in most baskets; neighbours go together.
fn dense() -> Vec<Vec<String>> {
    let mut numbers = Numbers(11);
    let basket = |_| {
        let (mut own, mut last) = (Vec::new(), 0.5);
        for item in 0..22 {
            last = 0.7 * last + 0.3 * numbers.unit();
            if numbers.unit() < 0.35 + last * f64::from(item + 4) / 26.0 {
                own.push(format!("D{item:02}"));
            }
        }
        if own.iter().any(|item| item == "D05") && numbers.unit() < 0.8 {
            own.push("D22".to_owned());
        }
        own
    };
    (0..2_000).map(basket).collect()
}

/// Few of many items in each basket; some are bought far more often.
fn sparse() -> Vec<Vec<String>> {
    let mut numbers = Numbers(12);
    let basket = |_| {
        let mut own = Vec::new();
        for _ in 0..1 + (numbers.unit() * 9.0) as usize {
            let item = (600.0 * numbers.unit().powi(3)) as usize;
            own.push(format!("S{item:03}"));
            if numbers.unit() < 0.3 {
                own.push(format!("S{:03}", (item * 7 + 1) % 600));
            }
        }
        own
    };
    (0..20_000).map(basket).collect()
}

/// The folder with the real tables, where one is named.
fn real() -> Option<PathBuf> {
    let folder = std::env::var_os("SEGMENTA_REAL_DATA").map(PathBuf::from);
    if folder.is_none() {
        assert!(
            std::env::var_os("CI").is_none(),
            "CI needs the real tables: SEGMENTA_REAL_DATA names no folder"
        );
        println!("skipped: SEGMENTA_REAL_DATA names no folder with groceries.csv");
    }
    folder
}

/// What the households of Complete Journey bought in a year, by the type of the product.
fn journey(folder: &std::path::Path) -> Baskets {
    let lines = read::file(folder.join("completejourney_transactions_sample.csv.gz")).unwrap();
    let products = read::Reader::new()
        .open_as_text()
        .read(folder.join("completejourney_products.csv.gz"))
        .unwrap();
    let text = |name: &str| col(name).cast(DataType::String);
    let products = products
        .table
        .lazy()
        .select([text("product_id"), col("product_type")]);
    let lines = lines.table.lazy().filter(col("quantity").gt(lit(0)));
    let lines = lines
        .with_columns([text("product_id")])
        .join(
            products,
            [col("product_id")],
            [col("product_id")],
            JoinArgs::new(JoinType::Inner),
        )
        .collect()
        .unwrap();
    Baskets::of_table(&lines, "household_id", "product_type").unwrap()
}

/// The digest of tests/oracles/basket.py, and how many sets there are of each size.
fn digest(sets: &DataFrame) -> (Vec<u64>, String) {
    let lines = texts(sets, "itemset");
    let mut lines: Vec<String> = lines
        .iter()
        .zip(whole(sets, "baskets"))
        .map(|(set, count)| format!("{}\t{count}", set.replace(" + ", "+")))
        .collect();
    lines.sort();
    let sizes = whole(sets, "size");
    let longest = sizes.iter().max().copied().unwrap_or(0);
    let of = |size: u64| sizes.iter().filter(|own| **own == size).count() as u64;
    let bytes = Sha256::digest(lines.join("\n").as_bytes());
    let hex = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    ((1..=longest).map(of).collect(), hex)
}

#[test]
fn itemsets_are_those_of_pyfim_all_closed_and_maximal_ones() {
    let oracle = oracle();
    let folder = real();
    let mut tried = 0;
    for entry in oracle["itemsets"].as_array().unwrap() {
        let baskets = match (entry["data"].as_str().unwrap(), &folder) {
            ("dense", _) => baskets_of(&dense()),
            ("sparse", _) => baskets_of(&sparse()),
            ("groceries", Some(folder)) => basket::load(folder.join("groceries.csv")).unwrap(),
            ("journey", Some(folder)) => journey(folder),
            _ => continue,
        };
        let support = entry["support"].as_f64().unwrap();
        let found = Itemsets::params().support(support).find(&baskets).unwrap();
        assert_eq!(
            whole(&found.glance().unwrap(), "all_baskets")[0],
            entry["baskets"]
        );
        assert_eq!(
            whole(&found.glance().unwrap(), "least_baskets")[0],
            entry["least"]
        );
        let sets = found.tidy(0.95).unwrap();
        for (kind, wanted) in [
            ("all", lit(true)),
            ("closed", col("closed")),
            ("maximal", col("maximal")),
        ] {
            let own = sets.clone().lazy().filter(wanted).collect().unwrap();
            let (sizes, digest) = digest(&own);
            let what = format!("{kind} of {} at {support}", entry["data"]);
            assert_eq!(serde_json::json!(sizes), entry[kind]["sizes"], "{what}");
            assert_eq!(digest, entry[kind]["digest"], "{what}");
        }
        tried += 1;
    }
    assert_eq!(tried, if folder.is_some() { 12 } else { 6 });
}

#[test]
fn the_measures_are_those_of_mlxtend_scipy_and_scikit_learn() {
    let oracle = oracle();
    let baskets = baskets_of(&sparse()[..1_500]);
    let found = Itemsets::params()
        .support(0.01)
        .longest(oracle["rules"]["longest"].as_u64().unwrap() as usize + 1);
    let found = found.find(&baskets).unwrap();
    let rules = Rules::params().confidence(0.18).of(&found).unwrap();
    let glance = rules.glance().unwrap();
    assert_eq!(whole(&glance, "searched")[0], oracle["rules"]["searched"]);
    let (tidy, measures) = (rules.tidy(0.95).unwrap(), rules.measures().unwrap());
    assert_eq!(measures.width(), 2 + 20);
    let expected = oracle["rules"]["rules"].as_array().unwrap();
    assert_eq!(tidy.height(), expected.len());
    for own in expected {
        let place = (0..tidy.height())
            .find(|row| {
                own["antecedent"] == texts(&tidy, "antecedent")[*row]
                    && own["consequent"] == texts(&tidy, "consequent")[*row]
            })
            .unwrap();
        for (name, value) in own.as_object().unwrap() {
            if ["antecedent", "consequent"].contains(&name.as_str()) {
                continue;
            }
            let table = if measures.column(name).is_ok() {
                &measures
            } else {
                &tidy
            };
            let ours = table.column(name).unwrap().f64().unwrap().get(place);
            let close =
                |ours: f64, theirs: f64| (ours - theirs).abs() <= 1e-9 * theirs.abs().max(1e-3);
            match (ours, value.as_f64()) {
                (Some(ours), Some(theirs)) => {
                    assert!(close(ours, theirs), "{name}: {ours} and {theirs}")
                }
                (ours, theirs) => assert_eq!(ours.is_none(), theirs.is_none(), "{name}"),
            }
        }
    }
}

/// How many rules Groceries has at a support and a confidence.
fn groceries(support: f64, confidence: f64) -> Option<Rules> {
    let baskets = basket::load(real()?.join("groceries.csv")).unwrap();
    let found = Itemsets::params().support(support).find(&baskets).unwrap();
    Some(Rules::params().confidence(confidence).of(&found).unwrap())
}

#[test]
fn groceries_has_the_published_rules_none_of_which_is_lost_to_rounding() {
    for (support, confidence, published) in [
        (0.001, 0.8, 410),
        (0.006, 0.25, 463),
        (0.01, 0.5, 15),
        (0.01, 0.2, 231),
        (0.005, 0.5, 120),
        (0.001, 0.5, 5_668),
    ] {
        let Some(rules) = groceries(support, confidence) else {
            return;
        };
        let glance = rules.glance().unwrap();
        assert_eq!(
            whole(&glance, "rules")[0],
            published,
            "at {support} and {confidence}"
        );
    }
    let rules = groceries(0.001, 0.8).unwrap().tidy(0.95).unwrap();
    assert_eq!(texts(&rules, "antecedent")[0], "liquor + red/blush wine");
    assert_eq!(texts(&rules, "consequent")[0], "bottled beer");
    assert_eq!(
        (
            whole(&rules, "baskets")[0],
            whole(&rules, "antecedent_baskets")[0]
        ),
        (19, 21)
    );
    assert!((number(&rules, "lift", 0) - 11.2353).abs() < 5e-5);
    // What lesson 13 says of them: 62 are more than chance, and none says more than a shorter rule beyond chance.
    let verdicts = texts(&rules, "verdict");
    let count = |verdict: &str| verdicts.iter().filter(|own| **own == verdict).count();
    assert_eq!(count("not more than chance"), 348);
    assert_eq!(count("a shorter rule says as much"), 62);
}

#[test]
fn groceries_has_names_with_blanks_which_are_told() {
    let Some(folder) = real() else { return };
    let baskets = basket::load(folder.join("groceries.csv")).unwrap();
    let glance = baskets.glance().unwrap();
    let figures = ["baskets", "items", "items_in_all", "one_item", "most_items"];
    let figures: Vec<u64> = figures.iter().map(|name| whole(&glance, name)[0]).collect();
    assert_eq!(figures, [9_835, 169, 43_367, 2_159, 32]);
    let quality = baskets.quality().unwrap();
    let blanks = texts(&quality, "found")
        .iter()
        .position(|found| found.contains("blanks"))
        .unwrap();
    assert!(whole(&quality, "rows")[blanks] > 300);
}

/// Baskets in which no item has to do with another.
fn independent(seed: u64, n: usize) -> Vec<Vec<String>> {
    let mut numbers = Numbers(seed);
    let basket = |_| {
        let own = (0..16).filter(|item| numbers.unit() < 0.04 + 0.02 * f64::from(*item));
        own.map(|item| format!("I{item:02}")).collect()
    };
    (0..n).map(basket).collect()
}

#[test]
fn of_two_hundred_tables_where_nothing_goes_together_few_show_a_rule() {
    let shown = |seed: u64| {
        let found = Itemsets::params()
            .support(0.01)
            .find(&baskets_of(&independent(seed, 400)))
            .unwrap();
        let rules = Rules::params().confidence(0.0).of(&found).unwrap();
        let smallest = rules
            .tidy(0.95)
            .unwrap()
            .column("p")
            .unwrap()
            .f64()
            .unwrap()
            .min();
        let believed = whole(&rules.glance().unwrap(), "believed")[0];
        (smallest.unwrap() < 0.05, believed > 0)
    };
    let shown: Vec<(bool, bool)> = (0..200).map(|table| shown(1_000 + table)).collect();
    let wrong = shown.iter().filter(|own| own.1).count();
    assert!(wrong <= 10, "{wrong} of 200");
    // There is something to be wrong about: without a correction nearly all of them would show rules.
    assert!(shown.iter().filter(|own| own.0).count() > 190);
}

#[test]
fn what_goes_together_is_found_and_what_a_shorter_rule_says_is_marked() {
    // Jam comes with tea; rice is bought at random.
    let mut numbers = Numbers(5);
    let basket = |_| {
        let mut own = vec!["bread".to_owned()];
        if numbers.unit() < 0.3 {
            own.push("tea".into());
        }
        if numbers.unit() < if own.len() == 2 { 0.6 } else { 0.1 } {
            own.push("jam".into());
        }
        if numbers.unit() < 0.4 {
            own.push("rice".into());
        }
        own
    };
    let all: Vec<Vec<String>> = (0..2_000).map(basket).collect();
    let found = Itemsets::params()
        .support(0.02)
        .find(&baskets_of(&all[..1_000]))
        .unwrap();
    let rules = Rules::params().confidence(0.3).of(&found).unwrap();
    let tidy = rules.tidy(0.95).unwrap();
    let verdict = |antecedent: &str, consequent: &str| {
        let row = (0..tidy.height()).find(|row| {
            texts(&tidy, "antecedent")[*row] == antecedent
                && texts(&tidy, "consequent")[*row] == consequent
        });
        texts(&tidy, "verdict")[row.unwrap()]
    };
    assert_eq!(verdict("tea", "jam"), "more than chance");
    assert_eq!(verdict("jam", "tea"), "more than chance");
    assert_eq!(verdict("bread + tea", "jam"), "a shorter rule says as much");
    assert_eq!(verdict("rice + tea", "jam"), "a shorter rule says as much");
    assert_eq!(verdict("rice", "bread"), "not more than chance");
    // The two that are believed hold in the other thousand baskets.
    let believed = rules.believed();
    let again = believed.again(&baskets_of(&all[1_000..]), 0.95).unwrap();
    assert_eq!(again.height(), 2);
    assert!(again.column("holds").unwrap().bool().unwrap().all());
}

#[test]
fn a_rule_is_tried_where_it_was_not_found_and_fails_where_it_does_not_hold() {
    let together = written(&[
        "tea jam", "tea jam", "tea jam", "tea jam", "rice", "rice", "rice", "rice",
    ]);
    let apart = written(&[
        "tea", "tea", "jam", "jam rice", "rice", "rice", "rice", "rice",
    ]);
    let found = Itemsets::params()
        .support(0.25)
        .find(&baskets_of(&together))
        .unwrap();
    let rules = Rules::params().of(&found).unwrap();
    let again = rules.again(&baskets_of(&apart), 0.95).unwrap();
    assert_eq!(whole(&again, "baskets"), [0, 0]);
    assert_eq!(number(&again, "confidence_before", 0), 1.0);
    assert_eq!(number(&again, "p", 0), 1.0);
    assert!(!again.column("holds").unwrap().bool().unwrap().any());
    // Where nobody has the antecedent there is no confidence at all.
    let none = rules
        .again(&baskets_of(&written(&["jam", "rice"])), 0.95)
        .unwrap();
    let tea = texts(&none, "antecedent")
        .iter()
        .position(|name| *name == "tea")
        .unwrap();
    assert_eq!(
        none.column("confidence").unwrap().f64().unwrap().get(tea),
        None
    );
    // And where none of the names is known, somebody has mixed up two files.
    let error = rules
        .again(&baskets_of(&written(&["A17 B3"])), 0.95)
        .unwrap_err();
    assert!(
        error.to_string().contains("name them in different ways"),
        "{error}"
    );
}

#[test]
fn a_basket_is_a_bill_or_a_customer_as_one_says() {
    let bills =
        df!("bill" => [0u32, 1, 2, 3], "customer" => [Some("Ann"), Some("Ann"), Some("Bob"), None])
            .unwrap();
    let lines = df!(
        "bill" => [0u32, 1, 1, 2, 3, 9],
        "product" => ["tea", "jam", "tea", "rice", "jam", "tea"],
        "quantity" => [1.0, 2.0, -1.0, 1.0, 1.0, 1.0],
    )
    .unwrap();
    let by_bill = Baskets::of_bills(&bills, &lines).unwrap();
    let by_customer = Baskets::of_customers(&bills, &lines).unwrap();
    let basket = |baskets: &Baskets| texts(&baskets.glance().unwrap(), "basket")[0].to_owned();
    assert_eq!(
        (basket(&by_bill), basket(&by_customer)),
        ("bill".into(), "customer".into())
    );
    let together = |baskets: &Baskets| {
        let sets = Itemsets::params()
            .support(0.01)
            .find(baskets)
            .unwrap()
            .tidy(0.95)
            .unwrap();
        texts(&sets, "itemset").contains(&"jam + tea")
    };
    // The jam and the tea that stayed are on two bills of Ann's.
    assert!(!together(&by_bill) && together(&by_customer));
    let quality = by_customer.quality().unwrap();
    let rows = |what: &str| {
        let place = texts(&quality, "found")
            .iter()
            .position(|found| found.contains(what))
            .unwrap();
        whole(&quality, "rows")[place]
    };
    assert_eq!((rows("came back"), rows("without a customer")), (1, 1));
    // A part of the bills is a filter of the bills: of the lines only theirs count.
    let first = Baskets::of_bills(&bills.head(Some(1)), &lines).unwrap();
    assert_eq!(whole(&first.glance().unwrap(), "items_in_all"), [1]);
}

#[test]
fn odd_baskets_are_told_and_none_is_guessed() {
    let table = df!(
        "bill" => [Some(1), Some(1), Some(1), Some(2), Some(2), Some(3), None],
        "product" => [Some("tea"), Some("tea "), Some("jam"), Some(" "), None, Some("tea"), Some("jam")],
    )
    .unwrap();
    let baskets = Baskets::of_table(&table, "bill", "product").unwrap();
    let quality = baskets.quality().unwrap();
    let rows: Vec<(&str, u64)> = texts(&quality, "found")
        .into_iter()
        .zip(whole(&quality, "rows"))
        .collect();
    assert_eq!(
        rows,
        [
            ("rows without a basket", 1),
            ("items without a name", 2),
            ("names with blanks around them", 1),
            ("items that are in a basket already", 1),
            ("baskets without an item", 1),
        ]
    );
    assert_eq!(whole(&baskets.glance().unwrap(), "baskets"), [2]);
    let nothing = df!("bill" => [1, 2], "product" => ["", " "]).unwrap();
    let error = Baskets::of_table(&nothing, "bill", "product").unwrap_err();
    assert_eq!(
        error.to_string(),
        "baskets with an item: 0; expected 1 or more"
    );
}

#[test]
fn thresholds_that_are_none_and_searches_without_an_answer_say_so() {
    let baskets = baskets_of(&written(&["tea jam", "tea"]));
    let find = |support: f64| Itemsets::params().support(support).find(&baskets);
    for support in [0.0, -0.1, 1.5, f64::NAN] {
        let error = find(support).unwrap_err().to_string();
        assert!(
            error.contains("support is") && error.contains("above 0 and up to 1"),
            "{error}"
        );
    }
    assert!(Itemsets::params().longest(0).find(&baskets).is_err());
    assert!(Itemsets::params().longest(64).find(&baskets).is_err());
    assert!(
        Rules::params()
            .confidence(1.01)
            .of(&find(0.5).unwrap())
            .is_err()
    );
    assert!(
        Rules::params()
            .consequent(0)
            .of(&find(0.5).unwrap())
            .is_err()
    );
    // One item goes with nothing.
    let one = baskets_of(&written(&["tea", "tea"]));
    let one = Itemsets::params().find(&one).unwrap();
    assert_eq!(one.tidy(0.95).unwrap().height(), 1);
    let error = Rules::params().of(&one).unwrap_err().to_string();
    assert!(
        error.starts_with("frequent items: 1; expected 2 or more"),
        "{error}"
    );
    // Nothing is frequent enough.
    let rare = baskets_of(&written(&["tea", "jam", "rice"]));
    let error = Itemsets::params()
        .support(0.9)
        .find(&rare)
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "items in 3 of 3 baskets: 0; expected 1 or more; the most frequent one is in 1"
    );
    // More sets than memory has room for: sixty items that are always together have 10^18 of them.
    let all: Vec<String> = (0..60).map(|item| item.to_string()).collect();
    let full = baskets_of(&[all.clone(), all]);
    let error = Itemsets::params()
        .longest(60)
        .find(&full)
        .unwrap_err()
        .to_string();
    assert!(error.contains("there are more than 5000000"), "{error}");
}

#[test]
fn a_file_of_baskets_says_how_it_is_read_or_asks() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("baskets.txt");
    let load = |text: &str| {
        std::fs::write(&file, text).unwrap();
        basket::load(&file)
    };
    let items = |baskets: Baskets| -> BTreeSet<String> {
        let tidy = baskets.tidy(0.95).unwrap();
        texts(&tidy, "item")
            .into_iter()
            .map(str::to_owned)
            .collect()
    };
    let set = |own: &[&str]| {
        own.iter()
            .map(|item| (*item).to_owned())
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(
        items(load("tea;jam\r\nrice\r\n\r\n").unwrap()),
        set(&["jam", "rice", "tea"])
    );
    assert_eq!(
        items(load("\"red, or blush\",tea\n").unwrap()),
        set(&["red, or blush", "tea"])
    );
    assert_eq!(items(load("tea\njam\n").unwrap()), set(&["jam", "tea"]));
    let error = load("tea;jam\nrice, brown;tea\n").unwrap_err().to_string();
    assert!(error.contains("open: ',' 1 times, ';' 2 times"), "{error}");
    let said = basket::Loader::new().separator(';').load(&file).unwrap();
    assert_eq!(items(said), set(&["jam", "rice, brown", "tea"]));
    // A quote that is not closed would swallow the rest; one within a name means inches.
    let error = load("\"tea,jam\nrice,beans\n").unwrap_err().to_string();
    assert!(
        error.contains("a quote in line 1 that is not closed"),
        "{error}"
    );
    assert_eq!(
        items(load("5\" nail;tea\n").unwrap()),
        set(&["5\" nail", "tea"])
    );
    let blank = load("tea\n\njam\n").unwrap().quality().unwrap();
    let place = texts(&blank, "found")
        .iter()
        .position(|found| found.contains("without an item"))
        .unwrap();
    assert_eq!(whole(&blank, "rows")[place], 1);
    let told = load("tea|jam\n").unwrap().quality().unwrap();
    assert_eq!(texts(&told, "example")[0], "'|'");
    assert!(
        load("\n\n")
            .unwrap_err()
            .to_string()
            .starts_with("baskets with an item: 0")
    );
}

#[test]
fn the_same_sets_and_rules_come_out_on_any_number_of_threads() {
    let baskets = baskets_of(&sparse()[..4_000]);
    let made = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            let found = Itemsets::params().support(0.002).find(&baskets).unwrap();
            let rules = Rules::params()
                .confidence(0.1)
                .consequent(2)
                .of(&found)
                .unwrap();
            (found.tidy(0.95).unwrap(), rules.tidy(0.95).unwrap())
        })
    };
    let (sets, rules) = made(1);
    let (other_sets, other_rules) = made(3);
    assert!(sets.equals_missing(&other_sets) && rules.equals_missing(&other_rules));
    assert!(rules.height() > 100);
}
