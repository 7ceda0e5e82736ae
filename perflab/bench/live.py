"""Where a lab is measured: its sides as running servers, and one load generator. The seam between rule and reality.

`experiment` knows only the protocol `Bench`; tests put a stand-in there whose samples are made up.
"""

import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from perflab.bench import interference, profiler
from perflab.bench.checks import CHECKS
from perflab.bench.incident import Observers
from perflab.bench.load_client import LoadClient, LoadError
from perflab.bench.server import Server
from perflab.bench.services import Service
from perflab.course.lab import Lab, Side
from perflab.judge.errors import SideError
from perflab.measure.samples import Profile, Samples

VISITS = 6  # of each user, for comparing answers at leisure
PROFILED_S = 2.5
STALL_PACES = (0.65, 0.24, 1.8)  # factors between them: nearly three
IDLE_WITHIN_S = 10.0
IDLE_LOOK_S = 0.1
IDLE_CPU_S = 0.02  # used by a side within one look: two of the kernel's ticks


class LiveBench:
    """The real thing. Use it as a context manager; leaving it ends every process."""

    def __init__(self, lab: Lab, fixes: dict[Side, Path | None], profiled: bool = False, judging: bool = True) -> None:
        """Where nothing is judged, a lab that knows the truth shows the one that it tells of."""
        self.lab = lab
        self.secret = judging and any(measure.against_truth for measure in lab.metrics)
        self._stall_paces: dict[int, float] = {}
        self.fixes = fixes
        self.profiled = profiled or lab.is_profiled
        self.servers: dict[Side, Server] = {}
        self.services: list[Service] = []
        self._named: dict[str, str] = {}  # the services, as the load generators are told of them
        self.profiles: dict[Side, Profile | None] = {}
        self._sources = interference.sources(lab)
        self._scheduling: dict[Side, object] = {}
        self._folder = tempfile.TemporaryDirectory(prefix="perflab-")
        self._drivers: dict[Path, LoadClient] = {}
        self._driver(next(iter(fixes)))  # it takes a while to start, and may do so while the servers do

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for side in list(self.servers):
            self.stop(side)
        for service in self.services:
            service.stop()
        for driver in self._drivers.values():
            driver.process.stop()
        self._folder.cleanup()

    def start(self, side: Side) -> list[str]:
        folder = Path(self._folder.name)
        for need in self.lab.services[len(self.services) :]:
            self.services.append(Service(need, folder))
            self._named |= self.services[-1].environment("visitors")
        env = {name: url for service in self.services for name, url in service.environment(side).items()}
        fix = None if self.lab.is_about_load else self.fixes[side]
        server = self.servers[side] = Server(self.lab, side, fix, folder, env)
        self._check_sources()
        self._scheduling[side] = server.process.scheduling()
        if not self.lab.is_about_load:
            return server.overrides
        with self._driving(side) as driver:
            return driver.overrides()

    def _driver(self, side: Side) -> LoadClient:
        """The load generator for a side's scenario: one for all sides, unless the lab is about the scenario."""
        scenario = self.lab.scenario(self.fixes[side])
        if scenario not in self._drivers:
            self._drivers[scenario] = LoadClient(self.lab, scenario, Path(self._folder.name), self._named)
        return self._drivers[scenario]

    @contextmanager
    def _driving(self, side: Side) -> Iterator[LoadClient]:
        """A side's load generator. Its failing is the side's doing, except where a scenario of ours does not load."""
        try:
            yield self._driver(side)
        except LoadError as error:
            if self.lab.is_about_load:
                raise SideError(side, "Locust cannot run it.", error.output) from None
            if not error.loaded:
                raise
            raise SideError(side, "The load generator did not live through its answers.", error.output) from None

    def stop(self, side: Side) -> None:
        self.servers.pop(side).stop()

    @property
    def _ends_each_round(self) -> bool:
        """Whether the lab's incident ends a side, which is then started anew for the next round."""
        return self.lab.incident is not None and self.lab.incident.kind == "terminate"

    def warm_up(self, side: Side, seed: int) -> None:
        if self._ends_each_round:  # then it will be cold anyhow
            return
        server = self.servers[side]

        def look(begun: float) -> None:
            self.profiles[side] = profiler.sample(server, PROFILED_S)

        with self._driving(side) as driver:
            if self.profiled:
                driver.drive(server.url, seed, PROFILED_S, look)
            else:
                driver.drive(server.url, seed, self.lab.warm_up_s)
        server.check_alive()

    def visit(self, side: Side, seed: int, again: Sequence[str] = ()) -> Samples:
        self._restart(side)
        server = self.servers[side]
        with self._driving(side) as driver:
            answers = driver.visit_again(server.url, seed, again) if again else driver.visit(server.url, seed, VISITS)
        server.check_intact()
        if self._ends_each_round:
            server.stop()  # it begins its first round as it begins the others: without a past
        return answers

    def error(self, side: Side) -> list[str]:
        return self.servers[side].error()

    def check(self, name: str, side: Side) -> str | None:
        return CHECKS[name](self.servers[side], self.services)

    def wait_idle(self, side: Side) -> None:
        """Waits until no side uses the processor: a backlog still chewed would spoil the neighbour's round.

        The side about to be driven must not have requests under way either, from visitors who have given up on them;
        those that never end are left to the measures.
        """
        deadline = time.monotonic() + IDLE_WITHIN_S
        while True:
            before = {side: self._used_s(side) for side in self.servers}
            time.sleep(IDLE_LOOK_S)
            used = {side: self._used_s(side) - before[side] for side in self.servers}
            busiest = max(used, key=lambda side: used[side])
            late = time.monotonic() > deadline
            if used[busiest] <= IDLE_CPU_S and (late or self.servers[side].under_way() == 0):
                return
            if late:
                share = used[busiest] / IDLE_LOOK_S
                raise SideError(busiest, f"With nobody asking, it still used {share:.0%} of a core.", [])

    def _stall_pace(self, seed: int) -> float:
        """The pace of a round: low, high or between, in turn, so that no answer fits two rounds in a row.

        It does not come from the seed, which the load generator knows.
        """
        if seed not in self._stall_paces:
            self._stall_paces[seed] = STALL_PACES[
                len(self._stall_paces) % len(STALL_PACES)
            ] * random.SystemRandom().uniform(0.85, 1.15)
        return self._stall_paces[seed]

    def _check_sources(self) -> None:
        """Raises Broken if somebody writes where the sides come from. It is checked before ours is started, too."""
        if changed := sorted(path for path, _ in interference.sources(self.lab) ^ self._sources):
            first = changed[0]
            name = first.relative_to(self.lab.root) if first.is_relative_to(self.lab.root) else first.name
            raise SideError("course", f"The course's own {name} was changed while it was measured.", [])

    def _restart(self, side: Side) -> None:
        """Starts a side anew where the lab's incident has ended it."""
        if self._ends_each_round and self.servers[side].process.ended:
            self.stop(side)
            self.start(side)

    def _used_s(self, side: Side, driven: Side | None = None) -> float:
        """The CPU that a side has used so far, with its load generator where that one is its own, and not the driven's.

        Where our fix stands in for yours, one load generator drives both.
        """
        own = [self._driver(side).process] if self.lab.is_about_load else []
        if driven and self._driver(side) is self._driver(driven):
            own = []
        return sum(process.usage().cpu_s for process in [self.servers[side].process, *own])

    def _begun(self, side: Side) -> int | None:
        """How many requests a side was asked so far; None where it is not one process, of which each counts its own."""
        server = self.servers[side]
        return server.begun() if len(server.usage().pids) == 1 else None

    def drive(self, side: Side, seed: int, seconds: float | None = None, load: float = 1.0) -> Samples:
        seconds = seconds or self.lab.seconds
        self._restart(side)
        server = self.servers[side]
        server.check_alive()
        server.check_intact()
        if self.secret:
            server.set_stall_pace(self._stall_pace(seed))
        self.wait_idle(side)
        others: dict[Side, float] = {other: self._used_s(other, side) for other in self.servers if other != side}
        begun = {other: self._begun(other) for other in others}
        machine = interference.Machine([server.process, *(service.process for service in self.services)])
        before, served = server.usage(), server.served()
        counting = next((service for service in self.services if service.type.counts), None)
        opened = counting.opened() if counting else None
        observers = Observers(self.lab, server, counting, seconds)
        with self._driving(side) as driver:
            samples = driver.drive(server.url, seed, seconds, observers.begin, load)
        for service in self.services:
            service.check_alive()
        samples.before, samples.after = before, server.usage()
        if counting and opened is not None and (by_now := counting.opened()) is not None:
            samples.opened = by_now - opened
        samples.profile = self.profiles.get(side)
        used_s = {other: self._used_s(other, side) - before_s for other, before_s in others.items()}
        asked: dict[str, int] = {
            other: by_now - before_it - 1
            for other, before_it in begun.items()
            if before_it is not None and (by_now := self._begun(other)) is not None
        }
        condition = machine.watched(samples, used_s)._replace(stray_requests=asked)
        if served is not None and (after := server.served()) is not None:
            samples.served = after - served - 1  # the first question was itself answered
        if side != "yours":
            tampered = interference.tampered(
                samples, (self._scheduling[side], observers.looks.scheduling), observers.looks.stopped
            )
            condition = condition._replace(tampered=tampered)
        samples.conditions = condition
        observers.finish(samples)
        return samples
