"""Where a lab is measured: its sides as running servers, and one load generator. The seam between rule and reality.

`experiment` knows only the protocol `Bench`; tests put a stand-in there whose samples are made up.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import psutil

from perflab import profiler
from perflab.driver import Driver, DriverError
from perflab.mechanism import CHECKS
from perflab.process import Process
from perflab.samples import Instrument, Profile, Samples, Usage
from perflab.server import Broken, NotDeployed, Server
from perflab.services import Service
from perflab.syllabus import Lab, Side

VISITS = 6  # of each user, for comparing answers at leisure
WARM_UP_S = 0.6
LOOK_S = 0.1  # between two looks at what a side uses, while it is driven
PROFILED_S = 2.5
REST_WITHIN_S = 10.0
REST_LOOK_S = 0.1
REST_CPU_S = 0.02  # used by a side within one look: two of the kernel's ticks


class Bench(Protocol):
    """What an experiment needs of the world."""

    def start(self, side: Side) -> list[str]:
        """Starts a side, and what it needs, and returns the names its fix brings. Raises Broken, and Missing."""

    def stop(self, side: Side) -> None:
        """Ends a side and everything it started."""

    def warm_up(self, side: Side, seed: int) -> None:
        """Drives a side for a moment, so that pools are full and caches warm."""

    def visit(self, side: Side, seed: int) -> Samples:
        """Asks a side at leisure, for its answers."""

    def check(self, name: str, side: Side) -> str | None:
        """Runs one mechanism check; returns what was found wanting."""

    def drive(self, side: Side, seed: int) -> Samples:
        """Drives a side for one round, with the lab's incident if it has one. Raises Broken."""


class LiveBench:
    """The real thing. Use it as a context manager; leaving it ends every process."""

    def __init__(self, lab: Lab, fixes: dict[Side, Path | None], profiled: bool = False) -> None:
        self.lab = lab
        self.fixes = fixes
        self.profiled = profiled or lab.is_profiled
        self.servers: dict[Side, Server] = {}
        self.services: list[Service] = []
        self.profiles: dict[Side, Profile | None] = {}
        self._folder = tempfile.TemporaryDirectory(prefix="perflab-")
        self._drivers: dict[Path, Driver] = {}
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
        for need in self.lab.needs[len(self.services) :]:
            self.services.append(Service(need, folder))
        env = {name: url for service in self.services for name, url in service.environment(side).items()}
        fix = None if self.lab.is_about_load else self.fixes[side]
        server = self.servers[side] = Server(self.lab, side, fix, folder, env)
        if not self.lab.is_about_load:
            return server.brings
        with self._driving(side) as driver:
            return driver.brings()

    def _driver(self, side: Side) -> Driver:
        """The load generator for a side's scenario: one for all sides, unless the lab is about the scenario."""
        scenario = self.lab.scenario(self.fixes[side])
        if scenario not in self._drivers:
            self._drivers[scenario] = Driver(self.lab, scenario, Path(self._folder.name))
        return self._drivers[scenario]

    @contextmanager
    def _driving(self, side: Side) -> Iterator[Driver]:
        """A side's load generator. Where the lab is about the scenario, one that fails makes the side broken."""
        try:
            yield self._driver(side)
        except DriverError as error:
            if not self.lab.is_about_load:
                raise
            raise Broken(side, "Locust cannot run it.", error.output) from None

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
                driver.drive(server.url, seed, min(WARM_UP_S, self.lab.seconds))
        server.check_alive()

    def visit(self, side: Side, seed: int) -> Samples:
        with self._driving(side) as driver:
            return driver.visit(self.servers[side].url, seed, VISITS)

    def check(self, name: str, side: Side) -> str | None:
        return CHECKS[name](self.servers[side])

    def rest(self, side: Side) -> None:
        """Waits until no side uses the processor: a backlog still chewed would spoil the neighbour's round.

        The side about to be driven must not have requests under way either, from visitors who have given up on them;
        those that never end are left to the measures.
        """
        deadline = time.monotonic() + REST_WITHIN_S
        while True:
            before = {side: server.usage().cpu_s for side, server in self.servers.items()}
            time.sleep(REST_LOOK_S)
            used = {side: server.usage().cpu_s - before[side] for side, server in self.servers.items()}
            busiest = max(used, key=lambda side: used[side])
            late = time.monotonic() > deadline
            if used[busiest] <= REST_CPU_S and (late or self.servers[side].under_way() == 0):
                return
            if late:
                share = used[busiest] / REST_LOOK_S
                raise Broken(busiest, f"With nobody asking, it still used {share:.0%} of a core.", [])

    def drive(self, side: Side, seed: int, load: float = 1.0) -> Samples:
        if self._ends_each_round and self.servers[side].process.ended:
            self.stop(side)
            self.start(side)
        server = self.servers[side]
        server.check_alive()
        self.rest(side)
        machine = Machine([server.process, *(service.process for service in self.services)])
        before, served = server.usage(), server.served()
        incident = _Incident(self.lab, server, next((one for one in self.services if one.kind.counts), None))
        with self._driving(side) as driver:
            samples = driver.drive(server.url, seed, self.lab.seconds, incident.happen, load)
        for service in self.services:
            service.check_alive()
        samples.before, samples.after = before, server.usage()
        samples.profile = self.profiles.get(side)
        samples.instrument = machine.watched(samples)
        if served is not None and (after := server.served()) is not None:
            samples.served = after - served - 1  # the first question was itself answered
        incident.finish(samples)
        return samples


class Machine:
    """The machine as a whole, from now on: what its host and other programs took from this run's processes."""

    def __init__(self, ours: list[Process]) -> None:
        self.ours = ours
        self.ours_cpu_s = self._ours_cpu_s()
        self.begun_s = time.monotonic()
        self.times = psutil.cpu_times()
        self.swapped_in = psutil.swap_memory().sin

    def _ours_cpu_s(self) -> float:
        return sum(process.usage().cpu_s for process in self.ours)

    def watched(self, samples: Samples) -> Instrument:
        """The round's instrument, completed with what the machine did meanwhile."""
        wall_s = time.monotonic() - self.begun_s
        now = psutil.cpu_times()._asdict()
        used = {name: now[name] - before for name, before in self.times._asdict().items()}
        stolen_s = used.get("steal", 0.0)
        busy_s = sum(used.values()) - used["idle"] - used.get("iowait", 0.0) - stolen_s - used.get("guest", 0.0)
        ours_s = self._ours_cpu_s() - self.ours_cpu_s + samples.instrument.cpu_share * wall_s
        return samples.instrument._replace(
            stolen_share=stolen_s / max(sum(used.values()), 0.01),
            others_cores=max(0.0, busy_s - ours_s) / wall_s,
            swapped=psutil.swap_memory().sin > self.swapped_in,
        )


class _Incident:
    """Looks at a side's usage, and does to it what the lab says, at a moment of the round."""

    def __init__(self, lab: Lab, server: Server, service: Service | None) -> None:
        self.server = server
        self.service = service  # that counts sessions
        self.what = lab.incident
        self.at_s = self.what.at_s if self.what else None
        self._look_s = self.at_s or lab.seconds
        self.usage: Usage | None = None
        self.memory: list[tuple[float, float]] = []
        self.sessions: list[tuple[float, int]] = []
        self.exit_s: float | None = None
        self.begun = 0.0

    def happen(self, begun: float) -> None:
        """Waits for the moment, counted from the beginning of the load (time.monotonic()), and acts.

        Meanwhile it looks at the memory now and then, and at the sessions if the lab has a database.
        """
        self.begun = begun
        while True:
            self.usage = self.server.usage()
            now_s = time.monotonic() - begun
            self.memory.append((now_s, self.usage.rss_mib))
            if self.service and (count := self.service.sessions(self.server.side)) is not None:
                self.sessions.append((now_s, count))
            if now_s >= self._look_s:
                break
            time.sleep(min(LOOK_S, self._look_s - now_s))
        match self.what and self.what.kind:
            case "reload":
                self.server.deploy()
            case "terminate":
                self.exit_s = self.server.terminate()

    def finish(self, samples: Samples) -> None:
        """Looks at what came of it. Raises Broken where a side did not live through what it should have."""
        samples.until, samples.incident_s = self.usage, self.at_s
        samples.memory, samples.sessions = self.memory, self.sessions
        samples.jobs = self.server.jobs(since=self.begun)
        if self.exit_s is not None:
            samples.exit_s, samples.stopped_cleanly = self.exit_s, self.server.stopped_cleanly
            return
        self.server.check_alive()
        if self.what and not self.server.await_deploy():
            raise NotDeployed(self.server.side)
