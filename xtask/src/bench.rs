//! `cargo xtask bench`: measurements, not tests.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Result;
use crate::clone::{Clone, run};
use crate::setup::{build_folder, host, peers, set_up, spark_engine};
use crate::spark;

/// The notebook kernel beside a stock one, both with everything built.
pub fn kernel(clone: &Clone) -> Result {
    set_up(clone)?;
    peers(clone)?;
    let manifest =
        fs::read_to_string(clone.root.join("Cargo.toml")).map_err(|error| error.to_string())?;
    // What a learner without the course would depend on, in the same versions and features.
    let dependencies: Vec<String> = ["linfa", "plotly", "polars", "polars-io"]
        .iter()
        .map(|name| dependency(&manifest, name))
        .collect::<Result<_>>()?;
    let dependencies = dependencies.join("\n");
    let stock = clone.target().join("stock");
    // The dependencies as they are built here; cells as evcxr compiles them.
    let config = include_str!("../kernel/config.toml");
    let config = config
        .split("[profile.dev.package.segmenta]")
        .next()
        .unwrap_or_default();
    fs::create_dir_all(stock.join(".cargo")).map_err(|error| error.to_string())?;
    fs::write(stock.join(".cargo/config.toml"), config).map_err(|error| error.to_string())?;
    let lock =
        fs::read_to_string(clone.root.join("Cargo.lock")).map_err(|error| error.to_string())?;
    let (stamp, wanted) = (stock.join("stamp"), format!("{dependencies}\n{lock}"));
    if !fs::read_to_string(&stamp).is_ok_and(|stamp| stamp == wanted) {
        // Without the library some crates have other features, so this builds polars again.
        println!("building for the stock kernel (as long as the first set-up, once)");
        build_folder(clone, &stock.join("warm"), &dependencies, None)?;
        fs::write(&stamp, &wanted).map_err(|error| error.to_string())?;
    }
    let mut python = clone.python()?;
    python
        .args(["-m", "segmenta_kernel.bench"])
        .arg(dependencies);
    run(&mut python)
}

/// The functions of lessons 02 and 03 on a million customers, beside pandas and SciPy.
pub fn explore(clone: &Clone) -> Result {
    beside_python(clone, "explore")
}

/// The functions of lessons 04 and 05, beside scikit-learn.
pub fn segment(clone: &Clone) -> Result {
    beside_python(clone, "segment")
}

/// The command line from the file to the results, beside the same work with pandas and scikit-learn.
pub fn report(clone: &Clone) -> Result {
    let built = program_and_files(clone, "report")?;
    let mut files = vec![("sample", clone.root.join("data/marketing_campaign.csv"))];
    match std::env::var_os("SEGMENTA_REAL_DATA") {
        Some(folder) => files.push((
            "real table",
            Path::new(&folder).join("marketing_campaign_data.csv"),
        )),
        None => println!("without the real table: SEGMENTA_REAL_DATA names no folder with it"),
    }
    files.push(("simulated", clone.target().join("bench/million.csv")));
    files.push((
        "other columns",
        clone.target().join("bench/telco-million.csv"),
    ));
    let mut python = clone.python()?;
    python.arg(clone.root.join("benches/report.py")).arg(built);
    for (name, file) in files {
        python.arg(format!("{name}={}", file.display()));
    }
    run(&mut python)
}

/// Bills to the single view, and worth, beside DuckDB, pandas, polars for Python and lifetimes.
pub fn orders(clone: &Clone) -> Result {
    let built = program_and_files(clone, "orders")?;
    let mut python = clone.python()?;
    python.arg(clone.root.join("benches/orders.py")).arg(built);
    run(&mut python)
}

/// Up to 100 million lines of bills to the single view, beside DuckDB and a cluster on this machine; and the same view and
/// segments on every cluster.
pub fn scale(clone: &Clone) -> Result {
    let built = program_and_files(clone, "orders")?;
    ours(clone, "scale")?;
    spark::set_up(clone)?;
    if let Err(why) = spark_engine(clone) {
        println!("{why}");
    }
    let mut python = clone.python()?;
    python.arg(clone.root.join("benches/scale.py"));
    python.args([built, spark::program(clone)?, clone.venv()]);
    run(&mut python)
}

/// Baskets, rules and recommenders, beside pyfim, mlxtend, implicit and irspack.
pub fn products(clone: &Clone) -> Result {
    beside_python(clone, "products")
}

/// A forest, and the measures of a network, beside scikit-learn and networkx.
pub fn predict(clone: &Clone) -> Result {
    beside_python(clone, "predict")
}

/// The command line, built, and the files that a bench makes for it.
fn program_and_files(clone: &Clone, name: &str) -> Result<PathBuf> {
    set_up(clone)?;
    peers(clone)?;
    run(clone.cargo().args(["build", "--package", "segmenta-cli"]))?;
    ours(clone, name)?;
    Ok(clone.target().join(host()?).join("debug/segmenta"))
}

/// A bench of ours, with the tests' profile, as cargo's own for benches would build polars again.
fn ours(clone: &Clone, name: &str) -> Result {
    run(clone
        .cargo()
        .args(["bench", "--package", "segmenta", "--profile", "dev"])
        .args(["--bench", name]))
}

/// A bench of ours, and then the same tasks in Python on the same data.
fn beside_python(clone: &Clone, name: &str) -> Result {
    set_up(clone)?;
    peers(clone)?;
    ours(clone, name)?;
    run(clone
        .python()?
        .arg(clone.root.join(format!("benches/{name}.py"))))
}

/// A dependency of the manifest as one line, which is how a notebook writes it.
fn dependency(manifest: &str, name: &str) -> Result<String> {
    let start = manifest
        .find(&format!("\n{name} = "))
        .ok_or_else(|| format!("Cargo.toml has no dependency {name}"))?
        + 1;
    let mut line = String::new();
    for part in manifest[start..].lines() {
        line.push_str(part.trim());
        if line.matches(['{', '[']).count() == line.matches(['}', ']']).count() {
            return Ok(line);
        }
        line.push(' ');
    }
    Err(format!("{name} in Cargo.toml has no end"))
}

#[cfg(test)]
mod tests {
    use super::dependency;

    #[test]
    fn a_dependency_over_several_lines_becomes_one() {
        let manifest =
            "[dependencies]\na = \"1\"\nb = { version = \"2\", features = [\n    \"x\",\n] }\n";
        assert_eq!(dependency(manifest, "a").unwrap(), "a = \"1\"");
        assert_eq!(
            dependency(manifest, "b").unwrap(),
            "b = { version = \"2\", features = [ \"x\", ] }"
        );
        assert!(dependency(manifest, "c").is_err());
    }
}
