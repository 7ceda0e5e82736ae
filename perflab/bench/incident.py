"""What happens to a side while it is driven, and what is observed meanwhile.

A round has observers. Each is called when the load begins, and afterwards writes what it has seen into the round's
samples. `Looks` is one; an incident is another: a class for each kind, in `INCIDENTS`.
"""

import math
import time
from collections.abc import Sequence
from contextlib import ExitStack

from perflab.bench.interference import Hidden
from perflab.bench.server import DEPLOY_WITHIN_S, Server
from perflab.bench.services import Service
from perflab.course.lab import Incident
from perflab.judge.errors import NotDeployed
from perflab.measure.samples import Samples, Usage

LOOK_S = 0.1  # between two looks at a side's usage, while it is driven
STILL_S = 0.2  # before a power cut


class Looks:
    """A side's usage, ten times a second: memory, the sessions that a service counts, whether a signal stopped it.

    `hidden` looks each time for memory that is in no account of its processes.

    Where its memory has a limit, a look also does what a container's kernel does: while the whole tree is above it, it
    kills the process that has the most.
    """

    def __init__(
        self,
        server: Server,
        counting: Service | None,
        services: Sequence[Service] = (),
        memory_limit_mib: float | None = None,
        counts_listeners: bool = False,
        hidden: Hidden | None = None,
    ) -> None:
        self.server = server
        self.counting = counting
        self.services = services
        self.hidden = hidden
        self.begun = 0.0  # time.monotonic()
        self.last: Usage | None = None
        self.memory: list[tuple[float, float]] = []
        self.memory_limit_mib = memory_limit_mib
        self.counts_listeners = counts_listeners
        self.killed: dict[int, float] = {}
        self.resident: dict[int, list[tuple[float, float]]] = {}
        self.lifetimes: dict[int, tuple[float, float]] = {}
        self.sessions: list[tuple[float, int]] = []
        self.stopped = False
        self.scheduling: object = None
        self.jobs_until_s = math.inf  # after the load began: those done later count no more

    def until(self, end_s: float) -> None:
        """Looks until `end_s` seconds after the load began, and once more at that moment."""
        while True:
            self.last = self.server.usage()
            self.stopped |= self.last.stopped
            now_s = time.monotonic() - self.begun
            self.memory.append((now_s, self.last.rss_mib))
            if self.hidden:
                self.hidden.look()
            self.lifetimes |= {pid: (self.lifetimes.get(pid, (now_s,))[0], now_s) for pid in self.last.pids}
            for pid, used in self.last.by_process.items():
                self.resident.setdefault(pid, []).append((now_s, used.rss_mib))
            self._limit_memory(self.last, now_s)
            if self.counting and (count := self.counting.sessions(self.server.side)) is not None:
                self.sessions.append((now_s, count))
            if now_s >= end_s:
                break
            time.sleep(min(LOOK_S, end_s - now_s))
        self.scheduling = self.server.process.scheduling()

    def _limit_memory(self, usage: Usage, now_s: float) -> None:
        if self.memory_limit_mib and usage.rss_mib > self.memory_limit_mib:
            most = max(usage.by_process, key=lambda pid: usage.by_process[pid].rss_mib)
            self.server.kill(most)
            self.killed[most] = now_s

    def finish(self, samples: Samples) -> None:
        """Writes what was seen into the samples, and what the side and the services report of the round."""
        samples.until, samples.memory, samples.sessions = self.last, self.memory, self.sessions
        samples.lifetimes, samples.resident = self.lifetimes, self.resident
        samples.memory_limit_mib, samples.killed = self.memory_limit_mib, self.killed
        samples.calls = self.counting.calls(self.server.side, self.begun) if self.counting else []
        outside = (moment_s for one in self.services for moment_s in one.jobs(self.begun).values())
        samples.outside = sorted(moment_s for moment_s in outside if moment_s < self.jobs_until_s)
        own = [moment_s for moment_s in self.server.jobs(since=self.begun) if moment_s < self.jobs_until_s]
        samples.jobs = sorted(own + samples.outside)
        samples.blocked = self.server.blocked(self.begun)
        samples.listeners = self.server.listeners(self.begun) if self.counts_listeners else []
        samples.stalls = [(from_s, to_s) for from_s, to_s in self.server.stalls(self.begun) if to_s > 0]


class NoIncident:
    """What every incident is, less the incident: the side must be alive after the round."""

    name = ""  # what charts write beside its moment

    def __init__(self, incident: Incident | None, server: Server, counting: Service | None) -> None:
        self.server = server

    def strike(self, looks: Looks, seconds: float) -> None:
        """Makes it happen, and looks on until the end of the round's seconds where there is something to see."""

    def finish(self, samples: Samples) -> None:
        """Writes its effect into the samples once the load is over. Raises SideError where the side did not survive."""
        self.server.check_alive()


class Reload(NoIncident):
    """A new release is put in place, and the server is asked to reload. Then it is asked which release answers."""

    name = "deploy"

    def strike(self, looks: Looks, seconds: float) -> None:
        self.server.deploy()
        self.deployed_s = self.server.await_deploy()

    def finish(self, samples: Samples) -> None:
        super().finish(samples)
        if self.deployed_s is None:
            raise NotDeployed(self.server.side, DEPLOY_WITHIN_S)
        samples.deployed_s, samples.old_workers = self.deployed_s, self.server.not_reloaded()


class Terminate(NoIncident):
    """The server is told to stop, and killed where it does not within `EXIT_WITHIN_S`. It is gone afterwards."""

    def strike(self, looks: Looks, seconds: float) -> None:
        self.exit_s = self.server.terminate()

    def finish(self, samples: Samples) -> None:
        samples.exit_s, samples.stopped_cleanly = self.exit_s, self.server.stopped_cleanly
        samples.persisted = self.server.persisted


class Kill(NoIncident):
    """The server's whole process tree is killed, as by a power cut, and started again on the same port.

    A moment before, the services stand still: what it accepts must have reached them, and not only be on its way.
    """

    def strike(self, looks: Looks, seconds: float) -> None:
        with ExitStack() as still:
            for service in looks.services:
                still.enter_context(service.silence())
            looks.until(time.monotonic() - looks.begun + STILL_S)
            self.server.cut_off()
        self.server.restart()
        self.back_s = time.monotonic() - looks.begun

    def finish(self, samples: Samples) -> None:
        super().finish(samples)
        samples.back_s = self.back_s


class Hang(NoIncident):
    """One of a service's endpoints accepts requests and never replies, until the load is over."""

    def __init__(self, incident: Incident | None, server: Server, counting: Service | None) -> None:
        super().__init__(incident, server, counting)
        assert incident and counting
        self.target, self.service = incident.target, counting
        self.name = f"{counting.need} hangs"

    def strike(self, looks: Looks, seconds: float) -> None:
        self.service.mute(self.target)
        looks.until(seconds)

    def finish(self, samples: Samples) -> None:
        self.service.unmute(self.target)  # what waits for it ends before the next side is driven
        super().finish(samples)


class Sent(NoIncident):
    """What every incident is that the scenario itself sends: the part enters into its ledger what it hits."""

    def strike(self, looks: Looks, seconds: float) -> None:
        looks.until(seconds)
        self.begun = looks.begun


class Poison(Sent):
    """The scenario sends jobs that kill the process that works on them: the part enters each attempt into its ledger.

    The side must survive them. What they have broken in it may stay broken, so it is stopped after the round.
    """

    name = "a deadly job comes"

    def finish(self, samples: Samples) -> None:
        super().finish(samples)
        samples.attempts = self.server.attempts(self.begun)
        self.server.stop()


class Freeze(Sent):
    """The scenario sends requests that hang in a worker's event loop: the part enters that process into its ledger.

    The side must survive them. It is stopped after the round where a worker still hangs in it.
    """

    name = "a worker hangs"

    def finish(self, samples: Samples) -> None:
        super().finish(samples)
        entered = self.server.attempts(self.begun)
        samples.frozen = sorted(pid for pid in samples.lifetimes if f"process {pid}" in entered)
        if set(samples.frozen) & set(self.server.usage().pids):
            self.server.stop()


INCIDENTS: dict[str | None, type[NoIncident]] = {
    None: NoIncident,
    "reload": Reload,
    "terminate": Terminate,
    "kill": Kill,
    "hang": Hang,
    "poison": Poison,
    "freeze": Freeze,
}


class Observers:
    """The observers of one round: the looks, and the incident if there is one."""

    def __init__(
        self,
        incident: Incident | None,
        server: Server,
        services: Sequence[Service],
        seconds: float,
        memory_limit_mib: float | None = None,
        counts_listeners: bool = False,
        hidden: Hidden | None = None,
    ) -> None:
        counting = next((service for service in services if service.type.counts), None)
        self.looks = Looks(server, counting, services, memory_limit_mib, counts_listeners, hidden)
        self.at_s = incident.at_s if incident else None
        kind = incident.kind if incident else None
        self.incident = INCIDENTS[kind](incident, server, counting)
        self.seconds = seconds

    def begin(self, begun: float) -> None:
        """Observes from the moment when the load begins (time.monotonic()), and makes the incident happen."""
        self.looks.begun = begun
        self.looks.until(self.at_s or self.seconds)
        self.incident.strike(self.looks, self.seconds)

    def finish(self, samples: Samples) -> None:
        """Writes all that was seen into the round's samples. Raises SideError where the side did not survive."""
        samples.incident_s, samples.incident = self.at_s, self.incident.name
        self.looks.finish(samples)
        self.incident.finish(samples)
