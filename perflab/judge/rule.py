"""The rule that decides, apart from everything that measures.

Each round drives every side once. Its figures give the share of the gap between slow and reference that the learner's
side closes. A round that reaches the goal is won, one that does not is lost, and one in which the bottleneck did not
show is void. A lead of three settles it: Wald's sequential probability ratio test on the sign (Wald, Sequential Tests
of Statistical Hypotheses, 1945, doi:10.1214/aoms/1177731118). If each round misleads with probability e, independently
of the others, the verdict on one metric is wrong with probability e³ / (e³ + (1 − e)³).

A round may be plain. It is lost plainly with not half of what the goal asks for, where the gap is so wide that the
other half is a factor of two, or more than the least gap that counts. It is won plainly in the better half of what lies
between goal and reference, and so is one in which nothing is to be gained, only to be kept. Chance does either so
seldom that two plain rounds say as much as three others. (In the trials that `benchmarks/` keeps, no good fix has two
plain losses, and no round is lost after two plain wins on each metric.)

Two things bound it. Near a goal no lead may come for long: then the last round that there is time for decides, by
any lead. And where rounds differ by design, being right in most of them is not enough: each kind must be won.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple, get_args

from perflab.course.lab import Lab, Metric, Side
from perflab.measure.samples import Figure

LEAD = 3
PLAIN_LEAD = 2  # where two rounds were won plainly, or lost
PLAINLY_FACTOR = 2.0  # a busy machine moves figures by less, between the sides of a round
KIND_LOST = 2  # by so many rounds: a kind of rounds that is lost
VIOLATED = 2  # rounds, whatever the others are: what nobody may do may happen once by chance
LOAD_AT_MOST_S = 50.0  # of a run's load: nobody should wait for a verdict longer than a minute
ROUNDS_AT_LEAST, ROUNDS_AT_MOST = 5, 11  # odd, so that somebody leads
VOID_AT_MOST = 6
SIDES = get_args(Side)


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
    plain: bool = False  # won or lost far from the goal


WIN = Score({}, 1.0, Ruling.WON, plain=True)


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
    soaked: bool = False,
) -> Score:
    """Rules on one metric of one round. With a `tolerance` there is no gap: the share closed is 1 or 0.

    A violation loses the round, whatever the figures are. A disturbed round is void, unless yours alone was at a
    disadvantage and still wins on speed: a fix that is too fast for the load generator is fast. Growth is never won or
    lost plainly, unless the fix is `soaked` afterwards: it may be only filling up, or not have begun.
    """
    if violation:
        return Score(values, math.nan, Ruling.LOST)
    score = _judge_figures(metric, values)
    if metric.type.of_growth and not (metric.tolerance or soaked):
        score = replace(score, plain=False)
    won_all_the_same = disadvantaged and metric.type.of_speed and score.ruling is Ruling.WON
    return Score(values, math.nan, Ruling.VOID) if disturbed and not won_all_the_same else score


def _judge_figures(metric: Metric, values: Mapping[Side, float]) -> Score:
    if metric.tolerance:
        lost, ours = (metric.worse(values[side], values["slow"]) for side in ("yours", "reference"))
        log = metric.type.log
        half = math.sqrt(max(ours, 1) * metric.tolerance) if log else (max(ours, 0) + metric.tolerance) / 2
        kept = lost <= metric.tolerance
        return Score(values, float(kept), Ruling.WON if kept else Ruling.LOST, plain=kept and lost <= half)
    assert metric.min_effect
    if values["slow"] == values["reference"] or not gap(metric, values) >= metric.min_effect:
        return Score(values, math.nan, Ruling.VOID)
    share = closed(metric, values)
    far = share >= (metric.goal + 1) / 2 or (share < metric.goal / 2 and _is_wide(metric, values))
    return Score(values, share, Ruling.WON if share >= metric.goal else Ruling.LOST, far)


def _is_wide(metric: Metric, values: Mapping[Side, float]) -> bool:
    """Whether half of the way to the goal is more than chance covers."""
    assert metric.min_effect
    half, apart = metric.goal / 2, gap(metric, values)
    return apart**half >= PLAINLY_FACTOR if metric.type.log else apart * half >= metric.min_effect


class Terms(NamedTuple):
    """How a lab's rounds are counted."""

    kinds: int = 1  # of rounds, which come in turn
    at_most: int = ROUNDS_AT_MOST  # rounds that count


def terms(lab: Lab) -> Terms:
    """The terms of a lab: as many rounds as there is time for."""
    kinds = lab.round_kinds
    rounds = int(LOAD_AT_MOST_S / (lab.seconds * len(SIDES)))
    least = ROUNDS_AT_LEAST if kinds == 1 else LEAD * kinds  # one lost round of a kind can be made up for
    return Terms(kinds, max(least, min(ROUNDS_AT_MOST, rounds - 1 + rounds % 2)))


def settled(scores: Sequence[Score], terms: Terms = Terms()) -> Outcome | None:  # noqa: B008  (it is immutable)
    """The outcome for one metric so far: solved, not yet, or None while it is open.

    It takes a lead of three, or of two where two rounds were won plainly, or lost. Solved takes a lead in each kind of
    rounds as well. At the last round that counts, any lead decides.
    """
    kinds, at_most = terms
    leads, counts = [0] * kinds, [0] * kinds
    plain = dict.fromkeys(Ruling, 0)
    for number, score in enumerate(scores):
        plain[score.ruling] += score.plain
        counts[number % kinds] += score.ruling is not Ruling.VOID
        leads[number % kinds] += {Ruling.WON: 1, Ruling.LOST: -1, Ruling.VOID: 0}[score.ruling]
        lead, least = sum(leads), min(leads)
        to_win, to_lose = (PLAIN_LEAD if plain[ruling] >= PLAIN_LEAD else LEAD for ruling in (Ruling.WON, Ruling.LOST))
        if -lead >= to_lose or (kinds > 1 and least <= -KIND_LOST):
            return Outcome.NOT_YET
        if lead >= to_win and least > 0:
            return Outcome.SOLVED
        if sum(counts) >= at_most:
            if lead > 0 and least > 0:
                return Outcome.SOLVED
            if any(count and kind_lead <= 0 for count, kind_lead in zip(counts, leads, strict=True)):
                return Outcome.NOT_YET
    return None


def one_win_away(scores: Sequence[Sequence[Score]], terms: Terms = Terms()) -> bool:  # noqa: B008
    """Whether a lab may be solved by the next round."""
    return verdict([[*one, WIN] for one in scores], terms) is Outcome.SOLVED


def voids(scores: Sequence[Score]) -> int:
    """How many rounds were void."""
    return sum(score.ruling is Ruling.VOID for score in scores)


def verdict(scores: Sequence[Sequence[Score]], terms: Terms = Terms()) -> Outcome | None:  # noqa: B008
    """The outcome of a lab, given its scores metric by metric; None while more rounds may tell.

    Solved when each metric is; not yet as soon as one is not; inconclusive when the rounds are used up.
    """
    outcomes = [settled(one, terms) for one in scores]
    if Outcome.NOT_YET in outcomes:
        return Outcome.NOT_YET
    if all(outcome is Outcome.SOLVED for outcome in outcomes):
        return Outcome.SOLVED
    void = max(voids(one) for one, outcome in zip(scores, outcomes, strict=True) if outcome is None)
    given_up = len(scores[0]) >= terms.at_most + VOID_AT_MOST or void >= VOID_AT_MOST
    return Outcome.INCONCLUSIVE if given_up else None
