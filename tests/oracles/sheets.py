"""Writes the spreadsheets of tests/kept with the libraries that others write theirs with."""

import datetime

import pandas

FOLDER = "tests/kept"
table = pandas.DataFrame({
    "id": [1, 2],
    "joined": [datetime.date(2013, 5, 2), datetime.date(2013, 6, 27)],
    "spend": [71.697, None],
    "share": [0.125, 0.5],
    "answered": [True, False],
    "city": ["Zürich", "Bern"],
})
for name, engine in [("shop.xlsx", "openpyxl"), ("shop.ods", "odf")]:
    with pandas.ExcelWriter(f"{FOLDER}/{name}", engine=engine) as writer:
        table.to_excel(writer, sheet_name="customers", index=False)
with pandas.ExcelWriter(f"{FOLDER}/two-sheets.xlsx", engine="openpyxl") as writer:
    pandas.DataFrame({"id": [1, 2], "spend": [5, 7]}).to_excel(writer, sheet_name="spring", index=False)
    pandas.DataFrame({"id": [1, 2], "spend": [9, 8]}).to_excel(writer, sheet_name="autumn", index=False)
    pandas.DataFrame().to_excel(writer, sheet_name="empty", index=False)
