"""`segmenta view` and the models of worth beside DuckDB, pandas, polars for Python and lifetimes.

    python benches/orders.py BINARY

Views are measured as whole processes, from their start to their end: seconds, and the most memory that was
resident. Ours also says what is wrong with the bills, which the peers do not. All read the same files of
target/bench (see benches/orders.rs), leave out bills that have no day or a broken list, and write one row with
the same columns for each customer as Parquet; the number of customers and the sums of amount and quantity
are compared. The script calls itself for a peer: `--peer NAME OUT`. The last line is one JSON array.
Linux only.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "target" / "bench"
YEARS = [str(FOLDER / "shop" / f"{year}.csv") for year in (2021, 2022, 2023)]
LINES = str(FOLDER / "lines.parquet")

PRICES = """
create table prices as select product, median(amount / quantity) as price from (
    select bill, any_value(product) as product, sum(quantity) as quantity, any_value(amount) as amount from lines
    group by bill having count(distinct product) = 1 and sum(quantity) > 0 and any_value(amount) > 0
) group by product;
"""
VIEW = """
copy (
with quarters as (select product, ntile(4) over (order by price) as quarter from prices),
pieces as (
    select customer, quarter, sum(lines.quantity) as pieces from {sold}
    join quarters using (product) where lines.quantity > 0 and customer is not null group by all),
shares as (
    select customer, sum(pieces) filter (quarter = 1) / sum(pieces) as q1,
    sum(pieces) filter (quarter = 2) / sum(pieces) as q2, sum(pieces) filter (quarter = 3) / sum(pieces) as q3,
    sum(pieces) filter (quarter = 4) / sum(pieces) as q4 from pieces group by customer),
sums as (select bill, sum(quantity) as quantity from lines group by bill)
select customer, min(time)::date as first_day, max(time)::date as last_day, count(*) as visits,
    sum(quantity) as quantity, sum(amount) as amount, sum(amount) / sum(quantity) as basket_size,
    sum(amount) / count(*) as order_size, sum(quantity) / count(*) as visit_size,
    max(time)::date - min(time)::date as visit_period,
    (max(time)::date - min(time)::date) / nullif(count(*) - 1, 0) as time_between,
    count(distinct centre) as centres, {money} avg((channel = 'online')::int) as online_share,
    avg((channel = 'offline')::int) as offline_share, any_value(q1) as price_q1_share, any_value(q2) as price_q2_share,
    any_value(q3) as price_q3_share, any_value(q4) as price_q4_share
from bills left join sums using (bill) left join shares using (customer) where customer is not null group by customer
) to '{out}' (format parquet);
"""


def duckdb_json(out):
    import duckdb

    duckdb.execute(
        f"""
        create table bills as select row_number() over () as bill, ent as customer,
            try_cast(payment_date as timestamp) as time, product_json, total_amount as amount, discount,
            paid_amount as paid, trans_origin_type as channel, center as centre
        from read_csv({YEARS}, header = true, types = {{'payment_date': 'VARCHAR', 'product_json': 'VARCHAR'}});
        delete from bills where time is null or (product_json is not null and not json_valid(product_json));
        create table lines as select bill, amount, line ->> 'product' as product,
            coalesce(try_cast(line ->> 'qty' as double), 1) as quantity
        from (select bill, amount, unnest(case when json_type(product_json) = 'OBJECT' then [product_json::json]
            else cast(product_json as json[]) end) as line from bills where product_json is not null);
        """
        + PRICES
        + VIEW.format(
            out=out, money="sum(discount) as discount, sum(paid) as paid,", sold="lines join bills using (bill)"
        )
    )


def duckdb_lines(out):
    import duckdb

    duckdb.execute(
        f"""
        create table lines as select bill, product, quantity, quantity * price as amount, customer, time, channel,
            centre, price from '{LINES}';
        create table bills as select bill, any_value(customer) as customer, min(time) as time, sum(amount) as amount,
            any_value(channel) as channel, any_value(centre) as centre from lines group by bill;
        """
        + "create table prices as select product, median(price) as price from lines group by product;"
        + VIEW.format(out=out, money="", sold="lines")
    )


def pandas_json(out):
    import pandas as pd

    bills = pd.concat([pd.read_csv(file) for file in YEARS], ignore_index=True)
    bills["time"] = pd.to_datetime(bills.payment_date, errors="coerce")

    def products(text):
        if not isinstance(text, str):
            return []
        try:
            found = json.loads(text)
        except ValueError:
            return None
        return [found] if isinstance(found, dict) else found

    bills["products"] = bills.product_json.map(products)
    bills = bills[bills.time.notna() & bills.products.notna()]
    lines = bills[["products", "ent", "total_amount"]].explode("products").dropna(subset=["products"])
    lines["product"] = [line["product"] for line in lines.products]
    lines["quantity"] = [float(line.get("qty", 1)) for line in lines.products]
    bills["quantity"] = lines.groupby(level=0).quantity.sum()
    by_bill = lines.groupby(level=0)
    alone = by_bill.agg(
        n=("product", "nunique"), product=("product", "first"), quantity=("quantity", "sum"), amount=("total_amount", "first")
    )
    alone = alone[(alone.n == 1) & (alone.quantity > 0) & (alone.amount > 0)]
    write_pandas(bills.rename(columns={"ent": "customer", "total_amount": "amount"}), lines.rename(columns={"ent": "customer"}),
                 (alone.amount / alone.quantity).groupby(alone["product"]).median(), out)


def write_pandas(bills, lines, price, out):
    import pandas as pd

    quarter = pd.qcut(price, 4, labels=[1, 2, 3, 4]).astype(int)
    sold = lines[lines.quantity > 0]
    sold = sold.assign(quarter=sold["product"].map(quarter))
    shares = sold.pivot_table(index="customer", columns="quarter", values="quantity", aggfunc="sum").fillna(0)
    shares = shares.div(shares.sum(axis=1), axis=0)
    bills["day"] = bills.time.dt.normalize()
    bills["online"] = bills.trans_origin_type == "online"
    bills["offline"] = bills.trans_origin_type == "offline"
    view = bills.groupby("customer", sort=False).agg(
        first_day=("day", "min"), last_day=("day", "max"), visits=("day", "size"), quantity=("quantity", "sum"),
        amount=("amount", "sum"), centres=("center", "nunique"), discount=("discount", "sum"), paid=("paid_amount", "sum"),
        online_share=("online", "mean"), offline_share=("offline", "mean"),
    )
    view["basket_size"] = view.amount / view.quantity
    view["order_size"] = view.amount / view.visits
    view["visit_size"] = view.quantity / view.visits
    view["visit_period"] = (view.last_day - view.first_day).dt.days
    view["time_between"] = (view.visit_period / (view.visits - 1)).where(view.visits > 1)
    for place in range(1, 5):
        view[f"price_q{place}_share"] = shares[place]
    view.reset_index().to_parquet(out)


def polars_lines(out):
    import polars as pl

    lines = pl.scan_parquet(LINES).with_columns(amount=pl.col("quantity") * pl.col("price"))
    price = lines.group_by("product").agg(pl.col("price").median())
    quarter = price.with_columns(
        quarter=pl.col("price").qcut([0.25, 0.5, 0.75], labels=["1", "2", "3", "4"]).cast(pl.String)
    ).select("product", "quarter")
    sold = lines.filter(pl.col("quantity") > 0, pl.col("customer").is_not_null()).join(quarter, on="product")
    pieces = pl.col("quantity")
    shares = sold.group_by("customer").agg(
        *((pieces.filter(pl.col("quarter") == str(place)).sum() / pieces.sum()).alias(f"price_q{place}_share") for place in range(1, 5))
    )
    bills = lines.group_by("bill").agg(
        pl.col("customer", "channel", "centre").first(), pl.col("time").min(), pl.col("quantity", "amount").sum()
    )
    day = pl.col("time").dt.date()
    view = (
        bills.filter(pl.col("customer").is_not_null())
        .group_by("customer")
        .agg(
            first_day=day.min(), last_day=day.max(), visits=pl.len(), quantity=pieces.sum(), amount=pl.col("amount").sum(),
            centres=pl.col("centre").n_unique(), online_share=(pl.col("channel") == "online").mean(),
            offline_share=(pl.col("channel") == "offline").mean(),
        )
        .with_columns(
            basket_size=pl.col("amount") / pieces, order_size=pl.col("amount") / pl.col("visits"),
            visit_size=pieces / pl.col("visits"),
            visit_period=(pl.col("last_day") - pl.col("first_day")).dt.total_days(),
        )
        .with_columns(
            time_between=pl.when(pl.col("visits") > 1).then(pl.col("visit_period") / (pl.col("visits").cast(pl.Float64) - 1))
        )
        .join(shares, on="customer", how="left")
    )
    view.collect().write_parquet(out)


PEERS = {"duckdb-json": duckdb_json, "pandas-json": pandas_json, "duckdb-lines": duckdb_lines, "polars-lines": polars_lines}


def lifetimes_worth():
    import pandas as pd
    from lifetimes import BetaGeoFitter, GammaGammaFitter

    history = pd.read_parquet(FOLDER / "history.parquet")
    started = time.perf_counter()
    buying = BetaGeoFitter().fit(history.frequency, history.recency, history.observed)
    back = history[history.frequency > 0]
    sizes = GammaGammaFitter().fit(back.frequency, back.mean_amount)
    every = history.fillna({"mean_amount": 0})
    sizes.customer_lifetime_value(
        buying, every.frequency, every.recency, every.observed, every.mean_amount, time=12, discount_rate=0.01, freq="W"
    )
    return time.perf_counter() - started


def run(command):
    """Seconds and megabytes of a whole process."""
    with tempfile.TemporaryFile("w+") as printed:
        started = time.perf_counter()
        child = subprocess.Popen(command, stdout=printed, stderr=printed)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            printed.seek(0)
            sys.exit(f"{' '.join(command)}\n{printed.read()}")
    return seconds, usage.ru_maxrss / 1024


def sums(file):
    import pyarrow.parquet as pq

    table = pq.read_table(file, columns=["amount", "quantity"])
    total = [float(sum(part.to_numpy(zero_copy_only=False)[~part.is_null().to_numpy(zero_copy_only=False)].sum() for part in table[name].chunks)) for name in ("amount", "quantity")]
    return [table.num_rows, *total]


def main(binary):
    rows = []
    with tempfile.TemporaryDirectory(prefix="orders-", dir=FOLDER) as folder:

        def measured(task, files, peers, times=2):
            ours = str(Path(folder, "ours.parquet"))
            command = [binary, "view", *files, "--reject", "--replace", "--out", ours]
            best = min(run(command) for _ in range(times))
            print(f"{task}: ours {best[0]:.2f} s, {best[1]:,.0f} MB", flush=True)
            row = {"task": task, "ours_s": best[0], "ours_mb": best[1], "peers": {}}
            found = sums(ours)
            for peer in peers:
                theirs = str(Path(folder, "theirs.parquet"))
                s, mb = min(run([sys.executable, __file__, "--peer", peer, theirs]) for _ in range(times))
                other = sums(theirs)
                same = all(abs(a - b) <= 1e-9 * abs(b) for a, b in zip(found, other))
                note = "the same sums" if same else f"OTHER SUMS: {found} and {other}"
                print(f"    {peer}: {s:.2f} s ({s / best[0]:.2f} times), {mb:,.0f} MB; {note}", flush=True)
                row["peers"][peer] = {"s": s, "mb": mb, "times": s / best[0], "same": same}
            rows.append(row)

        measured("2.4 million bills with JSON", YEARS, ["duckdb-json", "pandas-json"])
        measured("4.2 million lines of Parquet", [LINES], ["duckdb-lines", "polars-lines"])
        ours = json.loads((FOLDER / "orders.json").read_text())["worth_s"]
        theirs = min(lifetimes_worth() for _ in range(2))
        print(f"worth of 325,000 customers: ours {ours:.2f} s, lifetimes {theirs:.2f} s ({theirs / ours:.1f} times)", flush=True)
        rows.append({"task": "worth of 325,000 customers", "ours_s": ours, "peers": {"lifetimes": {"s": theirs, "times": theirs / ours}}})
        measured("24 million bills with JSON", sorted(map(str, (FOLDER / "long").glob("*.csv"))), [], times=1)
    print(json.dumps(rows))


if __name__ == "__main__":
    if "--peer" in sys.argv:
        PEERS[sys.argv[2]](sys.argv[3])
    else:
        main(sys.argv[1])
