//! Any bytes as a segments.json: segments that can be used, or an error, and no panic.
#![no_main]

use std::io::Write;

use libfuzzer_sys::fuzz_target;
use segmenta::prelude::*;

fuzz_target!(|bytes: &[u8]| {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("a temporary file");
    if let Ok(segments) = Segments::load(file.path()) {
        let _ = segments.tidy();
        let _ = segments.glance();
        let columns = segments.scaler().columns();
        let customers = columns.iter().map(|name| Column::new((*name).into(), [1.0, 2.0]));
        if let Ok(customers) = DataFrame::new(2, customers.collect()) {
            let _ = segments.assign(&customers);
            let _ = segments.augment(&customers);
        }
    }
});
