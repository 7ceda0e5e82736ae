"""A bench that gets ready ahead: the experiment finds what it would have done itself, once and with its own seed."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import toy

from perflab.bench import live, ready
from perflab.bench.live import LiveBench
from perflab.bench.ready import ReadyBench
from perflab.course import syllabus
from perflab.course.lab import Incident, Lab, Side
from perflab.judge import experiment
from perflab.judge.errors import SideError
from perflab.judge.fairness import OURS
from perflab.judge.result import Result
from perflab.judge.rule import Outcome


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return toy.plain_lab(tmp_path)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> toy.FakeBench:
    """The calls that reach the real bench, which are answered by a fake one."""
    fake = toy.FakeBench()

    def warm_up(self: LiveBench, sides: list[Side], seed: int) -> None:
        fake.warm_up(sides, seed)
        self.warm_at |= dict.fromkeys(sides, time.monotonic())

    def start(self: LiveBench, side: Side) -> list[str]:
        self.servers[side] = fake  # type: ignore[assignment]
        return fake.start(side)

    def stop(self: LiveBench, side: Side) -> None:
        del self.servers[side]

    def begin(self: LiveBench, lab: Lab, fixes: object) -> None:
        self.lab, self.warm_at, self.servers = lab, {}, {}

    for ours in (warm_up, start, stop):
        monkeypatch.setattr(LiveBench, ours.__name__, ours)
    monkeypatch.setattr(LiveBench, "__init__", begin)
    visits = "visit visit_again visit_at_once visit_late visit_failing drive_together be_rough end"
    looks = "error check abandoned left_behind unheard may_keep kept kept_for_stuck unserved_in_silence holding"
    for name in f"{visits} {looks} unclosed asked passwords_kept unsaid".split():
        monkeypatch.setattr(LiveBench, name, lambda self, *a, name=name, **o: getattr(fake, name)(*a, **o))
    return fake


def judged(lab: Lab, bench: ReadyBench) -> Result:
    return experiment.run(lab, bench, lambda result: None, bench.seed, untouched_rounds=0)


def test_after_the_save_only_yours_is_left_to_do(lab: Lab, fake: toy.FakeBench) -> None:
    bench = ReadyBench(lab, {})
    bench.prepare(lambda: False)
    ahead = len(fake.calls)
    assert {call.subject for call in fake.calls} == {"slow", "reference"}
    assert judged(lab, bench).outcome is Outcome.SOLVED
    before_rounds = [call for call in fake.calls[ahead:] if call.what in ("start", "warm_up", "visit")]
    assert [(call.what, call.subject) for call in before_rounds[:3]] == [
        ("start", "yours"),
        ("warm_up", "yours"),
        ("visit", "yours"),
    ]


def test_it_makes_the_calls_of_any_other_experiment(lab: Lab, fake: toy.FakeBench) -> None:
    """In another order before the rounds, and with the same seeds: as many rounds as a good fix needs."""
    fake.latency_ms = {**toy.FAST, "yours": 3.0}  # good, and not plainly so
    bench = ReadyBench(lab, {})
    bench.prepare(lambda: False)
    judged(lab, bench)
    other = toy.FakeBench(latency_ms=fake.latency_ms)
    experiment.run(lab, other, lambda result: None, bench.seed)
    assert sorted(map(str, fake.calls)) == sorted(map(str, other.calls))


def test_the_first_rounds_of_slow_and_ours_are_driven_ahead_and_yours_at_the_save(
    lab: Lab, fake: toy.FakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ready, "AHEAD", 2)
    fake.latency_ms = {**toy.FAST, "yours": 3.0}  # good, and not at once plainly so
    bench = ReadyBench(lab, {})
    bench.prepare(lambda: False)
    assert fake.sides("drive") == ["slow", "reference"] * ready.AHEAD
    result = judged(lab, bench)
    at_the_save = fake.sides("drive")[2 * ready.AHEAD :]
    assert at_the_save[: ready.AHEAD] == ["yours"] * ready.AHEAD
    assert sorted(at_the_save[ready.AHEAD :][:3]) == ["reference", "slow", "yours"]
    assert {call.seed for call in fake.calls if call.what == "drive"} == {round.seed for round in result.rounds}
    assert fake.sides("drive").count("slow") == len(result.rounds)


def test_a_round_that_was_driven_long_before_is_driven_again(
    lab: Lab, fake: toy.FakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ready, "AHEAD_FOR_S", -1.0)
    bench = ReadyBench(lab, {})
    bench.prepare(lambda: False)
    result = judged(lab, bench)
    assert fake.sides("drive").count("slow") == len(result.rounds) + ready.AHEAD


def test_sides_that_are_driven_together_wait_for_yours(lab: Lab, fake: toy.FakeBench) -> None:
    bench = ReadyBench(lab.model_copy(update={"driven_together": True}), {})
    bench.prepare(lambda: False)
    assert fake.sides("drive") == []
    assert judged(bench.lab, bench).outcome is Outcome.SOLVED


@pytest.mark.parametrize("kind", ["terminate", "poison", "freeze"])
def test_a_round_that_ends_its_sides_is_not_driven_ahead(lab: Lab, fake: toy.FakeBench, kind: str) -> None:
    bench = ReadyBench(lab.model_copy(update={"incident": Incident(kind=kind, at_s=0.7)}), {})
    bench.prepare(lambda: False)
    assert fake.sides("drive") == []
    assert judged(bench.lab, bench).outcome is Outcome.SOLVED


def steps(count: int) -> Iterator[bool]:
    yield from [False] * count
    while True:
        yield True


@pytest.mark.parametrize(
    ("count", "calls"), [(0, 0), (1, 1), (2, 2), (3, 4), (4, 6), (5, 7), (6, 8), (8, 10), (9, 11), (11, 12)]
)
def test_a_save_before_it_is_ready_loses_nothing(lab: Lab, fake: toy.FakeBench, count: int, calls: int) -> None:
    bench, enough = ReadyBench(lab, {}), steps(count)
    bench.prepare(lambda: next(enough))
    assert len(fake.calls) == calls
    assert judged(lab, bench).outcome is Outcome.SOLVED
    assert fake.sides("start").count("slow") == fake.sides("warm_up").count("slow") == 1


def test_what_fails_ahead_fails_in_the_experiment(lab: Lab, fake: toy.FakeBench) -> None:
    fake.raises = {("start", "reference"): SideError("reference", "It ended.", [])}
    bench = ReadyBench(lab, {})
    bench.prepare(lambda: False)
    result = judged(lab, bench)
    assert (result.outcome, result.error and result.error.side) == (Outcome.INCONCLUSIVE, "reference")


@pytest.mark.parametrize(("waited_s", "again"), [(3.0, 0), (30.0, 1)])
def test_sides_that_waited_for_long_are_warmed_up_again_with_yours(
    lab: Lab, fake: toy.FakeBench, waited_s: float, again: int
) -> None:
    bench = ReadyBench(lab, {})
    bench.prepare(lambda: False)
    bench.warm_at = dict.fromkeys(OURS, time.monotonic() - waited_s)
    ahead = len(fake.calls)
    assert judged(lab, bench).outcome is Outcome.SOLVED
    warmed = [call.subject for call in fake.calls[ahead:] if call.what == "warm_up"]
    assert sorted(warmed) == sorted([*OURS] * again + ["yours"])


def test_what_a_round_has_ended_or_cut_off_is_warmed_up_however_warm_it_was(lab: Lab, fake: toy.FakeBench) -> None:
    bench = ReadyBench(lab, {})
    bench.prepare(lambda: False)
    bench.warm_up(OURS, live.WARM_UP_SEED)
    assert fake.sides("warm_up") == [*OURS, *OURS]


@pytest.mark.parametrize(("name", "rests"), [("blind_health", True), ("no_timeout", False), ("blocked_loop", False)])
def test_a_side_that_tells_of_load_rests_before_it_is_compared(
    monkeypatch: pytest.MonkeyPatch, name: str, rests: bool
) -> None:
    """In lab 10 it is the incident, and no load, that makes fields differ."""
    slept: list[float] = []
    monkeypatch.setattr(live.time, "sleep", slept.append)
    bench = LiveBench.__new__(LiveBench)
    bench.lab, bench.warm_at = syllabus.load().by_name(name), {"slow": time.monotonic()}
    bench._rest("slow")
    assert [pause for pause in slept if pause > live.RESTED_S / 2] == slept
    assert bool(slept) is rests
