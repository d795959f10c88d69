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
// # 07 Recommendation
//
// **What we want to know.** What to do about the segments: for whom is it worth to do what, how much money
// is at stake, would a campaign pay, and whom should we write to?
//
// **Why.** A recommendation without a number is an opinion, and a number without its assumptions is a trap.
// The published analyses give sums in millions; three of them are wrong, one by a factor of ten. Here the
// sums that the table can tell have an interval, each assumption is written beside what follows from it, and
// the model behind the list of customers to write to is judged by customers it has not seen.
//
// **How to use this page.** As before: Shift+Enter, from the top to the bottom. At the end you take away a
// report and a list.

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
// ## Published: tiers, and the money at stake
//
// The four RFMLC segments of lesson 05, from the dates that were read wrongly:

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
let rfmlc = Recipe::new(features::RFMLC)
    .clip(Columns::All, 0.01, 0.99)
    .log("spend")
    .min_max(Columns::All);
let four = Segments::fit(&as_published, &rfmlc, &KMeans::params(4).seed(1))?;
let in_four = four.assign(&as_published)?;
let four_named = personality::names(&in_four, "segment", &personality::NamingRules::default())?;
four_named.select(["segment", "name", "spend_median", "transactions_median", "Recency_median"])?

// %% [markdown]
// A membership programme gives a **tier** to each segment, here by what its customers spend on average:

// %%
recommend::tiers(&in_four, "segment", "spend", recommend::TIERS)?

// %% [markdown]
// **What it says.** The highest mean spend gets *Platinum*. The means of Platinum and Gold are close: a
// customer would hardly see why. On the published table the text gives *Silver*
// to the low spenders who bought lately, and *Bronze* to those who did not; by spend it is the other way
// round. Both can be argued. Say which one you mean: a tier is a promise.
//
// **Value at stake** is what a segment has spent in two years: what would be missing if all of it left. Its
// interval comes from the bootstrap of lesson 03: other customers of the same kind would have spent another
// sum.

// %%
let at_stake = recommend::value_at_stake(&in_four, "segment", "spend", &Bootstrap::new())?;
at_stake.clone()

// %% [markdown]
// As a picture:

// %%
plot::bars(&at_stake)?
    .title("How much did each segment spend?")
    .x_axis("segment")
    .y_axis("rupiah in two years")

// %% [markdown]
// **What it shows.** The two segments of high spenders stand for nearly everything. **Caution.** The text
// calls these sums "potential per year". They are the past, of two years, and nobody loses all of a segment.
//
// **What if** some leave, and others buy more? The table does not know how many will leave. So it is an
// assumption, in a table of its own, to be argued about:

// %%
let assumed = four_named.clone().lazy().select([
    col("segment"),
    when(col("Recency_position").gt_eq(lit(0.6)))
        .then(lit(0.3))
        .otherwise(lit(0.1))
        .alias("churn"),
    lit(0.05).alias("uplift"),
]);
let after = recommend::what_if(&at_stake, &assumed.collect()?)?;
after.clone()

// %% [markdown]
// **What it says.** With three in ten leaving where customers have been away for long, one in ten elsewhere,
// and a twentieth more from those who stay. The interval is that of the sums; the assumptions have none. Change
// them, and see which of them matters.
//
// ## Published: what would fewer discounts save?
//
// The four spender groups, as in lessons 05 and 06:

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
let spenders = Segments::fit(&table, &half_scaled, &early)?.assign(&table)?;
let spenders_at_stake =
    recommend::value_at_stake(&spenders, "segment", "spend", &Bootstrap::new())?;
spenders_at_stake.clone()

// %% [markdown]
// The published reckoning of the saving: the average order, times the purchases with a discount, times one
// half.

// %%
let half = recommend::Assumptions::new().discount(0.5);
let saving = recommend::promo_saving(&spenders, "segment", &half)?;
saving.select(["segment", "average_order", "deals", "estimate", "lower", "upper"])?

// %% [markdown]
// **Caution.** It is an upper bound. It counts the whole order as saved, though a discount gives away only
// a part of it, and supposes that everybody would have bought at the full price.
//
// All published sums in one table, in millions of rupiah. (*Mended* is what should have been printed, by the
// same program's own sums.)

// %%
let in_millions = [(col("estimate") / lit(1e6)).alias("millions")];
let rfmlc_sums = at_stake.clone().lazy().select(in_millions.clone()).collect()?;
let spender_sums = spenders_at_stake.clone().lazy().select(in_millions.clone()).collect()?;
let savings = saving.clone().lazy().select(in_millions).collect()?;
let figures = [
    ("High-Valued, as the text has it", "670", table::number(&rfmlc_sums, "millions", 0)?),
    ("High-Valued, to one decimal", "670.2", table::number(&rfmlc_sums, "millions", 0)?),
    ("High-Valued Frequent", "604", table::number(&rfmlc_sums, "millions", 1)?),
    ("High-Valued Frequent, to one decimal", "604.4", table::number(&rfmlc_sums, "millions", 1)?),
    ("Low-Valued", "46", table::number(&rfmlc_sums, "millions", 2)?),
    ("Low-Valued, to one decimal", "45.6", table::number(&rfmlc_sums, "millions", 2)?),
    ("Low-Valued Frequent", "47", table::number(&rfmlc_sums, "millions", 3)?),
    ("Low-Valued Frequent, mended", "36.8", table::number(&rfmlc_sums, "millions", 3)?),
    ("High Spender", "176", table::number(&spender_sums, "millions", 3)?),
    ("High Spender, to one decimal", "176.6", table::number(&spender_sums, "millions", 3)?),
    ("Mid Spender", "66", table::number(&spender_sums, "millions", 2)?),
    ("Mid Spender, mended", "668.6", table::number(&spender_sums, "millions", 2)?),
    ("Saving on promos of Mid", "50", table::number(&savings, "millions", 2)?),
    ("Saving on promos of Mid, mended", "40.6", table::number(&savings, "millions", 2)?),
];
let compared = published::verdicts(&loaded.customers, figures)?;
compared.clone()

// %% [markdown]
// And why some differ (a table without rows, if another file was loaded):

// %%
let reasons = df!(
    "figure" => [
        "Low-Valued Frequent", "High Spender", "Mid Spender", "Saving on promos of Mid",
    ],
    "reason" => [
        "the text does not agree with its own sums",
        "cut off instead of rounded: 176.6 rounds to 177",
        "a digit was lost: 66 for 668.6",
        "its own formula gives 40.6",
    ],
)?;
let differing = compared.clone().lazy().filter(col("verdict").eq(lit("differs")));
differing
    .clone()
    .join(reasons.clone().lazy(), [col("figure")], [col("figure")], JoinArgs::new(JoinType::Left))
    .select([col("figure"), col("published"), col("ours"), col("reason")])
    .collect()?

// %% [markdown]
// **What it says.** On the published table mid spenders stand for ten times what the text says, and for
// about half of everything. Whoever planned by the text would have watched the wrong group.
//
// ## Our own: which campaign for whom?
//
// The three segments of lessons 05 and 06, with their names:

// %%
let with_features = table.select([
    "ID",
    "Year_Birth",
    "Income",
    "Recency",
    "spend",
    "transactions",
    "NumDealsPurchases",
    "NumWebPurchases",
    "NumCatalogPurchases",
    "NumStorePurchases",
    "NumWebVisitsMonth",
    "age",
    "children",
    "accepted_campaigns",
    "Education",
    "Marital_Status",
    "Response",
])?;
let all_but_id = with_features.drop("ID")?;
let possible = col("Year_Birth")
    .gt_eq(lit(1910))
    .and(col("Income").neq(lit(666_666_000.0)));
let cleaned = Clean::new(&with_features)?
    .drop_repeated(all_but_id.get_column_names().into_iter().map(|name| name.as_str()))?
    .keep_where("born in 1910 or later, no made-up income", possible)?;
let recipe = Recipe::new([
    "Income",
    "spend",
    "NumDealsPurchases",
    "NumCatalogPurchases",
    "NumStorePurchases",
    "NumWebVisitsMonth",
])
.clip(Columns::All, 0.01, 0.99)
.log("spend")
.standardise(Columns::All);
let segments = Segments::fit(cleaned.kept(), &recipe, &KMeans::params(3).seed(1))?;
let customers = segments.assign(cleaned.kept())?;
let named = personality::names(&customers, "segment", &personality::NamingRules::default())?;
named.select(["segment", "name", "spend_median", "transactions_median", "Recency_median"])?

// %% [markdown]
// What must be assumed: a contact costs 3,000 rupiah and an answer brings 11,000 (the published file says so
// of its last campaign); the rest is made up, and yours to change. (*Power* is how often a test finds an
// effect that is there.)

// %%
let assumptions = recommend::Assumptions::new();
assumptions.tidy()?

// %% [markdown]
// `Campaigns` puts it together: who, why, what to offer, in which channel (the one they use more than
// everybody does, not the one they use most), and whether it pays. The texts are data, in English and
// Indonesian; the numbers in them are those of the segment.

// %%
let campaigns = recommend::Campaigns::new(&named).assumptions(&assumptions);
let plan = campaigns.plan(&customers, "segment")?;
let mut told: Vec<String> = Vec::new();
for row in 0..plan.height() {
    told.push(format!("Segment {}", plan.column("segment")?.get(row)?));
    for column in ["who", "why", "offer", "channel"] {
        let words = plan.column(column)?.str()?.get(row).unwrap_or("");
        told.push(format!("  {column}: {words}"));
    }
}
println!("{}", told.join("\n"));

// %% [markdown]
// The same in Indonesian:

// %%
let in_indonesian = campaigns.clone().texts(&recommend::Texts::indonesian());
let rencana = in_indonesian.plan(&customers, "segment")?;
println!("{}", rencana.column("why")?.str()?.get(0).unwrap_or(""));

// %% [markdown]
// Would it pay to write to a whole segment? `break_even` is the share that must answer for the next campaign
// to pay: the cost of a contact over what an answer earns that would not have come anyway, 3,000 / (11,000 x
// 0.8). `profit` is what a letter to everybody in the segment would bring, less its cost, in rupiah, if the
// next campaign were answered like the last.

// %%
plan.select([
    "segment",
    "customers",
    "response",
    "response_lower",
    "response_upper",
    "break_even",
    "pays",
    "profit",
    "control",
])?

// %% [markdown]
// **What it says.** `response` is the share that answered the last campaign. `pays` is *open* where its
// interval holds the break-even. If it is *no* for a segment, writing to all of it loses money.
//
// `control` is how many customers of the segment to leave alone, chosen by lot: compared with them one sees
// what the campaign did, and not what would have happened anyway. Null means that the segment is too small
// to see it.
//
// **Caution.** These control groups are small because we assumed that only a fifth of the answers would have come
// anyway: an effect that large is easy to see. A smaller one needs many more (exercise 3), and with a
// handful of expected buyers the number is a rough guide.
//
// ## Whom to write to?
//
// If it does not pay to write to everybody, write to those who are likely to answer. A **logistic
// regression** learns from the last campaign how the chance to answer depends on what else the table knows;
// this chance is called the **propensity**. It is trained on seven customers in ten, and judged by the other
// three. We suppose that the columns were known *before* the campaign; the table does not say so.

// %%
let known_before = Recipe::new([
    "Income",
    "spend",
    "Recency",
    "transactions",
    "NumDealsPurchases",
    "NumCatalogPurchases",
    "NumWebVisitsMonth",
    "accepted_campaigns",
    "children",
    "age",
])
.clip(Columns::All, 0.01, 0.99)
.standardise(Columns::All);
let params = Propensity::params("Response").against("spend").seed(1);
let propensity = Propensity::fit(&customers, &known_before, &params)?;
propensity.glance()?

// %% [markdown]
// **What it says.** `auc` is the chance that one who answered got a higher chance than one who did not: 0.5
// is guessing, 1 perfect. `predicted`, the mean chance, should be near the true `rate`. `brier` is the mean
// squared error of the chances; it should be below `brier_of_rate`, that of giving everybody the same chance.
//
// What did it learn?

// %%
propensity.tidy()?

// %% [markdown]
// **What it says.** *Odds* are the chance that somebody answers over the chance that they do not: 1 to 4 is
// a chance of 0.2. All columns are standardised, so `odds_ratio` is by what the odds are multiplied where a
// customer has one standard deviation more of this column *and the same of all others*: above 1 more likely,
// below 1 less. An interval (`lower` to `upper`) with 1 inside: no effect that one could rely on.
// **Caution.** Columns that contain each other (`transactions` counts catalogue purchases and those with a
// discount as well) share their effect: do not read such a row alone. And it describes who answers, not what
// makes them answer.
//
// What must not be in it: a column that is known only *after* the campaign. It would look perfect, and be
// useless. The library refuses those that it knows by name, and any one that alone tells the answer; of all
// others you must know it yourself:

// %%
let leaking = Recipe::new(["spend", "Response"]).standardise(Columns::All);
let answer = match Propensity::fit(&customers, &leaking, &params) {
    Ok(_) => "fitted".to_string(),
    Err(error) => format!("refused: {error}"),
};
println!("{answer}");

// %% [markdown]
// **Gain**: by writing to the first so many percent of the customers, which share of all answers is reached?
// Against the order by spend, which is what one would do without a model, and against drawing at random:

// %%
let gain = propensity.gain()?;
plot::gain(&gain)?

// %% [markdown]
// **What it shows.** The dotted line is chance: a third of the customers, a third of the answers. The higher
// above it a curve bends, the better the order. The bands are wide because only three customers in ten judge,
// and few of them answered. Do the bands of the two orders overlap?
//
// **Lift** is the same as a ratio: how many answers for a letter, against drawing at random?

// %%
plot::lift(&gain)?

// %% [markdown]
// **What it shows.** In the first tenth the lift is highest, and it falls to 1, when everybody is written to.
// Overlapping bands do not settle which order is better. Look at the interval of their difference, from the
// same resamples:

// %%
propensity
    .ahead()?
    .lazy()
    .filter(col("share").lt_eq(lit(0.5)))
    .collect()?

// %% [markdown]
// **What it says.** `difference` is how much more of all answers the model reaches than the order in `over`.
// Where the interval has 0 inside, the model is not shown to be better there.
//
// ## A list for a budget
//
// Each customer's chance, times what an answer brings that would not have come anyway (11,000 rupiah less a
// fifth: 8,800), less the cost of the letter (3,000). The best first, as many as the budget pays for, and
// nobody whose letter costs more than it is expected to bring:

// %%
let with_chances = propensity.augment(&customers)?;
let list = recommend::target(&with_chances, 1_000_000.0, &assumptions)?;
let paid = 3_000 * list.height();
println!("{} letters are worth it; they cost {paid} of 1,000,000 rupiah", list.height());
list.head(Some(5))
    .select(["ID", "segment", "propensity", "expected"])?

// %% [markdown]
// By segment:

// %%
let by_segment = list
    .clone()
    .lazy()
    .group_by([col("segment")])
    .agg([
        len().alias("letters"),
        col("propensity").mean().alias("mean_propensity"),
        col("expected").sum().alias("expected"),
    ])
    .sort(["segment"], Default::default())
    .collect()?;
by_segment.clone()

// %% [markdown]
// **What it says.** `expected` is what these letters bring beyond their cost, if the model and the assumptions
// hold. Compare it with `profit` above, that of writing to whole segments.
//
// If the letters cost less than the budget, it is not the money that ends the list: it is the chances.
//
// **Caution.** The chances come from one past campaign, and most customers on the list were among those it
// learned from. Those most likely to answer may also be those who would have bought anyway; only a control group
// tells. Keep one in the next campaign, and learn again.
//
// ## Take it away
//
// A report in one file, which needs no network and can be printed. It ends with the checksum of the input,
// the seed and the versions, so that somebody else can get the same digits:

// %%
let sizes = personality::sizes(&customers, "segment", 0.95)?;
let report = Report::new("Customer segments")
    .chapter("Data")
    .table("The file", &loaded.glance)?
    .table("What was left out", &cleaned.report()?)?
    .chapter("Segments")
    .table("How good they are", &segments.glance()?)?
    .table("Names, and the figures that earned them", &named)?
    .figure(&plot::bars(&sizes)?.title("How large are they?").x_axis("segment"))
    .figure(&plot::scatter_by(&customers, "Income", "spend", "segment")?)
    .chapter("Recommendations")
    .table("Campaigns", &plan)?
    .table("Assumptions", &assumptions.tidy()?)?
    .chapter("Whom to write to")
    .table("How good the prediction is", &propensity.glance()?)?
    .figure(&plot::gain(&gain)?)
    .table("Letters by segment", &by_segment)?
    .chapter("Where it comes from")
    .origin(&file, 1)?;

// %% [markdown]
// Four files into one folder: all of them, or none. `Existing::Replace` says that older ones may be replaced.

// %%
let place = std::env::temp_dir().join("segmenta-lesson-07");
let names = ["report.html", "customers.csv", "targets.csv", "segments.json"];
let folder = export::Folder::new(&place, names, Existing::Replace)?;
report.save(folder.path("report.html"), Existing::Keep)?;
export::csv(&with_chances, folder.path("customers.csv"), Existing::Keep)?;
export::csv(&list, folder.path("targets.csv"), Existing::Keep)?;
segments.save(folder.path("segments.json"), Existing::Replace)?;
folder.finish()?;
let mut written: Vec<String> = Vec::new();
for name in names {
    let size = std::fs::metadata(place.join(name))?.len();
    written.push(format!("{name}: {}", if size > 0 { "written" } else { "empty" }));
}
println!("{}", written.join("\n"));

// %% [markdown]
// They are in the folder `segmenta-lesson-07` of your system's folder for temporary files (`/tmp` on Linux):
// copy what you want to keep.
//
// The same without a notebook, every week: `cargo segmenta segment customers.csv --out spring`, then
// `cargo segmenta report spring --budget 1000000`.
//
// ## Take-away
//
// - Check the sums. Three published ones were wrong, one of them by a factor of ten.
// - What the table does not know is an assumption. Write it beside what follows from it.
// - Here a campaign to a whole segment would have lost money. The break-even says which share must answer.
// - Judge a model by customers it has not seen, against what one would have done without it.
// - Leave some customers alone, by lot. Otherwise nobody will ever know what the campaign did.

// %% [markdown]
// ## Exercises
//
// As in lesson 01: your code in the place of each `todo!()`, then the cell below it. `check::hint(7, 1)?` gives a hint to
// exercise 1, and `check::solution(7, 1)?` shows one way to solve it.
//
// **1.** A contact gets dearer: 4,000 rupiah (`Assumptions::new().cost(4_000.0)`). From which share of answers
// on does a campaign pay now?

// %% tags=["exercise-1"]
let answer_1: f64 = {
    // BEGIN SOLUTION
    let dearer = recommend::Assumptions::new().cost(4_000.0);
    let dear_plan = recommend::Campaigns::new(&named).assumptions(&dearer).plan(&customers, "segment")?;
    table::number(&dear_plan, "break_even", 0)?
    // END SOLUTION
};

// %% tags=["check-1"]
check::lesson07(1, answer_1, &plan)?

// %% [markdown]
// **2.** A contact gets cheaper: 2,000 rupiah. How many letters does `target` suggest now, if the budget has
// no limit (`f64::INFINITY`)?

// %% tags=["exercise-2"]
let answer_2: usize = {
    // BEGIN SOLUTION
    let cheaper = recommend::Assumptions::new().cost(2_000.0);
    recommend::target(&with_chances, f64::INFINITY, &cheaper)?.height()
    // END SOLUTION
};

// %% tags=["check-2"]
check::lesson07(2, answer_2, &with_chances)?

// %% [markdown]
// **3.** An offer is to go to all `customers`. Without it one in ten buys, and with it we hope for 15 in 100. How many
// must be left alone, for a test at 5 % that finds the difference in 80 % of cases?
// (`recommend::ControlGroup::new(without, with).size(customers)?`, the shares from 0 to 1; it gives an `Option`, as the
// answer is. Then hope for 12 in 100: what does `None` tell you?)

// %% tags=["exercise-3"]
let answer_3: Option<u64> = {
    // BEGIN SOLUTION
    recommend::ControlGroup::new(0.10, 0.15).size(customers.height() as u64)?
    // END SOLUTION
};

// %% tags=["check-3"]
check::lesson07(3, answer_3, &customers)?
