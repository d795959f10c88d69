// Wrong answers to the exercises of lesson 01: what the check of each must say.

// %% 1: born in 1990 itself
let answer_1: usize = rows_where(&customers, col("Year_Birth").gt(lit(1990)))?;

// %% 1: born before 1990
let answer_1: usize = rows_where(&customers, col("Year_Birth").lt(lit(1990)))?;

// %% 1: those born later belong to them
let answer_1: usize = rows_where(&customers, col("Year_Birth").eq(lit(1990)))?;

// %% 2: what the rule `quantile` says
let own = outliers.clone().lazy().filter(col("column").eq(lit("Income")).and(col("rule").eq(lit("quantile"))));
let answer_2: u64 = table::number(&own.collect()?, "above", 0)? as u64;

// %% 2: the sum over all columns
let of_rule = outliers.clone().lazy().filter(col("rule").eq(lit("z"))).collect()?;
let answer_2: u64 = of_rule.column("above")?.u64()?.sum().unwrap_or(0);

// %% 3: a comparison with a missing value is neither true nor false
let answer_3: usize = rows_where(&once, col("Year_Birth").gt_eq(lit(1910)).and(col("Income").neq(lit(666_666_000.0))))?;

// %% 3: repeated rows are still in it
let real = col("Income").neq(lit(666_666_000.0)).or(col("Income").is_null());
let answer_3: usize = rows_where(&customers, col("Year_Birth").gt_eq(lit(1910)).and(real))?;

// %% 3: born before 1910 is still in it
let answer_3: usize = rows_where(&once, col("Income").neq(lit(666_666_000.0)).or(col("Income").is_null()))?;

// %% 3: one digit repeated is still in it
let answer_3: usize = rows_where(&once, col("Year_Birth").gt_eq(lit(1910)))?;
