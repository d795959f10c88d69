//! This program, and that for clusters, are linked to shared libraries: that of segmenta beside them, and Rust's own. They find
//! both from any folder. The languages of a report are all files of languages/.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

fn main() {
    if std::env::var("CARGO_PKG_NAME").is_ok_and(|name| name == "segmenta-cli") {
        languages();
    }
    println!("cargo:rerun-if-env-changed=RUSTC");
    // Windows looks for libraries otherwise.
    if std::env::var_os("CARGO_CFG_UNIX").is_none() {
        return;
    }
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let target = std::env::var("TARGET").unwrap_or_default();
    let asked = Command::new(rustc)
        .args(["--print", "target-libdir", "--target", &target])
        .output();
    if let Ok(asked) = asked {
        let libraries = String::from_utf8_lossy(&asked.stdout);
        println!("cargo:rustc-link-arg-bins=-Wl,-rpath,{}", libraries.trim());
    }
}

/// Lists the files of languages/ by their code: a file that is added there is a language more.
fn languages() {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo names the package's folder");
    let folder = Path::new(&package).join("../languages");
    println!("cargo:rerun-if-changed={}", folder.display());
    let files = fs::read_dir(&folder).expect("languages/ can be read");
    // An editor or a system may leave files of its own beside them.
    let mut files: Vec<_> = files
        .filter_map(|file| Some(file.ok()?.path()))
        .filter(|file| {
            file.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    files.sort();
    let mut list = String::from(
        "/// A language's code, and its file.\nconst LANGUAGES: &[(&str, &str)] = &[\n",
    );
    for file in files {
        let code = file.file_stem().unwrap_or_default().to_string_lossy();
        let file = file.canonicalize().expect("a file that was found is there");
        let _ = writeln!(list, "    ({code:?}, include_str!({file:?})),");
    }
    list.push_str("];\n");
    let out = std::env::var_os("OUT_DIR").expect("cargo names a folder for what is built");
    fs::write(Path::new(&out).join("languages.rs"), list).expect("its folder can be written to");
}
