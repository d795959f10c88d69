// Wrong answers to the exercises of lesson 14: what the check of each must say.

// %% 1: that is the precision
let answer_1: f64 = (100.0 * table::number(&judged.glance()?, "precision", 0)?).floor() / 100.0;

// %% 1: the hit rate
let answer_1: f64 = (100.0 * table::number(&judged.glance()?, "hit_rate", 0)?).floor() / 100.0;

// %% 1: over all methods
let answer_1: f64 = (100.0 * judged.augment()?.column("hits")?.mean_reduce()?.value().try_extract::<f64>()?).floor() / 100.0;

// %% 1: more than two decimals
let answer_1: f64 = 10.0 * table::number(&judged.glance()?, "precision", 0)?;

// %% 2: those are all with one thing a bill
let answer_2: usize = single.height();

// %% 2: more than once
let answer_2: usize = single.clone().lazy().filter(col("visits").gt(lit(1u32))).collect()?.height();

// %% 3: covers the least
let least = new.glance()?.sort(["coverage"], Default::default())?;
let answer_3: String = least.column("method")?.str()?.get(0).unwrap_or_default().to_string();
