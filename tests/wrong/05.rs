// Wrong answers to the exercises of lesson 05: what the check of each must say.

// %% 1: nearer to their own segment
let answer_1: usize = in_segments.clone().lazy().filter(col("silhouette").gt(lit(0.0))).collect()?.height();

// %% 1: below 0.25, which is weak
let answer_1: usize = in_segments.clone().lazy().filter(col("silhouette").lt(lit(0.25))).collect()?.height();

// %% 2: the most stable segment
let tidy = cluster::Resample::new(100).fit(&ours, &own, &KMeans::params(4).seed(1))?.tidy();
let answer_2: f64 = tidy.column("jaccard")?.f64()?.max().unwrap_or(0.0);

// %% 3: the gap at k = 2
let shuffled = cluster::Gap::new(1..=4).reference(cluster::Reference::Shuffled).fit(&ours, &own, &params)?;
let answer_3: f64 = table::number(&shuffled, "gap", 1)?;

// %% 3: the other kind of made-up table
let answer_3: f64 = table::number(&cluster::Gap::new(1..=4).fit(&ours, &own, &params)?, "gap", 2)?;
