//! The program beside Sail, a cluster that starts on this machine in a second: views are those of one machine, and what
//! goes wrong is told in a line and leaves nothing behind.
//!
//! `cargo xtask test` brings Sail and says in SEGMENTA_SAIL where it is.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use segmenta::data::orders::Loader;
use segmenta::prelude::*;

/// A server of its own for each test, which ends with it.
struct Sail {
    process: Child,
    address: String,
}

impl Sail {
    fn start() -> Self {
        let program = std::env::var_os("SEGMENTA_SAIL");
        let program = program.expect("SEGMENTA_SAIL says where Sail is: run `cargo xtask test`");
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let process = Command::new(program)
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
    same(
        &written(&out),
        &SingleView::new()
            .lines(&orders.lines)
            .of(&orders.bills)
            .unwrap(),
    );
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
    same(
        &written(&out),
        &SingleView::new()
            .lines(&counted.lines)
            .of(&counted.bills)
            .unwrap(),
    );
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
    same(
        &written(&out),
        &SingleView::new()
            .lines(&orders.lines)
            .of(&orders.bills)
            .unwrap(),
    );
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
        let line = view(address, &["sc://host:port"]);
        assert!(!line.contains("SECRET"), "{line}");
    }
    let sail = Sail::start();
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
    same(
        &written(&out),
        &SingleView::new()
            .lines(&orders.lines)
            .of(&orders.bills)
            .unwrap(),
    );
    assert_eq!(place.names(), ["shop", "view"]);
}
