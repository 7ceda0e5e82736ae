"""The result page: one HTML file with the verdict, the charts and the figures. It loads nothing from outside."""

import ast
import base64
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from matplotlib.figure import Figure

from perflab import files
from perflab.course.lab import Lab
from perflab.course.syllabus import Syllabus
from perflab.judge.result import Result, Round
from perflab.judge.rule import Outcome
from perflab.measure import machine
from perflab.report import messages
from perflab.report.charts import catalogue, style, summary
from perflab.report.html import PAGES
from perflab.report.workers import HEADINGS, Board

TONES = {
    Outcome.SOLVED: style.SIDES["reference"],
    Outcome.UNTOUCHED: style.SIDES["yours"],
    Outcome.INCONCLUSIVE: style.FAINT,
}


def shown_round(result: Result) -> Round:
    """Returns the round to draw: the one that closed nearest to the median share of the gap, or else the last."""
    judged = [round for round in result.rounds if round.scores and not math.isnan(round.scores[0].closed)]
    if not judged:
        return result.rounds[-1]
    return min(judged, key=lambda round: abs(round.scores[0].closed - result.closed(0)))


class Chart(NamedTuple):
    """A chart under a heading. Each is an image of its own, so that its ids cannot clash with another's on the page."""

    title: str
    words: str  # what it shows, with its figures
    svg: str
    dark: bytes  # the same as PNG on dark paper

    @property
    def src(self) -> str:
        """Returns the chart as a `data:` address."""
        return f"data:image/svg+xml;base64,{base64.b64encode(self.svg.encode()).decode()}"

    @property
    def dark_src(self) -> str:
        """Returns the chart on dark paper as a `data:` address."""
        return f"data:image/png;base64,{base64.b64encode(self.dark).decode()}"


def _chart(title: str, figure: Figure) -> Chart:
    return Chart(title, style.in_words(figure), style.svg(figure), style.dark(style.png(figure)))


def charts(result: Result) -> Iterator[Chart]:
    """Yields the page's charts: two once a round was driven, and the gap closed once a round was judged."""
    if not result.rounds:
        return
    lab, samples = result.lab, shown_round(result).samples
    yield _chart("What happened", catalogue.draw(lab, samples))
    if result.rounds[-1].scores:
        yield _chart("How much of the gap is closed, round by round", summary.gap(result))
    yield _chart("The metric", summary.measured(lab, samples))


def _figures(result: Result) -> dict[str, Any]:
    """Returns what the template of the table shows."""
    rows = messages.figures(result)
    return {
        "sides": result.sides,
        "colours": style.SIDES,
        "names": style.NAMES,
        "rows": rows,
        "rounds": len(result.rounds),
    }


def table(result: Result) -> str:
    """Returns the figures of each side as an HTML table: medians over the rounds, each row with its unit."""
    return PAGES.get_template("table.html.j2").render(_figures(result))


def workers(board: Board) -> str:
    """Returns the workers of a side as an HTML table."""
    rows = [row.cells for row in board.rows()]
    return PAGES.get_template("workers.html.j2").render(caption=board.caption, headings=HEADINGS, rows=rows)


class Fix(NamedTuple):
    """A fix to read: its name in words, what its first line says of it, and its file as the page links to it."""

    name: str
    about: str
    href: str


def good_fixes(lab: Lab) -> list[Fix]:
    """The fixes that solve a lab: ours, then the other good ones. Of a folder, the first of the lab's files counts."""
    found = [("our fix", lab.solution)]
    found += [(path.stem.removeprefix("other_").replace("_", " "), path) for path in lab.others()]
    fixes = []
    for name, path in found:
        if file := next((one for one in (path, *(path / own for own in lab.files)) if one.is_file()), None):
            about = (ast.get_docstring(ast.parse(file.read_text())) or "").partition("\n")[0]
            fixes.append(Fix(name, about, f"../{file.relative_to(lab.root).as_posix()}"))
    return fixes


def render(result: Result, course: Syllabus) -> str:
    """Returns the whole page as HTML."""
    assert result.outcome
    return PAGES.get_template("page.html.j2").render(
        lab=result.lab,
        labs=len(course.labs),
        part=course.parts[result.lab.part - 1],
        outcome=result.outcome,
        tone=TONES.get(result.outcome, style.SIDES["slow"]),
        dark=style.DARK,
        message=messages.explain(result),
        charts=charts(result),
        **_figures(result),
        machine=f"{machine.in_words()}; {machine.versions()}.",
        fixes=good_fixes(result.lab) if result.outcome is Outcome.SOLVED else [],
        started=result.started.replace("T", " ").replace("+00:00", " UTC"),
        seconds=round(result.seconds),
        seed=result.seed,
    )


def write(result: Result, course: Syllabus) -> Path:
    """Writes the page and returns its path. Raises OSError if it cannot be written."""
    path = result.lab.results(".html")
    files.write(path, render(result, course))
    return path
