//! Any table: what a user relies on when a file of any make comes in.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use segmenta::data::read::{Kind, Plan, Reader};
use segmenta::prelude::*;

mod messy;

struct TempFile(PathBuf);

impl TempFile {
    fn new(name: &str, contents: impl AsRef<[u8]>) -> Self {
        let folder = std::env::temp_dir().join(format!("segmenta-read-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join(name);
        fs::write(&file, contents).unwrap();
        TempFile(file)
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn read_text(name: &str, text: &str) -> read::Read {
    read::file(&TempFile::new(name, text).0).unwrap()
}

fn refusal(name: &str, text: &str) -> String {
    read::file(&TempFile::new(name, text).0)
        .unwrap_err()
        .to_string()
}

/// What was decided about a column.
fn about(read: &read::Read, column: &str, what: &str) -> String {
    let table = &read.columns;
    let names = table.column("in_file").unwrap().str().unwrap();
    let row = names.iter().position(|name| name == Some(column)).unwrap();
    table
        .column(what)
        .unwrap()
        .str()
        .unwrap()
        .get(row)
        .unwrap_or_default()
        .to_owned()
}

fn texts(read: &read::Read, column: &str) -> Vec<Option<String>> {
    let column = read.table.column(column).unwrap().str().unwrap();
    column
        .iter()
        .map(|value| value.map(str::to_owned))
        .collect()
}

fn numbers(read: &read::Read, column: &str) -> Vec<Option<f64>> {
    let column = read
        .table
        .column(column)
        .unwrap()
        .cast(&DataType::Float64)
        .unwrap();
    column.f64().unwrap().iter().collect()
}

#[test]
fn amounts_are_read_as_people_write_them() {
    for (written, value) in [
        ("$1,250.50", 1250.5),
        ("1.250,50 €", 1250.5),
        ("Rp 1.250.500", 1_250_500.0),
        ("(80.50)", -80.5),
        ("($80.50)", -80.5),
        ("-80.50", -80.5),
        ("80.50-", -80.5),
        ("+80.50", 80.5),
        ("1'250.50", 1250.5),
        ("1 250,50", 1250.5),
        ("USD 80.50", 80.5),
        ("80,50 EUR", 80.5),
        ("8.05e1", 80.5),
        ("12.5%", 0.125),
        ("12.5 %", 0.125),
        ("0.1 %", 0.001),
    ] {
        let read = read_text("amount.csv", &format!("a\tb\nx\t{written}\ny\t{written}\n"));
        assert_eq!(numbers(&read, "b"), [Some(value), Some(value)], "{written}");
    }
}

#[test]
fn a_sign_that_a_column_leaves_open_is_that_of_the_others_or_is_asked() {
    let read = read_text("sign.csv", "a;b\n1.250;0,5\n2.480;1,25\n");
    assert_eq!(numbers(&read, "a"), [Some(1250.0), Some(2480.0)]);
    assert!(about(&read, "a", "why").contains("that of the other columns"));
    let asked = refusal("open.csv", "a;b\n1.250;x\n2.480;y\n");
    assert!(
        asked.contains("column a") && asked.contains("Decimal::Comma"),
        "{asked}"
    );
    let mixed = refusal("mixed.csv", "a;b\n1.25;x\n2,4;y\n");
    assert!(
        mixed.contains("1 have a decimal point, 1 a decimal comma"),
        "{mixed}"
    );
    let money = refusal("money.csv", "a;b\n$5;x\n7 €;y\n");
    assert!(money.contains("more than one money"), "{money}");
}

#[test]
fn dates_and_moments_are_read_in_the_words_of_six_languages() {
    let read = read_text(
        "dates.csv",
        "a;b;c;d;e\n\
         2.5.2013;5/2/13 1:45 PM;2013-05-02T23:30:00+02:00;2 Mai 2013;May 2, 2013\n\
         27.6.2013;6/27/13 12:05 AM;2013-06-27T00:30:00+02:00;4. août 2013;Dec 24, 2013\n",
    );
    let text = |column: &str| texts(&Read::of(read.table.column(column).unwrap()), "text");
    assert_eq!(text("a")[0].as_deref(), Some("2013-05-02"));
    assert_eq!(text("b")[0].as_deref(), Some("2013-05-02 13:45:00.000"));
    assert_eq!(text("b")[1].as_deref(), Some("2013-06-27 00:05:00.000"));
    // By the clock of Greenwich.
    assert_eq!(text("c")[0].as_deref(), Some("2013-05-02 21:30:00.000"));
    assert_eq!(text("c")[1].as_deref(), Some("2013-06-26 22:30:00.000"));
    assert_eq!(text("d")[1].as_deref(), Some("2013-08-04"));
    assert_eq!(text("e")[1].as_deref(), Some("2013-12-24"));
    assert_eq!(about(&read, "c", "kind"), "time");
    for month in [
        "Januar",
        "Maret",
        "avril",
        "mayo",
        "junho",
        "Juli",
        "agosto",
        "Oktober",
        "nov.",
        "diciembre",
    ] {
        let read = read_text(
            "month.csv",
            &format!("a;b\nx;3 {month} 2013\ny;4 {month} 2013\n"),
        );
        assert_eq!(about(&read, "b", "kind"), "date", "{month}");
    }
}

/// A column as texts.
struct Read;

impl Read {
    fn of(column: &Column) -> read::Read {
        let mut text = column.cast(&DataType::String).unwrap();
        text.rename("text".into());
        let mut read = read_text("none.csv", "a,b\nx,y\nz,y\n");
        read.table = DataFrame::new(text.len(), vec![text]).unwrap();
        read
    }
}

#[test]
fn dates_that_may_be_two_days_are_asked_about_all_at_once() {
    let text = "id;joined;left\n1;03/04/2013;05.06.2013\n2;04/05/2013;06.07.2013\n";
    let asked = refusal("days.csv", text);
    assert!(
        asked.contains("column joined") && asked.contains("column left"),
        "{asked}"
    );
    let file = TempFile::new("days-2.csv", text);
    let reader = Reader::new()
        .all_dates(DateFormat::MonthFirst)
        .dates("joined", DateFormat::DayFirst);
    let read = reader.read(&file.0).unwrap();
    assert_eq!(
        about(&read, "joined", "why"),
        "every value is a date: dd/mm/yyyy"
    );
    assert_eq!(
        about(&read, "left", "why"),
        "every value is a date: mm.dd.yyyy"
    );
    // Day numbers of a spreadsheet, under a name that says so.
    let asked = refusal("serial.csv", "id;join date\n1;41396\n2;41399\n");
    assert!(asked.contains("may be days"), "{asked}");
}

#[test]
fn words_for_nothing_count_where_they_can_mean_nothing_else() {
    let read = read_text(
        "nulls.csv",
        "n;d;f;w;all\n1;2013-05-02;yes;a;NA\n-;?;none;-;#N/A\nNULL;<NA>;\\N;NA;\n4;2013-05-09;no;a;null\n",
    );
    assert_eq!(numbers(&read, "n"), [Some(1.0), None, None, Some(4.0)]);
    assert_eq!(numbers(&read, "f"), [Some(1.0), None, None, Some(0.0)]);
    assert_eq!(read.table.column("d").unwrap().null_count(), 2);
    assert_eq!(about(&read, "n", "null_words"), "\"NULL\" (1), \"-\" (1)");
    // Of words it may be one.
    assert_eq!(texts(&read, "w")[1].as_deref(), Some("-"));
    assert!(about(&read, "w", "why").contains("\"-\" (1) stays a word"));
    assert_eq!(about(&read, "all", "kind"), "empty");
    let file = TempFile::new("namibia.csv", "country;n\nNA;1\nDE;2\n--;3\nDE;4\n");
    let read = Reader::new()
        .not_null("NA")
        .null("--")
        .read(&file.0)
        .unwrap();
    assert_eq!(
        texts(&read, "country"),
        [
            Some("NA".into()),
            Some("DE".into()),
            None,
            Some("DE".into())
        ]
    );
}

#[test]
fn numbers_that_are_names_keep_their_zeros_and_digits() {
    let read = read_text(
        "codes.csv",
        "id;card\n007;1234567890123456789\n008;1234567890123456788\n",
    );
    assert_eq!(texts(&read, "id")[0].as_deref(), Some("007"));
    assert_eq!(
        texts(&read, "card")[1].as_deref(),
        Some("1234567890123456788")
    );
    assert_eq!(about(&read, "id", "kind"), "name");
}

#[test]
fn a_header_that_does_not_name_each_column_is_asked_about() {
    for (text, says) in [
        (
            "a,b,a\n1,x,3\n2,y,5\n",
            "columns 1 and 3 are all called \"a\"",
        ),
        ("a,,c\n1,x,3\n5,y,5\n", "no name above column 2"),
        (
            "spend,,visits,\na,b,c,d\n1,2,3,4\n",
            "are header rows merged",
        ),
        (
            "Customers of 2024\nid,spend\n1,5\n2,7\n",
            "a title above the header",
        ),
        ("1,Ann,34\n2,Bob,35\n", "is it a header?"),
        ("id,spend\n1,5\nTotal,5\n", "\"Total\" in column id"),
        (
            "id,spend,visits\na,1,1\nb,2,1\nc,3,1\nd,4,1\n,10,4\n",
            "the sum of the others in 2 columns",
        ),
    ] {
        let asked = refusal("header.csv", text);
        assert!(asked.contains(says), "{asked}");
    }
    let file = TempFile::new("title.csv", "Customers of 2024\nid,spend\n1,5\n2,7\n");
    let read = Reader::new().header(2).read(&file.0).unwrap();
    assert_eq!((read.table.height(), read.lines), (2, vec![3, 4]));
    let file = TempFile::new("none.csv", "1,Ann,34\n2,Bob,35\n");
    let read = Reader::new()
        .names(["id", "name", "age"])
        .read(&file.0)
        .unwrap();
    assert_eq!(numbers(&read, "age"), [Some(34.0), Some(35.0)]);
    let file = TempFile::new("twice.csv", "a,b,a\n1,x,3\n2,y,5\n");
    let read = Reader::new().name(3, "c").read(&file.0).unwrap();
    assert_eq!(numbers(&read, "c"), [Some(3.0), Some(5.0)]);
    let totals = TempFile::new("totals.csv", "id,spend\n1,5\nTotal,5\n");
    let read = Reader::new().totals(true).read(&totals.0).unwrap();
    assert_eq!(numbers(&read, "id"), [Some(1.0)]);
    // The number of the row, as pandas writes it, and columns of nothing are left out, and told.
    let read = read_text("index.csv", ",id,spend,\n0,a,5,\n1,b,7,\n");
    assert_eq!(read.table.get_column_names(), ["id", "spend"]);
    assert_eq!(about(&read, "", "why"), "left out: the number of the row");
}

#[test]
fn text_is_read_in_the_encoding_it_is_written_in_or_asked_about() {
    let text = "name;città\nMüller;Forlì\nJosé;Zürich\nFrançois;São Paulo\n";
    let utf16 = |big: bool, mark: bool| {
        let units = mark
            .then_some(0xFEFF)
            .into_iter()
            .chain(text.encode_utf16());
        units
            .flat_map(|unit| {
                if big {
                    unit.to_be_bytes()
                } else {
                    unit.to_le_bytes()
                }
            })
            .collect::<Vec<u8>>()
    };
    let latin: Vec<u8> = text.chars().map(|c| c as u8).collect();
    let marked = [b"\xEF\xBB\xBF", text.as_bytes()].concat();
    let all = [
        text.as_bytes().to_vec(),
        marked,
        utf16(false, true),
        utf16(true, true),
        utf16(false, false),
        latin,
    ];
    for bytes in all {
        let read = read::file(&TempFile::new("letters.csv", &bytes).0).unwrap();
        assert_eq!(texts(&read, "città")[2].as_deref(), Some("São Paulo"));
    }
    // Polish, which the same bytes would write in other letters.
    let polish = b"name;city\nPawe\xb3;\xa3\xf3d\xbc\nW\xb3adys\xb3aw;Krak\xf3w\n";
    let asked = read::file(&TempFile::new("polish.csv", polish).0)
        .unwrap_err()
        .to_string();
    assert!(asked.contains(".encoding("), "{asked}");
    let file = TempFile::new("polish-2.csv", polish);
    let read = Reader::new().encoding("iso-8859-2").read(&file.0).unwrap();
    assert_eq!(texts(&read, "name")[0].as_deref(), Some("Paweł"));
    // One spoilt cell is told by its row.
    let spoilt = [text.as_bytes(), b"\xFF\xFE;x\n"].concat();
    let error = read::file(&TempFile::new("spoilt.csv", spoilt).0)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("row 5, column name") && error.contains("UTF-8 text"),
        "{error}"
    );
}

#[test]
fn a_packed_file_that_unpacks_to_far_more_is_refused_before_it_fills_the_memory() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(b"a;b\n").unwrap();
    for _ in 0..80 {
        packed.write_all(&b"1;2\n".repeat(1 << 18)).unwrap();
    }
    let packed = packed.finish().unwrap();
    assert!(packed.len() < 200_000, "80 MB in {} bytes", packed.len());
    let error = read::file(&TempFile::new("bomb.gz", packed).0).unwrap_err();
    assert!(
        error.to_string().contains("more than 200 times its size"),
        "{error}"
    );
}

#[test]
fn packed_files_excels_own_line_and_rare_separators_are_known() {
    let text = "sep=;\r\nid;spend\r\n1;5,5\r\n2;7\r\n";
    let read = read_text("sep.csv", text);
    assert_eq!(
        (numbers(&read, "spend"), read.lines),
        (vec![Some(5.5), Some(7.0)], vec![3, 4])
    );
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), Default::default());
    packed.write_all(text.as_bytes()).unwrap();
    let read = read::file(&TempFile::new("sep.gz", packed.finish().unwrap()).0).unwrap();
    assert_eq!(numbers(&read, "spend"), [Some(5.5), Some(7.0)]);
    for separator in [',', ';', '\t', '|'] {
        let text = "id;w\n1;x\n2;y\n".replace(';', &separator.to_string());
        assert_eq!(read_text("rare.csv", &text).table.width(), 2);
    }
    let asked = refusal("colon.csv", "id:w\n1:x\n2:y\n");
    assert!(asked.contains(".separator("), "{asked}");
    let asked = refusal("two.csv", "a;b,c\n1;2,5\n2;3,5\n");
    assert!(
        asked.contains("what stands between the values is open"),
        "{asked}"
    );
}

#[test]
fn spreadsheets_and_parquet_give_what_their_text_would() {
    let text = "id,joined,spend,share,answered,city\n1,2013-05-02,71.697,0.125,yes,Zürich\n2,2013-06-27,,0.5,no,Bern\n";
    let csv = Reader::new().decimal(Decimal::Point);
    let csv = csv.read(&TempFile::new("shop.csv", text).0).unwrap();
    for name in ["tests/kept/shop.xlsx", "tests/kept/shop.ods"] {
        let sheet = read::file(name).unwrap();
        assert_eq!(sheet.table, csv.table, "{name}");
    }
    let file = TempFile::new("shop.parquet", "");
    export::parquet(&csv.table, &file.0, Existing::Replace).unwrap();
    assert_eq!(read::file(&file.0).unwrap().table, csv.table);
    let asked = read::file("tests/kept/two-sheets.xlsx")
        .unwrap_err()
        .to_string();
    assert!(
        asked.contains("several sheets are filled: spring, autumn"),
        "{asked}"
    );
    let read = Reader::new()
        .sheet("autumn")
        .read("tests/kept/two-sheets.xlsx")
        .unwrap();
    assert_eq!(numbers(&read, "spend"), [Some(9.0), Some(8.0)]);
}

#[test]
fn what_does_not_fit_is_an_error_or_a_reject_with_its_row() {
    let mut text = "id;age\n".to_owned();
    for row in 0..30 {
        text += &format!("c{row};{}\n", 20 + row);
    }
    let text = text.replace(";25\n", ";old\n") + "short\n";
    let asked = refusal("odd.csv", &text);
    assert!(
        asked.contains("29 of 30 values are numbers, and \"old\" is none"),
        "{asked}"
    );
    let file = TempFile::new("odd-2.csv", &text);
    let reader = Reader::new().kind("age", Kind::Whole);
    let error = reader.read(&file.0).unwrap_err().to_string();
    assert!(
        error.contains("row 7, column age: \"old\", expected a whole number"),
        "{error}"
    );
    let read = reader.reject_bad_rows().read(&file.0).unwrap();
    assert_eq!((read.table.height(), read.rejects.height()), (29, 2));
    assert_eq!(read.lines[4..6], [6, 8]);
}

#[test]
fn a_plan_reads_the_next_file_in_the_same_way_and_names_what_is_other() {
    let first = "client;joined;spend\na;15.04.2024;1.250,5\nb;05.06.2024;80\n";
    let read = read_text("first.csv", first);
    let plan = Plan::from_toml(&read.plan().to_toml()).unwrap();
    assert_eq!(&plan, read.plan());
    let next = TempFile::new("next.csv", "client;joined;spend\nc;03.04.2024;1.250\n");
    assert!(read::file(&next.0).is_err());
    let again = Reader::new().plan(&plan).read(&next.0).unwrap();
    assert_eq!(numbers(&again, "spend"), [Some(1250.0)]);
    let other = TempFile::new("other.csv", "client;joined;spend\nc;2024-04-03;12.5\n");
    let error = Reader::new()
        .plan(&plan)
        .read(&other.0)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("expected a date written dd.mm.yyyy"),
        "{error}"
    );
    assert!(
        error.contains("expected a number with a decimal comma"),
        "{error}"
    );
    let fewer = TempFile::new("fewer.csv", "client;spend\nc;5\n");
    let error = Reader::new()
        .plan(&plan)
        .read(&fewer.0)
        .unwrap_err()
        .to_string();
    assert!(error.contains("no column for joined"), "{error}");
    let read = Reader::new()
        .plan(&plan)
        .needs(["spend"])
        .read(&fewer.0)
        .unwrap();
    assert_eq!(read.table.height(), 1);
    let typo = Plan::from_toml("[[column]]\nin_file = \"a\"\nkinds = \"whole\"\n");
    assert!(typo.unwrap_err().to_string().contains("kinds"));
}

#[test]
fn any_bytes_are_a_table_questions_or_an_error_and_a_plan_reads_them_again() {
    let sample = fs::read("data/marketing_campaign.csv").unwrap();
    let sheet = fs::read("tests/kept/shop.xlsx").unwrap();
    let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
    for round in 0..300 {
        let mut bytes = match round % 3 {
            0 => sample[..4000].to_vec(),
            1 => sheet.clone(),
            _ => b"a;b;c\n1;x;2013-05-02\n2,5;y;\n".to_vec(),
        };
        for _ in 0..random.gen_range(0..6) {
            let at = random.gen_range(0..bytes.len());
            bytes[at] = *b"\n\"';,.0-\xFF\x00Z(%".choose(&mut random).unwrap();
        }
        let file = TempFile::new(&format!("bytes-{round}"), &bytes);
        let reader = Reader::new().open_as_text().reject_bad_rows().totals(false);
        if let Ok(read) = reader.read(&file.0) {
            assert_eq!(read.table.height(), read.lines.len());
            let again = reader.plan(read.plan()).read(&file.0).unwrap();
            assert!(again.table.equals_missing(&read.table), "round {round}");
        }
    }
}

/// Whatever is mixed: the table that went in comes out, or the error says why not. Never another one.
#[test]
fn messy_files_come_out_as_they_went_in_or_say_why_not() {
    let seeds = std::env::var("SEGMENTA_SEEDS")
        .ok()
        .and_then(|seeds| seeds.parse().ok());
    let seeds: u64 = seeds.unwrap_or(500);
    let (mut read_at_once, mut asked) = (0u64, 0u64);
    for seed in 0..seeds {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        let messy = messy::Messy::new(&mut random);
        let file = TempFile::new(&format!("messy-{seed}"), messy.bytes());
        match read::file(&file.0) {
            Ok(read) => {
                read_at_once += 1;
                messy.must_be(&read, seed);
            }
            Err(Error::Undecided { questions, .. }) => {
                asked += 1;
                assert!(!questions.is_empty());
            }
            Err(other) => panic!("seed {seed}: {other}"),
        }
        // Whoever knows the answers gets the table.
        let read = messy.answered().read(&file.0);
        let read = read.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        messy.must_be(&read, seed);
    }
    println!("{seeds} messy files: {read_at_once} read at once, {asked} after questions");
    assert!(
        read_at_once * 4 > seeds && asked * 20 > seeds,
        "{read_at_once} read, {asked} asked"
    );
}

/// Ten megabytes are read in parts: no record is cut, and rows are counted as an editor counts them.
#[test]
fn a_long_file_is_read_as_a_short_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("long.csv");
    let mut text = String::from("id,note,amount\r\n");
    let (rows, odd) = (120_000, 119_990);
    for row in 0..rows {
        let amount = if row == odd {
            "many".to_owned()
        } else {
            format!("{row}.5")
        };
        text += &match row % 3 {
            0 => format!(
                "A{row},\"says \"\"{}\"\",\nand goes on\",{amount}\r\n",
                "x".repeat(60)
            ),
            1 => format!(
                "A{row},plain \"quotes\" inside{},{amount}\r\n",
                "y".repeat(60)
            ),
            _ => format!("A{row},\"\",{amount}\r\n"),
        };
    }
    assert!(text.len() > 8 << 20);
    std::fs::write(&file, &text).unwrap();
    let reader = read::Reader::new()
        .kind("amount", read::Kind::Decimal)
        .reject_bad_rows();
    let read = reader.read(&file).unwrap();
    assert_eq!(read.table.height(), rows - 1);
    let ids = read.table.column("id").unwrap().str().unwrap();
    let expected = (0..rows)
        .filter(|row| *row != odd)
        .map(|row| format!("A{row}"));
    assert!(ids.iter().flatten().eq(expected));
    // A third of the rows have two lines, and the header has one.
    let line = 2 + odd + odd.div_ceil(3);
    assert_eq!(
        read.rejects.column("row").unwrap().u64().unwrap().get(0),
        Some(line as u64)
    );
    assert_eq!(
        read.lines.last().copied(),
        Some((2 + rows - 1 + (rows - 1).div_ceil(3)) as u64)
    );
    text += "B,\"never closed,1\n";
    std::fs::write(&file, &text).unwrap();
    let error = read::file(&file).unwrap_err().to_string();
    assert!(error.contains("never closed"), "{error}");
}
