"""The test in its notebook: buttons that save, text without a mouse, and sentences in place of tracebacks."""

from pathlib import Path
from typing import Any

import exam
import pytest
from ipywidgets import HTML, Button, Widget

from perflab import notebook_quiz
from perflab.course import syllabus
from perflab.notebook_quiz import Quiz
from perflab.quiz import answers
from perflab.session import SIDE_VARIABLE


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the cells display, on a course with a quiz of eight questions."""
    course = exam.course(tmp_path)
    found: list[Any] = []
    monkeypatch.setattr(syllabus, "load", lambda: course)
    monkeypatch.setattr(notebook_quiz, "display", found.append)
    monkeypatch.delenv(notebook_quiz.QUIET_VARIABLE, raising=False)
    monkeypatch.delenv(SIDE_VARIABLE, raising=False)
    return found


def buttons(box: Any) -> dict[str, Button]:
    return {one.description: one for one in below(box) if isinstance(one, Button)}


def below(box: Any) -> list[Widget]:
    return [one for child in box.children for one in ([*below(child)] if hasattr(child, "children") else [child])]


def text(box: Any) -> str:
    return " ".join(str(one.value) for one in below(box) if hasattr(one, "value"))


def test_a_button_saves_the_answer_and_shows_that_it_is_chosen(shown: list[Any], tmp_path: Path) -> None:
    Quiz().part(1)
    (box,) = shown
    assert "Question 1 of 8" in text(box) and "Not answered yet." in text(box)
    buttons(box)["b"].click()
    assert "Your answer is saved." in text(box)
    assert [name for name, one in buttons(box).items() if one.button_style == "info"] == ["b"]
    assert len(answers.load(tmp_path).given) == 1


def test_the_pages_of_a_part_are_turned_and_end(shown: list[Any]) -> None:
    Quiz().part(2)
    (box,) = shown
    seen = []
    while True:
        seen.append(text(box).partition(" of 8")[0][-1])
        if buttons(box)["next"].disabled:
            break
        buttons(box)["next"].click()
    assert seen == ["5", "6", "7", "8"]
    buttons(box)["back"].click()
    assert "Question 7 of 8" in text(box)


def test_after_a_restart_the_answers_are_there(shown: list[Any]) -> None:
    first = Quiz()
    first.part(1)
    buttons(shown[0])["c"].click()
    Quiz().part(1)
    assert buttons(shown[1])["c"].button_style == "info"


def test_an_answer_that_cannot_be_saved_is_told_below_the_question(
    shown: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Quiz().part(1)
    (tmp_path / answers.FILE).parent.mkdir()
    (tmp_path / answers.FILE).write_text("seed = ")
    buttons(shown[0])["a"].click()
    assert "answers.toml is not TOML" in text(shown[0])
    assert (tmp_path / answers.FILE).read_text() == "seed = "


def test_a_question_in_markdown_is_shown_as_html(shown: list[Any]) -> None:
    Quiz().part(1)
    assert any("<pre><code" in str(one.value) for one in below(shown[0]) if isinstance(one, HTML))


def test_without_a_mouse_there_is_text(
    shown: list[Any], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(notebook_quiz.QUIET_VARIABLE, "1")
    quiz = Quiz()
    quiz.part(1)
    assert len(shown) == 4
    assert shown[0].data.startswith("**Question 1 of 8 · `kite_")
    id = shown[0].data.split("`")[1]
    quiz.answer(id, "b")
    assert capsys.readouterr().out == "Saved. 7 of 8 questions are open.\n"
    assert list(answers.load(tmp_path).given) == [id]


def test_what_the_terminal_wrote_meanwhile_counts(
    shown: list[Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    quiz = Quiz()
    answers.save(tmp_path, answers.Answers(1, {"kite_0": "a", "gone": "b"}))
    quiz.verify()
    quiz.card()
    said = capsys.readouterr().out
    assert "7 of 8 questions are open" in said
    assert "Left out  answers to what is not asked, which stay in the file: gone" in said


def test_what_cannot_be_done_is_a_sentence(shown: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    quiz = Quiz()
    quiz.answer("gone", "a")
    quiz.part(9)
    quiz.text(9)
    quiz.verify()
    assert capsys.readouterr().out.splitlines() == [
        "There is no question 'gone' in the set with seed 1. Your answers stay as they are.",
        "No part 9 is asked. The parts are 1, 2.",
        "No part 9 is asked. The parts are 1, 2.",
        "The final knowledge test: not passed yet, 8 of 8 questions are open",
    ]


def test_a_test_that_cannot_be_read_is_a_sentence_in_every_cell(
    shown: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    quiz = Quiz("six")
    assert capsys.readouterr().out == "A seed is a whole number, such as 7, and not 'six'.\n"
    for cell in (quiz.card, quiz.verify, quiz.review, lambda: quiz.part(1), lambda: quiz.answer("a", "a")):
        cell()
        assert capsys.readouterr().out.startswith("The test could not be read. Correct what the first cell says")
    assert shown == []


def test_where_our_answers_stand_in_the_notebook_shows_questions_and_no_choice(
    shown: list[Any], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SIDE_VARIABLE, "reference")
    quiz = Quiz()
    quiz.part(1)
    quiz.verify()
    assert capsys.readouterr().out == "The final knowledge test: passed\n"
    review = quiz.review()
    assert review
    assert review.data == "**8 of 8 are right.** 7 pass."
    assert len(shown) == 4
    assert not (tmp_path / answers.FILE).exists()
