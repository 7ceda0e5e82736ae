"""Judges recorded rounds again, offline: by the course's own rule and by common others, on the same samples.

A sequence of rounds is drawn without replacement from all that were recorded of one candidate (subsampling: Politis and
Romano 1994, doi:10.1214/aos/1176325770), since a repeated round would make chance look like evidence. A rule reads the
sequence until it has seen enough. Many sequences give its error within seconds, where running them would take days.
Rounds count as independent here, and by their figures alone: violations are not in the records.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Sequence
from random import Random
from typing import Any, NamedTuple

from perflab.calibration.trials import Record
from perflab.course.lab import Lab, Side
from perflab.judge import rule
from perflab.judge.rule import ROUNDS_AT_MOST, Outcome, Score
from perflab.measure.metrics import percentile

SEQUENCES = 1000
AT_LEAST = 9  # rounds to draw from: three times what a verdict needs
FASTER = 0.05  # "one run, and a fixed percentage"
P95_WITHIN = 0.15
SIGNIFICANT = 0.05
RUNS = 5  # of two sides: as much load as the course's rule needs, which drives three sides three times

Round = dict[str, Any]  # as in a record
ALL: tuple[Side, ...] = ("slow", "yours", "reference")


class Said(NamedTuple):
    """What a rule made of a sequence of rounds."""

    outcome: Outcome
    rounds: int  # how many of them it needed


def ours(lab: Lab, sequence: Sequence[Round]) -> Said:
    """The share of the gap closed, and a lead of three, or of two where they are plain; at last, by any lead."""
    scores: list[list[Score]] = [[] for _ in lab.metrics]
    for number, round in enumerate(sequence, 1):
        for metric, of, figures in zip(lab.metrics, scores, round["figures"], strict=True):
            values = {side: math.nan if value is None else value for side, value in figures.items()}
            of.append(rule.judge(metric, values, bool(round["disturbed"])))
        if outcome := rule.verdict(scores, rule.terms(lab)):
            return Said(outcome, number)
    return Said(Outcome.INCONCLUSIVE, len(sequence))


def _faster(is_faster: bool, rounds: int = 1) -> Said:
    return Said(Outcome.SOLVED if is_faster else Outcome.NOT_YET, rounds)


def one_run(lab: Lab, sequence: Sequence[Round]) -> Said:
    """One run of each side, and a fixed percentage: the median must be five in a hundred lower."""
    slow, yours = (percentile(sequence[0]["latencies"][side], 0.5) for side in ("slow", "yours"))
    return _faster(yours <= slow * (1 - FASTER))


def p95_within(lab: Lab, sequence: Sequence[Round]) -> Said:
    """One run of each side: the 95th percentile must be fifteen in a hundred lower."""
    slow, yours = (percentile(sequence[0]["latencies"][side], 0.95) for side in ("slow", "yours"))
    return _faster(yours <= slow * (1 - P95_WITHIN))


def _p_value(slow: Sequence[int], yours: Sequence[int]) -> float:
    """The p value of Mann and Whitney's one-sided test: how likely `yours` looks this much faster by chance alone."""
    from scipy.stats import mannwhitneyu

    return float(mannwhitneyu(yours, slow, alternative="less").pvalue)


def mann_whitney(lab: Lab, sequence: Sequence[Round]) -> Said:
    """One run of each side, and Mann and Whitney's test of its latencies at five in a hundred."""
    return _pooled(sequence[:1])


def five_runs(lab: Lab, sequence: Sequence[Round]) -> Said:
    """The same test of the latencies of five runs together: as much load as the course's rule needs."""
    return _pooled(sequence[:RUNS])


def _pooled(sequence: Sequence[Round]) -> Said:
    slow, yours = ([latency for round in sequence for latency in round["latencies"][side]] for side in ALL[:2])
    return _faster(_p_value(slow, yours) < SIGNIFICANT, len(sequence))


def until_significant(lab: Lab, sequence: Sequence[Round]) -> Said:
    """The same test after every run, of all latencies so far, stopping as soon as it says yes."""
    looks = (_pooled(sequence[:number]) for number in range(1, len(sequence) + 1))
    return next((look for look in looks if look.outcome is Outcome.SOLVED), _faster(False, len(sequence)))


class Rule(NamedTuple):
    """A rule that decides whether a lab is solved. The docstring of `says` is its description in the report."""

    name: str
    says: Callable[[Lab, Sequence[Round]], Said]
    sides: tuple[Side, ...]  # the ones it has to drive


RULES = (
    Rule("this course: gap closed, a lead of three", ours, ALL),
    Rule("one run, 5 % faster", one_run, ALL[:2]),
    Rule("one run, p95 15 % lower", p95_within, ALL[:2]),
    Rule("one run, Mann-Whitney at 5 %", mann_whitney, ALL[:2]),
    Rule("five runs, Mann-Whitney at 5 %", five_runs, ALL[:2]),
    Rule("Mann-Whitney after each run, until p < 5 %", until_significant, ALL[:2]),
)


class Error(NamedTuple):
    """How a rule fares with one candidate of one lab under one condition."""

    solved: float  # share of the sequences
    not_yet: float
    unclear: float
    seconds: float  # of load until its verdict, on average


def usable(lab: Lab, rounds: Iterable[Round]) -> list[Round]:
    """The rounds that every rule can judge: each side was driven, and responded."""
    return [round for round in rounds if set(ALL) <= set(round["latencies"]) and all(round["latencies"].values())]


def error(lab: Lab, rule: Rule, rounds: Sequence[Round], sequences: int = SEQUENCES) -> Error:
    """A rule's error over sequences drawn from these rounds. The same rounds always give the same sequences."""
    rng = Random(len(rounds))
    says: dict[Outcome, int] = defaultdict(int)
    needed = 0
    for _ in range(sequences):
        outcome, count = rule.says(lab, rng.sample(rounds, min(len(rounds), ROUNDS_AT_MOST)))
        says[outcome] += 1
        needed += count
    seconds = needed / sequences * lab.seconds * len(rule.sides)
    solved, not_yet, unclear = (
        says[outcome] / sequences for outcome in (Outcome.SOLVED, Outcome.NOT_YET, Outcome.INCONCLUSIVE)
    )
    return Error(solved, not_yet, unclear, seconds)


def is_asked(lab: Lab) -> bool:
    """Whether the other rules can judge a lab: its metric is a latency, and shorter is better."""
    return lab.shown.type.percentile is not None and bool(lab.shown.min_effect) and not lab.is_about_load


def pool(lab: Lab, records: Iterable[Record], candidate: str, conditions: Container[str]) -> list[Round]:
    """The usable rounds of a candidate under some conditions; none where they are fewer than `AT_LEAST`."""
    mine = [one for one in records if one.candidate == candidate and one.condition in conditions]
    rounds = [round for record in mine for round in usable(lab, record.rounds)]
    return rounds if len(rounds) >= AT_LEAST else []
