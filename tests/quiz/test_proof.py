"""Proofs: a run selects the right option and refutes the others, or the question is refused."""

import sys
from pathlib import Path
from typing import Any

import exam
import pytest

from perflab.course.audit import Fault
from perflab.quiz import proof, questions
from perflab.quiz.figures import Unproven
from perflab.quiz.questions import Bank, Question

NO_BANK = Bank(Path("/nowhere"), {})
FIXES = [{"code": code, "right": code == "x = 2", "comment": "It is so."} for code in ("x = 2", "x = 3", "x = 4")]


def proven(**changed: Any) -> str:
    return proof.prove(NO_BANK, exam.question(**changed))


def test_the_outcome_selects_the_right_option() -> None:
    assert proven() == "2"


def test_the_program_may_be_another_than_the_one_shown() -> None:
    assert proven(code="print(what_is_hidden)", proof={"program": "print(2)"}) == "2"


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("print(3)", "the outcome is '3', which 'three' expects; the key is 'two'"),
        ("print(4)", "the outcome is '4', which no option expects; the key is 'two'"),
        ("print('2')\nprint('3')", r"the outcome is '2\\n3', which no option expects"),
        ("raise LookupError('gone')", "its program fails: LookupError: gone"),
    ],
)
def test_a_key_that_is_not_so_is_refused(program: str, said: str) -> None:
    with pytest.raises(Unproven, match=said):
        proven(code=program)


def test_an_outcome_that_two_options_expect_proves_neither() -> None:
    options = [
        {"text": "two", "right": True, "expects": "2", "comment": "Yes."},
        {"text": "few", "expects": {"from": 1, "to": 5}, "comment": "No."},
        {"text": "many", "expects": {"from": 4, "to": 9}, "comment": "No."},
    ]
    with pytest.raises(Unproven, match="which 'two' and 'few' expects"):
        proven(options=options)
    assert questions.overlapping(exam.question(options=options)) == ["few", "many"]
    assert questions.overlapping(exam.question()) == []


def test_a_program_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "LIMIT_S", 0.3)
    with pytest.raises(Unproven, match="not done within"):
        proven(code="while True: pass")


def test_a_program_is_run_with_the_code_of_each_option() -> None:
    question = exam.question(
        options=FIXES, proof={"meets": {"to": 2}, "program": "def main():\n    FIX\n    print(x)\nmain()\n"}
    )
    assert proof.prove(NO_BANK, question) == "2, 3, 4"
    assert proof.programs(question)[1] == "def main():\n    x = 3\n    print(x)\nmain()\n"


@pytest.mark.parametrize(
    ("meets", "said"),
    [({"to": 3}, "'x = 3' does the job: its outcome is '3'"), (9, "'x = 2' does not do the job: its outcome is '2'")],
)
def test_only_the_right_fix_may_do_the_job(meets: Any, said: str) -> None:
    question = exam.question(options=FIXES, proof={"meets": meets, "program": "FIX\nprint(x)"})
    with pytest.raises(Unproven, match=said):
        proof.prove(NO_BANK, question)


def test_code_of_several_lines_is_indented_as_its_place_is() -> None:
    assert proof.with_code("if True:\n    FIX\n", "\nx = 1\nif x:\n    x = 2\n") == (
        "if True:\n    x = 1\n    if x:\n        x = 2\n"
    )


@pytest.mark.parametrize(
    ("program", "needs"),
    [
        ("import asyncio\nfrom os import path", False),
        ("def main():\n    import httpx", True),
        ("from anyio import run", True),
    ],
)
def test_only_a_program_without_packages_runs_on_every_python(program: str, needs: bool) -> None:
    assert proof.needs_packages(program) is needs
    question = exam.question(code=program)
    assert proof.pythons_for(question) == ((sys.executable,) if needs else proof.pythons())


def test_the_audit_tells_each_question_that_is_not_proven(tmp_path: Path) -> None:
    course = exam.course(tmp_path, per_lab=1)
    exam.write(tmp_path, "kite", exam.printing("wrong", 4).replace("print(4 + 4)", "print(9)"))
    found = list(proof.audit(questions.load(course)))
    assert [one.id for one in found if isinstance(one, Question)] == ["wrong", "balloon_0", "boat_0", "raft_0"]
    faults = [one for one in found if isinstance(one, Fault)]
    assert len(faults) == len(proof.pythons())
    assert (faults[0].file, faults[0].fault) == (
        "solutions/33_final_quiz/kite.toml",
        "question wrong: the outcome is '9', which no option expects; the key is '8'",
    )
