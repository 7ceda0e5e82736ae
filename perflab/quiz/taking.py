"""Taking the test: a set of questions, the learner's answers, and how it went, for terminal and notebook alike."""

from typing import NamedTuple

from perflab.course.syllabus import Syllabus
from perflab.quiz import answers, choices, paper, questions
from perflab.quiz.answers import Answers
from perflab.quiz.paper import Asked, Paper
from perflab.quiz.questions import TITLE, Option, QuizError


class Missed(NamedTuple):
    """A question that was answered wrongly, and what was chosen."""

    asked: Asked
    chosen: Option


class Taking:
    """One learner's test. With `stand_in` every answer is the right one, and none is saved."""

    def __init__(self, course: Syllabus, seed: object = None, stand_in: bool = False) -> None:
        """Reads questions and answers, and saves a new seed. Raises QuizError."""
        self.course = course
        self.stand_in = stand_in
        self._answers = Answers() if stand_in else answers.load(course.root)
        if seed is not None and (wanted := answers.seed_of(seed)) != self._answers.seed:
            self._keep(self._answers._replace(seed=wanted))
        bank = questions.load(course)
        self.paper: Paper = paper.draw(course, bank, self._answers.seed)

    def chosen(self, asked: Asked) -> Option | None:
        """What was answered, or None."""
        if self.stand_in:
            return asked.question.right
        answer = self._answers.given.get(asked.question.id)
        return None if answer is None else asked.option(answer)

    def answer(self, id: str, answer: str) -> Option:
        """Saves an answer, a letter or an option's text. Returns its option, or raises QuizError and saves nothing."""
        asked = self.paper.by_id(id)
        option = asked.option(answer) if isinstance(answer, str) else None
        if option is None:
            letters = ", ".join(letter for letter, _ in asked.lettered())
            raise QuizError(f"Question {id} has no option {answer!r}. It has {letters}.")
        self.refresh()
        is_new = self.chosen(asked) is not option
        self._keep(self._answers._replace(given={**self._answers.given, id: option.name}))
        if is_new and not self.stand_in:
            choices.note(self.course.root, id, option.name)
        return option

    def times_chosen(self, asked: Asked) -> dict[str, int]:
        """How often each option of a question was chosen so far, by its name: those that ever were."""
        counts = choices.load(self.course.root).get(asked.question.id, {})
        return {option.name: counts[option.name] for option in asked.options if option.name in counts}

    def refresh(self) -> None:
        """Reads the answers again: another window may have written some. Raises QuizError."""
        if not self.stand_in:
            self._answers = answers.load(self.course.root)._replace(seed=self.paper.seed)

    def _keep(self, now: Answers) -> None:
        if not self.stand_in:
            answers.save(self.course.root, now)
        self._answers = now

    @property
    def open(self) -> list[Asked]:
        """The questions without an answer."""
        return [one for one in self.paper.asked if self.chosen(one) is None]

    @property
    def missed(self) -> list[Missed]:
        """The questions with a wrong answer."""
        found = []
        for one in self.paper.asked:
            chosen = self.chosen(one)
            if chosen and not chosen.right:
                found.append(Missed(one, chosen))
        return found

    @property
    def right(self) -> int:
        """How many answers are right."""
        return len(self.paper.asked) - len(self.open) - len(self.missed)

    @property
    def passed(self) -> bool:
        """Whether enough answers are right."""
        return bool(self.paper.asked) and self.right >= self.paper.needed

    @property
    def strays(self) -> list[str]:
        """Answers in the file that count nothing: to questions that the set does not ask, or to no option of theirs."""
        asked = {one.question.id: one for one in self.paper.asked}
        return [id for id, said in self._answers.given.items() if id not in asked or not asked[id].option(said)]

    def outcome(self) -> str:
        """How it went, in a sentence that says no key, and no score before every question is answered."""
        if self.passed:
            return f"{TITLE}: passed"
        if self.open:
            return f"{TITLE}: not passed yet, {len(self.open)} of {len(self.paper.asked)} questions are open"
        return (
            f"{TITLE}: not passed yet, {self.right} of {len(self.paper.asked)} are right, and {self.paper.needed} pass"
        )
