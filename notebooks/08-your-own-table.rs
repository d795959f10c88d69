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
// # 08 Your own table
//
// **What we want to know.** Can all this be done with another table: other customers, other columns, the faults
// of another file?
//
// **Why.** The table of lessons 01 to 07 was known: which column is money, which is a date, what is wrong with
// it. Your own is not. Most mistakes of a segmentation are made before the first distance is measured: a number
// that was read wrongly, a customer's number taken for a quantity, an answer that slipped into the segments which
// were to explain it.
//
// **How to use this page.** First as it is: it makes a sample, customers of a telephone company, some of whom
// have left. Then with a file of yours: put its name in the third cell, such as
// `let file = std::path::PathBuf::from("/home/you/customers.xlsx");`, run the page again, and change the names of
// columns where a cell says that yours has other ones.

// %%
:dep segmenta = { path = ".." }
use segmenta::prelude::*;

// %% [markdown]
// The file:

// %%
let file = std::env::temp_dir().join("telco.csv");
simulate::Telco::new().seed(8).save(&file, Existing::Replace)?;

// %% [markdown]
// ## Read
//
// `read::file` opens CSV in any separator and encoding, XLSX, ODS and Parquet. It looks at **all** values of
// each column before it says what the column holds, and it says why:

// %%
let telco = read::file(&file)?;
telco.columns.clone()

// %% [markdown]
// **How to read it.** `kind` is what a column is taken for, `why` what speaks for it, `examples` three of its
// values as they stand in the file. Read this table row by row; it takes two minutes, and nothing later will show
// you that a column was taken for something else. And the file as a whole:

// %%
telco.glance.clone()

// %% [markdown]
// Where the values do not decide, nothing is guessed: it is asked. The second sample is a wholesaler's file, as a
// spreadsheet program in Zürich writes it.

// %%
let second_file = std::env::temp_dir().join("wholesaler.csv");
simulate::Wholesaler::new().seed(8).save(&second_file, Existing::Replace)?;
let answer = match read::file(&second_file) {
    Ok(_) => "read".to_string(),
    Err(error) => error.to_string(),
};
println!("{answer}");

// %% [markdown]
// The row of totals would have been one more customer, larger than all others together. The answer, and what
// became of the amounts:

// %%
let wholesaler = read::Reader::new().totals(true).read(&second_file)?;
wholesaler.columns.select(["in_file", "kind", "why", "examples"])?

// %% [markdown]
// All decisions together are a **plan**. It is a small text that can be edited, kept and passed again
// (`read::Reader::new().plan(..)`): next month's file is read in the same way, or an error says why not.

// %%
println!("{}", wholesaler.plan().to_toml());

// %% [markdown]
// ## Roles
//
// Which column is for what? The customer's name must be in no distance. Money and the time since the last
// purchase give names and tiers. An *answer*, such as whether somebody left, is what we may want to explain: it
// describes segments, and must not be one of the things that they are made of.

// %%
let proposed = Roles::propose(&telco.table)?;
proposed.tidy()?

// %% [markdown]
// They are proposed by names, in six languages, and by values. Two columns could be the money here, so none was
// taken. We say which:

// %%
let roles = proposed.with(Role::Spend, "monthly_charges");
roles.check(&telco.table)?;
roles.tidy()?

// %% [markdown]
// ## Quality
//
// As in lesson 01: what is missing, who is there twice, what is the same for all?

// %%
quality::nulls(&telco.table)?
    .lazy()
    .filter(col("nulls").gt(lit(0)))
    .collect()?

// %%
let twice = quality::repeated(&telco.table, "customer_id")?.height();
let constant = quality::constants(&telco.table)?.height();
println!("customers on several rows: {twice}; columns with one value: {constant}");

// %% [markdown]
// Who has no total?

// %%
let no_total = telco
    .table
    .clone()
    .lazy()
    .filter(col("total_charges").is_null())
    .collect()?;
no_total
    .head(Some(4))
    .select(["customer_id", "tenure_months", "monthly_charges", "total_charges", "churn"])?

// %% [markdown]
// **What it shows.** They have just come: nothing was charged yet. Nothing is a number here, and it is 0. Leaving
// them out would have left out the youngest customers, of all people. **Caution.** That is a decision about this
// file. Elsewhere an empty field means "not known", and 0 would be wrong. Ask who made the file.
//
// The few without a data volume are left out, and told:

// %%
let charged = telco
    .table
    .clone()
    .lazy()
    .with_column(col("total_charges").fill_null(lit(0.0)))
    .collect()?;
let cleaned = Clean::new(&charged)?.drop_nulls(["data_gb"])?;
let customers = cleaned.kept().clone();
cleaned.report()?.select(["step", "before", "left_out", "after"])?

// %% [markdown]
// ## Choose columns
//
// By what should customers be told apart? Numbers and flags that vary, without names, codes, answers and dates,
// and of two columns that say the same only one:

// %%
scale::candidates(&customers, &roles)?

// %% [markdown]
// What the columns look like, and what should be done to them before distances are measured (lesson 04):

// %%
let all_taken = [
    "senior",
    "tenure_months",
    "monthly_charges",
    "total_charges",
    "data_gb",
    "support_calls",
];
let (suggested, looks) = scale::suggest(&customers, all_taken)?;
looks.clone()

// %% [markdown]
// ## Segment
//
// How many segments, if any?

// %%
let first_choice = ChooseK::new(1..=8).fit(&customers, &suggested, &KMeans::params(1).seed(1))?;
println!("{}", first_choice.verdict());

// %% [markdown]
// That sounds good. Look at who they are, though:

// %%
let first_k = first_choice.suggested().unwrap_or(4);
Segments::fit(&customers, &suggested, &KMeans::params(first_k).seed(1))?
    .tidy()?
    .select([
        "segment",
        "customers",
        "senior",
        "tenure_months",
        "monthly_charges",
        "total_charges",
        "data_gb",
    ])?

// %% [markdown]
// **What it shows.** Two accidents, and both look excellent to every criterion.
//
// - In nearly every segment all are seniors, or none is. A **flag** has two values that lie far apart, and nothing
//   between them: it cuts any table in two. That cut is true, and of no use: whether somebody is a senior was
//   known before.
// - The smallest segment has a `tenure_months` of 0: those who have just come. Their total is 0, and the logarithm of
//   nothing lies far below that of everybody else. Besides, the total is hardly more than the months times the charge
//   of a month: the table says it twice.
//
// So without these two:

// %%
let made_of = ["tenure_months", "monthly_charges", "data_gb", "support_calls"];
let (recipe, _) = scale::suggest(&customers, made_of)?;
let choice = ChooseK::new(1..=8).fit(&customers, &recipe, &KMeans::params(1).seed(1))?;
println!("{}", choice.verdict());
plot::criteria(&choice)?

// %% [markdown]
// **What it shows.** The line through all panels is the number that most criteria favour among those that pass.
// Where there is none, the verdict says so, and one may stop here. "There are no segments" is a result, and has
// saved many campaigns.

// %%
let k = choice.suggested().unwrap_or(4);
let segments = Segments::fit(&customers, &recipe, &KMeans::params(k).seed(1))?;
segments.tidy()?

// %% [markdown]
// Would they come out of other customers?

// %%
let again = cluster::Resample::new(100).fit(&customers, &recipe, &KMeans::params(k).seed(1))?;
plot::stability(&again)?

// %% [markdown]
// **What it shows.** A bar near 1: the segment comes out again, with nearly the same customers. Below 0.75, do not
// build on it.
//
// ## Profile
//
// How each segment differs from all customers: the mean in the segment over the mean of all.

// %%
let in_segments = segments.assign(&customers)?;
let profile = personality::profile(&in_segments, "segment", made_of)?;
plot::lifts(&profile)?

// %% [markdown]
// **What it shows.** 1 is like everybody; 2 is twice as much, 0.5 half. Read it column by column: where one segment
// stands out from all others, that is what it should be called by.
//
// ## Name
//
// The rules of lesson 06 name by what somebody spends, buys and when. This table has no such columns, and the
// error says what to do:

// %%
let answer = match personality::names(&in_segments, "segment", &NamingRules::default()) {
    Ok(_) => "named".to_string(),
    Err(error) => error.to_string(),
};
println!("{answer}");

// %% [markdown]
// So let the segments say it: by the three columns that set them apart most, with the figures that earned the name.

// %%
let rules = NamingRules::telling(&in_segments, "segment", made_of, 3)?;
let named = personality::names(&in_segments, "segment", &rules)?;
named.clone()

// %% [markdown]
// **Caution.** Such names are correct, and dull. Better ones come from those who know the customers. Say them with
// `NamingRules::new().aspect(..)`, so that they follow from figures next time as well.
//
// ## Explain
//
// How would one tell them without a computer? Rules, judged by customers whom they were not learned from
// (lesson 06):

// %%
let explained = personality::Explain::new(made_of).rules(&in_segments, "segment")?;
for row in 0..explained.height() {
    let rule = explained.column("rule")?.str()?.get(row).unwrap_or("");
    println!("segment {}: {rule}", explained.column("segment")?.get(row)?);
}
explained.select(["segment", "customers", "coverage", "precision", "chance"])?

// %% [markdown]
// And columns that they were **not** made of. Who has which contract?

// %%
let contracts = personality::crosstab(&in_segments, "segment", "contract", 0.95)?;
contracts.select(["segment", "contract", "customers", "share", "lower", "upper", "p_holm"])?

// %% [markdown]
// **What it shows.** Segments that were made of numbers differ in a column that they did not see: that is the best
// argument for them which a table can give.
//
// ## What is it good for?
//
// The answer, at last: who leaves? `conversion::response_rate` of lesson 03 reads a column `Response`:

// %%
let answer = match conversion::response_rate(&in_segments, "segment", 0.95) {
    Ok(_) => "known".to_string(),
    Err(error) => error.to_string(),
};
println!("{answer}");

// %%
let leaving = interval::rates(&in_segments, "churn", "segment", 0.95)?;
plot::bars(&leaving)?
    .title("Who leaves?")
    .x_axis("segment")
    .y_axis("share of customers who left")

// %% [markdown]
// Could that be chance? A test, with the size of the effect beside it (Cramér's V: 0.1 small, 0.3 medium, 0.5
// large):

// %%
compare::chi_square(&in_segments, "segment", "churn")?

// %% [markdown]
// **What it shows.** Where customers have come lately, many more leave. **Caution.** They did not leave *because* they
// are in a segment: a contract from month to month is easily left, and whoever stays is not new for long. What helps
// is found by a trial: one measure, on one half of the segment, drawn at random (lesson 07).
//
// And what is at stake, by the column that has the role of money:

// %%
recommend::value_at_stake(&in_segments, "segment", "monthly_charges", &Bootstrap::new().seed(1))?

// %% [markdown]
// ## Was it right?
//
// Of your own table nobody can say that. The sample was made of four kinds of customers, so here it can be seen:

// %%
let truth = simulate::Telco::new().seed(8).generate()?.truth;
let compared = in_segments
    .clone()
    .lazy()
    .select([col("customer_id"), col("segment").alias("found")])
    .inner_join(truth.lazy(), col("customer_id"), col("customer_id"))
    .collect()?;
cluster::agreement(&compared, "found", "segment")?

// %%
personality::crosstab(&compared, "found", "segment", 0.95)?.select(["found", "segment", "customers", "share"])?

// %% [markdown]
// **What it shows.** The settled kinds have a segment each, and so have the streamers. Newcomers were cut in two: those
// who called for help three times or more, and those who called less often. The sample
// knows of no such border; it draws the calls of all newcomers from one distribution. All criteria were passed, and the
// cut comes out of other customers again. **A cut through a slope is as stable as a gap.** Whether it is of use is a
// question of what you would do: whoever calls often may well need another letter.

// %% [markdown]
// ## Report
//
// One page to take away, without a network, to be printed or mailed; and the customers with their segment:

// %%
let page = std::env::temp_dir().join("telco-report.html");
Report::new("Customers of the telephone company")
    .chapter("Segments")
    .text(choice.verdict())
    .table("What they are called, and why", &named)?
    .figure(&plot::lifts(&profile)?)
    .chapter("Who leaves")
    .table("Share who left, with its interval", &leaving)?
    .chapter("Where it comes from")
    .table("How each column was read", &telco.columns)?
    .table("What was left out", &cleaned.report()?)?
    .save(&page, Existing::Replace)?;
export::csv(&in_segments, std::env::temp_dir().join("telco-segments.csv"), Existing::Replace)?;
segments
    .planned(telco.plan())
    .save(std::env::temp_dir().join("telco-segments.json"), Existing::Replace)?;
println!("{}", page.display());

// %% [markdown]
// The same from the command line, without a notebook, every month:
//
// ```sh
// cargo segmenta read customers.csv                     # what is read, column by column
// cargo segmenta segment customers.csv --dry-run        # what would be done, and how to say it otherwise
// cargo segmenta segment customers.csv --columns tenure_months,monthly_charges,data_gb,support_calls --out spring
// cargo segmenta report spring
// cargo segmenta assign next-month.csv --model spring/segments.json --out assigned.csv
// ```
//
// ## Check list
//
// What must be true before segments are shown to anybody:
//
// 1. Every row is a customer, and every customer is one row.
// 2. You have read the table of columns: each holds what you think it holds, in the unit that you think.
// 3. You know what an empty field means, and who was left out.
// 4. No name, code or date is in a distance, and no answer that the segments are to explain.
// 5. No single column decides everything. (Leave each one out once. Do the segments stay?)
// 6. There is something to find, or you say that there is not: a slope was cut into slices.
// 7. The segments come out of other customers again.
// 8. They differ in something that they were not made of.
// 9. Each name can be read off figures; somebody who knows the customers has nodded.
// 10. For each segment there is something to do that is not done for the others. Otherwise one is enough.
// 11. Somebody else gets the same segments from the same file: the plan, the recipe and the seed are kept.
//
// ## Take-away
//
// - Read the table of columns before anything else. Most wrong segments were read wrongly.
// - A flag among numbers cuts everything in two, and looks excellent. So does the logarithm of 0.
// - Keep the answer out of the segments. Then it can tell whether they are good for anything.
// - The plan, the recipe and the seed belong to the result.
//
// ## Exercises
//
// As in lesson 01: your code in the place of each `todo!()`, then the cell below it. `check::hint(8, 1)?` gives a hint to
// exercise 1, and `check::solution(8, 1)?` shows one way to solve it.
//
// **1.** Put `total_charges` back, and let `ChooseK` choose again (`scale::suggest`, `seed(1)`, up to 8). How many
// segments does it suggest? (0 if none.) Who is the last one?

// %% tags=["exercise-1"]
let answer_1: usize = {
    // BEGIN SOLUTION
    let with_total = [&made_of[..], &["total_charges"]].concat();
    let (with_total, _) = scale::suggest(&customers, with_total)?;
    let choice = ChooseK::new(1..=8).fit(&customers, &with_total, &KMeans::params(1).seed(1))?;
    choice.suggested().unwrap_or(0)
    // END SOLUTION
};

// %% tags=["check-1"]
check::lesson08(1, answer_1, &customers)?

// %% [markdown]
// **2.** Which payment method stands out in a segment? Count the cells of the crosstab of `segment` and `payment`
// whose corrected p is below 0.05. (The sample draws payments at random. Is your answer what you expected?)

// %% tags=["exercise-2"]
let answer_2: usize = {
    // BEGIN SOLUTION
    let payments = personality::crosstab(&in_segments, "segment", "payment", 0.95)?;
    payments.lazy().filter(col("p_holm").lt(lit(0.05))).collect()?.height()
    // END SOLUTION
};

// %% tags=["check-2"]
check::lesson08(2, answer_2, &in_segments)?

// %% [markdown]
// **3.** The wholesaler: let `scale::candidates` choose the columns of `wholesaler.table`, `scale::suggest` the
// recipe, and `ChooseK` the number of segments (`seed(1)`, up to 8). How many does it suggest?

// %% tags=["exercise-3"]
let answer_3: usize = {
    // BEGIN SOLUTION
    let roles = Roles::propose(&wholesaler.table)?;
    let taken = scale::candidates(&wholesaler.table, &roles)?.lazy().filter(col("taken")).collect()?;
    let columns: Vec<&str> = taken.column("column")?.str()?.iter().flatten().collect();
    let (recipe, _) = scale::suggest(&wholesaler.table, columns)?;
    let choice = ChooseK::new(1..=8).fit(&wholesaler.table, &recipe, &KMeans::params(1).seed(1))?;
    choice.suggested().unwrap_or(0)
    // END SOLUTION
};

// %% tags=["check-3"]
check::lesson08(3, answer_3, &wholesaler.table)?
