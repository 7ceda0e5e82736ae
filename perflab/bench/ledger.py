"""The ledgers that jobs enter as they are done: one of each side, and one of each service that does jobs for the sides.

A line is a moment (time.monotonic(), which all processes of a machine share) and the job: see `app.ledger`.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


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
