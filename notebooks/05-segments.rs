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
// # 05 Segments
//
// **What we want to know.** Do our customers fall into groups? Into how many, which ones, and would the
// same groups come out of other customers?
//
// **Why.** An algorithm that is asked for four segments gives four, whether there are four or none. The
// published analyses of this table asked, got, and gave names. Here we rebuild all four, and then ask
// what they answered too quickly: is it there?
//
// **How to use this page.** As before: Shift+Enter, from the top to the bottom. Some cells work for a few
// seconds and tell how far they are.

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
// ## k-means in three sentences
//
// Put k centres (centroids) somewhere. Give each customer to the nearest centre, move each centre to the mean of
// its customers, and go on until nothing changes. The sum of all squared distances to the own centre is
// called **inertia**, and less is better.
//
// Where it ends depends on where it starts, so it is started many times, and the best end is kept.
// `KMeans` spreads its starts well (k-means++), and at the end tries whether moving single customers
// makes it better still. A seed makes it repeatable;
// `refine(false)` leaves the last step out, as the published programs did.
//
// ## Published: four segments of RFMLC
//
// The columns, with the days that were read as months (lesson 04), and the recipe of that analysis:

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

// %% [markdown]
// `Segments::fit` scales the customers and finds the segments; `tidy` has a row for each, with the means
// in their own units. Segments are counted from the largest; `within_ss`
// is the segment's part of the inertia.

// %%
let four = Segments::fit(&as_published, &rfmlc, &KMeans::params(4).seed(1))?;
four.tidy()?

// %% [markdown]
// **What it shows.** Two segments spend much, two little; and of each pair one has bought lately and the
// other has not. The published names are *High-Valued*, *High-Valued Frequent*, *Low-Valued* and
// *Low-Valued Frequent*; "frequent" there means that `Recency` is small. (On the published table, `length`
// hardly differs between them.)
//
// How much money does each stand for?

// %%
let in_four = four.assign(&as_published)?;
let at_stake = in_four
    .clone()
    .lazy()
    .group_by([col("segment")])
    .agg([len().alias("customers"), (col("spend").sum() / lit(1e6)).alias("spend_in_millions")])
    .sort(["segment"], Default::default())
    .collect()?;
at_stake

// %% [markdown]
// The text gives the last one as 47 million; on the published table the sum is another. The table at the
// end of the published part has both.
//
// ## The same with the dates as they are
//
// Nothing changes but the column `length`. (40 starts, because here many ends lie close together.)

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
let mended = Segments::fit(&customers, &rfmlc, &KMeans::params(4).seed(1).restarts(40))?;
mended.tidy()?

// %% [markdown]
// **What it shows.** Compare `Recency` and `length` with the table before. On the published table the
// high spenders are now split by how long they have been customers, and no longer by how lately they
// bought. Why? Who decides the distance, with the dates swapped and as they are (lesson 04):

// %%
let swapped = scale::distance_shares(&rfmlc.fit(&as_published)?.transform(&as_published)?)?;
let as_they_are = scale::distance_shares(&rfmlc.fit(&customers)?.transform(&customers)?)?;
let swapped = swapped
    .lazy()
    .select([col("column"), col("estimate").alias("swapped")]);
let as_they_are = as_they_are
    .lazy()
    .select([col("column"), col("estimate").alias("as_they_are")]);
let by_column = JoinArgs::new(JoinType::Left);
let both_shares = swapped
    .join(as_they_are, [col("column")], [col("column")], by_column)
    .collect()?;
both_shares.clone()

// %% [markdown]
// **What it shows.** The swapped dates had stretched the range of `length` at both ends; min-max then
// squeezed it, and its share is smaller. So `Recency` decided the split of the high spenders. With the
// dates as they are the two have nearly the same say.
//
// **Caution.** Then both splits are nearly as good, and a small change tips the scale. That is itself a
// sign of weak structure.
//
// Do the two divisions agree? The **adjusted Rand index** looks at all pairs of customers: are they
// together in both, apart in both? It is 1 for the same division, and about 0 for two that have nothing
// to do with each other. (`nmi` is another such measure, for reference; `left_out` counts customers
// without a label.)

// %%
let two_divisions = df!(
    "published" => in_four.column("segment")?.as_materialized_series().clone(),
    "true_dates" => mended.assign(&customers)?.column("segment")?.as_materialized_series().clone(),
)?;
cluster::agreement(&two_divisions, "published", "true_dates")?

// %% [markdown]
// Which segment is which? `match_labels` pairs them so that as many customers as possible agree.

// %%
cluster::match_labels(&two_divisions, "published", "true_dates")?

// %% [markdown]
// **What it shows.** `both` customers are in the two segments of a row, and `jaccard` is their share of
// those who are in either. Which segments stay what they were, and which fall apart? On the published
// table it is the high spenders whose split hangs on how the dates were read.
//
// ## Published: three segments of LRFM, not scaled
//
// The rows and columns as in lesson 04, then three segments of unscaled columns:

// %%
let lrfm = Clean::new(&customers)?
    .drop_nulls(["Income"])?
    .keep_inside(features::LRFM, OutlierRule::Z)?;
let by_money = Segments::fit(lrfm.kept(), &Recipe::new(features::LRFM), &KMeans::params(3))?;
by_money.tidy()?

// %% [markdown]
// **What it shows.** The segments are slices of `spend`. `transactions` differs too, but only because who
// buys more spends more; `length` and `Recency` hardly do. The text calls the segment of 1254 *high
// value*. On the published table that is the largest one, with the lowest mean spend: the names were given
// in the wrong order, and nobody looked at the numbers again.
//
// And standardised:

// %%
let lrfm_recipe = Recipe::new(features::LRFM).standardise(Columns::All);
let by_four = Segments::fit(lrfm.kept(), &lrfm_recipe, &KMeans::params(3))?;
by_four.tidy()?

// %% [markdown]
// **What it shows.** First `spend` and `transactions`: which segments buy little, and which much? Then,
// between segments that spend alike: is it `length` or `Recency` that differs? Either can come out, as all
// four columns count equally here.
//
// ## Published: four spender groups, half scaled
//
// 33 columns, of which 12 were not scaled (lesson 04):

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
let schools = ["Basic", "2n Cycle", "Graduation", "Master", "PhD"];
let half_scaled = Recipe::new(scaled_ones.iter().chain(&forgotten).copied())
    .ordinal("Education", schools)
    .standardise(scaled_ones);

// %% [markdown]
// The published program stopped before the best end: its tolerance ends the iterations when the centres
// hardly move, and customers on the border are still on the wrong side. We cannot know where it started;
// on the published table these settings, found by trying, end where it ended.

// %%
let early = KMeans::params(4).refine(false).restarts(1).seed(1).tolerance(1e-3);
let published_spenders = Segments::fit(&spenders, &half_scaled, &early)?;
let best_spenders = Segments::fit(&spenders, &half_scaled, &KMeans::params(4).restarts(40))?;
df!(
    "" => ["stopped early", "best of 40"],
    "inertia" => [published_spenders.model().inertia(), best_spenders.model().inertia()],
    "sizes" => [
        format!("{:?}", published_spenders.model().counts()),
        format!("{:?}", best_spenders.model().counts()),
    ],
)?

// %% [markdown]
// **What it shows.** The best has the lower inertia. On the published table the two differ in a handful of
// customers. On another table a single start may end somewhere quite different: compare the sizes. That is
// why one start is not enough.
//
// What if all columns have their say?

// %%
let whole = Recipe::new(scaled_ones.iter().chain(&forgotten).copied())
    .ordinal("Education", schools)
    .standardise(Columns::All);
let all_scaled = Segments::fit(&spenders, &whole, &KMeans::params(4).restarts(40))?;
let two_divisions = df!(
    "half_scaled" => published_spenders.assign(&spenders)?.column("segment")?.as_materialized_series().clone(),
    "all_scaled" => all_scaled.assign(&spenders)?.column("segment")?.as_materialized_series().clone(),
)?;
cluster::agreement(&two_divisions, "half_scaled", "all_scaled")?

// %% [markdown]
// **What it shows.** 1 would mean that the twelve forgotten columns made no difference. How far below is
// it?
//
// ## Published: four segments on two components, and a silhouette that is too good
//
// The analysis in five stages keeps the rows inside Tukey's bounds of six columns, standardises 32
// columns (two are constant in the published file), and takes their first two principal components.

// %%
let inside = Clean::new(&loaded.customers)?.keep_inside(
    [
        "Year_Birth",
        "Income",
        "MntMeatProducts",
        "MntSweetProducts",
        "NumWebPurchases",
        "NumCatalogPurchases",
    ],
    OutlierRule::Iqr,
)?;
let two_decimals = features::purchases_per_visit().fill_null(0.0);
let stages = inside
    .kept()
    .clone()
    .lazy()
    .with_columns([
        features::age(AgeBands::Stages.year()),
        features::membership(2023),
        features::children(),
        features::spend(),
        features::transactions(),
        features::accepted_campaigns(),
        two_decimals.round(2, RoundMode::HalfToEven),
    ])
    .collect()?;
inside.report()?

// %% [markdown]
// Its columns are those of the spender groups without two, and with the years of membership. (`lloyd` is
// k-means without refinement, after the man who thought of it.)

// %%
let not_here = ["age_at_joining", "is_parent"];
let stage_columns: Vec<&str> = scaled_ones
    .iter()
    .chain(&forgotten)
    .chain(&["membership"])
    .copied()
    .filter(|name| !not_here.contains(name))
    .collect();
let two_components = Recipe::new(stage_columns.clone())
    .ordinal("Education", schools)
    .standardise(Columns::All)
    .principal_components(2);
let lloyd = KMeans::params(4).refine(false);
let published_stages = Segments::fit(&stages, &two_components, &lloyd)?;
published_stages.glance()?

// %% [markdown]
// The **silhouette** asks of each customer: how far is it to the others of the own segment, and how far
// to those of the nearest other one? 1 is well inside, 0 on the border, below 0 nearer to the other. The
// mean over all customers says how well the segments stand apart: by a rule of thumb above 0.7 strong,
// 0.5 to 0.7 reasonable, 0.25 to 0.5 weak, and below that nothing.
//
// The text gives 0.535, reasonable. On the published table our `silhouette` above is clearly lower. Where
// does the published one come from? The label had been appended to the table as a column before the score
// was taken: a customer's segment was one of the coordinates by which the segments were judged.
//
// First the customers as k-means saw them, with their segment:

// %%
let in_stages = published_stages.assign(&stages)?;
let scaled_stages = published_stages.scaler().transform(&stages)?;
let honest = scaled_stages.hstack(&[in_stages.column("segment")?.clone()])?;
let clean_score = cluster::criteria(&honest, "segment")?;
clean_score.clone()

// %% [markdown]
// Then with the label as a third coordinate. The size of the leak depends on the number that each segment
// happened to get; these are the published ones:

// %%
let number = when(col("segment").eq(lit(1)))
    .then(lit(1.0))
    .when(col("segment").eq(lit(2)))
    .then(lit(3.0))
    .when(col("segment").eq(lit(3)))
    .then(lit(2.0))
    .otherwise(lit(0.0));
let leaked = honest.clone().lazy().with_column(number.alias("label")).collect()?;
let leaked_score = cluster::criteria(&leaked, "segment")?;
leaked_score.clone()

// %% [markdown]
// **What it shows.** A better silhouette, and nothing about the customers is better.
//
// Was four the best number at all, as the text says? Without the leak:

// %%
let mut by_k = Vec::new();
for k in 2..=5 {
    let segments = Segments::fit(&stages, &two_components, &KMeans::params(k))?;
    by_k.push(segments.glance()?.lazy().select([
        col("segments"),
        col("inertia"),
        col("silhouette"),
        col("davies_bouldin"),
        col("calinski_harabasz"),
    ]));
}
concat(by_k.clone(), UnionArgs::default())?.collect()?

// %% [markdown]
// **What it shows.** Where is the silhouette highest, and is it at four? On the published table two
// segments score best. (The other two criteria are explained below.)
//
// ## All published figures in one table
//
// First the tables that the figures stand in: the medians of each segment, beside the means that `tidy` has.

// %%
fn medians(table: &DataFrame) -> Result<DataFrame, PolarsError> {
    let each = table.clone().lazy().group_by([col("segment")]);
    let of = ["Income", "spend", "transactions"].map(|column| col(column).median());
    each.agg(of).sort(["segment"], Default::default()).collect()
}
let (rfmlc_means, money_means) = (four.tidy()?, by_money.tidy()?);
let (spender_means, stage_means) = (published_spenders.tidy()?, published_stages.tidy()?);
let spender_medians = medians(&published_spenders.assign(&spenders)?)?;
let stage_medians = medians(&in_stages)?;

// %% [markdown]
// The figures: what it is, what was printed, what we get. (On another table the names are matched by the
// size of the segments alone, and may stand beside other customers.)

// %%
let two_spenders = Segments::fit(&spenders, &half_scaled, &KMeans::params(2))?;
let three_spenders = Segments::fit(&spenders, &half_scaled, &KMeans::params(3))?;
let million = 1e6;
let figures = [
    ("RFMLC: size of High-Valued", "648", table::number(&rfmlc_means, "customers", 0)?),
    ("RFMLC: size of High-Valued Frequent", "611", table::number(&rfmlc_means, "customers", 1)?),
    ("RFMLC: size of Low-Valued", "493", table::number(&rfmlc_means, "customers", 2)?),
    ("RFMLC: size of Low-Valued Frequent", "488", table::number(&rfmlc_means, "customers", 3)?),
    ("RFMLC: inertia", "373.4527", four.model().inertia()),
    ("RFMLC: recency of High-Valued, days", "73", table::number(&rfmlc_means, "Recency", 0)?),
    ("RFMLC: recency of High-Valued Frequent", "23", table::number(&rfmlc_means, "Recency", 1)?),
    ("RFMLC: recency of Low-Valued", "74", table::number(&rfmlc_means, "Recency", 2)?),
    ("RFMLC: spend of High-Valued, M", "670.2", table::number(&at_stake, "spend_in_millions", 0)?),
    (
        "RFMLC: spend of High-Valued Frequent, M",
        "604.4",
        table::number(&at_stake, "spend_in_millions", 1)?,
    ),
    ("RFMLC: spend of Low-Valued, M", "45.6", table::number(&at_stake, "spend_in_millions", 2)?),
    (
        "RFMLC: spend of Low-Valued Frequent, M",
        "47",
        table::number(&at_stake, "spend_in_millions", 3)?,
    ),
    ("LRFM: size of High", "1254", table::number(&money_means, "customers", 0)?),
    ("LRFM: size of Low", "590", table::number(&money_means, "customers", 1)?),
    ("LRFM: size of Medium", "364", table::number(&money_means, "customers", 2)?),
    ("LRFM: share of High, %", "56.79", 100.0 * table::number(&money_means, "share", 0)?),
    ("Spenders: size of Risk of Churn", "915", table::number(&spender_means, "customers", 0)?),
    ("Spenders: size of Low", "600", table::number(&spender_means, "customers", 1)?),
    ("Spenders: size of Mid", "564", table::number(&spender_means, "customers", 2)?),
    ("Spenders: size of High", "137", table::number(&spender_means, "customers", 3)?),
    ("Spenders: inertia of two", "104357.22", two_spenders.model().inertia()),
    ("Spenders: inertia of three", "77987.73", three_spenders.model().inertia()),
    ("Spenders: inertia of four", "61652.37", published_spenders.model().inertia()),
    ("Spenders: inertia of the best four", "61652.37", best_spenders.model().inertia()),
    (
        "Spenders: income of Risk of Churn, M",
        "33.4",
        table::number(&spender_medians, "Income", 0)? / million,
    ),
    ("Spenders: income of Low, M", "57.3", table::number(&spender_medians, "Income", 1)? / million),
    ("Spenders: income of Mid, M", "68.1", table::number(&spender_medians, "Income", 2)? / million),
    ("Spenders: income of High, M", "80.1", table::number(&spender_medians, "Income", 3)? / million),
    ("Spenders: spend of Risk of Churn, K", "57", table::number(&spender_medians, "spend", 0)? / 1e3),
    ("Spenders: spend of Low, K", "506", table::number(&spender_medians, "spend", 1)? / 1e3),
    ("Spenders: spend of Mid, M", "1.11", table::number(&spender_medians, "spend", 2)? / million),
    ("Spenders: spend of High, M", "1.216", table::number(&spender_medians, "spend", 3)? / million),
    ("Stages: share of the largest, %", "50.22", 100.0 * table::number(&stage_means, "share", 0)?),
    ("Stages: share of the second, %", "23.75", 100.0 * table::number(&stage_means, "share", 1)?),
    ("Stages: share of the third, %", "13.42", 100.0 * table::number(&stage_means, "share", 2)?),
    ("Stages: share of the smallest, %", "12.61", 100.0 * table::number(&stage_means, "share", 3)?),
    ("Stages: inertia of four", "4846.608", published_stages.model().inertia()),
    ("Stages: purchases of the largest", "7", table::number(&stage_medians, "transactions", 0)?),
    ("Stages: purchases of the second", "17", table::number(&stage_medians, "transactions", 1)?),
    ("Stages: purchases of the third", "20", table::number(&stage_medians, "transactions", 2)?),
    ("Stages: purchases of the smallest", "25", table::number(&stage_medians, "transactions", 3)?),
    ("Stages: spend of the largest, K", "58", table::number(&stage_medians, "spend", 0)? / 1e3),
    ("Stages: spend of the second, K", "434", table::number(&stage_medians, "spend", 1)? / 1e3),
    ("Stages: spend of the third, K", "1040", table::number(&stage_medians, "spend", 2)? / 1e3),
    ("Stages: spend of the smallest, K", "1116", table::number(&stage_medians, "spend", 3)? / 1e3),
    ("Stages: silhouette with the leak", "0.535", table::number(&leaked_score, "silhouette", 0)?),
    ("Stages: silhouette without", "0.535", table::number(&clean_score, "silhouette", 0)?),
];
let compared = published::verdicts(&loaded.customers, figures)?;

// %% [markdown]
// All of them, as text, so that none is cut off:

// %%
let mut lines = Vec::new();
for row in 0..compared.height() {
    let word = |column: &str| {
        compared
            .column(column)?
            .str()
            .map(|words| words.get(row).unwrap_or(""))
    };
    let ours = table::number(&compared, "ours", row)?;
    lines.push(format!(
        "{:<42} {:>10} {ours:>12.4}  {}",
        word("figure")?,
        word("published")?,
        word("verdict")?
    ));
}
println!("{:<42} {:>10} {:>12}  verdict\n{}", "figure", "published", "ours", lines.join("\n"));

// %% [markdown]
// And why they differ, where they do (a table without rows, if another file was loaded):

// %%
let reasons = df!(
    "figure" => [
        "RFMLC: spend of Low-Valued Frequent, M",
        "Spenders: inertia of the best four",
        "Stages: silhouette without",
    ],
    "reason" => [
        "the text does not agree with its own sums",
        "the published iterations were stopped early; there is a lower end",
        "the label was one of the coordinates when the score was taken",
    ],
)?;
let differing = compared.clone().lazy().filter(col("verdict").eq(lit("differs")));
differing
    .clone()
    .join(reasons.clone().lazy(), [col("figure")], [col("figure")], JoinArgs::new(JoinType::Left))
    .select([col("figure"), col("published"), col("ours"), col("reason")])
    .collect()?

// %% [markdown]
// **What it says.** On the published table every figure comes out but for those with a reason. To
// reproduce is one thing, and to be right another: these segments are what the programs gave, and the
// programs were asked the wrong question.
//
// ## Is there anything to find?
//
// Now the question that was answered too quickly: into how many segments do the customers fall, if into
// any? `ChooseK` clusters with every number from 1, and puts the criteria side by side:
//
// | question | columns | what a good value says, and what not |
// |---|---|---|
// | are they apart? | `silhouette`; Davies-Bouldin (width of two neighbours over their distance: less is better); Calinski-Harabasz (spread between over spread within: more is better); the `knee` of the inertia | the segments are tight and separate; says little at small k |
// | is it more than noise? | `gap`: how much smaller the inertia is than in made-up tables without segments, as a logarithm; `beyond_noise`: how many standard errors the fall from one segment to k lies beyond that of three kinds of noise | there is more than chance; not how many |
// | do they come out again? | `ari` (adjusted Rand) and `least_jaccard` (for the least stable segment) in **resamples**, drawn from the customers as in the bootstrap of lesson 03 | the same cut is made again; not that there is a gap to cut along |
// | do they hold for others? | `split_ari`, `split_ratio`: learned from 70 %, tried on 30 % | new customers fit in; the same caution |
//
// The verdict works in two steps. A number **passes** if it lies 4 standard errors beyond noise, has a mean
// silhouette of 0.25 or more, and finds each segment again (`least_jaccard` of 0.75 or more). Among those
// that pass, six criteria vote: silhouette, Davies-Bouldin, Calinski-Harabasz, gap, knee, `ari`. If only one
// passes, it has most of the votes unopposed, whatever the pictures show. If none does, there is **no clear
// structure**, and that is an answer.
//
// Some of these figures come from draws, so each has a standard error of its own (`..._se`). Where a figure
// lies too near its bound, more is drawn; where that does not help, the verdict is **undecided**, and says
// between what.
//
// `ChooseK` takes the table and the recipe, not numbers that are scaled already. In each resample, and in
// each part of the split, the recipe is fitted anew to those customers alone. Had all customers been scaled
// at once, the mean and the quantiles of those held out would be known to those who learn: a **leak**, which
// makes every method look a little surer than it is.
//
// On the RFMLC columns, with the dates as they are:

// %%
let choice = ChooseK::new(1..=8).fit(&customers, &rfmlc, &KMeans::params(1).seed(1))?;
println!("{}", choice.verdict());
choice.tidy()

// %% [markdown]
// As a picture:

// %%
plot::criteria(&choice)?.title("How many RFMLC segments?")

// %% [markdown]
// **What it shows.** Do the criteria agree? Usually they do not, and none of them is the right one. Mind
// the axes, which do not begin at 0. On the published table four segments have a silhouette of 0.22, below
// the 0.25 of the rule of thumb, and more segments do not mend that.
//
// ## Our own
//
// From here on we ask for ourselves, so the decisions of lesson 01 apply: nobody twice, nobody impossible.

// %%
let everything_but_id: Vec<String> = spenders
    .drop("ID")?
    .get_column_names()
    .iter()
    .map(|name| name.to_string())
    .collect();
let possible = col("Year_Birth")
    .gt_eq(lit(1910))
    .and(col("Income").neq(lit(666_666_000.0)));
let cleaned = Clean::new(&spenders)?
    .drop_repeated(everything_but_id.iter().map(String::as_str))?
    .keep_where("born in 1910 or later, no made-up income", possible)?;
cleaned.report()?.select(["step", "before", "left_out", "after"])?

// %% [markdown]
// Then the columns, as at the end of lesson 04:

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
.standardise(Columns::All);
let ours = cleaned.kept().clone();
let own_scaled = own.fit(&ours)?.transform(&ours)?;
let own_choice = ChooseK::new(1..=8).fit(&ours, &own, &KMeans::params(1).seed(1))?;
println!("{}", own_choice.verdict());
own_choice.tidy()

// %% [markdown]
// The knee of the inertia:

// %%
plot::elbow(&own_choice)?.title("Our own columns: inertia by number of segments")

// %% [markdown]
// **What it shows.** The curve falls with every segment more; that alone says nothing. The circle marks the
// knee, the point farthest below the straight line between the two ends. Almost every curve has one, so it
// proves nothing by itself.
//
// And all criteria:

// %%
plot::criteria(&own_choice)?.title("How many segments of our own?")

// %% [markdown]
// **What it shows.** The dotted line is the number that the rule speaks for. How many of the six vote for
// it, and where do gap and knee point? Two segments (who spends, who does not) say little to a marketer. We
// take three *because of what we want to use them for*, if the third comes out again, and say what the rule
// suggested.

// %%
let params = KMeans::params(3).seed(1);
let segments = Segments::fit(&ours, &own, &params)?;
segments.tidy()?

// %% [markdown]
// **What it shows.** Read the rows as people: who earns and spends how much, in which channel, and who
// looks at the web site without buying? Lesson 06 gives them names by rule.
//
// How good are they? (`explained` is the share of all squared distances that lies between the segments.)

// %%
segments.glance()?

// %% [markdown]
// Customer by customer, the silhouettes as blades:

// %%
let in_segments = segments.augment(&ours)?;
plot::silhouettes(&in_segments, "segment")?

// %% [markdown]
// **What it shows.** A blade that is wide for most of its height is a segment with a core. The thin end,
// and all that lies left of 0, are customers on the border. They are in a segment because everyone has to
// be.
//
// Where do they lie? A map along the first two principal components:

// %%
let on_the_map = own_scaled.hstack(&[in_segments.column("segment")?.clone()])?;
plot::map(&on_the_map, "segment")?

// %% [markdown]
// **What it shows.** Empty space here is a real gap. Colours that touch here may still be apart in the
// directions that the picture leaves out: the second line says how much it holds. If they touch, and the
// silhouette is weak as well, think of slices of one cloud, as one cuts a year into seasons. Slices can be
// useful. They are not kinds of people. (The lines run round all customers of a segment; a single far one
// stretches them.)
//
// Would they come out of other customers?

// %%
let stability = cluster::Resample::new(100).fit(&ours, &own, &params)?;
plot::stability(&stability)?

// %% [markdown]
// **What it shows.** A bar above the upper dotted line: in resamples the same segment is found again, with
// nearly the same customers.
//
// **Caution.** Stable is not the same as real. k-means cuts one long cloud at the same place every time. An
// unstable segment is refuted; a stable one is only not refuted.
//
// In numbers, for all segments together:

// %%
stability.glance()

// %% [markdown]
// And for customers whom neither the recipe nor the algorithm has seen:

// %%
cluster::Split::new(0.7).fit(&ours, &own, &params)?

// %% [markdown]
// `ratio` is the mean squared distance of those tested over that of those learned from. About 1: the
// centres fit new customers as well as their own. What would a leak have changed? The same split with the
// numbers that all customers were scaled by:

// %%
let as_they_are = Recipe::new(own_scaled.get_column_names().iter().map(|name| name.as_str()));
cluster::Split::new(0.7).fit(&own_scaled, &as_they_are, &params)?

// %% [markdown]
// **What it shows.** With two thousand customers only the third digit: quantiles and means of 70 % are nearly those
// of all. With fifty it would be another matter, and with a recipe that looks at the answers it always is.
//
// ## Would another method find others?
//
// k-means makes round segments of similar width. A **Gaussian mixture** may have long, flat and
// overlapping ones. Its BIC (less is better) weighs the fit against the number of things that were fitted.

// %%
let data = own.fit(&ours)?.dataset(&ours)?;
let mut mixtures: Vec<cluster::GaussianMixture> = Vec::new();
for k in 1..=6 {
    mixtures.push(cluster::GaussianMixture::params(k).seed(1).fit(&data)?);
}
let bics: Vec<f64> = mixtures.iter().map(|mixture| mixture.bic()).collect();
df!("segments" => (1..=6u64).collect::<Vec<_>>(), "bic" => bics.clone())?

// %% [markdown]
// **Caution.** A sudden large fall of the BIC is no discovery. Purchases are counts: where many customers
// have exactly 0, a component can shrink onto that value, and its likelihood grows without bound. Is that
// what happened? The smallest variance of any component in any column, for each number of segments:

// %%
let mut narrowest = Vec::new();
for mixture in &mixtures {
    let variances = mixture
        .covariances()
        .iter()
        .flat_map(|covariance| covariance.diag().to_vec());
    narrowest.push(variances.fold(f64::INFINITY, f64::min));
}
df!("segments" => (1..=6u64).collect::<Vec<_>>(), "smallest_variance" => narrowest.clone())?

// %% [markdown]
// **What it shows.** For one segment each column has a variance of about 1. A component whose variance is
// almost 0 has found a value, and not a group: from there on the BIC counts for nothing.
//
// A **hierarchy** joins the two most similar groups again and again (Ward's method). It needs all pairs, so
// it takes at most 10,000 customers. Do the three agree on three segments?

// %%
let tree = cluster::hierarchy(&own_scaled.head(Some(10_000)))?.labels(3)?;
let by_mixture = mixtures[2].predict(data.records()).to_vec();
let three_methods = df!(
    "kmeans" => in_segments.column("segment")?.head(Some(10_000)).as_materialized_series().clone(),
    "mixture" => by_mixture.iter().take(10_000).map(|label| *label as u64).collect::<Vec<_>>(),
    "hierarchy" => tree.iter().map(|label| *label as u64).collect::<Vec<_>>(),
)?;
concat(
    [
        cluster::agreement(&three_methods, "kmeans", "mixture")?.lazy(),
        cluster::agreement(&three_methods, "kmeans", "hierarchy")?.lazy(),
        cluster::agreement(&three_methods, "mixture", "hierarchy")?.lazy(),
    ],
    UnionArgs::default(),
)?
.collect()?

// %% [markdown]
// **What it shows.** Near 1: three ways of looking give the same groups, so the cut does not hang on the
// method. Around a half or below: the answer depends on the question, as it does where a slope is cut into
// pieces. **Caution.** Agreement does not say that three is the right number.
//
// ## Groups that need no centre, and customers in none
//
// The three above put every customer into a group. **DBSCAN** asks another question: where do customers lie
// close together, in whatever shape? Who has `min_points` customers within a radius is a *core* customer; core
// customers in reach of each other share a segment; others join the nearest core customer in reach, or are in
// none. The number of segments follows from the radius. But how close is close? For each customer: the radius
// that holds 12 of them (twice the number of columns is usual).

// %%
let closeness = cluster::ChooseRadius::new(12).seed(1).fit(&ours, &own)?;
plot::k_distance(closeness.optics())?

// %% [markdown]
// **What it shows.** Left, customers in crowded places; right, those with nobody near. Text books say: take the
// radius at the bend. A small radius finds dense places in anything, though, in noise as well. So here is what
// each radius would give, and which one makes most places that are more than noise makes:

// %%
println!("{}", closeness.verdict());
closeness.tidy()?

// %% [markdown]
// **How to read it.** `core` and `edge` are in a segment, `alone` in none; `largest` has the core customers of
// the largest segment. From the top to the bottom small places join, until one holds nearly everybody.
//
// The picture of all radii at once is the **reachability**, OPTICS by name: customers in an order in which
// neighbours follow each other, each with the radius that it takes to come to them. A valley is a group.

// %%
plot::reachability(closeness.optics())?

// %% [markdown]
// **What it shows.** A radius is a horizontal line: what lies below it, between two rims, is a segment. A deep valley
// between high rims would be a crowd with a clear border; one long slope without rims is a single mass.
//
// The segments of the radius that is proposed, or of the bend where none is:

// %%
let radius = closeness.suggested().unwrap_or(closeness.optics().bend());
let dense = Segments::fit(&ours, &own, &Dbscan::params(12, radius))?;
dense.tidy()?

// %% [markdown]
// Which of them would come out of other customers? The Jaccard index of each in resamples, as before:

// %%
cluster::Resample::new(50).fit(&ours, &own, &Dbscan::params(12, radius))?.tidy()

// %% [markdown]
// **What it shows.** Two crowded ends, those who spend little and those who spend much, and a wide middle in
// which customers lie too far apart for a crowd: the segment `none`. Small places do not come out again.
// That is the same slope once more, seen in a way that may say so: k-means has to cut the middle, density
// leaves it alone.
//
// linfa-clustering, a package that you may know, has DBSCAN as well. Does it say the same?

// %%
use segmenta::linfa::traits::Transformer;
let theirs = segmenta::linfa_clustering::Dbscan::params(12).tolerance(radius);
let theirs = theirs.transform(data.records())?;
let in_dense = dense.augment(&ours)?;
let both = df!(
    "linfa" => theirs.iter().map(|group| group.map_or(-1, |group| group as i64)).collect::<Vec<_>>(),
    "segmenta" => in_dense.column("segment")?.as_materialized_series().clone(),
)?;
cluster::agreement(&both, "linfa", "segmenta")?

// %% [markdown]
// **What it shows.** The same groups. Where it is not quite 1, somebody lies in reach of two of them: ours
// gives the nearer one, linfa's the one that it comes to first. **Caution.** DBSCAN has one radius for all. A
// crowd of many and a looser one of few are not found with the same; and counts come in steps, which look
// like crowds.
//
// ## Keep the model
//
// `save` writes the recipe with its numbers, the centres and the columns to a file; `load` brings them
// back, and `assign` finds the segment of customers who were not there before. A table that
// lacks a column of the recipe is refused; further columns do no harm.

// %%
let model_file = std::env::temp_dir().join("segments-of-lesson-05.json");
segments.save(&model_file, Existing::Replace)?;
let loaded_segments = Segments::load(&model_file)?;
let new_customers = ours.tail(Some(3));
loaded_segments
    .assign(&new_customers)?
    .select(["ID", "Income", "spend", "segment", "distance"])?

// %% [markdown]
// Without a column that it needs:

// %%
let answer = match loaded_segments.assign(&new_customers.drop("Income")?) {
    Ok(_) => "assigned".to_string(),
    Err(error) => format!("refused: {error}"),
};
println!("{answer}");

// %% [markdown]
// ## Take-away
//
// - An algorithm gives as many segments as it is asked for. Ask first whether there are any.
// - No criterion is right. Put several side by side, and say which ones disagree.
// - A segment that does not come out of other customers is not worth a name.
// - Never judge segments in a table that holds their labels.
// - "Weak structure" is an answer, and slices of a slope can still be useful, if one knows what they are.
// - A customer may belong to no segment. Only methods that can say so will tell you.

// %% [markdown]
// ## Exercises
//
// As in lesson 01: your code in the place of each `todo!()`, then the cell below it. `check::hint(5, 1)?` gives a hint to
// exercise 1, and `check::solution(5, 1)?` shows one way to solve it.
//
// **1.** How many customers of `in_segments` lie nearer to another segment than to their own? (Look at the
// column `silhouette`.)

// %% tags=["exercise-1"]
let answer_1: usize = {
    // BEGIN SOLUTION
    in_segments.clone().lazy().filter(col("silhouette").lt(lit(0.0))).collect()?.height()
    // END SOLUTION
};

// %% tags=["check-1"]
check::lesson05(1, answer_1, &on_the_map)?

// %% [markdown]
// **2.** Would four segments of our own come out again? Test `KMeans::params(4).seed(1)` with the recipe `own`
// on `ours`, with `cluster::Resample` and 100 resamples. What is the mean Jaccard index of the least stable
// segment? (`glance()` has it.)

// %% tags=["exercise-2"]
let answer_2: f64 = {
    // BEGIN SOLUTION
    let four_again = cluster::Resample::new(100).fit(&ours, &own, &KMeans::params(4).seed(1))?;
    table::number(&four_again.glance(), "least_jaccard", 0)?
    // END SOLUTION
};

// %% tags=["check-2"]
check::lesson05(2, answer_2, &ours)?

// %% [markdown]
// **3.** What is the gap at k = 3 of `ours` against made-up tables whose columns are shuffled?
// (Start with `cluster::Gap::new(1..=4).reference(cluster::Reference::Shuffled)`; its `fit` takes what that of
// `ChooseK` takes, and gives a row for each k.) Then think: would two columns that merely rise together have a
// gap above 0 as well?

// %% tags=["exercise-3"]
let answer_3: f64 = {
    // BEGIN SOLUTION
    let shuffled = cluster::Gap::new(1..=4).reference(cluster::Reference::Shuffled);
    table::number(&shuffled.fit(&ours, &own, &params)?, "gap", 2)?
    // END SOLUTION
};

// %% tags=["check-3"]
check::lesson05(3, answer_3, &ours)?
