"""The course proves itself: each lab is complete, fails as shipped, is solved by our fix, and rejects tempting ones."""

import statistics
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import pytest
from patience import judged

from perflab import session
from perflab.calibration import trials
from perflab.course import audit, syllabus
from perflab.course.audit import Fault
from perflab.course.lab import Lab
from perflab.judge.result import Result
from perflab.judge.rule import Outcome

COURSE = syllabus.load()


def seconds(lab: Lab, kinds: Collection[str]) -> float:
    """What judging such a fix takes here, roughly: the median of the trials on a quiet machine, or a minute."""
    took = [one.seconds for one in trials.read(lab) if one.kind in kinds and one.condition == "quiet"]
    return statistics.median(took) if took else 60.0


def rotating(group: str, minutes: float, lab: Lab, kinds: Collection[str]) -> pytest.MarkDecorator:
    return pytest.mark.rotates(group, minutes=minutes, seconds=seconds(lab, kinds))


def fixes(kind: str, paths: Callable[[Lab], list[Path]], minutes: float) -> list[Any]:
    """Every fix of a kind in the solutions, as a test's parameters. A run that rotates measures some of them."""
    return [
        pytest.param(lab, path, id=f"{lab.slug}-{path.stem}", marks=rotating(kind, minutes, lab, [kind]))
        for lab in COURSE.ready
        for path in paths(lab)
    ]


def by_slug(lab: Lab) -> str:
    return lab.slug


def describe(result: Result) -> str:
    """What a failed test shows of a run."""
    scores = [[f"{score.closed:.2f} {score.ruling}" for score in round.scores] for round in result.rounds]
    return f"{result.outcome}: {result.finding or result.difference or result.error or scores}"


def test_the_course_has_thirty_two_labs_in_six_parts() -> None:
    assert [lab.number for lab in COURSE.labs] == list(range(1, 33))
    assert {lab.part for lab in COURSE.labs} == set(range(1, len(COURSE.parts) + 1))


@pytest.mark.parametrize("check", audit.CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("lab", COURSE.ready, ids=by_slug)
def test_nothing_of_a_lab_is_missing_or_out_of_step(lab: Lab, check: Callable[[Lab], Iterator[Fault]]) -> None:
    assert [str(fault) for fault in check(lab)] == []


def test_nothing_between_the_labs_is_out_of_step() -> None:
    assert [str(fault) for fault in audit.audit_course(COURSE)] == []


@pytest.mark.live
@pytest.mark.parametrize("lab", COURSE.ready, ids=by_slug)
def test_as_shipped_it_is_known_to_be_untouched_without_any_load(lab: Lab) -> None:
    result = session.measure(lab, lambda result: None, untouched_rounds=0)
    assert result.outcome is Outcome.UNTOUCHED, describe(result)
    assert result.rounds == []


@pytest.mark.load
@pytest.mark.parametrize(
    "lab",
    [pytest.param(lab, id=lab.slug, marks=rotating("ours", 2, lab, ["reference"])) for lab in COURSE.ready],
)
def test_our_fix_solves_it(lab: Lab) -> None:
    result = judged(lab, lab.fix("reference"))
    assert result.outcome is Outcome.SOLVED, describe(result)


@pytest.mark.load
@pytest.mark.parametrize(("lab", "path"), fixes("tempting", Lab.tempting, 1))
def test_a_tempting_fix_does_not_solve_it(lab: Lab, path: Path) -> None:
    result = judged(lab, path)
    assert result.outcome in (Outcome.NOT_YET, Outcome.WRONG, Outcome.ERROR), describe(result)


@pytest.mark.load
@pytest.mark.parametrize(("lab", "path"), fixes("other", Lab.others, 1))
def test_another_good_fix_solves_it_too(lab: Lab, path: Path) -> None:
    """A judge that only knows our answer is not a judge."""
    result = judged(lab, path)
    assert result.outcome is Outcome.SOLVED, describe(result)
