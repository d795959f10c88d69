//! How far is the work that takes longer than two seconds?
//!
//! A line at most every two seconds: to stderr, or in a notebook to the cell's output,
//! where stderr stands for failure.

use std::io::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const EVERY: Duration = Duration::from_secs(2);

/// Counts finished parts, from any thread.
pub(crate) struct Progress {
    what: &'static str,
    total: usize,
    done: AtomicUsize,
    started: Instant,
    shown: Mutex<Instant>,
}

impl Progress {
    pub fn new(what: &'static str, total: usize) -> Self {
        let now = Instant::now();
        Progress {
            what,
            total,
            done: AtomicUsize::new(0),
            started: now,
            shown: Mutex::new(now),
        }
    }

    /// One part more is done.
    pub fn tick(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        // Another thread that is about to show a line shows ours as well.
        let Ok(mut shown) = self.shown.try_lock() else {
            return;
        };
        if shown.elapsed() < EVERY || done >= self.total {
            return;
        }
        *shown = Instant::now();
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
