//! Sets up what is missing: quick where nothing is, resumable where it was cut short.

use std::fmt::Write as _;
use std::fs;
use std::hash::{Hash as _, Hasher as _};
use std::path::Path;
use std::process::Command;
use std::time::UNIX_EPOCH;

use crate::Result;
use crate::clone::{Clone, EVCXR, MDBOOK, output, run};
use crate::progress::{Steps, watch};

/// Brings everything that the course needs into the clone.
pub fn set_up(clone: &Clone) -> Result {
    let mut steps = Steps::new(6);
    rust_src(&mut steps)?;
    python(clone, &mut steps)?;
    evcxr(clone, &mut steps)?;
    library(clone, &mut steps)?;
    tool(clone, &mut steps)?;
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
    Ok(rust_sources()?.join("std").is_dir())
}

fn rust_sources() -> Result<std::path::PathBuf> {
    let sysroot = output(Command::new("rustc").args(["--print", "sysroot"]))?;
    Ok(Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library"))
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

/// A cluster on this machine, and the compiler of its protocol, beside the lab or without it.
pub fn spark_tools(clone: &Clone) -> Result {
    let venv = clone.venv();
    if !venv.join("bin/python").exists() {
        watch(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
    }
    run(&mut pip(
        clone,
        &["--requirement", "requirements-spark.txt"],
    ))
}

/// Apache Spark's own server, which is large and needs Java.
pub fn spark_engine(clone: &Clone) -> Result {
    output(Command::new("java").arg("-version"))
        .map_err(|_| "--engine=spark needs Java 17 on the PATH; --engine=sail needs none")?;
    run(&mut pip(
        clone,
        &["--requirement", "requirements-spark-engine.txt"],
    ))
}

/// What slides are made with: Python's tools without the kernel, and reveal.js.
pub fn slides_tools(clone: &Clone) -> Result {
    python(clone, &mut Steps::new(1))?;
    // The package that has it needs much that slides do not.
    run(&mut pip(
        clone,
        &["--no-deps", "--requirement", "requirements-slides.txt"],
    ))
}

/// What a site is made with: Python's tools without the kernel, and mdBook, which is built the first time.
pub fn site_tools(clone: &Clone) -> Result {
    let mut steps = Steps::new(2);
    python(clone, &mut steps)?;
    let program = clone.mdbook_cache().join("bin/mdbook");
    if program.is_file() {
        steps.done();
        return Ok(());
    }
    steps.begin("building mdBook (2 to 4 minutes, once)");
    let build = clone.lab().join("mdbook-build");
    watch(
        clone
            .cargo()
            .args(["install", "mdbook", "--version", MDBOOK, "--locked"])
            .args(["--no-default-features", "--features", "search", "--root"])
            .arg(clone.mdbook_cache())
            .env("CARGO_TARGET_DIR", &build)
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
            .env("CARGO_PROFILE_RELEASE_DEBUG", "false"),
    )?;
    remove(&build)
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
    if clone.built() == Some(build_name(clone)?) {
        steps.done();
        return Ok(());
    }
    steps.begin("building polars and the library (6 to 20 minutes the first time)");
    // A kernel resolves its dependencies without a network, and for all platforms: those that this
    // machine does not build must be here as well.
    run(clone.cargo().args(["fetch", "--locked", "--quiet"]))?;
    watch(&mut build())
}

/// What kernels call in place of cargo. It is built by itself, and needs no shared library: it runs
/// even where the compiler that made it is gone.
fn tool(clone: &Clone, steps: &mut Steps) -> Result {
    let source = clone.root.join("xtask/kernel/cargo");
    let wanted = contents(&[&source])?;
    let stamp = clone.kernel().join("tool/stamp");
    if fs::read_to_string(&stamp).is_ok_and(|stamp| stamp == wanted) {
        steps.done();
        return Ok(());
    }
    steps.begin("building the tool that compiles cells (half a minute)");
    let build = clone.kernel().join("tool-build");
    watch(
        clone
            .cargo()
            .args(["build", "--release", "--package", "kernel-cargo"])
            .env("CARGO_TARGET_DIR", &build)
            .env("RUSTFLAGS", ""),
    )?;
    let built = build.join(host()?).join("release/kernel-cargo");
    let program = clone.kernel_cargo();
    write(&stamp, "")?;
    // A kernel may be running the old one.
    let new = program.with_extension("new");
    let placed = fs::copy(&built, &new).and_then(|_| fs::rename(&new, &program));
    placed.map_err(|error| format!("cannot write {}: {error}", program.display()))?;
    let recorder = clone.recorder();
    let _ = fs::remove_file(&recorder);
    std::os::unix::fs::symlink(&program, &recorder)
        .map_err(|error| format!("cannot link {}: {error}", recorder.display()))?;
    write(&stamp, &wanted)
}

/// A build folder in which a kernel finds everything built. All kernels read it and none writes
/// there; evcxr's own settings in it must be those of Cargo.toml. It is named by what it was
/// built from, so that running kernels keep theirs while a new one is made.
fn warm_kernel(clone: &Clone, steps: &mut Steps) -> Result {
    let name = build_name(clone)?;
    if clone.built().as_ref() == Some(&name) {
        steps.done();
        return Ok(());
    }
    steps.begin("preparing the kernel");
    let config = include_str!("../kernel/config.toml");
    write(&clone.kernel().join(".cargo/config.toml"), config)?;
    let builds = clone.kernel().join("built");
    let folder = builds.join(&name);
    build_folder(
        clone,
        &folder,
        &format!("segmenta = {{ path = {:?} }}", clone.root),
        Some(&folder.join("record.json")),
    )?;
    let analysed = output(
        clone
            .python()?
            .args(["-m", "segmenta_kernel.analysed"])
            .arg(&folder),
    )?;
    write(&folder.join("analysed.json"), &analysed)?;
    for part in ["core", "alloc", "std", "proc_macro"] {
        // Without the instructions of all processors, which are half of it and in no cell.
        copy(
            &rust_sources()?.join(part).join("src"),
            &folder.join("library").join(part).join("src"),
        )?;
    }
    write(&clone.kernel().join("current"), &name)?;
    for old in entries(&builds)?.into_iter().filter(|old| *old != folder) {
        // Who has it locked still reads it; the next set-up removes it.
        let lock = fs::File::options()
            .append(true)
            .create(true)
            .open(old.join("lock"));
        if lock.is_ok_and(|lock| lock.try_lock().is_ok()) {
            remove(&old)?;
        }
    }
    Ok(())
}

/// A folder such as evcxr makes it, with every dependency taken over from the clone's own build, and
/// the rest built. Nothing in it is linked to the clone's: cargo writes in place. The line by which
/// cargo compiles a cell goes to the file `record`.
pub fn build_folder(
    clone: &Clone,
    folder: &Path,
    dependencies: &str,
    record: Option<&Path>,
) -> Result {
    remove(folder)?;
    let host = host()?;
    for part in [host.as_str(), "."] {
        let built = clone.target().join(part).join("debug");
        let own = folder.join("target").join(part).join("debug");
        for kind in ["deps", "build", ".fingerprint"] {
            copy(&built.join(kind), &own.join(kind))?;
        }
    }
    let lock = folder.join("Cargo.lock");
    fs::copy(clone.root.join("Cargo.lock"), &lock)
        .map_err(|error| format!("cannot write {}: {error}", lock.display()))?;
    write(
        &folder.join("Cargo.toml"),
        &include_str!("../kernel/ctx.toml").replace("{dependencies}", dependencies),
    )?;
    write(&folder.join("src/lib.rs"), "")?;
    let mut cargo = clone.cargo();
    cargo
        .current_dir(folder)
        .args(["build", "--target", &host, "--message-format=json"])
        .env("CARGO_TARGET_DIR", "target")
        .env("RUSTFLAGS", "-Cprefer-dynamic");
    if let Some(record) = record {
        cargo
            .env("RUSTC_WRAPPER", clone.recorder())
            .env("SEGMENTA_RECORD", record);
    }
    watch(&mut cargo)
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
    // The second is where Jupyter's own commands look, when called without xtask.
    for share in [
        clone.lab().join("jupyter"),
        clone.venv().join("share/jupyter"),
    ] {
        write(&share.join("kernels/rust/kernel.json"), &spec)?;
    }
    Ok(())
}

pub fn host() -> Result<String> {
    let version = output(Command::new("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned)
        .ok_or_else(|| "rustc does not say its host".into())
}

/// A name for the build of the library as it is now: short, and another after any change.
fn build_name(clone: &Clone) -> Result<String> {
    let mut hasher = std::hash::DefaultHasher::new();
    stamps(clone)?.hash(&mut hasher);
    Ok(format!("{:016x}", hasher.finish()))
}

/// What the library and the kernel's tool are built from: a change of any of it shows here.
fn stamps(clone: &Clone) -> Result<String> {
    let mut stamps = output(Command::new("rustc").arg("-vV"))?;
    stamps.push_str(include_str!("../kernel/config.toml"));
    stamps.push_str(include_str!("../kernel/ctx.toml"));
    for path in [
        "Cargo.toml",
        "Cargo.lock",
        ".cargo/config.toml",
        "src",
        "languages",
        "xtask/kernel/cargo",
        "xtask/kernel/segmenta_kernel/analysed.py",
        "xtask/kernel/segmenta_kernel/folder.py",
    ] {
        for file in files(&clone.root.join(path))? {
            let about =
                fs::metadata(&file).map_err(|error| format!("{}: {error}", file.display()))?;
            // Whole seconds: an image of a container keeps no more.
            let changed = about.modified().ok();
            let changed = changed.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
            let seconds = changed.map_or(0, |time| time.as_secs());
            let _ = writeln!(stamps, "{} {} {seconds}", file.display(), about.len());
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

/// Copies a folder's files into another, where the file system can without taking room; what is not
/// there copies nothing.
fn copy(from: &Path, to: &Path) -> Result {
    if !from.is_dir() {
        return Ok(());
    }
    let failed = |error| format!("cannot copy {}: {error}", from.display());
    fs::create_dir_all(to).map_err(failed)?;
    for entry in entries(from)? {
        let name = entry.file_name().unwrap_or_default();
        // The library itself is built anew: as a path dependency it is another unit to cargo.
        let own = [
            "segmenta",
            "segmenta_cli",
            "xtask",
            "kernel_cargo",
            "kernel-cargo",
        ];
        if own.iter().any(|own| is_of(&name.to_string_lossy(), own)) {
            continue;
        }
        let target = to.join(name);
        if entry.is_dir() {
            copy(&entry, &target)?;
        } else {
            let modified = fs::metadata(&entry).and_then(|about| about.modified());
            fs::copy(&entry, &target).map_err(failed)?;
            // cargo compares times.
            let file = fs::File::options().append(true).open(&target);
            file.and_then(|file| file.set_modified(modified?))
                .map_err(failed)?;
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
