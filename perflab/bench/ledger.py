"""The ledgers that jobs enter as they are done: one of each side, and one of each service that does jobs for the sides.

A line is a moment (time.monotonic(), which all processes of a machine share) and the job: see `app.ledger`.
"""

import re
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

LISTENER = re.compile(r"listener ((\d{1,10})\.\d{1,15}) (came|left)")


def entries(path: Path) -> Iterator[tuple[str, float]]:
    """Each entry, in order: the job, and the moment when it was entered (time.monotonic())."""
    for line in path.read_text().splitlines():
        moment, _, job = line.partition(" ")
        with suppress(ValueError):  # a fix may write there, too
            yield job, float(moment)


def read(path: Path, since: float) -> dict[str, float]:
    """The jobs that were done since a moment, and when, in seconds from it. Each counts once, the first time."""
    moments: dict[str, float] = {}
    for job, moment in entries(path):
        moments.setdefault(job, moment - since)
    return {job: moment_s for job, moment_s in moments.items() if moment_s >= 0}


def listeners(path: Path, since: float, alive: Collection[int]) -> list[tuple[float, int]]:
    """How many listen of those who came since a moment, whenever one comes or leaves: seconds from then, and counts.

    A process that is not among those `alive` has taken its listeners with it, and they are left out.
    """
    there: set[str] = set()
    steps = [(0.0, 0)]
    for job, moment in entries(path):
        said = LISTENER.fullmatch(job)
        if said and int(said[2]) in alive and moment >= since:
            (there.add if said[3] == "came" else there.discard)(said[1])
            steps.append((moment - since, len(there)))
    return steps
