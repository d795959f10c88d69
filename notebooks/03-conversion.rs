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
// # 03 Conversion
//
// **What we want to know.** Which customers convert: the young or the old, the rich or the poor,
// those with children or those without? And how sure are we?
//
// **Why.** A campaign goes to those who are expected to answer. The published analyses of this
// table all speak of a conversion rate, and each means something else by it. Before asking *who*,
// one has to ask *what*.
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
// ## Four meanings of one word
//
// | name | for each customer | function |
// |---|---|---|
// | purchases per visit | purchases of two years over visits to the web site in one month | `purchases_per_visit` |
// | response per visit | answered the last campaign (1 or 0) over visits in one month | `response_per_visit` |
// | accepted campaigns | how many of five earlier campaigns were accepted | `accepted_campaigns` |
// | response rate | answered the last campaign, or not | `response_rate` |
//
// The first is a ratio of a two-year total in *all* channels to the visits of *one month*. It can
// be far above 1, so it is no rate of anything. The last is a rate: a share of customers, from 0
// to 1.
//
// What of customers who did not visit at all? One cannot divide by zero.

// %%
let no_visit = loaded
    .customers
    .clone()
    .lazy()
    .filter(col("NumWebVisitsMonth").eq(lit(0)))
    .collect()?;
println!(
    "{} of {} customers did not visit the web site in the last month",
    no_visit.height(),
    loaded.customers.height()
);

// %% [markdown]
// For them the ratio does not exist. The tables of ratios below count them in `zero_visits`; tests
// and correlations count customers without a value in `left_out`. One may leave them out, or count
// them as 0, as was published; never without saying so.
//
// The published figures were computed on all rows of the file, so we keep all rows while we follow
// them. How is the first ratio spread?

// %%
let customers = loaded
    .customers
    .clone()
    .lazy()
    .with_columns([
        features::age(AgeBands::Rfmlc.year()),
        features::children(),
        features::spend(),
        features::transactions(),
        features::accepted_campaigns(),
        features::purchases_per_visit(),
    ])
    .collect()?;
plot::histogram(&customers, "purchases_per_visit")?.title("Purchases per visit")

// %% [markdown]
// **What it shows.** How far does the tail reach? A high ratio needs a small divisor: few visits in
// *one* month. It says little about how a customer buys in two years, and nothing about purchases
// in a store.
//
// ## Published: conversion by age, as a share of a sum
//
// The RFMLC analysis has three age bands, and gives each band a percentage: adults, the middle
// aged and seniors. It adds up the ratio of all customers, and asks which share of that sum falls
// to each band. (Ages are counted in the year that each analysis chose, years after the purchases:
// "young" is a label, not the age at the time.)
//
// The intervals (lesson 02) come from the **bootstrap**: draw as many customers from our own again
// and again, each of whom may come up several times, and see how much the figure moves. `seed(3)`
// makes the draws the same each time.

// %%
let by_age = AgeBands::Rfmlc.bands();
let bootstrap = Bootstrap::new().seed(3);
let shares = conversion::share_of_purchases_per_visit(&customers, &by_age, &bootstrap)?;
shares

// %% [markdown]
// Our figures beside the published ones, in percent. (As in lesson 02, `verdict` says whether ours
// rounds to what was printed, or that another table was loaded.)

// %%
let share: Vec<f64> = shares
    .column("estimate")?
    .f64()?
    .iter()
    .map(|share| 100.0 * share.unwrap_or(f64::NAN))
    .collect();
published::verdicts(
    &loaded.customers,
    [
        ("adults, % of the sum", "14.19", share[0]),
        ("middle aged, % of the sum", "48.05", share[1]),
        ("seniors, % of the sum", "37.76", share[2]),
    ],
)?

// %% [markdown]
// Read as conversion, that puts the middle aged first. But a band with more customers has a larger
// share of any sum. Put the share of customers beside it:

// %%
let of_sum = shares.clone().lazy().select([
    col("age_band"),
    lit("the sum").alias("share of"),
    col("estimate").alias("share"),
]);
let of_customers = shares.clone().lazy().select([
    col("age_band"),
    lit("customers").alias("share of"),
    col("share_of_customers").alias("share"),
]);
let both = concat([of_sum, of_customers], UnionArgs::default())?.collect()?;
plot::grouped_bars(&both, "age_band", "share of", "share")?
    .title("Share of the sum and share of customers")
    .y_axis("share of all")

// %% [markdown]
// **What it shows.** Where a band's share of the sum is *below* its share of customers, its
// customers convert less than the others. That is the comparison the question asks for.
//
// Mended: the mean for each customer. First with zero visits as 0, as it was published.

// %%
let as_published =
    conversion::purchases_per_visit(&customers, &by_age, ZeroVisits::CountAsZero, &bootstrap)?;
as_published

// %% [markdown]
// Then without those for whom the ratio does not exist, as a picture. The thin lines are the 95 %
// intervals.

// %%
let means = conversion::purchases_per_visit(&customers, &by_age, ZeroVisits::LeaveOut, &bootstrap)?;
plot::bars(&means)?
    .title("Purchases per visit, per customer")
    .y_axis("purchases per visit (mean)")

// %% [markdown]
// **What it shows.** Take the band with the largest share of the sum. Has it the highest mean as
// well? On the published table it has the *lowest*: its share only said that it has the most
// customers.
//
// Is the difference more than chance? The **Kruskal-Wallis test** puts all customers in the order
// of their ratio, and asks whether some bands tend to stand higher in it than others. `p` is the
// chance of a difference at least as large as this if there were none. `epsilon_squared` says how
// much of the spread of the places the bands explain: by a rule of thumb 0.01 is little, 0.08 a
// medium amount, 0.26 much. (The other columns, such as `statistic` and `degrees`, are the working
// of the test.)

// %%
compare::kruskal_wallis(&customers, "purchases_per_visit", &by_age)?

// %% [markdown]
// And which bands differ? Each pair is compared with the **Mann-Whitney test**, and `p_holm` is
// corrected for the number of pairs. `rank_biserial` is the effect, from -1 to 1: take a customer
// of `a` and one of `b` at random; it is the probability that the first has more, minus the
// probability that the second has. At 0 neither tends to have more, below 0 it is `b`.

// %%
compare::mann_whitney(&customers, "purchases_per_visit", &by_age)?

// %% [markdown]
// **Caution.** `pooled`, in `as_published`, divides all purchases of a band by all its visits.
// Where it lies well below the mean, a few customers with hardly a visit make the mean. No single
// figure is "the" conversion of a band.
//
// ## Published: conversion by age, defined one way and printed another
//
// The LRFM analysis has bands called *Muda* (young), *Dewasa* (adult) and *Lansia* (elderly). Its
// text defines conversion as response divided by visits, and its picture shows a bar for each
// band. Does the one give the other? First as it is defined:

// %%
let in_2024 = loaded
    .customers
    .clone()
    .lazy()
    .with_columns([features::age(AgeBands::Lrfm.year())])
    .collect()?;
let three_ages = AgeBands::Lrfm.bands();
let as_defined =
    conversion::response_per_visit(&in_2024, &three_ages, ZeroVisits::LeaveOut, &bootstrap)?;
as_defined

// %% [markdown]
// And the mean number of campaigns that a customer accepted, of five:

// %%
let accepted = conversion::accepted_campaigns(&in_2024, &three_ages, &bootstrap)?;
accepted

// %% [markdown]
// The picture is described in words only, each bar by a range. A figure inside it is `reproduced`.

// %%
let no_value = f64::NAN;
let defined: Vec<f64> = as_defined
    .column("estimate")?
    .f64()?
    .iter()
    .map(|x| x.unwrap_or(no_value))
    .collect();
let printed: Vec<f64> = accepted
    .column("estimate")?
    .f64()?
    .iter()
    .map(|x| x.unwrap_or(no_value))
    .collect();
published::verdicts(
    &loaded.customers,
    [
        ("Muda, response per visit", "0.35 to 0.40", defined[0]),
        ("Dewasa, response per visit", "0.25 to 0.30", defined[1]),
        ("Lansia, response per visit", "0.30 to 0.35", defined[2]),
        ("Muda, accepted campaigns", "0.35 to 0.40", printed[0]),
        ("Dewasa, accepted campaigns", "0.25 to 0.30", printed[1]),
        ("Lansia, accepted campaigns", "0.30 to 0.35", printed[2]),
    ],
)?

// %% [markdown]
// **What it shows.** Compare the first three rows with the last three. On the published table only
// accepted campaigns fall into the ranges of the picture; the definition gives values several
// times smaller.
//
// Accepted campaigns as a picture:

// %%
plot::bars(&accepted)?
    .title("Campaigns accepted, by age")
    .y_axis("accepted campaigns, of five (mean)")

// %% [markdown]
// **What it shows.** Which band accepts most, and do the intervals of the bands overlap? A band
// with few customers has a wide one.
//
// The plain rate, free of visits: who answered the last campaign? The interval of a rate is
// **Wilson's**, which is of use for small groups too, and for rates near 0 or 1.

// %%
let answered = conversion::response_rate(&in_2024, &three_ages, 0.95)?;
plot::bars(&answered)?
    .title("Who answered the last campaign, by age")
    .y_axis("share who answered")

// %% [markdown]
// **What it shows.** Is the order of the bands the same as in the picture before? If not, it was
// the definition that made the order.
//
// The **chi-square test** asks whether the shares differ more than chance would have it. Its effect
// size is Cramér's V (lesson 02); by a rule of thumb 0.1 is weak, 0.3 medium, 0.5 strong.

// %%
compare::chi_square(&in_2024, &three_ages, "Response")?

// %% [markdown]
// **What it says.** If the intervals overlap widely and `p` is large, this table gives no ground to
// prefer an age. Overlap alone does not prove that there is no difference; that is what the test
// is for.
//
// ## Published: conversion and income, spend and age
//
// The analysis in five stages correlates its conversion with income, spend and age. We follow its
// recipe. First its rows: those inside the `iqr` bounds of six columns.

// %%
let six = [
    "Year_Birth",
    "Income",
    "MntMeatProducts",
    "MntSweetProducts",
    "NumWebPurchases",
    "NumCatalogPurchases",
];
let inside = quality::inside(&loaded.customers, six, OutlierRule::Iqr)?;
let kept = loaded.customers.clone().lazy().filter(inside).collect()?;
println!("{} of {} customers kept", kept.height(), loaded.customers.height());

// %% [markdown]
// Then its columns: zero visits count as 0, the ratio is rounded to two decimals, and age is
// counted in the year it used.

// %%
let two_decimals = features::purchases_per_visit()
    .fill_null(0.0)
    .round(2, RoundMode::HalfToEven);
let kept = kept
    .lazy()
    .select([
        col("Income"),
        features::spend(),
        features::age(AgeBands::Stages.year()),
        two_decimals.alias("conversion"),
    ])
    .collect()?;

// %% [markdown]
// Pearson's r of each pair of these columns:

// %%
let pearson = explore::associations(&kept, 0.95)?
    .lazy()
    .filter(col("measure").eq(lit("pearson")))
    .collect()?;
pearson

// %% [markdown]
// To set them beside the published ones, a small function takes one estimate out of the table.

// %%
fn estimate_of(pairs: &DataFrame, a: &str, b: &str) -> Result<f64, Error> {
    let pair = pairs
        .clone()
        .lazy()
        .filter(col("a").eq(lit(a)).and(col("b").eq(lit(b))))
        .collect()?;
    table::number(&pair, "estimate", 0)
}

// %% [markdown]
// And our figures beside the published ones:

// %%
published::verdicts(
    &loaded.customers,
    [
        ("customers kept", "1840", kept.height() as f64),
        ("income and spend", "0.798", estimate_of(&pearson, "Income", "spend")?),
        ("income and conversion", "0.657", estimate_of(&pearson, "Income", "conversion")?),
        ("spend and conversion", "0.627", estimate_of(&pearson, "spend", "conversion")?),
        ("age and conversion", "0.116", estimate_of(&pearson, "age", "conversion")?),
    ],
)?

// %% [markdown]
// The text says that age has no significant connection with conversion. See the row `age`,
// `conversion` of `pearson`: `estimate` says how strong it is, `p` how surprising it would be if
// there were nothing. On the published table both are small: the connection is weak, *and*
// significant. These are two statements.
//
// ## Our own answer
//
// From here on we ask for ourselves, so the decisions of lesson 01 apply: a customer who stands in
// the file twice would make us twice as sure.

// %%
let everything_but_id: Vec<String> = customers
    .drop("ID")?
    .get_column_names()
    .iter()
    .map(|name| name.to_string())
    .collect();
let once = customers.unique_stable(Some(&everything_but_id), UniqueKeepStrategy::First, None)?;
let possible = col("Year_Birth")
    .gt_eq(lit(1910))
    .and(col("Income").is_null().or(col("Income").neq(lit(666_666_000.0))));
let clean = once.lazy().filter(possible).collect()?;
println!("{} of {} customers are left", clean.height(), customers.height());

// %% [markdown]
// (Customers without an income stay this time: where we need the income we shall see them.)
//
// Age, income and spend again, by size (Pearson) and by order (Spearman), with those who did not
// visit left out:

// %%
let plain = clean.select(["Income", "spend", "age", "purchases_per_visit"])?;
let all_rows = explore::associations(&plain, 0.95)?;
all_rows
    .clone()
    .lazy()
    .filter(col("b").eq(lit("purchases_per_visit")))
    .collect()?

// %% [markdown]
// **What it shows.** Where Spearman's r is clearly higher than Pearson's, the connection follows a
// bend, or a few far values pull at Pearson's.
//
// **Caution.** Spend is the money paid in those purchases, and purchases are the numerator of the
// ratio. Part of this correlation is built in, not found.
//
// ## By income, spend and the household
//
// A number with many values is cut into bands. `Bands::quantiles` cuts so that all hold about
// equally many customers; bands of one's own are made by `Bands::new("Income", [30e6, 60e6])?`.

// %%
let by_income = Bands::quantiles(&clean, "Income", 5)?;
plot::bars(&conversion::response_rate(&clean, &by_income, 0.95)?)?
    .title("Who answered the last campaign, by income")
    .y_axis("share who answered")

// %% [markdown]
// **What it shows.** Do the intervals of neighbouring bars overlap? Do the bars rise steadily, or is
// only one end different? If there are customers without an income they have a bar of their own,
// `(none)`: they are not hidden in another band.
//
// By spend, in five bands too:

// %%
let by_spend = Bands::quantiles(&clean, "spend", 5)?;
plot::bars(&conversion::response_rate(&clean, &by_spend, 0.95)?)?
    .title("Who answered the last campaign, by spend")
    .y_axis("share who answered")

// %% [markdown]
// **What it shows.** Compare with income: customers who earn more spend more (lesson 02), so the two
// pictures are not two pieces of news.
//
// By education, from the lowest to the highest:

// %%
plot::bars(&conversion::response_rate(&clean, "Education", 0.95)?)?
    .title("Who answered the last campaign, by education")
    .y_axis("share who answered")

// %% [markdown]
// **What it shows.** Does the rate rise or fall from left to right, or do all intervals share a
// common stretch? In that case this picture shows no difference.
//
// By marital status:

// %%
plot::bars(&conversion::response_rate(&clean, "Marital_Status", 0.95)?)?
    .title("Who answered the last campaign, by marital status")
    .y_axis("share who answered")

// %% [markdown]
// **What it shows.** A grey bar, if there is one, stands for fewer than 20 customers. It can be the
// highest of all and mean nothing: look at the length of its interval.
//
// By the number of children at home:

// %%
plot::bars(&conversion::response_rate(&clean, "children", 0.95)?)?
    .title("Who answered the last campaign, by children at home")
    .y_axis("share who answered")

// %% [markdown]
// **What it shows.** Do the bars fall, or rise, step by step? A steady slope over several bars is
// harder to get by chance than one odd bar.
//
// ## How sure are we, after six looks?
//
// Six groupings, six tests. If nothing differed, six independent tests would give at least one `p`
// below 0.05 this often:

// %%
println!("{:.3}", 1.0 - 0.95_f64.powi(6));

// %% [markdown]
// Ours overlap (who earns more spends more), so that is a rough guide. Holm's correction holds
// either way. The bands become columns, so that all six groupings have a name.

// %%
let banded = by_age.add_to(&by_spend.add_to(&by_income.add_to(&clean)?)?)?;
let mut tests = Vec::new();
for by in ["age_band", "Income_band", "spend_band", "Education", "Marital_Status", "children"] {
    let test = compare::chi_square(&banded, by, "Response")?.lazy();
    tests.push(test.select([
        col("rows").alias("by"),
        col("n"),
        col("p"),
        col("cramers_v_corrected"),
        col("warning"),
    ]));
}
let tests = concat(tests, UnionArgs::default())?.collect()?;

// %% [markdown]
// Holm's correction over the six p-values:

// %%
let p: Vec<f64> = tests.column("p")?.f64()?.iter().flatten().collect();
let p_holm = Series::new("p_holm".into(), compare::holm(&p)?);

// %% [markdown]
// And all six, the strongest first:

// %%
tests
    .clone()
    .lazy()
    .with_column(lit(p_holm.clone()))
    .sort(["cramers_v_corrected"], SortMultipleOptions::new().with_order_descending(true))
    .collect()?

// %% [markdown]
// **What it shows.** The strongest connections stand at the top; 0 after the correction of V means
// no more than chance would give. `warning` says where some combination of group and answer has too
// few customers for the `p` to be trusted.

// %% [markdown]
// ## Take-away
//
// - Say what is converted into what, and over which time: four meanings need not give one answer.
// - A share of a sum follows the size of the group. Compare groups for each customer.
// - Two-year totals are not "per month", and purchases in a store do not come from visits to a web
//   site.
// - A rate without its n and its interval is a rumour. A difference wants a test, an effect size,
//   and a correction for the number of looks.
// - Weak is not the same as not significant.

// %% [markdown]
// ## Exercises
//
// As in lesson 01: your code in the place of each `todo!()`, then the cell below it. `check::hint(3, 1)?` gives a hint to
// exercise 1, and `check::solution(3, 1)?` shows one way to solve it.
//
// **1.** What share of the `clean` customers with one child or more answered the last campaign?
// Give it from 0 to 1. (`Bands::new("children", [1.0])?` makes two groups, and
// `response_rate` does the rest.)

// %% tags=["exercise-1"]
let answer_1: f64 = {
    // BEGIN SOLUTION
    let parents = Bands::new("children", [1.0])?;
    table::number(&conversion::response_rate(&clean, &parents, 0.95)?, "estimate", 1)?
    // END SOLUTION
};

// %% tags=["check-1"]
check::lesson03(1, answer_1, &clean)?

// %% [markdown]
// **2.** Make three age bands of your own, under 35, 35 to under 50, and 50 and over. How many
// `clean` customers are in the middle one? (They have their `age` in 2022. Pass your bands to
// `response_rate` and read the column `customers`.)

// %% tags=["exercise-2"]
let answer_2: u64 = {
    // BEGIN SOLUTION
    let own = Bands::new("age", [35.0, 50.0])?;
    table::number(&conversion::response_rate(&clean, &own, 0.95)?, "customers", 1)? as u64
    // END SOLUTION
};

// %% tags=["check-2"]
check::lesson03(2, answer_2, &clean)?

// %% [markdown]
// **3.** Of the `clean` customers with a PhD in `Education` some answered the last campaign. What is the lower
// end of Wilson's 95 % interval for their rate? (`interval::wilson(answered, asked, 0.95)?` has `.lower` and `.upper`.)

// %% tags=["exercise-3"]
let answer_3: f64 = {
    // BEGIN SOLUTION
    let doctors = clean.clone().lazy().filter(col("Education").eq(lit("PhD"))).collect()?;
    let answered = doctors.clone().lazy().filter(col("Response").eq(lit(1))).collect()?;
    interval::wilson(answered.height() as u64, doctors.height() as u64, 0.95)?.lower
    // END SOLUTION
};

// %% tags=["check-3"]
check::lesson03(3, answer_3, &clean)?
