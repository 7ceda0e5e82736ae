"""What a lab needs besides its own site: a database, another team's service, a proxy. It starts and ends with the run.

A service is a process that prints `serving URL`, with `{side}` in the URL where it tells the sides apart. One that
cannot serve here prints the reason as its last line, and ends.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple, Self

import psutil

from perflab.bench import ledger
from perflab.course.lab import ROOT
from perflab.judge.errors import RequirementMissing, SideError
from perflab.measure.samples import Call
from perflab.process.managed import Process
from perflab.process.supervisor import Limits

START_WITHIN_S = 30.0
COUNT_WITHIN_S = 2.0
STOP_WITHIN_S = 5.0
LIMITS = Limits(processes=300)  # PostgreSQL has a process for each session


class ServiceType(NamedTuple):
    """How a service is started, and what it can report."""

    module: str  # run by `python -m`, with a folder of its own
    variable: str  # in which the sides find its URL
    counts: bool  # whether it counts the sessions, or connections, that a side holds
    recounts: bool = False  # whether it reports each call that a side made
    delays: bool = False  # whether it lets a side's calls take longer, or leaves one without a reply
    halves: bool = False  # whether it can let half of a side's calls fail, the same each time
    drops: bool = False  # whether it ends a side's sessions where it is told to
    ledger: str = ""  # where it does jobs for the sides: its ledger's name in its folder
    own_urls: bool = False  # whether each side has a URL of its own there, opened when it is asked for
    in_front: bool = False  # whether visitors reach the sides through it: then no side is told of it


SERVICE_TYPES = {
    "dask": ServiceType("perflab.bench.dask", "DASK_SCHEDULER", counts=False, ledger="ledger"),
    "nginx": ServiceType("perflab.bench.proxy", "", counts=True, in_front=True),
    "postgres": ServiceType("perflab.bench.postgres", "DATABASE_URL", counts=True, drops=True),
    "upstream": ServiceType("app.world.upstream", "UPSTREAM_URL", counts=True, recounts=True, delays=True, halves=True),
    "valkey": ServiceType("perflab.bench.valkey", "REDIS_URL", counts=True, recounts=True, own_urls=True),
}


class Service:
    """A service, started and serving. Use it as a context manager. Raises RequirementMissing if it does not."""

    def __init__(self, need: str, folder: Path, options: Sequence[str] = ()) -> None:
        """Starts it in a folder of its own, with its program's further options."""
        self.need = need
        self.type = SERVICE_TYPES[need]
        self.folder = folder / need
        self.is_users = self.type.variable in os.environ  # then its processes are not below ours
        self.process = Process(
            [sys.executable, "-m", self.type.module, str(self.folder), *options],
            {"PYTHONPATH": str(ROOT)},
            LIMITS,
            stops_in_order=True,
        )
        try:
            line = self.process.wait_for(lambda line: line.startswith("serving "), START_WITHIN_S)
            if line is None:
                said = self.process.output[-1] if self.process.ended and self.process.output else ""
                raise RequirementMissing(said or f"{need.capitalize()} did not start within {START_WITHIN_S:.0f} s.")
        except BaseException:  # after an interrupt, too, no service may stay behind
            self.process.stop()
            raise
        self.url = line.removeprefix("serving ")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def check_alive(self) -> None:
        """Raises RequirementMissing if the service is gone."""
        if self.process.ended:
            raise RequirementMissing(f"{self.need.capitalize()} ended in the middle of the run.")

    def environment(self, side: str) -> dict[str, str]:
        """The environment variable in which a side's processes find its URL. None for what stands in front of them."""
        if self.type.in_front:
            return {}
        if not self.type.own_urls:
            return {self.type.variable: self.url.replace("{side}", side)}
        return {self.type.variable: self._ask(f"url {side}")}

    def front(self, side: str, port: int) -> list[str]:
        """The URLs at which visitors reach a side through it, which serves on this port.

        At the second one it sends any request again where a connection that it has kept turns out to be closed.
        """
        return self._ask(f"front {side} {port}").split()

    def check_unchanged(self) -> None:
        """Raises SideError if the proxy was told to read its configuration again."""
        if self._ask("reloads") != "0":
            raise SideError("course", "Its proxy was given another configuration while it was measured.", [])

    def keeps_idle(self, side: str) -> bool | None:
        """Whether a side still serves a connection that was idle for longer than the proxy keeps one. None: not yet.

        Raises RequirementMissing where no visitor has sent a GET, which that connection could ask.
        """
        match self._ask(f"idle {side}"):
            case "kept":
                return True
            case "closed":
                return False
            case "waiting":
                return None
        raise RequirementMissing("No visitor has sent a GET through the proxy.")

    def sessions(self, side: str) -> int | None:
        """How many sessions a side holds now; None where it did not say within `COUNT_WITHIN_S`."""
        return next(iter(self._counts(side)), None)

    def opened(self, side: str) -> int | None:
        """How many connections a side has opened so far, or a proxy to it; None where it does not count them.

        A side may open some by another one's name. So those of all sides count, except for a proxy's.
        """
        return next(iter(self._counts(side if self.type.in_front else "everybody")[1:]), None)

    def _counts(self, side: str) -> list[int]:
        self.process.send_line(side)
        line = self.process.wait_for(lambda line: line.startswith(f"{side} "), COUNT_WITHIN_S)
        return [int(count) for count in line.split()[1:]] if line else []

    def mute(self, what: str) -> None:
        """Makes one of its endpoints accept requests and never reply."""
        self.process.send_line(f"mute {what}")

    def unmute(self, what: str) -> None:
        """Lets that endpoint reply again."""
        self.process.send_line(f"unmute {what}")

    @contextmanager
    def hanging(self, what: str) -> Iterator[None]:
        """While the block lasts, one of its endpoints accepts requests and never replies."""
        self.mute(what)
        try:
            yield
        finally:
            self.unmute(what)

    @contextmanager
    def outage(self, side: str) -> Iterator[Callable[[], int]]:
        """While the block lasts, a side's calls fail: some have an error for a response, and some have none.

        Yields how many have. One that `drops` ends a side's sessions instead, each time that it is asked how many.
        """
        failed = 0
        if self.type.drops:

            def dropped() -> int:
                nonlocal failed
                failed += int(self._ask(f"drop {side}"))
                return failed

            yield dropped
            return
        self.calls(side, 0.0)  # these had an answer

        def failures() -> int:
            nonlocal failed
            failed += len(self.calls(side, 0.0))
            return failed

        with self._until_healed(f"fail {side}", side):
            yield failures

    def unreliable(self, side: str) -> AbstractContextManager[None]:
        """While the block lasts, a side's calls fail again when they are made again: half of them, where it can."""
        return self._until_healed(f"fail {side}{' half' if self.type.halves else ''}", side)

    @contextmanager
    def delay(self, side: str) -> Iterator[None]:
        """While the block lasts, every second call of a side takes longer than ever."""
        with self._until_healed(f"delay {side}", side):
            yield

    @contextmanager
    def _until_healed(self, line: str, side: str) -> Iterator[None]:
        self.process.send_line(line)
        self._counts(side)  # it answers line by line: once it has counted, the line before is in force
        try:
            yield
        finally:
            self.process.send_line(f"heal {side}")

    @contextmanager
    def silence(self) -> Iterator[None]:
        """While the block lasts, its processes stand still, as on a machine that swaps. A user's own do not."""
        still = [] if self.is_users else self.process.tree()
        for one in still:
            with suppress(psutil.Error):
                one.suspend()
        try:
            yield
        finally:
            for one in still:
                with suppress(psutil.Error):
                    one.resume()

    @contextmanager
    def hold(self, side: str) -> Iterator[None]:
        """While the block lasts, the next call of a side has no reply."""
        self.process.send_line(f"hold {side}")
        self.holds(side)  # it answers line by line: once it has said this, it holds the next call
        try:
            yield
        finally:
            self.process.send_line(f"release {side}")

    def holds(self, side: str) -> bool:
        """Whether a call of a side still waits for its reply there, and has none."""
        return self._ask(f"held {side}") == "1"

    def lasting_keys(self, side: str) -> int:
        """How many keys a side has written there that never expire. Raises RequirementMissing if it does not say."""
        return int(self._ask(f"lasting {side}"))

    def _ask(self, question: str) -> str:
        """The answer to a line that it repeats before its answer. Raises RequirementMissing if there is none."""
        self.process.send_line(question)
        begins = f"{question} "
        line = self.process.wait_for(lambda line: line.startswith(begins), COUNT_WITHIN_S)
        if line is None:
            self.check_alive()
            raise RequirementMissing(f"{self.need.capitalize()} did not answer within {COUNT_WITHIN_S:.0f} s.")
        return line.removeprefix(begins)

    def write(self, post: int, comment: str) -> None:
        """Has a comment written to a post, and returns once it is there."""
        self.process.send_line(f"write {post} {comment}")
        self.process.wait_for(lambda line: line == f"write {comment}", COUNT_WITHIN_S)

    def calls(self, side: str, since: float) -> list[Call]:
        """The calls that a side has made since a moment (time.monotonic()). Each is reported once."""
        if not self.type.recounts:
            return []
        self.process.send_line(f"calls {side}")
        begins = f"calls {side} "
        line = self.process.wait_for(lambda line: line.startswith(begins), COUNT_WITHIN_S)
        rows = json.loads(line.removeprefix(begins)) if line else []
        return [Call(what, from_s - since, to_s - since) for what, from_s, to_s in rows if from_s >= since]

    def jobs(self, since: float) -> dict[str, float]:
        """The jobs that were done there, as `ledger.read` returns them. None for a service that does none."""
        return ledger.read(self.folder / self.type.ledger, since) if self.type.ledger else {}

    def jobs_cpu_s(self) -> float:
        """The CPU time in seconds that it has used for jobs, and around them. 0 where that is on no account of ours."""
        return self.process.usage().cpu_s if self.type.ledger and not self.is_users else 0.0

    def pending(self) -> int:
        """How many jobs it has left to do; 0 for a service that does none. Raises RequirementMissing if it is gone."""
        if not self.type.ledger:
            return 0
        return int(self._ask("pending"))

    def stop(self) -> None:
        """Has it stop in order, within `STOP_WITHIN_S`, and then kills it."""
        self.process.send_line("stop")
        self.process.wait_ended(STOP_WITHIN_S)
        self.process.stop()
