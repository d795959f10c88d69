"""The browser that the system has, cut off from all other machines."""

import os
import shutil


def chromium():
    """The browser that the system has."""
    named = os.environ.get("CHROME")
    if named:
        return named
    for name in ("chromium", "chromium-browser", "google-chrome"):
        program = shutil.which(name)
        if program:
            return program
    raise RuntimeError("no chromium or google-chrome on the path; CHROME can name one")


def open_page(playwright):
    """A page of a browser that reaches this machine only."""
    browser = playwright.chromium.launch(
        executable_path=chromium(),
        args=[
            "--no-sandbox",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
        ],
    )
    return browser, browser.new_page(viewport={"width": 1300, "height": 1000})
