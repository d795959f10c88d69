"""The course's index in each language: made of the files of languages/."""

import json
import re

from .paths import NOTEBOOKS, ROOT

FIRST = "en"


def all_of_them():
    """Each language's file by its code, English first."""
    files = sorted((ROOT / "languages").glob("*.json"), key=lambda file: (file.stem != FIRST, file.stem))
    return {file.stem: json.loads(file.read_text()) for file in files}


def named(code, kind="md"):
    """The file of an index."""
    return f"index.{kind}" if code == FIRST else f"index.{code}.{kind}"


def others(code, kind="md"):
    """Links to the index in the other languages."""
    links = [f"[{texts['name']}]({named(other, kind)})" for other, texts in all_of_them().items() if other != code]
    return " · ".join(links)


def table(texts, titles, kind, minutes=None):
    """A row for each lesson; `titles` has the file of each and what it is called."""
    head = [texts["lesson"], texts["learn"], *([texts["time"]] if minutes else [])]
    rows = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    for stem, title in titles.items():
        learn = texts["lessons"].get(stem[:2])
        if learn is None:
            raise SystemExit(f"languages/: index.lessons of a language says nothing of lesson {stem[:2]}")
        cells = [f"[{title}]({stem}.{kind})", learn]
        if minutes:
            cells.append(texts["minutes"].replace("{minutes}", str(minutes[stem])).replace(" ", "&nbsp;"))
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def titles():
    """What the lessons are called, by the name of their file."""
    sources = sorted(NOTEBOOKS.glob("*.rs"))
    return {source.stem: re.search(r"^// # (.*)$", source.read_text(), re.MULTILINE)[1] for source in sources}


def index(code):
    """The page that the lab opens."""
    texts = all_of_them()[code]["index"]
    return "\n\n".join([f"# {texts['title']}", others(code), texts["how"], table(texts, titles(), "ipynb"), *texts["notes"]]) + "\n"


def indexes():
    """What notebooks/ should have, by file."""
    return {NOTEBOOKS / named(code): index(code) for code in all_of_them()}


def page(code, minutes):
    """The first page of the site."""
    texts = all_of_them()[code]["index"]
    parts = [f"# {texts['title']}", *texts["site"], table(texts, titles(), "html", minutes), texts["site_api"]]
    if code != FIRST:
        # The site says that its pages are English.
        parts = [f"<div lang=\"{code}\">", *parts, "</div>"]
    return "\n\n".join([*parts, others(code, "html")]) + "\n"
