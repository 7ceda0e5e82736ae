"""One number for each metric."""

import math
from dataclasses import replace
from random import Random

import numpy
import pytest
import toy

from perflab.measure import metrics
from perflab.measure.samples import Call, Collected, Quota, Samples, Usage


@pytest.mark.parametrize("share", [0.5, 0.95, 0.99])
@pytest.mark.parametrize("count", [1, 2, 3, 19, 20, 100, 101, 999, 1000])
def test_percentiles_are_those_of_numpys_inverted_distribution(share: float, count: int) -> None:
    rng = Random(f"{share}/{count}")
    values = [rng.lognormvariate(0, 1) for _ in range(count)]
    assert metrics.percentile(values, share) == numpy.percentile(values, share * 100, method="inverted_cdf")


def test_a_percentile_is_one_of_the_values() -> None:
    assert metrics.percentile([1.0, 1000.0], 0.5) == 1.0


def test_a_percentile_of_no_values_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one value"):
        metrics.percentile([], 0.5)


def test_a_failed_request_is_never_fast() -> None:
    responses = toy.samples([5.0], failed=1).responses
    assert metrics.latencies_ms(responses) == [5.0, metrics.FAILED_MS]


def test_a_failed_request_beyond_the_timeout_keeps_its_latency() -> None:
    (waited,) = toy.samples([], failed=1).responses
    assert metrics.latencies_ms([waited._replace(latency_ms=11_000.0)]) == [11_000.0]


@pytest.mark.parametrize(
    ("type_name", "figure"), [("latency_ms_p50", 50.0), ("latency_ms_p95", 95.0), ("latency_ms_p99", 99.0)]
)
def test_latency_is_over_the_requests_of_one_name(type_name: str, figure: float) -> None:
    pings = toy.samples([float(number) for number in range(1, 101)])
    pings.responses += toy.samples([5000.0] * 100, name="/compute").responses
    assert metrics.METRIC_TYPES[type_name].compute(pings, "/ping") == figure


@pytest.mark.parametrize("type_name", ["latency_ms_p50", "latency_ms_p95", "latency_ms_p99"])
def test_the_latency_of_no_answers_is_not_a_number(type_name: str) -> None:
    """Like every other figure without measurements; it must not end a whole run."""
    assert math.isnan(metrics.METRIC_TYPES[type_name].compute(toy.samples(), "/nobody-asked"))


def test_the_first_byte_is_the_last_where_it_was_not_noted() -> None:
    responses = toy.samples([80.0, 80.0], failed=1).responses
    responses[1] = responses[1]._replace(first_byte_ms=5.0)
    assert [metrics.first_byte_ms(one) for one in responses] == [80.0, 5.0, metrics.FAILED_MS]


def test_a_first_byte_is_over_the_requests_of_one_name() -> None:
    round = toy.samples([100.0] * 20)
    round.responses = [one._replace(first_byte_ms=float(number)) for number, one in enumerate(round.responses, 1)]
    round.responses += toy.samples([5000.0], name="/compute").responses
    compute = metrics.METRIC_TYPES["first_byte_ms_p95"].compute
    assert compute(round, "/ping") == 19.0
    assert math.isnan(compute(round, "/nobody-asked"))


def test_answers_per_second_are_good_and_complete_within_the_round() -> None:
    round = toy.samples([1.0] * 18 + [1000.0] * 2, failed=4, seconds=2.0)
    assert metrics.responses_per_s(round, None) == 18 / 2.0


def test_bytes_per_response_are_those_of_good_ones() -> None:
    round = toy.samples([1.0] * 2, failed=1)
    sizes = [1024, 3072, 9999]
    round.responses = [one._replace(size_bytes=size) for one, size in zip(round.responses, sizes, strict=True)]
    assert metrics.kib_per_response(round, None) == 2.0
    assert math.isnan(metrics.kib_per_response(round, "/nobody-asked"))


def test_no_answers_per_second_still_have_a_logarithm() -> None:
    assert metrics.responses_per_s(toy.samples([], failed=4, seconds=2.0), None) == 0.05


@pytest.mark.parametrize(("name", "count"), [(None, 5.0), ("/ping", 3.0), ("/compute", 2.0)])
def test_failures_are_counted(name: str | None, count: float) -> None:
    round = toy.samples([1.0], failed=3)
    round.responses += toy.samples([1.0], failed=2, name="/compute").responses
    assert metrics.failed(round, name) == count


def test_a_rejection_is_a_failure_but_not_unanswered() -> None:
    round = toy.samples([1.0] * 4, failed=2, rejected=3)
    assert (metrics.failed(round, None), metrics.rejected(round, None), metrics.unanswered(round, None)) == (
        5.0,
        3.0,
        2.0,
    )


def test_invalid_responses_are_counted_whatever_their_status() -> None:
    round = toy.samples([1.0] * 4)
    round.responses[1:3] = [response._replace(invalid=True) for response in round.responses[1:3]]
    assert (metrics.invalid(round, "/ping"), metrics.failed(round, "/ping")) == (2.0, 0.0)


def admitted(*spans: tuple[float, float], user: str = "Eager:0") -> Samples:
    """Requests of one user, each admitted between two moments, under a quota of two in a second."""
    round = toy.samples([1.0] * len(spans), quota=Quota(2, 1.0))
    round.responses = [
        one._replace(key=f"{user}/{number}/0", intended_start_s=from_s, latency_ms=1000 * (to_s - from_s))
        for number, (one, (from_s, to_s)) in enumerate(zip(round.responses, spans, strict=True))
    ]
    return round


@pytest.mark.parametrize(
    ("spans", "over"),
    [
        ([(0.1, 0.2), (0.3, 0.4)], 0),
        ([(0.1, 0.2), (0.3, 0.4), (0.5, 0.6)], 1),
        ([(0.1, 0.2), (0.3, 0.4), (1.05, 1.15)], 0),  # it may have been counted a second after the first
        ([(0.1, 0.2), (0.3, 0.4), (0.5, 0.6), (1.15, 1.25)], 1),  # what is over the limit counts once
        ([(0.9, 0.95), (0.9, 0.96), (1.0, 1.05), (1.0, 1.06)], 2),  # windows are any second, not the clock's
        ([(0.0, 1.5), (0.1, 1.5), (0.2, 1.5)], 0),  # nobody can tell when these were counted
    ],
)
def test_admitted_over_the_limit_is_what_surely_was_in_one_window(spans, over: int) -> None:
    assert metrics.over_limit(admitted(*spans), None) == over


def test_each_user_has_a_limit_of_its_own_and_refusals_are_free() -> None:
    spans = [(0.1, 0.2), (0.3, 0.4)]
    round = admitted(*spans)
    round.responses += admitted(*spans, user="Eager:1").responses
    round.responses += [one._replace(status=429, retry_after=True) for one in admitted(*spans, *spans).responses]
    assert metrics.over_limit(round, None) == 0
    assert math.isnan(metrics.over_limit(replace(round, quota=None), None))


def test_the_wait_for_any_answer_counts_refusals_as_they_come_and_errors_as_the_timeout() -> None:
    wait = metrics.METRIC_TYPES["wait_ms_p95"].compute
    assert wait(toy.samples([20.0] * 5, rejected=95), None) == 3.0
    assert wait(toy.samples([20.0] * 94, failed=6), None) == metrics.FAILED_MS
    assert math.isnan(wait(toy.samples([]), None))


@pytest.mark.parametrize(("done", "jobs_done_share"), [(0, 0.0), (3, 30.0), (10, 100.0), (11, 100.0)])
def test_the_share_of_jobs_done_is_of_the_jobs_accepted(done: int, jobs_done_share: float) -> None:
    round = toy.samples([1.0] * 10, failed=4, rejected=5, jobs=[0.1 * number for number in range(done)])
    assert metrics.jobs_done_share(round, "/ping") == jobs_done_share


def test_without_accepted_jobs_the_share_done_is_full() -> None:
    round = toy.samples([], rejected=5)
    assert metrics.jobs_done_share(round, None) == 100.0
    assert 0 < metrics.jobs(round) < 1


def used(before: Usage | None, until: Usage | None, after: Usage | None, **others: float):
    return toy.samples([1.0] * 10, failed=5, seconds=1.5, before=before, until=until, after=after, **others)


def test_cpu_is_divided_among_the_good_answers() -> None:
    round = used(Usage(1.0, 50.0, ()), None, Usage(1.2, 50.0, ()))
    assert metrics.cpu_ms_per_request(round) == pytest.approx(20.0)


def test_cpu_of_a_server_that_exited_is_unknown() -> None:
    """Its CPU account ended with it."""
    assert math.isnan(metrics.cpu_ms_per_request(used(Usage(1.0, 50.0, ()), None, Usage(0.0, 0.0, ()), exit_s=0.5)))


def test_cpu_too_short_for_the_kernel_is_a_millisecond() -> None:
    round = used(Usage(1.0, 50.0, ()), None, Usage(1.0, 50.0, ()))
    assert metrics.cpu_ms_per_request(round) == pytest.approx(0.1)


def test_memory_per_request_is_the_growth_until_the_load_ends() -> None:
    round = used(Usage(1.0, 50.0, ()), Usage(1.0, 60.0, ()), Usage(1.0, 99.0, ()))
    assert metrics.rss_kib_per_request(round) == pytest.approx(10 * 1024 / 10)


def test_memory_per_request_counts_only_up_to_an_incident() -> None:
    round = used(Usage(1.0, 50.0, ()), Usage(1.0, 60.0, ()), Usage(1.0, 99.0, ()), incident_s=0.45)
    assert metrics.rss_kib_per_request(round) == pytest.approx(10 * 1024 / 5)


def test_memory_is_that_of_the_process_tree_as_the_load_ends() -> None:
    assert metrics.rss_mib(used(None, Usage(1.0, 60.0, ()), Usage(1.0, 99.0, ()))) == 60.0


@pytest.mark.parametrize("type_name", ["cpu_ms_per_request", "rss_mib", "rss_kib_per_request"])
def test_what_was_not_measured_is_not_a_number(type_name: str) -> None:
    assert math.isnan(metrics.METRIC_TYPES[type_name].compute(used(None, None, None), None))


def test_workers_are_counted() -> None:
    round = toy.samples(worker=101)
    round.responses += toy.samples(worker=102).responses
    assert metrics.workers(round) == 2.0


def test_one_odd_round_does_not_move_the_median() -> None:
    assert metrics.median([1.0, 1.1, 900.0]) == 1.1


def test_the_median_of_no_rounds_is_not_a_number() -> None:
    assert math.isnan(metrics.median([]))


def test_only_requests_sent_before_the_incident_can_be_dropped() -> None:
    round = toy.samples([1.0] * 10, failed=10, seconds=2.0, incident_s=1.45)
    round.responses[10] = round.responses[10]._replace(status=503, retry_after=True)  # rejected, and so not dropped
    sent_before = [
        response for response in round.responses if response.intended_start_s < 1.45 and not response.rejected
    ]
    assert metrics.dropped(round, None) == sum(response.failed for response in sent_before) > 0
    assert metrics.failed(round, None) == 10 > metrics.dropped(round, None)


def answered_at(*done_s: float, name: str = "/ping", failed: int = 0) -> Samples:
    """A round of two seconds with good responses at these moments, and failed ones before them."""
    round = toy.samples([0.0] * len(done_s), failed, name=name)
    late = [one._replace(intended_start_s=s) for one, s in zip(round.responses, done_s, strict=False)]
    return replace(round, responses=late + round.responses[len(done_s) :])


@pytest.mark.parametrize(
    ("done_s", "gap_s"),
    [((0.5, 1.0, 1.5), 0.5), ((0.1, 0.2, 1.2, 1.9), 1.0), ((1.2, 1.9), 1.2), ((0.4, 0.8), 1.2), ((0.9, 2.7), 1.1)],
)
def test_the_longest_gap_is_within_the_round_its_ends_included(done_s: tuple[float, ...], gap_s: float) -> None:
    assert metrics.longest_gap_s(answered_at(*done_s, failed=5), None) == pytest.approx(gap_s)


def test_the_longest_gap_is_that_of_the_requests_that_waited_longest() -> None:
    round = answered_at(*(number / 10 for number in range(20)))
    round.responses += answered_at(0.3, 1.5, name="/tags").responses
    assert metrics.longest_gap_s(round, None) == pytest.approx(1.2)
    assert metrics.longest_gap_s(round, "/ping") == pytest.approx(0.1)


def test_a_round_without_a_good_response_is_one_gap() -> None:
    assert metrics.longest_gap_s(answered_at(failed=5), None) == 2.0
    assert metrics.longest_gap_s(toy.samples(), "/nobody-asked") == 2.0


def test_a_deploy_lasts_until_the_last_answer_of_an_old_worker() -> None:
    round = toy.samples([0.0] * 3, worker=7, incident_s=0.2, deployed_s=0.5)
    assert metrics.deployed_s(round) == 0.5
    assert metrics.deployed_s(replace(round, old_workers={7})) == pytest.approx(4 / 3 - 0.2)
    assert metrics.deployed_s(replace(round, old_workers={8})) == 0.5


def test_an_old_worker_that_still_answers_as_the_round_ends_never_leaves() -> None:
    round = toy.samples([0.0] * 20, worker=7, incident_s=0.2, deployed_s=0.5, old_workers={7})
    assert metrics.deployed_s(round) == metrics.NEVER_S


def test_without_a_deploy_there_is_no_time_until_the_new_release() -> None:
    assert math.isnan(metrics.deployed_s(toy.samples()))


def test_an_exit_is_in_seconds_and_a_clean_one_counts_one() -> None:
    round = toy.samples(exit_s=0.7, stopped_cleanly=True)
    assert (metrics.exit_s(round), metrics.stopped_cleanly(round)) == (0.7, 1.0)


@pytest.mark.parametrize(
    ("persisted", "clean"), [(None, 0.0), (0, 0.0), (19, 0.0), (20, 1.0), (24, 1.0), (25, 0.0), (10**9, 0.0)]
)
def test_a_shutdown_ran_if_it_persisted_what_was_requested(persisted: int | None, clean: float) -> None:
    """20 good responses, and 4 failed requests, which may have been persisted or not."""
    round = toy.samples(failed=4, stopped_cleanly=True, persisted=persisted)
    assert metrics.stopped_cleanly(round, "/ping") == clean


def test_rough_requests_may_have_been_persisted_as_well() -> None:
    round = toy.samples(failed=4, stopped_cleanly=True, persisted=30, rough=6)
    assert metrics.stopped_cleanly(round, "/ping") == 1.0
    assert metrics.stopped_cleanly(replace(round, persisted=31), "/ping") == 0.0


def test_memory_that_grew_in_the_first_half_only_has_not_grown() -> None:
    usage = {"before": Usage(1.0, 50.0, (1,)), "until": Usage(1.0, 60.0, (1,))}
    filling = [(0.1 * look, min(60.0, 50.0 + look)) for look in range(21)]  # full after one of two seconds
    growing = [(0.1 * look, 50.0 + look / 2) for look in range(21)]
    assert metrics.rss_kib_per_request(toy.samples(memory=filling, **usage)) == pytest.approx(0)
    assert metrics.rss_kib_per_request(toy.samples(memory=growing, **usage)) == pytest.approx(5 * 1024 / 10)


def test_loops_that_stood_still_are_counted_in_every_process_and_within_the_round() -> None:
    blocked = {101: [(-9.0, -9.0), (0.5, 0.6), (1.9, 2.5)], 102: [(-0.1, 0.05), (1.8, 1.8)]}
    assert metrics.blocked_ms(toy.samples(blocked=blocked)) == pytest.approx(100 + 100 + 50)


def test_a_loop_that_nobody_looked_at_is_not_called_free() -> None:
    assert math.isnan(metrics.blocked_ms(toy.samples(blocked={102: [(1.9, 1.9)]})))
    assert math.isnan(metrics.blocked_ms(toy.samples(blocked={101: [(0.1, 0.1)]})))  # not until the end


def test_a_persisted_count_does_not_replace_a_clean_shutdown() -> None:
    assert metrics.stopped_cleanly(toy.samples(stopped_cleanly=False, persisted=20), "/ping") == 0.0
    assert math.isnan(metrics.exit_s(toy.samples()))


@pytest.mark.parametrize(
    ("stalls", "share", "wait_ms"),
    [
        ([(0.0, 0.25)], 0.99, 240.0),
        ([(0.0, 0.25)], 0.90, 150.0),
        ([(0.0, 0.25)], 0.50, 1.0),
        ([(-0.5, 0.25)], 0.99, 240.0),  # it began before the round: the first visitor waits for the rest
        ([(0.9, 1.4)], 0.99, 490.0),  # no new visitors come, but those who are there still wait
        ([(0.0, 0.125), (0.5, 0.625)], 0.90, 75.0),
        ([], 0.99, 1.0),
    ],
)
def test_what_visitors_would_have_waited_follows_from_the_stalls(stalls, share: float, wait_ms: float) -> None:
    assert metrics.waited_ms(stalls, 1.0, share) == pytest.approx(wait_ms)


STALLS = [(0.0, 0.25), (1.0, 1.25)]


@pytest.mark.parametrize(
    ("intended_start_s", "latency_ms", "fabricated"),
    [
        pytest.param(0.1, 150.0, 0, id="the rest of a stall"),
        pytest.param(0.24, 60.0, 0, id="and the requests before it"),
        pytest.param(0.26, 50.0, 0, id="only the requests before it"),
        pytest.param(0.5, 15.0, 0, id="a moment"),
        pytest.param(0.5, 700.0, 1, id="a little of a stall, and much of nothing"),
        pytest.param(0.5, 240.0, 1, id="nothing at all"),
    ],
)
def test_a_wait_that_no_stall_explains_is_fabricated(
    intended_start_s: float, latency_ms: float, fabricated: int
) -> None:
    round = toy.samples([1.0] * 4, served=4, stalls=STALLS)
    round.responses[0] = round.responses[0]._replace(intended_start_s=intended_start_s, latency_ms=latency_ms)
    assert metrics.fabricated(round) == fabricated


@pytest.mark.parametrize(("served", "fabricated"), [(20, 0.0), (23, 0.0), (15, 5.0)])
def test_answers_that_the_server_never_gave_are_fabricated(served: int, fabricated: float) -> None:
    assert metrics.fabricated(toy.samples(failed=4, served=served)) == fabricated


def calls(about: str, *spans: tuple[float, float]) -> list[Call]:
    return [Call(f"desk {number}/{about}", *span) for number, span in enumerate(spans)]


ONE_BY_ONE, AT_ONCE = calls("7", (0.0, 0.1), (0.1, 0.3), (0.3, 0.4)), calls("8", (0.2, 0.4), (0.2, 0.3), (0.25, 0.5))


def test_sequential_calls_are_never_two_at_once() -> None:
    assert [metrics.at_once(some) for some in (ONE_BY_ONE, AT_ONCE, [])] == [1, 3, 0]


def test_calls_with_the_same_key_belong_to_one_request() -> None:
    assert metrics.by_request([*reversed(ONE_BY_ONE), *AT_ONCE]) == [ONE_BY_ONE, AT_ONCE]


def test_a_typical_request_has_all_calls_and_median_duration() -> None:
    broken_off, long = calls("9", (0.0, 0.01)), calls("10", (0.0, 0.1), (0.1, 0.2), (0.2, 0.9))
    assert metrics.typical_request([*broken_off, *AT_ONCE, *long, *ONE_BY_ONE]) == ONE_BY_ONE
    assert metrics.typical_request([]) == []


def test_connections_are_counted_where_a_service_counts_them() -> None:
    assert metrics.connections(toy.samples(opened=45)) == 45
    assert math.isnan(metrics.connections(toy.samples()))


def test_the_most_database_sessions_at_any_moment_count() -> None:
    assert metrics.sessions(toy.samples(sessions=[(0.0, 1), (0.1, 31), (0.2, 4)])) == 31
    assert math.isnan(metrics.sessions(toy.samples()))


def test_who_listens_when_all_have_gone_is_left() -> None:
    assert metrics.listeners_left(toy.samples(listeners=[(0.0, 1), (0.1, 31), (2.2, 4)])) == 4
    assert math.isnan(metrics.listeners_left(toy.samples()))


def piped(before_mib: float | None, after_mib: float | None, **others) -> Samples:
    """Samples of ten good responses, and what the tree had read and written before and after."""
    usages = [Usage(1.0, 50.0, (), piped_mib=mib) for mib in (before_mib, after_mib)]
    return toy.samples([5.0] * 10, before=usages[0], after=usages[1], **others)


def test_bytes_through_pipes_are_counted_per_good_response() -> None:
    assert metrics.piped_mib_per_request(piped(3.0, 163.0, failed=2), "/ping") == 16.0
    assert metrics.piped_mib_per_request(piped(3.0, 2.9)) == 0.0  # a process has ended, and its parent did not wait


def test_bytes_through_pipes_are_unknown_where_the_system_does_not_count() -> None:
    assert math.isnan(metrics.piped_mib_per_request(piped(None, None)))
    assert math.isnan(metrics.piped_mib_per_request(toy.samples([5.0])))
    assert math.isnan(metrics.piped_mib_per_request(piped(3.0, 0.0, exit_s=0.5)))


@pytest.mark.parametrize("counts", [True, False])
def test_only_what_the_system_counts_is_counted_here(counts: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "counts_io", lambda: counts)
    assert metrics.METRIC_TYPES["piped_mib_per_request"].counted_here is counts
    assert metrics.METRIC_TYPES["cpu_ms_per_request"].counted_here


def test_processes_that_were_there_before_the_load_are_not_started() -> None:
    lifetimes = {1: (0.01, 2.0), 2: (0.01, 0.5), 3: (0.3, 0.6), 4: (0.5, 2.0)}
    assert metrics.born_in(toy.samples(lifetimes=lifetimes)) == {3: (0.3, 0.6), 4: (0.5, 2.0)}


def test_processes_started_are_counted_for_100_good_responses() -> None:
    round = toy.samples([5.0] * 10, failed=3, lifetimes={1: (0.0, 2.0), 2: (0.3, 0.6)})
    assert metrics.processes_started(round, "/ping") == pytest.approx(100 * 1 / 10)
    assert metrics.processes_started(toy.samples(lifetimes={1: (0.0, 2.0)}), "/ping") == 0.0


def test_processes_too_brief_to_be_seen_count_by_their_ledger() -> None:
    assert metrics.started(toy.samples(lifetimes={1: (0.0, 2.0), 2: (0.3, 0.6)}, jobs=[0.1, 0.2, 0.3])) == 3


def test_processes_that_nobody_looked_at_are_not_a_number() -> None:
    assert math.isnan(metrics.processes_started(toy.samples()))


# Jobs that kill the process that tries them.

LIVED = {1: (0.0, 2.0), 2: (0.0, 1.0), 3: (0.0, 1.5), 4: (1.0, 2.0)}  # 2 and 3 were killed


def deadly(statuses: list[int], attempts: dict[str, int], lifetimes: dict[int, tuple[float, float]] = LIVED) -> Samples:
    """A round with responses of these statuses to deadly jobs."""
    round = toy.samples([5.0] * len(statuses), attempts=attempts, lifetimes=lifetimes)
    round.responses = [one._replace(status=status) for one, status in zip(round.responses, statuses, strict=True)]
    return round


@pytest.mark.parametrize(
    ("statuses", "refused"), [([422, 400], 2), ([422, 500], 1), ([422, 200], 1), ([422, 0], 1), ([429, 408], 0)]
)
def test_a_deadly_job_is_refused_by_a_4xx_that_asks_for_no_second_try(statuses: list[int], refused: int) -> None:
    assert metrics.poison_refused(deadly(statuses, {"one": 2, "two": 1}), "/ping") == refused


def test_a_refusal_counts_only_for_a_job_that_was_tried() -> None:
    assert metrics.poison_refused(deadly([422, 422], {}), "/ping") == 0
    assert metrics.poison_refused(deadly([422, 422], {"one": 1}), "/ping") == 1


def test_a_try_counts_only_where_a_process_has_ended() -> None:
    assert metrics.ended_in(deadly([422], {})) == {2, 3}
    assert metrics.poison_refused(deadly([422, 422], {"one": 1, "two": 1}, {1: (0.0, 2.0)}), "/ping") == 0
    assert metrics.poison_refused(deadly([422, 422], {"one": 1, "two": 1}, {}), "/ping") == 0


def test_attempts_are_those_at_the_job_tried_most_often() -> None:
    assert metrics.attempts(deadly([422, 422], {"one": 1, "two": 4})) == 4
    assert metrics.attempts(toy.samples()) == 0


# A worker that hangs, and its successor.


def struck(failed: list[bool], incident_s: float | None = 1.0) -> Samples:
    """A round with ten requests a second, and an incident in it."""
    round = toy.samples([5.0] * len(failed), seconds=len(failed) / 10, incident_s=incident_s)
    round.responses = [one._replace(status=0 if bad else 200) for one, bad in zip(round.responses, failed, strict=True)]
    return round


def test_recovery_lasts_until_requests_have_good_responses_again() -> None:
    assert metrics.recovery_s(struck([False] * 15 + [True] * 15 + [False] * 30), None) == pytest.approx(1.9)
    assert metrics.recovery_s(struck([False] * 12 + [True] * 48), None) == pytest.approx(5.0)


def test_a_site_that_goes_on_well_needs_no_recovery() -> None:
    assert metrics.recovery_s(struck([False] * 60), None) == 0.0
    assert metrics.recovery_s(struck([False] * 20 + [True] + [False] * 39), None) == 0.0  # one in forty: by chance


def test_a_second_outage_makes_recovery_longer() -> None:
    assert metrics.recovery_s(struck([False] * 10 + [True] * 5 + [False] * 20 + [True] * 5), None) == pytest.approx(3.0)


def test_without_an_incident_recovery_is_not_a_number() -> None:
    assert math.isnan(metrics.recovery_s(struck([False] * 20, incident_s=None), None))


@pytest.mark.parametrize(
    ("frozen", "share"), [([2, 3], 100.0), ([1, 2], 50.0), ([1], 0.0), ([], 0.0)], ids=["all", "one", "none", "nothing"]
)
def test_what_hung_and_is_gone_was_replaced(frozen: list[int], share: float) -> None:
    lifetimes = {1: (0.0, 2.0), 2: (0.0, 1.0), 3: (0.0, 1.5), 4: (1.0, 2.0), 5: (1.5, 2.0)}
    assert metrics.frozen_replaced_share(toy.samples(frozen=frozen, lifetimes=lifetimes)) == share


def test_what_hung_and_has_no_successor_was_not_replaced() -> None:
    lifetimes = {1: (0.0, 2.0), 2: (0.0, 1.0), 3: (0.0, 1.5), 4: (1.0, 2.0)}
    assert metrics.frozen_replaced_share(toy.samples(frozen=[2, 3], lifetimes=lifetimes)) == 50.0


def test_results_collected_are_a_share_of_what_was_accepted() -> None:
    found = [Collected(f"Reader:0/{number}/0", "/ping", status, "") for number, status in enumerate((200, 404, 202))]
    assert metrics.collected_share(toy.samples([1.0] * 4, failed=3, collected=found), "/ping") == 25.0
    assert metrics.collected_share(toy.samples([], failed=3), "/ping") == 100.0


def test_work_done_outside_is_a_share_of_the_jobs_done() -> None:
    assert metrics.outside_share(toy.samples(jobs=[0.1, 0.2, 0.3, 0.4], outside=[0.2])) == 25.0
    assert metrics.outside_share(toy.samples()) == 0.0


# Memory with a limit.


def test_the_peak_is_the_most_that_the_tree_had_at_any_look() -> None:
    assert metrics.peak_rss_mib(toy.samples(memory=[(0.0, 60.0), (1.0, 90.0), (2.0, 40.0)])) == 90.0
    assert math.isnan(metrics.peak_rss_mib(toy.samples()))


def test_memory_taken_counts_what_was_given_back_and_what_a_new_process_begins_with() -> None:
    resident = {1: [(0.0, 40.0), (1.0, 70.0), (2.0, 50.0), (3.0, 55.0)], 2: [(2.0, 45.0), (3.0, 60.0)]}
    lifetimes = {1: (0.0, 3.0), 2: (2.0, 3.0)}
    assert metrics.memory_taken_mib(toy.samples(resident=resident, lifetimes=lifetimes)) == 30 + 5 + 45 + 15
    assert metrics.memory_taken_mib(toy.samples()) == 0.0
