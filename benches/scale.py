"""From bills to the single view, however many there are: `segmenta view` on one machine beside DuckDB and a cluster.

    python benches/scale.py BINARY SPARK_BINARY VENV

All read the same Parquet of target/bench/scale (see benches/scale.rs) and write one row with the same columns for each
customer. Seconds from the start of a program to its end, and the most memory that was resident: of the whole process, and
of the server where `segmenta-spark` has Sail compute it. DuckDB is given the memory that ours took, and 6 GB, and a folder
to spill to; Sail's pool has 6 GB.

Then the same 2.4 million bills on Sail, on Sail with 2 workers, on Apache Spark 4, and on Apache Spark with 2 workers of
which one is killed while it writes: each view is held against that of one machine, cell by cell, and each customer's
segment and distance against what `segmenta assign` says by the same model. Without Java, Spark is left out.

The script calls itself for a peer: `--peer FILE OUT MEGABYTES`. The last line is one JSON array. Linux only.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from orders import VIEW, run, sums

FOLDER = Path(__file__).parents[1] / "target" / "bench" / "scale"
FILES = ("lines-1", "lines-10", "customers-10", "lines-24")
POOL = 6_000_000_000
COLUMNS = "visits,amount,recency,basket_size,online_share"


def duckdb_view(lines, out, megabytes):
    import duckdb

    with tempfile.TemporaryDirectory(dir=FOLDER) as spill:
        base = duckdb.connect(str(Path(spill, "base")))
        base.execute(f"set memory_limit = '{megabytes}MB'; set temp_directory = '{spill}'; set preserve_insertion_order = false")
        base.execute(
            f"""
            create view lines as select bill, product, quantity, quantity * price as amount, customer, time, channel,
                centre, price from '{lines}';
            create table bills as select bill, any_value(customer) as customer, min(time) as time, sum(amount) as amount,
                any_value(channel) as channel, any_value(centre) as centre from lines group by bill;
            create table prices as select product, median(price) as price from lines group by product;
            """
            + VIEW.format(out=out, money="", sold="lines")
        )


def reason(error):
    """The line of a failure that says what failed; DuckDB ends its own with where to read more."""
    lines = str(error).splitlines() or ["?"]
    return next((line for line in lines if "Error: " in line), lines[-1])


class Server:
    """A cluster on this machine, which ends with the `with`."""

    def __init__(self, command, **environment):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"sc://127.0.0.1:{self.port}"
        self.command = [part.format(port=self.port) for part in command]
        self.environment = {**os.environ, **environment}

    def __enter__(self):
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(self.command, env=self.environment, start_new_session=True, **quiet)
        for _ in range(1_200):
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        sys.exit(f"it does not start: {' '.join(self.command)}")

    def __exit__(self, *_):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def megabytes(self):
        """The most that was resident so far."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024


def sail(venv, workers=0):
    environment = {
        "SAIL_RUNTIME__MEMORY_POOL__TYPE": "fair",
        "SAIL_RUNTIME__MEMORY_POOL__FAIR__MAX_SIZE": str(POOL),
    }
    if workers:
        environment |= {
            "SAIL_MODE": "local-cluster",
            "SAIL_CLUSTER__WORKER_INITIAL_COUNT": str(workers),
            "SAIL_CLUSTER__WORKER_MAX_COUNT": str(workers),
        }
    command = [f"{venv}/bin/sail", "spark", "server", "--ip", "127.0.0.1", "--port", "{port}"]
    return Server(command, **environment)


def spark(venv, master):
    # As `cargo xtask spark --engine=spark` starts it.
    command = [f"{venv}/bin/spark-submit", "--master", master]
    command += ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "--driver-memory", "6g"]
    for setting in (
        "spark.connect.grpc.binding.port={port}",
        "spark.connect.grpc.binding.address=127.0.0.1",
        "spark.sql.session.timeZone=UTC",
    ):
        command += ["--conf", setting]
    return Server(command + ["spark-internal"], PATH=f"{venv}/bin:{os.environ['PATH']}")


def different(own, other):
    """In how many cells two tables of customers differ, other than by rounding; and by how much at most there."""
    import duckdb

    base = duckdb.connect()
    base.execute(f"create table own as from {own}; create table other as from {other}")
    names = base.execute("select column_name, data_type from duckdb_columns() where table_name = 'own'").fetchall()
    cells = [base.execute("select (select count(*) from own), (select count(*) from other)").fetchone()]
    assert cells[0][0] == cells[0][1], cells
    count, most = 0, 0.0
    for name, kind in names:
        one, two = f'own."{name}"', f'other."{name}"'
        is_other = f"{one} is distinct from {two}"
        far = "0"
        if kind in ("DOUBLE", "FLOAT"):
            far = f"coalesce(abs({one} - {two}) / greatest(abs({two}), 1), 0)"
            is_other = f"({one} is null) <> ({two} is null) or {far} > 1e-9"
        found = base.execute(f"select count_if({is_other}), max({far}) from own full join other using (customer)").fetchone()
        count, most = count + found[0], max(most, found[1])
    return count, most


def parquet(place):
    return f"read_parquet('{place}/*.parquet')" if Path(place).is_dir() else f"read_parquet('{place}')"


def beside_one_machine(binary, spark_binary, servers, folder):
    lines = str(FOLDER / "lines-1.parquet")
    local = str(folder / "local.parquet")
    run([binary, "view", lines, "--replace", "--out", local])
    rows = []
    for name, server, kill in servers:
        view, segments, assigned = (str(folder / part) for part in ("view", "segments", "assigned.csv"))
        with server:
            command = [spark_binary, "view", server.address, lines, "--replace", "--out", view]
            if kill:
                working = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
                while not (folder / ".view.segmenta-part").exists() and working.poll() is None:
                    time.sleep(0.05)
                executors = subprocess.run(["pgrep", "-f", "CoarseGrainedExecutorBackend"], capture_output=True, text=True)
                os.kill(int(executors.stdout.split()[0]), signal.SIGKILL)
                _, said = working.communicate()
                assert working.returncode == 0, said
            else:
                run(command)
            cells, most = different(parquet(view), parquet(local))
            run([spark_binary, "segment", server.address, view, "--columns", COLUMNS, "--k", "4", "--replace", "--out", segments])
        model = ["--model", f"{segments}/segments.json", "--replace", "--out", assigned]
        run([binary, "assign", local, *model])
        own = "(select customer::text as customer, segment::bigint as segment, distance::double as distance from {})"
        cluster = own.format(parquet(f"{segments}/customers.parquet"))
        machine = own.format(f"read_csv('{assigned}', types = {{'customer': 'varchar'}}, nullstr = '')")
        others, far = different(cluster, machine)
        print(
            f"{name}: {cells} of the view's cells differ (at most {most:.0e}); {others} of segments and distances (at most {far:.0e})",
            flush=True,
        )
        rows.append({"cluster": name, "cells": cells, "most": most, "segments": others, "segments_most": far})
        for left in (view, segments):
            shutil.rmtree(left)
    return rows


def main(binary, spark_binary, venv):
    rows = []
    with tempfile.TemporaryDirectory(prefix="scale-", dir=FOLDER) as folder:
        folder = Path(folder)
        servers = [("Sail", sail(venv), False), ("Sail, 2 workers", sail(venv, workers=2), False)]
        if shutil.which("java") and Path(venv, "bin", "spark-submit").exists():
            servers += [
                ("Apache Spark", spark(venv, "local[*]"), False),
                ("Apache Spark, 2 workers, one killed", spark(venv, "local-cluster[2,1,2048]"), True),
            ]
        else:
            print("Apache Spark is left out: there is no Java, or no pyspark", flush=True)
        rows += beside_one_machine(binary, spark_binary, servers, folder)
        ours, theirs = str(folder / "ours.parquet"), str(folder / "theirs.parquet")
        for name in FILES:
            file = str(FOLDER / f"{name}.parquet")
            s, mb = run([binary, "view", file, "--replace", "--out", ours])
            customers, *totals = sums(ours)
            print(f"{name}: {customers:,} customers; ours {s:.1f} s, {mb:,.0f} MB", flush=True)
            row = {"file": name, "customers": customers, "ours_s": s, "ours_mb": mb, "duckdb": []}

            def beside(who, s, mb, other):
                same = all(abs(a - b) <= 1e-9 * abs(b) for a, b in zip([customers, *totals], other))
                note = "the same sums" if same else f"OTHER SUMS: {[customers, *totals]} and {other}"
                print(f"    {who}: {s:.1f} s ({s / row['ours_s']:.2f} times), {mb:,.0f} MB; {note}", flush=True)
                return {"s": s, "mb": mb, "same": same}

            for limit in sorted({round(mb), POOL // 1_000_000}):
                who = f"DuckDB with {limit:,} MB"
                try:
                    s, mb = run([sys.executable, __file__, "--peer", file, theirs, str(limit)])
                except SystemExit as error:
                    print(f"    {who}: {reason(error)}", flush=True)
                    row["duckdb"].append({"limit_mb": limit, "failed": reason(error)})
                    continue
                row["duckdb"].append({"limit_mb": limit, **beside(who, s, mb, sums(theirs))})
            with sail(venv) as server:
                view = str(folder / "view")
                try:
                    s, _ = run([spark_binary, "view", server.address, file, "--replace", "--out", view])
                    row["sail"] = beside("Sail", s, server.megabytes(), sums(view))
                    shutil.rmtree(view)
                except SystemExit as error:
                    print(f"    Sail: {reason(error)}", flush=True)
                    row["sail"] = {"failed": reason(error)}
            rows.append(row)
    print(json.dumps(rows))


if __name__ == "__main__":
    if "--peer" in sys.argv:
        duckdb_view(*sys.argv[2:])
    else:
        main(*sys.argv[1:])
