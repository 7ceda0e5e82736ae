"""A set of questions: drawn by a seed, balanced over the parts, with the options shuffled."""

from pathlib import Path

import exam
import pytest

from perflab.quiz import paper, questions
from perflab.quiz.paper import Paper
from perflab.quiz.questions import QuizError


def drawn(root: Path, seed: int, per_lab: int = 3) -> Paper:
    course = exam.course(root, per_lab)
    return paper.draw(course, questions.load(course), seed)


def test_each_part_is_asked_equally_and_in_order(tmp_path: Path) -> None:
    asked = drawn(tmp_path, 1).asked
    assert [one.lab.part for one in asked] == [1] * 4 + [2] * 4
    assert [one.lab.name for one in asked] == [name for name in exam.LABS for _ in range(2)]


def test_a_seed_draws_the_same_set_again_and_another_seed_another(tmp_path: Path) -> None:
    course = exam.course(tmp_path)
    bank = questions.load(course)
    sets = [[one.question.id for one in paper.draw(course, bank, seed).asked] for seed in (1, 1, 2, 3)]
    assert sets[0] == sets[1]
    assert len({tuple(ids) for ids in sets}) > 1


def test_the_options_are_in_another_order_with_another_seed(tmp_path: Path) -> None:
    course = exam.course(tmp_path, per_lab=1)
    bank = questions.load(course)
    orders = {paper.draw(course, bank, seed).asked[0].options for seed in range(50)}
    assert len(orders) == 6


def test_a_part_with_few_questions_is_asked_what_there_is(tmp_path: Path) -> None:
    assert len(drawn(tmp_path, 1, per_lab=1).asked) == 4


def test_a_new_question_in_another_part_changes_nothing_here(tmp_path: Path) -> None:
    course = exam.course(tmp_path)
    before = paper.draw(course, questions.load(course), 1).part(1)
    exam.write(tmp_path, "raft", *(exam.printing(f"raft_{turn}", 50 + turn) for turn in range(9)))
    assert paper.draw(course, questions.load(course), 1).part(1) == before


@pytest.mark.parametrize("answer", ["b", " B ", "\n22\n"])
def test_an_option_is_named_by_its_letter_or_its_text(tmp_path: Path, answer: str) -> None:
    one = drawn(tmp_path, 1).asked[0]
    wanted = one.options[1] if answer.strip().lower() == "b" else None
    found = one.option(answer if wanted else f"\n{one.options[2].text}\n")
    assert found == (wanted or one.options[2])
    assert one.option("z") is None


def test_what_is_not_asked_is_told_in_a_sentence(tmp_path: Path) -> None:
    asked = drawn(tmp_path, 1)
    with pytest.raises(QuizError, match="no question 'gone' in the set with seed 1"):
        asked.by_id("gone")
    with pytest.raises(QuizError, match=r"No part 7 is asked\. The parts are 1, 2\."):
        asked.part(7)
    assert asked.needed == 7
