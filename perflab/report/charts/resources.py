"""What is drawn from a server's resources: its memory, its database sessions, its processes."""

import bisect
import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from matplotlib import pyplot as plt
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from perflab.course.lab import Metric, Side
from perflab.measure import metrics
from perflab.measure.samples import Samples
from perflab.report.charts import style
from perflab.report.charts.frame import figure_in_words, longest_s, panels, side_by_side, tell

SHADES = (0.85, 0.45, 0.65)  # of a side's colour: processes that stand upon each other differ


class _Line(NamedTuple):
    x: Sequence[float]
    y: Sequence[float]
    label: str  # beside its end, after the side's name


def _lines(
    lines: Mapping[Side, _Line], title: str, x_label: str, *, bottom: float | None = None, drawstyle: str = "default"
) -> Figure:
    """A line for each side, named at its end. Upwards from `bottom`, or from the lowest value if that is below 0."""
    figure, axis = plt.subplots(figsize=(style.WIDTH, 3.4), layout="constrained")
    for side, line in lines.items():
        axis.plot(
            line.x, line.y, color=style.SIDES[side], ls=style.DASHES[side], marker=style.MARKS[side], lw=2.2, ms=4.5,
            drawstyle=drawstyle,
        )  # fmt: skip
    low, high = axis.get_ylim()
    axis.set_ylim(min(0.0, low) if bottom is None else bottom, max(1.0, high))
    most = max((line.x[-1] for line in lines.values()), default=0.0)
    axis.set_xlim(0, most or 1)
    ends = [(line.y[-1], side, f"{style.NAMES[side]}  {line.label}") for side, line in lines.items()]
    style.name_ends(axis, ends, most * 1.01)
    axis.grid(axis="both")
    axis.set_title(title)
    axis.set_xlabel(x_label)
    said = {side: line.label for side, line in lines.items()}
    return style.describe(
        figure, f"{title}, over the {x_label}.", *([side_by_side("At the end", said)] if said else [])
    )


def memory(sides: Mapping[Side, Samples], metric: Metric) -> Figure:
    """How much resident memory a side has taken since the round began, in MiB, over the requests answered.

    The CPU per request stands beside the ends: to remember nothing has its price.
    """
    lines = {}
    for side, samples in sides.items():
        if not samples.memory:
            continue
        done = sorted(response.done_s for response in samples.select(metric.request) if not response.failed)
        answered = [bisect.bisect(done, moment_s) for moment_s, _ in samples.memory]
        grown = [rss_mib - samples.memory[0][1] for _, rss_mib in samples.memory]
        cpu_ms = metrics.cpu_ms_per_request(samples)
        price = "" if math.isnan(cpu_ms) else f" at {cpu_ms:.1f} ms"
        lines[side] = _Line(answered, grown, f"{grown[-1]:+.1f} MiB{price}")
    return _lines(lines, "Memory growth since the round began, MiB, at what CPU per request", "requests answered")


def growth(looks: Mapping[str, Sequence[tuple[int, float]]]) -> Figure:
    """How many MiB of resident memory each service has taken, over the requests answered, each alone in a new site."""
    figure, axis = plt.subplots(figsize=(style.WIDTH, 3.4), layout="constrained")
    title = "Memory growth from the first request on, MiB; each service alone"
    style.describe(figure, f"{title}.")
    for (name, line), colour, mark in zip(looks.items(), (style.INK, style.OTHER), "os", strict=False):
        answered, grown_mib = zip(*line, strict=True)
        axis.plot(answered, grown_mib, color=colour, marker=mark, lw=2.2, ms=4.5)
        axis.annotate(f"{name}  {grown_mib[-1]:+.1f} MiB", (answered[-1], grown_mib[-1]), (6, 0), va="center",
                      color=style.WRITTEN.get(colour, colour), textcoords="offset points", weight="bold",
                      annotation_clip=False)  # fmt: skip
        style.describe(figure, f"{name}: {grown_mib[-1]:+.1f} MiB after {answered[-1]:,} requests.")
    axis.set_xlim(0, max(line[-1][0] for line in looks.values()))
    axis.set_ylim(bottom=0)
    axis.grid(axis="both")
    axis.set_title(title)
    axis.set_xlabel("requests answered")
    return figure


def sessions(sides: Mapping[Side, Samples], metric: Metric) -> Figure:
    """How many database sessions a side holds, over the seconds of the round."""
    lines = {}
    for side, samples in sides.items():
        looks = [look for look in samples.sessions if look[0] < samples.seconds]
        if looks:
            moments_s, counts = zip(*looks, strict=True)
            lines[side] = _Line(moments_s, counts, f"{max(counts)} at most")
    return _lines(lines, "Open database sessions", "seconds of the round", bottom=0.0, drawstyle="steps-post")


def listeners(sides: Mapping[Side, Samples], metric: Metric) -> Figure:
    """How many listen to a side's feed of those who came in the round, and how many are left when all have gone."""
    lines = {}
    for side, samples in sides.items():
        if samples.listeners:
            moments_s, counts = zip(*samples.listeners, strict=True)
            end_s = max(samples.seconds, moments_s[-1])
            lines[side] = _Line([*moments_s, end_s], [*counts, counts[-1]], f"{counts[-1]} left")
    return _lines(lines, "Listeners", "seconds of the round", bottom=0.0, drawstyle="steps-post")


def lifetimes(sides: Mapping[Side, Samples], metric: Metric) -> Figure:
    """A bar for each process of a side, from the first look at it to the last: those started meanwhile in colour.

    A process for every request draws stairs of short bars; a pool that stays draws a few bars across the round.
    """
    x_label = "seconds of the round; each bar is a process: grey from before, in colour started meanwhile"
    figure, shown = panels(sides, 1.85, x_label, x_end=longest_s(sides) * 1.04, grid="x", rows=True)
    for panel in shown:
        born = metrics.born_in(panel.samples)
        lives = sorted(panel.samples.lifetimes.items(), key=lambda item: item[1])
        rows = max(len(lives), 8)  # a few processes are no thicker than they need be
        for row, (pid, (from_s, to_s)) in enumerate(lives):
            colour = panel.colour if pid in born else style.NO_ANSWER
            panel.axis.barh(row, max(to_s - from_s, 0.02), left=from_s, height=0.7, color=colour)
        panel.axis.set_ylim(rows, -1)
        started = metrics.started(panel.samples)
        said = f"{started or 'no'} {'process' if started == 1 else 'processes'} started"
        panel.title(f"{figure_in_words(metric, panel.samples)}, {said}", pad=4)
    return tell(figure, shown, metric, "Each bar is one process, from the first look at it to the last")


def memory_limit(sides: Mapping[Side, Samples], metric: Metric) -> Figure:
    """The memory of each process of a side, one upon the other, below the limit of them all. The parent is grey.

    A cross is where the kernel has killed a process for the limit; a band that ends without one has ended by itself.
    """
    x_label = "seconds of the round; each band is a process, as high as its memory; a cross: one is killed"
    limit_mib = max(samples.memory_limit_mib or 0.0 for samples in sides.values())
    figure, shown = panels(sides, 1.9, x_label, x_end=longest_s(sides), grid="y")
    for panel in shown:
        total_mib = dict(panel.samples.memory)
        below = [0.0] * len(total_mib)
        for number, seen in enumerate(panel.samples.resident.values()):
            mib = dict(seen)
            top = [under + mib.get(moment_s, 0.0) for moment_s, under in zip(total_mib, below, strict=True)]
            shade = to_rgba(panel.colour, SHADES[number % len(SHADES)]) if number else style.NO_ANSWER
            panel.axis.fill_between([*total_mib], below, top, step="post", color=shade, lw=0)
            below = top
        for at_s in panel.samples.killed.values():
            panel.axis.plot(at_s, total_mib[at_s], "X", color=style.INK, ms=9, clip_on=False, zorder=3)
        panel.axis.axhline(limit_mib, color=style.INK, lw=1.2, ls=style.DASHED)
        style.label_right(panel.axis, limit_mib, "limit", style.INK)
        panel.axis.set_ylim(0, limit_mib * 1.15 or 1)
        panel.axis.set_ylabel("MiB")
        killed, started = len(panel.samples.killed), metrics.started(panel.samples)
        panel.title(f"{figure_in_words(metric, panel.samples)}, {killed} killed, {started} started", pad=4)
    return tell(
        figure, shown, metric, f"Each band is one process and its memory; the limit of all is {limit_mib:.0f} MiB"
    )
