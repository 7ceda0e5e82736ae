"""What interferes with a round: other programs on the machine, and the sides that are not driven.

A fix runs as the same user as everything else, and may do what any program may. Nothing here can forbid what it does to
the others. But that leaves traces in accounts which the fix does not write, and these are read.
"""

import re
import sys
import sysconfig
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from perflab.bench.server import Server
from perflab.course.lab import Lab, Side
from perflab.measure.samples import Conditions, Samples
from perflab.process.managed import Process

SWAPPED_BYTES = 2**20  # read back from swap in a round: fewer do no harm
OTHERS_REQUESTS, OTHERS_SHARE = 3, 0.02  # that a side may have answered without the load having sent them


def sources(lab: Lab) -> set[tuple[Path, tuple[int, int]]]:
    """The files of the sides, the load and the kit, each with its last change (ns) and size (bytes).

    The learner's own files are not among them. Every file of every package is, also compiled ones, and every file that
    Python would import in a package's place: it searches the course's root first, then the installed packages.
    """
    ours = [*(lab.root / "app").rglob("*"), *(lab.root / "perflab").rglob("*"), *lab.solution.rglob("*")]
    # Nor their backups, nor what an editor keeps beside them, such as .fix.py.swp.
    ours += [path for path in lab.folder.glob("*") if not any(file in path.name for file in lab.files)]
    for place in (lab.root, Path(sysconfig.get_path("purelib"))):
        ours += [*place.glob("*.py"), *place.glob("*.pth"), *place.glob("*.so"), *place.glob("*/__init__.*")]
    stats = ((path, path.stat()) for path in ours if path.is_file())
    return {(path, (stat.st_ctime_ns, stat.st_size)) for path, stat in stats}


class Hidden:
    """What grows on the machine, and is in no account of a side's processes: shared memory, and files.

    Of shared memory the most counts that any look found. Files may come and go, as on any site: what is left counts.
    """

    def __init__(self, process: Process) -> None:
        self.process = process
        self.before_mib = self.most_mib = self._shared_mib()
        self.files_before_mib = self._files_mib()

    def _shared_mib(self) -> float:
        shared = getattr(psutil.virtual_memory(), "shared", 0)  # on Linux: memfd, shared memory, tmpfs
        for one in self.process.tree():
            with suppress(psutil.Error):
                shared -= self._mapped(one)
        return float(shared) / 2**20

    @staticmethod
    def _files_mib() -> float:
        everywhere = (Path(), Path(tempfile.gettempdir()), Path.home())
        places = {place.stat().st_dev: place for place in everywhere if place.exists()}
        return sum(psutil.disk_usage(str(place)).used for place in places.values()) / 2**20

    @staticmethod
    def _mapped(process: psutil.Process) -> int:
        """Bytes of shared memory in a process's resident memory, on Linux."""
        status = Path(f"/proc/{process.pid}/status")
        with suppress(OSError):
            found = re.search(r"^RssShmem:\s+(\d+)", status.read_text(), re.M)
            return int(found[1]) * 1024 if found else 0
        return 0

    def look(self) -> None:
        """Notes how much shared memory there is now."""
        self.most_mib = max(self.most_mib, self._shared_mib())

    def grown_mib(self) -> float:
        """By how many MiB it has grown since."""
        self.look()
        grown = (self.most_mib - self.before_mib, self._files_mib() - self.files_before_mib)
        return round(sum(max(0.0, mib) for mib in grown), 1)  # neither makes up for the other


class Machine:
    """The machine as a whole, from now on: what its host and other programs take from this run's processes."""

    def __init__(self, ours: Sequence[Process | Server]) -> None:
        self.ours = ours
        self.ours_cpu_s = self._ours_cpu_s()
        self.begun_s = time.monotonic()
        self.times = psutil.cpu_times()
        self.swapped_in = self._swapped_in()

    @staticmethod
    def _swapped_in() -> int:
        """Bytes read back from swap so far. 0 outside Linux, where psutil also counts the pages of every file."""
        return psutil.swap_memory().sin if sys.platform == "linux" else 0

    def _ours_cpu_s(self) -> list[float]:
        return [process.usage().cpu_s for process in self.ours]

    def watched(self, samples: Samples, others_cpu_s: Mapping[Side, float]) -> Conditions:
        """The round's conditions, completed with what the machine did meanwhile.

        `others_cpu_s` is the CPU time in seconds that each idle side used.
        """
        wall_s = time.monotonic() - self.begun_s
        now = psutil.cpu_times()._asdict()
        used = {name: now[name] - before for name, before in self.times._asdict().items()}
        stolen_s = used.get("steal", 0.0)
        busy_s = sum(used.values()) - used["idle"] - used.get("iowait", 0.0) - stolen_s - used.get("guest", 0.0)
        ours_s = samples.conditions.cpu_share * wall_s
        for used_s, before_s in zip(self._ours_cpu_s(), self.ours_cpu_s, strict=True):
            ours_s += max(0.0, used_s - before_s)  # one that has ended has no usage any more
        return samples.conditions._replace(
            stolen_share=stolen_s / max(sum(used.values()), 0.01),
            others_cores=max(0.0, busy_s - ours_s) / wall_s,
            ours_cores=ours_s / wall_s,
            cores=psutil.cpu_count() or 1,
            idle_side_cores={side: round(max(0.0, used_s) / wall_s, 3) for side, used_s in others_cpu_s.items()},
            swapped=self._swapped_in() - self.swapped_in > SWAPPED_BYTES,
        )


def tampered(samples: Samples, scheduling: tuple[object, object], stopped: bool) -> str:
    """What another process did to one of our own sides: the end of a sentence, or "" where it did nothing.

    That costs the other process too little to show in its own usage. `scheduling` is the side's priority and processors
    at its start and at the last look; `stopped` is whether it was seen stopped by a signal.
    """
    if stopped:
        return "was stopped by a signal"
    if scheduling[0] != scheduling[1]:
        return "was given another priority, or other processors"
    assert samples.before and samples.after
    alone = samples.before.pids == samples.after.pids and len(samples.after.pids) == 1  # else each counts its own
    if alone and samples.served is not None:
        others = samples.served - len(samples.responses) - samples.abandoned
        if others > max(OTHERS_REQUESTS, OTHERS_SHARE * len(samples.responses)):
            return f"had {others} requests from another client"
    return ""
