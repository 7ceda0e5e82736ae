"""The rule that decides."""

import math
from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest
import toy

from perflab.course.lab import Side
from perflab.judge import fairness, rule
from perflab.judge.rule import Outcome, Ruling, Score
from perflab.measure.samples import Instrument, Samples

RULINGS = {"W": Ruling.WON, "L": Ruling.LOST, "-": Ruling.VOID}


def scores(rounds: str) -> list[Score]:
    """`"WL-"`: a round won, one lost, one void."""
    return [Score({}, math.nan, RULINGS[letter]) for letter in rounds]


def values(slow: float, yours: float, reference: float) -> dict[str, float]:
    return {"slow": slow, "yours": yours, "reference": reference}


# How far: the gap, and the share of it that is closed.


@pytest.mark.parametrize(
    ("kind", "sides", "gap", "closed"),
    [
        pytest.param("latency_ms_p99", values(100, 100, 1), 100, 0.0, id="as slow"),
        pytest.param("latency_ms_p99", values(100, 1, 1), 100, 1.0, id="as fast as the reference"),
        pytest.param("latency_ms_p99", values(100, 10, 1), 100, 0.5, id="half the ratio is half the gap"),
        pytest.param("latency_ms_p99", values(100, 1000, 1), 100, -0.5, id="slower than slow"),
        pytest.param("latency_ms_p99", values(100, 0.1, 1), 100, 1.5, id="faster than the reference"),
        pytest.param("failed", values(10, 4, 0), 10, 0.6, id="counts compare by difference"),
        pytest.param("failed", values(10, 0, 0), 10, 1.0, id="a count may be nothing"),
        pytest.param("rss_kib_per_request", values(12, 2, -8), 20, 0.5, id="memory may be given back"),
        pytest.param("answers_per_s", values(10, 20, 40), 4, 0.5, id="more is better"),
        pytest.param("answers_per_s", values(10, 5, 40), 4, -0.5, id="more is better, and this is less"),
        pytest.param("workers", values(1, 4, 4), 4, 1.0, id="more workers are better"),
    ],
)
def test_the_gap_is_a_factor_or_a_difference_and_so_is_the_share_of_it(kind, sides, gap, closed) -> None:
    measure = toy.measure(kind)
    assert rule.gap(measure, sides) == pytest.approx(gap)
    assert rule.closed(measure, sides) == pytest.approx(closed)


@pytest.mark.parametrize("unit", [1.0, 1000.0])
def test_a_ratio_does_not_care_for_its_unit(unit: float) -> None:
    share = rule.closed(toy.measure(), values(100 * unit, 20 * unit, 2 * unit))
    assert share == pytest.approx(math.log(5) / math.log(50))


# One round: won, lost or void.


@pytest.mark.parametrize(
    ("yours", "ruling"), [(5.9, Ruling.WON), (6, Ruling.WON), (6.1, Ruling.LOST), (20, Ruling.LOST)]
)
def test_a_round_is_won_when_the_share_reaches_the_goal(yours: float, ruling: Ruling) -> None:
    measure = toy.measure("failed", goal=0.5)
    assert rule.judge(measure, values(12, yours, 0)).ruling is ruling


def test_a_score_keeps_its_figures_and_its_share() -> None:
    score = rule.judge(toy.measure(), values(100, 10, 1))
    assert score.values == values(100, 10, 1)
    assert score.closed == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("kind", "visible", "sides"),
    [
        pytest.param("latency_ms_p99", 4, values(39, 10, 10), id="less than a factor of four"),
        pytest.param("failed", 4, values(3, 0, 0), id="less than four apart"),
        pytest.param("answers_per_s", 4, values(10, 39, 39), id="less than four times as many"),
        pytest.param("latency_ms_p99", 4, values(1, 1, 100), id="our fix is slower"),
        pytest.param("latency_ms_p99", 2, values(7, 7, 7), id="no gap at all, as a factor"),
        pytest.param("failed", 2, values(7, 7, 7), id="no gap at all, as a difference"),
        pytest.param("latency_ms_p99", 1, values(7, 7, 7), id="no gap at all, where any would do"),
        pytest.param("rss_mib", 2, values(math.nan, 1, 1), id="slow is not known"),
        pytest.param("rss_mib", 2, values(9, 1, math.nan), id="the reference is not known"),
    ],
)
def test_a_round_without_a_visible_gap_is_void(kind: str, visible: float, sides: dict[str, float]) -> None:
    score = rule.judge(toy.measure(kind, visible=visible), sides)
    assert score.ruling is Ruling.VOID
    assert math.isnan(score.closed)


@pytest.mark.parametrize(("kind", "slow", "reference"), [("latency_ms_p99", 40, 10), ("failed", 4, 0)])
def test_a_gap_just_visible_counts(kind: str, slow: float, reference: float) -> None:
    score = rule.judge(toy.measure(kind, visible=4), values(slow, reference, reference))
    assert score.ruling is Ruling.WON


def test_a_disturbed_round_is_void_however_clear_it_looks() -> None:
    assert rule.judge(toy.measure(), values(100, 1, 1), disturbed=True).ruling is Ruling.VOID


def test_a_figure_that_is_not_known_is_lost_and_never_won() -> None:
    assert rule.judge(toy.measure("rss_mib"), values(100, math.nan, 1)).ruling is Ruling.LOST


def test_nobody_answering_is_a_round_lost_and_not_an_error() -> None:
    measure = toy.measure("workers")
    sides = {"slow": toy.samples(), "yours": toy.samples([], failed=9), "reference": toy.samples()}
    sides["reference"].answers += toy.samples(worker=102).answers
    figures = {side: measure.figure(samples) for side, samples in sides.items()}
    assert rule.judge(measure, figures).ruling is Ruling.LOST


def test_a_slow_side_where_nobody_answers_is_no_error_either() -> None:
    measure = toy.measure("workers")
    sides = {"slow": toy.samples([], failed=9), "yours": toy.samples(), "reference": toy.samples()}
    figures = {side: measure.figure(samples) for side, samples in sides.items()}
    assert rule.judge(measure, figures).ruling is not Ruling.LOST


# The instrument watches itself.


@pytest.mark.parametrize(
    ("instrument", "reason"),
    [
        (Instrument(0.9, 0.05), None),
        (Instrument(0.91, 0.0), "the load generator used 91% of a core while it drove yours"),
        (Instrument(0.2, 0.06), "6% of the requests to yours were sent late"),
        (Instrument(0.2, 0.0, stolen_share=0.1, others_cores=2.5), None),
        (
            Instrument(0.2, 0.0, others_cores=2.6),
            "other programs kept 2.6 cores busy while yours was driven, and 2.0 while slow was driven",
        ),
        (Instrument(0.2, 0.0, others_cores=1.5), None),
        (
            Instrument(0.2, 0.0, others_cores=1.4),
            "other programs kept 2.0 cores busy while slow was driven, and 1.4 while yours was driven",
        ),
        (Instrument(0.2, 0.0, bystanders={"slow": 0.1, "reference": 0.04}), None),
        (Instrument(0.2, 0.0, bystanders={"slow": 0.4}), "slow used 40% of a core while yours was driven"),
        (
            Instrument(0.2, 0.0, tampered="was stopped by a signal"),
            "yours was stopped by a signal while it was driven, and not by the judge",
        ),
        (Instrument(0.2, 0.0, stolen_share=0.11), "the host took 11% of this machine's time while yours was driven"),
        (Instrument(0.2, 0.0, swapped=True), "memory was swapped while yours was driven"),
    ],
)
def test_what_was_not_the_sides_own_doing_disturbs_the_round(instrument: Instrument, reason: str | None) -> None:
    slow = Instrument(0.2, 0.0, others_cores=2.0)
    if not instrument.others_cores:
        instrument = instrument._replace(others_cores=2.0)
    assert fairness.disturbance({"slow": slow, "yours": instrument}) == reason


@pytest.mark.parametrize(("cores", "disturbed"), [(2, True), (8, False)])
def test_on_a_large_machine_others_have_more_room(cores: int, disturbed: bool) -> None:
    sides = {side: Instrument(0.2, 0.0, others_cores=busy, cores=cores) for side, busy in (("slow", 0), ("yours", 1.5))}
    assert bool(fairness.disturbance(sides)) is disturbed


@pytest.mark.parametrize(
    ("slow", "yours", "disturbed"),
    [
        pytest.param((1.3, 0.7), (1.9, 0.1), False, id="the same neighbour, who has what a side leaves"),
        pytest.param((0.4, 1.6), (1.9, 0.1), False, id="a side that takes almost all"),
        pytest.param((1.3, 0.7), (0.1, 0.1), True, id="a neighbour who came for slow alone"),
        pytest.param((0.1, 0.7), (1.9, 0.1), True, id="a neighbour who came for yours alone"),
        pytest.param((0.5, 0.7), (1.2, 0.1), True, id="room was left, and others did not want it"),
    ],
)
def test_on_a_full_machine_others_have_what_a_side_leaves(slow, yours, disturbed: bool) -> None:
    sides = {
        side: Instrument(0.2, 0.0, others_cores=others, ours_cores=ours)
        for side, (others, ours) in (("slow", slow), ("yours", yours), ("reference", slow))
    }
    assert bool(fairness.disturbance(sides)) is disturbed


# Fouls: rounds that yours loses whatever its figures are.


def fouled(**sides: Samples) -> str | None:
    return fairness.foul({"slow": toy.samples(), "yours": toy.samples(), "reference": toy.samples(), **sides})


def beside(**cores: float) -> Samples:
    return toy.samples(instrument=Instrument(0.2, 0.0, bystanders=cores))


def asked(**requests: int) -> Samples:
    return toy.samples(instrument=Instrument(0.2, 0.0, asked=requests))


@pytest.mark.parametrize(
    ("sides", "reason"),
    [
        ({}, None),
        ({"slow": beside(yours=0.1, reference=0.9)}, None),
        ({"yours": beside(slow=0.1, reference=0.05)}, None),
        (
            {"slow": beside(yours=0.11)},
            "While slow was driven, your fix used 11% of a core, which slow then lacked.",
        ),
        (
            {"reference": beside(yours=1.5)},
            "While reference was driven, your fix used 150% of a core, which reference then lacked.",
        ),
        (
            {"yours": beside(reference=1.2)},
            "While your fix was driven, reference used 120% of a core: somebody gave it work.",
        ),
        ({"yours": asked(reference=3), "reference": asked(slow=50)}, None),
        (
            {"yours": asked(slow=-1, reference=4)},
            "While your fix was driven, reference had 4 requests: somebody passed them on.",
        ),
    ],
)
def test_who_works_beside_the_side_that_is_driven_commits_a_foul(sides: dict[str, Samples], reason: str | None) -> None:
    assert fouled(**sides) == reason


def test_a_foul_loses_the_round_however_quick_yours_was_and_however_disturbed_it_is() -> None:
    quick = values(100, 1, 1)
    assert rule.judge(toy.measure(), quick).ruling is Ruling.WON
    for disturbed in (False, True):
        assert rule.judge(toy.measure(), quick, disturbed, foul=True).ruling is Ruling.LOST
    kept = toy.measure("failed", visible=None, within=3)
    assert rule.judge(kept, values(0, 0, 0), foul=True).ruling is Ruling.LOST


# Who is disturbed alone, and wins all the same.

TIRED, LATE = Instrument(0.95, 0.0), Instrument(0.2, 0.5)


@pytest.mark.parametrize(
    ("slow", "yours", "reference", "alone"),
    [
        pytest.param(Instrument(0.2, 0.0), TIRED, Instrument(0.2, 0.0), True, id="yours tires the load generator"),
        pytest.param(Instrument(0.2, 0.0), LATE, Instrument(0.2, 0.0), True, id="yours is asked late"),
        pytest.param(TIRED, TIRED, Instrument(0.2, 0.0), False, id="slow does, too"),
        pytest.param(Instrument(0.2, 0.0), TIRED, LATE, False, id="the reference is asked late"),
        pytest.param(
            *[Instrument(0.2, 0.0, others_cores=cores) for cores in (0, 2, 0)], True, id="others beside yours"
        ),
        pytest.param(*[Instrument(0.2, 0.0, others_cores=cores) for cores in (2, 0, 2)], False, id="beside ours alone"),
        pytest.param(*[Instrument(0.2, 0.0, others_cores=cores) for cores in (2, 0, 0)], False, id="beside slow alone"),
    ],
)
def test_who_is_disturbed_alone_is_handicapped(slow, yours, reference, alone: bool) -> None:
    instruments = {"slow": slow, "yours": yours, "reference": reference}
    assert fairness.disturbance(instruments)
    assert fairness.handicaps(instruments) is alone


@pytest.mark.parametrize(
    ("kind", "sides", "ruling"),
    [
        pytest.param("answers_per_s", values(10, 40, 40), Ruling.WON, id="quick enough all the same"),
        pytest.param("answers_per_s", values(10, 12, 40), Ruling.VOID, id="who knows what it could have done"),
        pytest.param("latency_ms_p99", values(100, 1, 1), Ruling.WON, id="quick in spite of it"),
        pytest.param("rss_kib_per_request", values(10, 0, 0), Ruling.VOID, id="who is asked less keeps less"),
        pytest.param("failed", values(10, 0, 0), Ruling.VOID, id="who is asked less fails less"),
    ],
)
def test_a_handicapped_side_wins_if_it_is_quick_all_the_same(kind: str, sides, ruling: Ruling) -> None:
    measure = toy.measure(kind)
    assert rule.judge(measure, sides, disturbed=True, handicapped=True).ruling is ruling
    assert rule.judge(measure, sides, disturbed=True).ruling is Ruling.VOID
    assert rule.judge(measure, sides, True, True, foul=True).ruling is Ruling.LOST


# Neglect: what one request gains must not be taken from another.

NEGLECT = fairness.Neglect("/compute", 16, 16)


def mixed(latencies_ms: Sequence[float] = (100.0,) * 16, failed: int = 0, **others) -> Samples:
    """A round of quick pings, and of something costly beside them."""
    pings, costly = toy.samples(), toy.samples(latencies_ms, failed, name="/compute", user="Curious", **others)
    return replace(costly, answers=[*pings.answers, *costly.answers])


def test_who_serves_what_the_slow_side_serves_neglects_nobody() -> None:
    assert fairness.neglected(mixed(), mixed()) is None
    assert fairness.neglected(mixed([100.0] * 10, failed=6), mixed()) is None


def test_refusing_what_is_costly_is_neglect() -> None:
    assert fairness.neglected(mixed(), mixed([], failed=16)) == NEGLECT


def test_where_refusing_is_part_of_the_lab_it_is_left_to_the_measures() -> None:
    slow, refusing = mixed(), mixed([], failed=16)
    assert "your fix refuses 16" in str(fouled(slow=slow, yours=refusing))
    assert fairness.foul({"slow": slow, "yours": refusing, "reference": slow}, may_refuse=True) is None


@pytest.mark.parametrize(("latency_ms", "blamed"), [(89.0, True), (91.0, False)])
def test_what_is_answered_sooner_than_it_takes_has_been_left_out(latency_ms: float, blamed: bool) -> None:
    quick = mixed([latency_ms] * 4 + [100.0] * 12)
    reason = fairness.foul({"slow": mixed(), "yours": quick, "reference": mixed()}, takes_ms={"/compute": 100})
    assert reason == ("/compute is answered within 89 ms, and what it waits for takes 100 ms." if blamed else None)
    assert fairness.foul({"slow": quick, "yours": mixed(), "reference": quick}, takes_ms={"/compute": 100}) is None


def test_one_answer_that_was_early_is_no_habit() -> None:
    assert fairness.hurried(mixed([1.0] + [100.0] * 15), {"/compute": 100}) is None


def test_an_answer_that_failed_need_not_have_waited() -> None:
    assert fairness.hurried(mixed([], failed=16), {"/compute": 100}) is None


@pytest.mark.parametrize(("count", "blamed"), [(45, False), (60, True)])
def test_jobs_take_the_time_that_they_take(count: int, blamed: bool) -> None:
    samples = mixed(jobs=[number / count for number in range(count)])
    assert bool(fairness.too_many(samples, {"jobs": 25})) is blamed
    assert fairness.too_many(mixed(), {"jobs": 25}) is None


@pytest.mark.parametrize(("latencies_ms", "blamed"), [([100.0] * 16, False), ([100.0] * 40, True)])
def test_more_answers_than_can_be_given_one_after_the_other_lose_the_round(
    latencies_ms: list[float], blamed: bool
) -> None:
    samples = mixed(latencies_ms)
    sides: dict[Side, Samples] = {"slow": mixed(), "yours": samples, "reference": mixed()}
    done_s = sorted(answer.done_s for answer in samples.of("/compute"))
    every_ms = 1000 * (done_s[-1] - done_s[0]) / 24  # so that there is time for 24, and 8 at one moment
    reason = fairness.foul(sides, every_ms={"/compute": every_ms})
    assert bool(reason) is blamed
    assert not blamed or str(reason).startswith("40 /compute were done within")


def test_answers_that_failed_are_not_among_those_that_were_too_many() -> None:
    assert fairness.too_many(mixed([], failed=100), {"/compute": 1000}) is None


def test_putting_off_what_is_costly_until_the_round_is_over_is_neglect() -> None:
    assert fairness.neglected(mixed(), mixed([2100.0] * 16)) == NEGLECT


@pytest.mark.parametrize(("failed", "neglects"), [(4, False), (5, True)])
def test_a_quarter_may_be_missed(failed: int, neglects: bool) -> None:
    assert bool(fairness.neglected(mixed(), mixed([100.0] * (16 - failed), failed))) is neglects


def test_who_was_asked_less_in_a_closed_load_neglects_nobody() -> None:
    """It is slower, which is for the measures to say."""
    assert fairness.neglected(mixed([100.0] * 16), mixed([400.0] * 4)) is None


def test_turning_others_away_than_the_slow_side_keeps_waiting_is_no_neglect() -> None:
    """Admission control: as many good answers in all, to other visitors."""
    slow, yours = mixed([100.0] * 16), mixed([100.0] * 16)
    costly = slice(20, None)
    first, last = ([answer._replace(status=503) for answer in side.answers[costly]] for side in (slow, yours))
    slow.answers[costly] = [*slow.answers[costly][:8], *first[8:]]
    yours.answers[costly] = [*last[:8], *yours.answers[costly][8:]]
    assert fairness.neglected(slow, yours) is None


def test_what_an_incident_cut_off_is_nobodys_neglect() -> None:
    slow, yours = mixed(incident_s=1.5), mixed([100.0] * 12, failed=4, incident_s=1.5)
    assert fairness.neglected(slow, yours) is None


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
        ("WWLL" * 20, None),
        ("WLWWLWW", Outcome.SOLVED),
        ("W-W-W", Outcome.SOLVED),
        ("------", None),
        ("WWWLLLLLL", Outcome.SOLVED),
        ("LLLWWWWWW", Outcome.NOT_YET),
    ],
)
def test_the_first_to_lead_by_three_settles_it(rounds: str, outcome: Outcome | None) -> None:
    assert rule.settled(scores(rounds)) is outcome


def rounds_of(rng: Random, misleading: float) -> Sequence[Score]:
    """Rounds of a fix that solves the lab, some of which mislead, until one side leads by three."""
    won, lost = scores("WL")
    rounds: list[Score] = []
    while rule.settled(rounds) is None:
        rounds.append(lost if rng.random() < misleading else won)
    return rounds


@pytest.mark.parametrize("misleading", [0.1, 0.2, 0.3, 0.4])
def test_a_verdict_misleads_as_seldom_as_wald_says(misleading: float) -> None:
    rng, sequences = Random(f"wald/{misleading}"), 5000
    wrong = sum(rule.settled(rounds_of(rng, misleading)) is Outcome.NOT_YET for _ in range(sequences))
    expected = misleading**3 / (misleading**3 + (1 - misleading) ** 3)
    sampling_error = math.sqrt(expected * (1 - expected) / sequences)
    assert wrong / sequences == pytest.approx(expected, abs=4 * sampling_error)


@pytest.mark.parametrize(
    ("measures", "outcome"),
    [
        pytest.param(["WW"], None, id="one more may tell"),
        pytest.param(["WWW"], Outcome.SOLVED, id="one measure"),
        pytest.param(["WWW", "WWW"], Outcome.SOLVED, id="solved when each is"),
        pytest.param(["WWW", "WLW"], None, id="one is still open"),
        pytest.param(["WWWLL", "WLWWW"], Outcome.SOLVED, id="what is settled stays settled"),
        pytest.param(["WWW", "LLL"], Outcome.NOT_YET, id="not yet as soon as one is not"),
        pytest.param(["WLW", "LLL"], Outcome.NOT_YET, id="not yet while another is open"),
        pytest.param(["WL" * 7], None, id="fourteen rounds"),
        pytest.param(["WL" * 7 + "W"], Outcome.UNCLEAR, id="fifteen rounds"),
        pytest.param(["WL" * 6 + "WWW"], Outcome.SOLVED, id="settled in the last round"),
        pytest.param(["-" * 5], None, id="five void rounds"),
        pytest.param(["-" * 6], Outcome.UNCLEAR, id="six void rounds"),
        pytest.param(["W-" * 2 + "W"], Outcome.SOLVED, id="void rounds between"),
        pytest.param(["WWW---", "------"], Outcome.UNCLEAR, id="six void rounds of one measure"),
        pytest.param(["WWW------", "WLWLWLWLW"], None, id="void rounds of a measure that is settled"),
    ],
)
def test_a_lab_is_solved_when_each_measure_is(measures: list[str], outcome: Outcome | None) -> None:
    assert rule.verdict([scores(rounds) for rounds in measures]) is outcome


# Something to keep, rather than a gap to close.


@pytest.mark.parametrize(
    ("kind", "within", "yours", "ruling"),
    [
        pytest.param("cpu_ms_per_request", 1.5, 1.4, Ruling.WON, id="a factor, kept"),
        pytest.param("cpu_ms_per_request", 1.5, 1.6, Ruling.LOST, id="a factor, not kept"),
        pytest.param("answers_per_s", 1.5, 0.7, Ruling.WON, id="more is better, kept"),
        pytest.param("answers_per_s", 1.5, 0.6, Ruling.LOST, id="more is better, not kept"),
        pytest.param("lost", 0.5, 1.0, Ruling.WON, id="a difference, kept"),
        pytest.param("lost", 0.5, 2.0, Ruling.LOST, id="a difference, not kept"),
    ],
)
def test_what_is_to_be_kept_may_be_so_much_worse_than_slow_and_no_more(kind, within, yours, ruling) -> None:
    measure = toy.measure(kind, visible=None, within=within)
    assert rule.judge(measure, values(1.0, yours, 1.0)).ruling is ruling
    assert rule.judge(measure, values(1.0, yours, 1.0), disturbed=True).ruling is Ruling.VOID
