"""Readers; a monitor that asks how the site is; and two bad moments: a rush on the archive, and a new index.

The monitor holds what it hears against the truth, and the truth is what readers feel at that moment.
"""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from locust import task

from perflab.traffic import OpenUser, current

RUSH_S, INDEX_S = 0.5, (1.35, 1.7)  # seconds into the round
FELT_S = 0.15  # of waiting for a page that should come at once
UNFELT_S = 0.075
JUST_NOW_S, LATELY_S = 0.05, 1.5


@dataclass
class Truth:
    """What those feel who use a site."""

    waiting: dict[object, float] = field(default_factory=dict)  # readers, and since when
    answered: list[tuple[float, float]] = field(default_factory=list)  # when, and after how long
    heavy: int = 0  # requests under way that readers may well feel in a moment
    heavy_until_s: float = 0.0

    @contextmanager
    def reader(self) -> Iterator[None]:
        who, since_s = current(), time.perf_counter()
        self.waiting[who] = since_s
        try:
            yield
        finally:
            del self.waiting[who]
            self.answered.append((time.perf_counter(), time.perf_counter() - since_s))

    @contextmanager
    def work(self) -> Iterator[None]:
        self.heavy += 1
        try:
            yield
        finally:
            self.heavy -= 1
            self.heavy_until_s = time.perf_counter()

    def longest_wait_s(self, within_s: float) -> float:
        """The longest wait of a reader who waits still, or was answered so lately."""
        now_s = time.perf_counter()
        lately = (took_s for moment_s, took_s in self.answered if moment_s > now_s - within_s)
        return max([0.0, *lately, *(now_s - since_s for since_s in self.waiting.values())])  # there may be none

    def bad(self) -> bool:
        return self.longest_wait_s(JUST_NOW_S) > FELT_S

    def good(self) -> bool:
        """Whether nobody could say otherwise; between bad and good, the site may say either."""
        heavy = self.heavy or self.heavy_until_s > time.perf_counter() - LATELY_S
        return not heavy and self.longest_wait_s(LATELY_S) < UNFELT_S


truth: defaultdict[str, Truth] = defaultdict(Truth)  # of each site, by its address


class Reader(OpenUser):
    rate = 80

    @task
    def ping(self) -> None:
        with truth[self.host].reader():
            self.client.get("/ping")

    @task
    def about(self) -> None:
        with truth[self.host].reader():
            self.client.get("/about")


class Monitor(OpenUser):
    rate = 40

    @task
    def health(self) -> None:
        with self.client.get("/health", catch_response=True) as response:
            said = response.json() if response.status_code == 200 else {}
            if truth[self.host].bad() and said.get("status") != "degraded":
                response.failure("Readers wait, and it does not say that anything is wrong.")
            elif truth[self.host].good() and said.get("status") != "ok":
                response.failure("All is well, and it does not say so.")
            elif said.get("status") == "degraded" and not said.get("reasons"):
                response.failure("It says that something is wrong, and not what.")


class Chronicler(OpenUser):
    """One who reads in the archive before the rush: it takes long, as ever, and nobody else feels it."""

    visits = 1

    def schedule(self) -> Iterator[float]:
        return (intended_start_s for intended_start_s in (0.01,) if intended_start_s < self.plan.seconds)

    @task
    def archive(self) -> None:
        self.client.get(f"/archive/{self.rng.randrange(1960, 2020)}", name="/archive")


class Historian(OpenUser):
    """A school class, all at once."""

    visits = 1

    def schedule(self) -> Iterator[float]:
        return (
            intended_start_s
            for intended_start_s in (RUSH_S + number / 1000 for number in range(100))
            if intended_start_s < self.plan.seconds
        )

    @task
    def archive(self) -> None:
        with truth[self.host].work():
            self.client.get(f"/archive/{self.rng.randrange(1960, 2020)}", name="/archive")


class Editor(OpenUser):
    visits = 1

    def schedule(self) -> Iterator[float]:
        return (intended_start_s for intended_start_s in INDEX_S if intended_start_s < self.plan.seconds)

    @task
    def reindex(self) -> None:
        with truth[self.host].work():
            self.client.post("/reindex")
