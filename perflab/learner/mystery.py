"""The practical half of the test: a slow part under its own traffic, without its name.

The seed chooses which. The learner sees what an engineer would have, and names the cause and the figure that proves it.
The key is the part that ran.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from string import ascii_lowercase

from matplotlib.figure import Figure
from rich import box
from rich.console import Console
from rich.table import Table

from perflab import files, session
from perflab.bench.load_client import LoadError
from perflab.course.lab import Lab, Side
from perflab.course.syllabus import Syllabus
from perflab.judge.errors import RequirementMissing, SideError
from perflab.learner import terminal
from perflab.measure.metrics import FAILED_MS, METRIC_TYPES, busy_cores, latencies_ms, percentile
from perflab.measure.samples import Samples, names
from perflab.quiz import answers, questions
from perflab.quiz.paper import rank
from perflab.quiz.questions import QuizError, Unnamed
from perflab.report.charts import catalogue, flame, style, summary

CAUSES, FIGURES = 5, 4  # to choose from
KNOWN = ("deploy", "SIGTERM", "SIGKILL")  # incidents that an engineer has caused; what others are called is the answer
SHOWN = (
    "responses_per_s", "failed", "unanswered", "longest_gap_s", "recovery_s", "first_byte_ms_p95", "kib_per_response",
    "over_limit", "blocked_ms", "cpu_ms_per_request", "workers", "processes_started", "connections", "sessions",
    "listeners_left", "piped_mib_per_request", "rss_mib", "peak_rss_mib", "rss_kib_per_request", "jobs_done_share",
    "exit_s", "stopped_cleanly",
)  # fmt: skip


class Mystery:
    """One unnamed fault. Raises QuizError for a seed that is no number."""

    def __init__(self, course: Syllabus, seed: object) -> None:
        self.seed = answers.seed_of(seed)
        unnamed = questions.load(course).unnamed
        labs = [lab for lab in course.ready if (one := unnamed.get(lab.name)) and METRIC_TYPES[one.figure].counted_here]
        if len(labs) < CAUSES:
            raise QuizError(f"The course has {len(labs)} labs with an unnamed fault, and this needs {CAUSES}.")
        ranked = sorted(labs, key=lambda lab: rank(self.seed, lab.name))
        self._lab: Lab = ranked[0]
        self._fault: Unnamed = unnamed[self._lab.name]
        self._samples: Samples | None = None
        self._profiled: Samples | None = None
        others = [unnamed[lab.name] for lab in ranked[1:] if lab.name not in self._fault.resembles]
        self.causes = self._lettered([self._fault.cause, *(other.cause for other in others[: CAUSES - 1])])
        own = {metric.type_name for metric in self._lab.metrics}
        wrong = dict.fromkeys(other.figure for other in others if other.figure not in own)
        figures = [self._fault.figure, *list(wrong)[: FIGURES - 1]]
        self.proofs = self._lettered([METRIC_TYPES[name].label for name in figures])

    def _lettered(self, texts: list[str]) -> dict[str, str]:
        return dict(zip(ascii_lowercase, sorted(texts, key=lambda text: rank(self.seed, text)), strict=False))

    def drive(self) -> None:
        """Drives the part for a round. Raises QuizError where it does not run here."""
        self._samples = self._driven(profiled=False)

    def requests(self) -> Iterator[tuple[str, str, str, str, str]]:
        """A row for each kind of request: its name, how many, p50 and p99 in ms, and how many failed."""
        for name in names(self._there().responses):
            found = self._there().select(name)
            p50, p99 = (percentile(latencies_ms(found), share) for share in (0.5, 0.99))
            failed = sum(response.failed for response in found)
            yield name, str(len(found)), _in_ms(p50), _in_ms(p99), str(failed)

    def figures(self) -> Iterator[tuple[str, str]]:
        """What was measured, over all requests: label and figure. What is not known of this part is left out."""
        samples = self._there()
        if not math.isnan(cores := busy_cores(samples)):
            yield "cores kept busy", f"{cores:.1f}"
        for name in SHOWN:
            type_of = METRIC_TYPES[name]
            value = type_of.compute(samples, None)
            about_jobs = name in ("jobs_done_share", "processes_started")  # labs keep a ledger for other reasons, too
            if not math.isnan(value) and (not about_jobs or self._fault.figure == name):
                yield type_of.label, f"{value:,.{type_of.digits}f} {type_of.unit}".strip()

    def pictures(self) -> list[Figure]:
        """The charts: the one that fits the traffic, and latency by percentile."""
        samples, lab = self._there(), self._lab
        incident = samples.incident if samples.incident in KNOWN else ""
        sides: dict[Side, Samples] = {"slow": replace(samples, incident=incident)}
        chart = catalogue.CHARTS["timeline" if lab.is_profiled else lab.chart]  # its words give no other metric away
        return [chart(sides, lab.shown), summary.percentiles({"slow": samples.responses}, None)]

    def flame(self) -> Figure:
        """The flame graph: a round of its own, under a profiler."""
        return flame.flame({"slow": self._with_profile()}, self._lab.shown)

    def _with_profile(self) -> Samples:
        if self._profiled is None:
            self._profiled = self._driven(profiled=True)
        return self._profiled

    def _driven(self, profiled: bool) -> Samples:
        try:
            return session.drive_once(self._lab, {"slow": None}, profiled)["slow"]
        except (LoadError, SideError, RequirementMissing) as error:
            raise QuizError(f"This part does not run here. {error} Another seed has another part.") from None

    def solve(self, cause: str, figure: str) -> str:
        """What the learner's two letters come to, in sentences. Raises QuizError for a letter that is none."""
        said_cause, said_figure = self._chosen(self.causes, cause), self._chosen(self.proofs, figure)
        named, proven = said_cause == self._fault.cause, said_figure == METRIC_TYPES[self._fault.figure].label
        if not named:
            return "That is not the cause. Look at the figures again: what is high, and what is low?"
        if not proven:
            return "That is the cause. The figure that you chose would look much the same without it."
        lab = self._lab
        return f"Right, both. {self._fault.comment} It was Lab {lab.number:02d}, {lab.title}."

    def _chosen(self, options: dict[str, str], letter: str) -> str:
        if letter not in options:
            raise QuizError(f"There is no option {letter!r}. There are {', '.join(options)}.")
        return options[letter]

    def _there(self) -> Samples:
        if self._samples is None:
            raise QuizError("Nothing is measured yet. Drive it first.")
        return self._samples


def _in_ms(latency_ms: float) -> str:
    return "no answer" if latency_ms >= FAILED_MS else f"{latency_ms:,.1f}"


def investigate(to: Console, course: Syllabus, seed: object) -> None:
    """The unnamed fault in the terminal: figures, charts as files, and two questions."""
    mystery = Mystery(course, seed)
    to.print(f"Seed {mystery.seed}: a slow part of the site runs under its own traffic, and you are not told which.")
    with to.status("[dim]driving it ...[/]"):
        mystery.drive()
    to.print(_table(("request", "sent", "p50, ms", "p99, ms", "failed"), mystery.requests()))
    to.print(_table(("figure", "measured"), mystery.figures()))
    folder = course.root / "results" / "mystery"
    for number, figure in enumerate(mystery.pictures(), 1):
        _write(to, folder / f"{mystery.seed}-{number}.png", figure)
    to.print("\n[bold]What is the cause?[/]")
    cause = _ask(to, mystery, mystery.causes, folder)
    to.print("\n[bold]Which figure proves it?[/]")
    if cause and (proof := _ask(to, mystery, mystery.proofs, folder)):
        to.print(f"\n{mystery.solve(cause, proof)}")


def _ask(to: Console, mystery: Mystery, options: dict[str, str], folder: Path) -> str | None:
    """Reads a letter, and draws a flame graph where one is asked for. None where the learner ends."""
    for letter, text in options.items():
        to.print(f"  [bold]{letter}[/]  {text}")
    while True:
        try:
            said = to.input("[bold]A letter, `flame` for a flame graph, or `q` to end: [/]").strip().lower()
        except EOFError:
            return None
        if said == "q":
            return None
        if said == "flame":
            with to.status("[dim]profiling it ...[/]"):
                figure = mystery.flame()
            _write(to, folder / f"{mystery.seed}-flame.png", figure)
        elif said in options:
            return said
        else:
            to.print(f"There is no option {said!r}.")


def _table(headings: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Table:
    table = Table(*headings, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        table.add_row(*row)
    return table


def _write(to: Console, path: Path, figure: Figure) -> None:
    files.write(path, style.png(figure))
    to.print(f"A picture is in {terminal.here(path)}", soft_wrap=True)
