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
// # 01 Know your data
//
// **What we want to know.** What does one row of the customer file stand for, what is wrong with
// the file, and what does it cost us to put it right?
//
// **Why.** Segments are averages over rows. A date read the wrong way round, an income of
// 666,666,000 or a customer who stands in the file twice goes into those averages without a
// word, and every later lesson would build on it.
//
// **How to use this page.** Click into a cell and press Shift+Enter; go from the top to the
// bottom. A cell that ends without `;` shows its last value.
//
// The file in `data/` is made up: our own generator wrote it, so that the course may be passed
// on freely. It has the shape, the size and the faults of a public table of 2,240 customers that
// four published analyses used. If you have a customer file of that kind, set the variable
// `SEGMENTA_DATA` to its path before you start the course, and every cell works on it instead.

// %% [markdown]
// ## Load
//
// The first line tells the notebook where the course's library is, the second brings its names.

// %%
:dep segmenta = { path = ".." }
use segmenta::prelude::*;

// %%
let file = std::env::var("SEGMENTA_DATA").unwrap_or("../data/marketing_campaign.csv".to_string());

// %% [markdown]
// `campaign::load` is strict: a value that does not fit its column is an error that names the
// row. `?` at the end means: show the error and stop here, or go on with the value.

// %%
let loaded = campaign::load(&file)?;

// %% [markdown]
// `glance` is one row about the whole file: how it is written, and that the rows add up.

// %%
loaded.glance

// %% [markdown]
// `columns` says what became of every column of the file. Three are left out: the number of the
// row, and two columns that hold the same value for every customer.

// %%
loaded.columns

// %% [markdown]
// `recoded` lists every word that was translated. The same table is published with Indonesian
// and with English words; from here on there is one set of words.

// %%
loaded.recoded

// %% [markdown]
// ## What is a row?
//
// One row should be one customer. Here are the first five.

// %%
let customers = loaded.customers.clone();
customers.head(Some(5))

// %% [markdown]
// Is each customer in the table once? No two rows are the same as long as the customer number
// `ID` is compared as well. Without it, some rows repeat an earlier one in all 26 other columns.

// %%
quality::duplicates(&customers, ["ID"])?

// %% [markdown]
// **Caution.** Two people can have the same age, income and purchases, but hardly the same amount
// to the thousand in six kinds of goods. These rows are probably one customer with two numbers.
// Nobody can tell from this file alone; what we can do is to say which choice we made.

// %% [markdown]
// ## What is in the columns?
//
// First the types: are numbers numbers, and dates dates?

// %%
quality::types(&customers)?

// %% [markdown]
// Where are values missing? Only columns with a gap are kept below.

// %%
let nulls = quality::nulls(&customers)?;
nulls.lazy().filter(col("nulls").gt(0)).collect()?

// %% [markdown]
// One of the published analyses says of this table that it has no missing values. It then
// filters on income, and a row without an income fails every comparison, so that the gaps
// vanished without being noticed. That is why this course counts rows before and after each step.
//
// Does a column say the same of everybody? Such a column cannot tell customers apart. (The two
// constant columns of the file were left out above; none may be left here.)

// %%
quality::constants(&customers)?

// %% [markdown]
// How many different values has each column? `Education` and `Marital_Status` have a few, so they
// are categories. `ID` has one for each row, so it is a name and not a measurement.

// %%
quality::cardinality(&customers)?

// %% [markdown]
// From where to where do the values reach? Half of the customers lie between `q25` and `q75`.

// %%
quality::ranges(&customers)?

// %% [markdown]
// Look at the ends: a year of birth in the 19th century, and an income far above what three
// customers in four have.

// %% [markdown]
// ## Which values lie far out?
//
// There are three usual rules, and they do not agree:
//
// - `iqr`: further from the middle half than one and a half times its width;
// - `z`: more than three standard deviations from the mean;
// - `quantile`: the lowest and the highest 1 %. This rule finds about 2 % in *any* column, sick
//   or healthy.
//
// Income first. The bounds are in rupiah.

// %%
let outliers = quality::outliers(&customers)?;
outliers
    .clone()
    .lazy()
    .filter(col("column").eq(lit("Income")))
    .collect()?

// %% [markdown]
// The single absurd income stretches the standard deviation, and with it the bounds of `z`: an
// outlier can hide others. The `iqr` rule does not move, because it looks at the middle only.
//
// The columns with the largest share of rows outside the `iqr` bounds:

// %%
outliers
    .clone()
    .lazy()
    .filter(col("rule").eq(lit("iqr")))
    .sort(["share"], SortMultipleOptions::new().with_order_descending(true))
    .limit(8)
    .collect()?

// %% [markdown]
// **Caution.** Amounts of money lean to one side: many customers spend little, a few spend a lot.
// The few are what a shop lives on. To throw them away as "outliers" is to throw away the
// segment one was looking for.

// %% [markdown]
// ## What cannot be?
//
// A value can be far out and true. These rules look for values that contradict the world, or
// another column.

// %%
quality::impossible(&customers)?

// %% [markdown]
// A conversion rate is purchases divided by visits. For how many customers is the divisor zero?
// Let us keep a small function for such counts: it takes a table and a rule, and gives the
// number of rows.

// %%
fn rows_where(table: &DataFrame, rule: Expr) -> Result<usize, PolarsError> {
    Ok(table.clone().lazy().filter(rule).collect()?.height())
}

// %%
rows_where(&customers, col("NumWebVisitsMonth").eq(lit(0)))?

// %% [markdown]
// For them the rate does not exist. Lesson 03 counts them and shows them; a zero in its place
// would say that they visit and never buy.

// %% [markdown]
// ## A date read the wrong way round
//
// Is 04-09-2012 the 4th of September or the 9th of April? The loader looked at the whole column.
// Some days are above 12, so the day comes first; `glance` said so. Told to read the month first,
// it refuses, and lists the first rows that cannot be:

// %%
match campaign::Loader::new()
    .date_format(DateFormat::MonthFirst)
    .load(&file)
{
    Ok(_) => println!("every date can be read with the month first"),
    Err(error) => println!("{error}"),
};

// %% [markdown]
// Other tools decide row by row: month first where that is possible, day first elsewhere. They
// raise no error. One of the published analyses lost its dates that way. How many customers
// would get another date?

// %%
let day = col("Dt_Customer").dt().day();
let month = col("Dt_Customer").dt().month();
let turned = day.clone().lt_eq(lit(12)).and(day.clone().neq(month.clone()));
rows_where(&customers, turned.clone())?

// %% [markdown]
// And by how much? For these customers, the date with day and month exchanged, and the days
// between the two.

// %%
let exchanged =
    datetime(DatetimeArgs::new(col("Dt_Customer").dt().year(), day, month)).cast(DataType::Date);
let shift = (exchanged.clone() - col("Dt_Customer")).dt().total_days(false);
let misread = customers
    .clone()
    .lazy()
    .filter(turned.clone())
    .select([
        col("ID"),
        col("Dt_Customer"),
        exchanged.alias("month_first"),
        shift.alias("days_off"),
    ])
    .collect()?;
misread.head(Some(5))

// %%
misread
    .clone()
    .lazy()
    .select([
        len().alias("customers"),
        col("days_off").abs().median().alias("median_days_off"),
        col("days_off").abs().max().alias("most_days_off"),
        col("month_first").max().alias("latest_date"),
    ])
    .collect()?

// %% [markdown]
// Some customers have even joined after the table ends. How long a customer has been with us is
// one of the columns that segments are built from; lesson 04 shows that the published segments
// come from this very mistake.

// %% [markdown]
// ## Decide, and show the cost
//
// | finding | what we do | why |
// |---|---|---|
// | repeated rows | drop all but the first | one customer counts once |
// | no income | drop | no later step may guess an income |
// | born before 1910 | drop | the age would be wrong, and nobody knows by how much |
// | income of one digit repeated | drop | a placeholder |
// | no visits | keep | the customer is real; only the rate per visit does not exist |
//
// Each decision is a line of code, so that it can be read, and changed.

// %%
let all_but_id: Vec<String> = customers
    .drop("ID")?
    .get_column_names()
    .iter()
    .map(|name| name.to_string())
    .collect();
let once = customers.unique_stable(Some(&all_but_id), UniqueKeepStrategy::First, None)?;
let with_income = once.clone().lazy().filter(col("Income").is_not_null()).collect()?;
let born = with_income
    .clone()
    .lazy()
    .filter(col("Year_Birth").gt_eq(lit(1910)))
    .collect()?;
let clean = born
    .clone()
    .lazy()
    .filter(col("Income").neq(lit(666_666_000.0)))
    .collect()?;

// %% [markdown]
// And this is the bill. A row can have two faults, so the order of the steps matters for the
// single counts, but not for their sum.

// %%
let rows: Vec<u64> = [&customers, &once, &with_income, &born, &clean]
    .map(|table| table.height() as u64)
    .to_vec();
let lost: Vec<u64> = rows.windows(2).map(|pair| pair[0] - pair[1]).collect();
df!(
    "decision" => ["repeated rows", "no income", "born before 1910", "income of one digit repeated"],
    "rows_lost" => &lost,
    "rows_left" => &rows[1..],
    "share_lost" => lost.iter().map(|n| *n as f64 / rows[0] as f64).collect::<Vec<_>>(),
)?

// %% [markdown]
// ## Save the clean table
//
// Parquet keeps the types, so whoever goes on from here guesses nothing twice. (The lessons start
// from the file each, so that any of them can be opened first.)

// %%
std::fs::create_dir_all("output")?;
let mut table = clean.clone();
ParquetWriter::new(std::fs::File::create("output/customers.parquet")?).finish(&mut table)?;
let again = ParquetReader::new(std::fs::File::open("output/customers.parquet")?).finish()?;
println!(
    "saved {} customers, {} columns; read back the same: {}",
    table.height(),
    table.width(),
    again == clean
);

// %% [markdown]
// ## Take-away
//
// - A file is read once, strictly, and the loader says what it found. A date format is a decision
//   about a column, never about a row.
// - Look for missing, repeated, constant, far-out and impossible values; each is its own question.
// - Far out is not wrong. Impossible is.
// - Every cleaning step has a cost in rows. Show it.

// %% [markdown]
// ## Exercises
//
// Put your code in the place of each `todo!()` and run the cell; then run the cell below it. It computes the answer from
// your tables, and says whether yours is right, or what may be wrong with it. `check::hint(1, 2)?` in a cell of its own
// gives a hint to exercise 2 of lesson 01, and `check::solution(1, 2)?` shows one way to solve it.
//
// **1.** How many customers of the loaded table were born in 1990 or later? (`rows_where` helps.)

// %% tags=["exercise-1"]
let answer_1: usize = {
    // BEGIN SOLUTION
    rows_where(&customers, col("Year_Birth").gt_eq(lit(1990)))?
    // END SOLUTION
};

// %% tags=["check-1"]
check::lesson01(1, answer_1, &customers)?

// %% [markdown]
// **2.** How many incomes does the `z` rule call too high? (Ask `outliers` for it.)

// %% tags=["exercise-2"]
let answer_2: u64 = {
    // BEGIN SOLUTION
    let is_own = col("column").eq(lit("Income")).and(col("rule").eq(lit("z")));
    let own = outliers.clone().lazy().filter(is_own).collect()?;
    own.column("above")?.u64()?.get(0).unwrap_or(0)
    // END SOLUTION
};

// %% tags=["check-2"]
check::lesson01(2, answer_2, &customers)?

// %% [markdown]
// **3.** Suppose we did not drop customers without an income, and kept the other decisions. How
// many customers would the clean table have?

// %% tags=["exercise-3"]
let answer_3: usize = {
    // BEGIN SOLUTION
    let born = col("Year_Birth").gt_eq(lit(1910));
    let real = col("Income").neq(lit(666_666_000.0)).or(col("Income").is_null());
    rows_where(&once, born.and(real))?
    // END SOLUTION
};

// %% tags=["check-3"]
check::lesson01(3, answer_3, &customers)?
