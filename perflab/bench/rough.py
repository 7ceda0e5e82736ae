"""What real clients also do to a site, in the load generator's process: hang up, never read, ask nonsense, listen.

The requests are those of the scenario, with its own paths and bodies, whatever the lab is: its tasks are run with a
client that notes what they would send, and sends nothing. They are then sent on plain sockets, which can be left in the
middle as a browser leaves when its tab is closed.
"""

import http.client
import json
import math
import re
import socket
import time
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from random import Random
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import brotli
import gevent
from locust import User
from locust.env import Environment

from perflab.traffic import RESET, decoder

HANG_UP_OVER_S = 0.3  # a dose of visitors who hang up comes within this time
HANG_UP_AFTER_S = (0.0005, 0.3)  # one waits so long, by a logarithmic scale: some requests are short
CLICKS = 2  # at once, with the same request: a visitor who is impatient
LISTEN_S = 1.3
LISTENERS_ACCEPT = "gzip, deflate, br"  # as browsers do
ANSWER_WITHIN_S = 3.0
LIGHT_EVERY_S = 0.04
NUMBER = re.compile(r"(?<=[/=])-?\d+\b")


class Request(NamedTuple):
    """A request that a scenario would send."""

    name: str
    method: str
    path: str
    body: bytes
    streaming: bool

    @property
    def in_words(self) -> str:
        """The request, as learners read it."""
        return f"{self.method} {self.path}{f' with the body {self.body.decode()}' if self.body else ''}"

    def raw(self, body: bytes | None = None) -> bytes:
        """The request as bytes, for a connection of its own."""
        kind = "content-type: application/json\r\n" if self.body else ""
        head = f"{self.method} {self.path} HTTP/1.1\r\nhost: site\r\nconnection: close\r\n{kind}"
        return f"{head}content-length: {len(self.body)}\r\n\r\n".encode() + (self.body if body is None else body)


def requests(users: Sequence[type[User]], environment: Environment, visits: int) -> list[Request]:
    """The requests of so many visits of each class of users, none of which is sent."""
    found: list[Request] = []
    for user_class in users:
        user: Any = user_class(environment)

        def note(method: str, url: str, name: str | None = None, streaming: bool = user.streaming, **sent: Any) -> Any:
            asked = sent.get("json")  # `client.post(url)` gives None
            body = sent.get("data") or b"" if asked is None else json.dumps(asked)
            body = body.encode() if isinstance(body, str) else body
            found.append(Request(name or url, method, url, body, streaming))
            raise ConnectionError("noted, and not sent")

        user._request = note
        user.drop_in = lambda path, *_, **__: note("GET", path)
        for number in range(min(visits, user.visits)):
            gevent.spawn(user.visit, number, user.plan.now_s).join()
    return found


def address(url: str) -> tuple[str, int]:
    """Host and port of a URL."""
    parts = urlsplit(url)
    assert parts.hostname and parts.port
    return parts.hostname, parts.port


def hang_up(request: Request, url: str, rng: Random) -> None:
    """Sends a request, or half of it, and is gone before long: politely, or with a reset."""
    whole = request.raw()
    half = bool(request.body) and rng.random() < 0.25
    with suppress(OSError), closing(socket.create_connection(address(url), timeout=ANSWER_WITHIN_S)) as client:
        client.sendall(whole[: -len(request.body) // 2] if half else whole)
        gevent.sleep(math.exp(rng.uniform(*map(math.log, HANG_UP_AFTER_S))))
        if rng.random() < 0.5:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


@contextmanager
def never_reading(asked: Iterable[Request], url: str) -> Iterator[None]:
    """Sends requests, and reads nothing of the responses while the block lasts. The buffers are small."""
    with ExitStack() as stack:
        for request in asked:
            client = stack.enter_context(closing(socket.socket()))
            with suppress(OSError):
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                client.settimeout(ANSWER_WITHIN_S)
                client.connect(address(url))
                client.sendall(request.raw())
        yield


def be_rough(asked: Sequence[Request], url: str, rng: Random, count: int) -> int:
    """A dose of rough visitors: they hang up on so many requests of each name, ask nonsense, and one never reads.

    Who hangs up has clicked twice: the same request comes two times at once. Returns how many requests were sent.
    """
    by_name: dict[str, list[Request]] = {}
    for request in asked:
        by_name.setdefault(request.name, []).append(request)
    with never_reading((ones[0] for ones in by_name.values()), url):
        gone = [
            gevent.spawn_later(at_s, hang_up, one, url, rng)
            for ones in by_name.values()
            for one, at_s in [(rng.choice(ones), rng.uniform(0, HANG_UP_OVER_S)) for _ in range(count // CLICKS)]
            for _ in range(CLICKS)
        ]
        asking = [gevent.spawn(status_of, bad, url) for ones in by_name.values() for bad in 2 * [*nonsense(ones[0])]]
        gevent.joinall(gone + asking)
    return len(by_name) + len(gone) + len(asking)


def nonsense(request: Request) -> Iterator[Request]:
    """What is no request of this kind: not a number, far too large a number, half a parameter, a body that is none."""
    for bad in ("x", "9" * 24):
        if NUMBER.search(request.path):
            yield request._replace(path=NUMBER.sub(bad, request.path, count=1))
    if "?" in request.path:
        yield request._replace(path=request.path.partition("?")[0])
    if request.body:
        yield request._replace(body=b"{}")
        yield request._replace(body=b"{half of it")
    yield request._replace(method="DELETE", body=b"")


def response_to(request: Request, url: str) -> tuple[int, str, bytes]:
    """Status, media type and body of the response to a request. Status 0: there is none in time, or no whole one."""
    client = http.client.HTTPConnection(*address(url), timeout=ANSWER_WITHIN_S)
    with closing(client), suppress(OSError, http.client.HTTPException, gevent.Timeout), gevent.Timeout(ANSWER_WITHIN_S):
        headers = {"connection": "close"} | ({"content-type": "application/json"} if request.body else {})
        client.request(request.method, request.path, request.body or None, headers)
        response = client.getresponse()
        content = response.read()
        return response.status, (response.getheader("content-type") or "").partition(";")[0].strip(), content
    return 0, "", b""


def status_of(request: Request, url: str) -> int:
    """The status of the response to a request; 0 where there is none in time, or no whole one."""
    return response_to(request, url)[0]


def ask_nonsense(asked: Sequence[Request], url: str) -> list[tuple[str, int]]:
    """Sends nonsense of each name, one after the other. Returns each request in words, with the response's status."""
    first = {request.name: request for request in reversed(asked)}
    bad = [one for request in first.values() if not request.streaming for one in nonsense(request)]
    return [(one.in_words, status_of(one, url)) for one in bad]


def listen(request: Request, key: str, url: str, seconds: float) -> list[Any]:
    """Listens to a response without an end for so many seconds. Returns the row of a `Stream`."""
    status, media, text, ended = 0, "", b"", False
    until = time.perf_counter() + seconds
    client = http.client.HTTPConnection(*address(url), timeout=seconds)
    unreadable = (ValueError, zlib.error, brotli.error)
    with closing(client), suppress(OSError, http.client.HTTPException, gevent.Timeout, *unreadable):
        client.request(request.method, request.path, request.body or None, {"accept-encoding": LISTENERS_ACCEPT})
        response = client.getresponse()
        status, media = response.status, (response.getheader("content-type") or "").replace(" ", "").lower()
        decode = decoder((response.getheader("content-encoding") or "").lower())
        while (left := until - time.perf_counter()) > 0:
            with gevent.Timeout(left):
                piece = response.read1(65536)
            if not piece:
                ended = True
                break
            text += decode(piece)
    events = [event for event in re.split(r"\r?\n\r?\n", text.decode(errors="replace")) if event]
    return [key, request.name, status, media, events, ended]


def listen_to_all(asked: Sequence[Request], url: str) -> list[list[Any]]:
    """Listens to the first two streams of each name, all at once."""
    streams = [request for request in asked if request.streaming]
    by_name = {name: [one for one in streams if one.name == name][:2] for name in {one.name for one in streams}}
    ears = [
        gevent.spawn(listen, request, f"{name}/{number}", url, LISTEN_S)
        for name, ones in by_name.items()
        for number, request in enumerate(ones)
    ]
    return [ear.value for ear in gevent.joinall(ears)]


def drive_lightly(asked: Sequence[Request], url: str, rng: Random, seconds: float) -> list[list[Any]]:
    """One request every `LIGHT_EVERY_S`, each on a connection of its own. Returns name, moment and status of each."""
    rows: list[list[Any]] = []
    begun = time.perf_counter()

    def send(request: Request) -> None:
        sent_s = time.perf_counter() - begun
        rows.append([request.name, sent_s, status_of(request, url)])

    finite = [request for request in asked if not request.streaming]
    sent = []
    for number in range(int(seconds / LIGHT_EVERY_S)):
        gevent.sleep(max(0.0, number * LIGHT_EVERY_S - (time.perf_counter() - begun)))
        sent.append(gevent.spawn(send, rng.choice(finite)))
    gevent.joinall(sent)
    return rows
