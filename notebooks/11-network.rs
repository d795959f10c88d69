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
// # 11 Network
//
// **What we want to know.** Who brought whom? Who brings the most, what do those bring, and do brought members stay longer
// than those who came by themselves?
//
// **Why.** Where members bring members, a shop pays for it: in commissions, gifts, or days at a conference for its "top
// sponsors". Whether the network grows by itself, and whether its stars are better or luckier than others, are questions
// about money.
//
// **How to use this page.** First on the simulated shop of lesson 09, whose network is known. Then with files of yours:
// bills in `SEGMENTA_ORDERS` as in lesson 09, and the table of members in `SEGMENTA_MEMBERS`; the names of its two
// columns stand in the second cell below.

// %%
:dep segmenta = { path = ".." }
use segmenta::prelude::*;

// %%
let folder = std::env::temp_dir().join("segmenta-shop-11");
simulate::Shop::new().customers(12_000).seed(11).save(&folder, Existing::Replace)?;
let is_shop = std::env::var("SEGMENTA_MEMBERS").is_err();
let made = ["2022.csv", "2023.csv"].map(|name| folder.join(name).display().to_string());
let files = std::env::var("SEGMENTA_ORDERS").unwrap_or(made.join(";"));
let files: Vec<String> = files.split(';').map(str::to_owned).collect();
let members_file = std::env::var("SEGMENTA_MEMBERS").unwrap_or(folder.join("members.csv").display().to_string());
let (member, sponsor) = ("ent", "sponsor");

// %% [markdown]
// Two tables: the bills, and the members. Bills are kept that name a customer and have an amount above 0; the view has one row
// for each customer.

// %%
let orders = orders::Loader::new().reject_bad_rows().load(&files)?;
let clean = Clean::new(&orders.bills)?
    .keep_where("a customer is named", col("customer").is_not_null())?
    .keep_where("sold, and not returned", col("amount").gt(lit(0.0)))?;
let bills = clean.kept().clone();
let view = SingleView::new().of(&bills)?;
clean.report()?

// %%
let members = read::Reader::new()
    .kind(member, read::Kind::Text)
    .kind(sponsor, read::Kind::Text)
    .read(&members_file)?
    .table;
members.head(Some(5))

// %% [markdown]
// When somebody joined stands there as a year and a month. A day is easier to reckon with: the first of the month.

// %%
let members = if is_shop {
    let first = datetime(DatetimeArgs::new(col("join_year"), col("join_month"), lit(1)));
    members.lazy().with_column(first.cast(DataType::Date).alias("joined")).collect()?
} else {
    members
};
members.width()

// %% [markdown]
// ## Is it a network at all?
//
// Each member has one sponsor at most, and nobody stands above themselves: members form trees. Files do not always know
// that. What is no tree is counted, and the link is cut, so that nobody is lost:

// %%
let network = Network::of(&members, member, sponsor)?.bought(&view, 183)?;
let network = if is_shop { network.joined("joined")? } else { network };
network.quality()?

// %% [markdown]
// **How to read it.** `found` is what was looked for, `rows` how often it was there, `done` what became of it. Look at the
// `example` of unknown sponsors: where one name is most of them, it is often the firm itself, and no member.
//
// **What it shows.** About a hundredth of the buyers are not in the table of members, and those whom they brought have lost
// their sponsor. Nearly half of the members bought nothing in these one and a half years; they may have brought others all the
// same.
//
// ## How large, how deep, in how few hands?

// %%
network.glance()?

// %% [markdown]
// **How to read it.** `sponsored` members were brought by a member who is known, `cut` by one who is not, `recruiters` brought somebody.
// Who was not brought stands at the top
// of a tree, many of them `alone` in it. A **downline** is all who stand below a member: those whom the member
// brought, whom these brought, and so on. `top_share` is the share of all downlines that the hundredth of the members with the
// largest ones has.
//
// `mean_distance` is the number of steps between two members of one tree, on average. It is called the **structural virality**: where
// one star has brought everybody it is just below 2, however many there are; where each has brought the next it grows with every
// member.

// %%
plot::icicle(&network)?

// %% [markdown]
// **What the picture shows.** All members above, below them the largest trees, and in each the largest branches. Half a million
// members would make no larger picture: what is small is put together as *others*.
//
// ## The top sponsors, and the next degree
//
// The published analysis drew the ten members with the most recruits, called them the backbone, and looked at the **next
// degree**: whom they brought, and whom those brought in turn.

// %%
let top = network.sponsors(10)?;
plot::sponsors(&top)?

// %%
top.select(["member", "recruits", "second", "downline", "recruits_active", "recruits_amount", "second_amount"])?

// %% [markdown]
// **How to read it.** `recruits` were brought by the member, `second` by those. `recruits_active` of the recruits came within the last
// half-year.
//
// And below the first of them, level by level:

// %%
let first = top.column("member")?.str()?.get(0).unwrap_or_default().to_string();
network.downline(&first, 0.95)?

// %% [markdown]
// A tree of a few dozen can be drawn whole. (A drawing of thousands is a ball of wool, so `plot::tree` refuses it.)

// %%
let augmented = network.augment()?;
let small = augmented
    .clone()
    .lazy()
    .filter(col("downline").gt_eq(lit(20)).and(col("downline").lt_eq(lit(60))))
    .sort(["downline"], SortMultipleOptions::new().with_order_descending(true).with_maintain_order(true))
    .collect()?;
let shown = small.column(member)?.str()?.get(0).unwrap_or_default().to_string();
plot::tree(&network, &shown)?

// %% [markdown]
// ## Are their recruits better customers?
//
// "Emulate the top sponsors" only makes sense if what they bring is better than what others bring. Of all brought members, those
// whom the ten top sponsors brought against all others: which share is active?

// %%
let stars: Vec<String> = top.column("member")?.str()?.iter().flatten().map(str::to_owned).collect();
let names = df!("star" => stars)?;
let brought = augmented
    .clone()
    .lazy()
    .filter(col(sponsor).is_not_null())
    .join(
        names.lazy().with_column(lit(true).alias("by_star")),
        [col(sponsor)],
        [col("star")],
        JoinArgs::new(JoinType::Left),
    )
    .with_column(col("by_star").fill_null(lit(false)))
    .collect()?;
interval::rates(&brought, "active", "by_star", 0.95)?

// %%
compare::chi_square(&brought, "by_star", "active")?

// %% [markdown]
// **What it shows.** The intervals do not overlap, and p is small: fewer of the stars' recruits are active. So are they worse? Look at
// who they are. Stars have been there longest, and so have their recruits, who had more time to leave than others.
//
// ## The same stretch of time for all
//
// A fair question gives everybody the same time. For those who joined in 2022 or later (before, our bills do not have their
// first ones) we look between half a year and a year after their first bill: did they come again? Who is too new to say does not count.

// %%
let retention = network.retention(&bills, 183)?;
let key = [col("member")];
let known = augmented.clone().lazy().select([col(member).alias("member"), col("^joined$")]);
let fair = retention.lazy().join(known, key.clone(), key.clone(), JoinArgs::new(JoinType::Inner)).collect()?;
let fair = if is_shop {
    fair.lazy().filter(col("joined").dt().year().gt_eq(lit(2022))).collect()?
} else {
    fair
};
let by_star = brought.clone().lazy().select([col(member).alias("member"), col("by_star")]);
let of_stars = fair.clone().lazy().join(by_star, key.clone(), key, JoinArgs::new(JoinType::Inner)).collect()?;
interval::rates(&of_stars, "kept", "by_star", 0.95)?

// %%
compare::chi_square(&of_stars, "by_star", "kept")?

// %% [markdown]
// **What it shows.** By the same stretch of time nothing stands out any more. But few recruits of the stars are so new, and their interval is wide:
// from these bills nobody could say that they are alike. In this shop we know it: whom a member brings and how those buy were drawn
// apart. The stars have many recruits because who has some brings more; that is luck which grew.
//
// **Caution.** That the most successful have something in common proves nothing while nobody has looked whether others have it
// too.
//
// ## Level by level

// %%
let levels = network.levels(0.95)?;
plot::levels(&levels)?

// %%
levels

// %% [markdown]
// **How to read it.** `level` 0 stands at the top: they came by themselves, or nobody knows by whom; `active_share` has its interval (`lower`, `upper`). If the shares differ less than
// their intervals are wide, depth says nothing about buying.
//
// ## Does it grow by itself?
//
// Of members who joined in a month, how many did each bring within a year of joining? That is the **reproduction**. Above 1 each
// generation is larger than the one before and the network grows by itself. Below 1 it would die out, if nobody came alone.

// %%
if is_shop { network.cohorts(365, 0.95)? } else { DataFrame::empty() }

// %% [markdown]
// **How to read it.** Only who joined a year or more before the last joining is `seen` for the whole year and counts; later months are
// empty. The first months bring more than the later ones: in a young network there are few to be brought by. A mean over all
// months would hide that.
//
// ## Do brought members stay longer?
//
// By the same stretch of time, those who were brought beside those who came by themselves:

// %%
interval::rates(&fair, "kept", "sponsored", 0.95)?

// %%
compare::chi_square(&fair, "sponsored", "kept")?

// %% [markdown]
// **What it shows.** No difference that stands out, and again that is how the shop was made.
//
// ## How near is it to the truth?
//
// In the simulation, eight in ten members are brought by somebody. Some links are lost with the members who are missing from the
// table:

// %%
let glance = network.glance()?;
let (all, brought_by) = (table::number(&glance, "members", 0)?, table::number(&glance, "sponsored", 0)?);
interval::wilson(brought_by as u64, all as u64, 0.95)?.estimate

// %% [markdown]
// ## Take-away
//
// - Look first whether the file is a network at all, and at the sponsors whom nobody knows.
// - Count what is below, not only who was brought: a downline has levels.
// - Stars exist in any network that grew. Ask whether what they bring is better, with an interval, before anybody is told to
//   emulate them.
// - A network with a reproduction below 1 lives on those who come by themselves.
// - Compare groups by the same stretch of time.
//
// ## Exercises
//
// As in lesson 01: your code in the place of each `todo!()`, then the cell below it. `check::hint(11, 1)?` gives a hint to
// exercise 1, and `check::solution(11, 1)?` shows one way to solve it.
//
// **1.** How many members stand at the top of a tree, and brought nobody?

// %% tags=["exercise-1"]
let answer_1: usize = {
    // BEGIN SOLUTION
    let alone = col("level").eq(lit(0)).and(col("recruits").eq(lit(0)));
    augmented.clone().lazy().filter(alone).collect()?.height()
    // END SOLUTION
};

// %% tags=["check-1"]
check::lesson11(1, answer_1, &augmented)?

// %% [markdown]
// **2.** Which level has the most members?

// %% tags=["exercise-2"]
let answer_2: u32 = {
    // BEGIN SOLUTION
    let most = SortMultipleOptions::new().with_order_descending(true);
    table::number(&levels.sort(["members"], most)?, "level", 0)? as u32
    // END SOLUTION
};

// %% tags=["check-2"]
check::lesson11(2, answer_2, &augmented)?

// %% [markdown]
// **3.** A member stands *between* two others if the way from one to the other leads over them (`betweenness`). Is the member who
// stands between most others the one with the most recruits? Answer "yes" or "no".

// %% tags=["exercise-3"]
let answer_3: &str = {
    // BEGIN SOLUTION
    let most = SortMultipleOptions::new().with_order_descending(true).with_maintain_order(true);
    let between = augmented.sort(["betweenness"], most.clone())?;
    let brought = augmented.sort(["recruits"], most)?;
    let same = between.column(member)?.str()?.get(0) == brought.column(member)?.str()?.get(0);
    if same { "yes" } else { "no" }
    // END SOLUTION
};

// %% tags=["check-3"]
check::lesson11(3, answer_3, &augmented)?
