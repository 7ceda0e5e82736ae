"""What a notebook does with a learner's prediction: it asks for one before it measures, and keeps it."""

from contextlib import nullcontext
from pathlib import Path

import pytest
import toy

from perflab import notebook, session
from perflab.course import syllabus
from perflab.notebook import PREDICT, QUIET_VARIABLE, Lab
from perflab.report import board, progress


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """A toy lab in a learner's notebook, whose slow side has a p99 of 120 ms."""
    course = toy.course(tmp_path)
    monkeypatch.setattr(syllabus, "load", lambda: course)
    monkeypatch.setattr(session, "drive_once", lambda lab, fixes: {"slow": toy.samples([120.0] * 20)})
    monkeypatch.setattr(notebook, "_progress", lambda: nullcontext(lambda text: None))  # which needs a kernel
    monkeypatch.delenv(QUIET_VARIABLE, raising=False)
    return Lab("stuck_toy")


def kept(lab: Lab) -> progress.Prediction | None:
    return progress.load(lab._lab).prediction


def printed(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


def test_reproduce_asks_for_the_prediction_first(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    lab.predict(...)
    assert PREDICT in printed(capsys)
    lab.reproduce()
    assert PREDICT in printed(capsys)
    assert kept(lab) is None


def test_reproduce_asks_also_where_that_cell_was_not_run(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    lab.reproduce()
    assert PREDICT in printed(capsys)


def test_a_prediction_is_kept_with_what_was_measured(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    lab.predict(10)
    lab.reproduce()
    said = printed(capsys)
    assert "Measured: p99 of /ping 120.0 ms. You expected 10.0 ms." in said
    assert "Your prediction: 12 times too low." in said
    one = kept(lab)
    assert one and one.in_words() == "12 times too low"
    assert "12 times too low" in board.path(lab._course).read_text()


def test_a_second_prediction_does_not_count(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    for figure in (10, 120):
        lab.predict(figure)
        lab.reproduce()
    assert "Your first prediction counts: it was 10.0 ms, 12 times too low." in printed(capsys)


def test_whoever_has_predicted_once_is_not_asked_again(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    lab.predict(10)
    lab.reproduce()
    lab.predict(...)
    printed(capsys)
    lab.reproduce()
    assert "Measured:" in printed(capsys)


@pytest.mark.parametrize(("variable", "value"), [(QUIET_VARIABLE, "1"), (session.SIDE_VARIABLE, "reference")])
def test_what_the_course_runs_itself_is_no_learners(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(variable, value)
    lab.predict(10)
    lab.reproduce()
    lab.hint(3)
    assert "Your prediction" not in printed(capsys)
    assert kept(lab) is None
    assert progress.hints_had(lab._lab) == 0


def test_a_hint_read_in_the_notebook_counts(lab: Lab) -> None:
    lab.hint(2)
    assert progress.hints_had(lab._lab) == 2


def test_a_folder_that_cannot_be_written_spoils_no_measurement(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    lab._lab.results("").parent.write_text("a file where a folder should be")
    lab.predict(10)
    lab.reproduce()
    lab.hint(1)
    said = printed(capsys)
    assert "Measured: p99 of /ping 120.0 ms." in said
    assert "Your prediction is not kept, since " in said


@pytest.mark.parametrize("figure", ["10", None, [10]])
def test_a_prediction_is_a_number(lab: Lab, figure: object) -> None:
    with pytest.raises(TypeError, match="A prediction is a number"):
        lab.predict(figure)  # type: ignore[arg-type]
