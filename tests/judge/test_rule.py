"""The rule that decides."""

import math
from collections.abc import Sequence
from random import Random

import pytest
import toy

from perflab.judge import rule
from perflab.judge.rule import Outcome, Ruling, Score

RULINGS = {"W": Ruling.WON, "+": Ruling.WON, "L": Ruling.LOST, "x": Ruling.LOST, "-": Ruling.VOID}


def scores(rounds: str) -> list[Score]:
    """`"WLx+-"`: a round won, one lost, one lost plainly, one won plainly, one void."""
    return [Score({}, math.nan, RULINGS[letter], plain=letter in "x+") for letter in rounds]


def values(slow: float, yours: float, reference: float) -> dict[str, float]:
    return {"slow": slow, "yours": yours, "reference": reference}


# The gap, and the share of it that is closed.


@pytest.mark.parametrize(
    ("type_name", "sides", "gap", "closed"),
    [
        pytest.param("latency_ms_p99", values(100, 100, 1), 100, 0.0, id="as slow"),
        pytest.param("latency_ms_p99", values(100, 1, 1), 100, 1.0, id="as fast as the reference"),
        pytest.param("latency_ms_p99", values(100, 10, 1), 100, 0.5, id="half the ratio is half the gap"),
        pytest.param("latency_ms_p99", values(100, 1000, 1), 100, -0.5, id="slower than slow"),
        pytest.param("latency_ms_p99", values(100, 0.1, 1), 100, 1.5, id="faster than the reference"),
        pytest.param("failed", values(10, 4, 0), 10, 0.6, id="counts compare by difference"),
        pytest.param("failed", values(10, 0, 0), 10, 1.0, id="a count may be nothing"),
        pytest.param("rss_kib_per_request", values(12, 2, -8), 20, 0.5, id="memory may be given back"),
        pytest.param("responses_per_s", values(10, 20, 40), 4, 0.5, id="more is better"),
        pytest.param("responses_per_s", values(10, 5, 40), 4, -0.5, id="more is better, and this is less"),
        pytest.param("workers", values(1, 4, 4), 4, 1.0, id="more workers are better"),
    ],
)
def test_gap_and_share_are_by_factor_or_by_difference(type_name, sides, gap, closed) -> None:
    metric = toy.metric(type_name)
    assert rule.gap(metric, sides) == pytest.approx(gap)
    assert rule.closed(metric, sides) == pytest.approx(closed)


@pytest.mark.parametrize("unit", [1.0, 1000.0])
def test_a_ratio_does_not_depend_on_its_unit(unit: float) -> None:
    share = rule.closed(toy.metric(), values(100 * unit, 20 * unit, 2 * unit))
    assert share == pytest.approx(math.log(5) / math.log(50))


# One round: won, lost or void.


@pytest.mark.parametrize(
    ("yours", "ruling"), [(5.9, Ruling.WON), (6, Ruling.WON), (6.1, Ruling.LOST), (20, Ruling.LOST)]
)
def test_a_round_is_won_when_the_share_reaches_the_goal(yours: float, ruling: Ruling) -> None:
    metric = toy.metric("failed", goal=0.5)
    assert rule.judge(metric, values(12, yours, 0)).ruling is ruling


def test_a_score_keeps_its_figures_and_its_share() -> None:
    score = rule.judge(toy.metric(), values(100, 10, 1))
    assert score.values == values(100, 10, 1)
    assert score.closed == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("type_name", "min_effect", "sides"),
    [
        pytest.param("latency_ms_p99", 4, values(39, 10, 10), id="less than a factor of four"),
        pytest.param("failed", 4, values(3, 0, 0), id="less than four apart"),
        pytest.param("responses_per_s", 4, values(10, 39, 39), id="less than four times as many"),
        pytest.param("latency_ms_p99", 4, values(1, 1, 100), id="our fix is slower"),
        pytest.param("latency_ms_p99", 2, values(7, 7, 7), id="no gap at all, as a factor"),
        pytest.param("failed", 2, values(7, 7, 7), id="no gap at all, as a difference"),
        pytest.param("latency_ms_p99", 1, values(7, 7, 7), id="no gap at all, where any would do"),
        pytest.param("rss_mib", 2, values(math.nan, 1, 1), id="slow is not known"),
        pytest.param("rss_mib", 2, values(9, 1, math.nan), id="the reference is not known"),
    ],
)
def test_a_round_without_a_visible_gap_is_void(type_name: str, min_effect: float, sides: dict[str, float]) -> None:
    score = rule.judge(toy.metric(type_name, min_effect=min_effect), sides)
    assert score.ruling is Ruling.VOID
    assert math.isnan(score.closed)


@pytest.mark.parametrize(("type_name", "slow", "reference"), [("latency_ms_p99", 40, 10), ("failed", 4, 0)])
def test_a_gap_of_just_the_minimum_counts(type_name: str, slow: float, reference: float) -> None:
    score = rule.judge(toy.metric(type_name, min_effect=4), values(slow, reference, reference))
    assert score.ruling is Ruling.WON


def test_a_disturbed_round_is_void_however_clear_it_looks() -> None:
    assert rule.judge(toy.metric(), values(100, 1, 1), disturbed=True).ruling is Ruling.VOID


def test_an_unknown_figure_is_lost_and_never_won() -> None:
    assert rule.judge(toy.metric("rss_mib"), values(100, math.nan, 1)).ruling is Ruling.LOST


def test_a_fix_without_responses_loses_the_round_without_an_error() -> None:
    metric = toy.metric("workers")
    sides = {"slow": toy.samples(), "yours": toy.samples([], failed=9), "reference": toy.samples()}
    sides["reference"].responses += toy.samples(worker=102).responses
    figures = {side: metric.figure(samples) for side, samples in sides.items()}
    assert rule.judge(metric, figures).ruling is Ruling.LOST


def test_a_slow_side_without_responses_is_no_error_either() -> None:
    metric = toy.metric("workers")
    sides = {"slow": toy.samples([], failed=9), "yours": toy.samples(), "reference": toy.samples()}
    figures = {side: metric.figure(samples) for side, samples in sides.items()}
    assert rule.judge(metric, figures).ruling is not Ruling.LOST


# What loses or voids a round, whatever its figures are.


def test_a_violation_loses_the_round_whatever_its_figures() -> None:
    quick = values(100, 1, 1)
    assert rule.judge(toy.metric(), quick).ruling is Ruling.WON
    for disturbed in (False, True):
        assert rule.judge(toy.metric(), quick, disturbed, violation=True).ruling is Ruling.LOST
    tolerant = toy.metric("failed", min_effect=None, tolerance=3)
    assert rule.judge(tolerant, values(0, 0, 0), violation=True).ruling is Ruling.LOST


@pytest.mark.parametrize(
    ("type_name", "sides", "ruling"),
    [
        pytest.param("responses_per_s", values(10, 40, 40), Ruling.WON, id="fast enough in spite of it"),
        pytest.param("responses_per_s", values(10, 12, 40), Ruling.VOID, id="nothing shows how fast it could be"),
        pytest.param("latency_ms_p99", values(100, 1, 1), Ruling.WON, id="fast in spite of it"),
        pytest.param("rss_kib_per_request", values(10, 0, 0), Ruling.VOID, id="fewer requests take less memory"),
        pytest.param("failed", values(10, 0, 0), Ruling.VOID, id="fewer requests fail"),
    ],
)
def test_a_disadvantaged_side_wins_if_it_is_still_fast(type_name: str, sides, ruling: Ruling) -> None:
    metric = toy.metric(type_name)
    assert rule.judge(metric, sides, disturbed=True, disadvantaged=True).ruling is ruling
    assert rule.judge(metric, sides, disturbed=True).ruling is Ruling.VOID
    assert rule.judge(metric, sides, True, True, violation=True).ruling is Ruling.LOST


# Many rounds: Wald's sequential test.


@pytest.mark.parametrize(
    ("rounds", "outcome"),
    [
        ("", None),
        ("WW", None),
        ("WWW", Outcome.SOLVED),
        ("LLL", Outcome.NOT_YET),
        ("WLWWW", Outcome.SOLVED),
        ("WLLLL", Outcome.NOT_YET),
        ("WWLL" * 2, None),
        ("WL" * 5 + "W", Outcome.SOLVED),
        ("LW" * 5 + "L", Outcome.NOT_YET),
        ("WLWWLWW", Outcome.SOLVED),
        ("W-W-W", Outcome.SOLVED),
        ("------", None),
        ("WWWLLLLLL", Outcome.SOLVED),
        ("LLLWWWWWW", Outcome.NOT_YET),
    ],
)
def test_the_first_to_lead_by_three_settles_it(rounds: str, outcome: Outcome | None) -> None:
    assert rule.settled(scores(rounds)) is outcome


@pytest.mark.parametrize(
    ("rounds", "outcome"),
    [
        pytest.param("x", None, id="one may be chance"),
        pytest.param("xx", Outcome.NOT_YET, id="two lost are not"),
        pytest.param("++", Outcome.SOLVED, id="nor are two won"),
        pytest.param("x-x", Outcome.NOT_YET, id="lost, with a void one between"),
        pytest.param("+-+", Outcome.SOLVED, id="won, with a void one between"),
        pytest.param("xL", None, id="the other loss is near the goal"),
        pytest.param("+W", None, id="the other win is near the goal"),
        pytest.param("xWx", None, id="one was won between"),
        pytest.param("+L+", None, id="one was lost between"),
        pytest.param("Wxxx", Outcome.NOT_YET, id="two more than were won"),
        pytest.param("L+++", Outcome.SOLVED, id="two more than were lost"),
        pytest.param("xWWWW", Outcome.SOLVED, id="one is made up for as any other loss"),
        pytest.param("x+x++", None, id="plain losses do not count as plain wins"),
    ],
)
def test_two_plain_rounds_settle_it_by_a_lead_of_two(rounds: str, outcome: Outcome | None) -> None:
    assert rule.settled(scores(rounds)) is outcome


@pytest.mark.parametrize(("yours", "plain"), [(4, False), (6, False), (8, False), (9.1, True), (12, True), (15, True)])
def test_a_round_is_lost_plainly_below_half_of_the_goal(yours: float, plain: bool) -> None:
    assert rule.judge(toy.metric("failed", goal=0.5, min_effect=3), values(12, yours, 0)).plain is plain


@pytest.mark.parametrize(
    ("type_name", "slow", "plain"),
    [("latency_ms_p99", 17, True), ("latency_ms_p99", 15, False), ("failed", 17, True), ("failed", 15, False)],
)
def test_no_round_is_lost_plainly_where_the_gap_is_narrow(type_name: str, slow: float, plain: bool) -> None:
    """From a factor of 16 on, or from 16: half of the way to the goal is a factor of two, or the least that counts."""
    metric = toy.metric(type_name, goal=0.5, min_effect=4)
    sides = values(slow, slow, 1)
    assert rule.judge(metric, sides).ruling is Ruling.LOST
    assert rule.judge(metric, sides).plain is plain


@pytest.mark.parametrize(("yours", "plain"), [(3, True), (3.1, False), (6, False), (6.1, False)])
def test_a_round_is_won_plainly_from_half_of_the_way_between_goal_and_reference_on(yours: float, plain: bool) -> None:
    assert rule.judge(toy.metric("failed", goal=0.5, min_effect=3), values(12, yours, 0)).plain is plain


@pytest.mark.parametrize(
    ("type_name", "sides", "plain"),
    [
        pytest.param("failed", values(0, 4, 0), True, id="half of what may be lost"),
        pytest.param("failed", values(0, 5, 0), False, id="more"),
        pytest.param("failed", values(0, 6, 4), True, id="ours loses some as well"),
        pytest.param("failed", values(0, 7, 4), False, id="nearer to what may be lost than to ours"),
        pytest.param("failed", values(9, 13, 0), True, id="ours gains, and yours need not"),
        pytest.param("latency_ms_p99", values(10, 28, 10), True, id="half of a factor is its root"),
        pytest.param("latency_ms_p99", values(10, 29, 10), False, id="more than the root"),
        pytest.param("latency_ms_p99", values(10, 39, 20), True, id="half of what is left beside ours"),
        pytest.param("latency_ms_p99", values(10, 41, 20), False, id="more than that"),
        pytest.param("latency_ms_p99", values(10, 28, 5), True, id="ours is faster, and yours need not be"),
    ],
)
def test_what_must_be_kept_is_kept_plainly_in_the_better_half(type_name: str, sides, plain: bool) -> None:
    score = rule.judge(toy.metric(type_name, tolerance=8, min_effect=None), sides)
    assert (score.ruling, score.plain) == (Ruling.WON, plain)


@pytest.mark.parametrize(("yours", "ruling"), [(12, Ruling.LOST), (0, Ruling.WON)])
def test_no_round_is_plain_where_memory_grows_or_may_only_be_filling_up(yours: float, ruling: Ruling) -> None:
    score = rule.judge(toy.metric("rss_kib_per_request"), values(12, yours, 0))
    assert (score.ruling, score.plain) == (ruling, False)


@pytest.mark.parametrize(("yours", "ruling"), [(1, Ruling.WON), (99, Ruling.LOST)])
def test_growth_is_won_and_lost_plainly_where_a_soak_test_follows(yours: float, ruling: Ruling) -> None:
    score = rule.judge(toy.metric("rss_kib_per_request"), values(100, yours, 1), soaked=True)
    assert (score.ruling, score.plain) == (ruling, True)


@pytest.mark.parametrize(
    ("rounds", "outcome"),
    [
        pytest.param("WWW", Outcome.SOLVED, id="each kind is won"),
        pytest.param("WWLWW", None, id="a lead of three, and a kind that was never won"),
        pytest.param("WWLWWL", Outcome.NOT_YET, id="a kind that is lost twice"),
        pytest.param("WWLWWWW", Outcome.NOT_YET, id="a kind that nobody leads in as the last round is over"),
        pytest.param("W-WW-WW-WW", None, id="a kind that never counted is neither won nor lost"),
    ],
)
def test_each_kind_of_rounds_must_be_won(rounds: str, outcome: Outcome | None) -> None:
    assert rule.settled(scores(rounds), rule.Terms(kinds=3, at_most=7)) is outcome


def test_a_lost_round_of_a_kind_can_be_made_up_for() -> None:
    assert rule.settled(scores("WWLWWWWWW"), rule.Terms(kinds=3, at_most=9)) is Outcome.SOLVED


def rounds_of(rng: Random, misleading: float) -> Sequence[Score]:
    """Rounds of a fix that solves the lab, some of which mislead, until one side leads by three."""
    won, lost = scores("WL")
    rounds: list[Score] = []
    while rule.settled(rounds, rule.Terms(at_most=10**6)) is None:
        rounds.append(lost if rng.random() < misleading else won)
    return rounds


@pytest.mark.parametrize("misleading", [0.1, 0.2, 0.3, 0.4])
def test_a_verdict_misleads_as_rarely_as_wald_says(misleading: float) -> None:
    rng, sequences = Random(f"wald/{misleading}"), 5000
    endless = rule.Terms(at_most=10**6)
    wrong = sum(rule.settled(rounds_of(rng, misleading), endless) is Outcome.NOT_YET for _ in range(sequences))
    expected = misleading**3 / (misleading**3 + (1 - misleading) ** 3)
    sampling_error = math.sqrt(expected * (1 - expected) / sequences)
    assert wrong / sequences == pytest.approx(expected, abs=4 * sampling_error)


@pytest.mark.parametrize(
    ("metrics", "outcome"),
    [
        pytest.param(["WW"], None, id="one more round may tell"),
        pytest.param(["WWW"], Outcome.SOLVED, id="one metric"),
        pytest.param(["WWW", "WWW"], Outcome.SOLVED, id="solved when each is"),
        pytest.param(["WWW", "WLW"], None, id="one is still open"),
        pytest.param(["WWWLL", "WLWWW"], Outcome.SOLVED, id="what is settled stays settled"),
        pytest.param(["WWW", "LLL"], Outcome.NOT_YET, id="not yet as soon as one is not"),
        pytest.param(["WLW", "LLL"], Outcome.NOT_YET, id="not yet while another is open"),
        pytest.param(["WL" * 5], None, id="ten rounds"),
        pytest.param(["WL" * 5 + "W"], Outcome.SOLVED, id="the last round decides"),
        pytest.param(["WL" * 5 + "-W"], Outcome.SOLVED, id="the last round that counts decides"),
        pytest.param(["-" * 5], None, id="five void rounds"),
        pytest.param(["-" * 6], Outcome.INCONCLUSIVE, id="six void rounds"),
        pytest.param(["W-" * 2 + "W"], Outcome.SOLVED, id="void rounds between"),
        pytest.param(["WWW---", "------"], Outcome.INCONCLUSIVE, id="six void rounds of one metric"),
        pytest.param(["WWW------", "WLWLWLWLW"], None, id="void rounds of a metric that is settled"),
    ],
)
def test_a_lab_is_solved_when_each_metric_is(metrics: list[str], outcome: Outcome | None) -> None:
    assert rule.verdict([scores(rounds) for rounds in metrics]) is outcome


# A tolerance instead of a gap.


@pytest.mark.parametrize(
    ("type_name", "tolerance", "yours", "ruling"),
    [
        pytest.param("cpu_ms_per_request", 1.5, 1.4, Ruling.WON, id="a factor, within"),
        pytest.param("cpu_ms_per_request", 1.5, 1.6, Ruling.LOST, id="a factor, beyond"),
        pytest.param("responses_per_s", 1.5, 0.7, Ruling.WON, id="more is better, within"),
        pytest.param("responses_per_s", 1.5, 0.6, Ruling.LOST, id="more is better, beyond"),
        pytest.param("dropped", 0.5, 1.0, Ruling.WON, id="a difference, within"),
        pytest.param("dropped", 0.5, 2.0, Ruling.LOST, id="a difference, beyond"),
    ],
)
def test_a_tolerance_is_how_much_worse_than_slow_yours_may_be(type_name, tolerance, yours, ruling) -> None:
    metric = toy.metric(type_name, min_effect=None, tolerance=tolerance)
    assert rule.judge(metric, values(1.0, yours, 1.0)).ruling is ruling
    assert rule.judge(metric, values(1.0, yours, 1.0), disturbed=True).ruling is Ruling.VOID
