"""Results on disk: `results/<name>.json` holds enough to judge a run again without running it again."""

import base64
import gzip
import json
import math
import zlib
from pathlib import Path

from perflab import files
from perflab.course.lab import Lab
from perflab.judge import rule
from perflab.judge.agreement import Difference
from perflab.judge.errors import Broken
from perflab.judge.experiment import Result, Round
from perflab.judge.rule import Outcome, Ruling, Score
from perflab.measure import machine
from perflab.measure.samples import Samples

UNREADABLE = (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, zlib.error)  # of a file cut short


def number(value: float) -> float | None:
    """A figure for JSON, which has no NaN."""
    return None if math.isnan(value) else value


def _figure(value: float | None) -> float:
    return math.nan if value is None else value


def _pack(samples: Samples) -> str:
    return base64.b64encode(gzip.compress(json.dumps(samples.as_json()).encode(), mtime=0)).decode()


def _unpack(text: str) -> Samples:
    return Samples.from_json(json.loads(gzip.decompress(base64.b64decode(text))))


def save(result: Result) -> Path:
    """Writes the evidence of a run and returns where it is."""
    path = result.lab.results(".json")
    data = {
        "lab": result.lab.name,
        "outcome": result.outcome,
        "started": result.started,
        "seconds": round(result.seconds, 2),
        "seed": result.seed,
        "machine": machine.describe(),
        "brings": result.brings,
        "lacking": result.lacking,
        "difference": result.difference and vars(result.difference),
        "broken": result.broken and vars(result.broken),
        "measures": [measure.label for measure in result.lab.measures],
        "rounds": [
            {
                "seed": round.seed,
                "disturbed": round.disturbed,
                "foul": round.foul,
                "scores": [
                    {
                        "values": {side: number(value) for side, value in score.values.items()},
                        "closed": number(score.closed),
                        "ruling": score.ruling,
                    }
                    for score in round.scores
                ],
                "samples": {side: _pack(samples) for side, samples in round.samples.items()},
            }
            for round in result.rounds
        ],
    }
    files.write(path, json.dumps(data, indent=1, allow_nan=False))
    return path


def load(lab: Lab) -> Result | None:
    """Reads the last run's evidence; None where there is none, or none that this version can read."""
    try:
        data = json.loads(lab.results(".json").read_text())
        result = Result(lab, data["seed"], data["started"], data["seconds"], outcome=Outcome(data["outcome"]))
        result.brings, result.lacking = data["brings"], data["lacking"]
        result.difference = Difference(**data["difference"]) if data["difference"] else None
        result.broken = Broken(**data["broken"]) if data["broken"] else None
        for row in data["rounds"]:
            scores = [
                Score(
                    {side: _figure(value) for side, value in one["values"].items()},
                    _figure(one["closed"]),
                    Ruling(one["ruling"]),
                )
                for one in row["scores"]
            ]
            samples = {side: _unpack(text) for side, text in row["samples"].items()}
            result.rounds.append(Round(row["seed"], samples, scores, row["disturbed"], row["foul"]))
        return result
    except UNREADABLE:
        return None


def outcome(lab: Lab) -> Outcome | None:
    """The last run's outcome, without reading its samples. A lab counts as solved if its rounds say so, too."""
    try:
        data = json.loads(lab.results(".json").read_text())
        said = Outcome(data["outcome"])
        if said is Outcome.SOLVED:
            rounds = [[Score({}, math.nan, Ruling(one["ruling"])) for one in row["scores"]] for row in data["rounds"]]
            judged = rule.verdict(list(zip(*rounds, strict=True))) if rounds else None
            return said if judged is said and len(rounds[0]) == len(lab.measures) else None
        return said
    except UNREADABLE:
        return None
