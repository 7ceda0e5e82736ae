"""A set on paper, and for Moodle."""

from pathlib import Path
from xml.etree import ElementTree

import exam
import pytest

from perflab.quiz import paper, questions, sheet
from perflab.quiz.paper import Paper


@pytest.fixture
def drawn(tmp_path: Path) -> Paper:
    course = exam.course(tmp_path)
    return paper.draw(course, questions.load(course), 1)


def test_the_page_has_every_question_and_no_key(tmp_path: Path, drawn: Paper) -> None:
    page = sheet.page(tmp_path, drawn, keys=False)
    assert page.count("<section>") == 8
    assert "class=right" not in page
    assert not any(option.comment in page for one in drawn.asked for option in one.options)
    assert "http" not in page


def test_the_page_with_keys_marks_one_option_of_each(tmp_path: Path, drawn: Paper) -> None:
    page = sheet.page(tmp_path, drawn, keys=True)
    assert page.count("class=right") == 8
    assert all(option.comment in page for one in drawn.asked for option in one.options)


def test_moodle_gets_one_right_answer_of_each_with_feedback(tmp_path: Path, drawn: Paper) -> None:
    quiz = ElementTree.fromstring(sheet.moodle(tmp_path, drawn))
    found = quiz.findall("question[@type='multichoice']")
    assert [one.findtext("name/text") for one in found] == [one.question.id for one in drawn.asked]
    for one in found:
        assert [answer.get("fraction") for answer in one.findall("answer")].count("100") == 1
        assert all(answer.findtext("feedback/text") for answer in one.findall("answer"))
        assert "<pre><code" in (one.findtext("questiontext/text") or "")
