"""One lab, measured and judged, on a fake bench."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
import toy
from toy import FAST, HALFWAY, NO_BETTER, FakeBench

from perflab.course.lab import Lab
from perflab.judge import experiment, fairness, rule
from perflab.judge.errors import RequirementMissing, SideError
from perflab.judge.result import Result
from perflab.judge.rule import Outcome, Ruling
from perflab.measure import machine
from perflab.measure.samples import Conditions, Stream

ERROR = SideError("yours", "It ended with exit code 1.", ["NameError: toy"])


# How every run ends.


@pytest.mark.parametrize("way", toy.WAYS)
def test_a_run_ends_with_the_outcome_that_fits(lab: Lab, way: str) -> None:
    assert toy.ending(lab, way).outcome == toy.WAYS[way]


def test_it_serves_warms_up_compares_drives_and_only_then_checks(checked: Lab) -> None:
    bench = FakeBench()
    toy.run(checked, bench)
    assert bench.what() == [
        *["start", "warm_up", "visit", "drive", "be rough", "visit late", "visit failing", "crowd", "check", "end"],
    ]


@pytest.mark.parametrize(
    ("figures", "outcome", "rounds"),
    [
        pytest.param(FAST, Outcome.SOLVED, 2, id="as good as ours"),
        pytest.param(NO_BETTER, Outcome.NOT_YET, 2, id="no better than slow"),
        pytest.param({**FAST, "yours": 3.0}, Outcome.SOLVED, 3, id="better than the goal by little"),
        pytest.param({**FAST, "yours": 5.0}, Outcome.NOT_YET, 3, id="near the goal"),
    ],
)
def test_a_plain_case_is_settled_in_two_rounds_and_a_steady_one_in_three(
    lab: Lab, figures, outcome: Outcome, rounds: int
) -> None:
    bench = FakeBench(figures)
    assert toy.run(lab, bench).outcome is outcome
    assert len(bench.rounds()) == rounds


def test_one_lost_round_takes_two_more_to_make_up_for(lab: Lab) -> None:
    bench = FakeBench({**FAST, "yours": [1.0, 100.0, 1.0]})
    assert toy.run(lab, bench).outcome is Outcome.SOLVED
    assert bench.sides("be rough") == ["yours"]  # before the one that was lost, which may be by chance
    assert len(bench.rounds()) == 4


@pytest.mark.parametrize("seed", range(20))
def test_noise_of_half_the_figure_does_not_hide_a_plain_case(lab: Lab, seed: int) -> None:
    assert toy.run(lab, FakeBench(FAST, noise=0.5), seed).outcome is Outcome.SOLVED
    assert toy.run(lab, FakeBench(NO_BETTER, noise=0.5), seed).outcome is Outcome.NOT_YET


@pytest.mark.parametrize(("first", "outcome"), [(1.0, Outcome.SOLVED), (100.0, Outcome.NOT_YET)])
def test_the_last_round_there_is_time_for_decides_on_a_wavering_fix(lab: Lab, first: float, outcome: Outcome) -> None:
    bench = FakeBench({**FAST, "yours": [first, 101.0 - first] * 8})
    assert toy.run(lab, bench).outcome is outcome
    assert len(bench.rounds()) == rule.terms(lab).at_most
    assert rule.terms(lab).at_most * lab.seconds * 3 <= rule.LOAD_AT_MOST_S


@pytest.mark.parametrize(
    "bench",
    [
        pytest.param(FakeBench({"slow": 3.0, "yours": 1.0, "reference": 1.0}), id="no bottleneck"),
        pytest.param(FakeBench(conditions={"reference": Conditions(0.95, 0.0)}), id="a tired load generator"),
        pytest.param(FakeBench(conditions={"slow": Conditions(0.3, 0.2)}), id="a late load generator"),
        pytest.param(FakeBench(HALFWAY, conditions={"yours": Conditions(0.3, 0.2)}), id="late for yours, and no win"),
    ],
)
def test_void_rounds_are_never_lost_and_end_inconclusive(lab: Lab, bench: FakeBench) -> None:
    result = toy.run(lab, bench)
    assert result.outcome is Outcome.INCONCLUSIVE
    assert [score.ruling for score in result.scores(0)] == [Ruling.VOID] * rule.VOID_AT_MOST


def test_a_fix_that_is_fast_under_late_load_is_still_solved(lab: Lab) -> None:
    result = toy.run(lab, FakeBench(conditions={"yours": Conditions(0.3, 0.2)}))
    assert result.outcome is Outcome.SOLVED
    assert {round.disturbed for round in result.rounds} == {"20% of the requests to yours were sent late"}


def test_a_disturbed_round_says_what_disturbed_it(lab: Lab) -> None:
    result = toy.run(lab, FakeBench(conditions={"reference": Conditions(0.95, 0.0)}))
    assert {round.disturbed for round in result.rounds} == {
        "the load generator used 95% of a core while it drove reference"
    }


def test_a_lab_with_several_metrics_is_solved_when_each_is(tmp_path: Path) -> None:
    lab = toy.full_lab(tmp_path)
    good, bad = ({"slow": 8, "yours": yours, "reference": 0} for yours in (0, 8))
    assert toy.run(lab, FakeBench(failed=good, incident_s=1.5)).outcome is Outcome.SOLVED
    assert toy.run(lab, FakeBench(failed=bad, incident_s=1.5)).outcome is Outcome.NOT_YET
    assert toy.run(lab, FakeBench(NO_BETTER, failed=good, incident_s=1.5)).outcome is Outcome.NOT_YET


# What each round consists of.


@pytest.mark.parametrize("seed", range(5))
def test_each_round_has_its_own_seed_for_all_sides(lab: Lab, seed: int) -> None:
    bench = FakeBench()
    result = toy.run(lab, bench, seed)
    assert [{call.subject for call in round} for round in bench.rounds()] == [{"slow", "yours", "reference"}] * 2
    assert [round.seed for round in result.rounds] == [round[0].seed for round in bench.rounds()]


def test_the_order_of_the_sides_is_shuffled(lab: Lab) -> None:
    orders = set()
    for seed in range(20):
        bench = FakeBench()
        toy.run(lab, bench, seed)
        orders |= {tuple(call.subject for call in round) for round in bench.rounds()}
    assert len(orders) == 6


def test_sides_are_recorded_in_one_order_however_they_were_driven(lab: Lab) -> None:
    results = [toy.run(lab, seed=seed) for seed in range(5)]
    assert {tuple(round.samples) for result in results for round in result.rounds} == {("slow", "yours", "reference")}


def test_the_same_seed_gives_the_same_run(lab: Lab) -> None:
    benches = [FakeBench(noise=0.5), FakeBench(noise=0.5)]
    first, again = (toy.run(lab, bench, seed=7) for bench in benches)
    assert benches[0].calls == benches[1].calls
    assert [round.scores for round in first.rounds] == [round.scores for round in again.rounds]


def test_a_run_without_a_seed_draws_and_records_one(lab: Lab) -> None:
    results = [experiment.run(lab, FakeBench(), lambda result: None) for _ in range(5)]
    assert len({result.seed for result in results}) == 5


def test_without_load_every_side_gets_the_same_visits(lab: Lab) -> None:
    bench = FakeBench()
    toy.run(lab, bench, seed=7)
    visits = [call for call in bench.calls if call.what == "visit"]
    assert visits == [("visit", side, 7) for side in ("slow", "yours", "reference")]


# An untouched fix.


def test_an_untouched_fix_is_stopped_and_gets_no_requests(lab: Lab) -> None:
    bench = FakeBench(overrides=[])
    result = toy.run(lab, bench)
    assert [call.what for call in bench.calls if call.subject == "yours"] == ["start", "stop"]
    assert result.outcome is Outcome.UNTOUCHED
    assert result.sides == ["slow", "reference"]


@pytest.mark.parametrize("rounds", [1, 3, 5])
def test_an_untouched_lab_drives_only_slow_and_reference(lab: Lab, rounds: int) -> None:
    bench = FakeBench(overrides=[])
    experiment.run(lab, bench, lambda result: None, untouched_rounds=rounds)
    assert [{call.subject for call in round} for round in bench.rounds()] == [{"slow", "reference"}] * rounds


def test_an_untouched_fix_is_known_without_load(lab: Lab) -> None:
    bench = FakeBench(overrides=[])
    result = experiment.run(lab, bench, lambda result: None, untouched_rounds=0)
    assert result.outcome is Outcome.UNTOUCHED
    assert "drive" not in bench.what()


# Wrong answers, errors and failed checks.


def test_wrong_answers_end_the_run_before_any_load(lab: Lab) -> None:
    bench = FakeBench(bodies={("visit", "yours"): "other"})
    result = toy.run(lab, bench)
    assert result.outcome is Outcome.WRONG
    assert result.difference
    assert not result.difference.under_load
    assert "drive" not in bench.what()


def test_answers_wrong_only_under_load_are_found_in_one_round(lab: Lab) -> None:
    bench = FakeBench(bodies={("drive", "yours"): "other"})
    result = toy.run(lab, bench)
    assert result.outcome is Outcome.WRONG
    assert result.difference
    assert result.difference.under_load
    assert len(bench.rounds()) == 1


TICKS = Stream("/live/0", "/live", 200, "text/event-stream", ("data: a",) * 3, False)


@pytest.mark.parametrize("call", ["visit", "drive"])
@pytest.mark.parametrize(
    "heard",
    [
        pytest.param([], id="nothing"),
        pytest.param([TICKS._replace(status=0)], id="no response"),
        pytest.param([TICKS._replace(status=500)], id="an error"),
        pytest.param([TICKS._replace(media="text/plain")], id="another form"),
        pytest.param([TICKS._replace(events=("data: b",) * 3)], id="something else"),
        pytest.param([TICKS._replace(events=("data: a",))], id="once and no more"),
        pytest.param([TICKS._replace(ended=True)], id="it ends"),
        pytest.param([TICKS._replace(events=("data: a",) * 40)], id="a flood"),
    ],
)
def test_a_stream_must_say_what_the_slow_one_says_and_go_on(lab: Lab, call: str, heard: list[Stream]) -> None:
    streams = {(when, side): [TICKS] for when in ("visit", "drive") for side in ("slow", "yours", "reference")}
    assert toy.run(lab, FakeBench(streams=streams)).outcome is Outcome.SOLVED
    result = toy.run(lab, FakeBench(streams={**streams, (call, "yours"): heard}))
    assert result.outcome is Outcome.WRONG
    assert result.difference
    assert result.difference.request == "/live"


@pytest.mark.parametrize(("status", "outcome"), [(404, Outcome.SOLVED), (200, Outcome.WRONG), (500, Outcome.WRONG)])
def test_nonsense_must_be_refused_where_the_slow_side_refuses_it(lab: Lab, status: int, outcome: Outcome) -> None:
    refused = {"slow": [("GET /x", 422)], "reference": [("GET /x", 422)], "yours": [("GET /x", status)]}
    assert toy.run(lab, FakeBench(refused=refused)).outcome is outcome


@pytest.mark.parametrize(("others", "outcome"), [(0.1, Outcome.SOLVED), (1.1, Outcome.INCONCLUSIVE)])
def test_cpu_time_on_nobodys_account_decides_nothing(lab: Lab, others: float, outcome: Outcome) -> None:
    class Cheap(FakeBench):
        def drive(self, side, seed, seconds=None, **how):
            samples = super().drive(side, seed, seconds, **how)
            used_s = 2.0 if side == "slow" else 0.1
            samples.after = samples.after._replace(cpu_s=samples.before.cpu_s + used_s)
            others_cores = others if side == "yours" else 0.0
            samples.conditions = samples.conditions._replace(others_cores=others_cores, cores=8)
            return samples

    lean = lab.model_copy(update={"metrics": (toy.metric("cpu_ms_per_request"),)})
    assert toy.run(lean, Cheap()).outcome is outcome


def test_a_violation_loses_every_round_and_is_recorded(lab: Lab) -> None:
    result = toy.run(lab, FakeBench(conditions={"slow": Conditions(0.3, 0.0, idle_side_cores={"yours": 0.8})}))
    assert result.outcome is Outcome.NOT_YET
    assert {round.violation for round in result.rounds} == {
        "While slow was driven, your fix used 80% of a core, which slow then lacked."
    }


@pytest.mark.parametrize(("violated", "outcome"), [((2,), Outcome.SOLVED), ((2, 3), Outcome.NOT_YET)])
@pytest.mark.parametrize("disturbed", [False, True])
def test_what_no_fix_may_do_happens_once_by_chance_and_not_twice(
    lab: Lab, violated: tuple[int, ...], outcome: Outcome, disturbed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = FakeBench()

    def in_such_a_round(said: str) -> str | None:
        return said if len(bench.rounds()) in violated else None

    monkeypatch.setattr(fairness, "violation", lambda lab, round: in_such_a_round("It may not."))
    if disturbed:
        monkeypatch.setattr(fairness, "disturbance", lambda conditions: in_such_a_round("Others were at work."))
    result = toy.run(lab, bench)
    assert result.outcome is (Outcome.SOLVED if disturbed else outcome)
    assert len(result.violated) == (0 if disturbed else len(violated))


def test_a_round_lost_to_a_violation_says_nothing_of_the_gap(lab: Lab) -> None:
    result = toy.run(lab)
    closed = result.closed(0)
    assert closed == pytest.approx(1.0, abs=0.5)
    first = result.rounds[0].scores
    first[0] = replace(first[0], closed=math.nan, ruling=Ruling.LOST)
    assert result.closed(0) == pytest.approx(closed)


def test_a_fix_that_fails_under_load_is_slow_and_not_wrong(lab: Lab) -> None:
    result = toy.run(lab, FakeBench(failed={"yours": 5}))
    assert result.outcome is Outcome.NOT_YET


def test_a_reference_with_other_answers_is_inconclusive(lab: Lab) -> None:
    """That is our error, and not the learner's."""
    result = toy.run(lab, FakeBench(bodies={("visit", "reference"): "other"}))
    assert result.outcome is Outcome.INCONCLUSIVE
    assert result.error
    assert result.error.side == "reference"
    assert [line.split()[0] for line in result.error.output] == ["expected", "got"]


@pytest.mark.parametrize("call", ["start", "warm_up", "visit", "drive"])
def test_a_fix_that_breaks_at_any_step_is_an_error(lab: Lab, call: str) -> None:
    bench = FakeBench(raises={(call, "yours"): ERROR})
    result = toy.run(lab, bench)
    assert result.outcome is Outcome.ERROR
    assert result.error is ERROR
    assert bench.calls[-1].what == call


@pytest.mark.parametrize("side", ["slow", "reference"])
def test_another_side_that_breaks_is_inconclusive(lab: Lab, side) -> None:
    result = toy.run(lab, FakeBench(raises={("drive", side): SideError(side, "It hung.", [])}))
    assert result.outcome is Outcome.INCONCLUSIVE


def test_rounds_before_an_error_are_recorded(lab: Lab) -> None:
    class Failing(FakeBench):
        def drive(self, side, seed, seconds=None, **how):
            if self.sides("drive").count("yours") == 2 and side == "yours":
                raise ERROR
            return super().drive(side, seed, seconds, **how)

    assert len(toy.run(lab, Failing()).rounds) == 2


def test_a_failed_check_after_won_rounds_is_not_yet(checked: Lab) -> None:
    bench = FakeBench(finding={"a_worker_per_core": "One process answers."})
    result = toy.run(checked, bench)
    assert (result.outcome, result.finding) == (Outcome.NOT_YET, "One process answers.")
    assert [score.ruling for score in result.scores(0)] == [Ruling.WON] * 2
    assert bench.sides("check") == ["a_worker_per_core"]


def test_every_check_runs_in_order_before_a_lab_is_solved(checked: Lab) -> None:
    bench = FakeBench()
    assert toy.run(checked, bench).outcome is Outcome.SOLVED
    assert bench.sides("check") == ["a_worker_per_core", "killed_workers_replaced"]


def test_a_fix_that_is_not_fast_enough_is_not_checked(checked: Lab) -> None:
    bench = FakeBench(HALFWAY)
    assert toy.run(checked, bench).outcome is Outcome.NOT_YET
    assert bench.sides("check") == []


def test_a_metric_of_a_request_never_sent_is_not_an_error(lab: Lab) -> None:
    result = toy.run(lab, FakeBench(name="/elsewhere"))
    assert result.outcome is Outcome.INCONCLUSIVE


def test_too_few_cores_are_reported_before_anything_starts(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(experiment, "cores", lambda: 1)
    bench = FakeBench()
    result = toy.run(lab.model_copy(update={"cores": 2}), bench)
    assert result.outcome is Outcome.SKIPPED
    assert result.finding == "It needs 2 cores, and this process may use 1."
    assert bench.calls == []


def test_too_little_shared_memory_is_reported_before_anything_starts(lab: Lab, monkeypatch) -> None:
    """As in a container: writing to what is not there would end a process with SIGBUS."""
    monkeypatch.setattr(machine, "free_shared_memory_mib", lambda: 63.6)
    bench = FakeBench()
    result = toy.run(lab.model_copy(update={"shared_memory_mib": 192}), bench)
    assert result.outcome is Outcome.SKIPPED
    assert result.finding == (
        "It needs 192 MiB of shared memory, and /dev/shm has 64 free. A container gets more with `--shm-size=1g`."
    )
    assert bench.calls == []


@pytest.mark.parametrize(("free_mib", "needed_mib"), [(None, 192), (192.0, 192), (63.6, 0)])
def test_shared_memory_that_suffices_stops_nothing(lab: Lab, monkeypatch, free_mib, needed_mib: int) -> None:
    monkeypatch.setattr(machine, "free_shared_memory_mib", lambda: free_mib)
    assert toy.run(lab.model_copy(update={"shared_memory_mib": needed_mib})).outcome is Outcome.SOLVED


@pytest.mark.parametrize("call", ["start", "drive"])
def test_a_missing_service_skips_the_lab_and_is_named(lab: Lab, call: str) -> None:
    result = toy.run(lab, FakeBench(raises={(call, "slow"): RequirementMissing("There is no PostgreSQL.")}))
    assert (result.outcome, result.finding) == (Outcome.SKIPPED, "There is no PostgreSQL.")


@pytest.mark.parametrize("call", ["start", "warm_up", "visit", "drive"])
def test_ctrl_c_passes_through_at_any_time(lab: Lab, call: str) -> None:
    bench = FakeBench(raises={(call, "slow"): KeyboardInterrupt()})
    with pytest.raises(KeyboardInterrupt):
        toy.run(lab, bench)
    assert bench.calls[-1].what == call


def test_an_error_of_the_kit_itself_is_not_an_outcome(lab: Lab) -> None:
    with pytest.raises(RuntimeError, match="a fault"):
        toy.run(lab, FakeBench(raises={("visit", "slow"): RuntimeError("a fault")}))


# Sides that are driven together.


class TogetherBench(FakeBench):
    """A bench that notes how many sides were driven together, and who was listened to."""

    def drive_together(self, sides, seed, seconds=None, **how):
        self.together = [*getattr(self, "together", []), (sorted(sides), how["listening"])]
        return super().drive_together(sides, seed, seconds, **how)


def test_sides_are_driven_together_where_the_lab_says_so(lab: Lab) -> None:
    bench = TogetherBench()
    result = toy.run(lab.model_copy(update={"driven_together": True}), bench)
    assert result.outcome is Outcome.SOLVED
    sides = ["reference", "slow", "yours"]
    assert bench.together == [(sides, {}), (sides, {"yours": result.seed})]


def test_sides_are_driven_in_turn_after_a_round_that_was_disturbed(lab: Lab) -> None:
    bench = TogetherBench(conditions={"slow": Conditions(0.3, 0.9)})
    result = toy.run(lab.model_copy(update={"driven_together": True}), bench)
    assert result.rounds[0].disturbed
    assert len(result.rounds) > len(bench.together) == 1


# What is reported on the way, and what a result knows.


def test_progress_is_reported_at_every_step_in_order(checked: Lab) -> None:
    reported: list[str] = []
    experiment.run(checked, FakeBench(), lambda result: reported.append(result.phase), seed=1)
    assert reported[:5] == [
        *["starting slow", "starting reference", "starting yours"],
        *["warming up", "comparing answers"],
    ]
    assert {phase.rpartition(" ")[0] for phase in reported[5:8]} == {"round 1: driving"}
    assert reported[8] == "visitors hang up in the middle"
    assert {phase.rpartition(" ")[0] for phase in reported[9:12]} == {"round 2: driving"}
    assert reported[12:] == [
        "comparing answers given under load",
        "a few visitors come at once",
        *["checking: a worker per core", "checking: killed workers replaced", "stopping yours", "done"],
    ]


@pytest.mark.parametrize("way", toy.WAYS)
def test_the_last_progress_report_has_the_outcome(lab: Lab, way: str) -> None:
    result = toy.ending(lab, way)
    assert result.phase == "done"
    assert result.outcome is not None


def test_a_figure_of_a_side_is_the_median_over_the_rounds(lab: Lab) -> None:
    result = toy.run(lab, FakeBench({**FAST, "yours": [1.0, 9.0, 2.0]}))
    assert result.figure("yours", lab.metrics[0]) == 2.0
    assert result.median("yours", "latency_ms_p50", "/ping") == 2.0


def test_the_share_closed_is_the_median_of_the_rounds_that_count(lab: Lab) -> None:
    result = toy.run(lab, FakeBench({"slow": [1.0, 100.0], "yours": [1.0, 10.0, 10.0, 1.0], "reference": 1.0}))
    assert [score.ruling for score in result.scores(0)][:4] == [Ruling.VOID, Ruling.LOST, Ruling.LOST, Ruling.WON]
    assert result.closed(0) == 1.0


def test_a_result_without_rounds_has_no_sides(lab: Lab) -> None:
    assert Result(lab, seed=1).sides == []


def test_a_slow_side_that_answers_nothing_has_no_figures(lab: Lab) -> None:
    """As behind a proxy that swallows every request: both sides are as quick as nothing."""
    bench = FakeBench()
    silent = toy.samples([], failed=6)
    bench.visit = lambda sides, seed: dict.fromkeys(sides, silent)  # type: ignore[method-assign]
    result = toy.run(lab, bench)
    assert result.outcome is Outcome.INCONCLUSIVE
    assert result.rounds == []
    assert result.error
    assert result.error.reason == "None of the first 6 requests to it was answered."


@pytest.mark.parametrize("kinds", [1, 2, 3])
def test_a_round_tells_its_kind_by_its_seed(lab: Lab, kinds: int) -> None:
    result = toy.run(lab.model_copy(update={"kinds_of_rounds": kinds}), FakeBench({**FAST, "yours": 3.0}))
    assert [round.seed % kinds for round in result.rounds] == [number % kinds for number in (1, 2, 3)]
