"""A set of questions: drawn by a seed, balanced over the parts of the course, with the options shuffled.

Nothing is drawn by `random`: another Python, or a new question in another part, must not change the set.
"""

import hashlib
import math
from string import ascii_lowercase
from typing import NamedTuple

from perflab.course.lab import Lab
from perflab.course.syllabus import Syllabus
from perflab.quiz.questions import Bank, Option, Question, QuizError

PER_PART = 4
PASS_SHARE = 0.8


class Asked(NamedTuple):
    """A question of a set, with its options in the order in which they are shown."""

    question: Question
    lab: Lab
    options: tuple[Option, ...]

    def lettered(self) -> list[tuple[str, Option]]:
        """The options with their letters."""
        return list(zip(ascii_lowercase, self.options, strict=False))

    def option(self, answer: str) -> Option | None:
        """The option that an answer names, by its letter or by its text. None where it names none."""
        said = " ".join(answer.split())
        for letter, option in self.lettered():
            if said.lower() == letter or said == option.name:
                return option
        return None


class Paper(NamedTuple):
    """A set of questions, in the order of the course."""

    seed: int
    asked: tuple[Asked, ...]

    @property
    def needed(self) -> int:
        """How many right answers pass."""
        return math.ceil(PASS_SHARE * len(self.asked))

    def by_id(self, id: str) -> Asked:
        """The question with this id. Raises QuizError where the set does not ask it."""
        for one in self.asked:
            if one.question.id == id:
                return one
        raise QuizError(f"There is no question {id!r} in the set with seed {self.seed}. Your answers stay as they are.")

    def part(self, number: int) -> list[Asked]:
        """The questions of one part of the course. Raises QuizError where there is no such part."""
        found = [one for one in self.asked if one.lab.part == number]
        if not found:
            raise QuizError(f"No part {number!r} is asked. The parts are {self._parts()}.")
        return found

    def _parts(self) -> str:
        return ", ".join(str(number) for number in sorted({one.lab.part for one in self.asked}))


def rank(*what: object) -> bytes:
    """A place in an order that looks like chance and is the same on every machine."""
    return hashlib.sha256("/".join(map(str, what)).encode()).digest()


def draw(course: Syllabus, bank: Bank, seed: int) -> Paper:
    """Draws `PER_PART` questions of each part: of each lab one, then of each a second, until there are enough."""
    asked: list[Asked] = []
    for part in range(1, len(course.parts) + 1):
        labs = [lab for lab in course.labs if lab.part == part]
        ranked = []
        for lab in labs:
            questions = sorted(bank.of(lab), key=lambda one: rank(seed, one.id))
            ranked += [(turn, rank(seed, lab.name), one, lab) for turn, one in enumerate(questions)]
        ranked.sort(key=lambda entry: entry[:2])
        asked += [Asked(one, lab, _shuffled(seed, one)) for *_, one, lab in ranked[:PER_PART]]
    return Paper(seed, tuple(sorted(asked, key=lambda one: one.lab.number)))


def _shuffled(seed: int, question: Question) -> tuple[Option, ...]:
    return tuple(sorted(question.options, key=lambda option: rank(seed, question.id, option.name)))
