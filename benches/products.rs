//! How long does it take to find what is bought together, and to learn what to offer whom?
//!
//! `cargo xtask bench products` runs this and then benches/products.py, on the same baskets and purchases. Times go to
//! target/bench/products.json, and what they are of beside it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use segmenta::prelude::*;
use serde_json::json;

/// The published analysis mined so many bills with so many products.
const BILLS: usize = 362_000;
const ITEMS: usize = 243;
const CUSTOMERS: usize = 300_000;
const PRODUCTS: usize = 2_000;
const FACTORS: usize = 64;

fn main() -> Result<(), Error> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    fs::create_dir_all(&folder).expect("target can be written");
    let (bill, item) = baskets();
    save(&folder.join("baskets.u32"), &bill, &item);
    let names: Vec<String> = item.iter().map(|item| format!("I{item:03}")).collect();
    let table = df!("bill" => &bill, "item" => names)?;
    let mut told = json!({});
    let mut take = |name: &str, work: &mut dyn FnMut() -> Result<(), Error>| -> Result<(), Error> {
        let mut best = f64::INFINITY;
        for _ in 0..3 {
            let started = Instant::now();
            work()?;
            best = best.min(started.elapsed().as_secs_f64());
        }
        println!("{name}: {best:.3} s");
        told[name] = json!(best);
        Ok(())
    };
    let baskets = Baskets::of_table(&table, "bill", "item")?;
    take("baskets", &mut || {
        Baskets::of_table(&table, "bill", "item").map(drop)
    })?;
    take("itemsets", &mut || {
        Itemsets::params().support(0.001).find(&baskets).map(drop)
    })?;
    // For rules a lower support, so that there are thousands of them.
    let found = Itemsets::params().support(0.0001).find(&baskets)?;
    take("rules", &mut || {
        let rules = Rules::params().confidence(0.02).of(&found)?;
        rules.tidy(0.95)?;
        rules.measures().map(drop)
    })?;
    let sets = found.glance()?.column("itemsets")?.u64()?.sum();
    let rules = table::number(
        &Rules::params().confidence(0.02).of(&found)?.glance()?,
        "rules",
        0,
    )?;
    println!("{sets:?} sets, {rules} rules");

    let (customer, product) = purchases();
    save(&folder.join("purchases.u32"), &customer, &product);
    let bills = df!(
        "bill" => (0..CUSTOMERS as u32).collect::<Vec<_>>(),
        "customer" => (0..CUSTOMERS).map(|own| own.to_string()).collect::<Vec<_>>(),
        "time" => vec![19_000i32; CUSTOMERS],
    )?;
    let bills = bills
        .lazy()
        .with_column(col("time").cast(DataType::Date))
        .collect()?;
    let names: Vec<String> = product.iter().map(|own| format!("P{own:04}")).collect();
    let lines = df!("bill" => &customer, "product" => names)?;
    let purchases = Purchases::of(&bills, &lines)?;
    take("purchases", &mut || Purchases::of(&bills, &lines).map(drop))?;
    let past = purchases.before("2022-01-09")?;
    println!("{}", past.glance()?.text());
    let params = Als::params().factors(FACTORS).rounds(5);
    take("als", &mut || params.fit(&past).map(drop))?;
    take("ease", &mut || Ease::params().fit(&past).map(drop))?;
    take("nmf", &mut || Nmf::params().rounds(20).fit(&past).map(drop))?;
    let als = params.fit(&past)?;
    take("rank", &mut || als.rank_all(10, Offer::New).map(drop))?;
    fs::write(folder.join("products.json"), told.to_string()).expect("target can be written");
    Ok(())
}

/// A column behind the other.
fn save(file: &Path, a: &[u32], b: &[u32]) {
    let bytes: Vec<u8> = a.iter().chain(b).flat_map(|x| x.to_le_bytes()).collect();
    fs::write(file, bytes).expect("target can be written");
}

fn numbers(mut state: u64) -> impl FnMut() -> f64 {
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((x ^ (x >> 31)) >> 11) as f64 * 2f64.powi(-53)
    }
}

/// Two to eight items a bill, a few of which are bought far more often; each brings its neighbour in a fifth of the cases.
fn baskets() -> (Vec<u32>, Vec<u32>) {
    let mut unit = numbers(7);
    let (mut bill, mut items) = (Vec::new(), Vec::new());
    for own in 0..BILLS as u32 {
        let mut held: Vec<u32> = Vec::new();
        for _ in 0..1 + (unit() * 5.0) as usize {
            let item = (ITEMS as f64 * unit().powf(2.0)) as u32;
            held.push(item);
            if unit() < 0.2 {
                held.push((item + 1) % ITEMS as u32);
            }
        }
        held.sort_unstable();
        held.dedup();
        bill.extend(held.iter().map(|_| own));
        items.extend(held);
    }
    (bill, items)
}

/// Each customer likes a part of the shelf, and a few products are bought by many.
fn purchases() -> (Vec<u32>, Vec<u32>) {
    let mut unit = numbers(8);
    let (mut customers, mut products) = (Vec::new(), Vec::new());
    for own in 0..CUSTOMERS as u32 {
        let shelf = (unit() * 20.0) as u32;
        let mut held: Vec<u32> = (0..1 + (unit() * 12.0) as usize)
            .map(|_| match unit() < 0.7 {
                true => shelf * 100 + (100.0 * unit().powf(2.0)) as u32,
                false => (PRODUCTS as f64 * unit().powf(2.0)) as u32,
            })
            .collect();
        held.sort_unstable();
        held.dedup();
        customers.extend(held.iter().map(|_| own));
        products.extend(held);
    }
    (customers, products)
}
