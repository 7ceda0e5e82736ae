"""Taking the test: answers that stay, bad input that loses nothing, and an end that gives no key away."""

from pathlib import Path

import exam
import pytest

from perflab import files
from perflab.quiz import answers, choices, wording
from perflab.quiz.questions import QuizError
from perflab.quiz.taking import Taking


def wrong(taking: Taking, place: int) -> str:
    """A letter of a question's wrong options."""
    return next(letter for letter, option in taking.paper.asked[place].lettered() if not option.right)


def answer_all(taking: Taking, wrong_ones: int) -> None:
    for place, one in enumerate(taking.paper.asked):
        said = wrong(taking, place) if place < wrong_ones else one.question.right.name
        taking.answer(one.question.id, said)


def file(root: Path) -> Path:
    return root / answers.FILE


def test_an_answer_is_saved_at_once_as_its_text(tmp_path: Path) -> None:
    taking = Taking(exam.course(tmp_path))
    one = taking.paper.asked[0]
    chosen = taking.answer(one.question.id, "b")
    assert answers.load(tmp_path).given == {one.question.id: chosen.name}
    assert Taking(taking.course).chosen(one) == chosen


def test_an_answer_may_be_changed(tmp_path: Path) -> None:
    taking = Taking(exam.course(tmp_path))
    one = taking.paper.asked[0]
    taking.answer(one.question.id, "a")
    taking.answer(one.question.id, "c")
    assert taking.chosen(one) == one.options[2]


def test_two_windows_do_not_overwrite_each_other(tmp_path: Path) -> None:
    course = exam.course(tmp_path)
    first, second = Taking(course), Taking(course)
    ids = [one.question.id for one in first.paper.asked[:2]]
    first.answer(ids[0], "a")
    second.answer(ids[1], "a")
    assert list(answers.load(tmp_path).given) == ids


def test_text_of_every_kind_is_read_back(tmp_path: Path) -> None:
    given = {"one": 'print("ä\\n")', "two": "`await` it \N{BELL} \x7f", "a key ü": "", "": "a"}
    answers.save(tmp_path, answers.Answers(3, given))
    assert answers.load(tmp_path) == answers.Answers(3, given)


@pytest.mark.parametrize(
    ("id", "answer", "said"), [("gone", "a", "no question 'gone'"), (None, "z", "has no option 'z'")]
)
def test_what_cannot_be_answered_is_told_and_loses_nothing(
    tmp_path: Path, id: str | None, answer: str, said: str
) -> None:
    taking = Taking(exam.course(tmp_path))
    one = taking.paper.asked[0].question.id
    taking.answer(one, "a")
    before = file(tmp_path).read_bytes()
    with pytest.raises(QuizError, match=said):
        taking.answer(id or one, answer)
    assert file(tmp_path).read_bytes() == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("seed = 1\n[answers\n", "is not TOML"),
        ("\xff", "is not TOML"),
        ("seed = 'x'\n", "A seed is a whole number, such as 7, and not 'x'"),
        ("seed = true\n", "A seed is a whole number"),
        ("colour = 1\n", "has a key 'colour'"),
        ("[answers]\none = 3\n", "each answer is the text of an option, or its letter"),
        ("answers = 3\n", "each answer is the text of an option, or its letter"),
    ],
)
def test_a_damaged_file_is_told_and_stays_as_it_is(tmp_path: Path, text: str, said: str) -> None:
    course = exam.course(tmp_path)
    file(tmp_path).parent.mkdir()
    file(tmp_path).write_bytes(text.encode("latin-1"))
    for seed in (None, 5):
        with pytest.raises(QuizError, match=said):
            Taking(course, seed)
    assert file(tmp_path).read_bytes() == text.encode("latin-1")


@pytest.mark.parametrize("seed", ["six", "-1", "1.5", 2.0, None, "", "²", "9" * 30])
def test_a_seed_that_is_no_number_is_told(seed: object) -> None:
    with pytest.raises(QuizError, match="A seed is a whole number, such as 7, and not"):
        answers.seed_of(seed)


def test_another_seed_is_kept_and_so_are_the_answers(tmp_path: Path) -> None:
    course = exam.course(tmp_path)
    taking = Taking(course)
    answer_all(taking, 0)
    given = answers.load(tmp_path).given
    assert Taking(course, 2).paper.seed == 2
    assert answers.load(tmp_path) == answers.Answers(2, given)
    assert Taking(course).paper.seed == 2


def test_answers_to_other_questions_stay_and_count_nothing(tmp_path: Path) -> None:
    taking = Taking(exam.course(tmp_path))
    one = taking.paper.asked[0].question.id
    answers.save(tmp_path, answers.Answers(1, {"gone": "a", one: "no option of it"}))
    again = Taking(taking.course)
    assert (again.strays, len(again.open)) == (["gone", one], 8)
    again.answer(one, "a")
    assert list(answers.load(tmp_path).given) == ["gone", one]


def test_to_begin_again_keeps_the_answers_beside(tmp_path: Path) -> None:
    taking = Taking(exam.course(tmp_path))
    assert answers.reset(tmp_path) is None
    answer_all(taking, 0)
    had = file(tmp_path).read_bytes()
    kept = answers.reset(tmp_path)
    assert kept
    assert (kept.name, kept.read_bytes()) == ("answers.toml.1.backup", had)
    assert file(tmp_path).read_text() == answers.SHIPPED


@pytest.mark.parametrize(("wrong_ones", "passed"), [(0, True), (1, True), (2, False), (8, False)])
def test_four_right_answers_in_five_pass(tmp_path: Path, wrong_ones: int, passed: bool) -> None:
    taking = Taking(exam.course(tmp_path))
    answer_all(taking, wrong_ones)
    assert (taking.passed, taking.right) == (passed, 8 - wrong_ones)
    said = f"not passed yet, {8 - wrong_ones} of 8 are right, and 7 pass"
    assert taking.outcome() == f"The final knowledge test: {'passed' if passed else said}"


def test_before_every_question_is_answered_no_score_is_told(tmp_path: Path) -> None:
    taking = Taking(exam.course(tmp_path))
    taking.answer(taking.paper.asked[0].question.id, "a")
    assert taking.outcome() == "The final knowledge test: not passed yet, 7 of 8 questions are open"
    assert wording.review(taking).startswith("7 of 8 questions are open: `kite_")


def test_the_review_explains_what_was_chosen_and_gives_no_key(tmp_path: Path) -> None:
    taking = Taking(exam.course(tmp_path))
    answer_all(taking, 2)
    review = wording.review(taking)
    missed = taking.missed
    assert all(one.chosen.comment in review for one in missed)
    assert not any(one.asked.question.right.comment in review for one in missed)
    assert "- Lab 01, A kite: `notebooks/01_kite.ipynb`" in review


def test_a_passed_test_explains_every_option(tmp_path: Path) -> None:
    taking = Taking(exam.course(tmp_path))
    answer_all(taking, 1)
    review = wording.review(taking)
    assert all(option.comment in review for one in taking.paper.asked for option in one.options)


def test_where_our_answers_stand_in_nothing_is_saved_or_told(tmp_path: Path) -> None:
    taking = Taking(exam.course(tmp_path), seed=9, stand_in=True)
    taking.answer(taking.paper.asked[0].question.id, "a")
    assert taking.passed
    assert wording.review(taking) == "**8 of 8 are right.** 7 pass."
    assert not file(tmp_path).exists()


def test_how_often_each_option_was_chosen_is_told_with_what_was_missed(tmp_path: Path) -> None:
    taking = Taking(exam.course(tmp_path))
    answer_all(taking, 2)
    first, second = taking.paper.asked[:2]
    assert "So far you have chosen" not in wording.review(taking)
    right, missed = first.question.right.name, wrong(taking, 0)
    for said in (right, right, missed):  # the same again is no other choice
        taking.answer(first.question.id, said)
    assert dict(taking.times_chosen(first)) == {right: 1, taking.missed[0].chosen.name: 2}
    assert wording.review(taking).count("So far you have chosen") == 1
    assert "(once)" in wording.review(taking) and "(twice)" in wording.review(taking)
    for one in (first, second):
        taking.answer(one.question.id, one.question.right.name)
    assert "right, chosen twice.**" in wording.review(taking)


def test_choices_are_counted_across_a_reset_and_only_in_the_results(tmp_path: Path) -> None:
    course = exam.course(tmp_path)
    for _ in range(2):
        Taking(course).answer(Taking(course).paper.asked[0].question.id, "a")
        answers.reset(tmp_path)
    assert sum(Taking(course).times_chosen(Taking(course).paper.asked[0]).values()) == 2
    assert "=" not in answers.load(tmp_path).text().partition("[answers]")[2]


@pytest.mark.parametrize("damage", ["{", '{"kite_0": {"a": "often"}}', "[]"])
def test_damaged_counts_cost_no_answer(tmp_path: Path, damage: str) -> None:
    taking = Taking(exam.course(tmp_path))
    one = taking.paper.asked[0]
    files.write(tmp_path / choices.FILE, damage)
    assert taking.times_chosen(one) == {}
    chosen = taking.answer(one.question.id, "a")
    assert taking.times_chosen(one) == {chosen.name: 1}


def test_counts_that_cannot_be_written_cost_no_answer(tmp_path: Path) -> None:
    taking = Taking(exam.course(tmp_path))
    (tmp_path / "results").write_text("in the way")
    one = taking.paper.asked[0]
    assert taking.answer(one.question.id, "a") == taking.chosen(one)
    assert taking.times_chosen(one) == {}
