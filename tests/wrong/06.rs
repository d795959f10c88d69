// Wrong answers to the exercises of lesson 06: what the check of each must say.

// %% 1: the share of parents who are in segment 1
let parents = customers.clone().lazy().filter(col("children").gt(lit(0)));
let answer_1: f64 = table::number(&parents.select([col("segment").eq(lit(1)).cast(DataType::Float64).mean()]).collect()?, "segment", 0)?;

// %% 1: in all segments together
let all_of_them = customers.clone().lazy().select([col("children").gt(lit(0)).cast(DataType::Float64).mean()]).collect()?;
let answer_1: f64 = table::number(&all_of_them, "children", 0)?;

// %% 1: without a child
let answer_1: f64 = table::number(&personality::crosstab(&customers, "segment", Bands::new("children", [1.0])?, 0.95)?, "share", 0)?;

// %% 1: how many children there are on average
let first = customers.clone().lazy().filter(col("segment").eq(lit(1)));
let answer_1: f64 = table::number(&first.select([col("children").mean()]).collect()?, "children", 0)?;

// %% 2: the frugal ones
let stores = personality::positions(&customers, "segment", ["NumStorePurchases"])?;
let answer_2: usize = stores.lazy().filter(col("position").lt(lit(0.5))).collect()?.height();

// %% 2: the customers in generous segments
let stores = personality::positions(&customers, "segment", ["NumStorePurchases"])?;
let generous = stores.lazy().filter(col("position").gt_eq(lit(0.5))).select([col("segment")]);
let answer_2: usize = customers.clone().lazy().join(generous, [col("segment")], [col("segment")], JoinArgs::new(JoinType::Semi)).collect()?.height();

// %% 3: that is the precision
let one = personality::Explain::new(["Income", "spend"]).conditions(1).rules(&customers, "segment")?;
let answer_3: f64 = table::number(&one, "precision", 0)?;

// %% 3: the rule of the last segment
let one = personality::Explain::new(["Income", "spend"]).conditions(1).rules(&customers, "segment")?;
let answer_3: f64 = table::number(&one, "coverage", one.height() - 1)?;
