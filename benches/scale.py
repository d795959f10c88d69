"""From bills to the single view on one machine, however many there are: `segmenta view` beside DuckDB.

    python benches/scale.py BINARY

Both read the same Parquet of target/bench/scale (see benches/scale.rs) and write one row with the same columns for each
customer. Whole processes, from their start to their end: seconds, and the most memory that was resident. DuckDB is given
the memory that ours took on the longest file, and a folder to spill to. The script calls itself for a peer:
`--peer FILE OUT MEGABYTES`. The last line is one JSON array. Linux only.
"""

import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from orders import VIEW, run, sums

FOLDER = Path(__file__).parents[1] / "target" / "bench" / "scale"


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


def main(binary):
    rows = []
    with tempfile.TemporaryDirectory(prefix="scale-", dir=FOLDER) as folder:
        ours, theirs = str(Path(folder, "ours.parquet")), str(Path(folder, "theirs.parquet"))
        for name in ("lines-1", "lines-10", "customers-10", "lines-24"):
            file = str(FOLDER / f"{name}.parquet")
            s, mb = run([binary, "view", file, "--replace", "--out", ours])
            customers, *totals = sums(ours)
            print(f"{name}: {customers:,} customers; ours {s:.1f} s, {mb:,.0f} MB", flush=True)
            row = {"file": name, "customers": customers, "ours_s": s, "ours_mb": mb, "duckdb": []}
            for limit in sorted({round(mb), 6_000}):
                try:
                    s, mb = run([sys.executable, __file__, "--peer", file, theirs, str(limit)])
                except SystemExit as error:
                    print(f"    DuckDB with {limit:,} MB: {str(error).splitlines()[-1]}", flush=True)
                    row["duckdb"].append({"limit_mb": limit, "failed": str(error).splitlines()[-1]})
                    continue
                other = sums(theirs)
                same = all(abs(a - b) <= 1e-9 * abs(b) for a, b in zip([customers, *totals], other))
                note = "the same sums" if same else f"OTHER SUMS: {[customers, *totals]} and {other}"
                print(f"    DuckDB with {limit:,} MB: {s:.1f} s ({s / row['ours_s']:.2f} times), {mb:,.0f} MB; {note}", flush=True)
                row["duckdb"].append({"limit_mb": limit, "s": s, "mb": mb, "same": same})
            rows.append(row)
    print(json.dumps(rows))


if __name__ == "__main__":
    if "--peer" in sys.argv:
        duckdb_view(*sys.argv[2:])
    else:
        main(sys.argv[1])
