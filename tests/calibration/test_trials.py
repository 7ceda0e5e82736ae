"""Trials of the judge: which are due, how they are recorded, and the conditions that a machine is put under."""

import os
from pathlib import Path

import psutil
import pytest
import toy

from perflab import session
from perflab.calibration import trials
from perflab.course import templates
from perflab.course.lab import Lab
from perflab.judge import rule
from perflab.judge.result import OnProgress, Result
from perflab.judge.rule import Outcome


@pytest.fixture
def tried(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A bench without processes: the slow toy and the painted one fail, ours is good. Lists what was measured."""
    measured: list[str] = []

    def measure(lab: Lab, on_progress: OnProgress, fix: Path) -> Result:
        measured.append(fix.stem)
        good = fix == lab.fix("reference")
        return toy.run(lab, toy.FakeBench(toy.FAST if good else toy.NO_BETTER))

    monkeypatch.setattr(session, "measure", measure)
    monkeypatch.setattr(trials, "QUOTAS", {("slow", "quiet"): 2, ("reference", "quiet"): 1, ("tempting", "quiet"): 1})
    return measured


def hold_all(lab: Lab) -> None:
    trials.series([lab], lambda one, left: True)


def test_a_series_holds_the_trials_due_and_records_them(lab: Lab, tried: list[str]) -> None:
    hold_all(lab)
    held = sorted((one.candidate, one.outcome) for one in trials.read(lab))
    assert held == [
        ("reference", Outcome.SOLVED),
        ("slow", Outcome.NOT_YET),
        ("slow", Outcome.NOT_YET),
        ("tempting_paint", Outcome.NOT_YET),
    ]


def test_what_is_furthest_behind_comes_first(lab: Lab, tried: list[str]) -> None:
    hold_all(lab)
    assert sorted(tried[:3]) == ["fix", "fix", "tempting_paint"]  # each candidate once, and then the second of slow


def test_a_series_goes_on_where_it_stopped(lab: Lab, tried: list[str]) -> None:
    trials.series([lab], lambda one, left: left > 2)
    assert len(tried) == 2
    hold_all(lab)
    assert len(tried) == 4
    hold_all(lab)
    assert len(tried) == 4


def test_a_record_has_every_rounds_figures_and_their_latencies(lab: Lab, tried: list[str]) -> None:
    hold_all(lab)
    for record in trials.read(lab):
        assert len(record.rounds) == rule.PLAIN_LEAD
        for round in record.rounds:
            ((figures),) = round["figures"]
            assert {side: max(values) / 100 for side, values in round["latencies"].items()} == pytest.approx(figures)


def test_of_many_latencies_a_few_are_recorded(lab: Lab, tried: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "LATENCIES_KEPT", 7)
    hold_all(lab)
    assert {len(some) for one in trials.read(lab) for round in one.rounds for some in round["latencies"].values()} == {
        7
    }


@pytest.mark.parametrize(
    ("kind", "outcome", "wrongly"),
    [
        ("slow", Outcome.SOLVED, (True, False)),
        ("tempting", Outcome.SOLVED, (True, False)),
        ("reference", Outcome.SOLVED, (False, False)),
        ("slow", Outcome.NOT_YET, (False, False)),
        ("reference", Outcome.NOT_YET, (False, True)),
        ("other", Outcome.WRONG, (False, True)),
        ("reference", Outcome.INCONCLUSIVE, (False, False)),
    ],
)
def test_a_wrong_verdict_is_a_false_solved_or_a_false_not_yet(
    kind: str, outcome: Outcome, wrongly: tuple[bool, bool]
) -> None:
    record = trials.Record("toy", "a", kind, "quiet", outcome, 1.0, [])
    assert (record.false_solved, record.false_not_yet) == wrongly


def test_the_slow_code_is_a_candidate_as_a_learner_starts_with_it(full_lab: Lab) -> None:
    with trials.candidates(full_lab) as found:
        slow = found[0]
        assert {path.name: path.read_text() for path in slow.path.iterdir()} == {
            file: templates.started(full_lab, file) for file in full_lab.files
        }
    assert [one.name for one in found] == ["slow", "reference", "tempting_paint"]


def test_a_neighbour_keeps_every_core_busy_and_is_gone_afterwards() -> None:
    with trials.under("neighbour"):
        mine = psutil.Process().children(recursive=True)
        assert sum(trials.WORK in " ".join(one.cmdline()) for one in mine) >= trials.cores()
    assert not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in mine)


@pytest.mark.skipif(not trials.possible("one core"), reason="this system cannot confine a process to a core")
def test_one_core_is_one_core_for_that_time_only() -> None:
    before = os.sched_getaffinity(0)
    with trials.under("one core"):
        assert len(os.sched_getaffinity(0)) == 1
    assert os.sched_getaffinity(0) == before
