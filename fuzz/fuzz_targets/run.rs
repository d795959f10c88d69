//! Any bytes as a run.json: a run that a report can be made of, or an error, and no panic.
#![no_main]

#[allow(dead_code)]
#[path = "../../cli/src/run.rs"]
mod run;

use std::io::Write;

use libfuzzer_sys::fuzz_target;

type Result<T = ()> = std::result::Result<T, segmenta::Error>;

fuzz_target!(|bytes: &[u8]| {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("a temporary file");
    if let Ok(run) = run::Run::load(file.path()) {
        let page = run.before.append(run.origin).html();
        assert!(page.contains("</html>"));
    }
});
