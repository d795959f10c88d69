//! `cargo xtask test`: everything that must hold before a change is taken.

use std::time::Instant;

use crate::Result;
use crate::clone::{Clone, run};
use crate::progress::minutes;
use crate::run::lessons;
use crate::setup::{browser_driver, set_up, spark_tools};
use crate::spark::with_protoc;

/// It is built by itself: only who has a cluster needs the client and its compiler.
const CLUSTER: &str = "segmenta-spark";

pub fn test(clone: &Clone) -> Result {
    let started = Instant::now();
    let mut times = Vec::new();
    let mut part = |name: &str, work: &dyn Fn() -> Result| -> Result {
        println!("\n=== {name}");
        let begun = Instant::now();
        work()?;
        times.push(format!("{:>12}  {name}", minutes(begun.elapsed())));
        Ok(())
    };
    let cargo = |args: &[&str]| run(clone.cargo().args(args));

    part("formatting", &|| cargo(&["fmt", "--all", "--check"]))?;
    part("set-up", &|| set_up(clone))?;
    part("clippy", &|| {
        cargo(&[
            "clippy",
            "--workspace",
            "--exclude",
            CLUSTER,
            "--all-targets",
            "--quiet",
            "--",
            "-D",
            "warnings",
        ])
    })?;
    part("unit and integration tests", &|| {
        cargo(&[
            "test",
            "--workspace",
            "--exclude",
            CLUSTER,
            "--lib",
            "--bins",
            "--tests",
        ])
    })?;
    part("documentation, and its examples", &|| {
        run(clone
            .cargo()
            .args(["doc", "--package", "segmenta", "--no-deps", "--quiet"])
            .env("RUSTDOCFLAGS", "-D warnings"))?;
        cargo(&["test", "--package", "segmenta", "--doc"])
    })?;
    part("a cluster on this machine", &|| {
        spark_tools(clone)?;
        let package = ["--package", CLUSTER, "--all-targets"];
        let clippy = [
            &["clippy", "--quiet"],
            &package[..],
            &["--", "-D", "warnings"],
        ]
        .concat();
        run(&mut with_protoc(clone, &clippy))?;
        let mut tests = with_protoc(clone, &["test", "--package", CLUSTER]);
        run(tests.env("SEGMENTA_SAIL", clone.venv().join("bin/sail")))
    })?;
    part("the kernel", &|| {
        let mut python = clone.python()?;
        run(python.args(["-m", "unittest", "discover", "-s", "xtask/kernel/tests"]))
    })?;
    part("lessons, and whether the notebooks are up to date", &|| {
        let mut python = clone.python()?;
        python
            .args(["-m", "segmenta_kernel.run", "--check"])
            .args(lessons(clone, &[])?);
        // The kept notebooks show the sample.
        python.env_remove("SEGMENTA_DATA");
        run(&mut python)
    })?;
    part("the browser's driver", &|| browser_driver(clone))?;
    part(
        "the course on the real kernel and in a real browser",
        &|| {
            cargo(&[
                "test",
                "--package",
                "segmenta",
                "--test",
                "course",
                "--test",
                "exercises",
                "--test",
                "site",
                "--",
                "--ignored",
                "--nocapture",
                "--test-threads=1",
            ])
        },
    )?;

    println!(
        "\nAll holds, after {}:\n{}",
        minutes(started.elapsed()),
        times.join("\n")
    );
    Ok(())
}
