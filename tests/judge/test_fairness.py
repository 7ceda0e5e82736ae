"""Whether a round says anything, and whether it was won by fair means."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import toy

from perflab.course.lab import Lab, Side
from perflab.judge import fairness
from perflab.measure.samples import Conditions, Samples

LAB = Lab(root=Path(), name="toy", number=1, part=1, title="A toy", question="Why?", node_counterpart="A ball")
TAKES = LAB.model_copy(update={"min_latency_ms": {"/compute": 100}})


def capacity(**min_interval_ms: float) -> Lab:
    return LAB.model_copy(update={"min_interval_ms": min_interval_ms})


# The instrument watches itself.


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        (Conditions(0.9, 0.05), None),
        (Conditions(0.91, 0.0), "the load generator used 91% of a core while it drove yours"),
        (Conditions(0.2, 0.06), "6% of the requests to yours were sent late"),
        (Conditions(0.2, 0.0, stolen_share=0.1, others_cores=2.5), None),
        (
            Conditions(0.2, 0.0, others_cores=2.6),
            "other programs kept 2.6 cores busy while yours was driven, and 2.0 while slow was driven",
        ),
        (Conditions(0.2, 0.0, others_cores=1.5), None),
        (
            Conditions(0.2, 0.0, others_cores=1.4),
            "other programs kept 2.0 cores busy while slow was driven, and 1.4 while yours was driven",
        ),
        (Conditions(0.2, 0.0, idle_side_cores={"slow": 0.1, "reference": 0.04}), None),
        (Conditions(0.2, 0.0, idle_side_cores={"slow": 0.4}), "slow used 40% of a core while yours was driven"),
        (
            Conditions(0.2, 0.0, tampered="was stopped by a signal"),
            "yours was stopped by a signal while it was driven, and not by the judge",
        ),
        (Conditions(0.2, 0.0, stolen_share=0.11), "the host took 11% of this machine's time while yours was driven"),
        (Conditions(0.2, 0.0, swapped=True), "memory was swapped while yours was driven"),
    ],
)
def test_what_was_not_the_sides_own_doing_disturbs_the_round(condition: Conditions, reason: str | None) -> None:
    slow = Conditions(0.2, 0.0, others_cores=2.0)
    if not condition.others_cores:
        condition = condition._replace(others_cores=2.0)
    assert fairness.disturbance({"slow": slow, "yours": condition}) == reason


@pytest.mark.parametrize(("cores", "disturbed"), [(2, True), (8, False)])
def test_on_a_large_machine_others_have_more_room(cores: int, disturbed: bool) -> None:
    sides = {side: Conditions(0.2, 0.0, others_cores=busy, cores=cores) for side, busy in (("slow", 0), ("yours", 1.5))}
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
        side: Conditions(0.2, 0.0, others_cores=others, ours_cores=ours)
        for side, (others, ours) in (("slow", slow), ("yours", yours), ("reference", slow))
    }
    assert bool(fairness.disturbance(sides)) is disturbed


# Violations: rounds that yours loses whatever its figures are.


def round(**sides: Samples) -> dict[Side, Samples]:
    """A round in which nothing happened on the sides that are not named."""
    return {"slow": toy.samples(), "yours": toy.samples(), "reference": toy.samples(), **sides}  # type: ignore[dict-item]


def violation(**sides: Samples) -> str | None:
    return fairness.violation(LAB, round(**sides))


def beside(**cores: float) -> Samples:
    return toy.samples(conditions=Conditions(0.2, 0.0, idle_side_cores=cores))


def asked(**requests: int) -> Samples:
    return toy.samples(conditions=Conditions(0.2, 0.0, stray_requests=requests))


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
    assert violation(**sides) == reason


# Who is disturbed alone, and wins all the same.

TIRED, LATE = Conditions(0.95, 0.0), Conditions(0.2, 0.5)


@pytest.mark.parametrize(
    ("slow", "yours", "reference", "alone"),
    [
        pytest.param(Conditions(0.2, 0.0), TIRED, Conditions(0.2, 0.0), True, id="yours tires the load generator"),
        pytest.param(Conditions(0.2, 0.0), LATE, Conditions(0.2, 0.0), True, id="yours is asked late"),
        pytest.param(TIRED, TIRED, Conditions(0.2, 0.0), False, id="slow does, too"),
        pytest.param(Conditions(0.2, 0.0), TIRED, LATE, False, id="the reference is asked late"),
        pytest.param(
            *[Conditions(0.2, 0.0, others_cores=cores) for cores in (0, 2, 0)], True, id="others beside yours"
        ),
        pytest.param(*[Conditions(0.2, 0.0, others_cores=cores) for cores in (2, 0, 2)], False, id="beside ours alone"),
        pytest.param(*[Conditions(0.2, 0.0, others_cores=cores) for cores in (2, 0, 0)], False, id="beside slow alone"),
    ],
)
def test_who_is_disturbed_alone_is_handicapped(slow, yours, reference, alone: bool) -> None:
    conditions = {"slow": slow, "yours": yours, "reference": reference}
    assert fairness.disturbance(conditions)
    assert fairness.disadvantage(conditions) is alone


# Neglect: what one request gains must not be taken from another.

NEGLECT = "Of 16 requests to /compute that the slow site serves in time, your fix refuses 16, or is late with them."


def mixed(latencies_ms: Sequence[float] = (100.0,) * 16, failed: int = 0, **others) -> Samples:
    """A round of quick pings, and of something costly beside them."""
    pings, costly = toy.samples(), toy.samples(latencies_ms, failed, name="/compute", user="Curious", **others)
    return replace(costly, responses=[*pings.responses, *costly.responses])


def starved(slow: Samples, yours: Samples) -> str | None:
    return fairness.starved(LAB, round(slow=slow, yours=yours))


def test_who_serves_what_the_slow_side_serves_neglects_nobody() -> None:
    assert starved(mixed(), mixed()) is None
    assert starved(mixed([100.0] * 10, failed=6), mixed()) is None


def test_refusing_what_is_costly_is_neglect() -> None:
    assert starved(mixed(), mixed([], failed=16)) == NEGLECT


def test_where_refusing_is_part_of_the_lab_it_is_left_to_the_measures() -> None:
    slow, refusing = mixed(), mixed([], failed=16)
    assert "your fix refuses 16" in str(violation(slow=slow, yours=refusing))
    lab = LAB.model_copy(update={"may_reject": True})
    assert fairness.violation(lab, round(slow=slow, yours=refusing)) is None


@pytest.mark.parametrize(("latency_ms", "blamed"), [(89.0, True), (91.0, False)])
def test_what_is_answered_sooner_than_it_takes_has_been_left_out(latency_ms: float, blamed: bool) -> None:
    quick = mixed([latency_ms] * 4 + [100.0] * 12)
    reason = fairness.violation(TAKES, round(slow=mixed(), yours=quick, reference=mixed()))
    assert reason == ("/compute is answered within 89 ms, and what it waits for takes 100 ms." if blamed else None)
    assert fairness.violation(TAKES, round(slow=quick, yours=mixed(), reference=quick)) is None


def test_one_answer_that_was_early_is_no_habit() -> None:
    assert fairness.impossibly_fast(TAKES, round(yours=mixed([1.0] + [100.0] * 15))) is None


def test_an_answer_that_failed_need_not_have_waited() -> None:
    assert fairness.impossibly_fast(TAKES, round(yours=mixed([], failed=16))) is None


@pytest.mark.parametrize(("count", "blamed"), [(45, False), (60, True)])
def test_jobs_take_the_time_that_they_take(count: int, blamed: bool) -> None:
    samples = mixed(jobs=[number / count for number in range(count)])
    assert bool(fairness.over_capacity(capacity(jobs=25), round(yours=samples))) is blamed
    assert fairness.over_capacity(capacity(jobs=25), round(yours=mixed())) is None


@pytest.mark.parametrize(("latencies_ms", "blamed"), [([100.0] * 16, False), ([100.0] * 40, True)])
def test_more_answers_than_can_be_given_one_after_the_other_lose_the_round(
    latencies_ms: list[float], blamed: bool
) -> None:
    samples = mixed(latencies_ms)
    done_s = sorted(response.done_s for response in samples.select("/compute"))
    min_interval_ms = 1000 * (done_s[-1] - done_s[0]) / 24  # so that there is time for 24, and 8 at one moment
    lab = capacity(**{"/compute": min_interval_ms})
    reason = fairness.violation(lab, round(slow=mixed(), yours=samples, reference=mixed()))
    assert bool(reason) is blamed
    assert not blamed or str(reason).startswith("40 /compute were done within")


def test_answers_that_failed_are_not_among_those_that_were_too_many() -> None:
    assert fairness.over_capacity(capacity(**{"/compute": 1000}), round(yours=mixed([], failed=100))) is None


def test_putting_off_what_is_costly_until_the_round_is_over_is_neglect() -> None:
    assert starved(mixed(), mixed([2100.0] * 16)) == NEGLECT


@pytest.mark.parametrize(("failed", "neglects"), [(4, False), (5, True)])
def test_a_quarter_may_be_missed(failed: int, neglects: bool) -> None:
    assert bool(starved(mixed(), mixed([100.0] * (16 - failed), failed))) is neglects


def test_who_was_asked_less_in_a_closed_load_neglects_nobody() -> None:
    """It is slower, which is for the measures to say."""
    assert starved(mixed([100.0] * 16), mixed([400.0] * 4)) is None


def test_turning_others_away_than_the_slow_side_keeps_waiting_is_no_neglect() -> None:
    """Admission control: as many good answers in all, to other visitors."""
    slow, yours = mixed([100.0] * 16), mixed([100.0] * 16)
    costly = slice(20, None)
    first, last = ([response._replace(status=503) for response in side.responses[costly]] for side in (slow, yours))
    slow.responses[costly] = [*slow.responses[costly][:8], *first[8:]]
    yours.responses[costly] = [*last[:8], *yours.responses[costly][8:]]
    assert starved(slow, yours) is None


def test_what_an_incident_cut_off_is_nobodys_neglect() -> None:
    slow, yours = mixed(incident_s=1.5), mixed([100.0] * 12, failed=4, incident_s=1.5)
    assert starved(slow, yours) is None
