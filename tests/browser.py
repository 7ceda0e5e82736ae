"""A headless Chromium for tests, over its DevTools protocol. It has no network, and notes down whatever it asks for."""

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from perflab import decks

PATIENCE_S = 20


class Page:
    """A tab. `asked` is each address that it has asked for, `errors` what its scripts threw and its console says."""

    def __init__(self, socket: ClientConnection, session: str = "") -> None:
        self.socket = socket
        self.session = session
        self.asked: list[str] = []
        self.errors: list[str] = []
        self._number = 0

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        self.socket.send(json.dumps(message | ({"sessionId": self.session} if self.session else {})))
        while True:
            said = json.loads(self.socket.recv(timeout=PATIENCE_S))
            if said.get("id") == self._number:
                assert "error" not in said, said
                return said.get("result", {})
            self._note(said)

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
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def wait(self, script: str) -> Any:
        """Waits until an expression is true."""
        until = time.monotonic() + PATIENCE_S
        while not (value := self.run(script)):
            assert time.monotonic() < until, f"never came true: {script}; errors: {self.errors}"
            time.sleep(0.02)
        return value

    def open(self, address: str, ready: str = "document.readyState === 'complete'") -> None:
        self.asked.clear()
        self.errors.clear()
        self.call("Page.navigate", url=address)
        # The address first: until it has changed, the page before is still there, and ready.
        self.wait(f"location.href.startsWith({json.dumps(address)}) && {ready}")

    def press(self, key: str, code: int) -> None:
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code)


@contextmanager
def chromium(folder: Path) -> Iterator[Page]:
    """A browser with one empty page, 1280 by 720, without a network. It ends with the block."""
    offline = ["--host-resolver-rules=MAP * ~NOTFOUND", "--proxy-server=127.0.0.1:9", "--window-size=1280,720"]
    command = [*decks.headless(str(folder)), *offline, "--remote-debugging-port=0", "--hide-scrollbars", "about:blank"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr
        for line in process.stderr:
            if "DevTools listening on" in line:
                break
        address = line.split()[-1]
        with connect(address, max_size=None) as socket:
            whole = Page(socket)
            tab = next(one for one in whole.call("Target.getTargets")["targetInfos"] if one["type"] == "page")
            page = attach(whole, tab["targetId"])
            page.call("Emulation.setDeviceMetricsOverride", width=1280, height=720, deviceScaleFactor=1, mobile=False)
            yield page
    finally:
        process.terminate()
        process.wait(PATIENCE_S)
        process.stderr and process.stderr.close()


def attach(whole: Page, target: str) -> Page:
    session = whole.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    page = Page(whole.socket, session)
    page._number = 1000 * len(session)
    for domain in ("Page", "Runtime", "Network", "Log"):
        page.call(f"{domain}.enable")
    return page
