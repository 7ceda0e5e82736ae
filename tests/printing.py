"""What tests of pages need: a browser that prints them, and the lines that only our fix has."""

import os

import pytest

from perflab.course.lab import Lab
from perflab.slides import browser, listing
from perflab.slides.browser import BrowserError


def require_browser() -> None:
    """Skips where there is no browser; in CI, fails."""
    try:
        browser.command()
    except BrowserError as error:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(str(error))


def distinctive(lab: Lab) -> set[str]:
    """The lines by which our fix is known: new against the slow code, and long enough not to be there by chance."""
    ours = [listing.what_comes(lab, file)[1] for file in lab.files]
    slow = {line.strip() for line in lab.slow_source.read_text().splitlines()}
    new = {code.lines[i].strip() for code in ours for i in code.marked} - slow
    return {line for line in new if len(line) > 20 and not line.startswith("#")}
