// Wrong answers to the exercises of lesson 03: what the check of each must say.

// %% 1: the rate of those without children
let of_both = conversion::response_rate(&clean, &Bands::new("children", [1.0])?, 0.95)?;
let answer_1: f64 = table::number(&of_both, "estimate", 0)?;

// %% 1: the share of parents among those who answered
let answered = clean.clone().lazy().filter(col("Response").eq(lit(1)));
let answer_1: f64 = table::number(&answered.select([col("children").gt(lit(0)).cast(DataType::Float64).mean()]).collect()?, "children", 0)?;

// %% 1: that is in per cent
let of_both = conversion::response_rate(&clean, &Bands::new("children", [1.0])?, 0.95)?;
let answer_1: f64 = 100.0 * table::number(&of_both, "estimate", 1)?;

// %% 1: divides the parents who answered by all customers
let both = clean.clone().lazy().filter(col("Response").eq(lit(1)).and(col("children").gt(lit(0)))).collect()?;
let answer_1: f64 = both.height() as f64 / clean.height() as f64;

// %% 2: who is 50 belongs to the oldest band
let answer_2: u64 = clean.clone().lazy().filter(col("age").gt_eq(lit(35)).and(col("age").lt_eq(lit(50)))).collect()?.height() as u64;

// %% 2: who is 35 belongs to the middle band
let answer_2: u64 = clean.clone().lazy().filter(col("age").gt(lit(35)).and(col("age").lt(lit(50)))).collect()?.height() as u64;

// %% 3: the upper end
let doctors = clean.clone().lazy().filter(col("Education").eq(lit("PhD"))).collect()?;
let answered = doctors.column("Response")?.i64()?.sum().unwrap_or(0);
let answer_3: f64 = interval::wilson(answered as u64, doctors.height() as u64, 0.95)?.upper;

// %% 3: an interval of 90 %
let doctors = clean.clone().lazy().filter(col("Education").eq(lit("PhD"))).collect()?;
let answered = doctors.column("Response")?.i64()?.sum().unwrap_or(0);
let answer_3: f64 = interval::wilson(answered as u64, doctors.height() as u64, 0.90)?.lower;

// %% 3: that is the rate itself
let doctors = clean.clone().lazy().filter(col("Education").eq(lit("PhD"))).collect()?;
let answer_3: f64 = doctors.column("Response")?.i64()?.mean().unwrap_or(0.0);

// %% 3: Wald's interval
let doctors = clean.clone().lazy().filter(col("Education").eq(lit("PhD"))).collect()?;
let (n, p) = (doctors.height() as f64, doctors.column("Response")?.i64()?.mean().unwrap_or(0.0));
let answer_3: f64 = p - 1.96 * (p * (1.0 - p) / n).sqrt();
