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
// stretch of the file would speak of a day on which something broke; gaps spread over the file
// speak of customers who did not want to say.
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
// **Caution.** The file says nothing of months here: the six amounts and the purchases are totals
// of *two years*. Some of the published analyses call them "per month" or "per year".
//
// ## How are the numbers spread?
//
// One line for each column. `sd` is the standard deviation, the usual distance from the mean.
// `skew` says to which side the long tail points: above 0 to the right, where the large values
// are. `zeros` is the share of customers with a 0.

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
    .select([col("column"), col("mean"), col("median"), col("skew"), col("zeros")])
    .sort(["skew"], SortMultipleOptions::new().with_order_descending(true))
    .limit(8)
    .collect()?

// %% [markdown]
// Where the mean lies far above the median, a few customers hold much of the total.
//
// ## Income
//
// A histogram: each bar counts the customers in one stretch of income. The box above it holds
// the middle half of the customers, its line is the median, and the dots lie far out. First the
// whole file, with everything that lesson 01 found wrong.

// %%
plot::histogram(&loaded.customers, "Income")?.title("Income before cleaning")

// %% [markdown]
// **What it shows.** If a single absurd income is in the file, the picture shows nothing but that
// one: everybody else stands in the first bars. Clean:

// %%
plot::histogram(&customers, "Income")?.title("Income after cleaning")

// %% [markdown]
// **What it shows.** One broad hill, about as wide on both sides of its median. A mean is a fair
// summary of such a column.
//
// ## Spend

// %%
plot::histogram(&customers, "spend")?.title("Spend: many small, a few large")

// %% [markdown]
// **What it shows.** No hill but a slope: most customers spend little, and a long tail spends a
// lot. A mean describes nobody here. On a logarithmic scale, where each step is a multiplication,
// the same customers look different:

// %%
let logarithm = customers
    .clone()
    .lazy()
    .select([col("spend").log(lit(10.0)).alias("log10_spend")])
    .collect()?;
plot::histogram(&logarithm, "log10_spend")?
    .title("Spend on a logarithmic scale")
    .x_axis("Spend (logarithm of rupiah: 5 is 100,000, 6 is a million)")

// %% [markdown]
// **What it shows.** Look for two hills: small baskets and large ones, with fewer customers in
// between. That is a first hint of groups, and no more than a hint. Lesson 05 asks whether such
// groups hold.
//
// ## Words
//
// Education and marital status are categories. How many customers does each word have?

// %%
explore::categories(&customers)?

// %% [markdown]
// A category with a handful of customers cannot carry a conclusion: whatever we compute of it
// has a wide interval, as lesson 03 shows.
//
// ## Outliers: three rules, and what each would throw away
//
// Lesson 01 counted outliers column by column. Filters usually look at several columns at once,
// and throw a customer away who is far out in *any* of them. The published analysis in five
// stages did that with six columns. Let us see what each rule would cost, in customers and in
// money.

// %%
let six = [
    "Year_Birth",
    "Income",
    "MntMeatProducts",
    "MntSweetProducts",
    "NumWebPurchases",
    "NumCatalogPurchases",
];
let mut bill = Vec::new();
for rule in [Rule::Iqr, Rule::Z, Rule::Quantile] {
    let thrown = customers
        .clone()
        .lazy()
        .filter(quality::inside(&customers, six, rule)?.not());
    bill.push(
        thrown.select([
            lit(rule.name()).alias("rule"),
            len().alias("customers"),
            (len().cast(DataType::Float64) / lit(customers.height() as f64))
                .alias("share_of_customers"),
            col("spend").sum().alias("spend_thrown_away"),
        ]),
    );
}
let whole_spend: f64 = customers.column("spend")?.f64()?.sum().unwrap_or(0.0);
let bill = concat(bill, UnionArgs::default())?
    .with_column((col("spend_thrown_away") / lit(whole_spend)).alias("share_of_spend"))
    .collect()?;
bill

// %% [markdown]
// The same as a picture: for each rule the share of customers, and the share of all spend that
// goes with them.

// %%
let of_customers = bill.clone().lazy().select([
    col("rule"),
    lit("customers").alias("share of"),
    col("share_of_customers").alias("share"),
]);
let of_spend = bill.clone().lazy().select([
    col("rule"),
    lit("spend").alias("share of"),
    col("share_of_spend").alias("share"),
]);
let costs = concat([of_customers, of_spend], UnionArgs::default())?.collect()?;
plot::grouped_bars(&costs, "rule", "share of", "share")?
    .title("What an outlier filter throws away")
    .x_axis("rule of the filter")
    .y_axis("share of all")

// %% [markdown]
// **What it shows.** Where the bar of spend is higher than the bar of customers, the rule throws
// away the best customers first. That is what happens with amounts of money, because their long
// tail *is* the good customers.
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
//   matter. Pearson's r, its older sister, asks how close the points are to a straight line.
// - a number and a category: the **correlation ratio**, from 0 to 1: how much of the spread lies
//   between the groups.
// - two categories: **Cramér's V**, from 0 to 1, corrected for what chance alone would give.

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
// **What it shows.** Strong colours are columns that carry the same news: orange rise together,
// blue go against each other. White squares are columns that know nothing of each other.
//
// The strongest pairs of numbers, with their intervals. `p` is the chance of a value this far
// from 0 if there were nothing. `p_holm` is the same when one takes into account how many pairs
// were looked at: of twenty pairs of noise, one has a `p` below 0.05.

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
// **Caution.** With two thousand customers almost any pair has a small `p`. It says that the
// connection is not nothing; the estimate says whether it is worth anything. And neither says
// which of the two columns is the cause.
//
// ## Income against spend

// %%
plot::scatter(&customers, "Income", "spend")?
    .title("Who earns more spends more, from a certain income on")

// %% [markdown]
// **What it shows.** Up to a certain income nearly everybody spends little, and then spend climbs
// and fans out. A straight line is a rough summary of that bend. What does the line say? In the
// row `Income`: so many rupiah of spend in two years for one rupiah more of yearly income.

// %%
let line = explore::regression(&customers, "Income", "spend", 0.95)?;
line.tidy()?

// %% [markdown]
// `r_squared` is the share of the variance of spend that the line explains, `sigma` how far, as a
// rule, a customer is from the line, in rupiah.

// %%
line.glance()?

// %% [markdown]
// ## The published figure
//
// The analysis in five stages gives a Pearson correlation of income and spend. Its recipe keeps
// the rows inside the `iqr` bounds of six columns, those above. We follow it, on the table as it
// was loaded.

// %%
let kept = loaded
    .customers
    .clone()
    .lazy()
    .filter(quality::inside(&loaded.customers, six, Rule::Iqr)?)
    .with_column(features::spend())
    .collect()?;
println!("{} of {} customers kept", kept.height(), loaded.customers.height());

// %%
fn pearson(table: &DataFrame) -> Result<f64, Error> {
    let pair = explore::associations(&table.select(["Income", "spend"])?, 0.95)?;
    Ok(pair.column("estimate")?.f64()?.get(0).unwrap_or(f64::NAN))
}

// %%
published::compare(
    &loaded.customers,
    [
        ("customers kept", "1840", kept.height() as f64),
        ("income and spend, Pearson's r", "0.798", pearson(&kept)?),
    ],
)?

// %% [markdown]
// And what changes with other decisions? The same figure with nothing cleaned, with the decisions
// of lesson 01, and with the published filter:

// %%
let raw = loaded
    .customers
    .clone()
    .lazy()
    .with_column(features::spend())
    .collect()?;
df!(
    "customers kept" => ["all", "all that can be", "inside the iqr bounds of six columns"],
    "n" => [raw.height() as u64, customers.height() as u64, kept.height() as u64],
    "pearson" => [pearson(&raw)?, pearson(&customers)?, pearson(&kept)?],
)?

// %% [markdown]
// **What it shows.** One absurd income is enough to pull the first figure down. Taking out that
// row, and no good customer, gives the second. The filter changes the figure too, but it has to
// throw away customers for it, as we saw above. A correlation is as much the filter's as the
// customers'.

// %% [markdown]
// ## Take-away
//
// - Look at each column before using it: a mean describes a hill, not a slope.
// - Every outlier rule has a price. State it in customers and in money.
// - Strength and certainty are two things: the estimate and its interval say how strong, `p` how
//   sure, and `p_holm` how sure after many looks.
// - A published correlation can be reproduced only together with its filter.

// %% [markdown]
// ## Exercises
//
// Replace the value and run the cell; then run the folded cell below it.
//
// **1.** What is the median of `MntMeatProducts` over the clean customers? (`summary` has it.)

// %%
let answer_1: f64 = 0.0;

// %% jupyter={"source_hidden": true} tags=["check"]
let right = customers
    .column("MntMeatProducts")?
    .median_reduce()?
    .value()
    .try_extract::<f64>()?;
println!(
    "{}",
    if (answer_1 - right).abs() < 0.5 {
        "right"
    } else {
        "not yet"
    }
);

// %% [markdown]
// **2.** Which column of numbers has the strongest Spearman correlation with `NumWebVisitsMonth`,
// in either direction? Choose among those in `chosen`, and write its name.

// %%
let answer_2: &str = "";

// %% jupyter={"source_hidden": true} tags=["check"]
let with_visits = col("a")
    .eq(lit("NumWebVisitsMonth"))
    .or(col("b").eq(lit("NumWebVisitsMonth")));
let partner = when(col("a").eq(lit("NumWebVisitsMonth")))
    .then(col("b"))
    .otherwise(col("a"))
    .alias("partner");
let strongest = spearman
    .clone()
    .lazy()
    .filter(with_visits)
    .select([partner])
    .limit(1)
    .collect()?;
println!(
    "{}",
    if strongest == df!("partner" => [answer_2])? {
        "right"
    } else {
        "not yet"
    }
);

// %% [markdown]
// **3.** How many clean customers would the `z` rule throw away if it looked at `spend` alone?
// (`quality::inside` gives the rule, `.not()` turns it round.)

// %%
let answer_3: usize = 0;

// %% jupyter={"source_hidden": true} tags=["check"]
let spends: Vec<f64> = customers.column("spend")?.f64()?.iter().flatten().collect();
let mean = spends.iter().sum::<f64>() / spends.len() as f64;
let sd = (spends.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / spends.len() as f64).sqrt();
let right = spends.iter().filter(|x| (**x - mean).abs() > 3.0 * sd).count();
println!(
    "{}",
    if answer_3 == right {
        "right"
    } else {
        "not yet"
    }
);
