"""Results in the store, on disk."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import pytest
import toy
from toy import FAST, FakeBench

from perflab import files
from perflab.course.lab import Lab
from perflab.judge import rule
from perflab.judge.result import Result
from perflab.judge.rule import Outcome
from perflab.measure.machine import PACKAGES
from perflab.report import store


def saved(result: Result) -> Path:
    store.save(result)
    return result.lab.results(".json")


def written(result: Result) -> dict[str, object]:
    return json.loads(saved(result).read_text())


def back(result: Result) -> Result:
    store.save(result)
    read = store.load(result.lab)
    assert read
    return read


@pytest.mark.parametrize("way", toy.WAYS)
def test_what_was_saved_is_what_is_read(lab: Lab, way: str) -> None:
    result = toy.ending(lab, way)
    read = back(result)
    for field in ("outcome", "seed", "started", "overrides", "finding", "difference", "sides"):
        assert getattr(read, field) == getattr(result, field), field
    assert (read.error and vars(read.error)) == (result.error and vars(result.error))
    assert read.seconds == pytest.approx(result.seconds, abs=0.01)
    assert store.outcome(lab) is result.outcome


def test_every_sample_of_every_round_is_recorded(lab: Lab) -> None:
    result = toy.run(lab, FakeBench(noise=0.5, failed={"slow": 3}))
    for round, read in zip(result.rounds, back(result).rounds, strict=True):
        assert (read.seed, read.disturbed) == (round.seed, round.disturbed)
        for side, samples in round.samples.items():
            assert read.samples[side] == replace(samples, bodies={})


@pytest.mark.parametrize("figures", [FAST, toy.HALFWAY, {**FAST, "yours": [1.0, 100.0] * 8}])
def test_a_run_can_be_judged_again_without_running_it_again(lab: Lab, figures) -> None:
    read = back(toy.run(lab, FakeBench(figures, noise=0.2)))
    (metric,) = lab.metrics
    again = [
        rule.judge(metric, {side: metric.figure(samples) for side, samples in round.samples.items()})
        for round in read.rounds
    ]
    assert again == read.scores(0)
    assert rule.verdict([again], rule.terms(read.lab)) is read.outcome


def test_the_record_names_the_machine_and_its_versions(lab: Lab) -> None:
    machine = written(toy.run(lab))["machine"]
    assert isinstance(machine, dict)
    assert set(machine) == {"system", "cores", "memory_gib", "python", "packages"}
    assert set(machine["packages"]) == set(PACKAGES)


@pytest.mark.parametrize("way", ["nothing shows", "tired", "solved"])
def test_the_record_is_json_that_any_program_can_read(lab: Lab, way: str) -> None:
    """NaN is not JSON: the share of the gap that a void round closed is null there."""

    def reject(constant: str) -> NoReturn:
        raise AssertionError(f"{constant} is not JSON")

    json.loads(saved(toy.ending(lab, way)).read_text(), parse_constant=reject)


def test_a_lab_never_run_has_no_record(lab: Lab) -> None:
    assert store.load(lab) is None
    assert store.outcome(lab) is None


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "{}", '{"outcome": "splendid"}', '{"outcome": null}'],
    ids=["empty", "cut short", "a list", "null", "nothing in it", "unknown outcome", "no outcome"],
)
def test_a_record_that_cannot_be_read_is_none(lab: Lab, text: str) -> None:
    files.write(lab.results(".json"), text)
    assert store.load(lab) is None
    assert store.outcome(lab) is None


@pytest.mark.parametrize(
    "forge",
    [
        pytest.param(lambda data: data.update(outcome="solved"), id="the outcome"),
        pytest.param(lambda data: data.update(outcome="solved", rounds=[]), id="the outcome, and no rounds"),
        pytest.param(lambda data: data.update(outcome="solved", rounds=data["rounds"][:1]), id="and one round"),
        pytest.param(
            lambda data: data.update(outcome="solved", rounds=[{"scores": []}] * 3), id="and rounds without a score"
        ),
    ],
)
def test_a_lab_is_not_solved_where_the_rounds_do_not_say_so(lab: Lab, forge: Callable[[Any], None]) -> None:
    path = saved(toy.run(lab, FakeBench(toy.NO_BETTER)))
    data = json.loads(path.read_text())
    forge(data)
    files.write(path, json.dumps(data))
    assert store.outcome(lab) is not Outcome.SOLVED


def test_a_lab_solved_under_old_field_names_is_still_solved(lab: Lab) -> None:
    path = saved(toy.run(lab))
    old = {
        "foul": None,
        "scores": [{"values": {"slow": 100.0}, "closed": None, "ruling": "won"}],
        "samples": {"slow": ""},
    }
    files.write(path, json.dumps({"lab": lab.name, "outcome": "solved", "brings": ["router"], "rounds": [old] * 3}))
    assert store.outcome(lab) is Outcome.SOLVED
    assert store.load(lab) is None


def test_samples_cut_short_are_no_record(lab: Lab) -> None:
    path = saved(toy.run(lab))
    data = json.loads(path.read_text())
    packed = data["rounds"][0]["samples"]
    packed["slow"] = packed["slow"][: len(packed["slow"]) // 8 * 4]
    files.write(path, json.dumps(data))
    assert store.load(lab) is None


def test_a_later_run_replaces_the_last(lab: Lab) -> None:
    store.save(toy.run(lab))
    store.save(toy.run(lab, FakeBench(toy.NO_BETTER)))
    assert store.outcome(lab) is Outcome.NOT_YET
    assert [path.name for path in lab.results(".json").parent.iterdir()] == ["stuck_toy.json"]


@pytest.mark.parametrize("step", ["write_bytes", "replace"])
def test_an_interrupted_write_leaves_the_last_result_as_it_was(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    store.save(toy.run(lab))

    def interrupt(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    later = toy.run(lab, FakeBench(toy.NO_BETTER))
    with monkeypatch.context() as patch:
        patch.setattr(Path, step, interrupt)
        with pytest.raises(KeyboardInterrupt):
            store.save(later)
    assert store.outcome(lab) is Outcome.SOLVED
