"""Measures the notebook kernel beside a stock one, by the path that JupyterLab takes.

`python -m segmenta_kernel.bench DEPENDENCIES`

A server is started as `cargo xtask lab` starts it. Notebooks are opened over
its REST interface and cells are run over its web socket. DEPENDENCIES are the
lines of the stock kernel's `:dep`. Times are felt times: from the request to
the answer. The last line is one JSON object.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
import urllib.request
import uuid

import psutil
import websocket

from .paths import NOTEBOOKS, ROOT

STOCK = ROOT / "target" / "stock"
TOKEN = uuid.uuid4().hex

OURS_START = [
    ':dep segmenta = { path = ".." }\nuse segmenta::prelude::*;',
    'let customers = campaign::load("../data/marketing_campaign.csv")?.customers;',
    "customers.head(Some(5))",
]
STOCK_START = [
    "{dependencies}\nuse polars::prelude::*;",
    'let customers = polars_io::prelude::CsvReadOptions::default()'
    '.try_into_reader_with_file_path(Some("../data/marketing_campaign.csv".into()))?.finish()?;',
    "println!(\"{}\", customers.head(Some(5)));",
]
# What the cells of a lesson do, in words that both kernels understand. (No cell sorts a
# table of an earlier cell by name: in a stock kernel every cell has a polars of its own,
# with hashes of its own, and the column is "not found".)
WARM = [
    "customers.shape()",
    "let nulls = customers.null_count();",
    'let rich = customers.clone().lazy().filter(col("Income").gt(lit(50_000_000.0))).collect()?;',
    "rich.height()",
    'let by_education = customers.clone().lazy().group_by([col("Education")])'
    '.agg([col("Income").mean()]).collect()?;',
    'println!("{}", by_education);',
    "fn rows_where(table: &DataFrame, rule: Expr) -> Result<usize, PolarsError> "
    "{ Ok(table.clone().lazy().filter(rule).collect()?.height()) }",
    'rows_where(&customers, col("Recency").lt(lit(10)))?',
    'let spend = col("MntFruits") + col("MntFishProducts");',
    'let with_spend = customers.clone().lazy().with_column(spend.clone().alias("spend")).collect()?;',
    'with_spend.column("spend")?.as_materialized_series().max::<f64>()?',
    "let last = with_spend.tail(Some(3));",
    'println!("{}", last);',
    "let answer: usize = 7;",
    'println!("{}", answer * 6);',
]


class Server:
    """JupyterLab's server, as the lab starts it."""

    def __init__(self, spare):
        self.port = 18_900 + (os.getpid() % 900)
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "jupyterlab",
                "--no-browser",
                "--allow-root",
                f"--ServerApp.port={self.port}",
                "--ServerApp.port_retries=0",
                f"--ServerApp.root_dir={ROOT}",
                f"--IdentityProvider.token={TOKEN}",
                "--ServerApp.jpserver_extensions={'segmenta_kernel': True}",
            ],
            env=os.environ | {"SEGMENTA_SPARE": "1" if spare else "0"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(600):
            try:
                self.ask("GET", "/api/status")
                return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("the server does not answer")

    def ask(self, method, path, body=None):
        """One request of the REST interface."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"token {TOKEN}"},
        )
        with urllib.request.urlopen(request, timeout=120) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def stop(self):
        """Ends the server and with it its kernels."""
        self.process.terminate()
        self.process.wait(30)


class Notebook:
    """A notebook that was opened in the lab, with its kernel."""

    def __init__(self, server, kernel):
        session = server.ask(
            "POST",
            "/api/sessions",
            {
                "path": f"notebooks/{uuid.uuid4()}.ipynb",
                "type": "notebook",
                "name": "",
                "kernel": {"name": kernel},
            },
        )
        self.server = server
        self.session = session["id"]
        kernel_id = session["kernel"]["id"]
        self.socket = websocket.create_connection(
            f"ws://127.0.0.1:{server.port}/api/kernels/{kernel_id}/channels?token={TOKEN}",
            timeout=600,
        )

    def run(self, code):
        """Runs a cell; gives the seconds until its answer."""
        started = time.monotonic()
        request = uuid.uuid4().hex
        header = {
            "msg_id": request,
            "msg_type": "execute_request",
            "username": "",
            "session": self.session,
            "version": "5.3",
        }
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
        self.socket.send(
            json.dumps(
                {
                    "header": header,
                    "parent_header": {},
                    "metadata": {},
                    "content": content,
                    "channel": "shell",
                }
            )
        )
        replied = idle = False
        while not (replied and idle):
            message = json.loads(self.socket.recv())
            if message["parent_header"].get("msg_id") != request:
                continue
            content = message["content"]
            kind = message["msg_type"]
            if kind == "error" or (kind == "stream" and content["name"] == "stderr"):
                raise RuntimeError(f"{code}\n{content}")
            replied = replied or kind == "execute_reply"
            idle = idle or content.get("execution_state") == "idle"
        return time.monotonic() - started

    def close(self):
        """Shuts the notebook down as the lab's menu does."""
        self.socket.close()
        self.server.ask("DELETE", f"/api/sessions/{self.session}")


def kernel_memory_mb():
    """The largest Rust kernel's memory with that of the process that runs its cells."""
    kernels = [p for p in psutil.process_iter(["name"]) if p.info["name"] == "evcxr_jupyter"]
    pids = {p.pid for p in kernels}
    totals = []
    for kernel in kernels:
        if kernel.ppid() not in pids:
            family = [kernel, *kernel.children(recursive=True)]
            totals.append(sum(p.memory_info().rss for p in family) / 1e6)
    return max(totals, default=0)


def stock_kernelspec():
    """A kernel as `evcxr_jupyter --install` sets it up, with everything built."""
    run = STOCK / "run"
    shutil.rmtree(run, ignore_errors=True)
    shutil.copytree(STOCK / "warm", run)
    folder = STOCK / "jupyter" / "kernels" / "stock"
    folder.mkdir(parents=True, exist_ok=True)
    spec = {
        "argv": [os.environ["SEGMENTA_EVCXR"], "--control_file", "{connection_file}"],
        "display_name": "Rust (stock)",
        "language": "rust",
        "interrupt_mode": "message",
        "env": {"EVCXR_TMPDIR": str(run), "JUPYTER_PATH": str(run)},
    }
    (folder / "kernel.json").write_text(json.dumps(spec))
    os.environ["JUPYTER_PATH"] += os.pathsep + str(STOCK / "jupyter")


def first_table(server, kernel, cells):
    """Opens a notebook and runs its first cells; gives the seconds and the notebook."""
    started = time.monotonic()
    notebook = Notebook(server, kernel)
    parts = [time.monotonic() - started]
    parts += [notebook.run(cell) for cell in cells]
    print("  open and first cells:", " + ".join(f"{part:.2f}" for part in parts), "s")
    return sum(parts), notebook


def main():
    dependencies = "\n".join(f":dep {line}" for line in sys.argv[1].splitlines())
    stock_start = [cell.replace("{dependencies}", dependencies) for cell in STOCK_START]
    stock_kernelspec()
    kernels = [("", "rust", OURS_START), ("stock_", "stock", stock_start)]
    figures = {}
    server = Server(spare=False)
    try:
        for turn in (1, 2):
            # The first to start also reads the sources from disk, so each starts twice,
            # and the quicker start counts.
            for prefix, kernel, start in kernels:
                print(f"{kernel}: cold start, turn {turn}")
                seconds, notebook = first_table(server, kernel, start)
                name = prefix + "cold_start_s"
                figures[name] = min(seconds, figures.get(name, seconds))
                if turn == 2:
                    print(f"{kernel}: {len(WARM)} warm cells")
                    times = [notebook.run(cell) for cell in WARM]
                    figures[prefix + "warm_median_s"] = statistics.median(times)
                    figures[prefix + "warm_worst_s"] = max(times)
                    figures[prefix + "memory_mb"] = kernel_memory_mb()
                notebook.close()
                time.sleep(2)
    finally:
        server.stop()
    server = Server(spare=True)
    try:
        print("waiting for the spare kernel to warm")
        time.sleep(max(30, 1.5 * figures["cold_start_s"]))
        figures["felt_start_s"], notebook = first_table(server, "rust", OURS_START)
        notebook.close()
    finally:
        server.stop()
    # A stock kernel has no spare: what is felt is the cold start.
    figures["stock_felt_start_s"] = figures["stock_cold_start_s"]
    print(f"\n{'':24}{'Segmenta':>10}{'stock':>10}{'ratio':>8}")
    for name in ["felt_start_s", "cold_start_s", "warm_median_s", "warm_worst_s", "memory_mb"]:
        ours, stock = figures[name], figures["stock_" + name]
        print(f"{name:24}{ours:10.2f}{stock:10.2f}{ours / stock:8.2f}")
    figures = {name: round(value, 3) for name, value in figures.items()}
    print(json.dumps(figures | {"cells": len(WARM)}))


if __name__ == "__main__":
    main()
