//! Any bytes as a customer file: a table, or an error, and no panic; and what is kept, is told.
#![no_main]

use std::io::Write;

use libfuzzer_sys::fuzz_target;
use segmenta::data::campaign::{Loader, Money};
use segmenta::data::read::Decimal;
use segmenta::prelude::DateFormat;

fuzz_target!(|bytes: &[u8]| {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("a temporary file");
    let asked = Loader::new().needs([]).reject_bad_rows();
    let said = asked
        .clone()
        .date_format(DateFormat::DayFirst)
        .decimal(Decimal::Comma)
        .money(Money::Full);
    for loader in [Loader::new(), asked, said] {
        if let Ok(loaded) = loader.load(file.path()) {
            assert_eq!(loaded.customers.height(), loaded.lines.len());
            // A file that was read is read again in the same way.
            let again = loader.like(&loaded.reading).load(file.path());
            let again = again.expect("the file that it was learned from");
            assert!(again.customers.equals_missing(&loaded.customers));
        }
    }
});
