//! Bills that do not fit into memory: in parts they say what they say at once.

use std::path::{Path, PathBuf};

use polars_io::prelude::ParquetWriter;
use segmenta::data::orders::{Loader, Parts, Role};
use segmenta::prelude::*;

struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        Files(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// A Parquet file with so many rows in a group.
    fn parquet(&self, name: &str, table: &DataFrame, group: usize) -> PathBuf {
        let file = self.path().join(name);
        ParquetWriter::new(std::fs::File::create(&file).unwrap())
            .with_row_group_size(Some(group))
            .finish(&mut table.clone())
            .unwrap();
        file
    }
}

/// Figures are the same, sums of fractions to the ninth digit.
#[track_caller]
fn same(a: &DataFrame, b: &DataFrame) {
    assert_eq!(a.get_column_names(), b.get_column_names());
    assert_eq!(a.height(), b.height(), "{a}{b}");
    for (a, b) in a.columns().iter().zip(b.columns()) {
        assert_eq!(a.dtype(), b.dtype(), "{}", a.name());
        if !a.dtype().is_float() {
            assert!(a.equals_missing(b), "{a:?}{b:?}");
            continue;
        }
        for (row, (x, y)) in a
            .f64()
            .unwrap()
            .iter()
            .zip(b.f64().unwrap().iter())
            .enumerate()
        {
            let near = |(x, y): (f64, f64)| (x - y).abs() <= 1e-9 * x.abs().max(1.0);
            assert!(
                x.is_some() == y.is_some() && x.zip(y).is_none_or(near),
                "{} {row}: {x:?} {y:?}",
                a.name()
            );
        }
    }
}

/// In one part, in a few and in many, the view and all that is told are what they are at once.
#[track_caller]
fn same_in_parts(loader: &Loader, files: &[PathBuf], inside: &Path) {
    let orders = loader.load(files).unwrap();
    let mut view = SingleView::new().published();
    if orders.lines.height() > 0 {
        view = view.lines(&orders.lines);
    }
    for parts in [1, 3, 40] {
        let own = loader.in_parts(files, parts, inside).unwrap();
        assert_eq!(own.count(), parts);
        same(&own.rejects, &orders.rejects);
        same(&own.columns, &orders.columns);
        same(&own.rules, &orders.rules);
        same(&own.glance, &orders.glance);
        let in_parts = SingleView::new().published().in_parts(&own).unwrap();
        same(&in_parts, &view.of(&orders.bills).unwrap());
        same(
            &quality::bills_in_parts(&own).unwrap(),
            &quality::bills(&orders).unwrap(),
        );
        same(
            &quality::gaps_in_parts(&own).unwrap(),
            &quality::gaps(&orders.bills).unwrap(),
        );
        let bills: usize = (0..parts)
            .map(|part| own.orders(part).unwrap().bills.height())
            .sum();
        assert_eq!(bills, orders.bills.height());
        let folder = left(inside);
        assert_eq!(folder.len(), 1, "{folder:?}");
        drop(own);
        assert!(left(inside).is_empty());
    }
}

/// The error is the one that is told at once.
#[track_caller]
fn same_error(loader: &Loader, file: &Path, inside: &Path) -> String {
    let at_once = loader.load([file]).unwrap_err().to_string();
    let in_parts = loader.in_parts([file], 4, inside).unwrap_err();
    assert_eq!(in_parts.to_string(), at_once);
    at_once
}

/// The folders of parts that are there.
fn left(inside: &Path) -> Vec<String> {
    let names = std::fs::read_dir(inside).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    names
        .filter(|name| name.starts_with(".parts-of-segmenta-"))
        .collect()
}

#[test]
fn a_shop_with_lists_and_all_faults_of_real_exports_is_the_same_in_parts() {
    let files = Files::new();
    simulate::Shop::new()
        .customers(1_500)
        .seed(5)
        .save(files.path(), Existing::Keep)
        .unwrap();
    let years = [2021, 2022, 2023].map(|year| files.path().join(format!("{year}.csv")));
    same_in_parts(&Loader::new().reject_bad_rows(), &years, files.path());
    // Half of a file again is found again, whoever's bills they are.
    let text = std::fs::read_to_string(&years[1]).unwrap();
    let half: Vec<&str> = text.lines().take(400).collect();
    let again = files.path().join("again.csv");
    std::fs::write(&again, half.join("\n")).unwrap();
    let with_again = [years.to_vec(), vec![again]].concat();
    same_in_parts(&Loader::new().reject_bad_rows(), &with_again, files.path());
    assert!(
        Loader::new()
            .reject_bad_rows()
            .load(&with_again)
            .unwrap()
            .rejects
            .height()
            > 300
    );
}

/// Lines of bills as a shop's system has them: returns, nobody's bills, bills of one number, some without.
fn lines() -> DataFrame {
    let shop = simulate::Shop::new()
        .customers(800)
        .seed(5)
        .generate()
        .unwrap();
    let orders = {
        let files = Files::new();
        let file = files.path().join("bills.csv");
        export::csv(&shop.bills, &file, Existing::Keep).unwrap();
        Loader::new().reject_bad_rows().load([file]).unwrap()
    };
    let bills = orders.bills.lazy().select([
        col("bill"),
        col("customer"),
        col("time"),
        col("channel"),
        col("centre"),
    ]);
    let number = col("bill").cast(DataType::Float64);
    let each = orders
        .lines
        .lazy()
        .select([col("bill"), col("product"), col("quantity")]);
    let price = (col("product").str().len_bytes().cast(DataType::Float64) + col("bill") % lit(97))
        / lit(7.0);
    let args = JoinArgs::new(JoinType::Inner);
    each.join(bills, [col("bill")], [col("bill")], args)
        .with_columns([
            price.alias("price"),
            when((col("bill") % lit(5)).eq(lit(0)))
                .then(lit(NULL))
                .otherwise(number.clone() % lit(300))
                .alias("customer"),
            when((col("bill") % lit(11)).eq(lit(0)))
                .then(lit(NULL))
                .otherwise((number % lit(4_000)).cast(DataType::Int64))
                .alias("invoice"),
            when((col("bill") % lit(13)).eq(lit(0)))
                .then(-col("quantity"))
                .otherwise(col("quantity"))
                .alias("quantity"),
        ])
        .sort(["bill", "product"], SortMultipleOptions::new())
        .drop(by_name(["bill"], true, false))
        .collect()
        .unwrap()
}

#[test]
fn lines_of_parquet_are_the_same_in_parts_whatever_their_groups() {
    let files = Files::new();
    let lines = lines();
    for group in [100, 100_000] {
        let file = files.parquet("lines.parquet", &lines, group);
        same_in_parts(&Loader::new(), &[file], files.path());
    }
    // Two files, whose bills overlap.
    let half = lines.height() / 2;
    let first = files.parquet("a.parquet", &lines.slice(0, half + 300), 999);
    let second = files.parquet("b.parquet", &lines.slice(half as i64, half), 500);
    same_in_parts(
        &Loader::new().reject_bad_rows(),
        &[first.clone(), second.clone()],
        files.path(),
    );
    // Without prices, an amount of the line or of the bill.
    let amounts = lines
        .lazy()
        .with_column((col("price") * col("quantity")).alias("amount"))
        .drop(by_name(["price"], true, false));
    let file = files.parquet(
        "amounts.parquet",
        &amounts.clone().collect().unwrap(),
        1_000,
    );
    same_in_parts(&Loader::new(), &[file], files.path());
    let of_bill = amounts
        .with_column(lit(7.5).alias("amount"))
        .collect()
        .unwrap();
    let file = files.parquet("of-bill.parquet", &of_bill, 1_000);
    let at_once = same_error(&Loader::new(), &file, files.path());
    assert!(
        at_once.contains("of the bill, or that of the line"),
        "{at_once}"
    );
    same_in_parts(
        &Loader::new().amount_of(orders::AmountOf::Bill),
        &[file],
        files.path(),
    );
}

#[test]
fn what_a_column_is_follows_from_all_its_rows_in_parts_too() {
    let files = Files::new();
    let n = 2_000;
    // Customers look whole, but for the last; products look like lists, but for most.
    let mut customer: Vec<Option<f64>> = (0..n).map(|row| Some(f64::from(row % 50))).collect();
    customer[7] = None;
    let product: Vec<String> = (0..n)
        .map(|row| {
            if row < 300 {
                "[1]".into()
            } else {
                format!("p{}", row % 9)
            }
        })
        .collect();
    let table = df!(
        "customer" => customer.clone(),
        "date" => (0..n).map(|row| i64::from(row) * 3_600_000_000).collect::<Vec<_>>(),
        "product" => product,
        "quantity" => vec![1.0; n as usize],
        "amount" => (0..n).map(|row| if row == 1_999 { f64::INFINITY } else { f64::from(row) / 8.0 }).collect::<Vec<_>>(),
    )
    .unwrap();
    let time = col("date").cast(DataType::Datetime(TimeUnit::Microseconds, None));
    let table = table.lazy().with_column(time).collect().unwrap();
    let file = files.parquet("words.parquet", &table, 128);
    same_in_parts(
        &Loader::new().reject_bad_rows(),
        std::slice::from_ref(&file),
        files.path(),
    );
    let at_once = same_error(&Loader::new(), &file, files.path());
    assert!(
        at_once.contains("2000"),
        "the row is that of the file: {at_once}"
    );
    customer[1_998] = Some(0.5);
    let mut odd = table.clone();
    odd.with_column(Column::new("customer".into(), customer))
        .unwrap();
    let file = files.parquet("fractions.parquet", &odd, 128);
    same_in_parts(&Loader::new().reject_bad_rows(), &[file], files.path());
}

#[test]
fn totals_without_lines_and_files_of_texts_are_the_same_in_parts() {
    let files = Files::new();
    let mut text = String::from("customer;date;total;channel\n");
    for row in 0..900 {
        let who = if row % 9 == 0 {
            String::new()
        } else {
            format!("c{}", row % 70)
        };
        let day = 1 + row % 28;
        let month = 1 + row / 90 % 12;
        text += &format!(
            "{who};{day:02}.{month:02}.2022;{},50;{}\n",
            row % 40,
            ["Online", "shop", "phone"][row % 70 % 3]
        );
    }
    let first = files.path().join("first.csv");
    std::fs::write(&first, &text).unwrap();
    // The other file leaves the order of its dates open, which the first decides.
    let second = files.path().join("second.csv");
    std::fs::write(
        &second,
        "customer;date;total;channel\nc1;01.02.2023;3,5;post\nc99;02.03.2023;4,5;\n",
    )
    .unwrap();
    let loader = Loader::new().without(Role::Bill);
    same_in_parts(&loader, &[second, first], files.path());
    let lonely = files.path().join("one.csv");
    std::fs::write(&lonely, "customer,date,total\nAnn,2021-03-04,1\n").unwrap();
    same_in_parts(&Loader::new(), &[lonely], files.path());
}

#[test]
fn a_period_members_and_prices_go_with_the_parts() {
    let files = Files::new();
    let file = files.parquet("lines.parquet", &lines(), 700);
    let orders = Loader::new().load([&file]).unwrap();
    let parts = Loader::new().in_parts([&file], 5, files.path()).unwrap();
    let members = df!("member" => ["1.0", "2", "3"], "sponsor" => ["2", "3", "2"]).unwrap();
    let prices = df!("product" => [orders.lines.column("product").unwrap().str().unwrap().get(0).unwrap()], "price" => [2.0]).unwrap();
    let view = SingleView::new()
        .between("2022-01-01", "2022-06-01")
        .members(&members, "member", "sponsor")
        .prices(&prices);
    let at_once = view.clone().lines(&orders.lines).of(&orders.bills).unwrap();
    same(&view.in_parts(&parts).unwrap(), &at_once);
    let nobody = SingleView::new().between("1999-01-01", "1999-06-01");
    let error = nobody.in_parts(&parts).unwrap_err().to_string();
    assert_eq!(error, nobody.of(&orders.bills).unwrap_err().to_string());
}

#[test]
fn bad_calls_are_errors() {
    let files = Files::new();
    let file = files.path().join("bills.csv");
    std::fs::write(&file, "customer,date,total\nAnn,someday,1\n").unwrap();
    let of = |parts: usize, inside: &Path| Loader::new().in_parts([&file], parts, inside);
    let error = |result: Result<Parts, Error>| result.unwrap_err().to_string();
    assert!(error(of(0, files.path())).contains("1 to 400"));
    assert!(error(of(401, files.path())).contains("1 to 400"));
    let nowhere = error(of(2, &files.path().join("nowhere")));
    assert!(nowhere.contains("nowhere"), "{nowhere}");
    // Strict, and with no row that fits.
    assert_eq!(
        error(of(2, files.path())),
        Loader::new().load([&file]).unwrap_err().to_string()
    );
    let lenient = Loader::new().reject_bad_rows();
    let at_once = lenient.load([&file]).unwrap_err().to_string();
    assert_eq!(error(lenient.in_parts([&file], 2, files.path())), at_once);
    assert!(left(files.path()).is_empty());
    std::fs::write(&file, "customer,date,total\nAnn,2021-03-04,1\n").unwrap();
    let parts = of(3, files.path()).unwrap();
    assert!(parts.orders(3).unwrap_err().to_string().contains("0 to 2"));
    assert!(orders::parts_needed([files.path().join("none.csv")]).is_err());
}

#[test]
fn lists_in_parquet_are_the_same_in_parts_with_prices_in_some_only() {
    let files = Files::new();
    let list = |row: u32| match row % 7 {
        0 => None,
        1 => Some("[]".to_owned()),
        2 => Some(format!(
            "[{{\"product\":\"a{}\",\"qty\":\"2\"}},{{\"product\":\"b\"}}]",
            row % 11
        )),
        3 if row > 900 => Some(format!(
            "[{{\"product\":\"c\",\"qty\":1,\"price\":{}}}]",
            row % 5
        )),
        4 => Some("[{\"product\":\"a1\"".to_owned()),
        _ => Some(format!(
            "{{\"product\":\"a{}\",\"qty\":{}}}",
            row % 4,
            row % 3
        )),
    };
    let table = df!(
        "customer" => (0..1_500u32).map(|row| (row % 13 != 0).then(|| format!("c{}", row % 90))).collect::<Vec<_>>(),
        "date" => (0..1_500i64).map(|row| 1_640_995_200_000 + row * 5_000_000).collect::<Vec<_>>(),
        "products" => (0..1_500).map(list).collect::<Vec<_>>(),
        "total" => (0..1_500u32).map(|row| f64::from(row % 50)).collect::<Vec<_>>(),
    );
    let time = col("date").cast(DataType::Datetime(TimeUnit::Milliseconds, None));
    let table = table.unwrap().lazy().with_column(time).collect().unwrap();
    let whole = files.parquet("lists.parquet", &table, 70);
    let loader = Loader::new().reject_bad_rows();
    same_in_parts(&loader, &[whole], files.path());
    // Prices begin in the second file.
    let first = files.parquet("first.parquet", &table.slice(0, 700), 50);
    let second = files.parquet("second.parquet", &table.slice(700, 800), 64);
    same_in_parts(&loader, &[first.clone(), second.clone()], files.path());
    let refusing = loader
        .refuse(orders::Rule::LoneObject)
        .refuse(orders::Rule::NoList);
    same_in_parts(&refusing, &[first, second], files.path());
}

#[test]
fn a_value_that_does_not_fit_is_named_by_its_place_in_the_file() {
    let files = Files::new();
    let mut text = String::from("invoice,customer,date,amount\n");
    for row in 0..300 {
        let (bill, amount) = (row / 2, if row == 201 { 7 } else { row / 2 });
        text += &format!("{bill},c{},2021-03-04,{amount}\n", bill % 40);
    }
    let file = files.path().join("bills.csv");
    std::fs::write(&file, text).unwrap();
    let loader = Loader::new().amount_of(orders::AmountOf::Bill);
    let at_once = same_error(&loader, &file, files.path());
    assert!(at_once.contains("row 203"), "{at_once}");
    let text =
        "customer,date,product,quantity,price\nAnn,2021-03-04,a,1,2\nBob,2021-03-05,a,1e10,1e305\n";
    std::fs::write(&file, text).unwrap();
    let at_once = same_error(&Loader::new(), &file, files.path());
    assert!(
        at_once.contains("row 3") && at_once.contains("times the quantity"),
        "{at_once}"
    );
}

#[test]
fn a_column_of_a_type_that_is_not_read_ends_no_program() {
    let files = Files::new();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/messy/decimal.parquet");
    // Nobody needs the halves.
    same_in_parts(&Loader::new(), std::slice::from_ref(&file), files.path());
    let halves = Loader::new().column(Role::Amount, "half");
    let error = halves.load([&file]).unwrap_err().to_string();
    assert!(error.contains("half of type Float16"), "{error}");
    let in_parts = halves
        .in_parts([&file], 3, files.path())
        .unwrap_err()
        .to_string();
    assert_eq!(in_parts, error);
    let read = read::file(&file).unwrap();
    assert!(read.table.column("total").is_ok() && read.table.column("half").is_err());
    let told = read
        .rejects
        .clone()
        .lazy()
        .filter(col("column").eq(lit("half")))
        .collect()
        .unwrap();
    assert!(format!("{told:?}{:?}", read.columns).contains("half"));
}

#[test]
fn decimals_of_parquet_are_numbers_and_long_ones_without_places_are_names() {
    let files = Files::new();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/messy/decimal.parquet");
    let doubles = Loader::new().load([&file]).unwrap();
    let exact = Loader::new().column(Role::Amount, "total_exact");
    assert_eq!(exact.load([&file]).unwrap().bills, doubles.bills);
    same_in_parts(&exact, std::slice::from_ref(&file), files.path());
    for (name, first) in [("whole", "17850"), ("long", "9876543210987654321098765432")] {
        let by_name = Loader::new().column(Role::Customer, name);
        let bills = by_name.load([&file]).unwrap().bills;
        let customers = bills.column("customer").unwrap().str().unwrap();
        assert_eq!(customers.iter().flatten().min(), Some(first));
    }
    let read = read::file(&file).unwrap();
    assert_eq!(
        read.table.column("tax").unwrap().f64().unwrap().get(0),
        Some(0.1)
    );
}

#[test]
fn more_files_than_may_be_open_are_read_one_after_the_other() {
    let files = Files::new();
    let all: Vec<PathBuf> = (0..40)
        .map(|file| {
            let path = files.path().join(format!("{file:02}.csv"));
            let day = 1 + file % 28;
            let month = 1 + file / 28;
            let bills = (0..30).map(|row| {
                format!(
                    "c{},2021-{month:02}-{day:02},{row}\n",
                    row * (file + 1) % 50
                )
            });
            let text = bills.collect::<String>();
            std::fs::write(&path, format!("customer,date,total\n{text}")).unwrap();
            path
        })
        .collect();
    same_in_parts(&Loader::new(), &all, files.path());
}

#[test]
fn lines_with_whole_prices_have_quarters() {
    let lines = df!(
        "bill" => [0u32, 1, 2, 3], "product" => ["a", "b", "c", "d"], "quantity" => [1i64, 1, 1, 1], "price" => [1i64, 2, 3, 4],
    );
    let bills = df!("bill" => [0u32, 1, 2, 3], "customer" => ["x", "x", "x", "x"], "time" => [1i32, 2, 3, 4]);
    let bills = bills
        .unwrap()
        .lazy()
        .with_column(col("time").cast(DataType::Date))
        .collect()
        .unwrap();
    let view = SingleView::new().lines(&lines.unwrap()).of(&bills).unwrap();
    assert_eq!(table::number(&view, "price_q4_share", 0).unwrap(), 0.25);
}
