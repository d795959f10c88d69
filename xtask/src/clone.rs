//! Where things are in a clone, and how its tools are called.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::Result;

/// The version of the Rust kernel that the course is made for.
pub const EVCXR: &str = "0.22.0";

/// The version of what makes a site of the lessons.
pub const MDBOOK: &str = "0.5.4";

/// A checkout of the project.
pub struct Clone {
    pub root: PathBuf,
}

impl Clone {
    /// The clone that this program was built in.
    pub fn find() -> Self {
        let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = xtask.parent().unwrap_or(xtask);
        // The kernel writes paths without links, and they are compared.
        Self {
            root: root.canonicalize().unwrap_or_else(|_| root.to_owned()),
        }
    }

    pub fn target(&self) -> PathBuf {
        self.root.join("target")
    }

    pub fn notebooks(&self) -> PathBuf {
        self.root.join("notebooks")
    }

    /// The learner's copies of the lessons.
    pub fn work(&self) -> PathBuf {
        self.root.join("work")
    }

    /// Everything of Python's and Jupyter's.
    pub fn lab(&self) -> PathBuf {
        self.target().join("lab")
    }

    pub fn venv(&self) -> PathBuf {
        self.lab().join("venv")
    }

    /// The folder that holds the build that kernels read, and their own folders.
    pub fn kernel(&self) -> PathBuf {
        self.target().join("kernel")
    }

    /// The name of the build that new kernels read.
    pub fn built(&self) -> Option<String> {
        std::fs::read_to_string(self.kernel().join("current")).ok()
    }

    /// What kernels call in place of cargo.
    pub fn kernel_cargo(&self) -> PathBuf {
        self.kernel().join("tool/kernel-cargo")
    }

    /// The same program, under the name by which it writes down how a cell is compiled.
    pub fn recorder(&self) -> PathBuf {
        self.kernel().join("tool/record-rustc")
    }

    /// The kernel's own program, wherever it may be: on PATH, or in this user's cache.
    pub fn evcxr(&self) -> Option<PathBuf> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path)
            .chain([self.evcxr_cache().join("bin")])
            .map(|folder| folder.join("evcxr_jupyter"))
            .find(|program| program.is_file() && is_right_evcxr(program))
    }

    /// Where the kernel's program is kept for all clones of this user.
    pub fn evcxr_cache(&self) -> PathBuf {
        self.cache(&format!("evcxr_jupyter-{EVCXR}"))
    }

    /// Where mdBook is kept for all clones of this user.
    pub fn mdbook_cache(&self) -> PathBuf {
        self.cache(&format!("mdbook-{MDBOOK}"))
    }

    fn cache(&self, program: &str) -> PathBuf {
        let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_default());
        let cache = std::env::var_os("XDG_CACHE_HOME")
            .map(PathBuf::from)
            .unwrap_or_else(|| {
                home().join(if cfg!(target_os = "macos") {
                    "Library/Caches"
                } else {
                    ".cache"
                })
            });
        cache.join("segmenta").join(program)
    }

    /// cargo, working in the clone.
    pub fn cargo(&self) -> Command {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
        cargo.current_dir(&self.root);
        self.forget_cargo(&mut cargo);
        cargo
    }

    /// Python of the clone's own environment, which finds only the clone's kernel.
    pub fn python(&self) -> Result<Command> {
        let lab = self.lab();
        let evcxr = self.evcxr().ok_or("the Rust kernel is not installed")?;
        let mut python = Command::new(self.venv().join("bin/python"));
        python
            .current_dir(&self.root)
            .env("SEGMENTA_ROOT", &self.root)
            .env("SEGMENTA_EVCXR", evcxr)
            .env("JUPYTER_PATH", lab.join("jupyter"))
            .env("JUPYTER_CONFIG_DIR", lab.join("config"))
            .env("JUPYTER_DATA_DIR", lab.join("data"))
            .env("JUPYTER_RUNTIME_DIR", lab.join("runtime"))
            .env("JUPYTERLAB_WORKSPACES_DIR", lab.join("workspaces"))
            .env("JUPYTERLAB_SETTINGS_DIR", lab.join("settings"))
            .env("IPYTHONDIR", lab.join("ipython"))
            .env("PYTHONUNBUFFERED", "1");
        self.forget_cargo(&mut python);
        Ok(python)
    }

    /// What cargo told xtask about itself is not for the programs that xtask starts: a
    /// kernel would load the tests' library instead of its own.
    fn forget_cargo(&self, command: &mut Command) {
        for (name, value) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_PKG_") || text == "CARGO_MANIFEST_DIR" {
                command.env_remove(&name);
            } else if matches!(&*text, "LD_LIBRARY_PATH" | "DYLD_FALLBACK_LIBRARY_PATH") {
                let others =
                    std::env::split_paths(&value).filter(|path| !path.starts_with(self.target()));
                match std::env::join_paths(others) {
                    Ok(others) if !others.is_empty() => command.env(&name, others),
                    _ => command.env_remove(&name),
                };
            }
        }
    }
}

/// Whether a program is the version wanted, by the list that cargo keeps beside it:
/// the program itself does not tell.
fn is_right_evcxr(program: &Path) -> bool {
    let list = program
        .parent()
        .and_then(Path::parent)
        .map(|root| root.join(".crates.toml"));
    list.and_then(|list| std::fs::read_to_string(list).ok())
        .is_some_and(|list| list.contains(&format!("\"evcxr_jupyter {EVCXR} ")))
}

/// Runs a program to its end and gives what it printed, or why it failed.
pub fn output(command: &mut Command) -> Result<String> {
    let Output {
        status,
        stdout,
        stderr,
    } = command
        .output()
        .map_err(|error| format!("cannot run {}: {error}", shown(command)))?;
    if status.success() {
        Ok(String::from_utf8_lossy(&stdout).into_owned())
    } else {
        Err(format!(
            "{} failed: {}",
            shown(command),
            String::from_utf8_lossy(&stderr).trim()
        ))
    }
}

/// Runs a program that talks to the terminal itself.
pub fn run(command: &mut Command) -> Result {
    let status = command
        .status()
        .map_err(|error| format!("cannot run {}: {error}", shown(command)))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{} failed", shown(command)))
    }
}

/// A command as one would type it.
pub fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program())
        .file_name()
        .unwrap_or_default();
    std::iter::once(program)
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}
