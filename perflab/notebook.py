"""What the notebooks call. Each method is one cell: it shows something, or measures and then shows it.

Cells with stable facts print plain text, which nbval compares. Cells with measured figures show charts, and are tagged
`nbval-ignore-output`.
"""

import ast
import asyncio
import html
import os
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from itertools import islice
from pathlib import Path
from types import EllipsisType

from IPython.display import HTML, Image, Markdown, clear_output, display
from matplotlib.figure import Figure

from perflab import session
from perflab.bench import memory
from perflab.bench.server import Server
from perflab.course import syllabus as course_of
from perflab.course.lab import Side
from perflab.judge.result import Result
from perflab.measure import metrics
from perflab.measure.samples import Samples
from perflab.process import environment
from perflab.report import messages, page, progress
from perflab.report.charts import catalogue, flame, resources, style, summary
from perflab.report.html import marked

__all__ = ["Lab", "turns_during"]

LOADS = (1 / 6, 1 / 3, 1 / 2, 2 / 3, 1)  # of a curve, as shares of the scenario's own load
PREDICT = (
    "Predict first: write your number in place of the dots in `lab.predict(...)`, and run that cell, then the next."
)
QUIET_VARIABLE = "PERFLAB_QUIET"  # set under nbval, which would record progress as output


def _is_a_learners() -> bool:
    """Whether somebody works in this notebook: nbval and `make rerun-NN` run it with numbers and hints of ours."""
    return not os.environ.get(QUIET_VARIABLE) and not session.reference_stands_in()


async def turns_during(work: Awaitable[object]) -> int:
    """How many turns the event loop gave to another task while it ran this one. Raises what `work` raises."""
    turns = 0

    async def another() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    task = asyncio.create_task(another())
    await asyncio.sleep(0)  # the other task starts, and waits for its first turn
    await work
    task.cancel()
    return turns


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Shows one line that changes while something runs, and clears it afterwards."""
    if os.environ.get(QUIET_VARIABLE):
        yield lambda text: None
        return
    handle = display(HTML("<em>...</em>"), display_id=True)
    yield lambda text: handle.update(HTML(f"<em>{text} ...</em>"))
    clear_output(wait=True)


def show(figure: Figure) -> None:
    """Shows a figure in a cell, below what it says in words, which is also its alternative text.

    PNG, since JupyterLab shows SVG only in notebooks that the reader has declared trusted. It shows no alternative text
    of a PNG either, so it has the picture as HTML, too; `session.rerun` takes that out of the committed notebooks.
    """
    words = style.in_words(figure)
    said = {"text/html": f"<p><em>In words:</em> {html.escape(words)}</p>", "text/plain": f"In words: {words}"}
    display(said, raw=True)
    image = Image(style.png(figure), format="png", retina=True, alt=words)
    data, metadata = image._repr_mimebundle_()
    tag = (
        f'<img alt="{html.escape(words)}" width="{image.width}" style="max-width:100%;height:auto" '
        f'src="data:image/png;base64,{data["image/png"]}">'
    )
    display({**data, "text/html": tag, "text/plain": words}, metadata=metadata, raw=True)


def _banner(result: Result) -> HTML:
    """The verdict as a box that reads well on light and dark pages."""
    assert result.outcome
    said = messages.explain(result)
    tone = page.TONES.get(result.outcome, style.SIDES["slow"])
    details = f"<pre>{html.escape(chr(10).join(said.details))}</pre>" if said.details else ""
    return HTML(
        f'<div style="border-left:8px solid {tone};padding:4px 16px;margin:8px 0">'
        f"<strong>{result.outcome.upper()}</strong><br>{marked(said.sentence)}"
        f"{details}<br><em>{marked(said.next_step)}</em></div>"
    )


class Lab:
    """One lab, in its notebook. Raises SyllabusError where no lab has this name."""

    def __init__(self, name: str) -> None:
        for bent in environment.bending(os.environ):  # a proxy, say, through which a cell's own requests would go
            del os.environ[bent]
        self._course = course_of.load()
        self._lab = self._course.by_name(name)
        self._predicted: float | None = None
        self._slow: Samples | None = None
        self._tempted: Samples | None = None
        self._alone: dict[Side, Samples] = {}  # sides that no round has driven, in one of their own
        self._profiled: dict[Side, Samples] = {}
        self._result: Result | None = None
        self._folder = tempfile.TemporaryDirectory(prefix="perflab-")  # for what `serve` starts

    def card(self) -> None:
        """Prints what this lab is about, and what solves it."""
        lab = self._lab
        print(f"Lab {lab.number} of {len(self._course.labs)} · {self._course.parts[lab.part - 1]}")
        print(f"Aim       {lab.aim}")
        for metric in lab.metrics:
            if metric.tolerance:
                print(f"Keep      {metric.label}: {messages.kept(metric)}")
            else:
                print(
                    f"Measure   {metric.label}: close {messages.share(metric.goal)} of the gap between slow and our fix"
                )
        print(f"You edit  {messages.file_names(lab)}")
        print(f"Time      about {lab.minutes} minutes")

    def slow_code(self, *names: str) -> Markdown:
        """The slow part's own source: all of it, or the functions named. Raises KeyError for an unknown name.

        Where gunicorn serves the slow side, its settings stand below.
        """
        source = self._lab.slow_source.read_text()
        if names:
            source = "\n\n".join(_definition(source, name) for name in names)
        if self._lab.own_gunicorn.is_file():
            source += f"\n\n\n{self._lab.own_gunicorn.read_text()}"
        return Markdown(f"```python\n{source.strip()}\n```")

    def predict(self, figure: float | EllipsisType) -> None:
        """Notes what the learner expects of the slow side, in the unit of the lab's metric. Raises TypeError."""
        self._predicted = None
        if figure is ...:
            print(PREDICT)
            return
        if not isinstance(figure, int | float):
            raise TypeError(f"A prediction is a number, such as 5, and not {figure!r}.")
        self._predicted = figure
        metric = self._lab.shown
        print(f"You expect {metric.label} to be {metric.in_words(figure)} on the slow side.")

    def reproduce(self) -> None:
        """Drives the slow side under the lab's load, prints what was measured, and keeps the prediction with it.

        Asks for a prediction instead, as long as there is none.
        """
        if self._predicted is None and _is_a_learners() and progress.load(self._lab).prediction is None:
            print(PREDICT)
            return
        with _progress() as say:
            say("driving the slow side")
            self._slow = session.drive_once(self._lab, {"slow": None})["slow"]
        metric = self._lab.shown
        measured = metric.figure(self._slow)
        for user, rate in self._slow.rates.items():
            share = self._lab.utilization[user]
            print(f"{user}: {rate:.1f} visits a second, which keep the slow side busy {share:.0%} of the time here.")
        said = f"Measured: {metric.label} {metric.in_words(measured)}."
        if self._predicted is None:
            print(said)
            return
        print(f"{said} You expected {metric.in_words(self._predicted)}.")
        if _is_a_learners():
            print(self._keep_prediction(self._predicted, measured))

    def _keep_prediction(self, predicted: float, measured: float) -> str:
        """Keeps the first prediction of this lab. Returns how far off it was."""
        try:
            kept = session.record_prediction(self._lab, self._course, predicted, measured)
        except OSError as error:
            return f"Your prediction is not kept, since {error.filename} cannot be written: {error.strerror}."
        if kept is None:
            return "Nothing could be measured, so your prediction waits for the next time."
        if kept.predicted != self._lab.shown.in_words(predicted):
            return f"Your first prediction counts: it was {kept.predicted}, {kept.in_words()}."
        return f"Your prediction: {kept.in_words()}. It is kept on your board, results/index.html."

    def see(self) -> None:
        """Shows the lab's chart, and the measured figure beside the prediction."""
        sides = self._samples()
        for figure in (catalogue.draw(self._lab, sides), summary.measured(self._lab, sides, self._predicted)):
            show(figure)

    def curve(self, *sides: Side) -> None:
        """Drives sides at loads up to the lab's own. Shows good responses per second over requests per second."""
        with _progress() as say:
            say("driving at one load after the other")
            fixes = {side: self._fix(side) for side in sides}
            driven = session.drive_curve(self._lab, fixes, LOADS)
        show(summary.curve(driven, self._lab.shown))

    def latencies(self) -> None:
        """Prints the latencies in ms, in autocannon's columns."""
        print("\n".join(messages.latencies(self._samples(), self._lab.shown.request)))

    def serve(self, side: Side = "slow") -> Server:
        """Starts a side without load, for cells that ask it something. Its `stop` ends it; so does the kernel's end."""
        return Server(self._lab, side, self._fix(side), Path(self._folder.name))

    def growth(self, paths: Mapping[str, str], requests: int, side: Side = "slow") -> None:
        """Shows how memory grows with so many requests for each path, each in a side that was just started.

        The keys name the paths; `{n}` in a path is the number of the request.
        """
        looks = {}
        with _progress() as say:
            for name, path in paths.items():
                say(f"asking {side} for {name}")
                with self.serve(side) as server:
                    looks[name] = memory.growth(server, path, requests)
        show(resources.growth(looks))

    def memray(self, path: str, requests: int, side: Side = "slow") -> None:
        """Shows what so many requests for a path have left behind, by the functions that allocated it."""
        with _progress() as say:
            say(f"asking {side} under memray")
            profile = memory.recorded(self._lab, side, self._fix(side), Path(self._folder.name), path, requests)
        if profile is None:
            print("memray cannot record here: read on, tracemalloc has seen the same lines.")
            return
        show(flame.kept({side: Samples(0.0, [], profile=profile)}, requests))

    def profile(self, side: Side = "slow", rows: int = 6) -> None:
        """Prints where a side spends its time: the shares of samples with a function on the stack, and at its end."""
        profile = self._with_profile(side).profile
        if profile is None:
            print("No profiler could look at this side.")
            return
        print("  in    at the end  function")
        for frame, within, on_top in profile.shares()[:rows]:
            print(f"{within:4.0%}  {on_top:10.0%}  {frame.function}  {frame.place}")
        print(messages.profiler(profile))

    def flame(self, side: Side = "slow", zoom: str | None = None) -> None:
        """Shows a side's flame graph; with `zoom`, only the calls below the function of that name."""
        show(flame.flame({side: self._with_profile(side)}, self._lab.shown, zoom))

    def _with_profile(self, side: Side) -> Samples:
        """A side's samples with a profile: those at hand, or new ones from a round under a profiler."""
        at_hand: dict[Side, Samples] = {"slow": self._slow} if self._slow else {}
        if self._result and self._result.rounds:
            at_hand |= page.shown_round(self._result).samples
        found = at_hand.get(side)
        if found and found.profile:
            return found
        if side not in self._profiled:
            with _progress() as say:
                say(f"profiling {side}")
                self._profiled[side] = session.drive_once(self._lab, {side: self._fix(side)}, profiled=True)[side]
        return self._profiled[side]

    def processes(self, side: Side = "slow") -> int:
        """How many processes of a side responded."""
        return len(self._of(side).workers)

    def started(self, side: Side = "slow") -> int:
        """How many processes a side started for 100 good responses of the lab's own requests."""
        return round(metrics.processes_started(self._of(side), self._lab.shown.request))

    def failed(self, side: Side = "slow") -> int:
        """How many requests to a side failed."""
        return sum(response.failed for response in self._of(side).responses)

    def longest_gap_s(self, side: Side = "slow", request: str | None = None) -> float:
        """The longest time in s of the round in which a side gave no good response to such requests, or the lab's."""
        return round(metrics.longest_gap_s(self._of(side), request or self._lab.shown.request), 2)

    def sessions(self, side: Side = "slow") -> int:
        """The most database sessions that a side held at any look."""
        return int(metrics.sessions(self._of(side)))

    def listeners_left(self, side: Side = "slow") -> int:
        """How many still listened to a side's feed when all visitors had gone."""
        return int(metrics.listeners_left(self._of(side)))

    def calls_at_once(self, side: Side = "slow") -> int:
        """The most calls to other services that the median request to a side had under way at one moment."""
        return metrics.at_once(metrics.typical_request(self._of(side).calls))

    def calls_per_request(self, side: Side = "slow") -> float:
        """How many calls to other services a side made for each request, up to any incident."""
        samples = self._of(side)
        before = samples.before_incident()
        return sum(call.from_s < before.seconds for call in samples.calls) / max(1, len(before.responses))

    def opened(self) -> dict[str, int]:
        """How many connections each driven side, and the tempting fix, opened to the services."""
        return {side: int(metrics.connections(samples)) for side, samples in self._driven().items()}

    def piped_mib(self) -> dict[str, float]:
        """MiB that each driven side, and the tempting fix, copied through pipes per good response. NaN on macOS."""
        request = self._lab.shown.request
        return {side: round(metrics.piped_mib_per_request(one, request), 1) for side, one in self._driven().items()}

    def p95_ms(self, request: str) -> dict[str, float]:
        """The p95 of the latencies in ms, over the requests of one name, of each driven side and the tempting fix."""
        p95 = metrics.METRIC_TYPES["latency_ms_p95"].compute
        return {side: round(p95(samples, request), 1) for side, samples in self._driven().items()}

    def jobs(self, side: Side = "slow", outside: bool = False) -> list[float]:
        """When the jobs of a side were done, in seconds of the round: all of them, or those that a service did."""
        samples = self._of(side)
        return samples.outside if outside else samples.jobs

    def collected(self, side: Side = "slow") -> int:
        """How many results of accepted requests were there afterwards."""
        return sum(result.good for result in self._of(side).collected)

    def status(self, side: Side = "yours", looks: int = 6) -> HTML:
        """Drives a side for some seconds, and returns the table of its workers, as `make status-NN` shows it live."""
        with _progress() as say, closing(session.watch(self._lab, side)) as boards:
            say(f"driving {side}")
            board = next(islice(boards, looks - 1, None))
        return HTML(page.workers(board))

    def hint(self, number: int) -> None:
        """Prints one of the hints. The higher the number, the more it gives away."""
        hints = self._lab.hints
        number = min(max(number, 1), len(hints))
        if _is_a_learners():
            with suppress(OSError):  # a hint is there all the same
                progress.note_hint(self._lab, number)
        print(f"Hint {number} of {len(hints)}. {hints[number - 1]}")

    def verify(self) -> None:
        """Measures the fix against slow and reference, and judges it. Prints the outcome only."""
        with _progress() as say:
            result = session.measure(self._lab, lambda result: say(result.phase), untouched_rounds=0)
            self._result = result
            say("writing the results")
            session.record(result, self._course)
        print(f"Lab {self._lab.number}, {self._lab.title}: {result.outcome}")

    def verdict(self) -> None:
        """Shows why the verdict is as it is, and the gap that each round closed."""
        if self._result is None:
            print("Run the cell above first: it measures.")
            return
        display(_banner(self._result))
        if self._result.rounds and self._result.rounds[-1].scores:
            show(summary.gap(self._result))

    def tempting(self, name: str) -> None:
        """Drives a fix that looks right and is not for one round, and shows it as yours between slow and our fix.

        Raises ValueError for a name that no tempting fix has.
        """
        found = {path.stem.removeprefix("tempting_"): path for path in self._lab.tempting()}
        if name not in found:
            raise ValueError(f"There is no tempting fix {name!r} in this lab; there are {', '.join(found)}.")
        fix = found[name]
        with _progress() as say:
            say("driving slow, the tempting fix and ours")
            fixes: dict[Side, Path | None] = {"slow": None, "yours": fix, "reference": self._lab.fix("reference")}
            sides = session.drive_once(self._lab, fixes)
        self._tempted = sides["yours"]
        show(catalogue.draw(self._lab, sides))

    def unanswered(self, name: str) -> float:
        """The share of 1 of requests to the tempting fix that had no good response by the end of the round.

        Raises RuntimeError before `tempting`.
        """
        if self._tempted is None:
            raise RuntimeError("The tempting fix is not measured yet. Run the cell `lab.tempting(...)` first.")
        asked = self._tempted.select(name)
        return sum(response.failed or response.done_s > self._tempted.seconds for response in asked) / len(asked)

    def figures(self) -> HTML:
        """A table with the figures of each side: medians over the rounds."""
        if self._result is None or not self._result.rounds:
            return HTML("<em>Nothing is measured yet: the figures come with your first fix.</em>")
        return HTML(page.table(self._result))

    def _driven(self) -> dict[str, Samples]:
        """The driven sides, and the tempting fix where it was driven, too."""
        driven: dict[str, Samples] = dict(self._samples().items())
        if self._tempted:
            driven["tempting"] = self._tempted
        return driven

    def _fix(self, side: Side) -> Path | None:
        """The file that a side runs: for yours the learner's, or our fix where that stands in."""
        return session.yours(self._lab) if side == "yours" else self._lab.fix(side)

    def _of(self, side: Side) -> Samples:
        """What a side did in the round that is shown; where it was not driven there, in one of its own.

        May raise RuntimeError, and what driving raises.
        """
        samples = self._samples()
        if side in samples:
            return samples[side]
        if side not in self._alone:
            with _progress() as say:
                say(f"driving {side}")
                self._alone[side] = session.drive_once(self._lab, {side: self._fix(side)})[side]
        return self._alone[side]

    def _samples(self) -> dict[Side, Samples]:
        """What there is to show: the sides of `verify`, or the slow side of `reproduce`. May raise RuntimeError."""
        if self._result and self._result.rounds:
            return page.shown_round(self._result).samples
        if self._slow is None:
            raise RuntimeError("Nothing is measured yet. Run the cell `lab.reproduce()` first.")
        return {"slow": self._slow}


def _definition(source: str, name: str) -> str:
    """One function of a module's source, with its decorators. Raises KeyError where there is none of this name."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            return "\n".join(source.splitlines()[first - 1 : node.end_lineno])
    raise KeyError(f"The slow part has no function named {name!r}.")
