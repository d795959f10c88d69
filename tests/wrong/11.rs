// Wrong answers to the exercises of lesson 11: what the check of each must say.

// %% 1: those are all at the top
let answer_1: usize = augmented.clone().lazy().filter(col("level").eq(lit(0))).collect()?.height();

// %% 1: all who brought nobody
let answer_1: usize = augmented.clone().lazy().filter(col("recruits").eq(lit(0))).collect()?.height();

// %% 1: did bring somebody
let answer_1: usize = augmented.clone().lazy().filter(col("level").eq(lit(0)).and(col("recruits").gt(lit(0)))).collect()?.height();

// %% 2: how many members it has
let most = SortMultipleOptions::new().with_order_descending(true);
let answer_2: u32 = table::number(&levels.sort(["members"], most)?, "members", 0)? as u32;

// %% 2: levels are counted from 0
let most = SortMultipleOptions::new().with_order_descending(true);
let answer_2: u32 = 1 + table::number(&levels.sort(["members"], most)?, "level", 0)? as u32;

// %% 2: the deepest level
let answer_2: u32 = augmented.column("level")?.u32()?.max().unwrap_or(0);

// %% 3: the member between most others is in row
let most = SortMultipleOptions::new().with_order_descending(true).with_maintain_order(true);
let between = augmented.sort(["betweenness"], most.clone())?;
let brought = augmented.sort(["recruits"], most)?;
let answer_3: &str = if between.column(member)?.str()?.get(0) == brought.column(member)?.str()?.get(0) { "no" } else { "yes" };
