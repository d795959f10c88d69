// Wrong answers to the exercises of lesson 09: what the check of each must say.

// %% 1: more than once
let answer_1: usize = view.clone().lazy().filter(col("visits").gt(lit(1))).collect()?.height();

// %% 1: those are all customers
let answer_1: usize = view.height();

// %% 2: returns are left out there
let answer_2: usize = SingleView::new().of(&bills)?.lazy().filter(col("amount").lt_eq(lit(0.0))).collect()?.height();

// %% 2: those are bills
let kept = Clean::new(&orders.bills)?.drop_nulls(["customer", "amount"])?;
let answer_2: usize = kept.kept().clone().lazy().filter(col("amount").lt_eq(lit(0.0))).collect()?.height();

// %% 3: the wrong way round
let first_half = SingleView::new().between(&days[0], &days[1]).of(&bills)?.lazy();
let second_half = SingleView::new().between(&days[1], &days[2]).of(&bills)?.lazy();
let answer_3: usize = second_half.join(first_half, [col("customer")], [col("customer")], JoinArgs::new(JoinType::Anti)).collect()?.height();

// %% 3: in both halves
let first_half = SingleView::new().between(&days[0], &days[1]).of(&bills)?.lazy();
let second_half = SingleView::new().between(&days[1], &days[2]).of(&bills)?.lazy();
let answer_3: usize = second_half.join(first_half, [col("customer")], [col("customer")], JoinArgs::new(JoinType::Inner)).collect()?.height();

// %% 3: all of the first half
let answer_3: usize = SingleView::new().between(&days[0], &days[1]).of(&bills)?.height();
