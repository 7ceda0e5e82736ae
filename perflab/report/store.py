"""Records on disk: `results/<name>.json` holds enough to judge a run again without running it again."""

import base64
import gzip
import zlib
from typing import Annotated, Any

from pydantic import BaseModel, Field, PlainSerializer, PlainValidator, TypeAdapter, ValidationError

from perflab import files
from perflab.course.lab import Lab, Side
from perflab.judge import rule
from perflab.judge.agreement import Difference
from perflab.judge.errors import SideError
from perflab.judge.result import Result, Round
from perflab.judge.rule import Outcome, Ruling, Score
from perflab.measure import machine
from perflab.measure.samples import Samples

UNREADABLE = (OSError, EOFError, ValueError, TypeError, zlib.error, ValidationError)  # where a file is cut short
SAMPLES = TypeAdapter(Samples)


def _pack(samples: Samples) -> str:
    """Samples as base64 of compressed JSON, without the excerpts of bodies. `_unpack` reads it."""
    return base64.b64encode(gzip.compress(SAMPLES.dump_json(samples, exclude={"bodies"}), mtime=0)).decode()


def _unpack(stored: Any) -> Samples:
    return stored if isinstance(stored, Samples) else SAMPLES.validate_json(gzip.decompress(base64.b64decode(stored)))


class StoredError(BaseModel):
    """A side that did not serve."""

    side: str
    reason: str
    output: list[str]


class StoredRound(BaseModel):
    """A round, with its samples packed."""

    seed: int
    disturbed: str | None
    violation: str | None
    scores: list[Score]
    samples: dict[Side, Annotated[Samples, PlainSerializer(_pack), PlainValidator(_unpack)]]


class StoredResult(BaseModel):
    """A run of a lab, as its file holds it. `seconds` is how long the run took."""

    lab: str
    outcome: Outcome
    started: str
    seconds: float
    seed: int
    machine: dict[str, Any] = Field(default_factory=machine.describe)
    overrides: list[str]
    finding: str | None
    difference: Difference | None
    error: StoredError | None
    metrics: list[str]
    rounds: list[StoredRound]


class _Ruled(BaseModel):
    ruling: Ruling
    plain: bool = False


class _RuledRound(BaseModel):
    scores: list[_Ruled]


class _Judged(BaseModel):
    """The part of a file that says how the run ended. Files of every version of the course have it."""

    outcome: Outcome
    rounds: list[_RuledRound]


def save(result: Result) -> None:
    """Writes the record of a run to the lab's `results/<name>.json`, in place of the last one. Raises OSError."""
    assert result.outcome
    stored = StoredResult(
        lab=result.lab.name,
        outcome=result.outcome,
        started=result.started,
        seconds=round(result.seconds, 2),
        seed=result.seed,
        overrides=result.overrides,
        finding=result.finding,
        difference=result.difference,
        error=StoredError(**vars(result.error)) if result.error else None,
        metrics=[metric.label for metric in result.lab.metrics],
        rounds=[StoredRound(**vars(one)) for one in result.rounds],
    )
    files.write(result.lab.results(".json"), stored.model_dump_json(indent=1))


def load(lab: Lab) -> Result | None:
    """The last run of a lab; None where there is no record, or none that this version can read."""
    try:
        stored = StoredResult.model_validate_json(lab.results(".json").read_bytes())
    except UNREADABLE:
        return None
    return Result(
        lab,
        stored.seed,
        stored.started,
        stored.seconds,
        outcome=stored.outcome,
        overrides=stored.overrides,
        rounds=[Round(**dict(one)) for one in stored.rounds],
        difference=stored.difference,
        error=SideError(**dict(stored.error)) if stored.error else None,
        finding=stored.finding,
    )


def outcome(lab: Lab) -> Outcome | None:
    """The outcome of a lab's last run; None where no record can be read.

    A lab counts as solved only if the rounds of its record say so, too.
    """
    try:
        judged = _Judged.model_validate_json(lab.results(".json").read_bytes())
    except UNREADABLE:
        return None
    if judged.outcome is not Outcome.SOLVED:
        return judged.outcome
    rounds = [[Score({}, 0.0, one.ruling, one.plain) for one in row.scores] for row in judged.rounds]
    if not rounds or any(len(row) != len(lab.metrics) for row in rounds):
        return None
    return rule.verdict(list(zip(*rounds, strict=True)), rule.terms(lab))
