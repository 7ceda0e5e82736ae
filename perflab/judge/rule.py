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

from perflab.course.lab import Measure, Side

LEAD = 3
ROUNDS_AT_MOST = 15
VOID_AT_MOST = 6


class Outcome(StrEnum):
    UNTOUCHED = "untouched"
    BROKEN = "broken"
    WRONG = "wrong"
    NOT_YET = "not yet"
    SOLVED = "solved"
    UNCLEAR = "unclear"
    CANNOT_RUN = "cannot run here"


class Ruling(StrEnum):
    """What one round says about one measure."""

    WON = "won"
    LOST = "lost"
    VOID = "void"


@dataclass(frozen=True)
class Score:
    """One measure in one round: the three figures, and the share of the gap that yours closes."""

    values: Mapping[Side, float]
    closed: float  # NaN where the round says nothing of it: void, or lost to foul play
    ruling: Ruling


def gap(measure: Measure, values: Mapping[Side, float]) -> float:
    """How far the reference is ahead of slow: a factor, or a difference. Below `measure.visible` it does not show."""
    return measure.worse(values["slow"], values["reference"])


def closed(measure: Measure, values: Mapping[Side, float]) -> float:
    """The share of the gap between slow and reference that yours closes: 0 is slow, 1 is the reference.

    Raises ZeroDivisionError where slow and reference are equal: there is no gap to have a share of.
    """
    slow, yours, reference = (values[side] for side in ("slow", "yours", "reference"))
    if measure.kind.log:
        slow, yours, reference = math.log(slow), math.log(yours), math.log(reference)
    return (slow - yours) / (slow - reference)


def judge(
    measure: Measure,
    values: Mapping[Side, float],
    disturbed: bool = False,
    handicapped: bool = False,
    foul: bool = False,
) -> Score:
    """Rules on one measure of one round. Where something is to be kept, all of the gap is closed, or nothing.

    A foul loses the round, whatever the figures say. A round that was disturbed is void; but where yours alone was
    handicapped, it may still win: who is too quick for the load generator is quick.
    """
    if foul:
        return Score(values, math.nan, Ruling.LOST)
    score = _judge_figures(measure, values)
    won_all_the_same = handicapped and measure.kind.of_speed and score.ruling is Ruling.WON
    return Score(values, math.nan, Ruling.VOID) if disturbed and not won_all_the_same else score


def _judge_figures(measure: Measure, values: Mapping[Side, float]) -> Score:
    if measure.within:
        kept = measure.worse(values["yours"], values["slow"]) <= measure.within
        return Score(values, float(kept), Ruling.WON if kept else Ruling.LOST)
    assert measure.visible
    if values["slow"] == values["reference"] or not gap(measure, values) >= measure.visible:
        return Score(values, math.nan, Ruling.VOID)
    share = closed(measure, values)
    return Score(values, share, Ruling.WON if share >= measure.goal else Ruling.LOST)


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
    return Outcome.UNCLEAR if len(scores[0]) >= ROUNDS_AT_MOST or void >= VOID_AT_MOST else None
