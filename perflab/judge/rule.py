"""The rule that decides, apart from everything that measures.

Each round drives every side once. From its figures comes the share of the gap between slow and reference that the
learner's side closes. A round that reaches the goal is won, one that does not is lost, and one in which the bottleneck
did not show is void. The first to lead by three settles it: Wald's sequential probability ratio test on the sign
(Wald, Sequential Tests of Statistical Hypotheses, 1945). If each round misleads with probability e, whatever the others
did, a measure's verdict does with e³ / (e³ + (1 − e)³).
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
    UNTOUCHED = "untouched"
    ERROR = "broken"
    WRONG = "wrong"
    NOT_YET = "not yet"
    SOLVED = "solved"
    INCONCLUSIVE = "unclear"
    SKIPPED = "cannot run here"


class Ruling(StrEnum):
    """What one round says about one measure."""

    WON = "won"
    LOST = "dropped"
    VOID = "void"


@dataclass(frozen=True)
class Score:
    """One measure in one round: the three figures, and the share of the gap that yours closes."""

    values: Mapping[Side, Figure]
    closed: Figure  # NaN where the round says nothing of it: void, or lost to foul play
    ruling: Ruling


def gap(metric: Metric, values: Mapping[Side, float]) -> float:
    """How far the reference is ahead of slow: a factor, or a difference. Below `measure.visible` it does not show."""
    return metric.worse(values["slow"], values["reference"])


def closed(metric: Metric, values: Mapping[Side, float]) -> float:
    """The share of the gap between slow and reference that yours closes: 0 is slow, 1 is the reference.

    Raises ZeroDivisionError where slow and reference are equal: there is no gap to have a share of.
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
    """Rules on one measure of one round. Where something is to be kept, all of the gap is closed, or nothing.

    A foul loses the round, whatever the figures say. A round that was disturbed is void; but where yours alone was
    handicapped, it may still win: who is too quick for the load generator is quick.
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
    """The outcome for one measure so far: solved, not yet, or None while nobody leads by three."""
    lead = 0
    for score in scores:
        lead += {Ruling.WON: 1, Ruling.LOST: -1, Ruling.VOID: 0}[score.ruling]
        if abs(lead) == LEAD:
            return Outcome.SOLVED if lead > 0 else Outcome.NOT_YET
    return None


def voids(scores: Sequence[Score]) -> int:
    return sum(score.ruling is Ruling.VOID for score in scores)


def verdict(scores: Sequence[Sequence[Score]]) -> Outcome | None:
    """The outcome of a lab, given its scores measure by measure; None while more rounds may tell.

    Solved when each measure is; not yet as soon as one is not; unclear when the rounds are used up.
    """
    outcomes = [settled(one) for one in scores]
    if Outcome.NOT_YET in outcomes:
        return Outcome.NOT_YET
    if all(outcome is Outcome.SOLVED for outcome in outcomes):
        return Outcome.SOLVED
    void = max(voids(one) for one, outcome in zip(scores, outcomes, strict=True) if outcome is None)
    return Outcome.INCONCLUSIVE if len(scores[0]) >= ROUNDS_AT_MOST or void >= VOID_AT_MOST else None
