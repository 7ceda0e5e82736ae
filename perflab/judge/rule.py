"""The rule that decides, apart from everything that measures.

Each round drives every side once. Its figures give the share of the gap between slow and reference that the learner's
side closes. A round that reaches the goal is won, one that does not is lost, and one in which the bottleneck did not
show is void. A lead of three settles it: Wald's sequential probability ratio test on the sign (Wald, Sequential Tests
of Statistical Hypotheses, 1945, doi:10.1214/aoms/1177731118). If each round misleads with probability e, independently
of the others, the verdict on one metric is wrong with probability e³ / (e³ + (1 − e)³).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from perflab.course.lab import Metric, Side
from perflab.measure.samples import Figure

LEAD = 3
ROUNDS_AT_MOST = 15
VOID_AT_MOST = 6


class Outcome(StrEnum):
    """How a run of a lab ends. The values are what learners read."""

    UNTOUCHED = "untouched"
    ERROR = "broken"
    WRONG = "wrong"
    NOT_YET = "not yet"
    SOLVED = "solved"
    INCONCLUSIVE = "unclear"
    SKIPPED = "cannot run here"


class Ruling(StrEnum):
    """What one round says about one metric."""

    WON = "won"
    LOST = "lost"
    VOID = "void"


@dataclass(frozen=True)
class Score:
    """One metric in one round: the three figures, and the share of the gap that yours closes."""

    values: Mapping[Side, Figure]
    closed: Figure  # NaN where the round is void, or lost to a violation
    ruling: Ruling


def gap(metric: Metric, values: Mapping[Side, float]) -> float:
    """How far the reference is ahead of slow: a factor, or a difference. Below `min_effect` it does not show."""
    return metric.worse(values["slow"], values["reference"])


def closed(metric: Metric, values: Mapping[Side, float]) -> float:
    """The share of the gap between slow and reference that yours closes: 0 is slow, 1 is the reference.

    Raises ZeroDivisionError where slow and reference are equal: there is no gap.
    """
    slow, yours, reference = (values[side] for side in ("slow", "yours", "reference"))
    if metric.type.log:
        slow, yours, reference = math.log(slow), math.log(yours), math.log(reference)
    return (slow - yours) / (slow - reference)


def judge(
    metric: Metric,
    values: Mapping[Side, float],
    disturbed: bool = False,
    disadvantaged: bool = False,
    violation: bool = False,
) -> Score:
    """Rules on one metric of one round. With a `tolerance` there is no gap: the share closed is 1 or 0.

    A violation loses the round, whatever the figures are. A disturbed round is void, unless yours alone was at a
    disadvantage and still wins on speed: a fix that is too fast for the load generator is fast.
    """
    if violation:
        return Score(values, math.nan, Ruling.LOST)
    score = _judge_figures(metric, values)
    won_all_the_same = disadvantaged and metric.type.of_speed and score.ruling is Ruling.WON
    return Score(values, math.nan, Ruling.VOID) if disturbed and not won_all_the_same else score


def _judge_figures(metric: Metric, values: Mapping[Side, float]) -> Score:
    if metric.tolerance:
        kept = metric.worse(values["yours"], values["slow"]) <= metric.tolerance
        return Score(values, float(kept), Ruling.WON if kept else Ruling.LOST)
    assert metric.min_effect
    if values["slow"] == values["reference"] or not gap(metric, values) >= metric.min_effect:
        return Score(values, math.nan, Ruling.VOID)
    share = closed(metric, values)
    return Score(values, share, Ruling.WON if share >= metric.goal else Ruling.LOST)


def settled(scores: Sequence[Score]) -> Outcome | None:
    """The outcome for one metric so far: solved, not yet, or None while neither leads by three."""
    lead = 0
    for score in scores:
        lead += {Ruling.WON: 1, Ruling.LOST: -1, Ruling.VOID: 0}[score.ruling]
        if abs(lead) == LEAD:
            return Outcome.SOLVED if lead > 0 else Outcome.NOT_YET
    return None


def voids(scores: Sequence[Score]) -> int:
    """How many rounds were void."""
    return sum(score.ruling is Ruling.VOID for score in scores)


def verdict(scores: Sequence[Sequence[Score]]) -> Outcome | None:
    """The outcome of a lab, given its scores metric by metric; None while more rounds may tell.

    Solved when each metric is; not yet as soon as one is not; inconclusive when the rounds are used up.
    """
    outcomes = [settled(one) for one in scores]
    if Outcome.NOT_YET in outcomes:
        return Outcome.NOT_YET
    if all(outcome is Outcome.SOLVED for outcome in outcomes):
        return Outcome.SOLVED
    void = max(voids(one) for one, outcome in zip(scores, outcomes, strict=True) if outcome is None)
    return Outcome.INCONCLUSIVE if len(scores[0]) >= ROUNDS_AT_MOST or void >= VOID_AT_MOST else None
