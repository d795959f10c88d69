//! Sets up what is missing: quick where nothing is, resumable where it was cut short.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::Result;
use crate::clone::{Clone, EVCXR, output, run};
use crate::progress::{Steps, watch};

/// Brings everything that the course needs into the clone.
pub fn set_up(clone: &Clone) -> Result {
    let mut steps = Steps::new(5);
    rust_src(&mut steps)?;
    python(clone, &mut steps)?;
    evcxr(clone, &mut steps)?;
    library(clone, &mut steps)?;
    warm_kernel(clone, &mut steps)?;
    kernelspec(clone)
}

/// rust-analyzer, which lives in the kernel, reads the sources of the standard library.
fn rust_src(steps: &mut Steps) -> Result {
    if has_rust_src()? {
        steps.done();
        return Ok(());
    }
    steps.begin("fetching the sources of Rust's standard library");
    watch(Command::new("rustup").args(["component", "add", "rust-src"]))
}

pub fn has_rust_src() -> Result<bool> {
    let sysroot = output(Command::new("rustc").args(["--print", "sysroot"]))?;
    Ok(Path::new(sysroot.trim())
        .join("lib/rustlib/src/rust/library/std")
        .is_dir())
}

/// JupyterLab and what runs the lessons, in the versions of requirements.txt.
fn python(clone: &Clone, steps: &mut Steps) -> Result {
    let package = clone.root.join("xtask/kernel");
    let wanted = contents(&[
        &package.join("requirements.txt"),
        &package.join("segmenta_kernel"),
    ])?;
    let venv = clone.venv();
    let stamp = venv.join("segmenta-stamp");
    if fs::read_to_string(&stamp).is_ok_and(|stamp| stamp == wanted) {
        steps.done();
        return Ok(());
    }
    steps.begin("installing JupyterLab into target/lab (a minute)");
    if !venv.join("bin/python").exists() {
        watch(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
    }
    watch(&mut pip(clone, &["--requirement", "requirements.txt"]))?;
    watch(&mut pip(
        clone,
        &[
            "--no-deps",
            "--no-build-isolation",
            "--force-reinstall",
            ".",
        ],
    ))?;
    // Markdown, such as the course's index, opens as a page and not as source.
    let settings = venv.join("share/jupyter/lab/settings");
    write(
        &settings.join("overrides.json"),
        r#"{
  "@jupyterlab/docmanager-extension:plugin": {"defaultViewers": {"markdown": "Markdown Preview"}},
  "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": false}
}
"#,
    )?;
    write(&stamp, &wanted)
}

/// Installs into the lab's own Python; files are named from the kernel's package.
fn pip(clone: &Clone, args: &[&str]) -> Command {
    let mut pip = Command::new(clone.venv().join("bin/python"));
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ])
    .args(args)
    .current_dir(clone.root.join("xtask/kernel"));
    pip
}

/// What drives the browser: wanted by the tests and by who draws pictures for the
/// notebooks, so the lab does without.
pub fn browser_driver(clone: &Clone) -> Result {
    run(&mut pip(clone, &["--requirement", "requirements-test.txt"]))
}

/// What the benches compare with.
pub fn peers(clone: &Clone) -> Result {
    run(&mut pip(
        clone,
        &["--requirement", "requirements-bench.txt"],
    ))
}

/// The kernel's program: found on PATH, fetched, or built.
fn evcxr(clone: &Clone, steps: &mut Steps) -> Result {
    if clone.evcxr().is_some() {
        steps.done();
        return Ok(());
    }
    let cache = clone.evcxr_cache();
    steps.begin("getting the Rust kernel (5 to 15 minutes where it must be built)");
    let version = format!("evcxr_jupyter@{EVCXR}");
    let fetched = output(
        clone
            .cargo()
            .args([
                "binstall",
                "--no-confirm",
                "--disable-strategies",
                "compile",
                &version,
                "--root",
            ])
            .arg(&cache),
    );
    if fetched.is_ok() && clone.evcxr().is_some() {
        return Ok(());
    }
    // In a folder that stays until it is done, so that a second try goes on where
    // the first one was cut short; and with the settings that build fastest.
    let build = clone.lab().join("evcxr-build");
    watch(
        clone
            .cargo()
            .args([
                "install",
                "evcxr_jupyter",
                "--version",
                EVCXR,
                "--locked",
                "--root",
            ])
            .arg(&cache)
            .env("CARGO_TARGET_DIR", &build)
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "2")
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
            .env("CARGO_PROFILE_RELEASE_DEBUG", "false"),
    )?;
    remove(&build)
}

/// polars and all else, once for the tests and for every kernel.
fn library(clone: &Clone, steps: &mut Steps) -> Result {
    let build = || {
        let mut cargo = clone.cargo();
        cargo.args(["build", "--package", "segmenta", "--lib"]);
        cargo
    };
    // Nothing to build shows within a second, and then there is nothing to say.
    let fresh = clone.kernel().join("warm-stamp");
    if fs::read_to_string(fresh).is_ok_and(|stamp| stamps(clone).is_ok_and(|now| now == stamp)) {
        steps.done();
        return Ok(());
    }
    steps.begin("building polars and the library (6 to 20 minutes the first time)");
    // A kernel resolves its dependencies without a network, and for all platforms: those that this
    // machine does not build must be here as well.
    run(clone.cargo().args(["fetch", "--locked", "--quiet"]))?;
    watch(&mut build())
}

/// A build folder in which a kernel finds everything built. Each kernel starts from
/// a copy, and evcxr's own settings in it must be those of Cargo.toml.
fn warm_kernel(clone: &Clone, steps: &mut Steps) -> Result {
    let wanted = stamps(clone)?;
    let stamp = clone.kernel().join("warm-stamp");
    if fs::read_to_string(&stamp).is_ok_and(|stamp| stamp == wanted) {
        steps.done();
        return Ok(());
    }
    steps.begin("preparing the kernel");
    let _ = fs::remove_file(&stamp);
    let config = include_str!("../kernel/config.toml");
    write(&clone.kernel().join(".cargo/config.toml"), config)?;
    let warm = clone.kernel().join("warm");
    build_folder(
        clone,
        &warm,
        &format!("segmenta = {{ path = {:?} }}", clone.root),
    )?;
    write(&stamp, &wanted)
}

/// A folder such as evcxr makes it, with every dependency taken over from the clone's
/// own build by hard links, and the rest built.
pub fn build_folder(clone: &Clone, folder: &Path, dependencies: &str) -> Result {
    remove(folder)?;
    let host = host()?;
    for part in [host.as_str(), "."] {
        let built = clone.target().join(part).join("debug");
        let linked = folder.join("target").join(part).join("debug");
        for kind in ["deps", "build", ".fingerprint"] {
            link(&built.join(kind), &linked.join(kind))?;
        }
    }
    let copy = |from: &Path, to: &Path| {
        fs::copy(from, to).map_err(|error| format!("cannot copy {}: {error}", from.display()))
    };
    copy(&clone.root.join("Cargo.lock"), &folder.join("Cargo.lock"))?;
    write(
        &folder.join("Cargo.toml"),
        &include_str!("../kernel/ctx.toml").replace("{dependencies}", dependencies),
    )?;
    write(&folder.join("src/lib.rs"), "")?;
    watch(
        clone
            .cargo()
            .current_dir(folder)
            .args(["build", "--target", &host])
            .env("CARGO_TARGET_DIR", "target")
            .env("RUSTFLAGS", "-Cprefer-dynamic"),
    )
}

/// Tells Jupyter about the kernel. It has the name of the stock kernel, so that a
/// notebook runs on either.
fn kernelspec(clone: &Clone) -> Result {
    let evcxr = clone.evcxr().ok_or("the Rust kernel is not installed")?;
    let spec = format!(
        r#"{{
  "argv": [{:?}, "-m", "segmenta_kernel.launch", "{{connection_file}}"],
  "display_name": "Rust (Segmenta)",
  "language": "rust",
  "interrupt_mode": "message",
  "env": {{"SEGMENTA_ROOT": {:?}, "SEGMENTA_EVCXR": {evcxr:?}, "RUST_BACKTRACE": "0"}},
  "metadata": {{"kernel_provisioner": {{"provisioner_name": "segmenta"}}}}
}}
"#,
        clone.venv().join("bin/python"),
        clone.root,
    );
    write(&clone.lab().join("jupyter/kernels/rust/kernel.json"), &spec)
}

pub fn host() -> Result<String> {
    let version = output(Command::new("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned)
        .ok_or_else(|| "rustc does not say its host".into())
}

/// What the library is built from: a change of any of it shows here.
fn stamps(clone: &Clone) -> Result<String> {
    let mut stamps = output(Command::new("rustc").arg("-vV"))?;
    stamps.push_str(include_str!("../kernel/config.toml"));
    stamps.push_str(include_str!("../kernel/ctx.toml"));
    for path in ["Cargo.toml", "Cargo.lock", ".cargo/config.toml", "src"] {
        for file in files(&clone.root.join(path))? {
            let about =
                fs::metadata(&file).map_err(|error| format!("{}: {error}", file.display()))?;
            let _ = writeln!(
                stamps,
                "{} {} {:?}",
                file.display(),
                about.len(),
                about.modified().ok()
            );
        }
    }
    Ok(stamps)
}

fn contents(paths: &[&Path]) -> Result<String> {
    let mut all = String::new();
    for path in paths {
        for file in files(path)? {
            let text = fs::read_to_string(&file)
                .map_err(|error| format!("{}: {error}", file.display()))?;
            let _ = writeln!(all, "{}\n{text}", file.display());
        }
    }
    Ok(all)
}

/// A file, or all files below a folder, in order.
fn files(path: &Path) -> Result<Vec<std::path::PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in entries(path)? {
        if !entry.ends_with("__pycache__") {
            found.extend(files(&entry)?);
        }
    }
    found.sort();
    Ok(found)
}

fn entries(folder: &Path) -> Result<Vec<std::path::PathBuf>> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect())
}

/// Whether a file in a build folder belongs to this crate: `libfoo.so`, `foo-0123.d`.
fn is_of(file: &str, name: &str) -> bool {
    let file = file.strip_prefix("lib").unwrap_or(file);
    let rest = file.strip_prefix(name);
    rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
}

/// Links a folder's files into another; what is not there links nothing.
fn link(from: &Path, to: &Path) -> Result {
    if !from.is_dir() {
        return Ok(());
    }
    let failed = |error| format!("cannot link {}: {error}", from.display());
    fs::create_dir_all(to).map_err(failed)?;
    for entry in entries(from)? {
        let name = entry.file_name().unwrap_or_default();
        // The library itself is built anew: as a path dependency it is another unit to cargo.
        if is_of(&name.to_string_lossy(), "segmenta") || is_of(&name.to_string_lossy(), "xtask") {
            continue;
        }
        let target = to.join(name);
        if entry.is_dir() {
            link(&entry, &target)?;
        } else {
            fs::hard_link(&entry, &target).map_err(failed)?;
        }
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result {
    let failed = |error| format!("cannot write {}: {error}", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::write(path, text).map_err(failed)
}

fn remove(folder: &Path) -> Result {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("cannot remove {}: {error}", folder.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::is_of;

    #[test]
    fn the_librarys_own_files_are_told_from_those_of_others() {
        for own in [
            "libsegmenta.so",
            "libsegmenta.rlib",
            "segmenta-0123.d",
            "segmenta.d",
        ] {
            assert!(is_of(own, "segmenta"), "{own}");
        }
        for other in [
            "libunicode_segmentation-1.rlib",
            "libsegmenta_kernel.rlib",
            "libpolars.rlib",
        ] {
            assert!(!is_of(other, "segmenta"), "{other}");
        }
    }
}
