"""A process of a run, as the kit sees it: started under a supervisor, read line by line, always ended."""

import json
import math
import os
import re
import subprocess
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import psutil

from perflab.course.lab import ROOT
from perflab.measure.machine import cores, counts_io
from perflab.measure.samples import ProcessUsage, Usage
from perflab.process import environment, supervisor
from perflab.process.supervisor import Limits

OUTPUT_LINES_KEPT = 400
PROCESSES_PER_CORE = 8
MEMORY_MIB_PER_CORE = 384
MARK = "PERFLAB_TREE"  # in the environment of every process of a tree: finds them should the supervisor be killed

ENVIRONMENT = {
    "PYTHONUNBUFFERED": "1",
    "PYTHONFAULTHANDLER": "1",
    "PYTHONPATH": str(ROOT),  # wherever the kit was started
    "PYTHONDONTWRITEBYTECODE": "1",  # files compiled during a run would look like tampering
}

ExecId = tuple[int, bytes]
"""A process, and what identifies the program that it runs: exec changes it."""


def limits_here() -> Limits:
    """The limits of a tree on this machine: a good fix may have a few processes for each core."""
    least = Limits()
    return replace(
        least,
        processes=max(least.processes, PROCESSES_PER_CORE * cores()),
        memory_mib=max(least.memory_mib, MEMORY_MIB_PER_CORE * cores()),
    )


_running: "set[Process]" = set()


def stop_all() -> None:
    """Ends every process that this one has started, but for those that stop in order.

    Whatever waits for one, in another thread, goes on.
    """
    for process in list(_running):
        if not process.stops_in_order:
            process.stop()


class Process:
    """A command and everything it starts. Use it as a context manager: leaving it ends the whole tree."""

    def __init__(
        self,
        argv: list[str],
        env: Mapping[str, str] | None = None,
        limits: Limits | None = None,
        stops_in_order: bool = False,
        notable: re.Pattern[str] | None = None,
    ) -> None:
        """Starts it. One that `stops_in_order` has to be told to first: it may have something to clean up elsewhere.

        What it prints is kept for a while; lines that are `notable`, by their beginning, for longer.
        """
        self.stops_in_order = stops_in_order
        self.limits = limits or limits_here()
        self.pid = 0
        self.exit: int | None = None  # None while it runs, and where it did not end by itself
        self.first_ended_at = math.inf  # time.monotonic() when the command itself had ended, before what it started
        self.left = 0  # how many processes it left running when it ended; only Linux can tell
        self.ended = False
        self.limit: str | None = None
        self.output: deque[str] = deque(maxlen=OUTPUT_LINES_KEPT)
        self.printed = 0  # lines, also those that are kept no more
        self.noted: deque[str] = deque(maxlen=OUTPUT_LINES_KEPT)
        self._notable = notable
        self._mark = uuid.uuid4().hex
        self._begun = time.time()
        self._news = threading.Condition()
        self._unread: deque[str] = deque(maxlen=OUTPUT_LINES_KEPT)
        self._supervisor = subprocess.Popen(
            supervisor.command(self.limits, argv),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**environment.clean(os.environ), **ENVIRONMENT, MARK: self._mark, **(env or {})},
            start_new_session=True,
            text=True,
        )
        self._ear = threading.Thread(target=self._listen, daemon=True)
        self._ear.start()
        _running.add(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _listen(self) -> None:
        assert self._supervisor.stdout
        with suppress(ValueError):  # a supervisor that was itself killed may leave half a line
            for line in self._supervisor.stdout:
                self._hear(json.loads(line))
        with self._news:
            self.ended = True
            self._news.notify_all()

    def _hear(self, said: dict[str, Any]) -> None:
        with self._news:
            match said:
                case {"out": str(text)}:
                    self.output.append(text)
                    self.printed += 1
                    self._unread.append(text)
                    if self._notable and self._notable.match(text):
                        self.noted.append(text)
                case {"pid": int(pid)}:
                    self.pid = pid
                case {"limit": str(limit)}:
                    self.limit = limit
                case {"ended": _}:
                    self.first_ended_at = time.monotonic()
                case {"exit": code, "left": int(left)}:
                    self.exit, self.left = code, left
                    self.ended = True
            self._news.notify_all()

    def wait_for(self, wanted: Callable[[str], bool], within_s: float) -> str | None:
        """The next wanted line of output; None when the process has ended, or after `within_s` seconds."""
        deadline = time.monotonic() + within_s
        with self._news:
            while True:
                while self._unread:
                    if wanted(line := self._unread.popleft()):
                        return line
                left = deadline - time.monotonic()
                if self.ended or left <= 0:
                    return None
                self._news.wait(left)

    def wait_ended(self, within_s: float) -> bool:
        """Waits until the process has ended, at most so many seconds. Returns whether it has."""
        with self._news:
            return self._news.wait_for(lambda: self.ended, within_s)

    def send_line(self, line: str) -> None:
        """Writes a line to its standard input. Does nothing where the supervisor is gone."""
        assert self._supervisor.stdin
        with suppress(BrokenPipeError):
            self._supervisor.stdin.write(line + "\n")
            self._supervisor.stdin.flush()

    def signal(self, number: int) -> None:
        """Sends a signal to the command itself, as `kill` would. Does nothing where it has ended."""
        if self.pid:  # 0, before the supervisor has named it, would be this whole process group
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def tree(self) -> list[psutil.Process]:
        """Every process below the supervisor: the command, its descendants, and the orphans they left."""
        with suppress(psutil.NoSuchProcess):
            return psutil.Process(self._supervisor.pid).children(recursive=True)
        return []

    def usage(self) -> Usage:
        """What the tree has used by now. On Linux that includes the CPU and the I/O of children that have ended."""
        cpu_s, stopped = 0.0, False
        by_process: dict[int, ProcessUsage] = {}
        piped = 0 if counts_io() else None
        with suppress(psutil.Error):  # the supervisor adopts orphans, and may have collected some
            adopted = psutil.Process(self._supervisor.pid).cpu_times()
            cpu_s = adopted.children_user + adopted.children_system
        for process in self.tree():
            with suppress(psutil.Error), process.oneshot():
                times = process.cpu_times()
                cpu_s += times.user + times.system + times.children_user + times.children_system
                rss_mib = process.memory_info().rss / 2**20
                stopped |= process.status() == psutil.STATUS_STOPPED
                by_process[process.pid] = ProcessUsage(times.user + times.system, rss_mib)
                if piped is not None:
                    io = process.io_counters()
                    piped += io.read_chars + io.write_chars
        rss_mib = sum(one.rss_mib for one in by_process.values())
        piped_mib = None if piped is None else piped / 2 / 2**20
        return Usage(cpu_s, rss_mib, tuple(by_process), stopped, piped_mib, by_process)

    def sockets(self) -> list[tuple[int, Any]]:
        """The TCP sockets of the tree's processes, each with a process's id. A fix cannot fake them: the kernel tells.

        A socket that several processes have is there for each of them.
        """
        found: list[tuple[int, Any]] = []
        for process in self.tree():
            with suppress(psutil.Error):
                found += [(process.pid, one) for one in process.net_connections("tcp")]
        return found

    def pids_with_socket(self, wanted: Callable[[Any], bool]) -> set[int]:
        """The ids of the tree's processes that have a wanted TCP socket."""
        return {pid for pid, one in self.sockets() if wanted(one)}

    def segments(self) -> set[Path]:
        """The shared memory that the tree's processes have mapped, and that outlives them. Empty outside Linux."""
        found: set[Path] = set()
        for process in self.tree():
            with suppress(OSError):
                mapped = Path(f"/proc/{process.pid}/maps").read_text()
                found.update(Path(line.split(maxsplit=5)[5]) for line in mapped.splitlines() if " /dev/shm/" in line)
        return {path for path in found if not path.name.startswith("sem.")}  # a pool's: the kernel forgets it

    def exec_ids(self) -> set[ExecId]:
        """The programs that run in the tree. After exec, a process has another id here."""
        found = set()
        for process in self.tree():
            with suppress(psutil.Error, OSError):
                auxiliary = Path(f"/proc/{process.pid}/auxv")  # where the kernel put the program: Linux, proc(5)
                text = auxiliary.read_bytes() if auxiliary.exists() else " ".join(process.cmdline()).encode()
                found.add((process.pid, text))
        return found

    def scheduling(self) -> tuple[object, ...] | None:
        """The command's niceness, and the processors that the tree's processes may use; None if it has ended."""
        cores = set()
        for one in self.tree() if hasattr(psutil.Process, "cpu_affinity") else []:
            with suppress(psutil.Error):  # one that has just ended
                cores.add(tuple(one.cpu_affinity()))
        with suppress(psutil.Error):
            return psutil.Process(self.pid).nice(), tuple(sorted(cores))
        return None

    def stop(self) -> None:
        """Kills the whole tree at once, and waits until it is gone. What it has shared then goes with it.

        A process that ends by itself frees its shared memory, or leaves it, and that is left to see.
        """
        shared = set() if self.ended else self._own_segments()
        with suppress(BrokenPipeError):
            assert self._supervisor.stdin
            self._supervisor.stdin.close()
        try:
            self._supervisor.wait(10)
        except subprocess.TimeoutExpired:
            self._supervisor.kill()
            self._supervisor.wait()
        self._ear.join(1)
        if self._supervisor.returncode:  # it was itself killed, and has ended nothing
            while orphans := self._orphans():
                for process in orphans:
                    with suppress(psutil.Error):
                        process.kill()
                time.sleep(0.005)
        for path in shared:
            path.unlink(missing_ok=True)
        _running.discard(self)

    def _own_segments(self) -> set[Path]:
        """Of the `segments`, those that are younger than the tree: older ones are not its own."""
        own = set()
        for path in self.segments():
            with suppress(OSError):  # it has no name any more
                if path.stat().st_ctime >= self._begun:
                    own.add(path)
        return own

    def _orphans(self) -> list[psutil.Process]:
        """The live processes with the mark of this tree, whatever their parent is now."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.environ().get(MARK) == self._mark and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found
