// Wrong answers to the exercises of lesson 12: what the check of each must say.

// %% 1: of both steps
let answer_1: u64 = movement.augment().clone().lazy().filter(col("to").eq(lit("gone"))).collect()?.height() as u64;

// %% 1: the second step
let answer_1: u64 = movement.augment().clone().lazy().filter(col("to").eq(lit("gone")).and(col("step").eq(lit(2u32)))).collect()?.height() as u64;

// %% 1: those are new
let answer_1: u64 = movement.augment().clone().lazy().filter(col("from").eq(lit("new")).and(col("step").eq(lit(1u32)))).collect()?.height() as u64;

// %% 2: leaves out who is gone
let there = movement.augment().clone().lazy().filter(col("step").eq(lit(1u32)).and(col("from").eq(lit("1"))).and(col("to").neq(lit("gone")))).collect()?;
let stay = there.clone().lazy().filter(col("to").eq(lit("1"))).collect()?.height();
let answer_2: u64 = 100 * stay as u64 / there.height() as u64;

// %% 2: multiplied by 100
let answer_2: u64 = table::number(&tidy, "share", 0)?.floor() as u64;

// %% 2: rounded up
let answer_2: u64 = (100.0 * table::number(&tidy, "share", 0)?).ceil() as u64;

// %% 3: the balanced accuracy is
let weighed = forest.clone().rows_in_leaf(20).class_weights(predict::ClassWeights::Balanced);
let weighed = Classifier::fit(&before, "to", columns, &weighed)?.augment(&after)?;
let of = [&weighed, &answers].map(|own| table::number(&predict::scores(own, "to", "predicted", 0.95).unwrap(), "balanced_accuracy", 0).unwrap());
let answer_3: &str = if of[0] > of[1] { "no" } else { "yes" };
