//! Any bytes as any table: a table, questions or an error, and no panic; and its plan reads it again.
#![no_main]

use std::io::Write;

use libfuzzer_sys::fuzz_target;
use segmenta::data::read::{Decimal, Reader};
use segmenta::prelude::DateFormat;

fuzz_target!(|bytes: &[u8]| {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("a temporary file");
    let asked = Reader::new().open_as_text().reject_bad_rows().totals(false).header(1);
    let said = asked.clone().all_dates(DateFormat::DayFirst).decimal(Decimal::Comma);
    for reader in [Reader::new(), asked, said] {
        if let Ok(read) = reader.read(file.path()) {
            assert_eq!(read.table.height(), read.lines.len());
            let again = reader.plan(read.plan()).read(file.path());
            let again = again.expect("the file that it was learned from");
            assert!(again.table.equals_missing(&read.table));
        }
    }
});
