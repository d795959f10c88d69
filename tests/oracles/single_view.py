"""The single view of made-up bills, by pandas: `python single_view.py > single_view.json`.

The file holds the bills as a shop would write them, the members, and the twenty columns of each customer.
"""

import json

import numpy as np
import pandas as pd

rng = np.random.default_rng(14)
PRODUCTS = {f"P{i:02}": float(price) for i, price in enumerate(np.round(rng.lognormal(4, 0.9, 23), 2))}
CUSTOMERS = [f"C{i:03}" for i in range(60)]
CENTRES = ["north", "south", "east"]

bills = []
for number in range(420):
    customer = CUSTOMERS[int(rng.integers(len(CUSTOMERS)) * rng.random())]
    lines = [
        {"product": str(rng.choice(list(PRODUCTS))), "qty": int(rng.integers(1, 5))}
        for _ in range(int(rng.integers(1, 4)))
    ]
    sign = -1 if rng.random() < 0.03 else 1
    for line in lines:
        line["qty"] *= sign
    moment = pd.Timestamp("2022-01-01") + pd.Timedelta(seconds=int(rng.integers(0, 500 * 86_400)))
    amount = round(sum(PRODUCTS[line["product"]] * line["qty"] for line in lines), 2)
    discount = round(amount * float(rng.choice([0, 0, 0, 0.1])), 2)
    bills.append(
        {
            "payment_date": moment.strftime("%Y-%m-%d %H:%M:%S.000"),
            "ent": customer,
            "center": str(rng.choice(CENTRES)),
            "product_json": json.dumps(lines, separators=(",", ":")),
            "total_amount": None if rng.random() < 0.02 else amount,
            "discount": discount,
            "paid_amount": round(amount - discount, 2),
            "trans_origin_type": str(rng.choice(["online", "offline"])),
        }
    )
members = [
    {"ent": name, "sponsor": None if i == 0 or rng.random() < 0.2 else str(rng.choice(CUSTOMERS[:i]))}
    for i, name in enumerate(CUSTOMERS)
    if i != 7
]

table = pd.DataFrame(bills)
table["time"] = pd.to_datetime(table["payment_date"])
table["day"] = table["time"].dt.normalize()
lines = table.assign(line=table["product_json"].map(json.loads)).explode("line")
lines["product"] = lines["line"].map(lambda line: line["product"])
lines["quantity"] = lines["line"].map(lambda line: line["qty"]).astype(float)
table["quantity"] = lines.groupby(level=0)["quantity"].sum()

# The price of a product is the median of amount by quantity over the bills that have it alone, and sell it.
distinct = lines.groupby(level=0)["product"].nunique()
alone = lines[(lines.index.map(distinct) == 1)].groupby(level=0).agg(
    product=("product", "first"), quantity=("quantity", "sum"), amount=("total_amount", "first")
)
alone = alone[(alone["quantity"] > 0) & (alone["amount"] > 0)]
price = (alone["amount"] / alone["quantity"]).groupby(alone["product"]).median()

# Where a product is never alone, least squares over the bills with several decide.
several = lines[(lines.index.map(distinct) > 1) & (lines["total_amount"] > 0) & (lines["quantity"] > 0)]
matrix = several.pivot_table(index=several.index, columns="product", values="quantity", aggfunc="sum").fillna(0)
fitted = np.linalg.lstsq(matrix.to_numpy(), table.loc[matrix.index, "total_amount"].to_numpy(), rcond=None)[0]
fitted = pd.Series(fitted, index=matrix.columns)
price = price.combine_first(fitted)

sold = lines[lines["quantity"] > 0].copy()
quarter = pd.qcut(price, 4, labels=[1, 2, 3, 4]).astype(int)
sold["quarter"] = sold["product"].map(quarter)
shares = sold.pivot_table(index="ent", columns="quarter", values="quantity", aggfunc="sum").fillna(0)
shares = shares.div(shares.sum(axis=1), axis=0)

by = table.groupby("ent", sort=False)
view = pd.DataFrame(
    {
        "first_day": by["day"].min(),
        "last_day": by["day"].max(),
        "visits": by.size(),
        "quantity": by["quantity"].sum(),
        "amount": by["total_amount"].sum(min_count=1),
    }
)
view["basket_size"] = view["amount"] / view["quantity"]
view["order_size"] = view["amount"] / view["visits"]
view["visit_size"] = view["quantity"] / view["visits"]
view["visit_period"] = (view["last_day"] - view["first_day"]).dt.days
view["time_between"] = (view["visit_period"] / (view["visits"] - 1)).where(view["visits"] > 1)
view["centres"] = by["center"].nunique()
view["discount"] = by["discount"].sum()
view["paid"] = by["paid_amount"].sum()
view["offline_share"] = by["trans_origin_type"].apply(lambda own: (own == "offline").mean())
view["online_share"] = by["trans_origin_type"].apply(lambda own: (own == "online").mean())
for place in range(1, 5):
    view[f"price_q{place}_share"] = shares[place]
people = pd.DataFrame(members)
brought = people.groupby("sponsor").size()
view["recruits"] = [
    float(brought.get(name, 0)) if name in set(people["ent"]) | set(brought.index) else None
    for name in view.index
]
view["recency"] = (table["day"].max() + pd.Timedelta(days=1) - view["last_day"]).dt.days
view = view.replace([np.inf, -np.inf], np.nan)
view["first_day"] = (view["first_day"] - pd.Timestamp("1970-01-01")).dt.days
view["last_day"] = (view["last_day"] - pd.Timestamp("1970-01-01")).dt.days


def plain(values):
    return [None if pd.isna(value) else float(value) for value in values]


print(
    json.dumps(
        {
            "bills": bills,
            "members": members,
            "fitted": {name: float(value) for name, value in fitted.items()},
            "customer": list(view.index),
            "view": {name: plain(view[name]) for name in view.columns},
        },
        indent=0,
    )
)
