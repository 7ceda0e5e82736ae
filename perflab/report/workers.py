"""What the workers of a side do, row by row, as `pm2 status` has it: for a terminal, and for a notebook."""

import time
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from perflab.measure.samples import ProcessUsage, Samples

HEADINGS = ("worker", "PID", "CPU", "RSS", "requests", "restarts", "uptime")


class Row(NamedTuple):
    """One process. Without a number it answers nothing: it is the parent, or helps."""

    number: int | None  # its place among the workers: the process that comes after it takes the place over
    pid: int
    cpu_share: float  # of one core, in the last second
    rss_mib: float
    requests: int  # that it has answered
    restarts: int  # processes that had its place before
    uptime_s: float  # since it was first seen

    @property
    def cells(self) -> Sequence[str]:
        """What the table shows, in the order of the `HEADINGS`."""
        number = "-" if self.number is None else str(self.number)
        used = (f"{self.cpu_share:.0%}", f"{self.rss_mib:.0f} MiB")
        return (number, str(self.pid), *used, f"{self.requests:,}", str(self.restarts), f"{self.uptime_s:.0f} s")


class Board:
    """The processes of a side, from one short drive to the next: each is known by its samples alone."""

    def __init__(self, limit_mib: float | None = None) -> None:
        self.limit_mib = limit_mib
        self.requests: Counter[int] = Counter()  # by process
        self.killed: set[int] = set()  # processes, for the tree was over its limit
        self._first_seen: dict[int, float] = {}  # time.monotonic()
        self._places: list[list[int]] = []  # of each worker: the processes that have had its place, the last one last
        self._now: dict[int, ProcessUsage] = {}
        self._cpu_share: dict[int, float] = {}

    def add(self, samples: Samples) -> None:
        """Takes in what one more drive has left behind."""
        assert samples.before and samples.after
        now_s = time.monotonic()
        before, self._now = samples.before.by_process, dict(samples.after.by_process)
        for pid, used in self._now.items():
            self._first_seen.setdefault(pid, now_s)
            had_s = before[pid].cpu_s if pid in before else 0.0
            self._cpu_share[pid] = max(0.0, used.cpu_s - had_s) / samples.seconds
        answered = Counter(response.worker for response in samples.responses if response.worker)
        self.requests += answered
        self.killed |= set(samples.killed)
        for pid in answered:
            self._place(pid)

    def _place(self, pid: int) -> None:
        """Gives a process that answers its place: that of one which is gone, or else another one."""
        if any(pid in place for place in self._places):
            return
        gone = next((place for place in self._places if place[-1] not in self._now), None)
        if gone is None:
            self._places.append([pid])
        else:
            gone.append(pid)

    def rows(self) -> list[Row]:
        """The processes that are there now: those that do not answer, then the workers by their places."""
        places = {place[-1]: (number, len(place) - 1) for number, place in enumerate(self._places)}
        now_s = time.monotonic()
        rows = []
        for pid, used in self._now.items():
            number, restarts = places.get(pid, (None, 0))
            uptime_s = now_s - self._first_seen[pid]
            rows.append(Row(number, pid, self._cpu_share[pid], used.rss_mib, self.requests[pid], restarts, uptime_s))
        return sorted(rows, key=lambda row: (-1 if row.number is None else row.number, row.pid))

    @property
    def caption(self) -> str:
        """What the rows come to."""
        total_mib = sum(used.rss_mib for used in self._now.values())
        of = f" of {self.limit_mib:.0f}" if self.limit_mib else ""
        said = f"{total_mib:.0f}{of} MiB in all, {sum(self.requests.values()):,} requests answered"
        return f"{said}, {len(self.killed)} killed for memory" if self.limit_mib else said
