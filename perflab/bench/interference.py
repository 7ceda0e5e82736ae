"""Whether a round is fair: what the machine did meanwhile, and the sides beside the one that is driven.

A fix is a program of the same user as all the rest, and may do what any program may. What it does to the others cannot
be forbidden here; but it leaves traces in accounts that are not its own to write, and those are kept.
"""

import sys
import sysconfig
import time
from collections.abc import Mapping
from pathlib import Path

import psutil

from perflab.course.lab import Lab, Side
from perflab.measure.samples import Conditions, Samples
from perflab.process.managed import Process

SWAPPED_BYTES = 2**20  # read back from swap in a round: fewer hurt nobody
OTHERS_REQUESTS, OTHERS_SHARE = 3, 0.02  # that a side may have answered, and the load has not sent


def sources(lab: Lab) -> set[tuple[Path, tuple[int, int]]]:
    """What the sides, the load and the kit are made of, except the learner's own files: each file, and its last change.

    Every file of every package counts, compiled ones too, and whatever Python would import in a package's place: it
    looks in the course's root first, and then among the packages that are installed.
    """
    ours = [*(lab.root / "app").rglob("*"), *(lab.root / "perflab").rglob("*"), *lab.solution.rglob("*")]
    ours += [path for path in lab.folder.glob("*") if not path.name.startswith(lab.files)]  # and no backups of them
    for place in (lab.root, Path(sysconfig.get_path("purelib"))):
        ours += [*place.glob("*.py"), *place.glob("*.pth"), *place.glob("*.so"), *place.glob("*/__init__.*")]
    stats = ((path, path.stat()) for path in ours if path.is_file())
    return {(path, (stat.st_ctime_ns, stat.st_size)) for path, stat in stats}


class Machine:
    """The machine as a whole, from now on: what its host and other programs took from this run's processes."""

    def __init__(self, ours: list[Process]) -> None:
        self.ours = ours
        self.ours_cpu_s = self._ours_cpu_s()
        self.begun_s = time.monotonic()
        self.times = psutil.cpu_times()
        self.swapped_in = self._swapped_in()

    @staticmethod
    def _swapped_in() -> int:
        """Bytes read back from swap so far. Elsewhere than on Linux, psutil counts every page of every file as well."""
        return psutil.swap_memory().sin if sys.platform == "linux" else 0

    def _ours_cpu_s(self) -> list[float]:
        return [process.usage().cpu_s for process in self.ours]

    def watched(self, samples: Samples, others_cpu_s: Mapping[Side, float]) -> Conditions:
        """The round's instrument, completed with what the machine did meanwhile."""
        wall_s = time.monotonic() - self.begun_s
        now = psutil.cpu_times()._asdict()
        used = {name: now[name] - before for name, before in self.times._asdict().items()}
        stolen_s = used.get("steal", 0.0)
        busy_s = sum(used.values()) - used["idle"] - used.get("iowait", 0.0) - stolen_s - used.get("guest", 0.0)
        ours_s = samples.conditions.cpu_share * wall_s
        for used_s, before_s in zip(self._ours_cpu_s(), self.ours_cpu_s, strict=True):
            ours_s += max(0.0, used_s - before_s)  # one that has ended tells nothing any more
        return samples.conditions._replace(
            stolen_share=stolen_s / max(sum(used.values()), 0.01),
            others_cores=max(0.0, busy_s - ours_s) / wall_s,
            ours_cores=ours_s / wall_s,
            cores=psutil.cpu_count() or 1,
            idle_side_cores={side: round(max(0.0, used_s) / wall_s, 3) for side, used_s in others_cpu_s.items()},
            swapped=self._swapped_in() - self.swapped_in > SWAPPED_BYTES,
        )


def tampered(samples: Samples, scheduling: tuple[object, object], stopped: bool) -> str:
    """What somebody did to one of our own sides from outside, at no cost that would show in any account of theirs.

    `favour` is what the scheduler was told of it, when it began and at the last look; `stopped` is whether it was seen
    standing still.
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
            return f"had {others} requests from somebody else"
    return ""
