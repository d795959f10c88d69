// Wrong answers to the exercises of lesson 10: what the check of each must say.

// %% 1: rather alive than not
let answer_1: usize = worth.clone().lazy().filter(col("alive").gt(lit(0.5))).collect()?.height();

// %% 1: not per cent
let answer_1: usize = worth.clone().lazy().filter(col("alive").lt_eq(lit(50.0))).collect()?.height();

// %% 2: the smaller one is better
let pareto = value::ParetoNbd::fit(&history, &value::ParetoNbd::params())?;
let of_both = [kept_back.glance(&pareto)?, kept_back.glance(&buying)?].map(|own| table::number(&own, "mae", 0).unwrap_or(0.0));
let answer_2: &str = if of_both[0] > of_both[1] { "yes" } else { "no" };

// %% 3: rounded up
let answer_3: u64 = (100.0 * table::number(&value::tenths(&today_view, "amount")?, "share", 0)?).ceil() as u64;

// %% 3: the last tenth
let answer_3: u64 = (100.0 * table::number(&value::tenths(&today_view, "amount")?, "share", 9)?).floor() as u64;

// %% 3: their share of the customers
let answer_3: u64 = 10;
