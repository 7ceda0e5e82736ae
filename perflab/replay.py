"""Judges recorded rounds again, offline: by the course's own rule, and by what others use, on the very same samples.

A sequence of rounds is drawn, with replacement, from all that were recorded of one candidate under one condition
(the bootstrap: Efron 1979). A rule is fed the sequence and says when it has seen enough. Over many sequences that gives
its error in seconds, where running them all would take days.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import Any, NamedTuple

from perflab import verdict
from perflab.stats import percentile
from perflab.syllabus import Lab, Side
from perflab.trials import Record
from perflab.verdict import Outcome, Score

SEQUENCES = 1000
FASTER = 0.05  # "one run, and a fixed percentage"
P95_WITHIN = 0.15
SIGNIFICANT = 0.05

Round = dict[str, Any]  # as a record has it


class Said(NamedTuple):
    """What a rule made of a sequence of rounds."""

    outcome: Outcome
    rounds: int  # of them, that it needed


def ours(lab: Lab, sequence: Sequence[Round]) -> Said:
    """The course's rule: the share of the gap closed, and a lead of three, won or lost."""
    scores: list[list[Score]] = [[] for _ in lab.measures]
    for number, round in enumerate(sequence, 1):
        for measure, of, figures in zip(lab.measures, scores, round["figures"], strict=True):
            values = {side: math.nan if value is None else value for side, value in figures.items()}
            of.append(verdict.judge(measure, values, bool(round["disturbed"])))
        if outcome := verdict.verdict(scores):
            return Said(outcome, number)
    return Said(Outcome.UNCLEAR, len(sequence))


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
    """Of Mann and Whitney's test, one-sided: how likely `yours` would look so much quicker if it were the same."""
    from scipy.stats import mannwhitneyu

    return float(mannwhitneyu(yours, slow, alternative="less").pvalue)


def mann_whitney(lab: Lab, sequence: Sequence[Round]) -> Said:
    """One run of each side, and a test of all its latencies at five in a hundred."""
    latencies = sequence[0]["latencies"]
    return _faster(_p_value(latencies["slow"], latencies["yours"]) < SIGNIFICANT)


def until_significant(lab: Lab, sequence: Sequence[Round]) -> Said:
    """The same test after every run, over all latencies so far, and stopping as soon as it says yes."""
    slow: list[int] = []
    yours: list[int] = []
    for number, round in enumerate(sequence, 1):
        slow += round["latencies"]["slow"]
        yours += round["latencies"]["yours"]
        if _p_value(slow, yours) < SIGNIFICANT:
            return _faster(True, number)
    return _faster(False, len(sequence))


class Rule(NamedTuple):
    name: str
    says: Callable[[Lab, Sequence[Round]], Said]
    sides: tuple[Side, ...]  # that it has to drive


ALL: tuple[Side, ...] = ("slow", "yours", "reference")
RULES = (
    Rule("this course: gap closed, a lead of three", ours, ALL),
    Rule("one run, 5 % faster", one_run, ALL[:2]),
    Rule("one run, p95 15 % lower", p95_within, ALL[:2]),
    Rule("one run, Mann-Whitney at 5 %", mann_whitney, ALL[:2]),
    Rule("Mann-Whitney after each run, until p < 5 %", until_significant, ALL[:2]),
)


class Error(NamedTuple):
    """How a rule fares with one candidate of one lab under one condition."""

    solved: float  # share of the sequences
    not_yet: float
    unclear: float
    seconds: float  # of load, on average, until it spoke


def usable(lab: Lab, rounds: Iterable[Round]) -> list[Round]:
    """The rounds that every rule can judge: each side was driven, and answered."""
    return [round for round in rounds if set(ALL) <= set(round["latencies"]) and all(round["latencies"].values())]


def error(lab: Lab, rule: Rule, rounds: Sequence[Round], sequences: int = SEQUENCES) -> Error:
    """A rule's error over sequences drawn from these rounds, always the same ones for the same rounds."""
    rng = Random(len(rounds))
    says: dict[Outcome, int] = defaultdict(int)
    needed = 0
    for _ in range(sequences):
        outcome, count = rule.says(lab, rng.choices(rounds, k=verdict.ROUNDS_AT_MOST))
        says[outcome] += 1
        needed += count
    seconds = needed / sequences * lab.seconds * len(rule.sides)
    solved, not_yet, unclear = (
        says[outcome] / sequences for outcome in (Outcome.SOLVED, Outcome.NOT_YET, Outcome.UNCLEAR)
    )
    return Error(solved, not_yet, unclear, seconds)


def pools(lab: Lab, records: Iterable[Record], candidate: str, at_least: int = 9) -> dict[str, list[Round]]:
    """The recorded rounds of a candidate, by condition, where there are enough of them to draw from."""
    found: dict[str, list[Round]] = defaultdict(list)
    for record in records:
        if record.candidate == candidate:
            found[record.condition] += usable(lab, record.rounds)
    return {condition: rounds for condition, rounds in found.items() if len(rounds) >= at_least}
