//! How far is the work that takes longer than two seconds?
//!
//! A line at most every two seconds: to stderr, or in a notebook to the cell's output,
//! where stderr stands for failure. And should it go on? A notebook's interrupt button is heard
//! here, so that the work ends with an error and the notebook keeps its variables.

use std::io::Write as _;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::{Error, Result};

const EVERY: Duration = Duration::from_secs(2);
/// How often to look whether the work is still wanted.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// The file that the notebook's kernel makes when the interrupt button is pressed.
const INTERRUPT: &str = "SEGMENTA_INTERRUPT";

/// Counts finished parts, from any thread.
pub(crate) struct Progress {
    what: &'static str,
    total: usize,
    done: AtomicUsize,
    started: Instant,
    told: Mutex<Told>,
    interrupted: AtomicBool,
}

struct Told {
    shown: Instant,
    looked: Instant,
}

impl Progress {
    pub fn new(what: &'static str, total: usize) -> Self {
        let now = Instant::now();
        Progress {
            what,
            total,
            done: AtomicUsize::new(0),
            started: now,
            told: Mutex::new(Told {
                shown: now,
                looked: now,
            }),
            interrupted: AtomicBool::new(false),
        }
    }

    /// One part more is done.
    ///
    /// # Errors
    /// [`Error::Interrupted`] where the rest is not wanted any more.
    pub fn tick(&self) -> Result<()> {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        // Another thread that is about to look or to show a line does it for this one as well.
        if let Ok(mut told) = self.told.try_lock() {
            if told.looked.elapsed() >= LOOK_EVERY {
                told.looked = Instant::now();
                let file = std::env::var_os(INTERRUPT);
                if file.is_some_and(|file| Path::new(&file).exists()) {
                    self.interrupted.store(true, Ordering::Relaxed);
                }
            }
            if told.shown.elapsed() >= EVERY && done < self.total {
                told.shown = Instant::now();
                self.show(done);
            }
        }
        if self.interrupted.load(Ordering::Relaxed) {
            return Err(Error::Interrupted {
                what: self.what,
                done,
                total: self.total,
            });
        }
        Ok(())
    }

    fn show(&self, done: usize) {
        let line = line(self.what, done, self.total, self.started.elapsed());
        if std::env::var_os("EVCXR_IS_RUNTIME").is_some() {
            println!("{line}");
        } else {
            // Nobody may be listening; that is no reason to stop.
            let _ = writeln!(std::io::stderr(), "{line}");
        }
    }
}

fn line(what: &str, done: usize, total: usize, passed: Duration) -> String {
    let left = passed.as_secs_f64() * (total - done) as f64 / done as f64;
    format!(
        "{what}: {} % after {:.0} s, about {left:.0} s left",
        100 * done / total,
        passed.as_secs_f64()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_long_it_will_still_take() {
        assert_eq!(
            line("bootstrap", 250, 1000, Duration::from_secs(3)),
            "bootstrap: 25 % after 3 s, about 9 s left"
        );
    }
}
