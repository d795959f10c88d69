//! `cargo xtask lab`: the course in JupyterLab.

use std::net::IpAddr;
use std::process::Command;

use crate::Result;
use crate::clone::{Clone, output, run};
use crate::setup::set_up;
use crate::work::copies;

const INDEX: &str = "work/index.md";
/// After how long a kernel is ended whose notebook is closed.
const UNUSED_S: u32 = 30 * 60;

pub fn lab(clone: &Clone, options: &[&str]) -> Result {
    let mut arguments = vec![
        format!("--LabApp.default_url=/lab/tree/{INDEX}"),
        // The extension starts the spare kernel.
        "--ServerApp.jpserver_extensions={'segmenta_kernel': True}".to_owned(),
        format!("--ServerApp.root_dir={}", clone.root.display()),
        // A new notebook is one of Rust.
        "--MultiKernelManager.default_kernel_name=rust".to_owned(),
        format!("--MappingKernelManager.cull_idle_timeout={UNUSED_S}"),
        "--MappingKernelManager.cull_interval=60".to_owned(),
        // For what the menu exports.
        "--HTMLExporter.preprocessors=segmenta_kernel.pictures.WithLibrary".to_owned(),
    ];
    let mut options = options.iter();
    while let Some(option) = options.next() {
        match *option {
            "--no-browser" => arguments.push("--no-browser".into()),
            "--port" => {
                let port = options.next().and_then(|port| port.parse::<u16>().ok());
                let port = port.ok_or("--port wants a number, as in `--port 8890`")?;
                arguments.push(format!("--ServerApp.port={port}"));
                arguments.push("--ServerApp.port_retries=0".into());
            }
            // A container is reached from outside of it.
            "--ip" => {
                let ip = options.next().and_then(|ip| ip.parse::<IpAddr>().ok());
                let ip = ip.ok_or("--ip wants an address, as in `--ip 0.0.0.0`")?;
                arguments.push(format!("--ServerApp.ip={ip}"));
            }
            other => {
                return Err(format!(
                    "`lab` has no option `{other}`; it has --no-browser, --port N and --ip ADDRESS"
                ));
            }
        }
    }
    // JupyterLab refuses to run as root (in a container, say) unless told.
    if is_root() {
        arguments.push("--allow-root".into());
    }
    set_up(clone)?;
    copies(clone)?;
    println!("Starting JupyterLab; Ctrl-C here ends it.");
    println!(
        "The lessons are your own copies, in work/. A kernel that works for no open notebook ends after {} minutes.",
        UNUSED_S / 60
    );
    let mut python = clone.python()?;
    python.args(["-m", "jupyterlab"]).args(arguments);
    run(&mut python)
}

fn is_root() -> bool {
    output(Command::new("id").arg("-u")).is_ok_and(|user| user.trim() == "0")
}
