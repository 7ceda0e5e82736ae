"""Whether a round counts, and whether yours won it fairly."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import toy

from perflab.course.lab import Incident, Lab, Side
from perflab.judge import fairness
from perflab.measure.samples import Conditions, Samples, Usage

LAB = Lab(root=Path(), name="toy", number=1, part=1, title="A toy", question="Why?", node_counterpart="A ball")
TAKES = LAB.model_copy(update={"min_latency_ms": {"/compute": 100}})


def capacity(**min_interval_ms: float) -> Lab:
    return LAB.model_copy(update={"min_interval_ms": min_interval_ms})


# What disturbs a round.


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        (Conditions(0.9, 0.05), None),
        (Conditions(0.91, 0.0), "the load generator used 91% of a core while it drove yours"),
        (Conditions(0.2, 0.06), "6% of the requests to yours were sent late"),
        (Conditions(0.2, 0.0, stolen_share=0.14, others_cores=2.5), None),
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
        (
            Conditions(0.2, 0.0, stolen_share=0.16),
            "the host took 16% of this machine's time while yours was driven, and 0% while slow was driven",
        ),
        (Conditions(0.2, 0.0, stolen_share=0.36), "the host took 36% of this machine's time while yours was driven"),
        (Conditions(0.2, 0.0, swapped=True), "memory was swapped while yours was driven"),
    ],
)
def test_what_the_side_did_not_cause_disturbs_the_round(condition: Conditions, reason: str | None) -> None:
    slow = Conditions(0.2, 0.0, others_cores=2.0)
    if not condition.others_cores:
        condition = condition._replace(others_cores=2.0)
    assert fairness.disturbance({"slow": slow, "yours": condition}) == reason


@pytest.mark.parametrize(("cores", "disturbed"), [(2, True), (8, False)])
def test_on_a_large_machine_other_programs_have_more_room(cores: int, disturbed: bool) -> None:
    sides = {side: Conditions(0.2, 0.0, others_cores=busy, cores=cores) for side, busy in (("slow", 0), ("yours", 1.5))}
    assert bool(fairness.disturbance(sides)) is disturbed


@pytest.mark.parametrize(
    ("slow", "yours", "disturbed"),
    [
        pytest.param((1.3, 0.7), (1.9, 0.1), False, id="the same neighbour, with what a side leaves"),
        pytest.param((0.4, 1.6), (1.9, 0.1), False, id="a side that takes almost all"),
        pytest.param((1.3, 0.7), (0.1, 0.1), True, id="a neighbour only while slow is driven"),
        pytest.param((0.1, 0.7), (1.9, 0.1), True, id="a neighbour only while yours is driven"),
        pytest.param((0.5, 0.7), (1.2, 0.1), True, id="room was left, and others did not use it"),
    ],
)
def test_on_a_full_machine_other_programs_get_what_a_side_leaves(slow, yours, disturbed: bool) -> None:
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


def idle_side_cores(**cores: float) -> Samples:
    return toy.samples(conditions=Conditions(0.2, 0.0, idle_side_cores=cores))


def stray_requests(**requests: int) -> Samples:
    return toy.samples(conditions=Conditions(0.2, 0.0, stray_requests=requests))


@pytest.mark.parametrize(
    ("sides", "reason"),
    [
        ({}, None),
        ({"slow": idle_side_cores(yours=0.1, reference=0.9)}, None),
        ({"yours": idle_side_cores(slow=0.1, reference=0.05)}, None),
        (
            {"slow": idle_side_cores(yours=0.11)},
            "While slow was driven, your fix used 11% of a core, which slow then lacked.",
        ),
        (
            {"reference": idle_side_cores(yours=1.5)},
            "While reference was driven, your fix used 150% of a core, which reference then lacked.",
        ),
        (
            {"yours": idle_side_cores(reference=1.2)},
            "While your fix was driven, reference used 120% of a core, with no load of its own.",
        ),
        ({"yours": stray_requests(reference=3), "reference": stray_requests(slow=50)}, None),
        (
            {"yours": stray_requests(slow=-1, reference=4)},
            "While your fix was driven, reference had 4 requests that the load did not send.",
        ),
    ],
)
def test_work_on_a_side_that_is_not_driven_is_a_violation(sides: dict[str, Samples], reason: str | None) -> None:
    assert violation(**sides) == reason


# Where yours alone is disturbed, it may still win.

TIRED, LATE = Conditions(0.95, 0.0), Conditions(0.2, 0.5)


@pytest.mark.parametrize(
    ("slow", "yours", "reference", "alone"),
    [
        pytest.param(Conditions(0.2, 0.0), TIRED, Conditions(0.2, 0.0), True, id="yours tires the load generator"),
        pytest.param(Conditions(0.2, 0.0), LATE, Conditions(0.2, 0.0), True, id="yours gets its load late"),
        pytest.param(TIRED, TIRED, Conditions(0.2, 0.0), False, id="slow tires it, too"),
        pytest.param(Conditions(0.2, 0.0), TIRED, LATE, False, id="the reference gets its load late"),
        pytest.param(
            *[Conditions(0.2, 0.0, others_cores=cores) for cores in (0, 2, 0)], True, id="others beside yours"
        ),
        pytest.param(*[Conditions(0.2, 0.0, others_cores=cores) for cores in (2, 0, 2)], False, id="beside ours alone"),
        pytest.param(*[Conditions(0.2, 0.0, others_cores=cores) for cores in (2, 0, 0)], False, id="beside slow alone"),
    ],
)
def test_yours_disturbed_alone_is_at_a_disadvantage(slow, yours, reference, alone: bool) -> None:
    conditions = {"slow": slow, "yours": yours, "reference": reference}
    assert fairness.disturbance(conditions)
    assert fairness.disadvantage(conditions) is alone


# Starved requests: speeding up one route must not cost another.

FAILS = "Your fix fails 16 of 16 requests to /compute (no answer). The slow site does not."
STARVED = "Of 16 requests to /compute that the slow site serves in time, your fix refuses 16, or is late with them."


def mixed(latencies_ms: Sequence[float] = (100.0,) * 16, failed: int = 0, **others) -> Samples:
    """A round of fast pings and of costly requests."""
    pings, costly = toy.samples(), toy.samples(latencies_ms, failed, name="/compute", user="Curious", **others)
    return replace(costly, responses=[*pings.responses, *costly.responses])


def starved(slow: Samples, yours: Samples) -> str | None:
    return fairness.starved(LAB, round(slow=slow, yours=yours))


def test_serving_what_slow_serves_starves_nothing() -> None:
    assert starved(mixed(), mixed()) is None
    assert starved(mixed([100.0] * 10, failed=6), mixed()) is None


def test_rejecting_costly_requests_starves_them() -> None:
    assert starved(mixed(), mixed([], failed=16)) == STARVED


def test_a_lab_that_may_reject_leaves_it_to_the_metrics() -> None:
    slow, rejecting = mixed(), mixed([], rejected=16)
    assert violation(slow=slow, yours=rejecting) == FAILS.replace("no answer", "503")
    lab = LAB.model_copy(update={"may_reject": True})
    assert fairness.violation(lab, round(slow=slow, yours=rejecting)) is None


def starting(processes: int) -> Samples:
    """A round in which so many processes were seen that were not there before."""
    seen = {101 + number: (0.0, 2.0) for number in range(processes + 1)}
    return replace(toy.samples(before=Usage(0.0, 50.0, (101,))), lifetimes=seen)


@pytest.mark.parametrize(
    ("slow", "yours", "reference", "blamed"),
    [
        pytest.param(0, 6, 0, True, id="three a second"),
        pytest.param(0, 5, 0, False, id="a pool that is filled"),
        pytest.param(20, 70, 0, False, id="slow does so, too"),
        pytest.param(0, 15, 8, False, id="so does ours, after each death"),
    ],
)
def test_processes_that_are_started_again_and_again_are_a_violation(
    slow: int, yours: int, reference: int, blamed: bool
) -> None:
    sides = round(slow=starting(slow), yours=starting(yours), reference=starting(reference))
    assert bool(fairness.starts_processes(LAB, sides)) is blamed


@pytest.mark.parametrize(("failed", "blamed"), [(1, False), (2, True)])
def test_a_handful_of_failures_among_many_answers_is_a_violation(failed: int, blamed: bool) -> None:
    slow, yours = toy.samples([9.0] * 300), toy.samples([1.0] * (300 - failed), failed)
    assert bool(fairness.fails(LAB, round(slow=slow, yours=yours))) is blamed


def test_what_the_slow_side_fails_as_often_is_no_violation() -> None:
    failing = toy.samples([9.0] * 290, 10)
    assert fairness.fails(LAB, round(slow=failing, yours=failing)) is None
    assert fairness.fails(LAB, round(slow=failing, yours=toy.samples([9.0] * 570, 21))) is None  # of twice as many


def test_what_fails_after_an_incident_is_left_to_the_metrics() -> None:
    late = toy.samples([1.0] * 250, 50, incident_s=1.7)  # they are the last of two seconds
    assert fairness.fails(LAB, round(slow=toy.samples([9.0] * 300, incident_s=1.7), yours=late)) is None


def test_a_rejection_is_a_failure_where_the_lab_may_not_reject() -> None:
    slow, yours = toy.samples([9.0] * 100), toy.samples([1.0] * 90, rejected=10)
    assert "fails 10 of 100 requests to /ping (503)" in str(fairness.fails(LAB, round(slow=slow, yours=yours)))
    may = LAB.model_copy(update={"may_reject": True})
    assert fairness.fails(may, round(slow=slow, yours=yours)) is None


@pytest.mark.parametrize(("yours_ms", "blamed"), [(100.0, True), (90.0, True), (20.0, False), (1.0, False)])
def test_whoever_still_waits_where_our_fix_lets_nobody_wait_is_left_waiting(yours_ms: float, blamed: bool) -> None:
    sides = {"slow": toy.samples([100.0] * 20), "yours": toy.samples([yours_ms] * 20), "reference": toy.samples()}
    assert bool(fairness.left_waiting(LAB, sides)) is blamed
    for request in ("/ping", "Reader", None):  # then the metric rules
        judged = LAB.model_copy(update={"metrics": (toy.metric(request=request),)})
        assert fairness.left_waiting(judged, sides) is None


@pytest.mark.parametrize(("yours_ms", "blamed"), [(500.0, True), (290.0, False)])
def test_whoever_waits_far_longer_than_before_pays_for_others(yours_ms: float, blamed: bool) -> None:
    sides = {
        "slow": toy.samples([100.0] * 20),
        "yours": toy.samples([1.0] * 18 + [yours_ms] * 2),
        "reference": toy.samples([90.0] * 20),
    }
    assert bool(fairness.kept_waiting(LAB, sides)) is blamed


@pytest.mark.parametrize(
    ("kind", "name", "blamed"), [("poison", "/ping", True), ("poison", "/other", False), ("kill", "/ping", False)]
)
def test_whom_an_incident_does_not_strike_must_not_wait_after_it(kind: str, name: str, blamed: bool) -> None:
    """What a metric rules on may wait: it says for how long."""
    lab = LAB.model_copy(update={"incident": Incident(kind=kind, at_s=1.0), "metrics": (toy.metric(request="/other"),)})
    sides = {
        side: toy.samples([5.0] * 15 + [late_ms] * 5, name=name, incident_s=1.45)
        for side, late_ms in (("slow", 5.0), ("yours", 400.0), ("reference", 5.0))
    }
    assert bool(fairness.kept_waiting(lab, sides)) is blamed


def test_what_our_fix_does_not_make_quick_may_be_slow() -> None:
    slow = toy.samples([100.0] * 20)
    assert fairness.left_waiting(LAB, {"slow": slow, "yours": slow, "reference": toy.samples([30.0] * 20)}) is None


@pytest.mark.parametrize(("hidden_mib", "slow_mib", "blamed"), [(20, 0, True), (20, 18, False), (2, 0, False)])
def test_a_round_with_memory_in_nobodys_account_does_not_count_where_memory_is_judged(
    hidden_mib: float, slow_mib: float, blamed: bool
) -> None:
    sides = {
        side: toy.samples(conditions=Conditions(0.2, 0.0, hidden_mib=mib))
        for side, mib in (("slow", slow_mib), ("yours", hidden_mib), ("reference", 0.0))
    }
    judged = LAB.model_copy(update={"metrics": (toy.metric("rss_mib"),)})
    assert bool(fairness.hides_memory(judged, sides)) is blamed
    assert fairness.hides_memory(LAB, sides) is None
    assert fairness.violation(judged, sides) is None  # it may be another program's


@pytest.mark.parametrize(("latency_ms", "blamed"), [(89.0, True), (91.0, False)])
def test_impossibly_fast_answers_are_a_violation(latency_ms: float, blamed: bool) -> None:
    quick = mixed([latency_ms] * 4 + [100.0] * 12)
    reason = fairness.violation(TAKES, round(slow=mixed(), yours=quick, reference=mixed()))
    assert reason == ("/compute is answered within 89 ms, and what it waits for takes 100 ms." if blamed else None)
    assert fairness.violation(TAKES, round(slow=quick, yours=mixed(), reference=quick)) is None


def test_one_impossibly_fast_answer_is_no_violation() -> None:
    assert fairness.impossibly_fast(TAKES, round(yours=mixed([1.0] + [100.0] * 15))) is None


@pytest.mark.parametrize(("yours_s", "blamed"), [(0.05, True), (0.065, False), (0.5, False)])
def test_far_less_cpu_time_than_the_work_takes_is_a_violation_where_the_work_is_the_point(
    yours_s: float, blamed: bool
) -> None:
    def spent(cpu_s: float) -> Samples:
        return toy.samples([1.0] * 10, before=Usage(1.0, 1.0, ()), after=Usage(1.0 + cpu_s, 1.0, ()))

    sides = round(slow=spent(0.12), yours=spent(yours_s), reference=spent(0.1))
    keeps_work = LAB.model_copy(update={"keeps_work": True})
    reason = fairness.violation(keeps_work, sides)
    assert reason == ("Your fix spends 5.0 ms of CPU time on a response; the work takes 10.0 ms." if blamed else None)
    assert fairness.violation(LAB, sides) is None  # elsewhere, thrift is what is asked for


def test_a_failed_request_may_be_fast() -> None:
    assert fairness.impossibly_fast(TAKES, round(yours=mixed([], failed=16))) is None


@pytest.mark.parametrize(("count", "blamed"), [(45, False), (60, True)])
def test_more_jobs_than_possible_are_a_violation(count: int, blamed: bool) -> None:
    samples = mixed(jobs=[number / count for number in range(count)])
    assert bool(fairness.over_capacity(capacity(jobs=25), round(yours=samples))) is blamed
    assert fairness.over_capacity(capacity(jobs=25), round(yours=mixed())) is None


@pytest.mark.parametrize(("latencies_ms", "blamed"), [([100.0] * 16, False), ([100.0] * 40, True)])
def test_more_answers_than_possible_are_a_violation(latencies_ms: list[float], blamed: bool) -> None:
    samples = mixed(latencies_ms)
    done_s = sorted(response.done_s for response in samples.select("/compute"))
    min_interval_ms = 1000 * (done_s[-1] - done_s[0]) / 24  # so that there is time for 24, and 8 at one moment
    lab = capacity(**{"/compute": min_interval_ms})
    reason = fairness.violation(lab, round(slow=mixed(), yours=samples, reference=mixed()))
    assert bool(reason) is blamed
    assert not blamed or str(reason).startswith("40 /compute were done within")


def test_failed_requests_are_never_over_capacity() -> None:
    assert fairness.over_capacity(capacity(**{"/compute": 1000}), round(yours=mixed([], failed=100))) is None


def test_postponing_costly_requests_starves_them() -> None:
    assert starved(mixed(), mixed([2100.0] * 16)) == STARVED


@pytest.mark.parametrize(("failed", "is_starved"), [(4, False), (5, True)])
def test_a_quarter_may_be_missed(failed: int, is_starved: bool) -> None:
    assert bool(starved(mixed(), mixed([100.0] * (16 - failed), failed))) is is_starved


def test_fewer_requests_in_a_closed_load_starve_nothing() -> None:
    """Yours is slower, which is for the metrics to say."""
    assert starved(mixed([100.0] * 16), mixed([400.0] * 4)) is None


def test_rejecting_other_requests_than_slow_starves_nothing() -> None:
    """Admission control: as many good responses in all, to other visitors."""
    slow, yours = mixed([100.0] * 16), mixed([100.0] * 16)
    costly = slice(20, None)
    first, last = ([response._replace(status=503) for response in side.responses[costly]] for side in (slow, yours))
    slow.responses[costly] = [*slow.responses[costly][:8], *first[8:]]
    yours.responses[costly] = [*last[:8], *yours.responses[costly][8:]]
    assert starved(slow, yours) is None


def test_requests_dropped_by_an_incident_are_not_starved() -> None:
    slow, yours = mixed(incident_s=1.5), mixed([100.0] * 12, failed=4, incident_s=1.5)
    assert starved(slow, yours) is None


def test_a_host_that_takes_as_much_from_every_side_disturbs_nothing() -> None:
    taken = Conditions(0.2, 0.0, stolen_share=0.3)
    assert fairness.disturbance({"slow": taken, "yours": taken, "reference": taken}) is None


@pytest.mark.parametrize(("yours_s", "found"), [(0.11, True), (0.13, False), (0.4, False)])
def test_jobs_outside_must_cost_what_the_work_costs(yours_s: float, found: bool) -> None:
    def drive(cpu_s: float, jobs: int) -> Samples:
        return toy.samples(outside=[0.1] * jobs, outside_cpu_s=cpu_s)

    round: dict[Side, Samples] = {
        "slow": drive(0.02, 0),
        "yours": drive(yours_s, 10),
        "reference": drive(0.2, 10),
    }
    said = fairness.hollow_jobs(LAB, round)
    assert (said == "Outside, a job of yours takes 11 ms of CPU time, and the work takes 20 ms.") is found
    assert fairness.hollow_jobs(LAB, round | {"yours": drive(0.0, 0)}) is None


# Memory.


def taking(mib: float) -> Samples:
    return toy.samples(resident={101: [(0.0, 40.0), (2.0, 40.0 + mib)]})


@pytest.mark.parametrize(("mib", "refused"), [(200.0, False), (125.0, False), (110.0, True), (0.0, True)])
def test_memory_that_was_left_out_loses_a_round_where_it_has_a_limit(mib: float, refused: bool) -> None:
    round: dict[Side, Samples] = {"slow": taking(220.0), "yours": taking(mib), "reference": taking(200.0)}
    limited = LAB.model_copy(update={"memory_limit_mib": 360.0})
    said = fairness.violation(limited, round)
    assert bool(said) == refused
    assert not refused or f"take {mib:.0f} MiB in all, and the same requests take 200 MiB elsewhere" in str(said)
    assert fairness.violation(LAB, round) is None
