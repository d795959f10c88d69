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
// # 10 Worth
//
// **What we want to know.** Who is still a customer, how often will they come, and what will they bring in?
//
// **Why.** A shop cannot keep everybody. What it spends on keeping somebody should depend on what is still to come from
// them, and that is not what they have spent so far: who spent most may have left long ago. Nobody says goodbye to a
// shop, so leaving must be inferred from silence.
//
// **How to use this page.** First on the simulated shop of lesson 09, whose truth is known: at the end we look how near
// the model came. Then with bills of yours, named in `SEGMENTA_ORDERS` as in lesson 09.

// %%
:dep segmenta = { path = ".." }
use segmenta::prelude::*;

// %%
let folder = std::env::temp_dir().join("segmenta-shop-10");
simulate::Shop::new().customers(12_000).seed(10).save(&folder, Existing::Replace)?;
let is_shop = std::env::var("SEGMENTA_ORDERS").is_err();
let made = ["2022.csv", "2023.csv"].map(|name| folder.join(name).display().to_string());
let files = std::env::var("SEGMENTA_ORDERS").unwrap_or(made.join(";"));
let files: Vec<String> = files.split(';').map(str::to_owned).collect();

// %%
let orders = orders::Loader::new().reject_bad_rows().load(&files)?;
orders.glance.select(["file", "rows_read", "rows_rejected", "rows_kept", "first", "last"])?

// %% [markdown]
// As in lesson 09 we keep bills that name a customer and have an amount above 0, each once. Times are counted in weeks.

// %%
let clean = Clean::new(&orders.bills)?
    .keep_where("a customer is named", col("customer").is_not_null())?
    .keep_where("sold, and not returned", col("amount").gt(lit(0.0)))?
    .drop_repeated(["customer", "time", "amount"])?;
let day = col("time").cast(DataType::Date).cast(DataType::Int32).cast(DataType::Float64);
let bills = clean.kept().clone().lazy().with_column((day / lit(7.0)).alias("week")).collect()?;
clean.report()?

// %% [markdown]
// One thing more. The export of 2021 is broken (lesson 09), so for customers who came before 2022 the first visit is not
// known: their first bill here is some later one. The table of members says when each joined, which is when they first
// bought. We look at those who joined in 2022 or later.

// %%
let members = read::file(folder.join("members.csv"))?.table;
let since_2022 = members
    .lazy()
    .filter(col("join_year").gt_eq(lit(2022)))
    .select([col("ent").alias("customer")])
    .collect()?;
let bills = if is_shop {
    bills
        .lazy()
        .join(since_2022.lazy(), [col("customer")], [col("customer")], JoinArgs::new(JoinType::Semi))
        .collect()?
} else {
    bills
};
bills.height()

// %% [markdown]
// **Caution.** This is the most common mistake with such models: a window is cut out of the bills, and everybody's
// first bill in it is taken for their first ever. Old customers then look like new ones who come often.
//
// ## Time that the model does not see
//
// The last 26 weeks are kept back. All that follows is learned from what came before.

// %%
let end = bills.column("week")?.f64()?.max().ok_or("there are no bills")?;
let kept_back = Holdout::new(&bills, "customer", "week", "amount", end - 26.0, end)?;
let history = kept_back.history().clone();
history.head(Some(5))

// %% [markdown]
// **How to read it.** `frequency` counts the times *after* the first, `recency` is from the first to the last of them,
// `observed` from the first to the end of what is seen, in weeks; `mean_amount` is that of a time after the first. `actual`
// is what came in the 26 weeks that are kept back.
//
// ## Does the published lifetime value foretell anything?
//
// The published analysis took `CLTV` = amount by visits x days since the first visit. If it were a lifetime value, who
// has more of it would come more often, or bring more.

// %%
let seen = bills.clone().lazy().filter(col("week").lt_eq(lit(end - 26.0))).collect()?;
let view = SingleView::new().published().of(&seen)?;
let came = view
    .lazy()
    .join(
        history.clone().lazy().select([col("customer"), col("actual"), col("frequency")]),
        [col("customer")],
        [col("customer")],
        JoinArgs::new(JoinType::Inner),
    )
    .with_column(col("actual").cast(DataType::Float64))
    .collect()?;

// %%
let pairs = explore::associations(&came.select(["CLTV", "visits", "recency", "actual"])?, 0.95)?;
pairs
    .clone()
    .lazy()
    .filter(col("measure").eq(lit("spearman")).and(col("a").eq(lit("actual")).or(col("b").eq(lit("actual")))))
    .select([col("a"), col("b"), col("estimate"), col("lower"), col("upper")])
    .collect()?

// %% [markdown]
// **What it shows.** Rank correlations with the visits that really came. The published figure has next to none, or a
// negative one: it grows while nobody comes. The plain number of visits, and the recency (less is better, so its sign is
// minus), each foretell more than it does.
//
// ## A model of coming and leaving
//
// BG/NBD (Fader, Hardie and Lee 2005): while somebody is a customer, they come at random, at a rate of their own; after
// each visit but the first they leave for good, with a chance of their own. Rates are spread over the customers as a gamma
// distribution (`r`, `alpha`), chances as a beta distribution (`a`, `b`). Four numbers, found by maximum likelihood:

// %%
let first_try = BgNbd::fit(&history, &BgNbd::params())?;
first_try.tidy()?

// %% [markdown]
// ## Is it right?
//
// Purchases of all customers together, those that came and those that the model expects of customers who came first when
// these did:

// %%
plot::tracking(&kept_back.tracking(&first_try, 1.0)?)?

// %% [markdown]
// **How to read it.** To the left of the dotted line the model has seen the bills; that it fits there proves little. To the
// right it has not, and it expects about a fifth too many. Two suspects:
//
// 1. **The model.** By its definition nobody leaves before a second visit: who came once only is taken for a customer, whenever
//    that was. Where people try a shop and never return, that is wrong.
// 2. **The season.** It learned up to the end of December, the busiest weeks of the year, and is asked about January to June.
//    Seasons are no part of it: the lower curve is smooth where the shop is not.
//
// The first can be tested. The modified model (MBG/NBD; Batislam, Denizel and Filiztekin 2007) lets customers leave after the
// first visit as well:

// %%
let buying = BgNbd::fit(&history, &BgNbd::params().modified())?;
buying.tidy()?

// %% [markdown]
// Of two models with as many parameters the one with the higher log-likelihood fits better; 2 to 3 more is worth a note, 10 more
// leaves no doubt.

// %%
let [of_first, of_modified] = [&first_try, &buying].map(BgNbd::glance);
let better = table::number(&of_modified?, "log_likelihood", 0)? - table::number(&of_first?, "log_likelihood", 0)?;
println!("modified: {better:+.1} beside the first try");

// %% [markdown]
// And what does it expect, for customers by how often they had come back?

// %%
kept_back.by_frequency(&buying, 7)?

// %% [markdown]
// **What it shows.** The modified model fits better, and its numbers say that many leave at once. But its sum is as much too high:
// it was not the leaving. The second suspect can be tried because the shop is made up: here is the same one without seasons.

// %%
let calm = std::env::temp_dir().join("segmenta-shop-10-calm");
simulate::Shop::new().customers(12_000).seed(10).seasons(false).defects(false).save(&calm, Existing::Replace)?;
let calm_bills = orders::load(["2021.csv", "2022.csv", "2023.csv"].map(|name| calm.join(name)))?.bills;
let calm_bills = Clean::new(&calm_bills)?.keep_where("sold", col("amount").gt(lit(0.0)))?.kept().clone();
let day = col("time").cast(DataType::Date).cast(DataType::Int32).cast(DataType::Float64);
let calm_bills = calm_bills.lazy().with_column((day / lit(7.0)).alias("week")).collect()?;

// %%
let calm_end = calm_bills.column("week")?.f64()?.max().ok_or("there are no bills")?;
let calm_holdout = Holdout::new(&calm_bills, "customer", "week", "amount", calm_end - 26.0, calm_end)?;
let calm_model = BgNbd::fit(calm_holdout.history(), &BgNbd::params().modified())?;
plot::tracking(&calm_holdout.tracking(&calm_model, 1.0)?)?

// %% [markdown]
// **What it shows.** Without seasons the forecast is right to a few per cent. So what was too high was mostly the autumn going on for
// ever. **Caution.** With bills of yours there is no such shop to ask. Judge on whole years where there are enough, or look how the
// same weeks of the year before compare with those that the model learned last.
//
// For single customers, whom one wants to rank, a season matters less: it moves all of them. The model is compared with two rivals that
// anybody can compute: everybody goes on at the rate so far (`same_rate`), and everybody is alike (`average`).

// %%
kept_back.glance(&buying)?

// %% [markdown]
// **How to read it.** `mae` is the mean absolute error for a customer. `worse_by` says how much more a rival errs, with its
// interval: if that reaches below 0, the model is not better, and should not be used to rank customers.
//
// Who is still a customer? For somebody who was observed for 52 weeks, by how often and how lately they came:

// %%
let grid: Vec<(u64, f64)> = (0..=12u64)
    .flat_map(|often| (0..=26).map(move |late| (often, 2.0 * f64::from(late))))
    .collect();
let grid = df!(
    "frequency" => grid.iter().map(|(often, _)| *often).collect::<Vec<_>>(),
    "recency" => grid.iter().map(|(_, late)| *late).collect::<Vec<_>>(),
    "observed" => vec![52.0; grid.len()],
)?;

// %%
plot::alive(&buying.augment(&grid, 1.0)?)?

// %% [markdown]
// **What it shows.** Top right: often, and lately. Top left: came often, and then for long not at all; such a customer has
// left. Further down silence says less: who comes seldom may just not have come yet.
//
// ## What an order is worth
//
// The gamma-gamma model takes the mean amount of who came back, and draws it towards the mean of all, the more the less often
// they came. It holds only where the amount has nothing to do with how often somebody comes: look at `correlation`.

// %%
let came_back = history.clone().lazy().filter(col("frequency").gt(lit(0))).collect()?;
let sizes = GammaGamma::fit(&came_back, &GammaGamma::params())?;
sizes.glance()?

// %% [markdown]
// ## What a customer is worth
//
// Expected purchases of the next 52 weeks times the expected amount of an order, at 10 % a year. Now with all bills, as one
// would do it today:

// %%
let today = value::history(&bills, "customer", "week", "amount", end)?;
let buying_today = BgNbd::fit(&today, &BgNbd::params().modified())?;
let discount = 1.1_f64.powf(7.0 / 365.25) - 1.0;
let worth = value::worth(&buying_today, &sizes, &today, 52.0, discount)?;
let best = SortMultipleOptions::new().with_order_descending(true);
let worth = worth.sort(["value"], best)?;
let shown = ["frequency", "recency", "observed", "alive", "purchases", "order_value"];
let shown = ["customer"].into_iter().chain(shown).chain(["value", "value_lower", "value_upper"]);
worth.select(shown)?.head(Some(8))

// %% [markdown]
// **Caution.** The interval says how well the models are known. A single customer will be further from the value than that:
// nobody comes 3.4 times. Sums over many customers are what the value is good for.
//
// ## Whom to keep
//
// Worth a letter is not who is worth most: those come anyway. It is who was worth much and may be leaving: a chance of being alive
// between 0.2 and 0.6, sorted by what a year at the rate so far would bring (`at_old_rate`).

// %%
let leaving = worth
    .clone()
    .lazy()
    .filter(col("alive").gt(lit(0.2)).and(col("alive").lt(lit(0.6))))
    .with_column((col("frequency").cast(DataType::Float64) / col("observed") * lit(52.0)).alias("rate"))
    .with_column((col("rate") * col("order_value")).alias("at_old_rate"))
    .sort(["at_old_rate"], SortMultipleOptions::new().with_order_descending(true))
    .select(["customer", "frequency", "recency", "observed", "alive", "value", "at_old_rate"].map(col))
    .limit(8)
    .collect()?;
leaving

// %% [markdown]
// ## Cohorts
//
// Of those who came first in a month, how many come in the months after?

// %%
let cohorts = value::cohorts(&bills, 0.95)?;
plot::cohorts(&cohorts)?

// %% [markdown]
// **How to read it.** A row is a month's new customers, a column how many months later. The star says that the month is not
// complete. Each share has its interval in the table (`lower`, `upper`), and that is wide for a month's customers: two cells that
// differ by a few per cent may be the same.
//
// ## What has changed the turnover
//
// Turnover is customers x orders of a customer x pieces of an order x price of a piece. Which of these has changed it, from
// the second half of 2022 to the first of 2023?

// %%
if is_shop {
    value::bridge(&bills, "2022-07-01", "2023-01-01", "2023-07-01")?
} else {
    DataFrame::empty()
}

// %% [markdown]
// **How to read it.** `effect` is what the change of a factor has done to the turnover, in money; the four add up to the last row.
//
// And who brings how much?

// %%
let today_view = SingleView::new().of(&bills)?;
value::tenths(&today_view, "amount")?

// %% [markdown]
// **How to read it.** Each row is a tenth of the customers, those who spent most first; `cumulative` is the share of the turnover down
// to this row. **Caution.** It is what was, and partly luck: who is in the first tenth is known only afterwards.

// %% [markdown]
// ## How near did the model come?
//
// Of the simulated shop the truth is known: who had left, and the four numbers by which customers were drawn; they leave after
// the first visit as after any other. (Seasons stretch and shrink its time, and small defects are in the bills, so that the model
// is not exactly right, as no model is.)

// %%
let shop = simulate::Shop::new().customers(12_000).seed(10).generate()?;
let mut beside = buying_today.tidy()?;
if is_shop {
    let drawn = [simulate::Shop::R, simulate::Shop::ALPHA, simulate::Shop::A, simulate::Shop::B];
    beside.with_column(Column::new("drawn_from".into(), drawn))?;
}
beside

// %% [markdown]
// Of customers whom the model calls alive with 10 to 20 %, are 10 to 20 % alive? Calibration says more than any single case:

// %%
let tenth = (col("alive") * lit(10.0)).floor() / lit(10.0);
let known = worth
    .clone()
    .lazy()
    .join(
        shop.customers.lazy().select([col("ent"), col("alive").cast(DataType::Float64).alias("is_alive")]),
        [col("customer")],
        [col("ent")],
        JoinArgs::new(JoinType::Inner),
    )
    .with_column(tenth.alias("from"))
    .group_by([col("from")])
    .agg([len().alias("customers"), col("alive").mean().alias("model"), col("is_alive").mean().alias("truth")])
    .sort(["from"], Default::default())
    .collect()?;
known

// %% [markdown]
// **How to read it.** Each row is a tenth of the chances, the first from 0 to 0.1. Where `model` and `truth` agree, a chance of the
// model is one of the world. With `first_try` the last row would have all who came once, with a chance of 1.
//
// ```sh
// cargo segmenta worth 2022.csv 2023.csv --model mbg-nbd --reject --out worth
// ```
//
// ## Take-away
//
// - Judge a forecast on time that it has not seen, and beside rivals that cost nothing.
// - Where a forecast is wrong, name the suspects, and test each. The first explanation that fits may not be the one.
// - Silence means something different for each customer: the more often they came, the sooner it means that they have left.
// - A window cut out of the bills makes old customers look new. Find out who was first when.
// - A value of a customer has an interval, and is good for sums. Ranks at the top are mostly luck.
//
// ## Exercises
//
// As in lesson 01: your code in the place of each `todo!()`, then the cell below it. `check::hint(10, 1)?` gives a hint to
// exercise 1, and `check::solution(10, 1)?` shows one way to solve it.
//
// **1.** How many customers of `worth` have a chance of 0.5 or less of being alive?

// %% tags=["exercise-1"]
let answer_1: usize = {
    // BEGIN SOLUTION
    worth.clone().lazy().filter(col("alive").lt_eq(lit(0.5))).collect()?.height()
    // END SOLUTION
};

// %% tags=["check-1"]
check::lesson10(1, answer_1, &worth)?

// %% [markdown]
// **2.** Fit `value::ParetoNbd` to `history` (customers may leave at any time), and judge it with `kept_back.glance`. Is its mean
// absolute error smaller than that of `buying`? Answer "yes" or "no".

// %% tags=["exercise-2"]
let answer_2: &str = {
    // BEGIN SOLUTION
    let pareto = value::ParetoNbd::fit(&history, &value::ParetoNbd::params())?;
    let of_pareto = table::number(&kept_back.glance(&pareto)?, "mae", 0)?;
    let of_buying = table::number(&kept_back.glance(&buying)?, "mae", 0)?;
    if of_pareto < of_buying { "yes" } else { "no" }
    // END SOLUTION
};

// %% tags=["check-2"]
check::lesson10(2, answer_2, &history)?

// %% [markdown]
// **3.** Which share of the turnover so far came from the first tenth of the customers, in whole per cent (rounded down)?

// %% tags=["exercise-3"]
let answer_3: u64 = {
    // BEGIN SOLUTION
    let share = table::number(&value::tenths(&today_view, "amount")?, "share", 0)?;
    (100.0 * share).floor() as u64
    // END SOLUTION
};

// %% tags=["check-3"]
check::lesson10(3, answer_3, &today_view)?
