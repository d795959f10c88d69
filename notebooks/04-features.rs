// ---
// jupyter:
//   jupytext:
//     comment_magics: false
//     text_representation:
//       extension: .rs
//       format_name: percent
//   kernelspec:
//     display_name: Rust
//     language: rust
//     name: rust
// ---

// %% [markdown]
// # 04 Features
//
// **What we want to know.** Which numbers describe a customer, and on which scale should a model see
// them?
//
// **Why.** A segment is a group of customers who are *near* each other. What near means is decided
// here, before any algorithm runs: by the columns that are chosen, and by their scales. Three of the
// published analyses of this table went wrong at this step, and nobody noticed.
//
// **How to use this page.** As before: Shift+Enter, from the top to the bottom.

// %%
:dep segmenta = { path = ".." }
use segmenta::prelude::*;

// %% [markdown]
// The file, as in lesson 01, and whether it is the one that was published:

// %%
let file = std::env::var("SEGMENTA_DATA").unwrap_or("../data/marketing_campaign.csv".to_string());
let loaded = campaign::load(&file)?;
println!("{}", published::origin(&loaded.customers)?);

// %% [markdown]
// ## LRFM: four numbers for a customer
//
// Shops have long described customers by three numbers, and LRFM adds a fourth:
//
// | letter | stands for | here | unit |
// |---|---|---|---|
// | L | length of the relation | `length`: days since joining, on a day that one chooses | days |
// | R | recency | `Recency`: days since the last purchase. A *small* number is a *recent* buyer | days |
// | F | frequency | `transactions`: purchases in two years | purchases |
// | M | monetary value | `spend`: money spent in two years | rupiah |
//
// RFMLC, another of the published models, adds C: a trait of the customer, here the age. Each feature
// is a polars expression with a name, and a cell takes the ones it needs. The published analysis
// counted from 23 August 2022:

// %%
let customers = loaded
    .customers
    .clone()
    .lazy()
    .with_columns([
        features::length(2022, 8, 23)?,
        features::transactions(),
        features::spend(),
        features::age(2022),
    ])
    .collect()?;
explore::summary(&customers.select(features::RFMLC)?)?

// %% [markdown]
// **What it shows.** Five columns with five units. `spend` runs into millions, `transactions` into
// tens. Keep that in mind for the section on scales.
//
// ## A defect that raises no error: days that were read as months
//
// The file writes dates with the day first: 04-09-2012 is the 4th of September. The RFMLC analysis
// let its tool guess, and it took the first number for the month wherever that is possible. Nothing
// failed: 04-09-2012 became the 9th of April, and only days after the 12th (and days such as 05-05) stayed
// what they were.
// `published::month_first_dates` does the same, so that we can see what it did.

// %%
let as_published = loaded
    .customers
    .clone()
    .lazy()
    .with_column(published::month_first_dates())
    .with_columns([
        features::length(2022, 8, 23)?,
        features::transactions(),
        features::spend(),
        features::age(2022),
    ])
    .collect()?;

// %% [markdown]
// How many customers got another date, and how far off is it?

// %%
let both = DataFrame::new(
    customers.height(),
    vec![
        customers.column("length")?.clone().with_name("true_length".into()),
        as_published
            .column("length")?
            .clone()
            .with_name("published_length".into()),
    ],
)?;
let moved = both
    .clone()
    .lazy()
    .with_column((col("published_length") - col("true_length")).alias("days_off"))
    .filter(col("days_off").neq(lit(0)))
    .collect()?;
println!("{} of {} customers have another date", moved.height(), both.height());
explore::summary(&moved)?

// %% [markdown]
// A picture of the length as it is:

// %%
plot::histogram(&customers, "length")?.title("Length of the relation, with the dates as they are")

// %% [markdown]
// **What it shows.** The inner bars are about equally high: customers joined evenly over the months.
// The first and the last may be low, because the data begin and end inside them.
//
// And as it was published (mind the axis, which is another):

// %%
plot::histogram(&as_published, "length")?.title("Length of the relation, as it was published")

// %% [markdown]
// **What it shows.** It reaches further out on both sides. In numbers:

// %%
explore::summary(&both)?.select(["column", "min", "median", "max"])?

// %% [markdown]
// The median hardly moves; both ends do. Some customers now seem to have joined before the first date in
// the file, and others after the last. A minimum and a maximum would have told, had anyone looked. In
// lesson 05 we shall see that the split of the high spenders hangs on this defect.
//
// **Caution.** `campaign::load` refuses a file whose dates can be read in two ways, and asks which one
// is meant. A tool that guesses is not on your side.
//
// ## Whom can we use? Leaving out, and saying so
//
// Two of the published analyses leave customers out first. `Clean` does that step by step, counts, and
// keeps whom it left out. Here is what the LRFM analysis did: no income is out, and so is who lies more
// than three standard deviations from the mean in one of the four columns.

// %%
let clean = Clean::new(&customers)?
    .drop_nulls(["Income"])?
    .keep_inside(features::LRFM, OutlierRule::Z)?;
clean.report()?

// %% [markdown]
// Who are they?

// %%
clean
    .left_out()?
    .select(["ID", "Income", "transactions", "spend", "left_out_by"])?

// %% [markdown]
// **What it shows.** The income is not among the four columns, so a customer without one could have
// stayed: the first step was not needed. And look at the last ones: are they errors, or the best
// customers of the shop? A filter does not know.
//
// ## Or bringing in: clip
//
// The RFMLC analysis keeps everybody and moves the ends inwards: what lies below the 1 % quantile
// becomes that quantile, and what lies above the 99 % quantile becomes that one (its text calls this
// an IQR method, which it is not). An extreme customer stays extreme, but no longer pulls a centre
// across the room.
//
// Such steps make a `Recipe`. It names the columns, and what is to be done with them, in order.
// Fitted to a table it is a *scaler*, which remembers the numbers it used, so that new customers can
// be treated alike.

// %%
let clipped = Recipe::new(features::RFMLC).clip(Columns::All, 0.01, 0.99);
clipped.fit(&customers)?.report()?

// %% [markdown]
// **What it shows.** `with` has the two quantiles, and `changed` counts the values that were moved.
// Of any column up to 2 % are, by the making of the rule.
//
// ## Why a logarithm?
//
// Here is the money spent:

// %%
plot::histogram(&customers, "spend")?

// %% [markdown]
// **What it shows.** Is there a long tail to the right? Then a difference of 100,000 rupiah means a
// lot on the left, where it is the difference between hardly a customer and a regular one, and next
// to nothing on the right.
//
// On a logarithmic scale equal *factors* are equal distances: from 10,000 to 100,000 is as far as from
// 100,000 to a million.

// %%
let logarithm = Recipe::new(["spend"]).log("spend").fit(&customers)?;
plot::histogram(&logarithm.transform(&customers)?, "spend")?
    .title("Spend, on a logarithmic scale")
    .x_axis("natural logarithm of spend (11.5 is 100,000 rupiah, 13.8 a million)")

// %% [markdown]
// **What it shows.** The tail is gone. Often two hills remain: those who spend little, and those who
// spend much. A logarithm needs numbers above 0; a customer who spent nothing would be an error that
// names their row.
//
// ## Why scale?
//
// k-means, the method of lesson 05, measures how far apart two customers are: differences in each
// column, squared and added up. A column with large numbers has large differences. How much of an
// average distance does each column decide? `distance_shares` answers that, for the four columns of the
// LRFM analysis, which were **not scaled**:

// %%
let unscaled = Recipe::new(features::LRFM).fit(clean.kept())?;
let unscaled = scale::distance_shares(&unscaled.transform(clean.kept())?)?;
unscaled

// %% [markdown]
// **What it shows.** `estimate` is the share. Spend is counted in rupiah, and so it decides everything:
// what was published as segments by length, recency, frequency and money is a grouping by money alone.
//
// And if someone had counted in millions of rupiah?

// %%
let in_millions = clean
    .kept()
    .clone()
    .lazy()
    .with_column(col("spend") / lit(1e6))
    .collect()?;
let unscaled = Recipe::new(features::LRFM).fit(&in_millions)?;
scale::distance_shares(&unscaled.transform(&in_millions)?)?

// %% [markdown]
// Now another column decides, and money says nothing. The same program on the same customers gives other
// segments. A result must not depend on the unit.
//
// Two usual cures:
//
// - **min-max**: the smallest value becomes 0 and the largest 1;
// - **standardise**: take off the mean and divide by the standard deviation, so that a typical
//   difference is about 1 in each column.

// %%
let standardised = Recipe::new(features::LRFM)
    .standardise(Columns::All)
    .fit(clean.kept())?;
scale::distance_shares(&standardised.transform(clean.kept())?)?

// %% [markdown]
// Each column has its equal say: a quarter. With min-max it need not:

// %%
let between = Recipe::new(features::LRFM).min_max(Columns::All).fit(clean.kept())?;
scale::distance_shares(&between.transform(clean.kept())?)?

// %% [markdown]
// **What it shows.** After min-max a column counts for more, the farther its customers stand from their
// mean, measured by the range. An even column such as `Recency` has much, a hill in the middle has
// little; and one extreme value, which stretches the range, takes weight from everybody else. Neither
// cure is *right*. But they are choices that one can defend, and a unit is not.
//
// A third one, `quantile_transform`, puts every customer at their place in the queue, from 0 to 1. It
// has no outliers at all, and makes a large difference out of a small one where customers stand close
// together. Three scales of the same column, by their quartiles:

// %%
let mut three = Vec::new();
for (name, recipe) in [
    ("min_max", Recipe::new(["spend"]).min_max("spend")),
    ("standardise", Recipe::new(["spend"]).standardise("spend")),
    ("quantile_transform", Recipe::new(["spend"]).quantile_transform("spend")),
] {
    let scaled = recipe.fit(&customers)?.transform(&customers)?;
    let row = explore::summary(&scaled)?
        .lazy()
        .with_column(lit(name).alias("scale"));
    three.push(row.select([
        col("scale"),
        col("min"),
        col("q25"),
        col("median"),
        col("q75"),
        col("max"),
    ]));
}
concat(three, UnionArgs::default())?.collect()?

// %% [markdown]
// **What it shows.** Compare `q75` and `max`: how much of the scale belongs to the top quarter of the
// customers?
//
// ## Half scaled is not scaled
//
// The analysis of spender groups has 33 columns. It standardised 21 of them, and forgot 12. Eight of the
// forgotten are flags of 0 and 1, which do little. Four are not, and two of these have large values: the
// number of purchases, and the purchases per visit (no visit counted as 0, as was published).
//
// First the columns (two more are constant in the published file, and say nothing; we leave them out):

// %%
let spenders = Clean::new(&loaded.customers)?
    .drop_nulls(["Income"])?
    .kept()
    .clone()
    .lazy()
    .with_columns([
        features::age(AgeBands::Spenders.year()),
        features::age_at_joining(),
        features::children(),
        features::is_parent(),
        features::spend(),
        features::transactions(),
        features::accepted_campaigns(),
        features::purchases_per_visit().fill_null(0.0),
    ])
    .collect()?;
let scaled_ones = published::SPENDERS_SCALED;
let forgotten = published::SPENDERS_FORGOTTEN;
forgotten.join(", ")

// %% [markdown]
// `Education` is a word, and a distance needs numbers. Where words have an order, they can be counted:
// `ordinal`. (Where they have none, as in marital status, `one_hot` makes a column of 0 and 1 for each
// word. To count *married* as 1 and *widow* as 4 would say that a widow is four times something.)

// %%
let schools = ["Basic", "2n Cycle", "Graduation", "Master", "PhD"];
let half_scaled = Recipe::new(scaled_ones.iter().chain(&forgotten).copied())
    .ordinal("Education", schools)
    .standardise(scaled_ones)
    .fit(&spenders)?;
let shares = scale::distance_shares(&half_scaled.transform(&spenders)?)?;
plot::bars(&shares.head(Some(8)))?
    .title("Who decides the distance, when 12 of 33 columns are not scaled?")
    .x_axis("column")
    .y_axis("share of the squared distance")

// %% [markdown]
// **What it shows.** Two columns of 33 have most of the say, on the published table 80 %. What looks
// like groups by income, age, family and taste is a grouping by number of purchases and purchases per
// visit.
//
// **Caution.** That can happen to anyone, and no error message will tell. Look at the shares before you
// look at the segments.
//
// ## More columns are not more knowledge
//
// With everything standardised, each column has one vote. But the six kinds of goods are parts of
// `spend`, which is there as well, and so are the four kinds of purchases and `transactions`; `age` and
// `age_at_joining` are the same but for two years. What is in the table several times votes several
// times. How many directions are there really? **Principal components** look for the directions along
// which customers differ most. (`dataset` is the scaled table in the form that algorithms take.)

// %%
let everything = Recipe::new(scaled_ones.iter().chain(&forgotten).copied())
    .ordinal("Education", schools)
    .standardise(Columns::All)
    .fit(&spenders)?;
let components: Pca = Pca::params(8).fit(&everything.dataset(&spenders)?)?;
components.tidy()?

// %% [markdown]
// **What it shows.** `ratio` is the share of all differences along one direction, `cumulative` what the
// first ones have together. `variance` counts in columns: each standardised column has 1, so the first
// direction alone is worth several. Which columns is it made of? `loadings` has a row of weights for each
// direction; here are the six largest and the six smallest of the first:

// %%
let weights = components.loadings().row(0).to_vec();
let first = df!("column" => everything.outcome(), "estimate" => weights)?;
let first = first.sort(["estimate"], SortMultipleOptions::new().with_order_descending(true))?;
let first = first.head(Some(6)).vstack(&first.tail(Some(6)))?;
plot::bars(&first)?
    .title("The first principal component")
    .x_axis("column")
    .y_axis("weight")

// %% [markdown]
// **What it shows.** Columns with large weights of the same sign go up together, those of the other sign
// go down. Is it wealth: spend and goods on one side, small children and visits to the web site on the
// other? Then a segment along it is "rich and poor" in whatever words.
//
// ## A recipe to keep
//
// For lesson 05 we shall use the RFMLC columns as they were published, and a recipe of our own: few
// columns, none of which contains another, clipped, spend on a logarithmic scale, all standardised. It is
// our choice; other columns give other segments.

// %%
let own = Recipe::new([
    "Income",
    "spend",
    "NumDealsPurchases",
    "NumCatalogPurchases",
    "NumStorePurchases",
    "NumWebVisitsMonth",
])
.clip(Columns::All, 0.01, 0.99)
.log("spend")
.standardise(Columns::All)
.fit(&spenders)?;
own.report()?

// %% [markdown]
// And the customers as the model will see them:

// %%
own.transform(&spenders)?.head(Some(5))

// %% [markdown]
// ## Take-away
//
// - Distance is decided by columns and scales, before any algorithm runs. Look at the shares.
// - A result that changes with the unit of a column is not a result.
// - Look at the smallest and the largest value of everything that was computed, dates above all.
// - Leaving customers out and clipping them are different things. Say which, and whom.
// - A logarithm for money; an order for words that have one; 0 and 1 for those that have none.

// %% [markdown]
// ## Exercises
//
// As in lesson 01: your code in the place of each `todo!()`, then the cell below it. `check::hint(4, 1)?` gives a hint to
// exercise 1, and `check::solution(4, 1)?` shows one way to solve it.
//
// **1.** How many customers seem to have joined *later* when their dates are read with the month
// first? (A later day means a shorter `length`. Both lengths are in the table `both`.)

// %% tags=["exercise-1"]
let answer_1: usize = {
    // BEGIN SOLUTION
    let shorter = col("published_length").lt(col("true_length"));
    both.clone().lazy().filter(shorter).collect()?.height()
    // END SOLUTION
};

// %% tags=["check-1"]
check::lesson04(1, answer_1, &both)?

// %% [markdown]
// **2.** With the RFMLC recipe (clip at 1 % and 99 %, logarithm of spend, min-max), which column has
// the largest share of the distance, and how much is it? Give the share from 0 to 1. (All five columns are in `customers`.)

// %% tags=["exercise-2"]
let answer_2: f64 = {
    // BEGIN SOLUTION
    let recipe = Recipe::new(features::RFMLC).clip(Columns::All, 0.01, 0.99).log("spend");
    let scaled = recipe.min_max(Columns::All).fit(&customers)?.transform(&customers)?;
    table::number(&scale::distance_shares(&scaled)?, "estimate", 0)?
    // END SOLUTION
};

// %% tags=["check-2"]
check::lesson04(2, answer_2, &customers)?

// %% [markdown]
// **3.** How many customers would the `iqr` rule of lesson 01 (`OutlierRule::Iqr`) leave out, if it is asked of the four LRFM
// columns at once? (Start from `customers`, and read the report.)

// %% tags=["exercise-3"]
let answer_3: u64 = {
    // BEGIN SOLUTION
    let inside = Clean::new(&customers)?.keep_inside(features::LRFM, OutlierRule::Iqr)?;
    table::number(&inside.report()?, "left_out", 0)? as u64
    // END SOLUTION
};

// %% tags=["check-3"]
check::lesson04(3, answer_3, &customers)?
