"""The rule that decides, apart from everything that measures.

Each round drives every side once. From its figures comes the share of the gap between slow and reference that the
learner's side closes. A round that reaches the goal is won, one that does not is lost, and one in which the bottleneck
did not show is void. The first to lead by three settles it: Wald's sequential probability ratio test on the sign
(Wald, Sequential Tests of Statistical Hypotheses, 1945). If a round misleads with probability e, the verdict does with
e³ / (e³ + (1 − e)³).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from perflab.samples import Instrument
from perflab.syllabus import Measure, Side

LEAD = 3
ROUNDS_AT_MOST = 15
VOID_AT_MOST = 6
BUSY_SHARE = 0.9  # of a core: above it the load generator measures itself
LATE_SHARE = 0.05  # of the arrivals
STOLEN_SHARE = 0.1  # of the machine's time


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
    closed: float
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


def judge(measure: Measure, values: Mapping[Side, float], disturbed: bool = False) -> Score:
    """Rules on one measure of one round. Where something is to be kept, all of the gap is closed, or nothing."""
    if measure.within:
        kept = not disturbed and measure.worse(values["yours"], values["slow"]) <= measure.within
        ruling = Ruling.VOID if disturbed else Ruling.WON if kept else Ruling.LOST
        return Score(values, float(kept), ruling)
    assert measure.visible
    if disturbed or values["slow"] == values["reference"] or not gap(measure, values) >= measure.visible:
        return Score(values, math.nan, Ruling.VOID)
    share = closed(measure, values)
    return Score(values, share, Ruling.WON if share >= measure.goal else Ruling.LOST)


def disturbance(instruments: Mapping[Side, Instrument]) -> str | None:
    """Why this round says nothing, if the load generator could not do its part: a sentence's end."""
    for side, instrument in instruments.items():
        if instrument.cpu_share > BUSY_SHARE:
            return f"the load generator used {instrument.cpu_share:.0%} of a core while it drove {side}"
        if instrument.late_share > LATE_SHARE:
            return f"{instrument.late_share:.0%} of the requests to {side} were sent late"
        if instrument.stolen_share > STOLEN_SHARE:
            return f"the host took {instrument.stolen_share:.0%} of this machine's time while {side} was driven"
        if instrument.swapped:
            return f"memory was swapped while {side} was driven"
    return None


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
