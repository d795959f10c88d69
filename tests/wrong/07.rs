// Wrong answers to the exercises of lesson 07: what the check of each must say.

// %% 1: at the old cost
let answer_1: f64 = table::number(&plan, "break_even", 0)?;

// %% 1: who would have bought anyway
let answer_1: f64 = 4_000.0 / 11_000.0;

// %% 1: its inverse
let answer_1: f64 = 11_000.0 * 0.8 / 4_000.0;

// %% 2: at the old cost
let answer_2: usize = recommend::target(&with_chances, f64::INFINITY, &assumptions)?.height();

// %% 2: who would have bought anyway
let answer_2: usize = with_chances.clone().lazy().filter(col("propensity").gt(lit(2_000.0 / 11_000.0))).collect()?.height();

// %% 2: those are all customers
let answer_2: usize = customers.height();

// %% 3: those are written to
let alone = recommend::ControlGroup::new(0.10, 0.15).size(customers.height() as u64)?;
let answer_3: Option<u64> = alone.map(|alone| customers.height() as u64 - alone);

// %% 3: a half always does
let answer_3: Option<u64> = Some(customers.height() as u64 / 2);

// %% 3: that is for 12 in 100
let answer_3: Option<u64> = recommend::ControlGroup::new(0.10, 0.12).size(customers.height() as u64)?;
