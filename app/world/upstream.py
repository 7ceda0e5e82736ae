"""Another team's services, which the site calls over HTTP: profiles, messages, votes, each in its own time.

    python -m app.world.upstream

It prints `serving http://127.0.0.1:PORT/{side}`. Each side puts its name in the place of `{side}`, which tells the
sides apart. Each line of standard input is such a name, answered by `NAME N M`: how many connections it has open, and
how many it has opened so far; `everybody` stands for all of them together. `calls NAME` is answered by `calls NAME
[...]`, the calls since the last such line: what each was, and from when to when it was under way (time.monotonic(),
which all processes of a machine share). `mute ENDPOINT` makes an endpoint accept requests and never reply, until
`unmute ENDPOINT`. `fail NAME` lets a side's calls fail, with an error or without a response, `fail NAME half` lets half
of them, and `delay NAME` lets every second one take longer, until `heal NAME`. `hold NAME` leaves a side's next call
without a reply, until `release NAME`; `held NAME` is answered by `held NAME 1` while one waits. The line `stop`, or the
end of the input, ends it.

While it runs, the same request has the same response, after the same time. In the next run the response differs, so
that a fix cannot know it without a request. Do not edit this: no fix makes another team faster.
"""

import asyncio
import functools
import json
import os
import secrets
import subprocess
import sys
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from contextlib import suppress
from hashlib import blake2b
from http import HTTPStatus
from typing import Any, NamedTuple, cast
from urllib.parse import unquote
from zlib import crc32

import httptools
import uvloop

VARIABLE = "UPSTREAM_URL"
LATE_S = 0.6
MUTED_S = 5.0  # after that, a muted endpoint closes the connections that still wait
HELD_S = 60.0  # and after that, the connection of a call that is held is closed
BACKLOG = 2048
CALLS_KEPT = 20_000  # of each side
SALT = secrets.token_bytes(16)
MEMBERS = 900_000  # with numbers from 0 on
POSTS = 200  # of the site, in the order of their ids
EVERYBODY = "everybody"  # no side has this name


class Endpoint(NamedTuple):
    """One of the services: what it responds, made from a number drawn from the request, and how long that takes."""

    says: Callable[[int], Any]
    least_s: float
    most_s: float
    at_once: int = 1000  # requests of one side; for more of them it responds 503
    knows: Callable[[str], bool] = lambda key: True  # the keys that it has; for others it responds 404
    fails: str = ""  # the key for which it responds 500

    def takes_s(self, number: int) -> float:
        """How many seconds the response to a request with this number takes."""
        return self.least_s + (self.most_s - self.least_s) * (number % 101) / 100


VOTES_EVERY_S = 0.25  # how often they change; their key is the number of the change, counted from 1970 on
SHAPES = ("news", "video", "shop", "music")
ENDPOINTS = {
    "cards": Endpoint(
        lambda n: {"site": f"{n % 97}.example.org", "title": f"Page {n % 100_000}", "kind": SHAPES[n % 4]},
        0.06,
        0.14,
    ),
    "profile": Endpoint(
        lambda n: {"name": f"Reader {n % 1000}", "since": 2005 + n % 20},
        0.025,
        0.035,
        knows=lambda key: key.isdecimal() and int(key) < MEMBERS,
    ),
    "messages": Endpoint(lambda n: {"unread": n % 7}, 0.055, 0.065),
    "friends": Endpoint(lambda n: {"online": n % 23}, 0.035, 0.045),
    "groups": Endpoint(lambda n: {"new_posts": n % 41}, 0.03, 0.04),
    "events": Endpoint(lambda n: {"in_days": n % 30}, 0.04, 0.05),
    "weather": Endpoint(lambda n: {"degrees": n % 35 - 5}, 0.045, 0.055, fails="13"),
    "spam": Endpoint(lambda n: {"score": n % 100}, 0.002, 0.002),
    "votes": Endpoint(
        lambda n: {"votes": [n * (2 * post + 1) // 64 % 5000 for post in range(POSTS)]},
        0.1,
        0.1,
        knows=lambda key: key.isdecimal() and int(key) * VOTES_EVERY_S <= time.time(),
    ),
    "suggestions": Endpoint(lambda n: {"posts": [(n >> shift) % 200 for shift in (0, 4, 8)]}, 0.015, 0.025, 50),
}


class Side:
    """What one side has open here, and what it called."""

    def __init__(self) -> None:
        self.open = self.opened = self.failed = 0
        self.under_way: Counter[str] = Counter()  # requests, by endpoint
        self.calls: deque[tuple[str, float, float]] = deque(maxlen=CALLS_KEPT)
        self.holds = False  # whether its next call has no reply
        self.held: Line | None = None  # the connection whose request has none


sides: defaultdict[str, Side] = defaultdict(Side)
failing: dict[str, bool] = {}  # the sides whose calls fail for now; True: half of them, always the same
late: set[str] = set()  # those with calls, every second one, that take `LATE_S` longer
muted: dict[str, set["Line"]] = {}  # the muted endpoints, and the connections that wait for them


class Line(asyncio.Protocol):
    """One connection. It serves one request after the other, in the order in which they came."""

    def __init__(self) -> None:
        self.parser = httptools.HttpRequestParser(self)
        self.asked: deque[tuple[str, bool]] = deque()
        self.side: Side | None = None
        self.question = self.endpoint = ""  # of the request under way
        self.since_s = 0.0
        self.timer: asyncio.TimerHandle | None = None
        self.held_back: Callable[[], None] = lambda: None  # sends the response that a muted endpoint keeps back

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio calls this for a new connection."""
        self.transport = cast(asyncio.Transport, transport)

    def connection_lost(self, error: Exception | None) -> None:
        """asyncio calls this when the connection is closed."""
        self.done()
        if self.side:
            self.side.open -= 1

    def data_received(self, data: bytes) -> None:
        """asyncio calls this with each piece of a request. Closes the connection where it is not HTTP."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self.transport.close()

    # What the parser finds.

    def on_message_begin(self) -> None:
        """httptools calls this as a request begins."""
        self.url = b""

    def on_url(self, piece: bytes) -> None:
        """httptools calls this with each piece of the URL."""
        self.url += piece

    def on_message_complete(self) -> None:
        """httptools calls this as a request is complete. Serves it unless another one is under way."""
        self.asked.append((self.url.decode(errors="replace"), self.parser.should_keep_alive()))
        if self.timer is None:
            self.take()

    # What becomes of it.

    def take(self) -> None:
        """Takes the next request, and schedules its response."""
        path, keep = self.asked.popleft()
        name, _, question = path.partition("?")[0].strip("/").partition("/")
        self.question = unquote(question)
        self.endpoint, _, key = self.question.partition("/")
        self.since_s = time.monotonic()
        if self.side is None:
            self.side = sides[name]
            self.side.open += 1
            self.side.opened += 1
        self.side.under_way[self.endpoint] += 1
        endpoint, number = ENDPOINTS.get(self.endpoint), crc32(self.question.encode())
        loop = asyncio.get_running_loop()
        if not endpoint or not key:
            self.timer = loop.call_later(0, self.answer, HTTPStatus.NOT_FOUND, None, keep)
        elif not endpoint.knows(key):
            self.timer = loop.call_later(endpoint.takes_s(number), self.answer, HTTPStatus.NOT_FOUND, None, keep)
        elif key == endpoint.fails:
            self.timer = loop.call_later(
                endpoint.takes_s(number), self.answer, HTTPStatus.INTERNAL_SERVER_ERROR, None, keep
            )
        elif self.side.holds:
            self.side.holds, self.side.held = False, self
            self.timer = loop.call_later(HELD_S, self.hang_up)
        elif name in failing and not (failing[name] and drawn(self.question) % 2):
            # Every second call has an error for a response; the others have none, as when a team deploys.
            fails = functools.partial(self.answer, HTTPStatus.INTERNAL_SERVER_ERROR, None, keep)
            self.side.failed += 1
            odd = self.side.failed % 2
            self.timer = loop.call_later(endpoint.takes_s(number), fails if odd else self.hang_up)
        elif self.side.under_way[self.endpoint] > endpoint.at_once:
            self.timer = loop.call_later(0, self.answer, HTTPStatus.SERVICE_UNAVAILABLE, None, keep)
        elif self.endpoint in muted:
            self.held_back = functools.partial(self.answer, HTTPStatus.OK, endpoint.says(drawn(self.question)), keep)
            self.timer = loop.call_later(MUTED_S, self.transport.close)
            muted[self.endpoint].add(self)
        else:
            takes_s = endpoint.takes_s(number) + LATE_S * (name in late and number % 2)
            self.timer = loop.call_later(takes_s, self.answer, HTTPStatus.OK, endpoint.says(drawn(self.question)), keep)

    def answer(self, status: HTTPStatus, said: Any, keep: bool) -> None:
        """Sends the response, and closes the connection or takes the next request."""
        body = json.dumps(said).encode()
        self.transport.write(
            f"HTTP/1.1 {status.value} {status.phrase}\r\n"
            "content-type: application/json\r\n"
            f"content-length: {len(body)}\r\n"
            f"connection: {'keep-alive' if keep else 'close'}\r\n\r\n".encode()
            + body
        )
        self.done()
        if not keep:
            self.transport.close()
        elif self.asked:
            self.take()

    def hang_up(self) -> None:
        """Closes the connection in place of a response."""
        self.done()
        self.transport.close()

    def done(self) -> None:
        """Ends the request under way, if there is one: it has its response, or its client has left."""
        if self.timer and self.side:
            self.timer.cancel()
            self.timer = None
            self.side.under_way[self.endpoint] -= 1
            self.side.calls.append((self.question, self.since_s, time.monotonic()))
            muted.get(self.endpoint, set()).discard(self)
            if self.side.held is self:
                self.side.held = None


def drawn(question: str) -> int:
    """The number from which the response to a request is made. It differs from run to run, and no response tells it."""
    return int.from_bytes(blake2b(question.encode(), digest_size=4, key=SALT).digest())


def mute(endpoint: str) -> None:
    """Makes an endpoint accept requests and never reply."""
    muted.setdefault(endpoint, set())


def unmute(endpoint: str) -> None:
    """Lets an endpoint reply again. The requests that wait for it have their response now."""
    for line in muted.pop(endpoint, set()):
        line.held_back()


def release(side: Side) -> None:
    """Closes the connection of a side's call that has no reply, and holds none any more."""
    side.holds = False
    if side.held:
        side.held.hang_up()


def url() -> str:
    """The URL of the services. Raises RuntimeError where `UPSTREAM_URL` is not set."""
    if VARIABLE not in os.environ:
        raise RuntimeError(
            f"The site has no other team to ask: start `python -m app.world.upstream`, and set {VARIABLE}."
        )
    return os.environ[VARIABLE]


def start_unless_named() -> None:
    """Starts the services where `UPSTREAM_URL` is not set, for as long as this process lives, and sets it."""
    if VARIABLE in os.environ:
        return
    process = subprocess.Popen(
        [sys.executable, "-m", "app.world.upstream"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is meant for the site
    )
    assert process.stdin and process.stdout
    # They end when the other end of this pipe is closed; a site that restarts in the same process keeps it open.
    os.set_inheritable(process.stdin.fileno(), True)
    os.environ[VARIABLE] = process.stdout.readline().strip().removeprefix("serving ").replace("{side}", "site")


async def serve() -> None:
    """Serves requests and answers lines until `stop` or the end of the input."""
    server = await asyncio.get_running_loop().create_server(Line, "127.0.0.1", 0, backlog=BACKLOG)
    print(f"serving http://127.0.0.1:{server.sockets[0].getsockname()[1]}/{{side}}", flush=True)
    while (line := await asyncio.to_thread(sys.stdin.readline)) not in ("", "stop\n"):
        match line.split():
            case ["calls", name]:
                print("calls", name, json.dumps(list(sides[name].calls)), flush=True)
                sides[name].calls.clear()
            case ["mute", endpoint]:
                mute(endpoint)
            case ["unmute", endpoint]:
                unmute(endpoint)
            case ["fail", name, *half]:
                failing[name] = bool(half)
            case ["delay", name]:
                late.add(name)
            case ["hold", name]:
                sides[name].holds = True
            case ["release", name]:
                release(sides[name])
            case ["held", name]:
                print("held", name, int(bool(sides[name].held)), flush=True)
            case ["heal", name]:
                failing.pop(name, None)
                late.discard(name)
            case [name]:
                counted = list(sides.values()) if name == EVERYBODY else [sides[name]]
                print(name, sum(side.open for side in counted), sum(side.opened for side in counted), flush=True)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve())
