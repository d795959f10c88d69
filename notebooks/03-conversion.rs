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
// table all speak of a conversion rate, and come to opposite advice, because each means something
// else by it. Before asking *who*, one has to ask *what*.
//
// **How to use this page.** As before: Shift+Enter, from the top to the bottom.

// %%
:dep segmenta = { path = ".." }
use segmenta::prelude::*;

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
// be 8 or 20, so it is no rate of anything. The last is a rate: a share of customers, from 0 to 1.
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
// For them the ratio does not exist. All tables below count them in the column `zero_visits`. One
// may leave them out, or count them as 0, as was published; never without saying so.
//
// How is the first ratio spread?

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
plot::histogram(&customers, "purchases_per_visit")?
    .title("Purchases per visit: a few customers have very many")

// %% [markdown]
// **What it shows.** A long tail to the right: customers with one visit and many purchases. They
// buy in the store or by catalogue, and their ratio says that they do not need the web site.
//
// ## Published: conversion by age, as a share of a sum
//
// The RFMLC analysis has three age bands, and gives each band a percentage: adults, the middle
// aged and seniors. It adds up the ratio of all customers, and asks which share of that sum falls
// to each band.

// %%
let by_age = AgeBands::Rfmlc.bands();
let bootstrap = Bootstrap::new().seed(3);
let shares = conversion::share_of_purchases_per_visit(&customers, &by_age, &bootstrap)?;
shares

// %% [markdown]
// Our figures beside the published ones, in percent:

// %%
let share: Vec<f64> = shares
    .column("estimate")?
    .f64()?
    .iter()
    .flatten()
    .map(|share| 100.0 * share)
    .collect();
published::compare(
    &loaded.customers,
    [
        ("adults, % of the sum", "14.19", share[0]),
        ("middle aged, % of the sum", "48.05", share[1]),
        ("seniors, % of the sum", "37.76", share[2]),
    ],
)?

// %% [markdown]
// The text concludes that the middle aged convert best. But a band with more customers has a
// larger share of any sum. Put the share of customers beside it:

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
    .title("A share of a sum follows the number of customers")
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
// Then without those for whom the ratio does not exist, as a picture. The thin lines are 95 %
// intervals: had we met other customers of the same kind, the mean would lie in there most times.
// They come from the **bootstrap**, which draws new samples from this one, thousands of times.

// %%
let means = conversion::purchases_per_visit(&customers, &by_age, ZeroVisits::LeaveOut, &bootstrap)?;
plot::bars(&means)?
    .title("Purchases per visit, for each customer")
    .y_axis("purchases per visit (mean)")

// %% [markdown]
// **What it shows.** Look at the middle band, which had the largest share of the sum.
//
// Is the difference more than chance? The **Kruskal-Wallis test** asks whether the values of some
// bands tend to be larger than those of others. `p` is the chance of a difference like this if
// there were none; `epsilon_squared` says how much of the spread it explains: 0.01 is little, 0.08
// a medium amount, 0.26 much.

// %%
compare::kruskal_wallis(&customers, "purchases_per_visit", &by_age)?

// %% [markdown]
// And which bands differ? Each pair is tested, and `p_holm` is corrected for the number of pairs.
// `rank_biserial` is the effect: take a customer of `a` and one of `b` at random; it is the
// probability that the first has more, minus the probability that the second has.

// %%
compare::mann_whitney(&customers, "purchases_per_visit", &by_age)?

// %% [markdown]
// **Caution.** `pooled`, in the table above, divides all purchases of a band by all its visits.
// Where it lies well below the mean, a few customers with hardly a visit make the mean. No single
// figure is "the" conversion of a band.
//
// ## Published: conversion by age, defined one way and printed another
//
// The LRFM analysis has bands called *Muda* (young), *Dewasa* (adult) and *Lansia* (elderly). Its
// text defines conversion as the response divided by the visits. Its picture shows values between
// 0.25 and 0.40. Do these fit together?

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

// %%
let accepted = conversion::accepted_campaigns(&in_2024, &three_ages, &bootstrap)?;
accepted

// %%
let defined: Vec<f64> = as_defined.column("estimate")?.f64()?.iter().flatten().collect();
let printed: Vec<f64> = accepted.column("estimate")?.f64()?.iter().flatten().collect();
published::compare(
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
// **What it shows.** On the published table the definition in the text does not give the values in
// the picture; the mean number of accepted campaigns does. Both put the young first, but a reader
// who follows the text gets numbers that are several times too small.

// %%
plot::bars(&accepted)?
    .title("Campaigns accepted, by age")
    .y_axis("accepted campaigns, of five (mean)")

// %% [markdown]
// The plain rate, free of visits: who answered the last campaign? The interval of a rate is
// **Wilson's**, which stays right where rates are small.

// %%
let answered = conversion::response_rate(&in_2024, &three_ages, 0.95)?;
plot::bars(&answered)?
    .title("Who answered the last campaign, by age")
    .y_axis("share of customers who answered")

// %% [markdown]
// The **chi-square test** asks whether the shares differ more than chance would have it. Its
// effect size is Cramér's V: 0.1 is weak, 0.3 medium, 0.5 strong.

// %%
compare::chi_square(&in_2024, &three_ages, "Response")?

// %% [markdown]
// ## Published: conversion and income, spend and age
//
// The analysis in five stages correlates its conversion with income, spend and age. We follow its
// recipe: rows inside the `iqr` bounds of six columns, zero visits as 0, two digits.

// %%
let six = [
    "Year_Birth",
    "Income",
    "MntMeatProducts",
    "MntSweetProducts",
    "NumWebPurchases",
    "NumCatalogPurchases",
];
let two_digits = features::purchases_per_visit()
    .fill_null(0.0)
    .round(2, RoundMode::HalfToEven)
    .alias("conversion");
let kept = loaded
    .customers
    .clone()
    .lazy()
    .filter(quality::inside(&loaded.customers, six, Rule::Iqr)?)
    .select([col("Income"), features::spend(), features::age(AgeBands::Stages.year()), two_digits])
    .collect()?;
let pearson = explore::associations(&kept, 0.95)?
    .lazy()
    .filter(col("measure").eq(lit("pearson")))
    .collect()?;
pearson

// %%
let r: Vec<f64> = pearson.column("estimate")?.f64()?.iter().flatten().collect();
published::compare(
    &loaded.customers,
    [
        ("customers kept", "1840", kept.height() as f64),
        ("income and spend", "0.798", r[0]),
        ("income and conversion", "0.657", r[2]),
        ("spend and conversion", "0.627", r[4]),
        ("age and conversion", "0.116", r[5]),
    ],
)?

// %% [markdown]
// The text says that age has no significant connection with conversion. Look at the last line of
// the table before: `estimate` says how strong it is, `p` whether it could be chance. "Weak" and
// "not significant" are two statements, and only one of them is true of the published table.
//
// What changes without the filter, without zeros for customers who did not visit, and by order
// instead of by size (Spearman)?

// %%
let plain = customers.select(["Income", "spend", "age", "purchases_per_visit"])?;
let all_rows = explore::associations(&plain, 0.95)?;
all_rows
    .clone()
    .lazy()
    .filter(col("b").eq(lit("purchases_per_visit")))
    .collect()?

// %% [markdown]
// **Caution.** Spend and purchases are nearly the same thing counted twice, and purchases are the
// numerator of the ratio. That spend "explains" conversion is built in, not found.
//
// ## By income, spend and the household
//
// A number with many values is cut into bands. `Bands::quantiles` cuts so that each holds about as
// many customers; bands of one's own are made by `Bands::new("Income", [30e6, 60e6])?`.

// %%
let by_income = Bands::quantiles(&customers, "Income", 5)?;
plot::bars(&conversion::response_rate(&customers, &by_income, 0.95)?)?
    .title("Who answered the last campaign, by income")
    .y_axis("share of customers who answered")

// %% [markdown]
// **What it shows.** Customers without an income have a bar of their own, `(none)`, with a wide
// interval or in grey: they are few. They are not hidden in another band.

// %%
let by_spend = Bands::quantiles(&customers, "spend", 5)?;
plot::bars(&conversion::response_rate(&customers, &by_spend, 0.95)?)?
    .title("Who answered the last campaign, by spend")
    .y_axis("share of customers who answered")

// %%
plot::bars(&conversion::response_rate(&customers, "Education", 0.95)?)?
    .title("Who answered the last campaign, by education")
    .y_axis("share of customers who answered")

// %%
plot::bars(&conversion::response_rate(&customers, "Marital_Status", 0.95)?)?
    .title("Who answered the last campaign, by marital status")
    .y_axis("share of customers who answered")

// %% [markdown]
// **What it shows.** A grey bar has fewer than 20 customers. It can be the highest of all and mean
// nothing: look at the length of its interval.

// %%
plot::bars(&conversion::response_rate(&customers, "children", 0.95)?)?
    .title("Who answered the last campaign, by children at home")
    .y_axis("share of customers who answered")

// %% [markdown]
// ## How sure are we, after six looks?
//
// Six groupings, six tests. If nothing differed at all, the smallest of six p-values would still be
// below 0.05 more than once in four times. Holm's correction takes that into account.

// %%
let looks = [
    ("age", compare::chi_square(&customers, &by_age, "Response")?),
    ("income", compare::chi_square(&customers, &by_income, "Response")?),
    ("spend", compare::chi_square(&customers, &by_spend, "Response")?),
    ("education", compare::chi_square(&customers, "Education", "Response")?),
    ("marital status", compare::chi_square(&customers, "Marital_Status", "Response")?),
    ("children", compare::chi_square(&customers, "children", "Response")?),
];
let mut tests = Vec::new();
for (name, test) in looks.iter() {
    tests.push(test.clone().lazy().select([
        lit(*name).alias("by"),
        col("n"),
        col("p"),
        col("cramers_v_corrected"),
        col("warning"),
    ]));
}
let tests = concat(tests, UnionArgs::default())?.collect()?;
let p: Vec<f64> = tests.column("p")?.f64()?.iter().flatten().collect();
let p_holm = Series::new("p_holm".into(), compare::holm(&p)?);

// %%
tests
    .clone()
    .lazy()
    .with_column(lit(p_holm.clone()))
    .sort(["cramers_v_corrected"], SortMultipleOptions::new().with_order_descending(true))
    .collect()?

// %% [markdown]
// **What it shows.** The strongest connections stand at the top. `warning` says where a cell of the
// table is too empty for the test to be exact.

// %% [markdown]
// ## Take-away
//
// - Say what is converted into what, and over which time: four meanings gave four answers.
// - A share of a sum follows the size of the group. Compare groups for each customer.
// - Two-year totals are not "per month", and purchases in a store do not come from visits to a web
//   site.
// - A rate without its n and its interval is a rumour. A difference wants a test, an effect size,
//   and a correction for the number of looks.
// - Weak is not the same as not significant.

// %% [markdown]
// ## Exercises
//
// **1.** What share of the customers with one child or more answered the last campaign?

// %%
let answer_1: f64 = 0.0;

// %% jupyter={"source_hidden": true} tags=["check"]
let parents = customers
    .clone()
    .lazy()
    .filter(col("children").gt(lit(0)))
    .collect()?;
let right = parents.column("Response")?.i64()?.iter().flatten().sum::<i64>() as f64
    / parents.height() as f64;
println!(
    "{}",
    if (answer_1 - right).abs() < 0.0005 {
        "right"
    } else {
        "not yet"
    }
);

// %% [markdown]
// **2.** Make three age bands of your own, under 35, 35 to under 50, and 50 and over, for the age
// in 2022. How many customers are in the middle one?

// %%
let answer_2: u64 = 0;

// %% jupyter={"source_hidden": true} tags=["check"]
let right = customers
    .column("age")?
    .i64()?
    .iter()
    .flatten()
    .filter(|age| (35..50).contains(age))
    .count() as u64;
println!(
    "{}",
    if answer_2 == right {
        "right"
    } else {
        "not yet"
    }
);

// %% [markdown]
// **3.** Of 40 customers who got a test letter, 6 answered. What is the lower end of Wilson's 95 %
// interval? (`interval::wilson`, three digits.)

// %%
let answer_3: f64 = 0.0;

// %% jupyter={"source_hidden": true} tags=["check"]
let (p, n, z) = (6.0 / 40.0, 40.0, 1.959964_f64);
let centre = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
let reach = z / (1.0 + z * z / n) * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
println!(
    "{}",
    if (answer_3 - (centre - reach)).abs() < 0.0005 {
        "right"
    } else {
        "not yet"
    }
);
