"""Users for scenarios: real Locust users that know the intended start of each request.

A scenario (`labs/NN_name/locustfile.py`) is a plain locustfile; `locust -f` runs it too. This module imports Locust,
which patches the whole process: only locustfiles and `perflab.bench.load_generator` import it, never the kit itself.

Two models of load (Schroeder, Wierman, Harchol-Balter: Open Versus Closed: A Cautionary Tale, NSDI 2006):

- `OpenUser`: visitors arrive by the clock, whether or not the server keeps up. Latency counts from the intended start
  of a request, so a stalled server cannot hide its own stall (coordinated omission).
- `ClosedUser`: a fixed number of clients, each of which waits for its response before it sends the next request. The
  server sets the pace: right for "how many can it serve", wrong for "how long do people wait".
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

import gevent
from locust import FastHttpUser, constant

__all__ = ["ClosedUser", "OpenUser"]

TIMEOUT_S = 10
RETRY_S = 0.1


@dataclass
class Plan:
    """When a round starts and ends, and the seed that decides which requests are sent. Times are in seconds."""

    seed: int
    seconds: float
    load: float = 1.0  # a factor on the rates of open users
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
        self.answered_s: float | None = None  # when its response was complete, while the task reads it
        self.failed = False
        self.rng = Random(f"{plan.seed}/{key}")


def current() -> Arrival | None:
    """The visit under way; None where its user is not one of these classes."""
    return getattr(gevent.getcurrent(), "arrival", None)


class Unreadable(Exception):
    """A response that cannot be read. It is reported as failed, and its visit is over."""


class _PlannedUser(FastHttpUser):
    abstract = True
    streaming = False  # whether its responses have no end, and so cannot be compared
    abandons = False  # whether it leaves when the round is over; others wait for their response, or the time-out
    looks_first = True  # whether its client sees, before it sends, that the server has closed the connection
    visits = 100  # the most that are made to compare responses: set fewer where they take long
    wait_time = constant(0)
    network_timeout = TIMEOUT_S
    connection_timeout = TIMEOUT_S
    concurrency = 1000  # connections at once: never the limit here

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        # Under plain `locust -f` there is no plan: start now, go on until stopped.
        self.plan: Plan = getattr(environment, "plan", None) or Plan(Random().getrandbits(32), float("inf"))
        kind = type(self).__name__
        self.label = f"{kind}:{self.plan.number(kind)}"
        self._request = self.client.request
        if not self.looks_first:  # as with `http.client`; and a client that is far away cannot see it in time
            connections: Any = self.client.client.clientpool.get_client(str(self.host))._connection_pool
            connections._is_socket_alive = lambda sock: True
        self.client.request = self.request  # type: ignore[assignment]  # what its `get`, `post`, ... call

    def request(self, method: str, url: str, name: str | None = None, **options: Any) -> Any:
        """Sends a request, and reports it also where Locust would not: when it cannot read the response.

        Raises Unreadable then.
        """
        begun = time.perf_counter()
        arrival = current()
        if arrival:
            arrival.asked, arrival.answered_s = name or url, None
        try:
            response = self._request(method, url, name=name, **options)
        except Exception as error:
            self._report(name or url, error, (time.perf_counter() - begun) * 1000)
            raise Unreadable from error
        if arrival and not options.get("stream"):  # what the task does with it is not part of the latency
            arrival.answered_s = self.plan.now_s
        return response

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
        rate, number = self.rate * self.plan.load, 0
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
