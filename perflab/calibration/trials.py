"""Trials of the judge: fixes of known worth, judged many times, on a quiet machine and on busy ones.

A trial is one whole run of a lab. Its record has what the rule saw: the figures of every round, and some of the
latencies behind them, so that `rules` can judge them again. `benchmarks/` has a file of records for each lab. A record
is appended when its trial ends: a series may be interrupted at any time, and goes on where it stopped.
"""

import gzip
import math
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Literal, NamedTuple, get_args

from pydantic import TypeAdapter

from perflab import session
from perflab.course import templates
from perflab.course.lab import Lab
from perflab.judge.result import Result
from perflab.judge.rule import Outcome
from perflab.measure import metrics
from perflab.measure.machine import cores
from perflab.measure.samples import Samples
from perflab.process.managed import Process

Condition = Literal["quiet", "neighbour", "bursts", "one core"]
LATENCIES_KEPT = 200  # of a side in a round
CONDITIONS: tuple[Condition, ...] = get_args(Condition)
WORK = """
import random, sys, time
while True:
    end = time.monotonic() + random.uniform(0.1, 0.5)
    while time.monotonic() < end:
        sum(range(1000))
    time.sleep(random.uniform(0.1, 0.9) if sys.argv[1] == "bursts" else 0)
"""


class Candidate(NamedTuple):
    """A fix of known worth."""

    name: str
    kind: Literal["slow", "reference", "other", "tempting"]
    path: Path


@contextmanager
def candidates(lab: Lab) -> Iterator[list[Candidate]]:
    """Yields the fixes to try a lab with: its slow code, which fixes nothing, and every fix in the solutions."""
    with tempfile.TemporaryDirectory(prefix="perflab-slow-") as folder:
        for file in lab.files:
            (Path(folder) / file).write_text(templates.started(lab, file))
        slow = Path(folder) if len(lab.files) > 1 else Path(folder) / lab.files[0]
        reference = lab.fix("reference")
        assert reference
        found = [Candidate("slow", "slow", slow), Candidate("reference", "reference", reference)]
        found += [Candidate(path.stem, "other", path) for path in lab.others()]
        found += [Candidate(path.stem, "tempting", path) for path in lab.tempting()]
        yield found


@contextmanager
def under(condition: Condition) -> Iterator[None]:
    """Puts this machine under a condition while the block lasts."""
    with ExitStack() as stack:
        if condition in ("neighbour", "bursts"):
            for _ in range(cores()):
                stack.enter_context(Process([sys.executable, "-c", WORK, condition]))
        elif condition == "one core":
            before = os.sched_getaffinity(0)
            os.sched_setaffinity(0, {min(before)})
            stack.callback(os.sched_setaffinity, 0, before)
        yield


def possible(condition: Condition) -> bool:
    """Whether this system can be put under a condition."""
    return condition != "one core" or hasattr(os, "sched_setaffinity")


@dataclass(frozen=True)
class Record:
    """The record of one trial. `seconds` is how long it took."""

    lab: str
    candidate: str
    kind: str
    condition: str
    outcome: Outcome
    seconds: float
    rounds: list[dict[str, Any]]  # of each: whether it was disturbed, and by side figures, conditions and latencies

    @property
    def is_good(self) -> bool:
        """Whether the fix solves its lab."""
        return self.kind in ("reference", "other")

    @property
    def false_solved(self) -> bool:
        """Whether the judge called a fix solved that is not good."""
        return not self.is_good and self.outcome is Outcome.SOLVED

    @property
    def false_not_yet(self) -> bool:
        """Whether the judge rejected a good fix."""
        return self.is_good and self.outcome in (Outcome.NOT_YET, Outcome.WRONG, Outcome.ERROR)


RECORD = TypeAdapter(Record)


def _number(value: float) -> float | None:
    """A figure for JSON, which has no NaN."""
    return None if math.isnan(value) else value


def _latencies(samples: Samples, request: str | None, rng: Random) -> list[int]:
    """Latencies in hundredths of a millisecond: a random sample, to keep records small."""
    latencies = metrics.latencies_ms(samples.select(request))
    return [int(value * 100) for value in rng.sample(latencies, min(LATENCIES_KEPT, len(latencies)))]


def _rounds(result: Result) -> list[dict[str, Any]]:
    """The rounds as a record has them, with latencies of the requests that the lab shows."""
    lab, rng = result.lab, Random(result.seed)
    return [
        {
            "disturbed": one.disturbed,
            "figures": [
                {side: _number(metric.figure(of)) for side, of in one.samples.items()} for metric in lab.metrics
            ],
            "conditions": {
                side: [round(value, 3) for value in (of.conditions.cpu_share, of.conditions.late_share)]
                for side, of in one.samples.items()
            },
            "latencies": {side: _latencies(of, lab.shown.request, rng) for side, of in one.samples.items()},
        }
        for one in result.rounds
    ]


class Verified(NamedTuple):
    """A fix of known worth, judged once."""

    lab: Lab
    candidate: Candidate
    outcome: Outcome

    @property
    def as_expected(self) -> bool:
        """A good fix solves its lab; slow code and tempting fixes do not."""
        return (self.outcome is Outcome.SOLVED) == (self.candidate.kind in ("reference", "other"))


def verify(labs: list[Lab]) -> Iterator[Verified]:
    """Judges each fix of some labs once, and once more where that was inconclusive."""
    for lab in labs:
        with candidates(lab) as found:
            for candidate in found:
                outcome = Outcome.INCONCLUSIVE
                for _ in range(2):
                    if outcome is Outcome.INCONCLUSIVE:
                        result = session.measure(lab, lambda result: None, candidate.path)
                        assert result.outcome
                        outcome = result.outcome
                yield Verified(lab, candidate, outcome)


def file(lab: Lab) -> Path:
    """The file of a lab's records."""
    return lab.root / "benchmarks" / f"{lab.name}.jsonl.gz"


def read(lab: Lab) -> list[Record]:
    """All records of a lab; none where it was not tried yet."""
    if not file(lab).exists():
        return []
    with gzip.open(file(lab)) as lines:
        return [RECORD.validate_json(line) for line in lines]


def append(lab: Lab, record: Record) -> None:
    """Adds a record to the lab's file, as a gzip member of its own: the earlier ones are not rewritten."""
    file(lab).parent.mkdir(exist_ok=True)
    with gzip.open(file(lab), "ab") as lines:
        lines.write(RECORD.dump_json(record) + b"\n")


def hold(lab: Lab, candidate: Candidate, condition: Condition) -> Record:
    """Holds one trial, and returns its record."""
    with under(condition):
        result = session.measure(lab, lambda result: None, candidate.path)
    assert result.outcome
    return Record(
        lab.name,
        candidate.name,
        candidate.kind,
        condition,
        result.outcome,
        round(result.seconds, 1),
        _rounds(result),
    )


QUOTAS: dict[tuple[str, Condition], int] = {
    ("slow", "quiet"): 8,
    ("slow", "neighbour"): 3,
    ("slow", "bursts"): 3,
    ("slow", "one core"): 2,
    ("reference", "quiet"): 8,
    ("reference", "neighbour"): 3,
    ("reference", "bursts"): 3,
    ("reference", "one core"): 2,
    ("other", "quiet"): 1,
    ("other", "neighbour"): 1,
    ("tempting", "quiet"): 1,
    ("tempting", "neighbour"): 1,
}
"""How many trials of each candidate a whole series has for each lab, by kind of candidate and condition."""


class Due(NamedTuple):
    """A trial that is still to be held."""

    lab: Lab
    candidate: Candidate
    condition: Condition
    missing: float  # as a share of the quota: the largest comes first


def due(lab: Lab, found: list[Candidate], records: list[Record]) -> Iterator[Due]:
    """The trials of a lab's series that are still to be held."""
    held = Counter((record.candidate, record.condition) for record in records)
    for candidate in found:
        for (kind, condition), quota in QUOTAS.items():
            missing = quota - held[candidate.name, condition]
            if kind == candidate.kind and possible(condition) and missing > 0:
                yield from (Due(lab, candidate, condition, number / quota) for number in range(missing, 0, -1))


def series(labs: list[Lab], go_on: Callable[[Due, int], bool]) -> None:
    """Holds all the trials that are due, those furthest behind their quota first.

    Before each, `go_on` is called with the trial and the number of trials left. It returns whether to hold it.
    """
    with ExitStack() as stack:
        found = {lab.name: stack.enter_context(candidates(lab)) for lab in labs}
        left = [one for lab in labs for one in due(lab, found[lab.name], read(lab))]
        left.sort(key=lambda one: -one.missing)
        for number, one in enumerate(left):
            if not go_on(one, len(left) - number):
                return
            append(one.lab, hold(one.lab, one.candidate, one.condition))
