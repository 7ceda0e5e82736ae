"""A learner's answers: `labs/33_final_quiz/answers.toml`, the id of each question and what was answered."""

import json
import re
import tomllib
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from perflab import files
from perflab.course.audit import QUIZ
from perflab.quiz.questions import QuizError

FILE = f"labs/{QUIZ}/answers.toml"
HEAD = """\
# Your answers to the final knowledge test. `make quiz` writes them here, and so does the notebook.
# The seed draws the questions: with another number they are others.
"""
REMEDY = "Correct it, or begin again with `python -m perflab quiz --reset`, which keeps this file beside the new one."


class Answers(NamedTuple):
    """The seed of the set, and the answers by the ids of the questions. A set asks some of them, and all are kept."""

    seed: int = 1
    given: dict[str, str] = {}  # noqa: RUF012 - never changed in place

    def text(self) -> str:
        """The file's text."""
        lines = [f"{_key(id)} = {_string(answer)}" for id, answer in self.given.items()]
        return HEAD + f"seed = {self.seed}\n\n[answers]\n" + "".join(f"{line}\n" for line in lines)


def _key(id: str) -> str:
    """A key of TOML: ours need no quotation marks, and what a learner wrote may."""
    return id if re.fullmatch(r"[A-Za-z0-9_-]+", id) else _string(id)


def _string(text: str) -> str:
    """A string of TOML, which is one of JSON with one more character escaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


SHIPPED = Answers().text()


def load(root: Path) -> Answers:
    """Reads the answers; none where the file is missing. Raises QuizError where it cannot be read."""
    path = root / FILE
    if not path.is_file():
        return Answers()
    try:
        table: dict[str, Any] = tomllib.loads(path.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise QuizError(f"{FILE} is not TOML: {error}. {REMEDY}") from None
    if more := set(table) - {"seed", "answers"}:
        raise QuizError(f"{FILE} has a key {sorted(more)[0]!r}, and only 'seed' and 'answers' are known. {REMEDY}")
    given = table.get("answers", {})
    if not isinstance(given, dict) or not all(isinstance(answer, str) for answer in given.values()):
        raise QuizError(
            f"{FILE}: each answer is the text of an option, or its letter, between quotation marks. {REMEDY}"
        )
    return Answers(seed_of(table.get("seed", 1)), given)


def seed_of(said: object) -> int:
    """A seed as it was given. Raises QuizError for anything but a whole number that is not negative."""
    text = str(said).strip()
    if isinstance(said, bool) or not (text.isascii() and text.isdecimal()) or len(text) > 18:
        raise QuizError(f"A seed is a whole number, such as 7, and not {said!r}.")
    return int(text)


def save(root: Path, answers: Answers) -> None:
    """Writes the answers, whole or not at all. Raises QuizError where that cannot be done."""
    try:
        files.write(root / FILE, answers.text())
    except OSError as error:
        raise QuizError(f"Your answer is not saved, since {FILE} cannot be written: {error.strerror}.") from None


def reset(root: Path) -> Path | None:
    """Puts the answers aside and begins again. Returns where they are now, or None where there were none."""
    path = root / FILE
    backup = None
    if path.is_file() and path.read_bytes() != SHIPPED.encode():
        numbered = (path.with_name(f"{path.name}.{number}.backup") for number in count(1))
        backup = path.rename(next(free for free in numbered if not free.exists()))
    files.write(path, SHIPPED)
    return backup
