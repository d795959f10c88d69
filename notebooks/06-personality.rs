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
// # 06 Personality
//
// **What we want to know.** Who are the segments? What do they earn and buy, who lives in them, what should
// they be called, and how would one recognise a customer of each without a computer?
//
// **Why.** A marketing team cannot write to "segment 2". It needs people: in words, with the numbers that
// earned them, and with a warning where a word says more than the numbers do. In one published analysis of
// this table the lowest spenders were called *High Value*; in another a group was named for leaving, though
// its customers had been away no longer than the rest. Here names follow from rules, and rules can be
// checked.
//
// **How to use this page.** As before: Shift+Enter, from the top to the bottom.

// %%
:dep segmenta = { path = ".." }
use segmenta::prelude::*;

// %% [markdown]
// The file, and whether it is the one that was published:

// %%
let file = std::env::var("SEGMENTA_DATA").unwrap_or("../data/marketing_campaign.csv".to_string());
let loaded = campaign::load(&file)?;
println!("{}", published::origin(&loaded.customers)?);

// %% [markdown]
// ## The three segments of lesson 05
//
// The same features, the same customers left out:

// %%
let with_features = loaded
    .customers
    .clone()
    .lazy()
    .with_columns([
        features::age(AgeBands::Spenders.year()),
        features::children(),
        features::spend(),
        features::transactions(),
        features::accepted_campaigns(),
    ])
    .collect()?;
let all_but_id = with_features.drop("ID")?;
let possible = col("Year_Birth")
    .gt_eq(lit(1910))
    .and(col("Income").neq(lit(666_666_000.0)));
let cleaned = Clean::new(&with_features)?
    .drop_nulls(["Income"])?
    .drop_repeated(all_but_id.get_column_names().into_iter().map(|name| name.as_str()))?
    .keep_where("born in 1910 or later, no made-up income", possible)?;
cleaned.report()?.select(["step", "before", "left_out", "after"])?

// %% [markdown]
// The same recipe, and three segments. Each customer gets the number of the segment, counted from the
// largest:

// %%
let made_of = [
    "Income",
    "spend",
    "NumDealsPurchases",
    "NumCatalogPurchases",
    "NumStorePurchases",
    "NumWebVisitsMonth",
];
let recipe = Recipe::new(made_of)
    .clip(Columns::All, 0.01, 0.99)
    .log("spend")
    .standardise(Columns::All);
let segments = Segments::fit(cleaned.kept(), &recipe, &KMeans::params(3).seed(1))?;
let customers = segments.assign(cleaned.kept())?;
segments.glance()?

// %% [markdown]
// ## How large are they?
//
// The share of each segment, with its interval (lesson 03):

// %%
let sizes = personality::sizes(&customers, "segment", 0.95)?;
plot::bars(&sizes)?
    .title("How large are the segments?")
    .x_axis("segment")
    .y_axis("share of customers")

// %% [markdown]
// **What it shows.** Each bar is a segment's share of all customers. The thin lines are short: with so many
// customers the shares are known well. **Caution.** That is the uncertainty of counting, not that of the
// segments themselves; whether those come out again was the question of lesson 05.
//
// ## What do they earn, buy, spend?
//
// A profile has a row for each segment and column, in the column's own unit. `lift` is the segment's mean
// over that of all customers: 2 is twice as much, 0.5 half, 1 is like everybody.

// %%
let described_by = [
    "Income",
    "spend",
    "transactions",
    "Recency",
    "NumDealsPurchases",
    "NumWebPurchases",
    "NumCatalogPurchases",
    "NumStorePurchases",
    "NumWebVisitsMonth",
    "age",
    "children",
    "accepted_campaigns",
    "Response",
];
let profile = personality::profile(&customers, "segment", described_by)?;
profile
    .clone()
    .lazy()
    .filter(
        col("column")
            .eq(lit("spend"))
            .or(col("column").eq(lit("NumWebVisitsMonth"))),
    )
    .collect()?

// %% [markdown]
// The lifts of all columns at once:

// %%
plot::lifts(&profile)?

// %% [markdown]
// **What it shows.** Blue is less than everybody, orange more, white the same. Look along a row: where the
// segments have different colours, the column tells them apart. Look for the rows that stay white: there the
// means of the segments hardly differ, and a sentence about them needs more than this picture (the tests
// below). In a column such as `age`, where nobody is near 0, even a real difference stays pale. **Caution.**
// A lift is made of means, and a few large spenders pull a mean up.
//
// That is why the next picture takes medians. Each column is put on the same scale (lesson 04), and a line
// joins the medians of a segment:

// %%
plot::parallel(&customers, "segment", described_by)?

// %% [markdown]
// **What it shows.** A segment's line is its shape: what it has more of, and what less. Lines that run side
// by side at different heights are segments that differ in *how much*; lines that cross differ in *what*. In
// `Response` and `accepted_campaigns` the median of every segment is 0 where fewer than half accepted any (a
// little below the mean, which is why the lines meet below 0): for such columns look at the lifts.
//
// Income against spend, one colour for each segment:

// %%
plot::scatter_by(&customers, "Income", "spend", "segment")?

// %% [markdown]
// **What it shows.** The large marks are the medians. Who earns more spends more, and the segments lie along
// that slope. Is there a gap between the colours, or does one go over into the next? Lesson 05 warned of
// this: slices of a slope.
//
// ## How do they behave?
//
// Visits in the last month, purchases with a discount, campaigns accepted: the mean of each, with its
// interval.

// %%
fn behaviour(customers: &DataFrame, column: &str) -> Result<LazyFrame, Error> {
    let means = Bootstrap::new().means(customers, column, "segment")?;
    Ok(means.lazy().select([
        lit(column).alias("behaviour"),
        col("segment"),
        col("estimate"),
        col("lower"),
        col("upper"),
    ]))
}
let behaviours = concat(
    [
        behaviour(&customers, "NumWebVisitsMonth")?,
        behaviour(&customers, "NumDealsPurchases")?,
        behaviour(&customers, "accepted_campaigns")?,
    ],
    UnionArgs::default(),
)?
.collect()?;
plot::grouped_bars(&behaviours, "behaviour", "segment", "estimate")?
    .title("What do the segments do?")
    .x_axis("behaviour (visits in the last month, discounts in two years, campaigns of five)")
    .y_axis("mean for a customer")

// %% [markdown]
// **What it shows.** Compare the bars of one colour with those of the others, group by group. Which segments
// visit the site most? Look up their `transactions` in the picture of medians: does each of them buy as
// well, or look and leave? Where the thin lines of two bars overlap widely, say "about the same".
//
// ## What should they be called?
//
// A name is a claim. So it follows from a **position**: the chance that a customer of the segment, drawn at
// random, has more than another who is drawn from *all* customers (if they have the same, it counts half).
// 0.5 is like everybody; at 0.9 the customer of the segment has more in nine of ten such draws. Positions
// have a useful property: weighted by size, those of all segments have the mean 0.5. So the highest is never
// below 0.5, and no rule that says "low is below a third" can ever give that word to the highest spenders.

// %%
personality::positions(&customers, "segment", ["spend", "transactions", "Recency"])?

// %% [markdown]
// Rules are data. These are the usual ones: value by `spend`, frequency by `transactions`, recency by
// `Recency`, and a *risk of churn* (of leaving) where customers have been away longer than most:

// %%
let rules = personality::NamingRules::default();
println!("{}", rules.to_json());

// %% [markdown]
// An *aspect* gives one of its words, by where the position lies between its cuts; an empty word says
// nothing. A *mark* adds its word where the condition holds. Applied:

// %%
let named = personality::names(&customers, "segment", &rules)?;
named.clone()

// %% [markdown]
// **What it shows.** Beside each name stand the medians and positions that earned it. **Caution.** *Low*,
// *mid* and *high* are relative to these customers, not to the market. And a word that is missing is a
// statement too: no segment is at risk of churn by its recency, if none of them has been away longer than
// the others.
//
// A marketer may want other rules. For instance, who looks more than others, and buys less:

// %%
use segmenta::personality::Condition;
let own_rules = personality::NamingRules::new()
    .aspect("Income", [1.0 / 3.0, 2.0 / 3.0], ["low income", "mid income", "high income"])
    .aspect("NumDealsPurchases", [0.45, 0.55], ["few discounts", "", "many discounts"])
    .mark(
        "looks more than it buys",
        [Condition::at_least("NumWebVisitsMonth", 0.6), Condition::below("transactions", 0.4)],
    );
personality::names(&customers, "segment", &own_rules)?.select(["segment", "name"])?

// %% [markdown]
// ## Who lives in them?
//
// "Dominated by the middle-aged" is a claim about shares. A crosstab has the share of each age band in each
// segment, and `lift`, that share over the band's share of all customers:

// %%
let by_age = personality::crosstab(&customers, "segment", &AgeBands::Spenders.bands(), 0.95)?;
by_age.clone()

// %% [markdown]
// **What it says.** `residual` is how far the count lies from what it would be if age and segment had
// nothing to do with each other, in standard errors: for a single cell, beyond 2 either way is rarely
// chance. `p_holm` is its p-value, corrected for looking at so many cells. A segment may *consist* mostly of
// one band and yet have a lift of 1, because *everybody* does: then the band does not set it apart.
//
// Which cells stand out, for education, marital status and children?

// %%
fn stands_out(customers: &DataFrame, column: &str) -> Result<LazyFrame, Error> {
    let cells = personality::crosstab(customers, "segment", column, 0.95)?;
    Ok(cells.lazy().filter(col("p_holm").lt(lit(0.05))).select([
        lit(column).alias("column"),
        col(column).alias("value"),
        col("segment"),
        col("customers"),
        col("share"),
        col("lift"),
        col("p_holm"),
    ]))
}
let outstanding = concat(
    [
        stands_out(&customers, "Education")?,
        stands_out(&customers, "Marital_Status")?,
        stands_out(&customers, "children")?,
    ],
    UnionArgs::default(),
)?
.collect()?;
outstanding.clone()

// %% [markdown]
// **What it says.** Only cells with a corrected p below 0.05 are listed. A column that has none should be
// left out of the descriptions.
//
// ## Do they differ at all, and by how much?
//
// One test for each column: Kruskal and Wallis's for numbers, chi-square for words and for columns of 0 and
// 1 (lesson 03), all corrected for their number. With two thousand customers even a small difference can be
// "significant", so look at `strength`: it puts the effect size into a word (negligible, small, medium,
// large), by the rules of thumb of lesson 03.

// %%
let also = ["Education", "Marital_Status", "Complain"];
let columns: Vec<&str> = described_by.iter().chain(&also).copied().collect();
let differences = personality::differences(&customers, "segment", columns)?;
differences.select(["column", "test", "p_holm", "measure", "effect_size", "strength", "warning"])?

// %% [markdown]
// **What it says.** The segments differ strongly in the columns that they were made of. They must: that is
// what they were made for, and a p-value there says nothing. Nor are `transactions` news, a sum that
// contains three of them. The other columns are. Which of *them* has more than a negligible strength?
//
// ## How would one tell them?
//
// Somebody at the counter has no k-means. For each segment a shallow **decision tree** asks up to three
// questions (which column, and above or below which threshold?); its best path is the rule of the segment.

// %%
let told_by = ["Income", "spend", "transactions", "NumWebVisitsMonth", "children", "age"];
let explained = personality::Explain::new(told_by).rules(&customers, "segment")?;
let mut by_rule: Vec<String> = Vec::new();
for row in 0..explained.height() {
    let rule = explained.column("rule")?.str()?.get(row).unwrap_or("");
    by_rule.push(format!("segment {}: {rule}", explained.column("segment")?.get(row)?));
}
println!("{}", by_rule.join("\n"));
explained.select(["segment", "customers", "coverage", "precision", "precision_lower", "chance"])?

// %% [markdown]
// **What it says.** `customers` is for how many of all the rule holds. `coverage` is the share of the
// segment that it finds; `precision` the share of those it finds who are of the segment (`precision_lower`:
// the lower end of its interval), to be compared with `chance`, the precision of picking anybody. Coverage
// and precision were judged by three customers in ten whom the rules were not learned from. The rules were
// made one by one: some customers may meet two of them, some none.
//
// **Caution.** A rule is not the reason why somebody is in a segment. It is a short description that is
// right as often as `precision` says.
//
// And the customers whom two descriptions fit about equally: those on the **border**, nearly as far from
// their own centre as from the next. `margin` is 0 right between two segments, and 1 at the own centre.

// %%
let border = personality::border(&segments, cleaned.kept(), 0.1)?;
println!("{} of {} customers have a margin below 0.1", border.height(), customers.height());
border
    .head(Some(5))
    .select(["ID", "Income", "spend", "segment", "next_segment", "margin"])?

// %% [markdown]
// For them, a letter written for either segment will do.
//
// ## Published: four spender groups, and what was said of them
//
// The groups as in lesson 05, with the columns that were left unscaled, and the iterations stopped early:

// %%
let table = loaded
    .customers
    .clone()
    .lazy()
    .filter(col("Income").is_not_null())
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
let both = published::SPENDERS_SCALED
    .iter()
    .chain(&published::SPENDERS_FORGOTTEN)
    .copied();
let half_scaled = Recipe::new(both)
    .ordinal("Education", ["Basic", "2n Cycle", "Graduation", "Master", "PhD"])
    .standardise(published::SPENDERS_SCALED);
let early = KMeans::params(4).refine(false).restarts(1).seed(1).tolerance(1e-3);
let published_groups = Segments::fit(&table, &half_scaled, &early)?;
let spenders = published_groups.assign(&table)?;
personality::names(&spenders, "segment", &personality::NamingRules::default())?

// %% [markdown]
// On the published table the text calls them, in this order: *Risk of Churn*, *Low Spender*, *Mid Spender*,
// *High Spender*. Compare `Recency_position`: 0.5 is like everybody, and the group named for leaving has
// just about that. It spends and buys least; nothing in the table says that it is about to leave. By our
// rules it is the low spenders, the published *Low Spender* is the middle, and *Mid* and *High* are both
// high. (Where two segments earn the same words, their numbers follow in brackets.)
//
// What makes the last group one of its own?

// %%
let told_by = [
    "Income",
    "spend",
    "transactions",
    "NumWebVisitsMonth",
    "NumDealsPurchases",
    "children",
    "purchases_per_visit",
];
let why = personality::Explain::new(told_by).rules(&spenders, "segment")?;
let mut by_their_rule: Vec<String> = Vec::new();
for row in 0..why.height() {
    let rule = why.column("rule")?.str()?.get(row).unwrap_or("");
    by_their_rule.push(format!("segment {}: {rule}", why.column("segment")?.get(row)?));
}
println!("{}", by_their_rule.join("\n"));
why.select(["segment", "customers", "coverage", "precision", "chance"])?

// %% [markdown]
// **What it shows.** On the published table the last group is told by purchases per visit. That ratio was
// not scaled (lesson 04), so it had much to say. And what are its visits?

// %%
spenders
    .clone()
    .lazy()
    .group_by([col("segment")])
    .agg([
        col("NumWebVisitsMonth").min().alias("fewest_visits"),
        col("NumWebVisitsMonth").median().alias("median_visits"),
        col("NumWebVisitsMonth").max().alias("most_visits"),
    ])
    .sort(["segment"], Default::default())
    .collect()?

// %% [markdown]
// **What it says.** On the published table each customer of the last group visited the site exactly once in
// the last month. "High spender" is a by-product: these are customers with many purchases and a single
// visit.
//
// > An explanation is also a test. If the rule of a segment is a column that nobody would segment by,
// > suspect an accident of the scaling.
//
// "The High group is predominantly single": who lives in it?

// %%
let couples = col("Marital_Status")
    .eq(lit("Married"))
    .or(col("Marital_Status").eq(lit("Together")));
let couple = couples.cast(DataType::Int64).alias("couple");
let with_couples = spenders.clone().lazy().with_column(couple).collect()?;
let couples = interval::rates(&with_couples, "couple", "segment", 0.95)?;
couples.clone()

// %% [markdown]
// **What it says.** `estimate` is the share who are married or live together. On the published table more
// than half of the last group does: "predominantly single" is wrong. It may have more singles than the
// others, whose shares lie above its interval; but after a look at four groups that is weak evidence.
//
// ## The published figures of personality in one table
//
// First the figures of each segment that the texts speak of:

// %%
let of_segments = spenders
    .clone()
    .lazy()
    .group_by([col("segment")])
    .agg([
        col("NumWebVisitsMonth").median().alias("visits"),
        col("NumDealsPurchases").median().alias("promos"),
        col("NumDealsPurchases").mean().alias("promos_mean"),
        col("children").median(),
        (col("Income").median() / lit(1e6)).alias("income_in_millions"),
    ])
    .sort(["segment"], Default::default())
    .collect()?;
of_segments.clone()

// %% [markdown]
// What was printed, and what we get. (On another table the groups are others, and the verdict says so.)

// %%
let singles = 100.0 - 100.0 * table::number(&couples, "estimate", 3)?;
let figures = [
    ("Risk of Churn: visits a month, median", "7", table::number(&of_segments, "visits", 0)?),
    ("Low: visits a month, median", "5", table::number(&of_segments, "visits", 1)?),
    ("Low: promos, median", "2", table::number(&of_segments, "promos", 1)?),
    ("Mid: promos, mean", "3", table::number(&of_segments, "promos_mean", 2)?),
    ("High: children, median", "0", table::number(&of_segments, "children", 3)?),
    (
        "Mid: income, median, M",
        "68",
        table::number(&of_segments, "income_in_millions", 2)?,
    ),
    (
        "Low: income, median, M",
        "57",
        table::number(&of_segments, "income_in_millions", 1)?,
    ),
    ("High: percent single ('predominantly')", "50 to 100", singles),
];
let compared = published::verdicts(&loaded.customers, figures)?;
compared.clone()

// %% [markdown]
// And what the texts say in words that the table does not bear out:
//
// | the text says | on the published table |
// |---|---|
// | promos "per month", spend "per year" | counts and sums of two years |
// | *Risk of Churn* "frequently complete transactions" | the fewest purchases of all four |
// | *Risk of Churn* | away about as long as everybody: nothing says that they leave |
// | *High Spender* "predominantly single" | more than half live with a partner |
// | another analysis, the LRFM one: the largest of its three groups is *High Value* | it spends least (lesson 05) |
// | a third one, in five stages: its cluster of 12.6 % has 7 purchases and spends 58 K | those are the figures of the cluster above it, copied; its own are in lesson 05 |
//
// ## Take-away
//
// - Describe a segment by what sets it apart (lift, residual, strength), not by what everybody has.
// - Let names follow from rules, and show the numbers beside the name.
// - A segment differs in the columns that it was made of. Look at the others for news.
// - A rule of one to three conditions makes a segment usable, and can show accidents of scaling.
// - Some customers lie between two segments. Say how many.

// %% [markdown]
// ## Exercises
//
// As in lesson 01: your code in the place of each `todo!()`, then the cell below it. `check::hint(6, 1)?` gives a hint to
// exercise 1, and `check::solution(6, 1)?` shows one way to solve it.
//
// **1.** Which share of segment 1 of `customers` has at least one child at home? (A share from 0 to 1.
// `crosstab` by `Bands::new("children", [1.0])?` has it; so has one polars expression.)

// %% tags=["exercise-1"]
let answer_1: f64 = {
    // BEGIN SOLUTION
    let by_children = Bands::new("children", [1.0])?;
    table::number(&personality::crosstab(&customers, "segment", by_children, 0.95)?, "share", 1)?
    // END SOLUTION
};

// %% tags=["check-1"]
check::lesson06(1, answer_1, &customers)?

// %% [markdown]
// **2.** A colleague wants to call segments *frugal* where the position in `NumStorePurchases` is below 0.5,
// and *generous* elsewhere. How many of the three segments of `customers` are generous?

// %% tags=["exercise-2"]
let answer_2: usize = {
    // BEGIN SOLUTION
    let stores = personality::positions(&customers, "segment", ["NumStorePurchases"])?;
    stores.lazy().filter(col("position").gt_eq(lit(0.5))).collect()?.height()
    // END SOLUTION
};

// %% tags=["check-2"]
check::lesson06(2, answer_2, &customers)?

// %% [markdown]
// **3.** Explain the segments by one condition only, from the columns `Income` and `spend`. What is the
// coverage of the rule for segment 1? (Then compare it with the coverage of segment 1
// above, where up to three conditions and more columns were allowed: what did they buy?)

// %% tags=["exercise-3"]
let answer_3: f64 = {
    // BEGIN SOLUTION
    let one = personality::Explain::new(["Income", "spend"]).conditions(1);
    table::number(&one.rules(&customers, "segment")?, "coverage", 0)?
    // END SOLUTION
};

// %% tags=["check-3"]
check::lesson06(3, answer_3, &customers)?
