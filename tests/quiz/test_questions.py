"""Questions: how they are read, and what is refused before any proof is run."""

from pathlib import Path
from typing import Any

import exam
import pytest
from pydantic import ValidationError

from perflab.course.audit import Fault
from perflab.quiz import questions
from perflab.quiz.questions import FOLDER, QuizError, Range, holds

OPTIONS: list[dict[str, Any]] = [
    {"text": text, "right": text == "two", "expects": text, "comment": "It is so."} for text in ("two", "three", "four")
]


def options(**changed: Any) -> list[dict[str, Any]]:
    """Three sound options, the last of which has some keys changed."""
    return [*OPTIONS[:2], {**OPTIONS[2], **changed}]


@pytest.mark.parametrize(
    ("expected", "outcome", "held"),
    [
        ("40 60", "40 60", True),
        ("\n40\n60", "40\n60", True),
        ("40", "40.0", False),
        (40, "40.0", True),
        (0.1, "0.30000000000000004", False),
        (Range(least=1, most=2), "2", True),
        (Range(least=1, most=2), "2.1", False),
        (Range(least=5), "1e9", True),
        (Range(most=5), "-3", True),
        (5, "no number", False),
        (Range(most=5), "nan", False),
    ],
)
def test_an_expectation_holds_for_a_text_a_number_or_a_range(expected: Any, outcome: str, held: bool) -> None:
    assert holds(expected, outcome) is held


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"options": OPTIONS[:2]}, "at least 3"),
        ({"options": options(right=True)}, "exactly one option says right"),
        ({"options": [{**one, "right": False} for one in OPTIONS]}, "exactly one option says right"),
        ({"options": options(text="three")}, "a text or code of its own"),
        ({"options": options(text="")}, "a text or code of its own"),
        ({"options": options(comment="")}, "at least 1 character"),
        ({"options": options(expects=None)}, "which outcome it expects"),
        ({"options": options(colour="blue")}, "not permitted"),
        ({"code": ""}, "it has no proof"),
        ({"proof": {"meets": 2, "program": "print(2)"}}, "the line FIX"),
        ({"proof": {"meets": 2, "trials": {}}}, "a candidate in every option"),
        ({"kind": "essay"}, "Input should be"),
        ({"id": "No Id"}, "match pattern"),
    ],
)
def test_a_question_that_no_run_could_decide_is_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        exam.question(**{"options": OPTIONS, **changed})


def test_every_question_is_read_in_the_order_of_the_labs(tmp_path: Path) -> None:
    bank = questions.load(exam.course(tmp_path, per_lab=1))
    assert list(bank.questions) == [f"{name}_0" for name in exam.LABS]
    assert bank.questions["boat_0"].right.text == "60"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("what?", "solutions/33_final_quiz/kite.toml is not TOML"),
        ("answers = 3\n", "needs a table [[questions]] for each question"),
        ("[[questions]]\nid = 'one'\n", "in question one, 'kind' is not as it must be"),
        ("[[questions]]\nkind = 'prints'\n", "in question number 1, "),
        (exam.printing("boat_0", 4), "Two questions have the id 'boat_0'"),
    ],
)
def test_a_faulty_file_is_told_in_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    course = exam.course(tmp_path)
    (tmp_path / FOLDER / "kite.toml").write_text(text)
    with pytest.raises(QuizError) as told:
        questions.load(course)
    assert said in str(told.value)


def test_options_that_no_run_could_tell_apart_are_told(tmp_path: Path) -> None:
    course = exam.course(tmp_path)
    exam.write(tmp_path, "kite", exam.printing("same", 4).replace('expects = ""', "expects = { from = 4, to = 5 }"))
    assert [str(fault) for fault in questions.audit(course, questions.load(course))] == [
        f"{FOLDER}/kite.toml: question same: 'nothing' expects what another option expects. "
        "Let each expect another outcome."
    ]


def test_files_of_no_lab_are_told(tmp_path: Path) -> None:
    course = exam.course(tmp_path)
    (tmp_path / FOLDER / "cloud.toml").write_text("")
    assert questions.audit(course, questions.load(course)) == [
        Fault(f"{FOLDER}/cloud.toml", "it belongs to no lab", "Name it after its lab, NAME.toml")
    ]


def test_a_fault_without_a_name_resembles_labs_of_the_course(tmp_path: Path) -> None:
    course = exam.course(tmp_path)
    unnamed = '[unnamed]\ncause = "It is."\nfigure = "failed"\ncomment = "So."\nresembles = ["boat", "cloud"]\n'
    exam.write(tmp_path, "raft", unnamed, *(exam.printing(f"raft_{turn}", turn) for turn in (1, 2, 3)))
    assert questions.audit(course, questions.load(course)) == [
        Fault(
            f"{FOLDER}/raft.toml",
            "unnamed.resembles names 'cloud', which is no lab",
            "Name labs as labs/course.toml does",
        )
    ]
