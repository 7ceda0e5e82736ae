"""The board, `results/index.html`: where a learner is in the course, and how good their predictions are.

One file, offline. The certificate is made of the same progress.
"""

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from perflab import files
from perflab.course.lab import Lab
from perflab.course.syllabus import Syllabus
from perflab.judge.rule import Outcome
from perflab.measure import machine
from perflab.report import messages
from perflab.report.html import PAGES
from perflab.report.progress import NEAR, STARS, Attempt, Progress, Standing

SHOWN = 16  # attempts in a tile's line: the last ones
LINE = (120, 24)  # the size of that line
STEP = 16  # from one attempt to the next, where there is room
CHART = (900, 320)  # the size of the chart of predictions
MARGIN = (130, 24, 24, 40)  # around it: left, top, right, bottom
REACH = (3, 10, 30, 100, 300, 1000)  # how far off the chart goes: as far as is needed, and 10 at least
PICTURED = {Outcome.SOLVED: "solved", Outcome.NOT_YET: "tried", Outcome.WRONG: "failed", Outcome.ERROR: "failed"}


class Dot(NamedTuple):
    """A point of a drawing, with what it stands for."""

    x: float
    y: float
    kind: str
    said: str


class Tile(NamedTuple):
    """A lab on the board."""

    lab: Lab
    state: str
    kind: str  # of the state, which colours it
    best: str | None  # share of the gap that was closed at best
    best_share: float  # the same from 0 to 1
    stars: list[tuple[str, bool]]
    attempts: list[Dot]
    prediction: str | None
    page: str | None  # of the last run


def tile(lab: Lab, progress: Progress) -> Tile:
    """A lab as the board shows it."""
    state = progress.state if lab.ready else "to come"
    best = progress.best
    return Tile(
        lab,
        state,
        PICTURED.get(state, "open") if lab.ready else "to-come",  # type: ignore[call-overload]
        None if best is None else messages.share(best),
        min(max(best or 0.0, 0.0), 1.0),
        list(zip(STARS, progress.stars, strict=True)),
        line(progress.attempts),
        progress.prediction.in_words() if progress.prediction else None,
        f"{lab.name}.html" if lab.results(".html").exists() else None,
    )


def line(attempts: Sequence[Attempt]) -> list[Dot]:
    """The last attempts up to the right end; upwards, the share of the gap that each closed, at the bottom if none."""
    width, height = LINE
    last = attempts[-SHOWN:]
    step = min(STEP, (width - 8) / max(1, len(last) - 1))
    return [
        Dot(
            round(width - 4 - step * (len(last) - 1 - place), 1),
            round(height - 4 - (height - 8) * min(max(one.closed or 0.0, 0.0), 1.0), 1),
            PICTURED.get(one.outcome, "open"),  # type: ignore[call-overload]
            one.outcome if one.closed is None else f"{one.outcome}, {messages.share(one.closed)}",
        )
        for place, one in enumerate(last)
    ]


class Calibration:
    """The chart of predictions: labs from left to right; upwards, prediction / measured, on a logarithmic axis."""

    def __init__(self, standing: Standing) -> None:
        self.rows = standing.predictions
        self.labs = standing.course.labs
        most = max((one.times_off for _, one in self.rows), default=1.0)
        self.reach = next((reach for reach in REACH[1:] if most <= reach), REACH[-1])
        self.size = CHART
        self.left, self.top, right, bottom = MARGIN
        self.right, self.bottom = CHART[0] - right, CHART[1] - bottom

    def x(self, lab: Lab) -> float:
        """Where a lab stands."""
        return round(self.left + (self.right - self.left) * (lab.number - 0.5) / len(self.labs), 1)

    def y(self, ratio: float) -> float:
        """Where a prediction of so many parts of the measured figure stands, within the reach."""
        height = math.log(min(max(ratio, 1 / self.reach), self.reach)) / math.log(self.reach)
        return round((self.top + self.bottom) / 2 - height * (self.bottom - self.top) / 2, 1)

    def band(self) -> tuple[float, float]:
        """From where to where predictions are near enough for their star."""
        return self.y(NEAR), self.y(1 / NEAR)

    def ticks(self) -> Iterator[tuple[float, str]]:
        """The lines across the chart: where each is, and what it says."""
        yield self.y(1), "as measured"
        for reach in REACH:
            if reach <= self.reach:
                yield self.y(reach), f"{reach} times too high"
                yield self.y(1 / reach), f"{reach} times too low"

    def dots(self) -> list[Dot]:
        """The predictions."""
        return [
            Dot(
                self.x(lab),
                self.y(one.ratio),
                "near" if one.times_off <= NEAR else "far",
                f"Lab {lab.number:02d}: {one.predicted} predicted, {one.measured} measured, {one.in_words()}",
            )
            for lab, one in self.rows
        ]


def render(standing: Standing) -> str:
    """The board as HTML."""
    parts: dict[str, list[Tile]] = {}
    for lab, progress in standing.labs:
        parts.setdefault(standing.course.part_title(lab.part), []).append(tile(lab, progress))
    return PAGES.get_template("board.html.j2").render(
        standing=standing, parts=parts, calibration=Calibration(standing), line=LINE, shown=SHOWN
    )


def path(course: Syllabus) -> Path:
    """Where the board is."""
    return course.root / "results" / "index.html"


def write(standing: Standing) -> None:
    """Writes the board. Raises OSError."""
    files.write(path(standing.course), render(standing))


def write_certificate(standing: Standing, name: str) -> Path:
    """Writes the certificate for somebody of this name, or of none, and returns where. Raises OSError."""
    here = machine.in_words()
    text = PAGES.get_template("certificate.html.j2").render(
        standing=standing,
        name=name,
        date=f"{datetime.now(UTC):%d %B %Y}".lstrip("0"),
        course_version=version("perflab"),
        versions=machine.versions(),
        machines=sorted({solved.machine or here for _, solved in standing.solved}),
    )
    to = standing.course.root / "results" / "certificate.html"
    files.write(to, text)
    return to
