//! Says what is going on while something long is built.

use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use crate::Result;
use crate::clone::shown;

/// The steps of the set-up, numbered.
pub struct Steps {
    pub total: usize,
    step: usize,
    started: Instant,
}

impl Steps {
    pub fn new(total: usize) -> Self {
        Self {
            total,
            step: 0,
            started: Instant::now(),
        }
    }

    /// The next step has nothing to do.
    pub fn done(&mut self) {
        self.step += 1;
    }

    /// The next step begins; the line says what it does and why it may take long.
    pub fn begin(&mut self, what: &str) {
        self.step += 1;
        println!(
            "[{}/{}] {what} (after {})",
            self.step,
            self.total,
            minutes(self.started.elapsed())
        );
    }
}

/// Runs a program and shows its last line and the time so far; on failure, all its lines.
pub fn watch(command: &mut Command) -> Result {
    let name = shown(command);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot run {name}: {error}"))?;
    let (sender, lines) = channel();
    if let Some(stderr) = child.stderr.take() {
        std::thread::spawn(move || {
            for line in BufReader::new(stderr)
                .lines()
                .map_while(std::io::Result::ok)
            {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
    }
    let terminal = std::io::stdout().is_terminal();
    // A log file wants a line now and then, a terminal one line that changes.
    let pause = Duration::from_secs(if terminal { 1 } else { 30 });
    let started = Instant::now();
    let mut told = started;
    let (mut log, mut crates, mut last) = (String::new(), 0, String::new());
    loop {
        match lines.recv_timeout(Duration::from_millis(200)) {
            Ok(line) => {
                let words = line.trim();
                if words.starts_with("Compiling ") {
                    crates += 1;
                }
                last = words.chars().take(60).collect();
                log.push_str(&line);
                log.push('\n');
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if told.elapsed() >= pause {
            told = Instant::now();
            let built = if crates > 0 {
                format!("{crates} crates, now ")
            } else {
                String::new()
            };
            let line = format!("      {}: {built}{last}", minutes(started.elapsed()));
            if terminal {
                print!("\r\x1b[K{line}");
                let _ = std::io::stdout().flush();
            } else {
                println!("{line}");
            }
        }
    }
    if terminal {
        print!("\r\x1b[K");
    }
    let status = child.wait().map_err(|error| format!("{name}: {error}"))?;
    if status.success() {
        return Ok(());
    }
    Err(format!(
        "{log}{name} failed; what is done is kept, so that the same command goes on from here"
    ))
}

/// A time as a reader says it.
pub fn minutes(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds / 60 {
        0 => format!("{seconds} s"),
        minutes => format!("{minutes} min {} s", seconds % 60),
    }
}
