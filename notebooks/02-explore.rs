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
// # 02 Explore
//
// **What we want to know.** How are income, spending and visits spread over the customers, who
// is far out, and which columns go together?
//
// **Why.** A segment is a group of customers who are alike in some columns. Two columns that say
// the same thing count twice. A column with a long tail pulls a segment towards a few customers.
// And an "outlier" that is thrown away here can never become a segment later.
//
// **How to use this page.** As in lesson 01: Shift+Enter, from the top to the bottom. A cell that
// ends in a figure shows it; move the mouse over it to read its values. Under each figure the
// text says what to look for.

// %%
:dep segmenta = { path = ".." }
use segmenta::prelude::*;

// %% [markdown]
// The file, as in lesson 01: the sample, or your own where `SEGMENTA_DATA` names one.

// %%
let file = std::env::var("SEGMENTA_DATA").unwrap_or("../data/marketing_campaign.csv".to_string());
let loaded = campaign::load(&file)?;

// %% [markdown]
// Some figures of this lesson were published for one certain table. Is it the one that was loaded?

// %%
println!("{}", published::origin(&loaded.customers)?);

// %% [markdown]
// ## Where are values missing?
//
// Each line is a column, and the file runs from left to right. A blue mark is a gap.

// %%
plot::missing(&loaded.customers)?

// %% [markdown]
// **What it shows.** Which columns have gaps, and whether the gaps lie together. Gaps in one
// stretch of the file may point to a fault in recording, if the file is in the order of time.
// Scattered gaps do not tell their reason.
//
// Now the decisions of lesson 01, in three steps: keep one of rows that repeat each other, keep
// customers with an income that is not a placeholder, and keep those born in 1910 or later.

// %%
let everything_but_id: Vec<String> = loaded
    .customers
    .drop("ID")?
    .get_column_names()
    .iter()
    .map(|name| name.to_string())
    .collect();
let once =
    loaded
        .customers
        .unique_stable(Some(&everything_but_id), UniqueKeepStrategy::First, None)?;
let possible = col("Income")
    .is_not_null()
    .and(col("Income").neq(lit(666_666_000.0)))
    .and(col("Year_Birth").gt_eq(lit(1910)));
let clean = once.clone().lazy().filter(possible).collect()?;
println!("{} customers loaded, {} of them clean", loaded.customers.height(), clean.height());

// %% [markdown]
// And a few features: columns made of other columns. `spend` adds up the six kinds of goods,
// `transactions` the purchases in all channels, `children` the small ones and the teenagers.
// `age` needs a year to count in.

// %%
let customers = clean
    .clone()
    .lazy()
    .with_columns([
        features::age(2022),
        features::children(),
        features::spend(),
        features::transactions(),
        features::accepted_campaigns(),
        features::purchases_per_visit(),
    ])
    .collect()?;

// %% [markdown]
// **Caution.** The six amounts are totals of *two years*, and we take the purchases to be so too.
// Some of the published analyses call them "per month" or "per year". Who joined late had less
// time to buy. And a purchase with a discount may stand in its channel as well: `transactions`
// adds all four columns, as the published analyses do.
//
// ## How are the numbers spread?
//
// One line for each column. `sd` is the standard deviation, the usual distance from the mean;
// half of the customers lie between `q25` and `q75`. `skewness` says to which side the long tail
// points: above 0 to the right, where the large values are. `zeros` is the share of customers
// with a 0.

// %%
let summary = explore::summary(&customers)?;
summary

// %% [markdown]
// The columns with the longest tails:

// %%
summary
    .clone()
    .lazy()
    .filter(col("max").gt(lit(1.0)))
    .select([col("column"), col("mean"), col("median"), col("skewness"), col("zeros")])
    .sort(["skewness"], SortMultipleOptions::new().with_order_descending(true))
    .limit(8)
    .collect()?

// %% [markdown]
// Where the mean lies far above the median, a few customers hold much of the total.
//
// ## Income
//
// A histogram: each bar counts the customers in one stretch of income. The box above it holds
// the middle half of the customers, and its line is the median. The thin lines beside it, the
// whiskers, reach to the last value within one and a half times the width of the box; dots lie
// beyond. First the whole file, with everything that lesson 01 found wrong.

// %%
plot::histogram(&loaded.customers, "Income")?.title("Income before cleaning")

// %% [markdown]
// **What it shows.** If a single absurd income is in the file, everybody else stands in the first
// few bars. The clean customers:

// %%
plot::histogram(&customers, "Income")?.title("Income after cleaning")

// %% [markdown]
// **What it shows.** Is it one hill? Is it about as wide on both sides of the median, with few
// dots? Then the mean is a fair summary. With two humps or a tail, name the median and the
// quartiles (the ends of the box) as well.
//
// ## Spend

// %%
plot::histogram(&customers, "spend")?.title("Spend after cleaning")

// %% [markdown]
// **What it shows.** If most bars stand at the left and a tail runs to the right, many spend
// little and a few a lot; the mean then lies where few customers are. On a logarithmic scale,
// where each step is a multiplication, the same customers look different. (Who spent nothing has
// no logarithm, and is left out of this picture.)

// %%
let logarithm = customers
    .clone()
    .lazy()
    .filter(col("spend").gt(lit(0.0)))
    .select([col("spend").log(lit(10.0)).alias("log10_spend")])
    .collect()?;
plot::histogram(&logarithm, "log10_spend")?
    .title("Spend on a logarithmic scale")
    .x_axis("Spend (logarithm of rupiah: 5 is 100,000, 6 is a million)")

// %% [markdown]
// **What it shows.** Look for two hills: small spenders and large ones, with fewer customers in
// between. That would be a first hint of groups, and no more than a hint: a later lesson asks
// whether groups hold.
//
// ## Words
//
// Education and marital status are categories. How many customers does each word have?

// %%
explore::categories(&customers)?

// %% [markdown]
// A category with a handful of customers cannot carry a conclusion: whatever we compute of it is
// unsure, as lesson 03 shows.
//
// ## Outliers: three rules, and what each would throw away
//
// Lesson 01 counted outliers column by column. Filters usually look at several columns at once,
// and throw a customer away who is far out in *any* of them. The published analysis in five
// stages did that with six columns. `quality::inside` is the rule as an expression; `.not()` turns
// it round. A small function keeps it at hand: which customers would be thrown away?

// %%
fn thrown_away(table: &DataFrame, columns: &[&str], rule: OutlierRule) -> Result<DataFrame, Error> {
    let inside = quality::inside(table, columns.iter().copied(), rule)?;
    Ok(table.clone().lazy().filter(inside.not()).collect()?)
}

// %% [markdown]
// The six columns, and how many customers the `iqr` rule would throw away for them:

// %%
let six = [
    "Year_Birth",
    "Income",
    "MntMeatProducts",
    "MntSweetProducts",
    "NumWebPurchases",
    "NumCatalogPurchases",
];
thrown_away(&customers, &six, OutlierRule::Iqr)?.height()

// %% [markdown]
// What does each rule cost, in customers and in money? For each rule two shares: of the customers,
// and of all spend.

// %%
fn total_spend(table: &DataFrame) -> Result<f64, PolarsError> {
    Ok(table.column("spend")?.f64()?.sum().unwrap_or(0.0))
}

// %% [markdown]
// One table for all three rules, two rows each.

// %%
let mut costs = Vec::new();
for rule in [OutlierRule::Iqr, OutlierRule::Z, OutlierRule::Quantile] {
    let gone = thrown_away(&customers, &six, rule)?;
    costs.push(
        df!(
            "rule" => [rule.name(), rule.name()],
            "share of" => ["customers", "spend"],
            "share" => [
                gone.height() as f64 / customers.height() as f64,
                total_spend(&gone)? / total_spend(&customers)?,
            ],
        )?
        .lazy(),
    );
}
let costs = concat(costs, UnionArgs::default())?.collect()?;

// %% [markdown]
// The same as a picture:

// %%
plot::grouped_bars(&costs, "rule", "share of", "share")?
    .title("What an outlier filter throws away")
    .x_axis("rule of the filter")
    .y_axis("share of all")

// %% [markdown]
// **What it shows.** Where the bar of spend is higher than the bar of customers, the rule throws
// away customers who spend more than the average. That is what happens with amounts of money,
// because their long tail *is* the good customers.
//
// **Caution.** A rule knows nothing about truth. Use it to find rows to look at, and throw away
// only what cannot be.
//
// ## Which columns go together?
//
// For each pair of columns a number says how strongly they go together:
//
// - two columns of numbers: **Spearman's r**, from -1 (when one rises the other falls) over 0 to 1
//   (they rise together). It looks at the order of the values only, so that a long tail does not
//   matter. **Pearson's r**, its older sister, asks how close the points are to a straight line.
// - a number and a category: the **correlation ratio**, from 0 to 1. Its *square* is the share of
//   the spread that lies between the groups. It has no sign, and chance alone lifts it a little
//   above 0.
// - two categories: **Cramér's V**, from 0 to 1, corrected for what chance alone would give.
//
// An **interval** says how far off such a number may be because we met these customers and not
// others. A 95 % interval is made so that, if many samples were drawn and each given its own,
// about 95 of 100 would hold the true value. The `0.95` below asks for that.

// %%
let chosen = customers.select([
    "age",
    "Education",
    "Marital_Status",
    "children",
    "Income",
    "Recency",
    "spend",
    "transactions",
    "NumWebVisitsMonth",
    "purchases_per_visit",
    "accepted_campaigns",
    "Response",
])?;
let pairs = explore::associations(&chosen, 0.95)?;
plot::associations(&pairs, "spearman")?

// %% [markdown]
// **What it shows.** Strong colours are columns that go together. Orange: both rise, or one is a
// category, which has no direction. Blue: one rises as the other falls. Near white: no connection
// of this kind. The diagonal is blank.
//
// The strongest pairs of numbers, with their intervals `lower` to `upper`. `p` is the chance of a
// value at least this far from 0 if the two had nothing to do with each other; below 0.05 is by
// custom called **significant**. (0.0000 is too small to print, not impossible.) `p_holm` is the
// same, corrected for the number of pairs that were looked at: of twenty pairs of noise one has,
// on average, a `p` below 0.05.

// %%
let spearman = pairs
    .clone()
    .lazy()
    .filter(col("measure").eq(lit("spearman")))
    .sort_by_exprs([col("estimate").abs()], SortMultipleOptions::new().with_order_descending(true))
    .collect()?;
spearman.head(Some(10))

// %% [markdown]
// And those with a category:

// %%
let with_category = col("measure")
    .eq(lit("correlation_ratio"))
    .or(col("measure").eq(lit("cramers_v_corrected")));
pairs
    .clone()
    .lazy()
    .filter(with_category.clone())
    .sort(["estimate"], SortMultipleOptions::new().with_order_descending(true))
    .limit(8)
    .collect()?

// %% [markdown]
// **Caution.** With many customers even a weak connection gets a small `p`. A small `p` says that
// chance alone hardly explains it; the estimate says whether it is worth anything. Neither says
// which of the two columns is the cause. And a column that is made of another must go together
// with it: `purchases_per_visit` is `transactions` divided by `NumWebVisitsMonth`. Such a pair is
// arithmetic, not news.
//
// ## Income against spend

// %%
plot::scatter(&customers, "Income", "spend")?.title("Income and spend")

// %% [markdown]
// **What it shows.** Is the cloud straight, or flat at first and then rising? Does it fan out? Then
// the line is only a rough summary. What does it say? In the row `Income`: so many rupiah of spend
// in two years go with one rupiah more of yearly income. `intercept` is where the line meets an
// income of 0; do not read it as a customer. `se` is the standard error, the usual error of the
// estimate, and `t` the estimate divided by it.

// %%
let line = explore::regression(&customers, "Income", "spend", 0.95)?;
line.tidy()?

// %% [markdown]
// `r_squared` is the share of the variance of spend (the square of its `sd`) that the line
// explains, `sigma` how far, as a rule, a customer is from the line, in rupiah.

// %%
line.glance()?

// %% [markdown]
// **Caution.** Where the line runs below 0 it cannot be right, and where the cloud fans out its
// interval is only rough.
//
// ## The published figure
//
// The analysis in five stages gives Pearson's r of income and spend. Its recipe keeps the rows
// inside the `iqr` bounds of six columns, those above. We follow it, on the table as it was loaded.

// %%
let loaded_with_spend = loaded
    .customers
    .clone()
    .lazy()
    .with_column(features::spend())
    .collect()?;
let kept = loaded_with_spend
    .clone()
    .lazy()
    .filter(quality::inside(&loaded_with_spend, six, OutlierRule::Iqr)?)
    .collect()?;
println!("{} of {} customers kept", kept.height(), loaded_with_spend.height());

// %% [markdown]
// A small function keeps one figure at hand: Pearson's r of income and spend, as a row.

// %%
fn pearson(table: &DataFrame) -> Result<DataFrame, Error> {
    let pair = explore::associations(&table.select(["Income", "spend"])?, 0.95)?;
    Ok(pair.lazy().filter(col("measure").eq(lit("pearson"))).collect()?)
}

// %% [markdown]
// Published beside ours. The `verdict` is `reproduced` where ours rounds to the printed figure,
// `differs` where it does not, and `another table` where another file was loaded, so that the two
// need not agree.

// %%
let r = table::number(&pearson(&kept)?, "estimate", 0)?;
published::verdicts(
    &loaded.customers,
    [
        ("customers kept", "1840", kept.height() as f64),
        ("income and spend, Pearson's r", "0.798", r),
    ],
)?

// %% [markdown]
// And what changes with other decisions? Four tables, and from each to the next one decision more:
// all customers; without the placeholder income; with all decisions of lesson 01; and with the
// published filter after them.

// %%
let no_placeholder = loaded_with_spend
    .clone()
    .lazy()
    .filter(col("Income").neq(lit(666_666_000.0)))
    .collect()?;
let filtered = customers
    .clone()
    .lazy()
    .filter(quality::inside(&customers, six, OutlierRule::Iqr)?)
    .collect()?;
let mut steps = Vec::new();
for (name, table) in [
    ("all customers", &loaded_with_spend),
    ("without the placeholder", &no_placeholder),
    ("decisions of lesson 01", &customers),
    ("and the published filter", &filtered),
] {
    let columns =
        [lit(name).alias("customers"), col("n"), col("estimate"), col("lower"), col("upper")];
    steps.push(pearson(table)?.lazy().select(columns));
}
let steps = concat(steps, UnionArgs::default())?.collect()?;

// %% [markdown]
// The four rows. `n` counts the customers with an income.

// %%
steps

// %% [markdown]
// **What it shows.** Each row changes one decision. Where the first step makes the largest jump, a
// single row made the figure. Where two rows are nearly equal, that decision hardly matters for r,
// though it may matter for who is left.

// %% [markdown]
// ## Take-away
//
// - Look at each column before using it: a mean describes a hill, not a slope.
// - Every outlier rule has a price. State it in customers and in money.
// - The estimate says how strong, its interval how sure; `p` says how surprising it would be if
//   there were nothing, and `p_holm` the same after many looks.
// - A published correlation can be reproduced only together with its filter.

// %% [markdown]
// ## Exercises
//
// As in lesson 01: your code in the place of each `todo!()`, then the cell below it. `check::hint(2, 1)?` gives a hint to
// exercise 1, and `check::solution(2, 1)?` shows one way to solve it.
//
// **1.** What is the median of `MntMeatProducts` over the clean customers? (`summary` has it.)

// %% tags=["exercise-1"]
let answer_1: f64 = {
    // BEGIN SOLUTION
    let meat = summary.clone().lazy().filter(col("column").eq(lit("MntMeatProducts")));
    table::number(&meat.collect()?, "median", 0)?
    // END SOLUTION
};

// %% tags=["check-1"]
check::lesson02(1, answer_1, &customers)?

// %% [markdown]
// **2.** Which column of numbers in `chosen` has the strongest Spearman correlation with
// `NumWebVisitsMonth`, in either direction? Leave out `purchases_per_visit`, which is made of it.
// The answer is the name of the column, as a `String`.

// %% tags=["exercise-2"]
let answer_2: String = {
    // BEGIN SOLUTION
    let is = |side: &str, name: &str| col(side).eq(lit(name));
    let with_visits = is("a", "NumWebVisitsMonth").or(is("b", "NumWebVisitsMonth"));
    let made_of_it = is("a", "purchases_per_visit").or(is("b", "purchases_per_visit"));
    let first = spearman.clone().lazy().filter(with_visits.and(made_of_it.not())).collect()?;
    let (a, b) = (first.column("a")?.str()?.get(0), first.column("b")?.str()?.get(0));
    let partner = if a == Some("NumWebVisitsMonth") { b } else { a };
    partner.unwrap_or_default().to_string()
    // END SOLUTION
};

// %% tags=["check-2"]
check::lesson02(2, &answer_2, &chosen)?

// %% [markdown]
// **3.** How many clean customers would the `z` rule throw away if it looked at `spend` alone?
// (`thrown_away` takes any columns.)

// %% tags=["exercise-3"]
let answer_3: usize = {
    // BEGIN SOLUTION
    thrown_away(&customers, &["spend"], OutlierRule::Z)?.height()
    // END SOLUTION
};

// %% tags=["check-3"]
check::lesson02(3, answer_3, &customers)?
