"""The course's own questions: every key is proven, on every Python that is found, and a learner meets none of them."""

import pytest

from perflab.course import syllabus
from perflab.course.audit import QUIZ
from perflab.course.lab import ROOT
from perflab.quiz import answers, figures, paper, proof, questions
from perflab.quiz.questions import Question

COURSE = syllabus.load()
BANK = questions.load(COURSE)
RUNS = [pytest.param(one, python, id=f"{one.id}-{python.rpartition('/')[2]}")
        for one in BANK.questions.values() for python in proof.pythons_for(one)]  # fmt: skip


@pytest.mark.load
@pytest.mark.parametrize(("question", "python"), RUNS)
def test_the_key_is_proven(question: Question, python: str) -> None:
    proof.prove(BANK, question, python)


def test_nothing_is_wrong_that_can_be_seen() -> None:
    assert questions.audit(COURSE, BANK) == []


def test_every_picture_is_there() -> None:
    shown = [one for one in BANK.questions.values() if one.picture]
    assert shown
    for one in shown:
        assert one.picture
        assert figures.picture(ROOT, one.lab, one.picture).startswith(b"\x89PNG")


def test_a_set_asks_equally_many_of_each_part() -> None:
    for seed in range(5):
        asked = paper.draw(COURSE, BANK, seed).asked
        counts = [sum(one.lab.part == part for one in asked) for part in range(1, len(COURSE.parts) + 1)]
        assert counts == [paper.PER_PART] * len(COURSE.parts)


def test_the_answers_are_shipped_open() -> None:
    assert (ROOT / answers.FILE).read_text() == answers.SHIPPED


def test_the_committed_notebook_tells_no_key() -> None:
    notebook = (ROOT / "notebooks" / f"{QUIZ}.ipynb").read_text()
    comments = [option.comment.strip() for one in BANK.questions.values() for option in one.options]
    assert [comment for comment in comments if comment in notebook] == []


def test_no_key_is_longer_than_every_distractor_in_most_questions() -> None:
    """Or a learner could pass by choosing the longest option."""
    longest = [one for one in BANK.questions.values() if one.right.name == max((o.name for o in one.options), key=len)]
    assert len(longest) < len(BANK.questions) / 2
