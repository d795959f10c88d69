"""What is said of a lesson around it: notebooks/cards/NN.yml, and its own first words."""

import re

import yaml

from .paths import NOTEBOOKS, ROOT

LICENCE = "Texts: CC BY 4.0. Code: MIT or Apache-2.0. The authors of Segmenta."
"""What pages and slides say of themselves."""


class NotAsItShouldBe(Exception):
    """What is wrong with a page, and where."""


def read(source):
    """Minutes, aims, needs, quiz."""
    file = NOTEBOOKS / "cards" / f"{source.stem[:2]}.yml"
    about = yaml.safe_load(file.read_text())
    if set(about) != {"minutes", "able", "needs", "quiz"} or len(about["quiz"]) != 5:
        raise NotAsItShouldBe(f"{file.name}: minutes, able, needs and a quiz of five questions are expected")
    for question in about["quiz"]:
        whole = set(question) == {"ask", "answers", "right", "why"}
        if not whole or question["right"] not in range(1, len(question["answers"]) + 1):
            raise NotAsItShouldBe(f"{file.name}: {question.get('ask')}: ask, answers, right (1 is the first) and why are expected")
    return about


def title(notebook):
    """What a lesson is called."""
    found = re.search(r"^# (.*)$", notebook.cells[0].source, re.MULTILINE)
    if not found:
        raise NotAsItShouldBe("a lesson's first cell begins with its title, as in # 03 Conversion")
    return found[1]


def question(notebook):
    """What a lesson wants to know."""
    found = re.search(r"\*\*What we want to know\.\*\* (.*?)(?:\n\n|\Z)", notebook.cells[0].source, re.DOTALL)
    if not found:
        raise NotAsItShouldBe(f"{title(notebook)}: its first cell has no **What we want to know.**")
    return " ".join(found[1].split())


def plan(notebook):
    """What a teacher is told of a lesson: minutes, what goes wrong, what to talk about (instructor/lessons.md)."""
    number = title(notebook)[:2]
    found = re.search(rf"^## {number} .*?\n(.*?)(?=^## |\Z)", (ROOT / "instructor" / "lessons.md").read_text(), re.DOTALL | re.MULTILINE)
    if not found:
        raise NotAsItShouldBe(f"instructor/lessons.md has no section of lesson {number}")
    return found[1].strip()
