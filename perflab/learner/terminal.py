"""A lab in the terminal: a card, each round as it ends, a table, bars, the verdict and the next step.

Made for 80 columns. Where the output is not a terminal it is plain text; `NO_COLOR` is respected (rich does both).
"""

import math
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from rich import box
from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from perflab.course.lab import Lab, Metric
from perflab.course.syllabus import Syllabus
from perflab.judge.result import Result
from perflab.judge.rule import Outcome, Ruling
from perflab.report import messages
from perflab.report.messages import Message
from perflab.report.workers import HEADINGS, Board

WIDTH = 80
STYLES = {"slow": "red", "yours": "bright_blue", "reference": "green"}
MARKS = {Ruling.WON: "[green]●[/]", Ruling.LOST: "[red]○[/]", Ruling.VOID: "[dim]–[/]"}
OUTCOME_STYLES = {Outcome.SOLVED: "bold green", Outcome.NOT_YET: "bold yellow", Outcome.UNTOUCHED: "bold cyan"}


def console() -> Console:
    """A console of the window's width, but of `WIDTH` columns at most."""
    made = Console(highlight=False)
    made.width = min(made.width, WIDTH)
    return made


def code(text: str) -> str:
    """Markup with the text between backticks in bold. The backticks stay, for terminals without bold."""
    parts = escape(text).split("`")
    return "".join(f"`[bold]{part}[/]`" if index % 2 else part for index, part in enumerate(parts))


def here(path: Path) -> str:
    """A path relative to the current directory where it is below it."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def card(lab: Lab, syllabus: Syllabus) -> RenderableType:
    """A lab's place in the course, title, question and aim."""
    body = Group(Text(lab.title, style="bold"), Text(lab.question), Text(""), Text(lab.aim, style="dim"))
    place = f"Lab {lab.number} of {len(syllabus.labs)} · {syllabus.parts[lab.part - 1]}"
    return Panel(body, title=place, title_align="left", box=box.ROUNDED, padding=(0, 2))


def figures(result: Result) -> RenderableType:
    """The sides in a table: medians over the rounds."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column(f"medians of {len(result.rounds)} rounds", style="dim")
    for side in result.sides:
        table.add_column(side, justify="right", style=STYLES[side])
    for label, values in messages.figures(result):
        table.add_row(label, *values)
    return table


def bars(result: Result, metric: Metric) -> RenderableType:
    """A metric as bars, a line for each side."""
    values = {side: result.figure(side, metric) for side in result.sides}
    most = max((value for value in values.values() if not math.isnan(value)), default=1.0)
    grid = Table.grid(padding=(0, 1))
    for side, value in values.items():
        length = 0 if math.isnan(value) or most <= 0 else max(0.0, value / most) * 46
        bar = "█" * int(length) + " ▏▎▍▌▋▊▉"[int(length % 1 * 8)]
        grid.add_row(f"  [dim]{side}[/]", f"[{STYLES[side]}]{bar}[/]", f"[{STYLES[side]}]{metric.in_words(value)}[/]")
    better = "more is better" if metric.type.more_is_better else "less is better"
    return Group(f"[bold]{metric.label}[/] [dim]{better}[/]", grid)


def round_lines(result: Result) -> RenderableType:
    """The last round: a line for each metric, under a heading if it is the first round."""
    grid = Table.grid(padding=(0, 1))
    for width in (1, 26):
        grid.add_column(width=width)
    for _ in result.sides:
        grid.add_column(width=12, justify="right")
    grid.add_column(width=12, justify="right")
    if len(result.rounds) == 1:
        grid.add_row("", "", *(f"[{STYLES[side]}]{side}[/]" for side in result.sides), "[dim]gap closed[/]")
    round = result.rounds[-1]
    for index, metric in enumerate(result.lab.metrics):
        label = f"{len(result.rounds)}  {metric.label}" if index == 0 else f"   {metric.label}"
        cells = [metric.in_words(metric.figure(samples)) for samples in round.samples.values()]
        mark, said = " ", ""
        if round.scores:
            score = round.scores[index]
            mark = MARKS[score.ruling]
            said = messages.score(metric, score)
        grid.add_row(mark, label, *cells, said)
    return grid


def closing(result: Result, said: Message, page: Path | None) -> RenderableType:
    """The outcome in words, the next step, and where the page of the result is."""
    assert result.outcome
    style = OUTCOME_STYLES.get(result.outcome, "bold red")
    lines: list[RenderableType] = []
    if said.details:
        lines += [Padding(Text("\n".join(said.details), style="dim", overflow="fold"), (0, 2, 1, 2))]
    lines += [Text(result.outcome.upper(), style=style), code(said.sentence), f"[dim]next[/]  {code(said.next_step)}"]
    if page:
        lines.append(f"[dim]page[/]  {escape(here(page))}")
    return Group(*lines)


class Reporter:
    """Reports a run while it runs: the lines of each round, and on a terminal the phase it is in, with the `keys`."""

    def __init__(self, to: Console, keys: str = "") -> None:
        self.to = to
        self.keys = keys
        self.status = to.status("", spinner="dots") if to.is_terminal else None
        self._rounds_shown = 0

    def __call__(self, result: Result) -> None:
        if len(result.rounds) > self._rounds_shown:
            self._rounds_shown = len(result.rounds)
            self.to.print(round_lines(result))
            if not result.outcome and result.rounds_won:
                self.to.print("[green]✓[/] The rounds are won. Some checks follow.")
        if self.status:
            self.status.update(f"[dim]{result.phase} ...  {code(self.keys)}[/]")

    def running(self) -> AbstractContextManager[object]:
        """Shows the phase within the block, on a terminal."""
        return self.status or nullcontext()


def show(to: Console, result: Result, page: Path | None) -> None:
    """Prints the result of a run: table, bars, and the outcome in words."""
    if result.rounds:
        to.print(figures(result))
        for metric in result.lab.metrics:
            to.print(bars(result, metric))
        to.print()
    to.print(closing(result, messages.explain(result), page))


def workers(board: Board) -> RenderableType:
    """The workers of a side in a table, as `pm2 status` has them."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), caption=board.caption, caption_justify="left")
    for heading in HEADINGS:
        table.add_column(heading, justify="right")
    for row in board.rows():
        table.add_row(*row.cells)
    return table


def fail(message: str) -> None:
    """Prints one plain sentence on standard error."""
    Console(stderr=True, highlight=False).print(code(message), style="red", soft_wrap=True)
