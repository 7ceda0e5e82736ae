"""Users for scenarios: real Locust users that know the intended start of each request.

A scenario (`labs/NN_name/locustfile.py`) is a plain locustfile; `locust -f` runs it too. This module imports Locust,
which patches the whole process: only locustfiles and `perflab.bench.load_generator` import it, never the kit itself.

Two models of load (Schroeder, Wierman, Harchol-Balter: Open Versus Closed: A Cautionary Tale, NSDI 2006):

- `OpenUser`: visitors arrive by the clock, whether or not the server keeps up. Latency counts from the intended start
  of a request, so a stalled server cannot hide its own stall (coordinated omission).
- `ClosedUser`: a fixed number of clients, each of which waits for its response before it sends the next request. The
  server sets the pace: right for "how many can it serve", wrong for "how long do people wait".
"""

import re
import secrets
import socket
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import urlsplit

import brotli
import gevent
from locust import FastHttpUser, constant
from locust.contrib.fasthttp import FastResponse

__all__ = ["ClosedUser", "OpenUser"]

TIMEOUT_S = 10
RETRY_S = 0.1
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends RST, as a killed browser's kernel does
SMALL_BUFFER, SMALL_SEGMENT = 4096, 536  # bytes: the server's kernel then has room for little, too
WBITS = {"gzip": zlib.MAX_WBITS + 16, "deflate": zlib.MAX_WBITS}  # as zlib tells them apart
FIRST_BYTES = 1024  # of a body: a heading, or the preamble of an encoding, is no beginning yet
CATCH_UP_S = 0.02  # after a sleep that took too long, a slow line may be late by so much


def decoder(coding: str) -> Callable[[bytes], bytes]:
    """Decodes a body piece by piece, from this content coding (RFC 9110, 8.4.1). Raises ValueError for others."""
    if coding in ("", "identity"):
        return bytes
    if coding in WBITS:
        return zlib.decompressobj(WBITS[coding]).decompress
    if coding == "br":
        decode: Callable[[bytes], bytes] = brotli.Decompressor().process
        return decode
    raise ValueError(f"Unknown content coding: {coding}")


def accepted(header: str) -> set[str]:
    """The content codings that an Accept-Encoding header names, without those that it excludes (q=0)."""
    pairs = (one.partition(";") for one in header.lower().replace(" ", "").split(","))
    return {coding for coding, _, quality in pairs if not re.fullmatch(r"q=0(\.0*)?", quality)}


def decode(body: bytes, coding: str) -> bytes:
    """A whole body, decoded. Raises ValueError, zlib.error or brotli.error where it is none, or not whole."""
    if coding in WBITS:
        return zlib.decompress(body, WBITS[coding])
    return bytes(brotli.decompress(body)) if coding == "br" else decoder(coding)(body)


class _Line:
    """A socket at the end of a slow line, which carries so many KiB a second towards the client."""

    def __init__(self, sock: Any, kib_per_s: float) -> None:
        self._sock = sock
        self._bytes_per_s = kib_per_s * 1024
        self._free_s = 0.0  # when the line has carried all that was received

    def recv(self, size: int) -> bytes:
        data: bytes = self._sock.recv(size)
        now_s = time.perf_counter()
        if now_s - self._free_s > CATCH_UP_S:  # the line was idle
            self._free_s = now_s
        self._free_s += len(data) / self._bytes_per_s
        gevent.sleep(max(0.0, self._free_s - now_s))
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


@dataclass
class Plan:
    """When a round starts and ends, and the seed that decides which requests are sent. Times are in seconds."""

    seed: int
    seconds: float
    load: float = 1.0  # a factor on the rates of open users
    rates: dict[str, float] = field(default_factory=dict)  # of these open users, in place of their own
    url: str | None = None  # where its users go; None for the host that they have
    marked: bool = False  # whether each GET has a parameter more that no route reads, as links in a newsletter have
    start: float = field(default_factory=time.perf_counter)
    open_arrivals: int = 0
    late_arrivals: int = 0
    abandoned: int = 0  # visits of users who left before the end of the response: Locust does not report those
    alive: dict["Arrival", gevent.Greenlet] = field(default_factory=dict)  # visits under way
    _numbers: dict[str, int] = field(default_factory=dict)

    @property
    def now_s(self) -> float:
        """Seconds since the start of the round."""
        return time.perf_counter() - self.start

    def number(self, kind: str) -> int:
        """The number of the next user of one class, from 0 on, in the order in which they start."""
        self._numbers[kind] = self._numbers.get(kind, -1) + 1
        return self._numbers[kind]


class Arrival:
    """One visit: its key in the plan, its own random numbers, its intended start, and what became of it."""

    def __init__(
        self, plan: Plan, key: str, intended_start_s: float, streaming: bool = False, abandons: bool = False
    ) -> None:
        self.plan = plan
        self.key = key
        self.intended_start_s = intended_start_s
        self.streaming = streaming
        self.abandons = abandons
        self.requests = 0
        self.asked = ""  # the name of the last request
        self.first_byte_s: float | None = None  # when its body began to come
        self.answered_s: float | None = None  # when its response was complete, while the task reads it
        self.failed = False
        self.rng = Random(f"{plan.seed}/{key}")


def current() -> Arrival | None:
    """The visit under way; None where its user is not one of these classes."""
    return getattr(gevent.getcurrent(), "arrival", None)


class _Response(FastResponse):
    """A response that knows how many bytes of body came, and that no client can read in a coding it did not accept.

    It notes when its body begins to come: its first `FIRST_BYTES`, or all of it if it is shorter.
    """

    wire_bytes = 0

    def _content(self) -> bytes:
        assert self._response is not None and self.headers is not None
        body = bytes(self._response.read(FIRST_BYTES))
        if arrival := current():
            arrival.first_byte_s = arrival.plan.now_s
        body += self._response.read()
        self.release()
        self.wire_bytes = len(body)
        coding = ", ".join(self.headers.getlist("content-encoding")).lower()
        if not body or coding in ("", "identity"):
            return body
        accept = self.request.headers.get("accept-encoding") if self.request else None
        if coding not in accepted(str(accept or "")):
            raise ValueError(f"The client did not accept the content coding {coding}.")
        return decode(body, coding)


class Unreadable(Exception):
    """A response that cannot be read. It is reported as failed, and its visit is over."""


class _PlannedUser(FastHttpUser):
    abstract = True
    streaming = False  # whether its responses have no end, and so cannot be compared
    abandons = False  # whether it leaves when the round is over; others wait for their response, or the time-out
    looks_first = True  # whether its client sees, before it sends, that the server has closed the connection
    visits = 100  # the most that are made to compare responses: set fewer where they take long
    line_kib_per_s: float | None = None  # how fast each connection of it can read; None for as fast as it comes
    wait_time = constant(0)
    network_timeout = TIMEOUT_S
    connection_timeout = TIMEOUT_S
    concurrency = 1000  # connections at once: never the limit here

    def __init__(self, environment: Any) -> None:
        # Under plain `locust -f` there is no plan: start now, go on until stopped.
        self.plan: Plan = getattr(environment, "plan", None) or Plan(Random().getrandbits(32), float("inf"))
        self.host = self.plan.url or self.host
        super().__init__(environment)
        kind = type(self).__name__
        self.label = f"{kind}:{self.plan.number(kind)}"
        self._request = self.client.request
        agent: Any = self.client.client
        agent.response_type = _Response
        connections: Any = agent.clientpool.get_client(str(self.host))._connection_pool
        if not self.looks_first:  # as with `http.client`; and a client that is far away cannot see it in time
            connections._is_socket_alive = lambda sock: True
        if (kib_per_s := self.line_kib_per_s) is not None:
            connect = connections._create_socket
            connections._create_socket = lambda: _Line(connect(), kib_per_s)
        self.client.request = self.request  # type: ignore[assignment]  # what its `get`, `post`, ... call

    def request(self, method: str, url: str, name: str | None = None, **options: Any) -> Any:
        """Sends a request, and reports it also where Locust would not: when it cannot read the response.

        Raises Unreadable then.
        """
        begun = time.perf_counter()
        arrival = current()
        if arrival:
            arrival.asked, arrival.first_byte_s, arrival.answered_s = name or url, None, None
        name = name or url
        if self.plan.marked and method.upper() == "GET":
            url += f"{'&' if '?' in url else '?'}utm_id={secrets.token_hex(4)}"
        try:
            response = self._request(method, url, name=name, **options)
        except Exception as error:
            self._report(name, error, (time.perf_counter() - begun) * 1000)
            raise Unreadable from error
        if arrival and not options.get("stream"):  # what the task does with it is not part of the latency
            arrival.answered_s = self.plan.now_s
        return response

    def drop_in(self, path: str, stay_s: float, *, reads: bool = True, resets: bool = False) -> bytes:
        """Asks for a path on a connection of its own, and leaves after `stay_s` seconds. Returns what was read.

        It leaves as a browser does whose tab is closed, whatever has come by then. So it is no response, except where
        the task raises CatchResponseError: then it is an invalid one. It may read nothing, or leave with a reset.
        """
        parts = urlsplit(str(self.host))
        if arrival := current():
            arrival.asked = path
        text = b""
        with closing(socket.socket()) as tab, suppress(OSError), gevent.Timeout(max(stay_s, 0.001), False):
            if not reads:
                tab.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
                with suppress(OSError):  # a system may not know it before there is a connection
                    tab.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SMALL_SEGMENT)
            if resets:
                tab.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            tab.connect((parts.hostname, parts.port))
            tab.sendall(f"GET {path} HTTP/1.1\r\nhost: site\r\n\r\n".encode())
            while reads and (piece := tab.recv(65536)):
                text += piece
            gevent.sleep(TIMEOUT_S)
        self.plan.abandoned += 1  # one who is still there as the round ends is counted then
        return text

    def _report(self, name: str, error: Exception, took_ms: float = 0.0) -> None:
        self.environment.events.request.fire(
            request_type="", name=name, response_time=took_ms, response_length=0, response=None, exception=error,
            context={},
        )  # fmt: skip

    @property
    def rng(self) -> Random:
        """Random numbers of the current visit: the same on every side of a round, whatever the order of events."""
        arrival = current()
        assert arrival, "self.rng is for tasks"
        return arrival.rng

    def visit(self, number: int, intended_start_s: float) -> Arrival:
        """Runs one of the scenario's tasks, and returns the visit. `intended_start_s` counts from the round's start."""
        arrival = Arrival(self.plan, f"{self.label}/{number}", intended_start_s, self.streaming, self.abandons)
        gevent.getcurrent().arrival = arrival
        self.plan.alive[arrival] = gevent.getcurrent()
        chosen: Any = arrival.rng.choice(self.tasks)
        try:
            chosen(self)
        except (Unreadable, ConnectionError):  # these are reported already
            pass
        except Exception as error:  # a response that the scenario cannot handle: Locust would not report its request
            self._report(arrival.asked, error)
        finally:
            del self.plan.alive[arrival]
        return arrival


class OpenUser(_PlannedUser):
    """Arrivals at `rate` per second on an absolute schedule: one at a random moment of each slot of 1/rate seconds."""

    abstract = True
    fixed_count = 1
    rate: float = 10.0

    def schedule(self) -> Iterator[float]:
        """The intended start of each visit, in seconds from the start of the round."""
        rng = Random(f"{self.plan.seed}/{self.label}")
        rate, number = self.plan.rates.get(type(self).__name__, self.rate) * self.plan.load, 0
        while (number + 1) / rate <= self.plan.seconds:
            yield (number + rng.random()) / rate
            number += 1

    def run(self) -> None:  # type: ignore[misc]  # final in Locust, whose loop waits for each response
        """Starts a visit at each moment of the schedule, whether or not earlier ones have ended."""
        self.on_start()
        for number, intended_start_s in enumerate(self.schedule()):
            gevent.sleep(max(0.0, intended_start_s - self.plan.now_s))
            self.plan.open_arrivals += 1
            self.plan.late_arrivals += self.plan.now_s - intended_start_s > 0.02
            gevent.spawn(self.visit, number, intended_start_s)


class ClosedUser(_PlannedUser):
    """Sends a request, waits for the response and for `wait_time`, and repeats. Set `fixed_count` to the clients.

    After a failure it waits `RETRY_S` longer: a client that is rejected does not retry within the millisecond.
    """

    abstract = True

    def run(self) -> None:  # type: ignore[misc]
        """Makes one visit after the other until the round is over."""
        self.on_start()
        gevent.sleep(max(0.0, -self.plan.now_s))
        number = 0
        while self.plan.now_s < self.plan.seconds:
            arrival = self.visit(number, self.plan.now_s)
            gevent.sleep(self.wait_time() + (RETRY_S if arrival.failed else 0))
            number += 1
