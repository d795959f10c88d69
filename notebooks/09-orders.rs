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
// # 09 Orders
//
// **What we want to know.** How do files of bills become a table with one row for each customer?
//
// **Why.** Lessons 01 to 08 began with a table of customers. Most businesses have none: they have bills, in
// exports of a year each, with the products of a bill packed into one field. Everything that will be said of a
// customer is a sum over bills; a bill that is lost, doubled or dated wrongly is in it without a word.
//
// **How to use this page.** First as it is: it makes a shop, with the faults of real exports, whose truth is
// known. Then with bills of yours: set the variable `SEGMENTA_ORDERS` to their files before you start the course,
// with `;` between several. Columns have a *role*, such as customer or time, and are found by their names; where
// yours say nothing, a cell tells what to write.

// %%
:dep segmenta = { path = ".." }
use segmenta::prelude::*;

// %%
let folder = std::env::temp_dir().join("segmenta-shop");
simulate::Shop::new().seed(9).save(&folder, Existing::Replace)?;
let made = ["2021.csv", "2022.csv", "2023.csv"].map(|name| folder.join(name).display().to_string());
let is_shop = std::env::var("SEGMENTA_ORDERS").is_err();
let files = std::env::var("SEGMENTA_ORDERS").unwrap_or(made.join(";"));
let files: Vec<String> = files.split(';').map(str::to_owned).collect();

// %% [markdown]
// ## Load
//
// Which column would have which role? Only the names are read for this:

// %%
orders::Loader::new().propose(&files[0])?

// %% [markdown]
// `orders::load` is strict, as `campaign::load` is: one value that does not fit is an error that names the file,
// the row and the column.

// %%
let strict = match orders::load(&files) {
    Ok(_) => "everything fits".to_string(),
    Err(error) => error.to_string(),
};
println!("{strict}");

// %% [markdown]
// We have seen it; from here on such rows go into a table of their own, and are counted.

// %%
let orders = orders::Loader::new().reject_bad_rows().load(&files)?;
orders.glance.select(["file", "dates", "rows_read", "rows_rejected", "rows_kept", "first", "last"])?

// %%
orders.rejects.head(Some(6))

// %% [markdown]
// **What it shows.** For each file, rows read are rows kept and rows rejected; each rejected row says what stood
// there and what was expected. 30 February is no day, and a list that was cut in the middle is no list: a bill
// without a day or with half of its products would be worse than none.
//
// Other rows are odd, and can be read. Each kind has its rule:

// %%
orders.rules.clone()

// %% [markdown]
// **Caution.** A rule is a decision about your customers. "One of it" for a product without a quantity is right
// where quantities are left out when they are one, and wrong where the field was lost. `.refuse(Rule::..)` makes
// such rows rejects.
//
// ## What is on the bills
//
// Two tables: a row for each bill, and a row for each line of a bill.

// %%
orders.bills.head(Some(3))

// %%
orders.lines.head(Some(3))

// %% [markdown]
// ## Quality
//
// What is odd about them, or may not be meant as it stands?

// %%
let found = quality::bills(&orders)?;
found.select(["rule", "rows", "of", "share", "why"])?

// %% [markdown]
// **How to read it.** Nothing is mended here; each line asks for a decision. A return is a bill with an amount
// below 0: nobody came to buy. An amount that is not the sum of its lines is a discount, a typing error or a price
// that changed. How one can know the sum, where the file has no prices, comes in a moment.
//
// ## The year that stops
//
// When does the money come in?

// %%
let gaps = quality::gaps(&orders.bills)?;
plot::sales(&orders.bills, &gaps)?

// %% [markdown]
// **What it shows.** Bills stop in May 2021 and begin again in January 2022. The published analysis had the same
// hole, and its first file had exactly 1,048,575 rows: as many as a sheet of a spreadsheet program can hold below
// its header. Whoever saved the file did not see that the rest was cut off. `quality::bills` looks for that number.
//
// **Why it matters.** Who came first in July 2021 seems to have come first in 2022; who stopped in June 2021 seems
// to have stopped in May. The published analysis left 2021 out. So do we, wherever time between visits counts.

// %%
let whole_time = col("time").dt().year().gt_eq(lit(2022));
let whole_time = if is_shop { whole_time } else { lit(true) };

// %% [markdown]
// ## Prices
//
// The file has no prices. But a bill with one product only, at 370 for two, says that it costs 185. `orders::prices`
// takes the median over such bills, and beside it the price that fits all bills with several products best (least
// squares: the prices for which the sums come nearest to the amounts).

// %%
let prices = orders::prices(&orders.bills, &orders.lines)?;
prices.head(Some(5))

// %%
plot::prices(&prices)?

// %% [markdown]
// **How to read it.** A dot is a product; its height, the spread, says by how much the middle half of its prices differ. At the
// bottom it has one price. Those above have had two: their price was raised, and the picture has found it without
// being told. **Caution.** A wrong amount pulls a least-squares price, and hardly moves a median: compare `median` and
// `fitted` in a row.

// %%
prices
    .clone()
    .lazy()
    .with_column((col("fitted") / col("median") - lit(1.0)).abs().alias("apart"))
    .sort(["apart"], SortMultipleOptions::new().with_order_descending(true).with_nulls_last(true))
    .select([col("product"), col("n"), col("median"), col("n_fitted"), col("fitted"), col("apart")])
    .limit(5)
    .collect()?

// %% [markdown]
// Of the simulated shop the price list is known. How many medians are right to the cent? (A product that became dearer has
// two prices in its list.)

// %%
let truth = simulate::Shop::new().seed(9).generate()?;
let list = truth.products.clone().lazy().rename(["price"], ["old_price"], true);
let compared = list
    .join(prices.clone().lazy(), [col("product")], [col("product")], JoinArgs::new(JoinType::Inner))
    .filter(col("median").is_not_null())
    .collect()?;
let is_right = col("median").eq(col("old_price")).or(col("median").eq(col("new_price")).fill_null(lit(false)));
let right = compared.clone().lazy().filter(is_right).collect()?.height();
println!("{right} of {} medians stand in the price list (of the simulated shop)", compared.height());

// %% [markdown]
// ## What each decision costs
//
// `Clean` is that of lesson 01: each step leaves rows out, and counts them.

// %%
let clean = Clean::new(&orders.bills)?
    .keep_where("a customer is named", col("customer").is_not_null())?
    .keep_where("there is an amount", col("amount").is_not_null())?
    .keep_where("sold, and not returned", col("amount").gt(lit(0.0)))?
    .drop_repeated(["customer", "time", "amount"])?
    .keep_where("the whole time", whole_time)?;
clean.report()?

// %% [markdown]
// **What it shows.** The hole in 2021 costs more bills than all other faults together. **Caution.** To leave out
// returns is right for counting visits. For money it is not: who sends everything back has spent nothing. Exercise 2
// looks at that.
//
// ## The single view
//
// One row for each customer. `members` says who brought whom, and `recruits` counts whom each brought.

// %%
let bills = clean.kept().clone();
let mut view = SingleView::new().published();
if orders.lines.height() > 0 {
    view = view.lines(&orders.lines).prices(&prices);
}
let members = read::file(folder.join("members.csv"))?.table;
if is_shop {
    view = view.members(&members, "ent", "sponsor");
}
let view = view.of(&bills)?;
view.head(Some(4))

// %% [markdown]
// The table of members is another file, and another file is never complete. Who buys and is not in it? Who is in it and
// has no bill here? (For the simulated shop; with bills of yours both are all.)

// %%
let buyers = bills.clone().lazy().select([col("customer")]).unique(None, UniqueKeepStrategy::Any);
let known = members.clone().lazy().select([col("ent")]);
let how = JoinArgs::new(JoinType::Anti);
let strangers = buyers.clone().join(known.clone(), [col("customer")], [col("ent")], how.clone()).collect()?.height();
let silent = known.join(buyers, [col("ent")], [col("customer")], how).collect()?.height();
println!("buyers who are no members: {strangers}; members without a bill here: {silent} of {}", members.height());

// %% [markdown]
// The last three columns are figures as they were published, to be looked at once:
//
// - `ARPU` ("average revenue per user") was computed as the amount by visits. That is `order_size`, column for column;
//   a model that got both counted it twice, and the published forest found both important.
// - `MTBP` ("mean time between purchases") was the period by visits. Between two visits lies one time, not two.
// - `CLTV` ("lifetime value") was the order size times the days since the first visit. It grows with every day on
//   which a customer does not come. Lesson 10 shows on held-out time what it foretells: nothing.

// %% [markdown]
// The first can be checked: the greatest distance of any customer between the two columns.

// %%
let apart = view
    .clone()
    .lazy()
    .select([(col("ARPU") - col("order_size")).abs().max().alias("ARPU against order_size")])
    .collect()?;
apart

// %% [markdown]
// ## RFM in scores
//
// The oldest segmentation of all: recency, frequency and money, each cut at its fifths, 5 the best.

// %%
let scores = rfm::scores(&view, 5)?;
rfm::bands(&scores)?

// %% [markdown]
// **What it shows.** The fifths of the visits are no fifths. Many customers came once: they are equal, and get one
// score, so the next ones are missing. A table of scores that does not say so cuts equal customers apart, by the
// order of the file.
//
// Scores become segments by rules. Eleven are widely used (those of the rfm package for R), and here they are a table:

// %%
let rules = rfm::rules()?;
fn sizes(called: &DataFrame) -> Result<DataFrame, Error> {
    Ok(called
        .clone()
        .lazy()
        .group_by_stable([col("segment")])
        .agg([len().alias("customers"), col("amount").sum()])
        .sort(["amount"], SortMultipleOptions::new().with_order_descending(true))
        .collect()?)
}
sizes(&rfm::segments(&scores, &rules)?)?

// %% [markdown]
// As published, the first rule that fits is taken. "New Customers" are not there: whoever is one is a "Potential
// Loyalist" by a wider rule that stands before. The same for three others. With the narrowest rule first:

// %%
let narrowest = rules.sort(["cells"], SortMultipleOptions::new().with_maintain_order(true))?;
sizes(&rfm::segments(&scores, &narrowest)?)?

// %% [markdown]
// **Caution.** These are names for cells of a grid, drawn before any customer was seen. Whether customers fall into
// groups at all is another question: that of lesson 05.
//
// ## Segments of the view
//
// The published analysis took k = 3 on twenty standardised columns. Here on what a customer does, without the columns
// that say the same twice; money and counts have long tails, so their logarithms are taken.

// %%
let recipe = Recipe::new(["recency", "visit_period", "visits", "amount"])
    .log(["visits", "amount"])
    .standardise(Columns::All);
let choice = ChooseK::new(1..=6).fit(&view, &recipe, &KMeans::params(1).seed(9))?;
println!("{}", choice.verdict());

// %%
plot::criteria(&choice)?

// %% [markdown]
// **How to read it.** As in lesson 05: several criteria, and whether the segments come out of other customers again. But what
// are they?

// %%
let k = choice.suggested().unwrap_or(3);
let segments = Segments::fit(&view, &recipe, &KMeans::params(k).seed(9))?;
let in_segments = segments.assign(&view)?;
let medians = in_segments
    .clone()
    .lazy()
    .group_by_stable([col("segment")])
    .agg([
        len().alias("customers"),
        col("recency").median(),
        col("visits").median(),
        col("amount").median(),
        col("visit_period").median(),
    ])
    .sort(["segment"], Default::default())
    .collect()?;
medians

// %% [markdown]
// **What it shows.** One segment came once, or nearly so; the other came again. That is a structure, and it is not news: one
// look at `visits` shows it, and it needs no model. Of the simulated shop we know that there are four kinds of customers, who
// differ in what they buy. Did the segments find them?

// %%
let kinds = truth.customers.select(["ent", "kind"])?;
let found_kinds = in_segments
    .clone()
    .lazy()
    .join(kinds.lazy(), [col("customer")], [col("ent")], JoinArgs::new(JoinType::Inner))
    .group_by([col("segment"), col("kind")])
    .agg([len().alias("customers")])
    .sort(["segment", "kind"], Default::default())
    .collect()?;
found_kinds

// %% [markdown]
// **Caution.** Kinds are spread over the segments much as over all customers. Columns on how often and how lately somebody
// comes know nothing of what they buy: `basket_size`, `visit_size` and the shares by price do. What segments are made of
// decides what they can find. (With your own bills the last table is empty: nobody knows the truth.)
//
// ## Take away
//
// The view is a table of customers: everything from lesson 02 on works on it, and so does the command line.

// %%
let place = std::env::temp_dir().join("segmenta-view.parquet");
export::parquet(&view, &place, Existing::Replace)?;
println!("{}", place.display());

// %% [markdown]
// ```sh
// cargo segmenta view 2021.csv 2022.csv 2023.csv --reject --out view.parquet
// cargo segmenta segment view.parquet --columns recency,visits,amount,visit_period --out spring
// ```
//
// ## Take-away
//
// - Count the rows of each file, those kept and those rejected, and look at sales over time before anything else.
// - What is odd in a file has a rule, and you can say which.
// - A published figure under a great name may be a simple one twice, or nothing. Write the formula beside the name.
// - Equal customers get equal scores. Where most came once, there are no fifths.
//
// ## Exercises
//
// As in lesson 01: your code in the place of each `todo!()`, then the cell below it. `check::hint(9, 1)?` gives a hint to
// exercise 1, and `check::solution(9, 1)?` shows one way to solve it.
//
// **1.** How many customers have one visit only in `view`?

// %% tags=["exercise-1"]
let answer_1: usize = {
    // BEGIN SOLUTION
    view.clone().lazy().filter(col("visits").eq(lit(1))).collect()?.height()
    // END SOLUTION
};

// %% tags=["check-1"]
check::lesson09(1, answer_1, &view)?

// %% [markdown]
// **2.** Returns were left out of `bills`. Take the bills of `orders` that name a customer and an amount, returns
// among them: how many customers have an amount of 0 or less in the view of these?

// %% tags=["exercise-2"]
let answer_2: usize = {
    // BEGIN SOLUTION
    let with_returns = Clean::new(&orders.bills)?.drop_nulls(["customer", "amount"])?;
    let with_returns = SingleView::new().of(with_returns.kept())?;
    with_returns.lazy().filter(col("amount").lt_eq(lit(0.0))).collect()?.height()
    // END SOLUTION
};

// %% tags=["check-2"]
check::lesson09(2, answer_2, &orders.bills)?

// %% [markdown]
// **3.** Here are the first day, the middle and the end of `bills`. Make the view of the first half (`between`) and that of the
// second. How many customers of the first half are not in the second?

// %%
let moment = col("time").cast(DataType::Int64);
let middle = (moment.clone().min() + moment.clone().max()).floor_div(lit(2));
let end = moment.clone().max() + lit(86_400_000i64);
let named = [moment.min().alias("from"), middle.alias("middle"), end.alias("end")];
fn as_day(moment: Expr) -> Expr {
    moment.cast(DataType::Datetime(TimeUnit::Milliseconds, None)).dt().to_string("%Y-%m-%d")
}
let days = bills.clone().lazy().select(named.map(as_day)).collect()?;
let days: Vec<String> = days.columns().iter().flat_map(|day| day.str().ok()?.get(0).map(str::to_owned)).collect();
println!("{}", days.join(", "));

// %% tags=["exercise-3"]
let answer_3: usize = {
    // BEGIN SOLUTION
    let first_half = SingleView::new().between(&days[0], &days[1]).of(&bills)?.lazy();
    let second_half = SingleView::new().between(&days[1], &days[2]).of(&bills)?.lazy();
    let by = [col("customer")];
    first_half.join(second_half, by.clone(), by, JoinArgs::new(JoinType::Anti)).collect()?.height()
    // END SOLUTION
};

// %% tags=["check-3"]
check::lesson09(3, answer_3, &bills)?
