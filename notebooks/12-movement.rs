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
// # 12 Movement
//
// **What we want to know.** Who moves from segment to segment, who comes and who leaves, and can the next segment of a customer be
// foretold?
//
// **Why.** Segments are made to act on, and customers do not stand still. But much that looks like movement is made by the
// window through which one looks, and a forecast that is right nine times in ten may be worth nothing.
//
// **How to use this page.** On the simulated shop of lesson 09, or with bills of yours, named in `SEGMENTA_ORDERS` as there; then put days of yours
// into the periods.

// %%
:dep segmenta = { path = ".." }
use segmenta::prelude::*;

// %%
let folder = std::env::temp_dir().join("segmenta-shop-12");
simulate::Shop::new().customers(12_000).seed(12).save(&folder, Existing::Replace)?;
let made = ["2022.csv", "2023.csv"].map(|name| folder.join(name).display().to_string());
let files = std::env::var("SEGMENTA_ORDERS").unwrap_or(made.join(";"));
let files: Vec<String> = files.split(';').map(str::to_owned).collect();

// %%
let orders = orders::Loader::new().reject_bad_rows().load(&files)?;
let clean = Clean::new(&orders.bills)?
    .keep_where("a customer is named", col("customer").is_not_null())?
    .keep_where("sold, and not returned", col("amount").gt(lit(0.0)))?
    .drop_repeated(["customer", "time", "amount"])?;
let bills = clean.kept().clone();
clean.report()?

// %% [markdown]
// Half a year is a period; there are three of them.

// %%
let halves = [("2022-01-01", "2022-07-01"), ("2022-07-01", "2023-01-01"), ("2023-01-01", "2023-07-01")];
let view = SingleView::new().between("2022-01-01", "2022-07-01").of(&bills)?;
view.head(Some(4))

// %% [markdown]
// ## Segments of the view
//
// Most of these columns are sums with long tails: few customers have very much. Their logarithms can be compared.
// (A few bills have no list of products, so that a quantity is missing: it gets the median.)

// %%
let columns = ["visits", "quantity", "amount", "basket_size", "visit_period", "recency"];
let recipe = Recipe::new(columns).fill_median(["quantity", "basket_size"]).log1p(Columns::All).standardise(Columns::All);
let segments = Segments::fit(&view, &recipe, &KMeans::params(3).seed(1))?;
segments.tidy()?

// %% [markdown]
// The published analysis took twenty columns as they are, `ARPU` and `order_size` among them, which are the same figure twice. Its
// three segments had 49.1, 47.5 and 3.4 % of 325,164 customers. Ours, with the same kind of recipe:

// %%
let twenty = ["visits", "quantity", "amount", "basket_size", "order_size", "visit_size", "visit_period", "centres",
    "discount", "paid", "online_share", "offline_share", "recency", "ARPU", "MTBP", "CLTV"];
let wide = SingleView::new().published().between("2022-01-01", "2022-07-01").of(&bills)?;
let there: Vec<&str> = twenty.into_iter().filter(|name| wide.column(name).is_ok()).collect();
let published_recipe = Recipe::new(there).fill_median(Columns::All).standardise(Columns::All);
let as_published = Segments::fit(&wide, &published_recipe, &KMeans::params(3).seed(1))?.tidy()?;
df!(
    "segment" => [1, 2, 3],
    "published" => [159_660.0, 154_607.0, 10_897.0].map(|customers| customers / 325_164.0),
    "ours" => as_published.column("share")?.f64()?.iter().flatten().collect::<Vec<_>>(),
)?

// %% [markdown]
// **What it shows.** Another shop, and the same shape: two large segments, and a small one of customers with very much of everything. Without
// logarithms a few large sums are what k-means looks at.
//
// ## A segment within a segment
//
// The largest of our segments can be divided again. Among its own customers other differences count, so it has a scaler of its own:

// %%
let divided = segments.clone().divide("1", &view, &recipe, &KMeans::params(2).seed(1))?;
divided.tidy()?

// %% [markdown]
// **How to read it.** `1.1` is the first part of segment 1; the path goes with the customers when they are assigned, saved and
// reported. The published analysis used the scaler of all customers again. That is another division:

// %%
let inside = view.clone().filter(&segments.assign(&view)?.column("segment")?.u64()?.equal(1u64))?;
let scaled = segments.scaler().transform(&inside)?;
let old_names: Vec<String> = scaled.get_column_names().iter().map(|name| name.to_string()).collect();
let with_old = Segments::fit(&scaled, &Recipe::new(old_names.iter().map(String::as_str)), &KMeans::params(2).seed(1))?;
let mut beside = inside.select(["customer"])?;
beside.with_column(divided.assign(&inside)?.column("segment")?.clone().with_name("own_scaler".into()))?;
beside.with_column(with_old.assign(&scaled)?.column("segment")?.clone().with_name("old_scaler".into()))?;
cluster::agreement(&beside, "own_scaler", "old_scaler")?

// %% [markdown]
// **How to read it.** `ari` is 1 where two divisions are the same, and about 0 where they agree by chance only.
//
// ## A window that shrinks
//
// The published analysis learned its segments on eighteen months, put half-years through them, and found that the best segment shrank. Let us
// do the same:

// %%
let long = SingleView::new().between("2022-01-01", "2023-07-01").of(&bills)?;
let long_segments = Segments::fit(&long, &recipe, &KMeans::params(3).seed(1))?;
let long_segments = long_segments.learned_between("2022-01-01", "2023-07-01")?;
let refused = Periods::new(&long_segments)
    .period("2022-01-01", "2022-07-01")
    .period("2022-07-01", "2023-01-01")
    .of(&bills);
match refused {
    Ok(_) => "it was taken".to_string(),
    Err(error) => error.to_string(),
}

// %% [markdown]
// It is refused, with the reason. Of eighteen months a customer who comes every two months has nine visits, of six months three: they fall
// without having changed anything. It can be asked for:

// %%
let shrunk = Periods::new(&long_segments)
    .period("2022-01-01", "2022-07-01")
    .period("2022-07-01", "2023-01-01")
    .unequal()
    .of(&bills)?;
let in_half = shrunk
    .tidy(0.95)?
    .lazy()
    .filter(col("from").neq(lit("new")))
    .group_by_stable([col("from")])
    .agg([col("customers").sum().cast(DataType::Float64)])
    .select([(col("customers") / col("customers").sum()).alias("half_year")])
    .collect()?;
let eighteen_months = long_segments.tidy()?.select(["segment", "visits", "amount", "share"])?;
let eighteen_months = eighteen_months.lazy().rename(["share"], ["eighteen_months"], true).collect()?;
eighteen_months.hstack(in_half.columns())?

// %% [markdown]
// **How to read it.** Of each segment the mean visits and amount of the eighteen months, its share of the customers then, and the share that the first
// half-year puts into it. **What it shows.** The best segment, the one with the most visits, has lost two fifths of its size, and nobody has left
// it: it takes eighteen months to come so often.
//
// ## Movement in windows of one length
//
// So the segments are those of a half-year, and know it:

// %%
let segments = segments.learned_between("2022-01-01", "2022-07-01")?;
let movement = Periods::new(&segments)
    .period("2022-01-01", "2022-07-01")
    .period("2022-07-01", "2023-01-01")
    .period("2023-01-01", "2023-07-01")
    .of(&bills)?;
movement.glance(0.95)?

// %% [markdown]
// **How to read it.** `stayed` are in the same segment as before, `new` were not there, `gone` do not come back in this period. Customers who do not
// change are seen in one segment now and in another then, by chance. But then as many go one way as the other; `p_holm` tests that, and
// `net_share` says by how much the two differ.
//
// The first step as a matrix, leavers and entrants included. The published analysis left them out, and with them what mattered
// most:

// %%
movement.matrix(1)?

// %%
let tidy = movement.tidy(0.95)?;
plot::transitions(&tidy.clone().lazy().filter(col("step").eq(lit(1))).collect()?)?

// %% [markdown]
// And the published one, of another shop, as the same kind of picture:

// %%
let from = [1, 1, 1, 2, 2, 2, 3, 3, 3];
let to = [1, 2, 3, 1, 2, 3, 1, 2, 3];
let first_half = df!("from" => from, "to" => to, "customers" => [31510, 3834, 766, 8718, 8746, 404, 213, 58, 643])?;
let second_half = df!("from" => from, "to" => to, "customers" => [26937, 2923, 677, 5193, 4394, 235, 539, 134, 1157])?;
plot::transitions(&first_half)?.title("Published: first to second half of 2022")

// %% [markdown]
// Has the movement itself changed from one step to the next? The published two matrices, row by row:

// %%
movement::same(&first_half, &second_half)?

// %% [markdown]
// **How to read it.** Each row compares where the customers of one segment went in the two steps. All p-values are tiny, since there are a hundred thousand
// customers; the effect sizes (`cramers_v`) are below 0.1. *Significant* is not *large*.
//
// All periods in one picture:

// %%
plot::flows(&tidy)?

// %% [markdown]
// ## What moved them?
//
// A customer who moved lies nearer to another centre than before. Each column has its part in that:

// %%
movement.drivers()?.head(Some(12))

// %% [markdown]
// **How to read it.** For those who went `from` one segment `to` another: the mean of the column before and after, and its `weight`, its part
// of what brought them nearer to the new centre; a pair's weights add up to 1.
//
// ## Foretelling the segment
//
// The published analysis trained a random forest to tell the segment from the very columns that the segments were made of, and
// judged it on the customers that it had learned from. How good is that?

// %%
let labelled = segments.assign(&view)?.drop("distance")?;
let forest = RandomForest::params().seed(1);
let copy = Classifier::fit(&labelled, "segment", columns, &forest)?;
let on_its_own = copy.augment(&labelled)?;
predict::scores(&on_its_own, "segment", "predicted", 0.95)?.select(["n", "accuracy", "most_frequent"])?

// %% [markdown]
// Perfect, and worth nothing: it has learned its own rows by heart. Trees that did not see a row do less well (`accuracy`):

// %%
copy.glance(0.95)?.select(["n", "trees", "leaves", "accuracy", "accuracy_lower", "accuracy_upper"])?

// %% [markdown]
// Still worth nothing. Which segment a customer belongs to is no secret: it is the nearest centre, and `segments.assign` finds it
// without a mistake and without a forest. The forest copies its border.
//
// More honest is a fold: segments are made from some customers, and others, who had no part in them, are asked for. Their truth is
// the nearest of *those* centres.

// %%
let halved = view.clone().lazy().with_row_index("row", None);
let learned = halved.clone().filter((col("row") % lit(2)).eq(lit(0))).drop(cols(["row"])).collect()?;
let others = halved.filter((col("row") % lit(2)).eq(lit(1))).drop(cols(["row"])).collect()?;
let half_segments = Segments::fit(&learned, &recipe, &KMeans::params(3).seed(1))?;
let half_forest = Classifier::fit(&half_segments.assign(&learned)?, "segment", columns, &forest)?;
let told = half_forest.augment(&half_segments.assign(&others)?)?;
predict::scores(&told, "segment", "predicted", 0.95)?.select(["n", "accuracy", "accuracy_lower", "accuracy_upper", "most_frequent"])?

// %% [markdown]
// What do its answers rest on? The published analysis showed by how much each column made the leaves purer:

// %%
let published = df!(
    "column" => ["order_size", "ARPU", "MTBP", "total_amt", "visits", "visit_period", "CLTV", "basket_size"],
    "impurity" => [0.241, 0.198, 0.088, 0.082, 0.075, 0.059, 0.057, 0.052],
)?;
plot::importance(&published, "impurity")?.title("Published importances")

// %%
plot::importance(&copy.tidy()?, "impurity")?.title("Ours, of the same kind")

// %% [markdown]
// **Caution.** `order_size` and `ARPU` are the same column, so each has about half of what it is worth. Shuffling columns tells more, on customers who
// were not learned from, and columns that say the same *together*:

// %%
let importance = half_forest.importance(&told.drop_many(["predicted", "probability"]), 5, 0.8)?;
plot::importance(&importance, "drop")?

// %% [markdown]
// **How to read it.** How many answers more are wrong once the column is shuffled among the customers; a bar with a `+` in its name shuffles
// several columns at once.
//
// ## What is worth foretelling: the next period
//
// From what a customer did in the first half of 2022: in which segment will they be in the second, or will they be gone? That is not known
// in advance. The forest learns it from the first step, and is asked at the second, which it has not seen.

// %%
let moves = movement.augment().clone();
fn step(views: &DataFrame, moves: &DataFrame, number: u32) -> Result<DataFrame, Error> {
    let own = moves.clone().lazy().filter(col("step").eq(lit(number)).and(col("from").neq(lit("new"))));
    let keys = [col("customer")];
    Ok(views.clone().lazy().join(own, keys.clone(), keys, JoinArgs::new(JoinType::Inner)).collect()?)
}
let second = SingleView::new().between("2022-07-01", "2023-01-01").of(&bills)?;
let before = step(&view, &moves, 1)?;
let after = step(&second, &moves, 2)?;
let next = Classifier::fit(&before, "to", columns, &forest.clone().rows_in_leaf(20))?;
let answers = next.augment(&after)?;
predict::scores(&answers, "to", "predicted", 0.95)?

// %% [markdown]
// **How to read it.** `accuracy` is the share of right answers, `most_frequent` that of saying the most frequent state each time. `log_loss` judges
// the chances rather than the answers (less is better), beside giving everybody the shares of all (`log_loss_shares`).
//
// Two rivals that cost nothing: *stays where it is*, and *is gone*.

// %%
let rivals = answers.clone().lazy().with_column(lit("gone").alias("is_gone")).collect()?;
let against_stays = predict::compare(&rivals, "to", "from", "predicted", 0.95)?;
let against_gone = predict::compare(&rivals, "to", "is_gone", "predicted", 0.95)?;
against_stays.vstack(&against_gone)?

// %% [markdown]
// **How to read it.** `a` is the rival, `b` the forest; `difference` is b less a, with its interval, on the same customers. **What it shows.** More
// than half of the answers are right for nothing: *is gone* does that. The forest is right a few times more in a hundred. That, and not its
// accuracy, is what it is worth.
//
// Without the column that mattered most to the segments, does it still know something?

// %%
let without: Vec<&str> = columns.into_iter().filter(|name| *name != "amount").collect();
let thinner = Classifier::fit(&before, "to", without, &forest.clone().rows_in_leaf(20))?;
let thinner = thinner.augment(&after)?;
predict::scores(&thinner, "to", "predicted", 0.95)?.select(["accuracy", "accuracy_lower", "accuracy_upper", "log_loss"])?

// %% [markdown]
// Do the chances come true? Of customers whom the forest gives a chance to be gone, in five groups of the same size:

// %%
let calibration = predict::calibration(&answers, "to", 5, 0.95)?;
calibration.clone().lazy().filter(col("class").eq(lit("gone"))).collect()?

// %% [markdown]
// **How to read it.** `probability` was foretold, `share` came, with its interval. The busy season of one half-year is not that of the
// next, so a bias is to be expected.
//
// ## How near is it to the truth?
//
// The simulation knows who had really left. Of those whom the second step calls *gone*:

// %%
let shop = simulate::Shop::new().customers(12_000).seed(12).generate()?;
let gone = moves.lazy().filter(col("step").eq(lit(2u32)).and(col("to").eq(lit("gone"))));
let truth = gone
    .join(
        shop.customers.lazy().select([col("ent"), col("alive").not().alias("has_left")]),
        [col("customer")],
        [col("ent")],
        JoinArgs::new(JoinType::Inner),
    )
    .collect()?;
interval::rates(&truth, "has_left", "from", 0.95)?

// %% [markdown]
// **What it shows.** Of frequent customers (segment 1) who do not come for half a year most have really left; of the others two in five are only between
// two visits. *Gone* is a word about the window.
//
// ## Take-away
//
// - Windows must be as long as the one that the segments were learned on. Else everybody moves.
// - Count who comes and who leaves; they are most of the movement.
// - Customers who do not change are seen to move, both ways alike. Test whether more go than come back.
// - A forest that foretells what is known already is a copy. Judge it by what was not known, beside rivals that cost nothing.
// - Columns that say the same share their importance. Shuffle them together.
//
// ## Exercises
//
// As in lesson 01: your code in the place of each `todo!()`, then the cell below it. `check::hint(12, 1)?` gives a hint to
// exercise 1, and `check::solution(12, 1)?` shows one way to solve it.
//
// **1.** How many customers of the first half of 2022 are gone in the second?

// %% tags=["exercise-1"]
let answer_1: u64 = {
    // BEGIN SOLUTION
    table::number(&movement.glance(0.95)?, "gone", 0)? as u64
    // END SOLUTION
};

// %% tags=["check-1"]
check::lesson12(1, answer_1, movement.augment())?

// %% [markdown]
// **2.** Of the customers of segment 1 in the first half of 2022, which share is in segment 1 in the second, in whole per cent (rounded down)?

// %% tags=["exercise-2"]
let answer_2: u64 = {
    // BEGIN SOLUTION
    (100.0 * table::number(&tidy, "share", 0)?).floor() as u64
    // END SOLUTION
};

// %% tags=["check-2"]
check::lesson12(2, answer_2, movement.augment())?

// %% [markdown]
// **3.** Give a rare class the same weight as a frequent one: `forest.clone().rows_in_leaf(20).class_weights(predict::ClassWeights::Balanced)`. Fit it to
// `before` as above and judge it on `after`. Does the balanced accuracy rise? Answer "yes" or "no".

// %% tags=["exercise-3"]
let answer_3: &str = {
    // BEGIN SOLUTION
    let weighed = forest.clone().rows_in_leaf(20).class_weights(predict::ClassWeights::Balanced);
    let weighed = Classifier::fit(&before, "to", columns, &weighed)?.augment(&after)?;
    let of = |answers: &DataFrame| predict::scores(answers, "to", "predicted", 0.95);
    let with = table::number(&of(&weighed)?, "balanced_accuracy", 0)?;
    let without = table::number(&of(&answers)?, "balanced_accuracy", 0)?;
    if with > without { "yes" } else { "no" }
    // END SOLUTION
};

// %% tags=["check-3"]
check::lesson12(3, answer_3, &before.vstack(&after)?)?
