//! Files of bills: whatever their shape, nothing is lost, doubled or guessed without a word.

use std::path::{Path, PathBuf};

use segmenta::data::orders::{AmountOf, Loader, Orders, Role, Rule};
use segmenta::prelude::*;

struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        Files(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.0.path().join(name);
        std::fs::write(&file, text).unwrap();
        file
    }
}

fn number(table: &DataFrame, name: &str, row: usize) -> f64 {
    table::number(table, name, row).unwrap()
}

fn text(table: &DataFrame, name: &str, row: usize) -> String {
    table
        .column(name)
        .unwrap()
        .str()
        .unwrap()
        .get(row)
        .unwrap()
        .to_owned()
}

#[track_caller]
fn error_of<T>(result: std::result::Result<T, Error>) -> String {
    match result {
        Ok(_) => panic!("it was read"),
        Err(error) => error.to_string(),
    }
}

/// Rows read are rows kept and rows rejected, in each file.
#[track_caller]
fn adds_up(orders: &Orders) {
    let mut rejected = 0.0;
    for row in 0..orders.glance.height() {
        let of = |name: &str| number(&orders.glance, name, row);
        assert_eq!(of("rows_read"), of("rows_kept") + of("rows_rejected"));
        rejected += of("rows_rejected");
    }
    let each = orders
        .rejects
        .clone()
        .lazy()
        .select([as_struct(vec![col("file"), col("row")]).n_unique()]);
    assert_eq!(
        each.collect().unwrap().columns()[0]
            .u32()
            .unwrap()
            .get(0)
            .unwrap() as f64,
        rejected
    );
}

const BILLS: &str = "\
client;date;total;products
Ann;2021-03-04 10:00:00.5;34;[{\"product\":\"tea\",\"qty\":2},{\"product\":\"jam\",\"qty\":1}]
Bob;2021-03-05 11:30:00.0;15;[{\"product\":\"tea\",\"qty\":1}]
";

#[test]
fn three_shapes_give_the_same_bills() {
    let files = Files::new();
    let lists = orders::load([files.write("lists.csv", BILLS)]).unwrap();
    let lines = orders::load([files.write(
        "lines.csv",
        "invoice,customer,date,product,quantity,price\n\
         7,Ann,2021-03-04 10:00:00.5,tea,2,15\n\
         7,Ann,2021-03-04 10:00:00.5,jam,1,4\n\
         8,Bob,2021-03-05 11:30:00.0,tea,1,15\n",
    )])
    .unwrap();
    let totals = orders::load([files.write(
        "totals.csv",
        "customer,date,amount\nAnn,2021-03-04 10:00:00.5,34\nBob,2021-03-05 11:30:00.0,15\n",
    )])
    .unwrap();
    for own in [&lists, &lines, &totals] {
        let bills = own
            .bills
            .select(["bill", "customer", "time", "amount"])
            .unwrap();
        assert_eq!(
            bills,
            lists
                .bills
                .select(["bill", "customer", "time", "amount"])
                .unwrap()
        );
    }
    let of = |own: &Orders| own.lines.select(["bill", "product", "quantity"]).unwrap();
    assert_eq!(of(&lists), of(&lines));
    assert_eq!(totals.lines.height(), 0);
    assert_eq!(text(&lines.bills, "bill_in_file", 1), "8");
    assert_eq!(number(&lines.lines, "amount", 0), 30.0);
}

#[test]
fn any_kind_of_file_is_read() {
    use std::io::Write as _;
    let files = Files::new();
    let csv = orders::load([files.write("bills.csv", BILLS)]).unwrap();
    let gz = files.0.path().join("bills.csv.gz");
    let mut packed = flate2::write::GzEncoder::new(
        std::fs::File::create(&gz).unwrap(),
        flate2::Compression::fast(),
    );
    packed.write_all(BILLS.as_bytes()).unwrap();
    packed.finish().unwrap();
    assert!(orders::load([&gz]).unwrap().bills.equals(&csv.bills));
    // Numbers of bills that are numbers in Parquet are names all the same.
    let numbered = files.0.path().join("numbered.parquet");
    let bills = df!("invoice" => [7i64, 8], "customer" => [1i64, 2], "date" => [18_000i32, 18_001], "amount" => [1.5, 2.0]);
    let bills = bills
        .unwrap()
        .lazy()
        .with_column(col("date").cast(DataType::Date))
        .collect()
        .unwrap();
    export::parquet(&bills, &numbered, Existing::Keep).unwrap();
    let typed = orders::load([&numbered]).unwrap();
    assert_eq!(
        (
            text(&typed.bills, "bill_in_file", 1),
            text(&typed.bills, "customer", 0)
        ),
        ("8".into(), "1".into())
    );
    // A Parquet file of an earlier step has types already.
    let parquet = files.0.path().join("bills.parquet");
    export::parquet(&csv.bills, &parquet, Existing::Keep).unwrap();
    let typed = orders::Loader::new()
        .without(Role::Bill)
        .without(Role::Quantity)
        .load([&parquet])
        .unwrap();
    let columns = ["customer", "time", "amount"];
    assert!(
        typed
            .bills
            .select(columns)
            .unwrap()
            .equals(&csv.bills.select(columns).unwrap())
    );
}

#[test]
fn several_files_are_one_table() {
    let files = Files::new();
    let one = files.write("2021.csv", "customer,date,amount\nAnn,2021-03-04,34\n");
    let two = files.write(
        "2022.csv",
        "amount,customer,date\n15,Ann,2022-03-04\n1,Bob,2022-03-05\n",
    );
    let orders = orders::load([one, two]).unwrap();
    let bills: Vec<Option<u32>> = orders.bills.column("bill").unwrap().u32().unwrap().to_vec();
    assert_eq!(bills, [0, 1, 2].map(Some));
    assert_eq!(orders.glance.height(), 2);
    adds_up(&orders);
}

#[test]
fn each_odd_list_has_its_rule_and_each_bad_one_its_row() {
    let files = Files::new();
    let file = files.write(
        "odd.csv",
        "customer\tdate\ttotal\tproducts\n\
         a\t2021-03-01\t1\t{\"product\":\"tea\",\"qty\":1}\n\
         b\t2021-03-02\t2\t[{\"product\":\"tea\"}]\n\
         c\t2021-03-03\t3\t[{\"product\":\"tea\",\"qty\":\"3\"}]\n\
         d\t2021-03-04\t-4\t[{\"product\":\"tea\",\"qty\":-4}]\n\
         e\t2021-03-05\t5\t[]\n\
         f\t2021-03-06\t6\t\n\
         g\t2021-03-07\t7\t[{\"product\":\"tea\",\"qty\":7}\n\
         h\t2021-03-08\t8\t[{\"qty\":8}]\n\
         i\t2021-03-09\t9\t[{\"product\":\"tea\",\"qty\":\"many\"}]\n\
         j\t2021-03-10\t10\t[{\"product\":\"tea\",\"qty\":1},{\"product\":\"tea\",\"qty\":2}]\n",
    );
    let strict = error_of(orders::load([&file]));
    assert!(strict.contains("3 value(s) do not fit"), "{strict}");
    assert!(strict.contains("row 8, column products"), "{strict}");
    let orders = Loader::new().reject_bad_rows().load([&file]).unwrap();
    adds_up(&orders);
    assert_eq!(orders.bills.height(), 7);
    assert_eq!(orders.lines.height(), 6);
    let rows: Vec<u64> = orders
        .rejects
        .column("row")
        .unwrap()
        .u64()
        .unwrap()
        .iter()
        .flatten()
        .collect();
    assert_eq!(rows, [8, 9, 10]);
    assert!(text(&orders.rejects, "value", 2).contains("many"));
    let met: Vec<(String, f64)> = (0..orders.rules.height())
        .map(|row| {
            (
                text(&orders.rules, "found", row),
                number(&orders.rules, "rows", row),
            )
        })
        .collect();
    let found = |what: &str| {
        met.iter()
            .find(|(own, _)| own == what)
            .map(|(_, rows)| *rows)
    };
    for what in [
        "no list of products",
        "an empty list",
        "a product without a list around it",
        "a product without a quantity",
        "a quantity between quotes",
        "a quantity below 0",
        "a product twice in a list",
    ] {
        assert_eq!(found(what), Some(1.0), "{what}");
    }
    // The lines stay with their bills when rows between them go.
    let last = orders
        .lines
        .column("bill")
        .unwrap()
        .u32()
        .unwrap()
        .get(5)
        .unwrap();
    assert_eq!(text(&orders.bills, "customer", last as usize), "j");
    // A rule can be refused.
    let refused = Loader::new()
        .reject_bad_rows()
        .refuse(Rule::MissingQuantity)
        .load([&file])
        .unwrap();
    assert_eq!(refused.bills.height(), 6);
    assert!(text(&refused.rejects, "expected", 0).contains("not a product without a quantity"));
}

#[test]
fn a_column_that_nobody_named_is_asked_about() {
    let files = Files::new();
    let error = error_of(orders::load([
        files.write("x.csv", "who,when,amount\nAnn,2021-03-04,3\n")
    ]));
    assert!(
        error.contains("which column names the customer is open"),
        "{error}"
    );
    assert!(
        error.contains(".column(Role::Customer, \"your name\")"),
        "{error}"
    );
    let two = files.write(
        "two.csv",
        "customer,order_date,ship_date,amount\nAnn,2021-03-04,2021-03-06,3\n",
    );
    let orders = orders::load([&two]).unwrap();
    assert_eq!(text(&orders.columns, "in_file", 2), "order_date");
    let other = files.write(
        "other.csv",
        "customer,begin_date,ship_date,amount\nAnn,2021-03-04,2021-03-06,3\n",
    );
    let error = error_of(orders::load([&other]));
    assert!(
        error.contains("it may be begin_date or ship_date"),
        "{error}"
    );
    assert!(
        Loader::new()
            .column(Role::Time, "ship_date")
            .load([&other])
            .is_ok()
    );
    let error = error_of(Loader::new().column(Role::Time, "shipdate").load([&other]));
    assert!(error.contains("no column shipdate for the time"), "{error}");
}

#[test]
fn two_files_with_two_orders_of_dates_are_asked_about() {
    let files = Files::new();
    let one = files.write(
        "one.csv",
        "customer,date,amount\nAnn,25/03/2021,3\nBob,04/03/2021,3\n",
    );
    let two = files.write(
        "two.csv",
        "customer,date,amount\nAnn,03/25/2022,3\nBob,03/04/2022,3\n",
    );
    let error = error_of(orders::load([&one, &two]));
    assert!(
        error.contains("two.csv") && error.contains("mm/dd/yyyy"),
        "{error}"
    );
    let orders = Loader::new().dates_differ().load([&one, &two]).unwrap();
    let day = |row: usize| {
        let time = orders
            .bills
            .column("time")
            .unwrap()
            .cast(&DataType::Date)
            .unwrap();
        time.to_physical_repr().i32().unwrap().get(row).unwrap()
    };
    assert_eq!(day(2) - day(0), 365);
    // A file that leaves it open is read as the other one, and that is told.
    let open = files.write("open.csv", "customer,date,amount\nAnn,05/03/2022,3\n");
    let orders = orders::load([&open, &one]).unwrap();
    assert!(text(&orders.glance, "dates", 0).contains("dd/mm/yyyy, as in"));
    assert!(orders::load([&open]).is_err());
}

#[test]
fn a_file_of_another_shape_is_named() {
    let files = Files::new();
    let lists = files.write("lists.csv", BILLS);
    let other = files.write("other.csv", "client;date;total\nAnn;2021-03-04;3\n");
    let error = error_of(orders::load([&lists, &other]));
    assert!(error.contains("other.csv: no column products"), "{error}");
    let words = files.write(
        "words.csv",
        "client;date;total;products\nAnn;2021-03-04;3;tea\n",
    );
    let error = error_of(orders::load([&lists, &words]));
    assert!(
        error.contains("words.csv: one product in each row"),
        "{error}"
    );
    let error = error_of(orders::load([&lists, &lists]));
    assert!(error.contains("each file once"), "{error}");
    let none: [&Path; 0] = [];
    assert!(orders::load(none).is_err());
}

#[test]
fn no_rows_are_no_bills() {
    let files = Files::new();
    let error = error_of(orders::load([
        files.write("none.csv", "customer,date,amount\n")
    ]));
    assert!(error.contains("there is a header and no row"), "{error}");
    let file = files.write("bad.csv", "customer,date,amount\nAnn,,3\nBob,,4\n");
    let error = error_of(Loader::new().reject_bad_rows().load([&file]));
    assert!(error.contains("no row fits"), "{error}");
}

#[test]
fn a_bill_that_two_files_have_counts_once() {
    let files = Files::new();
    let january = files.write(
        "january.csv",
        "invoice,customer,date,amount\n1,Ann,2021-01-30,3\n2,Ann,2021-01-31,4\n",
    );
    let february = files.write(
        "february.csv",
        "invoice,customer,date,amount\n2,Ann,2021-01-31,4\n3,Bob,2021-02-01,5\n",
    );
    let error = error_of(orders::load([&january, &february]));
    assert!(
        error.contains("row 2, column invoice: \"2\", expected a bill that"),
        "{error}"
    );
    let orders = Loader::new()
        .reject_bad_rows()
        .load([&january, &february])
        .unwrap();
    adds_up(&orders);
    assert_eq!(
        orders.bills.column("amount").unwrap().f64().unwrap().sum(),
        Some(12.0)
    );
    // Numbers that begin again are other bills.
    let again = files.write(
        "again.csv",
        "invoice,customer,date,amount\n2,Cem,2021-01-31,4\n",
    );
    let orders = orders::load([&january, &again]).unwrap();
    assert_eq!(orders.bills.height(), 3);
    let found = quality::bills(&orders).unwrap();
    let rule = found
        .column("rule")
        .unwrap()
        .str()
        .unwrap()
        .iter()
        .position(|rule| rule == Some("number of a bill used again"));
    assert_eq!(number(&found, "rows", rule.unwrap()), 1.0);
    // Without numbers a moment tells, and a day does not.
    let moments = |name: &str, clock: &str| {
        files.write(
            name,
            &format!("customer,date,amount\nAnn,2021-01-31{clock},4\nBob,2021-01-30{clock},4\n"),
        )
    };
    let with = [moments("a.csv", " 10:15:00"), moments("b.csv", " 10:15:00")];
    assert!(orders::load(&with).is_err());
    let without = [moments("c.csv", ""), moments("d.csv", "")];
    assert_eq!(orders::load(&without).unwrap().bills.height(), 4);
}

#[test]
fn a_file_as_long_as_a_sheet_is_suspected() {
    let files = Files::new();
    let of_rows =
        |rows: usize| "customer,date,amount\n".to_owned() + &"Ann,2021-05-04,3\n".repeat(rows);
    let rule = |file: &Path| {
        let found = quality::bills(&orders::load([file]).unwrap()).unwrap();
        let rules = found.column("rule").unwrap().str().unwrap();
        rules
            .iter()
            .position(|rule| rule == Some("as many rows as a sheet can hold"))
            .map(|row| text(&found, "of", row))
    };
    let full = files.write("full.csv", &of_rows(65_535));
    assert_eq!(rule(&full), Some(full.display().to_string()));
    assert_eq!(rule(&files.write("less.csv", &of_rows(65_534))), None);
}

#[test]
fn whether_an_amount_is_of_the_bill_is_asked() {
    let files = Files::new();
    let mut text = "invoice,customer,date,product,quantity,amount\n".to_owned();
    for bill in 0..6 {
        text += &format!(
            "{bill},Ann,2021-03-0{},tea,1,19\n{bill},Ann,2021-03-0{},jam,1,19\n",
            bill + 1,
            bill + 1
        );
    }
    let file = files.write("bills.csv", &text);
    let error = error_of(orders::load([&file]));
    assert!(
        error.contains("of 6 bills with several rows 6 have the same amount"),
        "{error}"
    );
    let sum = |what| {
        let orders = Loader::new().amount_of(what).load([&file]).unwrap();
        orders
            .bills
            .column("amount")
            .unwrap()
            .f64()
            .unwrap()
            .sum()
            .unwrap()
    };
    assert_eq!(
        (sum(AmountOf::Bill), sum(AmountOf::Line)),
        (6.0 * 19.0, 12.0 * 19.0)
    );
}

#[test]
fn one_customer_with_all_bills_and_customers_with_one_each_have_a_view() {
    let files = Files::new();
    let one = orders::load([files.write(
        "one.csv",
        "customer,date,amount\nAnn,2021-03-04,3\nAnn,2021-03-05,-8\n",
    )])
    .unwrap();
    let view = SingleView::new().of(&one.bills).unwrap();
    assert_eq!((view.height(), number(&view, "amount", 0)), (1, -5.0));
    let each = orders::load([files.write(
        "each.csv",
        "customer,date,amount\nAnn,2021-03-04,3\nBob,2021-03-05,8\n",
    )])
    .unwrap();
    let view = SingleView::new().of(&each.bills).unwrap();
    assert_eq!(view.column("time_between").unwrap().null_count(), 2);
    assert_eq!(number(&view, "visit_period", 1), 0.0);
}

#[test]
fn a_shop_with_the_faults_of_real_exports_is_read_whole() {
    let folder = tempfile::tempdir().unwrap();
    let shop = simulate::Shop::new().customers(2_000).seed(4);
    let out = folder.path().join("shop");
    shop.save(&out, Existing::Keep).unwrap();
    let files = ["2021.csv", "2022.csv", "2023.csv"].map(|name| out.join(name));
    let orders = Loader::new().reject_bad_rows().load(&files).unwrap();
    adds_up(&orders);
    let truth = shop.generate().unwrap();
    let spoilt = |defect: &str| {
        let defects = truth.defects.column("defect").unwrap().str().unwrap();
        defects.iter().filter(|own| *own == Some(defect)).count()
    };
    let lost = spoilt("a broken list") + spoilt("a day that is none") + spoilt("no day");
    assert_eq!(orders.rejects.height(), lost);
    assert_eq!(orders.bills.height() + lost, truth.bills.height());
    let rule = |what: &str| {
        let found = orders.rules.column("found").unwrap().str().unwrap();
        found
            .iter()
            .position(|own| own == Some(what))
            .map(|row| number(&orders.rules, "rows", row) as usize)
    };
    for what in [
        "a product without a list around it",
        "a product without a quantity",
        "an empty list",
    ] {
        assert_eq!(rule(what), Some(spoilt(what)), "{what}");
    }
    // The year that stops in May is found, and so are bills that stand twice.
    let gaps = quality::gaps(&orders.bills).unwrap();
    assert_eq!(gaps.height(), 1);
    assert!(number(&gaps, "days", 0) >= 225.0);
    let found = quality::bills(&orders).unwrap();
    let rows = |rule: &str| {
        let place = found
            .column("rule")
            .unwrap()
            .str()
            .unwrap()
            .iter()
            .position(|own| own == Some(rule));
        number(&found, "rows", place.unwrap()) as usize
    };
    assert_eq!(rows("the same bill again"), spoilt("the same bill again"));
    assert_eq!(rows("no amount"), spoilt("no amount"));
    assert_eq!(rows("no customer"), spoilt("no customer"));
    // An amount with a digit too many is not the sum; neither is that of a product that lost its quantity.
    assert!(
        rows("amount is not the sum of its lines") >= spoilt("an amount with a digit too many")
    );
    // Prices come back from the bills alone.
    let prices = orders::prices(&orders.bills, &orders.lines).unwrap();
    let column = |name: &str| truth.products.column(name).unwrap().f64().unwrap().clone();
    let (old, new) = (column("price"), column("new_price"));
    let products = truth.products.column("product").unwrap().str().unwrap();
    let list: std::collections::HashMap<&str, (Option<f64>, Option<f64>)> = products
        .iter()
        .flatten()
        .zip(old.iter().zip(new.iter()))
        .collect();
    let names = prices.column("product").unwrap().str().unwrap();
    let median = prices.column("median").unwrap().f64().unwrap();
    let right = names.iter().zip(median.iter()).filter(|(name, median)| {
        let (old, new) = list[name.unwrap()];
        *median == old || *median == new
    });
    let told = median.len() - median.null_count();
    assert!(right.count() as f64 > 0.98 * told as f64);
}

#[test]
fn complete_journey_is_read_as_pandas_reads_it() {
    let Some(folder) = std::env::var_os("SEGMENTA_REAL_DATA") else {
        assert!(std::env::var_os("CI").is_none(), "CI needs the real files");
        println!("skipped: SEGMENTA_REAL_DATA names no folder");
        return;
    };
    let file = Path::new(&folder).join("completejourney_transactions_sample.csv.gz");
    let orders = orders::load([file]).unwrap();
    assert_eq!(orders.lines.height(), 75_000);
    adds_up(&orders);
    let in_file = |role: Role| {
        let place = Role::ALL.iter().position(|own| *own == role).unwrap();
        text(&orders.columns, "in_file", place)
    };
    assert_eq!(in_file(Role::Bill), "basket_id");
    assert_eq!(in_file(Role::Customer), "household_id");
    assert_eq!(in_file(Role::Time), "transaction_timestamp");
    assert_eq!(in_file(Role::Amount), "sales_value");
    assert_eq!(in_file(Role::Centre), "store_id");
    let view = SingleView::new().of(&orders.bills).unwrap();
    // pandas: nunique of household_id, of basket_id, the sums of sales_value and quantity.
    assert_eq!(
        (view.height(), orders.bills.height()),
        (HOUSEHOLDS, BASKETS)
    );
    let amount = orders
        .bills
        .column("amount")
        .unwrap()
        .f64()
        .unwrap()
        .sum()
        .unwrap();
    assert!((amount - SALES).abs() < 1e-6, "{amount}");
    assert_eq!(
        orders
            .lines
            .column("quantity")
            .unwrap()
            .f64()
            .unwrap()
            .sum(),
        Some(PIECES)
    );
}

const HOUSEHOLDS: usize = 2_377;
const BASKETS: usize = 47_243;
const SALES: f64 = 233_935.24;
const PIECES: f64 = 7_784_694.0;

#[test]
fn lists_with_prices_and_lists_without_are_one_table() {
    let files = Files::new();
    let one = files.write("one.csv", BILLS);
    let two = files.write(
        "two.csv",
        "client;date;total;products\nCem;2022-03-04 10:00:00.5;9;[{\"product\":\"tea\",\"qty\":1,\"price\":9}]\n",
    );
    let none = files.write(
        "none.csv",
        "client;date;total;products\nDan;2023-03-04 10:00:00.5;9;\n",
    );
    let orders = orders::load([one, two, none]).unwrap();
    assert_eq!(orders.bills.height(), 4);
    assert_eq!(orders.lines.column("price").unwrap().null_count(), 3);
    // A list that nobody has filled in is what the rule says it is.
    let only = files.write(
        "only.csv",
        "client;date;total;products\nDan;2023-03-04;9;\nDan;2023-03-04;9;\n",
    );
    let orders = orders::load([only]).unwrap();
    assert_eq!((orders.bills.height(), orders.lines.height()), (2, 0));
    let wrong = files.write(
        "wrong.csv",
        "client;date;total;products\nDan;2023-03-04;9;[{\"product\":\"tea\",\"price\":\"dear\"}]\n",
    );
    assert!(error_of(orders::load([wrong])).contains("\"dear\" is no price"));
}

#[test]
fn bills_without_a_number_are_none_of_another_file() {
    let files = Files::new();
    let text = "invoice,customer,date,amount\n,,2021-01-31,4\n,,2021-01-31,4\n7,Ann,2021-01-31,5\n";
    let (one, two) = (files.write("one.csv", text), files.write("two.csv", text));
    let orders = Loader::new().reject_bad_rows().load([one, two]).unwrap();
    adds_up(&orders);
    assert_eq!((orders.bills.height(), orders.rejects.height()), (5, 1));
}

#[test]
fn a_fault_in_a_column_without_a_role_costs_no_bill() {
    let files = Files::new();
    let file = files.0.path().join("comment.csv");
    let mut bytes = b"customer,date,amount,comment\n".to_vec();
    for row in 0..200 {
        bytes.extend(format!("Ann,2021-01-31,4,gr\u{fc}n {row}\n").bytes());
    }
    bytes.extend(b"Bob,2021-01-31,4,\xff\n");
    std::fs::write(&file, bytes).unwrap();
    let reader = read::Reader::new().encoding("utf-8");
    let orders = Loader::new().reader(reader).load([&file]).unwrap();
    assert_eq!((orders.bills.height(), orders.rejects.height()), (201, 0));
}

#[test]
fn dates_of_another_spelling_decide_nothing() {
    let files = Files::new();
    let clear = files.write("clear.csv", "customer,date,amount\nAnn,2021-03-04,3\n");
    let open = files.write("open.csv", "customer,date,amount\nAnn,13/04/21,3\n");
    assert!(error_of(orders::load([&clear, &open])).contains("open.csv"));
    // Any file may decide, not only the first.
    let day_first = files.write("first.csv", "customer,date,amount\nAnn,25/04/2021,3\n");
    let also_open = files.write("also.csv", "customer,date,amount\nAnn,03/04/2021,3\n");
    let orders = orders::load([&clear, &day_first, &also_open]).unwrap();
    assert!(text(&orders.glance, "dates", 2).contains("dd/mm/yyyy, as in"));
    assert!(
        Loader::new()
            .dates_differ()
            .load([&day_first, &also_open])
            .is_err()
    );
}

#[test]
fn long_numbers_of_bills_stay_apart() {
    let files = Files::new();
    let file = files.0.path().join("long.parquet");
    let bills = df!(
        "invoice" => [u64::MAX, u64::MAX - 1, u64::MAX], "customer" => ["Ann", "Ann", "Ann"],
        "date" => [18_000i32, 18_000, 18_000], "amount" => [1.0, 2.0, 4.0],
    );
    let bills = bills
        .unwrap()
        .lazy()
        .with_column(col("date").cast(DataType::Date))
        .collect()
        .unwrap();
    export::parquet(&bills, &file, Existing::Keep).unwrap();
    let orders = orders::load([&file]).unwrap();
    assert_eq!(orders.bills.height(), 2);
    assert_eq!(
        (
            number(&orders.bills, "amount", 0),
            number(&orders.bills, "amount", 1)
        ),
        (5.0, 2.0)
    );
}

#[test]
fn rows_of_a_bill_that_disagree_about_its_amount_are_an_error() {
    let files = Files::new();
    let file = files.write(
        "bills.csv",
        "invoice,customer,date,product,price,amount,discount\n1,Ann,2021-03-04,tea,9,19,2\n1,Ann,2021-03-04,jam,12,19,2\n",
    );
    let orders = Loader::new()
        .amount_of(AmountOf::Bill)
        .load([&file])
        .unwrap();
    assert_eq!(
        (
            number(&orders.bills, "amount", 0),
            number(&orders.bills, "discount", 0)
        ),
        (19.0, 2.0)
    );
    // A line costs what its price says, and not what the bill comes to.
    assert_eq!(number(&orders.lines, "amount", 1), 12.0);
    let file = files.write(
        "other.csv",
        "invoice,customer,date,product,amount\n1,Ann,2021-03-04,tea,19\n1,Ann,2021-03-04,jam,18\n",
    );
    let error = error_of(Loader::new().amount_of(AmountOf::Bill).load([&file]));
    assert!(
        error.contains("19 as in the other rows of its bill"),
        "{error}"
    );
    let totals = files.write("totals.csv", "customer,date,amount\nAnn,2021-03-04,3\n");
    assert!(
        error_of(Loader::new().amount_of(AmountOf::Bill).load([&totals]))
            .contains("bills with several rows")
    );
}
