"""The questions: a TOML file for each lab in `solutions/33_final_quiz/`, with the keys and a comment on every option.

A question has a proof, whose outcome is a text or a number. Each option says which outcome it expects, so a run
selects one option and refutes the others; `proof.py` runs it.
"""

import math
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from perflab.course.audit import QUIZ, Fault
from perflab.course.lab import Lab
from perflab.course.syllabus import Syllabus

TITLE = "The final knowledge test"
FOLDER = f"solutions/{QUIZ}"
LEAST = 3  # questions for a lab, and options of a question
PLACEHOLDER = "FIX"  # the line of a program where the code of an option is put

Kind = Literal["prints", "fixes", "picture", "number", "order"]
Text = Annotated[str, Field(min_length=1)]


class QuizError(Exception):
    """Something about the test that cannot be done or read: one plain sentence, with the remedy."""


class Table(BaseModel):
    """A file's table: no key but those that are declared."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Range(Table):
    """The numbers from one to another, both included. Without an end it is open."""

    least: float = Field(-math.inf, alias="from")
    most: float = Field(math.inf, alias="to")


Expected = str | int | float | Range


def holds(expected: Expected, outcome: str) -> bool:
    """Whether an outcome is what was expected: the same text, the same number, or a number in the range."""
    if isinstance(expected, str):
        return outcome == expected.strip()
    try:
        number = float(outcome)
    except ValueError:
        return False
    if isinstance(expected, Range):
        return expected.least <= number <= expected.most
    return math.isclose(number, expected, rel_tol=1e-9)


class Option(Table):
    """One of the answers to choose from. Exactly one of a question's is right."""

    text: str = ""  # Markdown
    code: str = ""  # shown below the text; in a question about fixes the program runs with it
    right: bool = False
    candidate: str = ""  # the fix whose rounds in `benchmarks/` prove it, e.g. "tempting_more_threads"
    comment: Text  # why it is right, or wrong
    expects: Expected | None = None

    @property
    def name(self) -> str:
        """How it stands in the learner's answers: its text, in one line."""
        return " ".join((self.text or self.code).split())


class Trials(Table):
    """A figure of `benchmarks/`: the median of a fix's quiet rounds, as a multiple of another side's if so asked."""

    candidate: str = ""  # e.g. "tempting_more_threads"; empty where each option has its own
    over: Literal["slow", "reference"] | None = None
    metric: int = 0  # the place of the metric in lab.toml


class Row(Table):
    """A figure of the table in a lab's committed notebook: of one side, as a multiple of another's if so asked."""

    row: str  # e.g. "answers per second"
    of: Literal["slow", "our fix"]
    over: Literal["slow", "our fix"] | None = None


class Printed(Table):
    """What a cell of a lab's committed notebook printed: the first group of a pattern."""

    cell: str
    pattern: str


class Proof(Table):
    """How the key is proven: by a program's output, or by a figure.

    With `meets` there is an outcome for each option, of a program with its code or of the trials of its candidate: the
    right one meets that, and no other does.
    """

    program: str = ""  # the code that the question shows, unless said
    meets: Expected | None = None
    trials: Trials | None = None
    table: Row | None = None
    printed: Printed | None = None

    @property
    def by_figure(self) -> bool:
        """Whether a figure proves it, and no program."""
        return any((self.trials, self.table, self.printed))


class Picture(Table):
    """A picture of the lab's committed notebook: the cell's id, and which of its pictures."""

    cell: str
    number: int = 0
    alt: Text  # what it shows, for those who do not see it


class Question(Table):
    """One question."""

    lab: str  # its name: the file's
    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    kind: Kind
    text: Text  # Markdown
    code: str = ""  # Python, shown below the text
    picture: Picture | None = None
    proof: Proof = Proof()
    options: Annotated[tuple[Option, ...], Field(min_length=LEAST)]

    @model_validator(mode="after")
    def _separates(self) -> Self:
        """Checks what can be seen without a run."""
        if sum(option.right for option in self.options) != 1:
            raise ValueError("exactly one option says right = true")
        names = [option.name for option in self.options]
        if "" in names or len(set(names)) < len(names):
            raise ValueError("each option has a text or code of its own")
        proof = self.proof
        if proof.meets is not None and proof.trials:
            if not all(option.candidate for option in self.options):
                raise ValueError("proof.meets with trials takes a candidate in every option")
        elif proof.meets is not None:
            if PLACEHOLDER not in proof.program or not all(option.code for option in self.options):
                raise ValueError(f"proof.meets takes a program with the line {PLACEHOLDER}, and code in every option")
        elif not any((proof.program, proof.by_figure, self.code)):
            raise ValueError("it has no proof: write a program, or name a figure")
        elif any(option.expects is None for option in self.options):
            raise ValueError("each option says which outcome it expects")
        return self

    @property
    def right(self) -> Option:
        """The right option."""
        return next(option for option in self.options if option.right)

    @property
    def program(self) -> str:
        """The program that proves it; empty where a figure does."""
        return self.proof.program or ("" if self.proof.by_figure else self.code)


class Unnamed(Table):
    """A lab's fault as `make mystery` shows it, without its name: the cause, and the figure that proves it."""

    cause: Text  # a sentence that names no lab
    figure: str  # the metric type, one of the lab's own
    comment: Text  # how the figure proves it
    resembles: tuple[str, ...] = ()  # labs whose cause or figure would be right here, too: not offered beside it


class Bank(NamedTuple):
    """Every question of the course by id, in the order of the labs, and the unnamed faults by lab."""

    root: Path
    questions: dict[str, Question]
    unnamed: dict[str, Unnamed] = {}  # noqa: RUF012 - never changed in place

    def of(self, lab: Lab) -> list[Question]:
        """A lab's questions, in the order of its file."""
        return [one for one in self.questions.values() if one.lab == lab.name]


def load(course: Syllabus) -> Bank:
    """Reads the questions of every lab. Raises QuizError at the first fault."""
    bank = Bank(course.root, {}, {})
    for lab in course.labs:
        if not (course.root / _named(lab)).is_file():
            continue
        file = _read(course.root, lab)
        if file.unnamed:
            bank.unnamed[lab.name] = file.unnamed
        for question in file.questions:
            if question.id in bank.questions:
                raise QuizError(f"Two questions have the id {question.id!r}. Give one in {_named(lab)} another.")
            bank.questions[question.id] = question
    return bank


def _named(lab: Lab) -> str:
    return f"{FOLDER}/{lab.name}.toml"


class _File(Table):
    """A lab's file."""

    questions: tuple[Question, ...]
    unnamed: Unnamed | None = None


def _read(root: Path, lab: Lab) -> _File:
    try:
        table: dict[str, Any] = tomllib.loads((root / _named(lab)).read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise QuizError(f"{_named(lab)} is not TOML: {error}.") from None
    asked = table.get("questions")
    if not isinstance(asked, list):
        raise QuizError(f"{_named(lab)} needs a table [[questions]] for each question.")
    try:
        return _File.model_validate({**table, "questions": [{**one, "lab": lab.name} for one in asked]})
    except ValidationError as error:
        first = error.errors()[0]
        table_name, *path = [str(step) for step in first["loc"]]
        if table_name == "questions" and path:
            place = int(path.pop(0))
            table_name = f"question {asked[place].get('id', f'number {place + 1}')}"
        key = ".".join(path) or "it"
        said = first["msg"].removeprefix("Value error, ")
        raise QuizError(f"{_named(lab)}: in {table_name}, {key!r} is not as it must be ({said}).") from None


def audit(course: Syllabus, bank: Bank) -> list[Fault]:
    """What is wrong with the questions that can be seen without running a proof."""
    names = {lab.name for lab in course.labs}
    faults = [
        Fault(f"{FOLDER}/{path.name}", "it belongs to no lab", "Name it after its lab, NAME.toml")
        for path in sorted((course.root / FOLDER).glob("*"))
        if path.suffix != ".toml" or path.stem not in names
    ]
    for question in bank.questions.values():
        for name in overlapping(question):
            fault = f"question {question.id}: {name!r} expects what another option expects"
            faults.append(Fault(f"{FOLDER}/{question.lab}.toml", fault, "Let each expect another outcome"))
    for name, unnamed in bank.unnamed.items():
        for unknown in sorted(set(unnamed.resembles) - names):
            fault = f"unnamed.resembles names {unknown!r}, which is no lab"
            faults.append(Fault(f"{FOLDER}/{name}.toml", fault, "Name labs as labs/course.toml does"))
    for lab in course.ready:
        count = len(bank.of(lab))
        if count < LEAST and (course.root / _named(lab)).is_file():
            faults.append(Fault(_named(lab), f"it has {count} questions", f"Write {LEAST} or more"))
        judged = {metric.type_name for metric in lab.metrics}
        if (fault_of := bank.unnamed.get(lab.name)) and fault_of.figure not in judged:
            remedy = f"The figure that proves it is one that the lab is judged by: {', '.join(sorted(judged))}"
            faults.append(Fault(_named(lab), f"unnamed.figure is {fault_of.figure!r}", remedy))
    return faults


def overlapping(question: Question) -> list[str]:
    """The names of options that expect what another one expects, so that no run could tell them apart."""
    options = question.options
    return [
        option.name
        for place, option in enumerate(options)
        if any(_overlap(option.expects, other.expects) for other in options[:place])
    ]


def _overlap(one: Expected | None, other: Expected | None) -> bool:
    if isinstance(one, Range) and isinstance(other, Range):
        return max(one.least, other.least) <= min(one.most, other.most)
    if isinstance(one, Range):
        one, other = other, one
    return one is not None and other is not None and holds(other, str(one))


def without(course: Syllabus, bank: Bank) -> list[Lab]:
    """The labs that can be worked on and have no question yet."""
    return [lab for lab in course.ready if not bank.of(lab)]
