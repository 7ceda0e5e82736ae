"""A small course for tests of the quiz: two parts with two labs each, and questions that are quick to prove."""

from pathlib import Path
from typing import Any

from perflab.course import syllabus
from perflab.course.syllabus import Syllabus
from perflab.quiz.questions import FOLDER, Question

LABS = ("kite", "balloon", "boat", "raft")
QUESTION = """
[[questions]]
id = "{id}"
kind = "prints"
text = "What does this print?"
code = "print({number} + {number})"

[[questions.options]]
text = "{double}"
right = true
expects = {double}
comment = "It is the sum of {number} and {number}."

[[questions.options]]
text = "{number}"
expects = {number}
comment = "That is one of the two."

[[questions.options]]
text = "nothing"
expects = ""
comment = "It prints what is in the brackets."
"""


def course(root: Path, per_lab: int = 3) -> Syllabus:
    """The course, with so many questions for each lab."""
    (root / "labs").mkdir()
    (root / "labs" / "course.toml").write_text(
        '[[parts]]\ntitle = "In the air"\nlabs = ["kite", "balloon"]\n'
        '[[parts]]\ntitle = "On the water"\nlabs = ["boat", "raft"]\n'
    )
    (root / FOLDER).mkdir(parents=True)
    for number, name in enumerate(LABS, 1):
        folder = root / "labs" / f"{number:02d}_{name}"
        folder.mkdir()
        (folder / "lab.toml").write_text(f'title = "A {name}"\nquestion = "Why?"\nnode_counterpart = "None"\n')
        write(root, name, *(printing(f"{name}_{turn}", 10 * number + turn) for turn in range(per_lab)))
    return syllabus.load(root)


def write(root: Path, name: str, *questions: str) -> None:
    """Writes the questions of one lab."""
    (root / FOLDER / f"{name}.toml").write_text("".join(questions))


def printing(id: str, number: int) -> str:
    """A question whose program prints a sum."""
    return QUESTION.format(id=id, number=number, double=2 * number)


def question(**changed: Any) -> Question:
    """A sound question with some keys changed."""
    options = [
        {"text": "two", "right": True, "expects": "2", "comment": "Yes."},
        {"text": "three", "expects": "3", "comment": "No."},
        {"text": "many", "expects": {"from": 10}, "comment": "No."},
    ]
    plain = {"lab": "kite", "id": "sum", "kind": "prints", "text": "What?", "code": "print(1 + 1)", "options": options}
    return Question.model_validate({**plain, **changed})
