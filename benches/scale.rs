//! The files that `cargo xtask bench scale` gives to the command line and to its peers: one shop again and again.
//!
//! `lines-1.parquet` is what benches/orders.rs writes, 4.2 million lines of 2.4 million bills; `lines-10` and
//! `lines-24` are so many copies of it one after another, 100 million lines in the last. `customers-10` are as many
//! lines of ten times as many customers. Each copy has bills of its own; a quarter of its customers are new, so that
//! customers grow with the years, but slower than their bills. They are written once to target/bench/scale.

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use polars_io::prelude::ParquetWriter;
use segmenta::prelude::*;

fn main() -> Result<(), Error> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    let lines = export::read_parquet(folder.join("lines.parquet"))?;
    let folder = folder.join("scale");
    fs::create_dir_all(&folder).expect("target can be written");
    for (name, copies, quarters) in [
        ("lines-1", 1, 1),
        ("lines-10", 10, 1),
        ("customers-10", 10, 4),
        ("lines-24", 24, 1),
    ] {
        let file = folder.join(name).with_extension("parquet");
        if !file.exists() {
            println!(
                "writing {} million lines",
                copies * lines.height() / 1_000_000
            );
            write(&lines, &file, copies as i32, quarters)?;
        }
    }
    Ok(())
}

/// So many copies, in each of which so many quarters of the customers are new.
fn write(lines: &DataFrame, file: &Path, copies: i32, quarters: u32) -> Result<(), Error> {
    let part = file.with_extension("part");
    let mut writer = None;
    for copy in 0..copies {
        let moment = DataType::Datetime(TimeUnit::Milliseconds, None);
        let later = lit(i64::from(copy) * 3 * 366 * 86_400_000);
        let customers = lines.column("customer")?.str()?;
        let customers: StringChunked = customers
            .iter()
            .map(|customer| {
                let customer = customer?;
                let digit = u32::from(customer.bytes().last().unwrap_or(0));
                Some(match digit % 4 < quarters && copy > 0 {
                    true => format!("{customer}-{copy}"),
                    false => customer.to_owned(),
                })
            })
            .collect();
        let mut again = lines.clone();
        again.with_column(customers.with_name("customer".into()).into_column())?;
        let again = again
            .lazy()
            .with_columns([
                col("bill").cast(DataType::Int64) + lit(i64::from(copy) * 10_000_000),
                (col("time").cast(DataType::Int64) + later).cast(moment),
            ])
            .collect()?;
        let writer = match &mut writer {
            Some(writer) => writer,
            none => none.insert(
                ParquetWriter::new(BufWriter::new(
                    File::create(&part).expect("target can be written"),
                ))
                .batched(again.schema())?,
            ),
        };
        // Groups of rows as programs write them.
        let mut begin = 0;
        while begin < again.height() {
            let mut group = again.slice(begin as i64, 500_000);
            writer.write_batch(group.align_chunks_par().rechunk_mut())?;
            begin += 500_000;
        }
    }
    if let Some(writer) = writer {
        writer.finish()?;
    }
    fs::rename(part, file).expect("just written");
    Ok(())
}
