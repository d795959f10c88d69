# What lesson 03 does, cell by cell, as a Python user would do it: pandas, SciPy, plotly.
# `cargo xtask bench kernel` runs these cells in ipykernel, beside the lesson's own.

# %%
import numpy as np
import pandas as pd
import plotly.express as px
import plotly.graph_objects as go
from scipy import stats

# %%
customers = pd.read_csv("../data/marketing_campaign.csv", index_col=0)
print(customers.shape)

# %%
no_visit = customers[customers.NumWebVisitsMonth == 0]
print(len(no_visit), "of", len(customers), "customers did not visit the web site in the last month")

# %%
bought = ["NumDealsPurchases", "NumWebPurchases", "NumCatalogPurchases", "NumStorePurchases"]
customers["age"] = 2022 - customers.Year_Birth
customers["children"] = customers.Kidhome + customers.Teenhome
customers["spend"] = customers.filter(like="Mnt").sum(axis=1)
customers["transactions"] = customers[bought].sum(axis=1)
customers["accepted"] = customers.filter(like="AcceptedCmp").sum(axis=1)
customers["ratio"] = (customers.transactions / customers.NumWebVisitsMonth).replace(np.inf, np.nan)
px.histogram(customers, x="ratio", title="Purchases per visit")

# %%
random = np.random.default_rng(3)
band = pd.cut(customers.age, [-np.inf, 40, 60, np.inf], right=False)
filled, codes = customers.ratio.fillna(0).to_numpy(), band.cat.codes.to_numpy()
drawn = random.integers(0, len(filled), (2000, len(filled)))
parts = np.stack([np.where(codes[drawn] == b, filled[drawn], 0).sum(axis=1) for b in range(3)], axis=1)
ends = np.quantile(parts / parts.sum(axis=1, keepdims=True), [0.025, 0.975], axis=0)
shares = pd.DataFrame({"share": customers.ratio.groupby(band, observed=True).sum() / customers.ratio.sum(),
                       "lower": ends[0], "upper": ends[1]})
shares

# %%
published = pd.DataFrame({"published": [14.19, 48.05, 37.76], "ours": (100 * shares.share).round(2).to_list()})
published

# %%
both = pd.DataFrame({"the sum": shares.share, "customers": band.value_counts(normalize=True, sort=False)})
both.index = both.index.astype(str)
px.bar(both, barmode="group", title="Share of the sum and share of customers")

# %%
as_published = customers.ratio.fillna(0).groupby(band, observed=True).agg(["mean", "sem", "size"])
as_published

# %%
means = customers.ratio.groupby(band, observed=True).agg(["mean", "sem", "size"])
go.Figure(go.Bar(x=means.index.astype(str), y=means["mean"], error_y={"array": 1.96 * means["sem"]}),
          layout={"title": "Purchases per visit, per customer"})

# %%
groups = [group.dropna() for _, group in customers.ratio.groupby(band, observed=True)]
stats.kruskal(*groups)

# %%
pd.DataFrame([(a, b, stats.mannwhitneyu(groups[a], groups[b]).pvalue) for a in range(3) for b in range(a)])

# %%
in_2024 = customers.assign(age=2024 - customers.Year_Birth)
three = pd.cut(in_2024.age, [-np.inf, 36, 56, np.inf], right=False)
per_visit = (in_2024.Response / in_2024.NumWebVisitsMonth).replace(np.inf, np.nan)
as_defined = per_visit.groupby(three, observed=True).agg(["mean", "sem", "size"])
as_defined

# %%
accepted = in_2024.accepted.groupby(three, observed=True).agg(["mean", "sem", "size"])
accepted

# %%
go.Figure(go.Bar(x=accepted.index.astype(str), y=accepted["mean"], error_y={"array": 1.96 * accepted["sem"]}),
          layout={"title": "Campaigns accepted, by age"})


# %%
def rates(by):
    table = customers.Response.groupby(by, observed=True).agg(["sum", "size"])
    low, high = zip(*(stats.binomtest(int(k), int(n)).proportion_ci(method="wilson") for k, n in table.to_numpy()))
    return table.assign(rate=table["sum"] / table["size"], lower=low, upper=high)


def bars(table, title):
    error = {"array": table.upper - table.rate, "arrayminus": table.rate - table.lower}
    return go.Figure(go.Bar(x=table.index.astype(str), y=table.rate, error_y=error), layout={"title": title})


# %%
bars(rates(three), "Who answered the last campaign, by age")

# %%
stats.chi2_contingency(pd.crosstab(three, customers.Response))

# %%
kept = customers
for column in ["Year_Birth", "Income", "MntMeatProducts", "MntSweetProducts", "NumWebPurchases", "NumCatalogPurchases"]:
    low, high = customers[column].quantile([0.25, 0.75])
    kept = kept[kept[column].between(low - 1.5 * (high - low), high + 1.5 * (high - low))]
print(len(kept), "of", len(customers), "customers kept")

# %%
kept[["Income", "spend", "age", "ratio"]].corr()

# %%
pairs = [("Income", "spend"), ("Income", "ratio"), ("spend", "ratio"), ("age", "ratio")]
pd.DataFrame([(a, b, stats.pearsonr(*kept[[a, b]].dropna().T.to_numpy()).statistic) for a, b in pairs])

# %%
clean = customers.drop_duplicates(subset=[c for c in customers.columns if c != "ID"])
clean = clean[(clean.Year_Birth >= 1910) & (clean.Income != 666666000)]
print(len(clean), "of", len(customers), "customers are left")

# %%
clean[["Income", "spend", "age", "ratio"]].corr(method="spearman")

# %%
bars(rates(pd.qcut(customers.Income, 5)), "Who answered the last campaign, by income")

# %%
bars(rates(pd.qcut(customers.spend, 5)), "Who answered the last campaign, by spend")

# %%
bars(rates(customers.Education), "Who answered the last campaign, by education")

# %%
bars(rates(customers.Marital_Status), "Who answered the last campaign, by marital status")

# %%
bars(rates(customers.children), "Who answered the last campaign, by children at home")

# %%
1 - 0.95**6

# %%
tests = {by: stats.chi2_contingency(pd.crosstab(customers[by], customers.Response)).pvalue
         for by in ["Education", "Marital_Status", "children"]}
pd.Series(tests, name="p").to_frame()

# %%
stats.false_discovery_control(list(tests.values()))
