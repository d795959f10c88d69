// Wrong answers to the exercises of lesson 13: what the check of each must say.

// %% 1: the sets of any size
let answer_1: usize = Itemsets::params().support(0.001).find(&baskets)?.tidy(0.95)?.height();

// %% 1: a set has no direction
let sets = Itemsets::params().support(0.001).find(&baskets)?.tidy(0.95)?;
let answer_1: usize = 2 * sets.lazy().filter(col("size").eq(lit(2u32))).collect()?.height();

// %% 1: one of a hundred baskets
let sets = Itemsets::params().support(0.01).find(&baskets)?.tidy(0.95)?;
let answer_1: usize = sets.lazy().filter(col("size").eq(lit(2u32))).collect()?.height();

// %% 2: those hold; which do not?
let mut both = first_rules.tidy(0.95)?.select(["p_bh"])?;
both.with_column(first_rules.again(&Baskets::of_bills(&later, &orders.lines)?, 0.95)?.column("holds")?.clone())?;
let answer_2: usize = both.lazy().filter(col("p_bh").lt(lit(0.05)).and(col("holds"))).collect()?.height();

// %% 3: divided by those with the one item
let answer_3: &str = "yes";
