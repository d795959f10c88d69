"""Measures the notebook kernel beside a stock one and a Python one, by the path that JupyterLab takes.

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

import jupytext
import psutil
import websocket

from .paths import ROOT, RUNS, WORK

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
PYTHON_START = [
    "import pandas as pd",
    'customers = pd.read_csv("../data/marketing_campaign.csv", index_col=0)',
    "customers.head(5)",
]
PYTHON_WARM = [
    "customers.shape",
    "nulls = customers.isna().sum()",
    "rich = customers[customers.Income > 50_000_000]",
    "len(rich)",
    'by_education = customers.groupby("Education").Income.mean()',
    "print(by_education)",
    "def rows_where(table, rule): return int(rule(table).sum())",
    "rows_where(customers, lambda table: table.Recency < 10)",
    "spend = lambda table: table.MntFruits + table.MntFishProducts",
    "with_spend = customers.assign(spend=spend)",
    'with_spend["spend"].max()',
    "last = with_spend.tail(3)",
    "print(last)",
    "answer = 7",
    "print(answer * 6)",
]
LESSON = ROOT / "notebooks" / "03-conversion.rs"
PYTHON_LESSON = ROOT / "benches" / "lesson_03.py"
LEARNERS = "work" if WORK.is_dir() else "notebooks"
KERNELS = {"": "rust", "stock_": "stock", "python_": "python3"}


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
                "path": f"{LEARNERS}/{uuid.uuid4()}.ipynb",
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
            timeout=1200,
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
            if kind == "error" or (kind == "stream" and content["name"] == "stderr" and "Warning" not in content["text"]):
                raise RuntimeError(f"{code}\n{content}")
            replied = replied or kind == "execute_reply"
            idle = idle or content.get("execution_state") == "idle"
        return time.monotonic() - started

    def close(self):
        """Shuts the notebook down as the lab's menu does."""
        self.socket.close()
        self.server.ask("DELETE", f"/api/sessions/{self.session}")


def kernel_memory_mb():
    """The largest kernel's memory: with the process that runs its cells, and what stands before it."""
    totals = []
    for kernel in psutil.process_iter(["name", "cmdline"]):
        words = " ".join(kernel.info["cmdline"] or [])
        parent = kernel.parent()
        if kernel.info["name"] == "evcxr_jupyter" and parent and parent.name() != "evcxr_jupyter":
            family = [kernel, *kernel.children(recursive=True)]
            if "segmenta_kernel.launch" in " ".join(parent.cmdline()):
                family.append(parent)
        elif "ipykernel" in words:
            family = [kernel, *kernel.children(recursive=True)]
        else:
            continue
        totals.append(sum(p.memory_info().rss for p in family) / 1e6)
    return max(totals, default=0)


def stock_kernelspec():
    """A kernel as `evcxr_jupyter --install` sets it up, with everything built.

    Its first start resolves the dependencies anew and may build them again, for minutes: the folder is
    used again, and of two starts the quicker one counts.
    """
    run = STOCK / "run"
    if not run.exists():
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


def code(source):
    """The code cells of a lesson."""
    return [cell.source for cell in jupytext.read(source).cells if cell.cell_type == "code" and cell.source.strip()]


def phases():
    """Where the time of our cells went, as the relay noted it: medians in seconds."""
    files = sorted(RUNS.glob("*/cell/phases.jsonl"), key=lambda file: file.stat().st_mtime)
    if not files:
        return {}
    noted = [json.loads(line) for line in files[-1].read_text().splitlines()]
    noted = [n for n in noted if not n["kept"]]
    return {name: statistics.median(n[name] for n in noted) for name in noted[0] if name != "kept"} if noted else {}


def measure(server, prefix, start, warm, figures, last):
    """One kernel: until it answers, to its first table, its cells, and the same cells again."""
    kernel = KERNELS[prefix]
    keep = lambda name, value: figures.update({prefix + name: min(value, figures.get(prefix + name, value))})
    print(f"{kernel}: until it answers, and a cold start")
    seconds, notebook = first_table(server, kernel, ["1"])
    keep("ready_s", seconds)
    notebook.close()
    time.sleep(2)
    seconds, notebook = first_table(server, kernel, start)
    keep("cold_start_s", seconds)
    if last:
        print(f"{kernel}: {len(warm)} warm cells, each twice")
        times, again = [], []
        for cell in warm:
            times.append(notebook.run(cell))
            try:
                again.append(notebook.run(cell))
            except RuntimeError:
                # In a stock kernel a table may not find the columns that another cell gave it.
                print("  failed when run again:", cell[:60])
        figures[prefix + "warm_median_s"] = statistics.median(times)
        figures[prefix + "warm_worst_s"] = max(times)
        figures[prefix + "rerun_median_s"] = statistics.median(again)
        figures[prefix + "memory_mb"] = kernel_memory_mb()
        if prefix == "":
            print("  phases (median, s):", {name: round(value, 3) for name, value in phases().items()})
    notebook.close()
    time.sleep(2)


def lesson(server, prefix, cells, figures):
    """The cells of lesson 03 from the top to the bottom, tables and figures included."""
    notebook = Notebook(server, KERNELS[prefix])
    times = [notebook.run(cell) for cell in cells]
    # The first cells load the libraries: they are in the cold start.
    figures[prefix + "lesson_median_s"] = statistics.median(times[2:])
    figures[prefix + "lesson_s"] = sum(times)
    notebook.close()
    time.sleep(2)


def main():
    dependencies = "\n".join(f":dep {line}" for line in sys.argv[1].splitlines())
    stock_start = [cell.replace("{dependencies}", dependencies) for cell in STOCK_START]
    stock_kernelspec()
    # What earlier runs have compiled would make ours look better than it is.
    for kept in (ROOT / "target/kernel/built").glob("*/kept"):
        shutil.rmtree(kept, ignore_errors=True)
    os.environ["SEGMENTA_TRACE"] = "1"
    figures = {}
    server = Server(spare=False)
    try:
        for turn in (1, 2):
            # The first to start also reads the sources from disk, so each starts twice,
            # and the quicker start counts.
            measure(server, "", OURS_START, WARM, figures, turn == 2)
            measure(server, "stock_", stock_start, WARM, figures, turn == 2)
            measure(server, "python_", PYTHON_START, PYTHON_WARM, figures, turn == 2)
        print("lesson 03, all cells")
        lesson(server, "", code(LESSON), figures)
        lesson(server, "python_", code(PYTHON_LESSON), figures)
    finally:
        server.stop()
    server = Server(spare=True)
    try:
        print("waiting for the spare kernel to warm")
        time.sleep(max(20, 2 * figures["cold_start_s"]))
        figures["felt_start_s"], notebook = first_table(server, "rust", OURS_START)
        notebook.close()
    finally:
        server.stop()
    # Neither of the others has a spare: what is felt is the cold start.
    for prefix in ("stock_", "python_"):
        figures[prefix + "felt_start_s"] = figures[prefix + "cold_start_s"]
    print(f"\n{'':18}{'Segmenta':>10}{'stock':>10}{'ratio':>8}{'Python':>10}")
    for name in ["felt_start_s", "ready_s", "cold_start_s", "warm_median_s", "warm_worst_s", "rerun_median_s",
                 "memory_mb", "lesson_median_s", "lesson_s"]:
        ours, stock, python = (figures.get(prefix + name) for prefix in ("", "stock_", "python_"))
        beside = f"{stock:10.2f}{ours / stock:8.2f}" if stock else f"{'':18}"
        print(f"{name:18}{ours:10.3f}{beside}{python:10.3f}")
    figures = {name: round(value, 3) for name, value in figures.items()}
    print(json.dumps(figures | {"cells": len(WARM)}))


if __name__ == "__main__":
    main()
