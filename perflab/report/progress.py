"""A learner's progress, lab by lab, in `results/<name>.progress.json`: for `make progress`, board and certificate.

A lab once solved stays solved, whatever a later run says, and whatever a newer course measures there. Only `forget`
takes it back. A file of its own for each lab, replaced whole, so that nothing can spoil the others.
"""

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from perflab import files
from perflab.course.lab import Lab, Metric
from perflab.course.syllabus import Syllabus
from perflab.judge.result import Result
from perflab.judge.rule import Outcome
from perflab.measure import machine
from perflab.quiz.questions import QuizError
from perflab.quiz.taking import Taking
from perflab.report import messages, store

STARS = ("solved", "solved without the last hint", "prediction within a factor of two")
NEAR = 2.0  # times off: so near a prediction earns its star
EQUAL = 1.1  # times off: below this, a prediction is as measured
MEASURED = (Outcome.SOLVED, Outcome.NOT_YET)  # outcomes of runs whose share of the gap means something
NO_RUN = (Outcome.UNTOUCHED, Outcome.SKIPPED)  # outcomes that are no attempt at the lab


class _Kept(BaseModel):
    model_config = ConfigDict(extra="allow")  # what a newer version of the course has written is kept


class Attempt(_Kept):
    """A run of a lab with the learner's fix. `closed` is the share of the gap, of the metric where it is least."""

    at: str
    outcome: str  # not an Outcome: a newer version may call it otherwise
    closed: float | None = None


class Solved(_Kept):
    """When a lab was first solved, on which machine, and whether that was ever done without its last hint."""

    at: str
    machine: str = ""
    without_last_hint: bool = False


class Prediction(_Kept):
    """A learner's first prediction of a lab's metric, with what was then measured. `ratio` is predicted / measured."""

    at: str
    label: str
    predicted: str
    measured: str
    ratio: float

    @property
    def times_off(self) -> float:
        """The factor between prediction and measurement, 1 or more, as it is shown."""
        factor = max(self.ratio, 1 / self.ratio)
        return round(factor, 1 if factor < 10 else None)

    def in_short(self) -> str:
        """How far off it was, for a narrow column: e.g. "12× low"."""
        return "=" if self.times_off < EQUAL else f"{self.times_off:,g}× {'high' if self.ratio > 1 else 'low'}"

    def in_words(self) -> str:
        """How far off it was, and in which direction: e.g. "12 times too low"."""
        if self.times_off < EQUAL:
            return "as measured"
        return f"{self.times_off:,g} times too {'high' if self.ratio > 1 else 'low'}"


class Progress(_Kept):
    """What a learner has done in one lab."""

    attempts: list[Attempt] = []
    solved: Solved | None = None
    prediction: Prediction | None = None

    @property
    def state(self) -> str:
        """`solved` once it was, else how the last run ended; `open` before the first."""
        if self.solved:
            return str(Outcome.SOLVED)
        return self.attempts[-1].outcome if self.attempts else "open"

    @property
    def best(self) -> float | None:
        """The largest share of the gap that an attempt closed, or None."""
        return max((one.closed for one in self.attempts if one.closed is not None), default=None)

    @property
    def stars(self) -> tuple[bool, bool, bool]:
        """Which of the `STARS` are earned."""
        return (
            self.solved is not None,
            self.solved is not None and self.solved.without_last_hint,
            self.prediction is not None and self.prediction.times_off <= NEAR,
        )


# Of one lab.


def _file(lab: Lab) -> Path:
    return lab.results(".progress.json")


def load(lab: Lab) -> Progress:
    """What is known of a lab. Where its file is missing or cannot be read, the record of its last run tells."""
    try:
        return Progress.model_validate_json(_file(lab).read_bytes())
    except (OSError, ValidationError):
        outcome = store.outcome(lab)
    if outcome is None:
        return Progress()
    at = _time(lab.results(".json").stat().st_mtime)
    solved = Solved(at=at, without_last_hint=_without_last_hint(lab)) if outcome is Outcome.SOLVED else None
    return Progress(attempts=[Attempt(at=at, outcome=outcome)], solved=solved)


def _save(lab: Lab, progress: Progress) -> None:
    """Replaces a lab's file; one that cannot be read is put aside first. Raises OSError."""
    path = _file(lab)
    try:
        Progress.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        pass
    except ValidationError:
        files.put_aside(path)
    files.write(path, progress.model_dump_json(indent=1))


def _time(seconds: float | None = None) -> str:
    now = datetime.now(UTC) if seconds is None else datetime.fromtimestamp(seconds, UTC)
    return now.isoformat(timespec="seconds")


def note_run(result: Result) -> None:
    """Adds a finished run. Call it before the run's record is written, which tells of earlier ones. Raises OSError."""
    assert result.outcome
    lab, progress = result.lab, load(result.lab)
    attempt = Attempt(at=result.started, outcome=result.outcome, closed=_closed(result))
    if result.outcome is Outcome.SOLVED:
        first = progress.solved or Solved(at=result.started, machine=machine.in_words())
        first.without_last_hint |= _without_last_hint(lab)
        progress.solved = first
    progress.attempts.append(attempt)
    _save(lab, progress)


def _closed(result: Result) -> float | None:
    """The share of the gap that a run closed, of the metric where it is least."""
    if result.outcome not in MEASURED:
        return None
    shares = [result.closed(index) for index, metric in enumerate(result.lab.metrics) if metric.min_effect]
    known = [share for share in shares if not math.isnan(share)]
    return min(known, default=None)


def note_prediction(lab: Lab, predicted: float, measured: float) -> Prediction | None:
    """Keeps a lab's first prediction, in its metric's unit, and returns the one that is kept. Raises OSError.

    Later ones are made by somebody who knows the figure. Returns None where nothing could be measured.
    """
    progress = load(lab)
    if progress.prediction is None and math.isfinite(predicted) and math.isfinite(measured):
        metric = lab.shown
        progress.prediction = Prediction(
            at=_time(),
            label=metric.label,
            predicted=metric.in_words(predicted),
            measured=metric.in_words(measured),
            ratio=ratio(metric, predicted, measured),
        )
        _save(lab, progress)
    return progress.prediction


def ratio(metric: Metric, predicted: float, measured: float) -> float:
    """The prediction in parts of what was measured. A figure that is shown as 0 counts as half of the last digit."""
    least: float = 0.5 * 10**-metric.type.digits
    return max(predicted, least) / max(measured, least)


def forget(lab: Lab) -> bool:
    """Takes a lab's attempts and its being solved back. Returns whether there were any. Raises OSError.

    They are kept in a backup. The prediction stays: it cannot be made again.
    """
    progress = load(lab)
    if not progress.attempts and not progress.solved:
        return False
    if _file(lab).exists():
        files.put_aside(_file(lab))
    _save(lab, Progress(prediction=progress.prediction))
    return True


# Hints.


def hints_had(lab: Lab) -> int:
    """How many of a lab's hints were read, in their order."""
    file = lab.results(".hints")
    had = file.read_text() if file.exists() else "0"
    return int(had) if had.isdecimal() else 0


def note_hint(lab: Lab, number: int) -> None:
    """Notes that a hint was read. Raises OSError."""
    files.write(lab.results(".hints"), str(max(number, hints_had(lab))))


def _without_last_hint(lab: Lab) -> bool:
    return not lab.hints or hints_had(lab) < len(lab.hints)


# Of the whole course.


class FinalTest(NamedTuple):
    """The final knowledge test as far as it has come."""

    answered: int
    asked: int
    passed: bool
    fault: str = ""  # why the answers cannot be read, and the remedy

    @classmethod
    def load(cls, course: Syllabus) -> "FinalTest":
        """How far it has come."""
        try:
            taking = Taking(course)
        except QuizError as error:
            return cls(0, 0, False, str(error))
        asked = len(taking.paper.asked)
        return cls(asked - len(taking.open), asked, taking.passed)

    @property
    def state(self) -> str:
        """`passed`, `open`, or how many questions are answered; the fault, where there is one."""
        if self.fault:
            return self.fault
        if self.passed:
            return "passed"
        return f"{self.answered} of {self.asked} answered" if self.answered else "open"


class Standing:
    """Where a learner is in the course: each lab with its progress, in order, and the final test."""

    def __init__(self, course: Syllabus) -> None:
        self.course = course
        self.labs = [(lab, load(lab)) for lab in course.labs]
        self.test = FinalTest.load(course)

    @property
    def solved(self) -> list[tuple[Lab, Solved]]:
        """The labs that are solved, in order."""
        return [(lab, progress.solved) for lab, progress in self.labs if progress.solved]

    @property
    def predictions(self) -> list[tuple[Lab, Prediction]]:
        """The labs with a prediction, in order."""
        return [(lab, progress.prediction) for lab, progress in self.labs if progress.prediction]

    def count(self) -> str:
        """How many labs are solved, in a sentence."""
        solved = sum(lab.ready for lab, _ in self.solved)
        return f"{solved} of {len(self.course.ready)} labs that are there now are solved"

    def calibration(self) -> str:
        """How good the predictions were, in a sentence."""
        made = self.predictions
        if not made:
            return "No prediction is measured yet."
        near = sum(one.times_off <= NEAR for _, one in made)
        far = [(one.times_off, lab.number) for lab, one in made if one.times_off > NEAR]
        (off, where), (last, one) = max(far, default=(0.0, 0)), max(made, key=lambda pair: pair[1].at)
        said = f"{near} of {len(made)} prediction{'s' * (len(made) > 1)} within a factor of two."
        if far:
            said += f" Furthest off: {off:,g} times, in lab {where:02d}."
        return said if len(made) == 1 else f"{said} The last, in lab {last.number:02d}: {one.in_words()}."

    def next_step(self) -> str:
        """What to do next, in a sentence: go on where the last attempt was, or else begin the first open lab."""
        left = [pair for pair in self._open() if not pair[1].attempts or pair[1].state != Outcome.SKIPPED]
        tried = [(lab, one) for lab, one in left if one.attempts and one.state not in NO_RUN]
        if tried:
            lab, progress = max(tried, key=lambda pair: pair[1].attempts[-1].at)
            best = "" if progress.best is None else f" Your best fix closes {messages.share(progress.best)} of the gap."
            return f"Go on with lab {lab.number:02d}, {lab.title}.{best} `make hint-{lab.number:02d}` helps."
        if left:
            lab = left[0][0]
            return f"Begin lab {lab.number:02d}, {lab.title}: `make jupyter` opens its notebook."
        if not self.test.passed and self.test.asked:
            return "Every lab that can run here is solved. Take the final knowledge test: `make quiz`."
        return "You are through. `make certificate` writes down what you have solved."

    def _open(self) -> Iterator[tuple[Lab, Progress]]:
        return ((lab, progress) for lab, progress in self.labs if lab.ready and not progress.solved)
