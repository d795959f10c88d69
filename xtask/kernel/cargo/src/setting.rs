//! Where things are, as the launcher of the kernel tells it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// A kernel's folders and the tools of its user.
pub struct Setting {
    /// The kernel's own build folder.
    pub run: PathBuf,
    /// The build that all kernels start from; nothing is ever written there.
    pub warm: PathBuf,
    /// What earlier cells were compiled to.
    pub kept: PathBuf,
    /// The clone: a change of its library shows here.
    pub root: PathBuf,
    cargo: PathBuf,
    rustup: Option<PathBuf>,
    cargo_home: Option<OsString>,
    pub this_program: PathBuf,
}

impl Setting {
    pub fn of_this_kernel() -> Result<Self, String> {
        let value = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let path = |name: &str| {
            value(name)
                .map(PathBuf::from)
                .ok_or_else(|| format!("{name} is not set"))
        };
        Ok(Self {
            run: path("SEGMENTA_RUN")?,
            warm: path("SEGMENTA_WARM")?,
            kept: path("SEGMENTA_KEPT")?,
            root: path("SEGMENTA_ROOT")?,
            cargo: path("SEGMENTA_CARGO")?,
            rustup: value("SEGMENTA_RUSTUP").map(PathBuf::from),
            cargo_home: value("SEGMENTA_CARGO_HOME"),
            this_program: path("SEGMENTA_KERNEL_CARGO")?,
        })
    }

    /// The real cargo, with the user's own settings.
    pub fn real_cargo(&self) -> Command {
        self.with_users_home(&self.cargo)
    }

    fn with_users_home(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        match &self.cargo_home {
            Some(home) => command.env("CARGO_HOME", home),
            None => command.env_remove("CARGO_HOME"),
        };
        command
    }

    /// Hands the call on to the real cargo.
    pub fn cargo(&self, words: &[String]) -> ExitCode {
        finish(self.real_cargo().args(words))
    }

    /// Hands the call on to the real rustup; without one, looks for the tool on the path.
    pub fn rustup(&self, words: &[String]) -> ExitCode {
        if let Some(rustup) = &self.rustup {
            return finish(self.with_users_home(rustup).args(words));
        }
        let tool = words.get(1).map(String::as_str).unwrap_or_default();
        let path = std::env::var_os("PATH").unwrap_or_default();
        match std::env::split_paths(&path)
            .map(|folder| folder.join(tool))
            .find(|program| words[0] == "which" && program.is_file())
        {
            Some(program) => {
                println!("{}", program.display());
                ExitCode::SUCCESS
            }
            None => ExitCode::FAILURE,
        }
    }

    /// Whether the call comes from a kernel as it was started: `:build_env`, `:linker` and the like
    /// set variables that are not the kernel's own, and then cargo decides what they mean.
    pub fn nothing_was_set(&self) -> bool {
        let Ok(start) = fs::read_to_string(self.run.join("environment.json")) else {
            return false;
        };
        let Ok(start) = serde_json::from_str::<BTreeMap<String, String>>(&start) else {
            return false;
        };
        std::env::vars().all(|(name, value)| match name.as_str() {
            "RUSTFLAGS" => value == "-Cprefer-dynamic",
            "CARGO_TARGET_DIR" | "CARGO_BUILD_BUILD_DIR" => value == "target",
            // The second is this program's own look for a rustc of another toolchain.
            "RUSTC" | "PWD" | "OLDPWD" | "_" | "SHLVL" => true,
            _ if name.starts_with("EVCXR_") => true,
            _ => start.get(&name) == Some(&value),
        })
    }

    /// Whether somebody reads the marks. While it starts, the kernel runs a cell of its own, and would
    /// wait for ever for a reader of what that prints.
    pub fn is_relayed(&self) -> bool {
        self.run.join("relayed").exists()
    }

    /// Whether the interrupt button was pressed since the cell began.
    pub fn interrupted(&self) -> bool {
        self.run.join("interrupt").exists()
    }

    /// Tells the kernel's launcher what is going on, for the learner who waits.
    pub fn tell(&self, file: &str, what: &serde_json::Value) {
        let written = self.run.join(format!("{file}.new"));
        if fs::write(&written, what.to_string()).is_ok() {
            let _ = fs::rename(written, self.run.join(file));
        }
    }
}

/// Runs a command to its end, in this program's place.
fn finish(command: &mut Command) -> ExitCode {
    match command.status() {
        Ok(status) => exit_code(status.code()),
        Err(error) => {
            eprintln!("cannot run {}: {error}", command.get_program().display());
            ExitCode::FAILURE
        }
    }
}

pub fn exit_code(code: Option<i32>) -> ExitCode {
    ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(101))
}
