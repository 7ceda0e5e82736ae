"""The unnamed fault: chosen by a seed, shown without its name, solved by its cause and the figure that proves it."""

import re
import shutil
from pathlib import Path

import pytest
import toy

from perflab import session
from perflab.course import syllabus
from perflab.course.lab import ROOT
from perflab.judge.errors import RequirementMissing
from perflab.learner import mystery, terminal
from perflab.learner.mystery import Mystery
from perflab.measure import metrics
from perflab.measure.metrics import METRIC_TYPES
from perflab.measure.samples import Samples
from perflab.quiz import questions
from perflab.quiz.questions import FOLDER, QuizError

COURSE = syllabus.load()
BANK = questions.load(COURSE)


@pytest.fixture
def driven(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The labs that are driven, by a stand-in."""
    labs: list[str] = []

    def drive_once(lab: object, fixes: object, profiled: bool = False) -> dict[str, Samples]:
        labs.append(lab.name)  # type: ignore[attr-defined]
        return {"slow": toy.samples()}

    monkeypatch.setattr(session, "drive_once", drive_once)
    return labs


def letter(options: dict[str, str], text: str) -> str:
    return next(letter for letter, one in options.items() if one == text)


def test_seeds_choose_many_faults_and_a_seed_always_the_same(driven: list[str]) -> None:
    for seed in [*range(40), 7, 7]:
        Mystery(COURSE, seed).drive()
    assert len(set(driven)) > 8
    assert driven[7] == driven[-1] == driven[-2]


def test_what_is_shown_names_no_lab() -> None:
    for seed in range(40):
        one = Mystery(COURSE, seed)
        said = " ".join([*one.causes.values(), *one.proofs.values()])
        assert not re.search(r"\bLab \d|app/", said)
        assert not any(lab.name in said or lab.title in said for lab in COURSE.labs)
        assert len(set(one.causes.values())) == mystery.CAUSES
        assert len(set(one.proofs.values())) == mystery.FIGURES


def test_the_figure_that_proves_a_cause_is_among_those_that_are_shown() -> None:
    for name, unnamed in BANK.unnamed.items():
        in_the_table = METRIC_TYPES[unnamed.figure].percentile is not None
        assert in_the_table or unnamed.figure in mystery.SHOWN, name


def test_a_cause_that_would_be_right_as_well_is_not_offered_nor_its_figure() -> None:
    seeds = [one for seed in range(200) if (one := Mystery(COURSE, seed))._fault.resembles]
    assert seeds
    for one in seeds:
        alike = [BANK.unnamed[name] for name in one._fault.resembles]
        assert not {other.cause for other in alike} & set(one.causes.values())
        rest = {unnamed.figure for name, unnamed in BANK.unnamed.items() if name not in one._fault.resembles}
        only_theirs = {METRIC_TYPES[other.figure].label for other in alike if other.figure not in rest}
        assert not only_theirs & set(one.proofs.values())


@pytest.mark.parametrize(("incident", "shown"), [("a worker hangs", ""), ("deploy", "deploy")])
def test_a_chart_does_not_call_the_cause_by_its_name(
    driven: list[str], monkeypatch: pytest.MonkeyPatch, incident: str, shown: str
) -> None:
    drawn: list[str] = []

    def draw(sides: dict[str, Samples], metric: object) -> object:
        drawn.append(sides["slow"].incident)
        return mystery.summary.percentiles({}, None)

    monkeypatch.setattr(mystery.catalogue, "CHARTS", dict.fromkeys(mystery.catalogue.CHARTS, draw))
    one = next(one for seed in range(40) if not (one := Mystery(COURSE, seed))._lab.is_profiled)
    one.drive()
    assert one._samples
    one._samples.incident = incident
    one.pictures()
    assert drawn == [shown]


def test_what_a_ledger_is_for_in_other_labs_is_no_figure_of_this_one(driven: list[str]) -> None:
    """Jobs and processes are read from the same ledger, and there a lab enters whatever it counts."""
    shown = set()
    for seed in range(40):
        one = Mystery(COURSE, seed)
        one.drive()
        assert one._samples
        one._samples.jobs, one._samples.lifetimes = [0.1] * 5, {7: (0.0, 1.0)}
        labels = {label for label, _ in one.figures()}
        for name in ("jobs_done_share", "processes_started"):
            assert METRIC_TYPES[name].label not in labels or one._fault.figure == name
            shown |= {name} if METRIC_TYPES[name].label in labels else set()
    assert "processes_started" in shown


def test_what_this_system_does_not_count_is_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "counts_io", lambda: False)
    found = [Mystery(COURSE, seed) for seed in range(100)]
    assert "piped_mib_per_request" not in {one._fault.figure for one in found}


def test_the_key_is_the_part_that_ran(driven: list[str]) -> None:
    one = Mystery(COURSE, 3)
    one.drive()
    lab, fault = COURSE.by_name(driven[0]), one._fault
    cause, figure = letter(one.causes, fault.cause), letter(one.proofs, METRIC_TYPES[fault.figure].label)
    assert one.solve(cause, figure) == f"Right, both. {fault.comment} It was Lab {lab.number:02d}, {lab.title}."
    wrong_cause = next(other for other in one.causes if other != cause)
    wrong_figure = next(other for other in one.proofs if other != figure)
    assert one.solve(wrong_cause, figure).startswith("That is not the cause.")
    assert one.solve(cause, wrong_figure).startswith("That is the cause. The figure that you chose")


def test_what_cannot_be_done_is_a_sentence() -> None:
    with pytest.raises(QuizError, match="A seed is a whole number"):
        Mystery(COURSE, "six")
    one = Mystery(COURSE, 1)
    with pytest.raises(QuizError, match=r"There is no option '\?'\. There are a, b, c, d, e"):
        one.solve("?", "a")
    with pytest.raises(QuizError, match="Nothing is measured yet"):
        list(one.figures())


def test_the_terminal_writes_pictures_under_no_name_and_asks_twice(
    driven: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(mystery.catalogue, "draw", lambda lab, sides: mystery.summary.percentiles({}, None))
    said = iter(["x", "a", "a"])
    to = terminal.console()
    monkeypatch.setattr(to, "input", lambda prompt: next(said))
    shutil.copytree(ROOT / FOLDER, tmp_path / FOLDER)
    mystery.investigate(to, COURSE.model_copy(update={"root": tmp_path}), 4)
    out = capsys.readouterr().out
    assert sorted(path.name for path in (tmp_path / "results" / "mystery").iterdir()) == ["4-1.png", "4-2.png"]
    assert "There is no option 'x'." in out
    assert "What is the cause?" in out and "Which figure proves it?" in out
    assert not any(lab.name in out for lab in COURSE.labs)


def test_a_part_that_does_not_run_here_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def drive_once(lab: object, fixes: object, profiled: bool) -> dict[str, Samples]:
        raise RequirementMissing("It needs 2 cores, and this process may use 1.")

    monkeypatch.setattr(session, "drive_once", drive_once)
    with pytest.raises(QuizError) as told:
        Mystery(COURSE, 4).drive()
    assert str(told.value) == (
        "This part does not run here. It needs 2 cores, and this process may use 1. Another seed has another part."
    )
