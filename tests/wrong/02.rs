// Wrong answers to the exercises of lesson 02: what the check of each must say.

// %% 1: that is the mean
let answer_1: f64 = table::number(&customers.clone().lazy().select([col("MntMeatProducts").mean()]).collect()?, "MntMeatProducts", 0)?;

// %% 1: the largest value
let answer_1: f64 = table::number(&customers.clone().lazy().select([col("MntMeatProducts").max()]).collect()?, "MntMeatProducts", 0)?;

// %% 2: made of the visits
let answer_2: String = "purchases_per_visit".to_string();

// %% 2: its partner is asked for
let answer_2: String = "NumWebVisitsMonth".to_string();

// %% 2: those that rise together
let is_own = col("b").eq(lit("NumWebVisitsMonth")).and(col("a").neq(lit("purchases_per_visit")));
let rising = SortMultipleOptions::new().with_order_descending(true);
let first = spearman.clone().lazy().filter(is_own).sort(["estimate"], rising).collect()?;
let answer_2: String = first.column("a")?.str()?.get(0).unwrap_or_default().to_string();

// %% 3: those are kept
let answer_3: usize = customers.height() - thrown_away(&customers, &["spend"], OutlierRule::Z)?.height();
