"""The course proves itself: each lab is complete, fails as shipped, is solved by our fix, and rejects tempting ones."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from perflab import session
from perflab.course import syllabus, templates
from perflab.course.lab import ROOT, Lab
from perflab.judge.experiment import Result
from perflab.judge.rule import Outcome

COURSE = syllabus.load()


def fixes(paths: Callable[[Lab], list[Path]]) -> list[Any]:
    """Every fix of a kind in the solutions, as a test's parameters. A run that rotates measures five of them."""
    return [
        pytest.param(lab, path, id=f"{lab.slug}-{path.stem}", marks=pytest.mark.rotates(paths.__name__, 5))
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


@pytest.mark.parametrize("lab", COURSE.ready, ids=by_slug)
class TestEachLab:
    def test_has_all_its_files_and_no_others(self, lab: Lab) -> None:
        assert lab.slow_source.is_file(), f"write {lab.slow_source}"
        assert lab.notebook.is_file(), f"write {lab.notebook}"
        assert {path.name for path in lab.folder.iterdir()} - {"__pycache__"} == {
            *lab.files,
            "lab.toml",
            "locustfile.py",
        }
        assert lab.scenario(None).is_file(), f"write {lab.scenario(None)}"
        assert set(lab.files) <= {path.name for path in lab.solution.iterdir()}
        strays = {path.name for path in lab.solution.iterdir()} - {*lab.files, "__pycache__"}
        assert all(name.startswith(("tempting_", "other_")) for name in strays), strays

    def test_ships_the_learners_files_untouched(self, lab: Lab) -> None:
        for file in lab.files:
            assert (lab.folder / file).read_text() == templates.shipped(lab, file), f"run `make reset-{lab.number:02d}`"

    def test_has_hints_that_climb_and_a_tempting_fix_that_says_why_it_is_wrong(self, lab: Lab) -> None:
        assert len(lab.hints) >= 4
        assert lab.hints[0].endswith("?")
        assert lab.tempting()
        for path in lab.tempting():
            files = [path] if path.is_file() else sorted(path.glob("*.py"))
            assert files
            assert any(len(file.read_text().splitlines()[0]) > 60 for file in files), f"say why {path} is wrong"

    def test_has_two_more_good_fixes_that_say_what_they_do_differently(self, lab: Lab) -> None:
        assert len(lab.others()) >= 2
        for path in lab.others():
            files = [path] if path.is_file() else sorted(path.glob("*.py"))
            assert files
            assert all(len(file.read_text().splitlines()[0]) > 60 for file in files), f"say what {path} does"

    def test_says_what_it_is_about(self, lab: Lab) -> None:
        assert lab.aim.endswith(".")
        assert lab.question.endswith("?")


def test_no_folder_belongs_to_no_lab() -> None:
    slugs = {lab.slug for lab in COURSE.ready}
    declared = {lab.slug for lab in COURSE.labs}
    assert {path.name for path in (COURSE.root / "labs").iterdir() if path.is_dir()} == declared
    assert {path.name for path in (COURSE.root / "solutions").iterdir() if path.is_dir()} == slugs
    notebooks = {path.stem for path in (COURSE.root / "notebooks").glob("*.ipynb")}
    assert notebooks == slugs


def test_the_readme_maps_the_course_as_the_syllabus_has_it() -> None:
    readme = (ROOT / "README.md").read_text()
    rows = dict(re.findall(r"^\| (\d\d) \| (.*?) \|$", readme, re.M))
    assert list(rows) == [f"{lab.number:02d}" for lab in COURSE.labs]
    for lab in COURSE.labs:
        row = rows[f"{lab.number:02d}"]
        assert lab.title in row
        assert lab.question in row
        assert (f"notebooks/{lab.slug}.ipynb" in row) == lab.ready
        assert ("to come" in row) != lab.ready


def judged(lab: Lab, fix: Path | None) -> Result:
    """Measures a fix; once more where the machine was too busy to tell, which is no verdict on either."""
    result = session.measure(lab, lambda result: None, fix)
    return result if result.outcome is not Outcome.INCONCLUSIVE else session.measure(lab, lambda result: None, fix)


@pytest.mark.live
@pytest.mark.parametrize("lab", COURSE.ready, ids=by_slug)
def test_as_shipped_it_is_known_to_be_untouched_without_any_load(lab: Lab) -> None:
    result = session.measure(lab, lambda result: None, untouched_rounds=0)
    assert result.outcome is Outcome.UNTOUCHED, describe(result)
    assert result.rounds == []


@pytest.mark.live
@pytest.mark.rotates("our fixes", 12)
@pytest.mark.parametrize("lab", COURSE.ready, ids=by_slug)
def test_our_fix_solves_it(lab: Lab) -> None:
    result = judged(lab, lab.fix("reference"))
    assert result.outcome is Outcome.SOLVED, describe(result)


@pytest.mark.live
@pytest.mark.parametrize(("lab", "path"), fixes(Lab.tempting))
def test_a_tempting_fix_does_not_solve_it(lab: Lab, path: Path) -> None:
    result = judged(lab, path)
    assert result.outcome in (Outcome.NOT_YET, Outcome.WRONG, Outcome.ERROR), describe(result)


@pytest.mark.live
@pytest.mark.parametrize(("lab", "path"), fixes(Lab.others))
def test_another_good_fix_solves_it_too(lab: Lab, path: Path) -> None:
    """A judge that only knows our answer is not a judge."""
    result = judged(lab, path)
    assert result.outcome is Outcome.SOLVED, describe(result)
