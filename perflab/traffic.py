"""Users for scenarios: real Locust users, that know when each request should have been sent.

A scenario (`labs/NN_name/locustfile.py`) is a plain locustfile; `locust -f` runs it too. This module imports Locust,
which patches the whole process: only locustfiles and `perflab.bench.load_generator` import it, never the kit itself.

Two models of load (Schroeder, Wierman, Harchol-Balter: Open Versus Closed, NSDI 2006):

- `OpenUser`: visitors arrive by the clock, whether or not the server keeps up. Latency counts from the moment a
  request should have been sent, so a stalled server cannot hide its own stall.
- `ClosedUser`: a fixed number of clients, each waiting for its answer before it asks again. The server sets the
  pace: right for "how many can it do", wrong for "how long do people wait".
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
    """When a round starts and ends, and the seed that decides what is asked."""

    seed: int
    seconds: float
    load: float = 1.0  # times the rates of open users
    start: float = field(default_factory=time.perf_counter)
    open_arrivals: int = 0
    late_arrivals: int = 0
    abandoned: int = 0  # visits of users who went before their answer's end: nobody reports those
    alive: dict["Arrival", gevent.Greenlet] = field(default_factory=dict)  # visits under way
    _numbers: dict[str, int] = field(default_factory=dict)

    @property
    def now_s(self) -> float:
        return time.perf_counter() - self.start

    def number(self, kind: str) -> int:
        """Numbers the users of one kind in order of their start."""
        self._numbers[kind] = self._numbers.get(kind, -1) + 1
        return self._numbers[kind]


class Arrival:
    """One visit: its place in the plan, its own random numbers, and when its next request is due."""

    def __init__(
        self, plan: Plan, key: str, intended_start_s: float, streaming: bool = False, abandons: bool = False
    ) -> None:
        self.plan = plan
        self.key = key
        self.intended_start_s = intended_start_s
        self.streaming = streaming
        self.abandons = abandons
        self.requests = 0
        self.asked = ""  # the name of the last of them
        self.answered_s: float | None = None  # when its answer was there, where the task still looks at it
        self.failed = False
        self.rng = Random(f"{plan.seed}/{key}")


def current() -> Arrival | None:
    """The visit under way, if its user is one of ours."""
    return getattr(gevent.getcurrent(), "arrival", None)


class Unreadable(Exception):
    """An answer that cannot even be unpacked. It is reported as failed, and its visit is over."""


class _PlannedUser(FastHttpUser):
    abstract = True
    streaming = False  # whether its answers have no end, and so cannot be compared
    abandons = False  # whether it goes when the round is over; others stay until they are answered, or cut off
    visits = 100  # at most so many are made at leisure, to compare answers: fewer where they take long
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
        self.client.request = self.request  # type: ignore[assignment]  # what its `get`, `post`, ... call

    def request(self, method: str, url: str, name: str | None = None, **options: Any) -> Any:
        """Sends a request, and sees to it that it is reported: Locust forgets those whose answer it cannot unpack."""
        begun = time.perf_counter()
        arrival = current()
        if arrival:
            arrival.asked, arrival.answered_s = name or url, None
        try:
            response = self._request(method, url, name=name, **options)
        except Exception as error:
            self._report(name or url, error, (time.perf_counter() - begun) * 1000)
            raise Unreadable from error
        if arrival and not options.get("stream"):  # what the task does with it is no part of the wait
            arrival.answered_s = self.plan.now_s
        return response

    def _report(self, name: str, error: Exception, took_ms: float = 0.0) -> None:
        self.environment.events.request.fire(
            request_type="", name=name, response_time=took_ms, response_length=0, response=None, exception=error,
            context={},
        )  # fmt: skip

    @property
    def rng(self) -> Random:
        """Random numbers of the present visit: the same on every side of a round, whatever the order of events."""
        arrival = current()
        assert arrival, "self.rng is for tasks"
        return arrival.rng

    def visit(self, number: int, intended_start_s: float) -> Arrival:
        """Runs one of the scenario's tasks."""
        arrival = Arrival(self.plan, f"{self.label}/{number}", intended_start_s, self.streaming, self.abandons)
        gevent.getcurrent().arrival = arrival
        self.plan.alive[arrival] = gevent.getcurrent()
        chosen: Any = arrival.rng.choice(self.tasks)
        try:
            chosen(self)
        except (Unreadable, ConnectionError):  # that is reported already
            pass
        except Exception as error:  # an answer that the scenario can make nothing of: Locust would forget its request
            self._report(arrival.asked, error)
        finally:
            del self.plan.alive[arrival]
        return arrival


class OpenUser(_PlannedUser):
    """Arrivals at `rate` per second on an absolute schedule: one in each slot of 1/rate, anywhere within it."""

    abstract = True
    fixed_count = 1
    rate: float = 10.0

    def schedule(self) -> Iterator[float]:
        rng = Random(f"{self.plan.seed}/{self.label}")
        rate, number = self.rate * self.plan.load, 0
        while (number + 1) / rate <= self.plan.seconds:
            yield (number + rng.random()) / rate
            number += 1

    def run(self) -> None:  # type: ignore[misc]  # final in Locust, whose loop waits for each answer
        self.on_start()
        for number, intended_start_s in enumerate(self.schedule()):
            gevent.sleep(max(0.0, intended_start_s - self.plan.now_s))
            self.plan.open_arrivals += 1
            self.plan.late_arrivals += self.plan.now_s - intended_start_s > 0.02
            gevent.spawn(self.visit, number, intended_start_s)


class ClosedUser(_PlannedUser):
    """Asks, waits for the answer, waits `wait_time`, asks again. Set `fixed_count` to the number of clients.

    After a failure it waits a tenth of a second besides: nobody who is turned away is back within the millisecond.
    """

    abstract = True

    def run(self) -> None:  # type: ignore[misc]
        self.on_start()
        gevent.sleep(max(0.0, -self.plan.now_s))
        number = 0
        while self.plan.now_s < self.plan.seconds:
            arrival = self.visit(number, self.plan.now_s)
            gevent.sleep(self.wait_time() + (RETRY_S if arrival.failed else 0))
            number += 1
