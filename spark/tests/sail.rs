//! The program beside Sail, a cluster that starts on this machine in a second: views are those of one machine, and what
//! goes wrong is told in a line and leaves nothing behind.
//!
//! `cargo xtask test` brings Sail and says in SEGMENTA_SAIL where it is.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use segmenta::data::orders::{Loader, Orders};
use segmenta::prelude::*;
use segmenta::value::{self, BgNbd, GammaGamma};
use spark_connect::SparkSession;

/// A server of its own for each test, which ends with it.
struct Sail {
    process: Child,
    address: String,
}

impl Sail {
    fn start() -> Self {
        let program = std::env::var_os("SEGMENTA_SAIL");
        let program = program.expect("SEGMENTA_SAIL says where Sail is: run `cargo xtask test`");
        Sail::of(Command::new(program))
    }

    /// One that cannot write a file beyond 8 kB, as on a disk that is full.
    fn without_room() -> Self {
        let program = std::env::var_os("SEGMENTA_SAIL").unwrap();
        let mut shell = Command::new("sh");
        shell
            .args(["-c", "ulimit -f 16 && exec \"$0\" \"$@\""])
            .arg(program);
        Sail::of(shell)
    }

    fn of(mut program: Command) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let process = program
            .args(["spark", "server", "--port", &port.to_string()])
            .env("SAIL_RUNTIME__MEMORY_POOL__TYPE", "fair")
            .env("SAIL_RUNTIME__MEMORY_POOL__FAIR__MAX_SIZE", "1000000000")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let address = format!("127.0.0.1:{port}");
        let begun = Instant::now();
        while TcpStream::connect(&address).is_err() {
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "Sail does not start"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        Sail {
            process,
            address: format!("sc://{address}"),
        }
    }
}

impl Drop for Sail {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Place(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    /// All that lies there, hidden things too.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<String> = entries
            .map(|own| own.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

fn program(words: &[&str]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_segmenta-spark"));
    program.args(words);
    program
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[track_caller]
fn done(words: &[&str]) -> String {
    let output = program(words).output().unwrap();
    assert!(output.status.success(), "{}", err(&output));
    err(&output)
}

/// It ends with an error in one line that says all of this.
#[track_caller]
fn refused(words: &[&str], told: &[&str]) -> String {
    let output = program(words).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", err(&output));
    let err = err(&output);
    assert!(!err.contains("SECRET"), "{err}");
    let line = err.lines().last().unwrap_or_default().to_owned();
    assert!(line.starts_with("error: "), "{err}");
    for told in told {
        assert!(line.contains(told), "{told}: {err}");
    }
    line
}

/// What the cluster has written, by customer.
fn written(folder: &str) -> DataFrame {
    let files = fs::read_dir(folder).unwrap().map(|own| own.unwrap().path());
    let mut files: Vec<PathBuf> = files
        .filter(|own| own.extension().is_some_and(|end| end == "parquet"))
        .collect();
    files.sort();
    let parts = files.iter().map(|file| export::read_parquet(file).unwrap());
    let all = parts.reduce(|mut all, own| {
        all.vstack_mut(&own).unwrap();
        all
    });
    all.unwrap()
        .sort(["customer"], SortMultipleOptions::new())
        .unwrap()
}

/// Integers, days and words are equal, sums of money to the ninth digit.
#[track_caller]
fn same(cluster: &DataFrame, local: &DataFrame) {
    let local = local
        .sort(["customer"], SortMultipleOptions::new())
        .unwrap();
    assert_eq!(cluster.get_column_names(), local.get_column_names());
    assert_eq!(cluster.height(), local.height());
    for own in local.columns() {
        let other = cluster
            .column(own.name())
            .unwrap()
            .cast(own.dtype())
            .unwrap();
        if !own.dtype().is_float() {
            assert!(other.equals_missing(own), "{other:?}{own:?}");
            continue;
        }
        let each = other.f64().unwrap().iter().zip(own.f64().unwrap().iter());
        for (row, (x, y)) in each.enumerate() {
            let near = |(x, y): (f64, f64)| (x - y).abs() <= 1e-9 * y.abs().max(1.0);
            assert!(
                x.is_some() == y.is_some() && x.zip(y).is_none_or(near),
                "{} {row}: {x:?} {y:?}",
                own.name()
            );
        }
    }
}

fn on_one_machine(orders: &Orders) -> DataFrame {
    let view = match orders.lines.height() {
        0 => SingleView::new(),
        _ => SingleView::new().lines(&orders.lines),
    };
    view.of(&orders.bills).unwrap()
}

fn shop(place: &Place, customers: usize) -> [String; 3] {
    let folder = place.0.path().join("shop");
    simulate::Shop::new()
        .customers(customers)
        .seed(14)
        .save(&folder, Existing::Keep)
        .unwrap();
    ["2021.csv", "2022.csv", "2023.csv"].map(|name| folder.join(name).display().to_string())
}

#[test]
fn the_view_of_a_shop_is_that_of_one_machine() {
    let (sail, place) = (Sail::start(), Place::new());
    let years = shop(&place, 1_500);
    let orders = Loader::new().reject_bad_rows().load(&years).unwrap();
    let out = place.path("view.parquet");
    let mut words = vec!["view", &sail.address];
    words.extend(years.iter().map(String::as_str));
    words.extend(["--out", &out]);
    // What does not fit is not left out without a word.
    refused(&words, &["do not fit", "time: a day", "--reject"]);
    assert_eq!(place.names(), ["shop"]);
    words.push("--reject");
    let told = done(&words);
    for told_so in ["customer is ent", "product: a list of products", "wrote"] {
        assert!(told.contains(told_so), "{told_so}: {told}");
    }
    same(&written(&out), &on_one_machine(&orders));
    assert_eq!(place.names(), ["shop", "view.parquet"]);
    // A part of a year that stands in another file too counts once.
    let text = fs::read_to_string(&years[1]).unwrap();
    let begin: Vec<&str> = text.lines().take(500).collect();
    let again = place.path("shop/again.csv");
    fs::write(&again, begin.join("\n")).unwrap();
    let mut twice = words.clone();
    twice.extend(["--replace", &again]);
    let told = done(&twice);
    assert!(told.contains("one that no earlier file has"), "{told}");
    let with_again = [&years[..], &[again]].concat();
    let counted = Loader::new().reject_bad_rows().load(&with_again).unwrap();
    same(&written(&out), &on_one_machine(&counted));
    // What is there is kept, unless it is to be replaced.
    refused(&words, &["is there already", "--replace"]);
    words.extend([
        "--replace",
        "--from",
        "2022-03-01",
        "--before",
        "2022-09-01",
    ]);
    done(&words);
    let half = SingleView::new()
        .between("2022-03-01", "2022-09-01")
        .lines(&orders.lines);
    same(&written(&out), &half.of(&orders.bills).unwrap());
    assert_eq!(place.names(), ["shop", "view.parquet"]);
}

/// Lines of bills: nobody's, without a number, over midnight, of a customer who is a number, with names that need quotes.
fn lines() -> DataFrame {
    let n = 4_000u32;
    let bill = (0..n).map(|row| (row % 31 != 0).then(|| format!("B{}", row / 3)));
    let customer = (0..n).map(|row| (row / 3 % 17 != 0).then(|| f64::from(row / 3 % 210)));
    let time = (0..n)
        .map(|row| 1_640_995_200_000 + i64::from(row / 3) * 7_001_000 + i64::from(row % 3) * 1_000);
    let product =
        (0..n).map(|row| ["it's tea", "a \\ b", "jam", "`rice`"][(row * 7 % 11 % 4) as usize]);
    let quantity = (0..n).map(|row| {
        if row % 41 == 0 {
            -1.0
        } else {
            f64::from(1 + row % 5)
        }
    });
    let price = (0..n).map(|row| f64::from(row * 7 % 11 % 4) * 2.5 + f64::from(row % 3) / 4.0);
    let channel = (0..n).map(|row| ["Online", "web shop", "online"][(row / 3 % 3) as usize]);
    let table = df!(
        "invoice" => bill.collect::<Vec<_>>(),
        "customer" => customer.collect::<Vec<_>>(),
        "date" => time.collect::<Vec<_>>(),
        "it's `what`" => product.collect::<Vec<_>>(),
        "quantity" => quantity.collect::<Vec<_>>(),
        "price" => price.collect::<Vec<_>>(),
        "channel" => channel.collect::<Vec<_>>(),
    );
    let moment = col("date").cast(DataType::Datetime(TimeUnit::Milliseconds, None));
    table.unwrap().lazy().with_column(moment).collect().unwrap()
}

#[test]
fn lines_and_totals_make_the_view_of_one_machine() {
    let (sail, place) = (Sail::start(), Place::new());
    let (file, out) = (place.path("lines.parquet"), place.path("view"));
    export::parquet(&lines(), &file, Existing::Keep).unwrap();
    let product = "product=it's `what`";
    let words = [
        "view",
        &sail.address,
        &file,
        "--column",
        product,
        "--out",
        &out,
        "--replace",
    ];
    done(&words);
    let loader = Loader::new().column(orders::Role::Product, "it's `what`");
    let orders = loader.load([&file]).unwrap();
    same(&written(&out), &on_one_machine(&orders));
    let mut period = words.to_vec();
    period.extend(["--from", "2022-01-20", "--before", "2022-03-01"]);
    done(&period);
    let half = SingleView::new()
        .between("2022-01-20", "2022-03-01")
        .lines(&orders.lines);
    same(&written(&out), &half.of(&orders.bills).unwrap());
    let totals = place.path("totals.csv");
    let mut text = String::from("customer,date,total,discount\n");
    for row in 0..500 {
        let who = if row % 9 == 0 {
            String::from("NA")
        } else {
            format!("c{}", row % 70)
        };
        text += &format!(
            "{who},2022-{:02}-{:02} 10:00:00,{}.5,\n",
            1 + row % 12,
            1 + row % 28,
            row % 40
        );
    }
    fs::write(&totals, text).unwrap();
    done(&["view", &sail.address, &totals, "--out", &out, "--replace"]);
    let orders = Loader::new().load([&totals]).unwrap();
    same(
        &written(&out),
        &SingleView::new().of(&orders.bills).unwrap(),
    );
}

/// What the cluster makes of these files is what one machine makes of them.
#[track_caller]
fn agree(sail: &Sail, place: &Place, files: &[&str], words: &[&str], loader: &Loader) -> DataFrame {
    let out = place.path("agreed");
    let view = [
        &["view", &sail.address],
        files,
        words,
        &["--out", &out, "--replace"],
    ]
    .concat();
    done(&view);
    let orders = loader.load(files).unwrap();
    let found = written(&out);
    same(&found, &on_one_machine(&orders));
    found
}

#[test]
fn files_as_they_are_make_the_view_of_one_machine_or_are_asked_about() {
    let (sail, place) = (Sail::start(), Place::new());
    let file = |name: &str, text: &str| {
        let path = place.path(name);
        fs::write(&path, text).unwrap();
        path
    };
    let out = place.path("refused");
    let asked = |files: &[&str], told: &[&str]| {
        let words = [
            &["view", &sail.address],
            files,
            &["--reject", "--out", &out],
        ]
        .concat();
        refused(&words, told)
    };
    let plain = Loader::new();

    // Numbers of bills begin again in each file.
    let years = [1, 2].map(|year| {
        file(
            &format!("again{year}.csv"),
            &format!(
                "bill,customer,date,total\n1,Ann,202{year}-05-01,10\n2,Bob,202{year}-05-01,7\n"
            ),
        )
    });
    let both = agree(&sail, &place, &[&years[0], &years[1]], &[], &plain);
    assert_eq!(table::number(&both, "visits", 0).unwrap(), 2.0);

    // The amount of the bill on each of its lines.
    let mut text = String::from("order_id,customer,date,product,qty,total\n");
    for row in 0..60 {
        let bill = row / 3;
        text += &format!(
            "{bill},c{},2022-01-{:02},p{},{},{}\n",
            bill % 7,
            1 + bill,
            row % 4,
            1 + row % 2,
            10 + bill
        );
    }
    let totals = file("totals.csv", &text);
    asked(&[&totals], &["may be that of the bill", "--amount-of"]);
    for (what, amount_of) in [
        ("bill", orders::AmountOf::Bill),
        ("line", orders::AmountOf::Line),
    ] {
        let loader = Loader::new().amount_of(amount_of);
        agree(&sail, &place, &[&totals], &["--amount-of", what], &loader);
    }
    // Without prices, bills say what products cost.
    let mut text = String::from("customer,date,product,quantity,amount,order_id\n");
    for row in 0..90 {
        let (bill, quantity) = (row / 2, 1 + row % 3);
        let alone = if bill % 3 == 0 { 0 } else { row % 5 };
        text += &format!(
            "c{},2022-03-{:02},p{alone},{quantity},{},b{bill}\n",
            bill % 8,
            1 + bill % 28,
            quantity * (alone + 2)
        );
    }
    agree(&sail, &place, &[&file("unpriced.csv", &text)], &[], &plain);
    agree(
        &sail,
        &place,
        &[&file("unnamed.csv", &text.replace(",order_id", ",note"))],
        &[],
        &plain,
    );

    // Lists: a quantity of 0, a price in the list, keys in capitals.
    let mut text = String::from("customer;date;products;total\n");
    let list = |row: usize, price: &str| {
        let own = format!(
            r#"{{""sku"":""p{}"",""qty"":{}{price}}}"#,
            row % 5,
            1 + row % 3
        );
        format!(r#""[{own},{{""sku"":""bag"",""qty"":0{price}}}]""#)
    };
    for row in 0..40 {
        text += &format!(
            "c{};2022-03-{:02};{};{}\n",
            row % 6,
            1 + row % 28,
            list(row, ""),
            5 + row % 9
        );
    }
    let zero = file("zero.csv", &text);
    agree(&sail, &place, &[&zero], &[], &plain);
    let priced = text
        .replace(r#","qty"#, "")
        .replace(r#"0}"#, r#"0,""price"":2.5}"#);
    agree(&sail, &place, &[&file("priced.csv", &priced)], &[], &plain);
    let capitals = file("capitals.csv", &text.replace("qty", "Qty"));
    asked(&[&capitals], &["capitals", "Qty"]);

    // What is no number or name in a list, and files of two kinds.
    let one = |list: &str| {
        format!(
            "customer;date;products;total\nAnn;2022-01-05;\"{}\";3\n",
            list.replace('"', "\"\"")
        )
    };
    for (list, why) in [
        (r#"[{"sku":"tea","qty":"NaN"}]"#, "a quantity with an end"),
        (
            r#"[{"sku":"tea","qty":"Infinity"}]"#,
            "a quantity with an end",
        ),
        (
            r#"[{"sku":"tea","qty":1,"price":"-Infinity"}]"#,
            "a price with an end",
        ),
        (r#"[{"sku":""}]"#, "a name for each product"),
        (r#"[{"sku":{"a":1}}]"#, "a name for each product"),
        (
            r#"[{"sku":"tea","qty":"two"}]"#,
            "a quantity that is a number",
        ),
    ] {
        let odd = file("odd.csv", &one(list));
        refused(
            &["view", &sail.address, &odd, "--out", &out],
            &[&format!("1 without product: {why}")],
        );
        assert!(plain.load([&odd]).is_err(), "{list}");
    }
    let of_lines = file(
        "of_lines.csv",
        "customer;date;products;total\nBob;2022-01-05;tea;3\n",
    );
    let of_lists = file("of_lists.csv", &one(r#"[{"sku":"tea","qty":2}]"#));
    asked(
        &[&of_lines, &of_lists],
        &["some files have lists of products"],
    );
    // Rows of a bill that disagree, and an amount that is to be of bills where there is none.
    let differ = "bill,customer,date,product,quantity,total,discount\n1,Ann,2022-01-05,tea,1,30,1\n1,Ann,2022-01-05,jam,1,30,2\n";
    let differ = file("differ.csv", differ);
    let words = [
        "view",
        &sail.address,
        &differ,
        "--amount-of",
        "bill",
        "--out",
        &out,
    ];
    refused(&words, &["1 bills disagree about the discount"]);
    let no_amount = file(
        "no_amount.csv",
        "bill,customer,date,product,quantity,price\n1,Ann,2022-01-05,tea,1,30\n",
    );
    let words = [
        "view",
        &sail.address,
        &no_amount,
        "--amount-of",
        "bill",
        "--out",
        &out,
    ];
    refused(&words, &["each with an amount"]);
    let some = "bill,customer,date,channel,store,product,quantity,price\n1,Ann,2022-01-05,,,tea,1,3\n1,Ann,2022-01-05,web,x,jam,1,2\n";
    let told = done(&[
        "view",
        &sail.address,
        &file("some.csv", some),
        "--out",
        &place.path("some"),
    ]);
    for name in ["channel", "centre"] {
        assert!(
            told.contains(&format!("1 bills have rows with another {name}")),
            "{told}"
        );
    }
    // Blanks of all kinds around a word.
    let blanks = "customer,date,product,quantity,price\n\u{a0}Ann,2022-01-05,tea,1,2\nAnn\t,2022-01-06,\u{a0}tea,1,3\nAnn,2022-02-07,jam,2,1\n";
    let found = agree(&sail, &place, &[&file("blanks.csv", blanks)], &[], &plain);
    assert_eq!(found.height(), 1);
    // Clocks with a zone and without; a folder of texts.
    let zones =
        "customer,date,total\nAnn,2021-03-04T23:30:00-05:00,30\nBob,2021-03-01 10:00:00,5\n";
    asked(&[&file("zones.csv", zones)], &["in which zone", "is open"]);
    let folder = place.path("folder.csv");
    fs::create_dir(&folder).unwrap();
    asked(&[&folder], &["is a folder: name its files"]);

    // Days as numbers; texts that are no days.
    let days = df!("customer" => ["a", "a", "b"], "date" => [20220101i64, 20220301, 20220205], "total" => [1.0, 2.0, 4.0]);
    let numbers = place.path("numbers.parquet");
    export::parquet(&days.unwrap(), &numbers, Existing::Keep).unwrap();
    agree(&sail, &place, &[&numbers], &[], &plain);
    for no_day in [
        "2022",
        "202201",
        "12:30",
        "31/12/2022",
        "2022-01-05 10",
        "2022-01-05 10:00 Europe/Bern",
    ] {
        let text = format!("customer,date,total\nAnn,2022-01-05,1\nBob,{no_day},2\n");
        let odd = file("odd.csv", &text);
        let words = ["view", &sail.address, &odd, "--out", &out];
        refused(
            &words,
            &["1 without time: a day or a moment, such as 2022-01-31"],
        );
    }

    // Names that are numbers with places, and gaps as pandas writes them.
    let (n, gap) = (f64::NAN, Some(f64::NAN));
    let table = df!(
        "customer" => [Some(1.5), Some(1.25), Some(2.0), gap, None, Some(2.0)],
        "date" => [20220101i64, 20220102, 20220103, 20220104, 20220105, 20220106],
        "total" => [1.0, 2.0, 4.0, 8.0, 16.0, n],
        "discount" => [n, 1.0, n, n, n, 2.0],
    );
    let gaps = place.path("gaps.parquet");
    export::parquet(&table.unwrap(), &gaps, Existing::Keep).unwrap();
    agree(&sail, &place, &[&gaps], &[], &plain);
    // Decimals, as warehouses keep money and numbers of customers.
    let spark = SparkSession::builder()
        .remote(&sail.address)
        .get_or_create()
        .unwrap();
    let bills = "select cast(17850 + id % 3 as decimal(12, 0)) as customer, date_add(date '2022-01-01', cast(id as int)) as date, \
                 cast(id * 1.25 as decimal(12, 2)) as total from range(20)";
    let folder = place.path("decimals");
    spark
        .sql(bills)
        .unwrap()
        .coalesce(1)
        .write()
        .parquet(&folder)
        .unwrap();
    let mut part = fs::read_dir(&folder)
        .unwrap()
        .map(|own| own.unwrap().path());
    let part = part
        .find(|own| own.extension().is_some_and(|end| end == "parquet"))
        .unwrap();
    let found = agree(&sail, &place, &[part.to_str().unwrap()], &[], &plain);
    assert_eq!(
        found.column("customer").unwrap().str().unwrap().get(0),
        Some("17850")
    );

    // Text files: another separator, a line break between quotes, and what would be read otherwise than it is meant.
    let broken = "customer;date;product;quantity;price\nAnn;2022-01-05;\"tea\nwith milk\";5;1.5\nBob;2022-02-05;jam;1;2\n";
    agree(&sail, &place, &[&file("broken.csv", broken)], &[], &plain);
    let comma = file(
        "comma.csv",
        "customer;date;total\nAnn;2022-01-05;1.234,50\nBob;2022-01-06;1.234\n",
    );
    asked(&[&comma], &["numbers with a comma", "1.234,50"]);
    let thousands = file(
        "thousands.csv",
        "customer,date,total\nAnn,2022-01-05,1.234\nBob,2022-01-06,7\n",
    );
    asked(&[&thousands], &["may be thousands", "--decimal-point"]);
    let reader = read::Reader::new().decimal(read::Decimal::Point);
    let loader = Loader::new().reader(reader);
    agree(&sail, &place, &[&thousands], &["--decimal-point"], &loader);
    let latin = place.path("latin.csv");
    fs::write(
        &latin,
        b"customer,date,total\nM\xfcller,2022-01-05,1\nM\xf6ller,2022-01-06,2\n",
    )
    .unwrap();
    asked(&[&latin], &["UTF-8", "convert the files"]);
    let two = file(
        "two.csv",
        "order_id,invoice_no,customer,date,total\n1,2,Ann,2022-01-05,1\n",
    );
    asked(
        &[&two],
        &[
            "which column is the bill is open",
            "order_id or invoice_no",
            "--without bill",
        ],
    );
    agree(
        &sail,
        &place,
        &[&two],
        &["--without", "bill"],
        &Loader::new().without(orders::Role::Bill),
    );

    // A time in which there is nothing replaces nothing.
    let kept = place.path("agreed");
    for (from, before, told) in [
        ("2023-01-01", "2022-01-01", "the earlier one first"),
        (
            "2023-01-01",
            "2023-02-01",
            "there are no bills of customers in that time",
        ),
    ] {
        let words = [
            "view",
            &sail.address,
            &years[0],
            "--from",
            from,
            "--before",
            before,
        ];
        refused(
            &[&words[..], &["--out", &kept, "--replace"]].concat(),
            &[told],
        );
        assert_eq!(written(&kept).height(), 1);
    }
    // What a program that was killed in the last moment has put aside comes back.
    let hidden = place.path(".agreed.segmenta-old");
    fs::rename(&kept, &hidden).unwrap();
    let words = [
        "view",
        &sail.address,
        &two,
        "--without",
        "bill",
        "--out",
        &kept,
    ];
    refused(&words, &["is there again", "--replace"]);
    assert_eq!(written(&kept).height(), 1);
    // A folder of somebody else, with files that look like ours.
    let own = place.path("own");
    fs::create_dir(&own).unwrap();
    fs::write(format!("{own}/bills.parquet"), "mine").unwrap();
    let words_own = [
        "view",
        &sail.address,
        &two,
        "--without",
        "bill",
        "--out",
        &own,
        "--replace",
    ];
    refused(&words_own, &["bills.parquet", "did not write"]);
    fs::create_dir(&hidden).unwrap();
    fs::write(format!("{hidden}/part.parquet"), "old").unwrap();
    done(&[&words[..], &["--replace"]].concat());
    assert!(!Path::new(&hidden).exists() && !place.names().contains(&"refused".to_owned()));
}

#[test]
fn what_cannot_be_is_told_in_a_line() {
    let place = Place::new();
    let file = place.path("bills.csv");
    fs::write(&file, "customer,date,total\nAnn,2022-01-01,1\n").unwrap();
    let out = place.path("view");
    let view =
        |address: &str, told: &[&str]| refused(&["view", address, &file, "--out", &out], told);
    view(
        "sc://127.0.0.1:1",
        &["nobody answers at 127.0.0.1:1", "cargo xtask spark"],
    );
    view(
        "sc://no.such.host.invalid:443/;use_ssl=true;token=SECRET",
        &["nobody answers at no.such.host.invalid:443"],
    );
    for address in ["127.0.0.1:50051", "sc://user:SECRET@127.0.0.1:1"] {
        view(address, &["sc://host:port"]);
    }
    let sail = Sail::start();
    // Somebody who answers and speaks otherwise: the token is passed on, and told to nobody.
    let safe = format!("{};use_ssl=true;token=SECRET", sail.address.clone() + "/");
    let words = ["view", &safe, &file, "--out", &out, "--patience", "2"];
    refused(&words, &["answers, but not as Spark Connect", "use_ssl"]);
    let open = "sc://spark.example.com:443/;token=SECRET";
    view(open, &["for everybody to read", "use_ssl=true"]);
    let none = place.path("none.csv");
    for files in [[&none, &file], [&file, &none]] {
        let words = ["view", &sail.address, files[0], files[1], "--out", &out];
        refused(&words, &["sees nothing at", "none.csv"]);
    }
    // A Parquet file that was cut off.
    let cut = place.path("cut.parquet");
    export::parquet(&lines(), &cut, Existing::Keep).unwrap();
    let whole = fs::read(&cut).unwrap();
    fs::write(&cut, &whole[..whole.len() / 2]).unwrap();
    refused(
        &["view", &sail.address, &cut, "--out", &out],
        &["the cluster at 127.0.0.1:"],
    );
    refused(
        &["view", &sail.address, &file, "--out", "s3://bucket/view"],
        &["s3://bucket/view", "both see"],
    );
    fs::write(&file, "who,when,total\nAnn,2022-01-01,1\n").unwrap();
    view(&sail.address, &["customer is open", "--column customer="]);
    assert_eq!(place.names(), ["bills.csv", "cut.parquet"]);
}

#[test]
fn a_server_that_is_killed_leaves_nothing_and_another_try_is_whole() {
    let (mut sail, place) = (Sail::start(), Place::new());
    let years = shop(&place, 40_000);
    let out = place.path("view");
    let words = |address: &str| -> Vec<String> {
        let mut words = vec!["view".to_owned(), address.to_owned()];
        words.extend(years.iter().cloned());
        words.extend(["--reject", "--out", &out].map(str::to_owned));
        words
    };
    let mut running = Command::new(env!("CARGO_BIN_EXE_segmenta-spark"))
        .args(words(&sail.address))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It has begun to write when its folder is there.
    let begun = Instant::now();
    let aside = Path::new(&out).with_file_name(".view.segmenta-part");
    while !aside.exists() && running.try_wait().unwrap().is_none() {
        assert!(
            begun.elapsed() < Duration::from_secs(300),
            "it never begins to write"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    sail.process.kill().unwrap();
    let output = running.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", err(&output));
    assert!(
        err(&output).contains("error: the cluster at"),
        "{}",
        err(&output)
    );
    assert!(!Path::new(&out).exists());
    let again = Sail::start();
    let words = words(&again.address);
    done(&words.iter().map(String::as_str).collect::<Vec<_>>());
    let orders = Loader::new().reject_bad_rows().load(&years).unwrap();
    same(&written(&out), &on_one_machine(&orders));
    assert_eq!(place.names(), ["shop", "view"]);
}

/// Answers each call as a server does whose guard does not know the token any more: in HTTP/2, with gRPC's status 16.
fn guard(listener: TcpListener) {
    let frame = |kind: u8, flags: u8, stream: &[u8], load: &[u8]| {
        let length = (load.len() as u32).to_be_bytes();
        [&length[1..], &[kind, flags], stream, load].concat()
    };
    for connection in listener.incoming() {
        let mut connection = connection.unwrap();
        std::thread::spawn(move || -> std::io::Result<()> {
            let mut preface = [0; 24];
            connection.read_exact(&mut preface)?;
            connection.write_all(&frame(4, 0, &[0; 4], &[]))?;
            loop {
                let mut head = [0; 9];
                connection.read_exact(&mut head)?;
                let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
                connection.read_exact(&mut vec![0; length])?;
                // Settings are acknowledged; a call is refused when it has ended.
                match (head[3], head[4] & 1) {
                    (4, 0) => connection.write_all(&frame(4, 1, &[0; 4], &[]))?,
                    (0 | 1, 1) => {
                        let mut headers = vec![0x88];
                        for (name, value) in [
                            ("content-type", "application/grpc"),
                            ("grpc-status", "16"),
                            ("grpc-message", "the token has expired"),
                        ] {
                            for text in [name, value] {
                                if text == name {
                                    headers.push(0);
                                }
                                headers.push(text.len() as u8);
                                headers.extend(text.bytes());
                            }
                        }
                        connection.write_all(&frame(1, 5, &head[5..], &headers))?;
                    }
                    _ => {}
                }
            }
        });
    }
}

#[test]
fn a_token_that_is_not_good_any_more_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("sc://{}/;token=SECRET", listener.local_addr().unwrap());
    std::thread::spawn(|| guard(listener));
    let place = Place::new();
    refused(
        &["view", &address, "bills.csv", "--out", &place.path("view")],
        &[
            "the token has expired",
            "is the token right, and still good?",
        ],
    );
    assert!(place.names().is_empty());
}

#[test]
fn a_disk_that_is_full_leaves_nothing_and_is_told() {
    let (mut sail, place) = (Sail::without_room(), Place::new());
    let years = shop(&place, 1_500);
    let out = place.path("view");
    let words = |address: &str| -> Vec<String> {
        let words = [
            "view", address, &years[0], &years[1], "--reject", "--out", &out,
        ];
        words.map(str::to_owned).to_vec()
    };
    let full = words(&sail.address);
    let full: Vec<&str> = full.iter().map(String::as_str).collect();
    refused(&full, &["the cluster at", "is there room where it writes?"]);
    assert_eq!(place.names(), ["shop"]);
    sail.process.kill().unwrap();
    let again = Sail::start();
    let again = words(&again.address);
    done(&again.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn everybodys_segment_is_that_of_the_model_on_one_machine() {
    let (sail, place) = (Sail::start(), Place::new());
    let years = shop(&place, 1_500);
    let (view, out) = (place.path("view"), place.path("segments"));
    let mut words = vec!["view", &sail.address];
    words.extend(years.iter().map(String::as_str));
    words.extend(["--reject", "--out", &view]);
    done(&words);
    let columns = "visits,amount,recency,time_between";
    let mut words = vec![
        "segment",
        &sail.address,
        &view,
        "--columns",
        columns,
        "--k",
        "3",
    ];
    words.extend(["--sample", "300", "--seed", "5", "--out", &out]);
    let told = done(&words);
    assert!(
        told.contains("customers, drawn at random (seed 5)"),
        "{told}"
    );
    let segments = Segments::load(Path::new(&out).join("segments.json")).unwrap();
    assert!(
        segments.plan().is_some(),
        "`segmenta assign` knows how to read the next file"
    );
    let found = written(&format!("{out}/customers.parquet"));
    assert_eq!(found.height(), written(&view).height());
    // Who came once has no time between visits, and no segment.
    let has_value = found.column("time_between").unwrap().is_not_null();
    let (known, unknown) = (
        found.filter(&has_value).unwrap(),
        found.filter(&!has_value).unwrap(),
    );
    assert_eq!(
        unknown.column("segment").unwrap().null_count(),
        unknown.height()
    );
    assert!(unknown.height() > 0 && known.height() > 300);
    let local = segments
        .assign(&known.drop_many(["segment", "distance"]))
        .unwrap();
    same(&known, &local);
    // Sizes and means are those of all customers, and not of the sample.
    let profiles = read::file(format!("{out}/segments.csv")).unwrap().table;
    let counts = local
        .lazy()
        .group_by([col("segment")])
        .agg([len().alias("customers"), col("amount").mean()])
        .sort(["segment"], SortMultipleOptions::new())
        .collect()
        .unwrap();
    for row in 0..3 {
        for name in ["customers", "amount"] {
            let number = |table: &DataFrame| table::number(table, name, row).unwrap();
            assert!(
                (number(&profiles) / number(&counts) - 1.0).abs() < 1e-12,
                "{name} {row}"
            );
        }
    }
    // The same seed draws the same customers, and finds the same segments.
    let json = fs::read_to_string(format!("{out}/segments.json")).unwrap();
    words.push("--replace");
    done(&words);
    assert_eq!(
        fs::read_to_string(format!("{out}/segments.json")).unwrap(),
        json
    );
    // What somebody else put there is not replaced.
    fs::write(format!("{out}/notes.txt"), "mine").unwrap();
    refused(&words, &["notes.txt", "did not write"]);
    let csv = [
        "segment",
        &sail.address,
        &years[0],
        "--out",
        &out,
        "--replace",
    ];
    fs::remove_file(format!("{out}/notes.txt")).unwrap();
    refused(&csv, &["2021.csv", "as Parquet"]);
    words.extend(["--customer", "who"]);
    refused(&words, &["no column who", "--customer"]);
    assert_eq!(place.names(), ["segments", "shop", "view"]);
}

#[test]
fn every_step_of_a_recipe_is_an_expression() {
    let (sail, place) = (Sail::start(), Place::new());
    let (file, out) = (place.path("customers.parquet"), place.path("found"));
    let n = 500u32;
    let customers = df!(
        "customer" => (0..n).map(|row| format!("c{row}")).collect::<Vec<_>>(),
        "it's `what`" => (0..n).map(|row| f64::from(row * row % 97)).collect::<Vec<_>>(),
        "spend" => (0..n).map(|row| f64::from(1 + row * 31 % 400).powf(1.7)).collect::<Vec<_>>(),
        "visits" => (0..n).map(|row| (row % 7 != 3).then_some(row % 13)).collect::<Vec<_>>(),
        "flag" => (0..n).map(|row| row % 5 == 0).collect::<Vec<_>>(),
        "size" => (0..n).map(|row| ["S", "M", "L"][(row % 3) as usize]).collect::<Vec<_>>(),
        "city" => (0..n).map(|row| ["it's \\ B", "Genf", "Bern"][(row * 7 % 11 % 3) as usize]).collect::<Vec<_>>(),
        "code" => (0..n).map(|row| f64::from(row * 3 % 4) / 2.0).collect::<Vec<_>>(),
        "always" => (0..n).map(|_| 3).collect::<Vec<_>>(),
    );
    let customers = customers.unwrap();
    export::parquet(&customers, &file, Existing::Keep).unwrap();
    let numbers = ["it's `what`", "spend", "visits", "flag", "always"];
    let recipe = Recipe::new(numbers.into_iter().chain(["size", "code"]))
        .fill_median("visits")
        .ordinal("size", ["S", "M", "L"])
        .one_hot("code")
        .clip("spend", 0.05, 0.95)
        .log("spend")
        .log1p("it's `what`")
        .min_max("visits")
        .standardise(Columns::from(&numbers[..]))
        .categories(["city"]);
    let spark = SparkSession::builder()
        .remote(&sail.address)
        .get_or_create()
        .unwrap();
    let table = spark.read().format("parquet").load(Some(&file));
    table.create_or_replace_temp_view("everybody").unwrap();
    for recipe in [recipe.clone(), recipe.principal_components(3)] {
        let segments = Segments::fit(&customers, &recipe, &KMeans::params(4).seed(2)).unwrap();
        let names = customers
            .get_column_names()
            .into_iter()
            .map(|name| name.as_str());
        let statement = segments.sql("everybody", names).unwrap();
        let found = spark.sql(&statement).unwrap();
        found.write().mode("overwrite").parquet(&out).unwrap();
        same(&written(&out), &segments.assign(&customers).unwrap());
    }
    // What cannot be scaled is in no segment, as it is an error on one machine.
    let segments = Segments::fit(
        &customers,
        &Recipe::new(["spend"]).log("spend"),
        &KMeans::params(2),
    );
    let others = "(select 'zero' as customer, 0 as spend union all select 'nan', double('nan') union all select 'one', 1)";
    let statement = segments.unwrap().sql(others, ["customer"]).unwrap();
    spark
        .sql(&statement)
        .unwrap()
        .write()
        .mode("overwrite")
        .parquet(&out)
        .unwrap();
    let found = written(&out);
    let known = found.column("segment").unwrap().is_not_null();
    assert_eq!(
        known.iter().collect::<Vec<_>>(),
        [false, true, false].map(Some),
        "{found}"
    );
}

#[test]
fn everybodys_worth_is_that_of_one_machine() {
    let (sail, place) = (Sail::start(), Place::new());
    let years = shop(&place, 3_000);
    let out = place.path("worth");
    let mut words = vec!["worth", &sail.address];
    words.extend(years.iter().map(String::as_str));
    words.extend(["--reject", "--out", &out]);
    done(&words);
    let found = written(&format!("{out}/worth.parquet"));
    let week = col("time")
        .cast(DataType::Date)
        .cast(DataType::Int32)
        .cast(DataType::Float64)
        / lit(7.0);
    let sold = Loader::new().reject_bad_rows().load(&years).unwrap().bills;
    let sold = sold
        .lazy()
        .filter(
            col("customer")
                .is_not_null()
                .and(col("amount").gt(lit(0.0))),
        )
        .with_column(week.alias("week"))
        .collect()
        .unwrap();
    let end = sold.column("week").unwrap().f64().unwrap().max().unwrap();
    let history = value::history(&sold, "customer", "week", "amount", end).unwrap();
    let buying = BgNbd::fit(&history, &BgNbd::params()).unwrap();
    let orders = GammaGamma::fit(&history, &GammaGamma::params()).unwrap();
    let discount = 1.1f64.powf(7.0 / 365.25) - 1.0;
    let worth = value::worth(&buying, &orders, &history, 52.0, discount).unwrap();
    let worth = worth
        .sort(["customer"], SortMultipleOptions::new())
        .unwrap();
    assert_eq!(found.get_column_names(), worth.get_column_names());
    for name in ["customer", "frequency"] {
        let (own, other) = (worth.column(name).unwrap(), found.column(name).unwrap());
        assert_eq!(&other.cast(own.dtype()).unwrap(), own);
    }
    // The models come from the same counts, added up in another order.
    for own in worth.columns().iter().filter(|own| own.dtype().is_float()) {
        let other = found.column(own.name()).unwrap().f64().unwrap();
        for (row, (x, y)) in other.iter().zip(own.f64().unwrap().iter()).enumerate() {
            let near = |(x, y): (f64, f64)| (x - y).abs() <= 1e-6 * y.abs().max(1e-3);
            assert!(
                x.is_some() == y.is_some() && x.zip(y).is_none_or(near),
                "{} {row}: {x:?} {y:?}",
                own.name()
            );
        }
    }
    let saved: BgNbd = value::load(format!("{out}/buying.json")).unwrap();
    assert!((saved.parameters()[0] / buying.parameters()[0] - 1.0).abs() < 1e-6);
    assert_eq!(place.names(), ["shop", "worth"]);
}

#[test]
fn the_program_runs_without_cargo() {
    let mut program = program(&["--version"]);
    let output = program.env_remove("LD_LIBRARY_PATH").output().unwrap();
    assert!(output.status.success(), "{}", err(&output));
}
