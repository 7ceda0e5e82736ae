"""A Chromium without a window or a network, over its DevTools protocol: it prints decks, and tests look at them.

Each page notes down whatever it asks for.
"""

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
OPTIONS = (
    "--headless",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--proxy-server=127.0.0.1:9",  # where nobody listens
    "--remote-debugging-port=0",
)
PATIENCE_S = 30


class BrowserError(Exception):
    """A browser that is not there or does not do what it should, in one sentence."""


def command() -> str:
    """Where a Chromium or Chrome is. Raises BrowserError if nowhere."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    raise BrowserError(
        "There is no Chromium or Chrome here, and slides are printed by one. Install it (on Debian and Ubuntu: "
        "`sudo apt install chromium`), or open a deck in your browser with ?print-pdf at the end, and print it there."
    )


class Page:
    """A tab. `asked` is each address that it has asked for, `errors` what its scripts threw and its console says."""

    def __init__(self, socket: ClientConnection, session: str = "") -> None:
        self.socket = socket
        self.session = session
        self.asked: list[str] = []
        self.errors: list[str] = []
        self._number = 0

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Calls the browser, and notes down what happens until it answers."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        self.socket.send(json.dumps(message | ({"sessionId": self.session} if self.session else {})))
        while True:
            said = json.loads(self.socket.recv(timeout=PATIENCE_S))
            if (said.get("id"), said.get("sessionId", "")) != (self._number, self.session):
                self._note(said)
            elif "error" in said:
                raise BrowserError(f"{method} failed in the browser: {said['error'].get('message')}.")
            else:
                result: dict[str, Any] = said["result"]
                return result

    def _note(self, said: dict[str, Any]) -> None:
        params = said.get("params", {})
        match said.get("method"):
            case "Network.requestWillBeSent":
                self.asked.append(params["request"]["url"])
            case "Runtime.exceptionThrown":
                self.errors.append(params["exceptionDetails"].get("exception", {}).get("description", str(params)))
            case "Log.entryAdded":
                self.errors.append(params["entry"]["text"])

    def run(self, script: str) -> Any:
        """The value of a JavaScript expression, waited for if it is a promise."""
        done = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True, userGesture=True)
        if "exceptionDetails" in done:
            raise BrowserError(f"A script failed in the browser: {done['exceptionDetails']}.")
        return done["result"].get("value")

    def wait(self, script: str) -> None:
        """Waits until an expression is true."""
        until = time.monotonic() + PATIENCE_S
        while not self.run(f"Boolean({script})"):
            if time.monotonic() > until:
                raise BrowserError(f"This never came true in the browser: {script}. It said: {self.errors}.")
            time.sleep(0.02)

    def open(self, address: str, ready: str = "document.readyState === 'complete'") -> None:
        self.asked.clear()
        self.errors.clear()
        self.call("Page.navigate", url=address)
        # The address first: until it has changed, the page before is still there, and ready.
        self.wait(f"location.href.startsWith({json.dumps(address)}) && {ready}")

    def press(self, key: str, code: int) -> None:
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code)

    def pdf(self) -> bytes:
        printed = self.call("Page.printToPDF", preferCSSPageSize=True, printBackground=True)
        return base64.b64decode(printed["data"])

    def tabs(self) -> list[str]:
        """Every tab of the browser, as what `attach` takes."""
        found = Page(self.socket).call("Target.getTargets")["targetInfos"]
        return [one["targetId"] for one in found if one["type"] == "page"]

    def attach(self, tab: str) -> "Page":
        session = Page(self.socket).call("Target.attachToTarget", targetId=tab, flatten=True)["sessionId"]
        page = Page(self.socket, session)
        for domain in ("Page", "Runtime", "Network", "Log"):
            page.call(f"{domain}.enable")
        return page


@contextmanager
def opened() -> Iterator[Page]:
    """A browser with one page of 1280 by 720, which ends with the block. Raises BrowserError."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        root = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses root with one
        line = [command(), *OPTIONS, *root, f"--user-data-dir={profile}", "about:blank"]
        process = subprocess.Popen(line, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        try:
            assert process.stderr
            said = [*_until("DevTools listening on", process.stderr)]
            if not said or "DevTools listening on" not in said[-1]:
                raise BrowserError(f"{line[0]} did not start: {(said or ['it said nothing'])[-1].strip()}.")
            with connect(said[-1].split()[-1], max_size=None) as socket:
                whole = Page(socket)
                page = whole.attach(whole.tabs()[0])
                page.call(
                    "Emulation.setDeviceMetricsOverride", width=1280, height=720, deviceScaleFactor=1, mobile=False
                )
                yield page
        except (WebSocketException, TimeoutError) as error:
            raise BrowserError(f"{line[0]} did not answer: {error or 'it took too long'}.") from None
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stderr:
                process.stderr.close()


def _until(words: str, lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield line
        if words in line:
            return
