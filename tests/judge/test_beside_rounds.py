"""What a fix is asked beside its rounds, on a fake bench."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import pytest
import toy
from toy import FAST, HALFWAY, NO_BETTER, FakeBench

from perflab.course.lab import Incident, Lab, Side
from perflab.judge import experiment, questions
from perflab.judge.bench import SHARED_MEMORY
from perflab.judge.result import Result
from perflab.judge.rule import Outcome
from perflab.measure.samples import Samples
from perflab.report import messages


class Busier(FakeBench):
    """Yours gets twice as many visits as the others, and answers those that they had no time for with `body`."""

    def __init__(self, body: str, **others) -> None:
        super().__init__(**others)
        self.body = body

    def drive(self, side, seed, seconds=None, **how):
        samples = super().drive(side, seed, seconds, **how)
        if side == "yours":
            more = toy.samples([1.0] * 40, body=self.body)
            samples.responses += more.responses[20:]
            samples.bodies |= more.bodies
        return samples

    def visit_again(self, side, seed, keys, in_turn=False):
        samples = super().visit_again(side, seed, keys)
        wanted = {f"{visit}/0" for visit in keys}
        samples.responses = [one for one in toy.samples([1.0] * 40).responses if one.key in wanted]
        assert len(samples.responses) == len(keys)
        return samples


def test_visits_that_slow_missed_are_compared_before_solved(checked: Lab) -> None:
    bench = Busier("same")
    assert toy.run(checked, bench).outcome is Outcome.SOLVED
    assert bench.what() == [
        "start", "warm_up", "visit", "drive", "be rough", "visit late", "visit failing", "visit again",
        "crowd", "check", "end",
    ]  # fmt: skip
    assert bench.sides("visit again") == ["slow"] * 2  # for each round


def test_wrong_answers_in_visits_that_slow_missed_are_found(lab: Lab) -> None:
    result = toy.run(lab, Busier("other"))
    assert result.outcome is Outcome.WRONG
    assert result.difference
    assert result.difference.under_load


@pytest.mark.parametrize(("status", "outcome"), [(200, Outcome.WRONG), (422, Outcome.SOLVED)])
def test_what_ours_had_time_for_is_compared_in_the_round_unless_ours_refused_it(
    lab: Lab, status: int, outcome: Outcome
) -> None:
    class Differing(FakeBench):
        def drive(self, side, seed, seconds=None, **how):
            samples = super().drive(side, seed, seconds, **how)
            more = toy.samples([1.0] * 21, body=f"of {side}")
            if side != "slow":
                samples.responses.append(more.responses[20]._replace(status=status))
                samples.bodies |= more.bodies
            return samples

        def visit_again(self, side, seed, keys, in_turn=False):
            return toy.samples([])

    bench = Differing()
    assert toy.run(lab, bench).outcome is outcome
    assert len(bench.rounds()) == (1 if outcome is Outcome.WRONG else 2)


def test_a_fix_that_is_not_fast_enough_is_not_compared_again(lab: Lab) -> None:
    bench = Busier("other", latency_ms=NO_BETTER)
    assert toy.run(lab, bench).outcome is Outcome.NOT_YET
    assert "visit again" not in bench.what()


@pytest.mark.parametrize(("soak_mib", "outcome"), [(0.1, Outcome.SOLVED), (10.0, Outcome.NOT_YET)])
def test_memory_must_not_grow_in_the_soak_test(lab: Lab, soak_mib: float, outcome: Outcome) -> None:
    metrics = (*lab.metrics, toy.metric("rss_kib_per_request"))
    hungry = lab.model_copy(update={"metrics": metrics, "soak_s": 8.0})
    bench = FakeBench(growth_mib={"slow": 10.0, "yours": 0.0, "reference": 0.0}, soak_mib=soak_mib)
    result = toy.run(hungry, bench)
    assert result.outcome is outcome
    assert bench.sides("soak") == ["yours"] * (1 if outcome is Outcome.SOLVED else questions.ATTEMPTS)
    assert bool(result.finding) is (outcome is Outcome.NOT_YET)


@pytest.mark.parametrize(("fill_mib", "outcome"), [(0.1, Outcome.SOLVED), (10.0, Outcome.NOT_YET)])
def test_memory_that_fills_up_to_a_bound_has_not_grown(lab: Lab, fill_mib: float, outcome: Outcome) -> None:
    hungry = lab.model_copy(update={"metrics": (*lab.metrics, toy.metric("rss_kib_per_request"))})
    bench = FakeBench(growth_mib={"slow": 10.0, "yours": 10.0, "reference": 0.0}, fill_mib=fill_mib)
    assert toy.run(hungry, bench).outcome is outcome
    assert bench.sides("fill") == ["yours"]


def test_rounds_that_were_made_up_for_are_won_only_with_one_after_rough_requests(lab: Lab) -> None:
    lab = lab.model_copy(update={"metrics": (toy.metric("rss_kib_per_request"),)})
    bench = FakeBench(growth_mib={"slow": 10.0, "yours": 10.0, "reference": 0.0}, fill_mib=0.1)
    seen: list[tuple[bool, bool, bool]] = []

    def note(result: Result) -> None:
        if result.rounds:
            seen.append((result.verdict is Outcome.SOLVED, bool(result.rounds[-1].after), result.rounds_won))

    experiment.run(lab, bench, note, seed=1)
    assert (True, False, False) in seen
    assert (True, True, True) in seen
    assert {won for solved, after, won in seen if not (solved and after)} == {False}


@pytest.mark.parametrize(("fill_mib", "outcome"), [(0.1, Outcome.SOLVED), (10.0, Outcome.NOT_YET)])
def test_also_where_memory_is_not_judged_it_must_not_grow_without_end(
    lab: Lab, fill_mib: float, outcome: Outcome
) -> None:
    bench = FakeBench(growth_mib={"slow": 0.0, "yours": 10.0, "reference": 0.5}, fill_mib=fill_mib)
    result = toy.run(lab, bench)
    assert result.outcome is outcome
    assert bench.sides("fill") == ["yours"]
    assert ("it still keeps" in str(result.finding)) is (outcome is Outcome.NOT_YET)


def test_memory_that_grows_on_every_side_is_not_looked_at(lab: Lab) -> None:
    bench = FakeBench(growth_mib={"slow": 9.0, "yours": 10.0, "reference": 0.5})
    assert toy.run(lab, bench).outcome is Outcome.SOLVED
    assert bench.sides("fill") == []


def test_nobody_waits_for_a_cache_to_fill_that_loses_in_something_else(lab: Lab) -> None:
    hungry = lab.model_copy(update={"metrics": (*lab.metrics, toy.metric("rss_kib_per_request"))})
    bench = FakeBench(NO_BETTER, growth_mib={"slow": 10.0, "yours": 10.0, "reference": 0.0})
    assert toy.run(hungry, bench).outcome is Outcome.NOT_YET
    assert bench.sides("fill") == []


@pytest.mark.parametrize(("well", "before"), [(1.0, "in the first round"), (3.0, "for 2 rounds")])
def test_a_fix_that_serves_no_more_after_rough_requests_is_not_yet(lab: Lab, well: float, before: str) -> None:
    bench = FakeBench({**FAST, "yours": well}, rough_ms=90.0)
    result = toy.run(lab, bench)
    assert result.outcome is Outcome.NOT_YET
    assert f"It did well {before}. Then visitors hung up in the middle" in str(result.finding)
    assert "After that: p99 of /ping" in str(result.finding)
    assert bench.sides("be rough") == ["yours"]


@pytest.mark.parametrize("figures", [NO_BETTER, HALFWAY])
def test_a_fix_that_is_not_fast_enough_meets_no_rough_requests(lab: Lab, figures) -> None:
    bench = FakeBench(figures)
    assert toy.run(lab, bench).outcome is Outcome.NOT_YET
    assert bench.sides("be rough") == []


def test_rough_requests_come_before_the_round_that_may_be_the_last(lab: Lab) -> None:
    for yours, rounds in ((1.0, 1), (3.0, 2)):
        bench = FakeBench({**FAST, "yours": yours})
        assert toy.run(lab, bench).outcome is Outcome.SOLVED
        calls = [call.what for call in bench.calls]
        assert calls[: calls.index("be rough")].count("drive") == 3 * rounds


@pytest.mark.parametrize(("tasks", "outcome"), [(49, Outcome.SOLVED), (50, Outcome.NOT_YET)])
def test_a_fix_that_keeps_the_tasks_of_rough_requests_is_not_yet(lab: Lab, tasks: int, outcome: Outcome) -> None:
    bench = FakeBench(keeps_tasks=tasks)
    result = toy.run(lab, bench)
    assert result.outcome is outcome
    assert ("more objects of the type `Task`, the last time 50." in str(result.finding)) is (tasks == 50)
    assert bench.sides("be rough") == ["yours"] * (1 if tasks == 49 else questions.ATTEMPTS)


@pytest.mark.parametrize(("pieces", "outcome"), [(2, Outcome.SOLVED), (3, Outcome.NOT_YET)])
def test_a_fix_that_keeps_shared_memory_of_rough_requests_is_not_yet(lab: Lab, pieces: int, outcome: Outcome) -> None:
    class Leaking(FakeBench):
        def left_behind(self, side):
            return Counter({SHARED_MEMORY: 4 + pieces * len(self.sides("be rough"))})

    result = toy.run(lab, Leaking())
    assert result.outcome is outcome
    assert ("more objects of the type `SharedMemory`, the last time 3." in str(result.finding)) is (pieces == 3)


def test_a_fix_whose_tasks_fail_unheard_is_not_yet(lab: Lab) -> None:
    result = toy.run(lab, FakeBench(calls_fail=True, fails_unheard={"refresh": 1, "ask": 20}))
    assert result.outcome is Outcome.NOT_YET
    assert "what it calls failed for a moment, 20 tasks of `ask` failed, and nobody heard of it" in str(result.finding)
    assert result.error is not None


def test_a_fix_whose_visitor_waits_for_ever_for_a_call_is_not_yet(lab: Lab) -> None:
    result = toy.run(lab, FakeBench(waits=["yours"]))
    assert result.outcome is Outcome.NOT_YET
    assert "A call to another team had no reply." in str(result.finding)


def test_a_call_that_ours_waits_for_as_long_is_no_fault(lab: Lab) -> None:
    bench = FakeBench(waits=["yours", "reference"])
    assert toy.run(lab, bench).outcome is Outcome.SOLVED
    assert bench.sides("hold") == ["yours", "reference"]


@pytest.mark.parametrize(
    ("bench", "outcome"),
    [
        pytest.param(FakeBench(keeps={"yours": 5.0}), Outcome.NOT_YET, id="without a bound"),
        pytest.param(FakeBench(keeps={"yours": 5.0, "reference": 4.5}), Outcome.SOLVED, id="ours as well"),
        pytest.param(FakeBench(keeps={"yours": 5.0}, full_after=2), Outcome.SOLVED, id="full by then"),
        pytest.param(FakeBench(keeps={"yours": 1.0}), Outcome.SOLVED, id="next to nothing"),
    ],
)
def test_who_keeps_something_of_each_response_needs_a_bound(lab: Lab, bench: FakeBench, outcome: Outcome) -> None:
    result = toy.run(lab, bench)
    assert result.outcome is outcome
    assert ("kept some 5 objects in memory" in str(result.finding)) is (outcome is Outcome.NOT_YET)


@pytest.mark.parametrize(
    ("refuses", "outcome"),
    [
        pytest.param({"yours": [3]}, Outcome.NOT_YET, id="each time"),
        pytest.param({"yours": [3, 0, 0, 0]}, Outcome.SOLVED, id="once"),
        pytest.param({"yours": [0, 3]}, Outcome.NOT_YET, id="only who comes again"),
        pytest.param({"yours": [3], "reference": [3]}, Outcome.SOLVED, id="as many as ours"),
        pytest.param({"yours": [3], "reference": [0, 0, 3, 3, 0]}, Outcome.SOLVED, id="as many as ours at its worst"),
        pytest.param({"yours": [3], "reference": [3, 0]}, Outcome.NOT_YET, id="more than ours at its worst"),
    ],
)
def test_a_few_visitors_who_come_at_once_are_served(lab: Lab, refuses, outcome: Outcome) -> None:
    bench = FakeBench(refuses_crowd=refuses)
    result = toy.run(lab, bench)
    assert result.outcome is outcome
    said = "6 visitors came at the same moment, and once more, and nobody else. Your fix failed"
    assert (said in str(result.finding)) is (outcome is Outcome.NOT_YET)


def test_who_listens_without_an_end_is_no_visitor_of_these(lab: Lab) -> None:
    class Listened(FakeBench):
        def drive(self, side, seed, seconds=None, **how):
            samples = super().drive(side, seed, seconds, **how)
            samples.responses.append(samples.responses[0]._replace(key="Listener:0/0/0"))
            return samples

        def visit_at_once(self, side, seed, keys):
            assert {key.partition(":")[0] for key in keys} == {"Reader"}
            return super().visit_at_once(side, seed, keys)

        def kept(self, side, seed, keys):
            assert {key.partition(":")[0] for key in keys} == {"Reader"}
            return super().kept(side, seed, keys)

    bench = Listened(keeps={"yours": 0.5})
    assert toy.run(lab, bench).outcome is Outcome.SOLVED
    assert bench.sides("kept") and bench.sides("crowd")


@pytest.mark.parametrize(("alone_ms", "come"), [(60.0, 6), (330.0, 3), (1800.0, 1)])
def test_a_crowd_is_smaller_where_visits_take_long(lab: Lab, alone_ms: float, come: int) -> None:
    class Slower(FakeBench):
        def visit(self, sides, seed):
            return {side: toy.samples([alone_ms] * 3, name=self.name, body="same") for side in sides}

        def visit_at_once(self, side, seed, keys):
            assert len(keys) == come
            return super().visit_at_once(side, seed, keys)

    bench = Slower()
    assert toy.run(lab, bench).outcome is Outcome.SOLVED
    assert bench.sides("crowd") == ["yours"] * 2


def test_what_fails_at_leisure_as_well_may_fail_in_a_crowd(lab: Lab) -> None:
    class Failing(FakeBench):
        def visit(self, sides, seed):
            samples = toy.samples([1.0] * 3, name=self.name, body="same")
            samples.responses = [one._replace(status=500) for one in samples.responses]
            return dict.fromkeys(sides, samples)

    bench = Failing(refuses_crowd={"yours": [3]})
    assert toy.run(lab, bench).outcome is Outcome.SOLVED
    assert bench.sides("crowd") == ["yours"] * 2


@pytest.mark.parametrize(("failed", "outcome"), [(1, Outcome.SOLVED), (2, Outcome.NOT_YET)])
def test_failures_that_each_round_forgives_are_too_many_in_all_of_them(lab: Lab, failed: int, outcome: Outcome) -> None:
    class Failing(FakeBench):
        def drive(self, side, seed, seconds=None, **how):
            samples = super().drive(side, seed, seconds, **how)
            if side == "yours" and len(self.rounds()) <= failed:
                samples.responses = [*samples.responses[1:], samples.responses[0]._replace(status=500)]
            return samples

    result = toy.run(lab, Failing())
    assert result.outcome is outcome


@pytest.mark.parametrize(
    ("late_ms", "outcome"),
    [
        pytest.param({"yours": 5000.0}, Outcome.NOT_YET, id="all wait for each other"),
        pytest.param({"yours": 2500.0}, Outcome.SOLVED, id="some do"),
        pytest.param({"yours": 5000.0, "reference": 2000.0}, Outcome.SOLVED, id="with ours it takes long, too"),
    ],
)
def test_who_calls_a_late_team_lets_nobody_wait_who_does_not(
    lab: Lab, late_ms: Mapping[Side, float], outcome: Outcome
) -> None:
    result = toy.run(lab, FakeBench(late_ms=late_ms))
    assert result.outcome is outcome
    assert ("one in four took more than 5.0 s, and with our fix 0.7 s." in str(result.finding)) is (
        outcome is Outcome.NOT_YET
    )


@pytest.mark.parametrize(
    ("fails", "outcome"),
    [
        ({"yours": [1]}, Outcome.NOT_YET),
        ({"yours": [1, 0]}, Outcome.SOLVED),
        ({"yours": [2], "reference": [1]}, Outcome.SOLVED),
    ],
)
def test_who_fails_since_a_team_is_late_by_a_little_has_too_little_patience(lab: Lab, fails, outcome: Outcome) -> None:
    result = toy.run(lab, FakeBench(failed_late=fails))
    assert result.outcome is outcome
    assert ("How much patience is right?" in str(result.finding)) is (outcome is Outcome.NOT_YET)


@pytest.mark.parametrize(
    ("yours", "ours", "outcome"),
    [
        pytest.param(500, 0, Outcome.NOT_YET, id="it fails, and our visitor waits for as long as he likes"),
        pytest.param(0, 500, Outcome.SOLVED, id="its visitor waits, and ours is told that it failed"),
        pytest.param(0, 0, Outcome.SOLVED, id="both wait"),
    ],
)
def test_a_visitor_who_leaves_while_ours_waits_for_a_late_team_is_no_failure_of_ours(
    lab: Lab, yours: int, ours: int, outcome: Outcome
) -> None:
    class Late(FakeBench):
        def visit_late(self, side: Side, seed: int) -> Samples:
            late = toy.samples([5.0] * 2, 1)
            status = yours if side == "yours" else ours
            return replace(late, responses=[*late.responses[:2], late.responses[2]._replace(status=status)])

    result = toy.run(lab, Late())
    assert result.outcome is outcome
    assert ("How much patience is right?" in str(result.finding)) is (outcome is Outcome.NOT_YET)


@pytest.mark.parametrize(
    ("unserved", "outcome"),
    [({"yours": 3}, Outcome.NOT_YET), ({"yours": 2}, Outcome.SOLVED), ({"yours": 9, "reference": 9}, Outcome.SOLVED)],
)
def test_nobody_else_waits_while_a_service_says_nothing(lab: Lab, unserved, outcome: Outcome) -> None:
    result = toy.run(lab.model_copy(update={"services": ("postgres",)}), FakeBench(unserved=unserved))
    assert result.outcome is outcome
    assert ("For a moment Postgres said nothing. Meanwhile 3 pings" in str(result.finding)) is (
        outcome is Outcome.NOT_YET
    )


@pytest.mark.parametrize(
    ("size", "for_stuck_mib", "outcome"),
    [
        (2**21, {"yours": 12.0}, Outcome.NOT_YET),
        (2**21, {"yours": 9.0}, Outcome.SOLVED),
        (2**21, {"yours": 12.0, "reference": 5.0}, Outcome.SOLVED),
        (2**10, {"yours": 12.0}, Outcome.SOLVED),
    ],
)
def test_large_responses_do_not_wait_in_memory_for_who_reads_nothing(
    lab: Lab, size: int, for_stuck_mib, outcome: Outcome
) -> None:
    class Large(FakeBench):
        def visit(self, sides, seed):
            visited = super().visit(sides, seed)
            for samples in visited.values():
                samples.responses = [one._replace(size_bytes=size) for one in samples.responses]
            return visited

    result = toy.run(lab, Large(for_stuck_mib=for_stuck_mib))
    assert result.outcome is outcome
    assert ("your fix kept 12 MiB for them" in str(result.finding)) is (outcome is Outcome.NOT_YET)


def test_a_few_tasks_may_fail_unheard(lab: Lab) -> None:
    assert toy.run(lab, FakeBench(fails_unheard={"refresh": 19})).outcome is Outcome.SOLVED


def test_a_cache_of_tasks_that_is_full_is_no_leak(lab: Lab) -> None:
    class Filling(FakeBench):
        def left_behind(self, side):
            return Counter({"process": 7, "Task": min(120, 100 * len(self.sides("be rough")))})

    assert toy.run(lab, Filling()).outcome is Outcome.SOLVED


def test_tasks_of_two_processes_are_not_compared(lab: Lab) -> None:
    class Forking(FakeBench):
        def left_behind(self, side):
            return Counter({"process": 7 + len(self.calls), "Task": 100 * len(self.calls)})

    assert toy.run(lab, Forking()).outcome is Outcome.SOLVED


@pytest.mark.parametrize("failed", [True, False])
def test_who_no_longer_serves_is_told_whether_calls_had_failed(lab: Lab, failed: bool) -> None:
    result = toy.run(lab, FakeBench(rough_ms=90.0, calls_fail=failed))
    assert ("what it calls failed for a moment" in str(result.finding)) is failed


def test_a_wrong_answer_after_rough_requests_says_what_had_gone_wrong(lab: Lab) -> None:
    class Otherwise(FakeBench):
        def drive(self, side, seed, seconds=None, **how):
            samples = super().drive(side, seed, seconds, **how)
            if side == "yours" and self.sides("be rough"):
                samples.responses = [one._replace(body="another") for one in samples.responses]
            return samples

    result = toy.run(lab, Otherwise(calls_fail=True))
    assert result.outcome is Outcome.WRONG
    sentence = messages.explain(result).sentence
    assert "after visitors hung up in the middle" in sentence
    assert "what it calls failed for a moment" in sentence


@pytest.mark.parametrize(
    ("failed_while", "outcome"),
    [
        pytest.param({"yours": 1}, Outcome.NOT_YET, id="ours serves it"),
        pytest.param({"yours": 3, "reference": 1}, Outcome.SOLVED, id="ours fails, too"),
        pytest.param({"reference": 3}, Outcome.SOLVED, id="only ours fails"),
    ],
)
def test_what_ours_serves_while_another_team_fails_yours_must_serve(lab: Lab, failed_while, outcome: Outcome) -> None:
    hanging = lab.model_copy(update={"incident": Incident(kind="hang", at_s=0.7, target="suggestions")})
    result = toy.run(hanging, FakeBench(failed_while=failed_while))
    assert result.outcome is outcome
    assert toy.run(lab, FakeBench(failed_while=failed_while)).outcome is Outcome.SOLVED  # where no team hangs
    assert ("your fix failed 1 of 3 requests to /ping" in str(result.finding)) is (outcome is Outcome.NOT_YET)


@pytest.mark.parametrize(
    ("waited_ms", "unanswered", "outcome"),
    [
        pytest.param(10_000, ["yours"], Outcome.NOT_YET, id="only ours has an answer"),
        pytest.param(10_000, ["yours", "reference"], Outcome.SOLVED, id="none has an answer"),
        pytest.param(300, ["yours"], Outcome.SOLVED, id="it fails soon"),
    ],
)
def test_who_has_no_answer_for_as_long_as_another_team_fails_waits_in_vain(
    lab: Lab, waited_ms: float, unanswered: list[Side], outcome: Outcome
) -> None:
    class Waiting(FakeBench):
        def visit_failing(self, side: Side, seed: int) -> Samples:
            answered = toy.samples([5.0] * 4, rejected=4)
            never = [one._replace(status=0, latency_ms=waited_ms) for one in answered.responses[2:]]
            return replace(answered, responses=answered.responses[:2] + never) if side in unanswered else answered

    result = toy.run(lab, Waiting(calls_fail=True))
    assert result.outcome is outcome
    assert ("6 of 8 requests to /ping had no answer at all" in str(result.finding)) is (outcome is Outcome.NOT_YET)


@pytest.mark.parametrize(
    ("abandons", "outcome"),
    [
        pytest.param({"yours": 30}, Outcome.NOT_YET, id="yours goes on"),
        pytest.param({"yours": 2}, Outcome.SOLVED, id="a renewal or two"),
        pytest.param({"yours": 30, "reference": 30}, Outcome.SOLVED, id="ours goes on, too"),
    ],
)
def test_calls_of_visitors_who_have_had_their_answer_end(lab: Lab, abandons, outcome: Outcome) -> None:
    result = toy.run(lab, FakeBench(abandons=abandons))
    assert result.outcome is outcome
    assert ("30 tasks of your site still waited" in str(result.finding)) is (outcome is Outcome.NOT_YET)


ASKED = {"the archive", "the members' database"}


@pytest.mark.parametrize(
    ("by_reference", "by_yours", "never"),
    [
        pytest.param(ASKED, ASKED, "", id="as the others"),
        pytest.param(ASKED, ASKED | {"the press"}, "", id="and one more"),
        pytest.param(ASKED, {"the archive"}, "the members' database", id="one of them never"),
        pytest.param(ASKED, set[str](), "the archive nor the members' database", id="nobody"),
        pytest.param({"the archive"}, {"the archive"}, "", id="one that ours need not ask either"),
    ],
)
def test_who_is_asked_for_answers_on_both_other_sides_must_be_asked(
    lab: Lab, by_reference: set[str], by_yours: set[str], never: str
) -> None:
    result = toy.run(lab, FakeBench(asks={"slow": ASKED, "reference": by_reference, "yours": by_yours}))
    assert result.outcome is (Outcome.NOT_YET if never else Outcome.SOLVED)
    assert (f"has never asked {never}." in str(result.finding)) is bool(never)


@pytest.mark.parametrize(
    ("left", "outcome"),
    [
        pytest.param({"yours": 3}, Outcome.NOT_YET, id="yours has some"),
        pytest.param({"yours": 1}, Outcome.NOT_YET, id="or one"),
        pytest.param({"reference": 3}, Outcome.SOLVED, id="only ours"),
        pytest.param({"yours": 3, "reference": 3}, Outcome.SOLVED, id="ours, too"),
    ],
)
@pytest.mark.parametrize(
    ("of", "finding"),
    [
        ("left_open", "still open in your site."),
        ("passwords", "passwords were still in your site's"),
    ],
)
def test_nothing_of_visitors_who_have_left_is_still_there(
    lab: Lab, of: str, finding: str, left: Mapping[Side, int], outcome: Outcome
) -> None:
    result = toy.run(lab, FakeBench(**{of: left}))  # type: ignore[arg-type]
    assert result.outcome is outcome
    assert (finding in str(result.finding)) is (outcome is Outcome.NOT_YET)


@pytest.mark.parametrize(
    ("unsaid", "told", "outcome"),
    [
        pytest.param({"yours": 30}, 0, Outcome.NOT_YET, id="nobody hears of it"),
        pytest.param({"yours": 3}, 0, Outcome.SOLVED, id="a few"),
        pytest.param({"yours": 30}, 1, Outcome.SOLVED, id="visitors are told"),
        pytest.param({"yours": 30, "reference": 30}, 0, Outcome.SOLVED, id="of ours nobody hears either"),
    ],
)
def test_of_calls_that_fail_somebody_must_hear(
    lab: Lab, unsaid: Mapping[Side, int], told: int, outcome: Outcome
) -> None:
    bench = FakeBench(calls_fail=True, says_nothing_of=unsaid, failed_while={"yours": told})
    result = toy.run(lab, bench)
    assert result.outcome is outcome
    assert ("failed 30 times. No visitor was told" in str(result.finding)) is (outcome is Outcome.NOT_YET)


@pytest.mark.parametrize(
    ("said", "outcome"), [("same", Outcome.SOLVED), ("made up", Outcome.WRONG), ("", Outcome.SOLVED)]
)
def test_what_yours_serves_while_another_team_fails_must_be_true(lab: Lab, said: str, outcome: Outcome) -> None:
    """Where slow gives the same response as soon as the team is there, it was known before."""
    bench = FakeBench(calls_fail=True, bodies={("visit failing", "yours"): said})
    result = toy.run(lab, bench)
    assert result.outcome is outcome
    assert bench.sides("visit again") == (["slow"] if said else [])
    assert (result.difference and result.difference.when) == (
        "while what it calls failed" if said == "made up" else None
    )


@pytest.mark.parametrize(
    ("kind", "times"),
    [("terminate", 2), ("poison", 2), ("freeze", 2), ("reload", 1), ("kill", 1)],
)
def test_a_side_that_is_started_again_for_each_round_meets_rough_requests_before_each(
    lab: Lab, kind: str, times: int
) -> None:
    class LostOnce(FakeBench):
        def drive(self, side, seed, seconds=None, **how):
            self.latency_ms = {**toy.FAST, "yours": 99.0 if len(self.sides("be rough")) == 1 and not self.lost else 1.0}
            self.lost |= side == "yours" and self.latency_ms["yours"] == 99.0
            return super().drive(side, seed, seconds, **how)

        lost = False

    bench = LostOnce()
    toy.run(lab.model_copy(update={"incident": Incident(kind=kind, at_s=0.7)}), bench)
    assert len(bench.sides("be rough")) >= times
    rounds_after = len(bench.rounds()) - 1
    assert len(bench.sides("be rough")) == (rounds_after if times == 2 else 1)
    assert rounds_after > 1


def test_a_fix_that_fails_some_requests_after_rough_requests_is_not_yet(lab: Lab) -> None:
    class Failing(FakeBench):
        def drive(self, side, seed, seconds=None, **how):
            samples = super().drive(side, seed, seconds, **how)
            if side == "yours" and self.sides("be rough"):
                samples.responses += [one._replace(key=f"{one.key}x", status=500) for one in samples.responses[:2]]
            return samples

    result = toy.run(lab.model_copy(update={"metrics": (toy.metric("latency_ms_p50"),)}), Failing())
    assert result.outcome is Outcome.NOT_YET
    assert "After that: Your fix fails 2 of 22 requests to /ping (500)" in str(result.finding)
    assert messages.explain(result).details[-1] == "OSError: of yours"


def test_a_round_that_is_lost_to_failures_shows_the_error(lab: Lab) -> None:
    result = toy.run(lab, FakeBench(failed={"yours": 4}))
    assert (result.outcome, result.finding) == (Outcome.NOT_YET, None)
    assert messages.explain(result).details[-1] == "OSError: of yours"


def test_a_fix_that_is_only_slower_after_rough_requests_shows_no_error(lab: Lab) -> None:
    assert messages.explain(toy.run(lab, FakeBench(rough_ms=90.0))).details == []


@pytest.mark.parametrize(("disturbed", "outcome"), [(2, Outcome.NOT_YET), (9, Outcome.INCONCLUSIVE)])
def test_a_bad_soak_test_does_not_count_where_it_was_disturbed(lab: Lab, disturbed: int, outcome: Outcome) -> None:
    class Noisy(FakeBench):
        def drive(self, side, seed, seconds=None, **how):
            samples = super().drive(side, seed, seconds, **how)
            if seconds and len(self.sides("soak")) <= disturbed:
                samples.conditions = samples.conditions._replace(late_share=0.5)
            return samples

    bench = Noisy(soak_ms=90.0)
    result = toy.run(lab.model_copy(update={"soak_s": 8.0}), bench)
    assert result.outcome is outcome
    assert len(bench.sides("soak")) == min(disturbed, questions.ATTEMPTS) + questions.ATTEMPTS
    assert ("were sent late" in str(result.finding)) is (outcome is Outcome.INCONCLUSIVE)


def test_a_bad_soak_test_does_not_count_where_ours_is_as_bad(lab: Lab) -> None:
    """The machine is slower than it was in the rounds."""
    bench = FakeBench(soak_ms=90.0, ours_later_ms=90.0)
    result = toy.run(lab.model_copy(update={"soak_s": 8.0}), bench)
    assert result.outcome is Outcome.INCONCLUSIVE
    assert "our own fix was worse than in the rounds, too (p99 of /ping)" in str(result.finding)
    assert bench.sides("soak ours") == ["reference"] * (2 * questions.ATTEMPTS)


def test_ours_has_a_soak_test_only_where_yours_lost(lab: Lab) -> None:
    bench = FakeBench()
    assert toy.run(lab.model_copy(update={"soak_s": 8.0}), bench).outcome is Outcome.SOLVED
    assert (bench.sides("soak"), bench.sides("soak ours")) == (["yours"], [])


def test_one_bad_soak_test_is_chance(lab: Lab) -> None:
    class Once(FakeBench):
        def drive(self, side, seed, seconds=None, **how):
            self.soak_ms = 1.0 if self.sides("soak") else 90.0
            return super().drive(side, seed, seconds, **how)

    bench = Once()
    assert toy.run(lab.model_copy(update={"soak_s": 8.0}), bench).outcome is Outcome.SOLVED
    assert bench.sides("soak") == ["yours"] * 2


def test_an_answer_made_up_while_other_teams_are_late_is_wrong(lab: Lab) -> None:
    result = toy.run(lab, FakeBench(bodies={("visit late", "yours"): "zero"}))
    assert result.outcome is Outcome.WRONG
    assert result.difference
    assert result.difference.when == "while what it calls was late"


def test_an_answer_of_somebody_elses_after_rough_requests_is_wrong(lab: Lab) -> None:
    class Mixed(Busier):
        def drive(self, side, seed, seconds=None, **how):
            self.body = "other" if self.sides("be rough") else "same"
            return super().drive(side, seed, seconds, **how)

    result = toy.run(lab, Mixed("same"))
    assert result.outcome is Outcome.WRONG
    assert "after visitors hung up in the middle" in messages.explain(result).sentence


@pytest.mark.parametrize(
    ("ends", "outcome"),
    [
        pytest.param({"yours": "It had to be killed."}, Outcome.NOT_YET, id="yours alone"),
        pytest.param({"yours": "It had to be killed.", "reference": "It, too."}, Outcome.SOLVED, id="ours as well"),
    ],
)
def test_a_fix_must_stop_as_well_as_ours(lab: Lab, ends, outcome: Outcome) -> None:
    result = toy.run(lab, FakeBench(ends=ends))
    assert result.outcome is outcome
    assert result.finding == ("It had to be killed." if outcome is Outcome.NOT_YET else None)


def test_what_goes_wrong_once_as_a_fix_stops_may_be_chance(lab: Lab) -> None:
    class Once(FakeBench):
        def end(self, side, seed):
            super().end(side, seed)
            return "It cut off a request." if sum(call.what == "end" for call in self.calls) == 1 else None

    bench = Once()
    assert toy.run(lab, bench).outcome is Outcome.SOLVED
    calls = [call.what for call in bench.calls]
    # It is warmed up again: a server without connections that are kept stops more easily.
    assert calls[calls.index("end") + 1 :] == ["stop", "start", "warm_up", "end"]


@pytest.mark.parametrize(
    ("keeps", "skipped", "outcome"),
    [(True, 3, Outcome.NOT_YET), (True, 1, Outcome.SOLVED), (True, 0, Outcome.SOLVED), (False, 3, Outcome.SOLVED)],
)
def test_requests_answered_before_their_work_is_done_are_found_where_it_is_the_point(
    lab: Lab, keeps: bool, skipped: int, outcome: Outcome
) -> None:
    class Skipping(FakeBench):
        def visit(self, sides, seed):
            return {side: toy.samples([20.0] * 3, name=self.name, body="same") for side in sides}

        def visit_again(self, side, seed, keys, in_turn=False):
            took_ms = [1.0] * skipped + [20.0] * (3 - skipped) if side == "yours" else [20.0] * 3
            return toy.samples(took_ms, name=self.name, body="same")

    result = toy.run(lab.model_copy(update={"keeps_work": keeps}), Skipping())
    assert result.outcome is outcome
    assert (result.finding or "").startswith("3 of 3 requests to /ping") == (outcome is Outcome.NOT_YET)
