//! This program, and that for clusters, are linked to shared libraries: that of segmenta beside them, and Rust's own. They find
//! both from any folder.

use std::process::Command;

fn main() {
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
