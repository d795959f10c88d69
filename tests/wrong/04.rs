// Wrong answers to the exercises of lesson 04: what the check of each must say.

// %% 1: they seem to have joined earlier
let answer_1: usize = both.clone().lazy().filter(col("published_length").gt(col("true_length"))).collect()?.height();

// %% 1: all whose date is another
let answer_1: usize = moved.height();

// %% 2: without the logarithm of spend
let scaled = Recipe::new(features::RFMLC).clip(Columns::All, 0.01, 0.99).min_max(Columns::All).fit(&customers)?.transform(&customers)?;
let answer_2: f64 = table::number(&scale::distance_shares(&scaled)?, "estimate", 0)?;

// %% 2: standardised, each column has the same share
let recipe = Recipe::new(features::RFMLC).clip(Columns::All, 0.01, 0.99).log("spend").standardise(Columns::All);
let answer_2: f64 = table::number(&scale::distance_shares(&recipe.fit(&customers)?.transform(&customers)?)?, "estimate", 0)?;

// %% 2: without the last step
let recipe = Recipe::new(features::RFMLC).clip(Columns::All, 0.01, 0.99).log("spend");
let answer_2: f64 = table::number(&scale::distance_shares(&recipe.fit(&customers)?.transform(&customers)?)?, "estimate", 0)?;

// %% 3: those are kept
let answer_3: u64 = Clean::new(&customers)?.keep_inside(features::LRFM, OutlierRule::Iqr)?.kept().height() as u64;
