//! The commands of the course: `cargo xtask lab`, `cargo xtask test` and a few more.

mod bench;
mod check_env;
mod clone;
mod exercises;
mod lab;
mod progress;
mod run;
mod setup;
mod site;
mod slides;
mod spark;
mod test;
mod work;

use std::process::ExitCode;

use clone::Clone;

const HELP: &str = "\
Segmenta: customer segmentation in Rust

Usage: cargo xtask <COMMAND>

Commands:
  lab [--no-browser] [--port N]   set up what is missing and open the course in JupyterLab
      [--ip ADDRESS]              (--ip: to be reached from other machines)
  set-up                          set up what is missing, and bring the lessons to work/
  test                            set up what is missing, check everything, run every lesson
  run [LESSON..] [--update]       run lessons; executed notebooks and HTML pages go to
                                  target/lessons (--update: and to notebooks/;
                                  --check: compare with notebooks/;
                                  --timeout=S: seconds that a cell may take)
  reset LESSON..                  bring a lesson back as it was; yours is kept beside it
  site                            the course as a site, target/site/html: executed lessons, quizzes,
                                  search, the crate's own pages
  slides [LESSON..]               slides of lessons with speaker's notes, target/slides: a file for each
  exercises FOLDER [LESSON..]     a course's folder for nbgrader: lessons with solutions, and without
  grade FOLDER [--points FILE]    grade the notebooks of a class, a folder for each learner: a table of
        [--key N] [--seconds S]   points and reasons (--key: on tables drawn anew by this number)
        [--cell S] [--memory MB]  (--seconds: for a notebook; --cell: for one answer)
  spark [--engine=sail|spark]     start a cluster on this machine, and build segmenta-spark, which
        [--port=N]                speaks to it or to any other
  check-env                       say for each thing needed whether it is there
  bench kernel                    measure the notebook kernel beside a stock one
  bench explore                   lessons 02 and 03 on a million customers, beside pandas and SciPy
  bench segment                   lessons 04 and 05 on up to a million, beside scikit-learn
  bench report                    the command line on up to a million, beside pandas and scikit-learn
  bench predict                   a forest and a network, beside scikit-learn and networkx
  bench products                  baskets, rules and recommenders, beside pyfim, mlxtend, implicit and irspack
  bench orders                    2.4 and 24 million bills to a view, beside DuckDB, pandas and polars
  bench scale                     up to 100 million lines of bills to a view, beside DuckDB

A LESSON is a number or a name, as in `cargo xtask run 01`.
SEGMENTA_DATA=FILE runs the lessons on a customer file of your own.
SEGMENTA_SPARE=0 keeps no spare kernel, which saves 0.7 GB of memory.";

/// What a command says when it fails.
pub type Result<T = ()> = std::result::Result<T, String>;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let clone = Clone::find();
    let result = match words[..] {
        ["lab", ref options @ ..] => lab::lab(&clone, options),
        ["set-up"] => setup::set_up(&clone).and_then(|()| work::copies(&clone)),
        ["test"] => test::test(&clone),
        ["run", ref lessons @ ..] => run::run(&clone, lessons),
        ["reset", ref lessons @ ..] => work::reset(&clone, lessons),
        ["site"] => site::site(&clone),
        ["slides", ref lessons @ ..] => slides::slides(&clone, lessons),
        ["exercises", folder, ref lessons @ ..] => exercises::exercises(&clone, folder, lessons),
        ["grade", ref options @ ..] if !options.is_empty() => exercises::grade(&clone, options),
        ["spark", ref options @ ..] => spark::spark(&clone, options),
        ["check-env"] => check_env::check_env(&clone),
        ["bench", "kernel"] => bench::kernel(&clone),
        ["bench", "explore"] => bench::explore(&clone),
        ["bench", "segment"] => bench::segment(&clone),
        ["bench", "report"] => bench::report(&clone),
        ["bench", "orders"] => bench::orders(&clone),
        ["bench", "scale"] => bench::scale(&clone),
        ["bench", "products"] => bench::products(&clone),
        ["bench", "predict"] => bench::predict(&clone),
        [] | ["help" | "--help" | "-h"] => {
            println!("{HELP}");
            Ok(())
        }
        _ => Err(format!(
            "there is no command `{}`\n\n{HELP}",
            words.join(" ")
        )),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("\nerror: {message}");
            ExitCode::FAILURE
        }
    }
}
