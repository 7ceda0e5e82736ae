"""The system's Chromium or Chrome without a window or a network, driven by Playwright.

It prints decks, and tests look at pages in it. A browser of Playwright's own is never downloaded.
"""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
HERE = "127.0.0.1"
OPTIONS = ("--disable-gpu", f"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE {HERE}")  # it calls no one, home included
CLOSED_PORT = f"{HERE}:9"  # as a proxy for every address, this machine's own included


class BrowserError(Exception):
    """A browser that is missing or fails: one plain sentence."""


def command() -> str:
    """Returns the path of a Chromium or Chrome. Raises BrowserError if there is none."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    raise BrowserError(
        "There is no Chromium or Chrome here, and slides are printed by one. Install it (on Debian and Ubuntu: "
        "`sudo apt install chromium`), or open a deck in your browser with ?print-pdf at the end, and print it there."
    )


@contextmanager
def opened(reach: str = "") -> Iterator["Page"]:
    """Yields a page of 1280 by 720 pixels in a browser that ends with the block, and reaches this host or none.

    Raises BrowserError if there is no browser, if it does not start, or if it fails within the block.
    """
    from playwright.sync_api import Error, sync_playwright  # takes time to import, and most commands need no browser

    path = command()
    failed = "did not start"
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=path,
                args=OPTIONS,
                proxy={"server": CLOSED_PORT, "bypass": f"<-loopback>,{reach}"},
                chromium_sandbox=os.geteuid() != 0,  # Chromium refuses root with one
            )
            page = browser.new_page(viewport={"width": 1280, "height": 720})
            failed = "failed"
            yield page
    except Error as error:
        raise BrowserError(f"{path} {failed}: {_reason(error.message)}.") from error


def _reason(message: str) -> str:
    """Returns the last line that the browser wrote, if Playwright quotes it, or else the first of Playwright's own."""
    written = re.findall(r"^\[pid=\d+\]\[err\] (.*\S)", message, re.MULTILINE)
    return written[-1] if written else re.sub(r"^\w+\.\w+: ", "", message.partition("\n")[0]).rstrip(".")
