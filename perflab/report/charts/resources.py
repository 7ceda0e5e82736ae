"""What is drawn from a server's resources: its memory, its database sessions, its processes."""

import bisect
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from perflab.course.lab import Metric, Side
from perflab.measure import metrics
from perflab.measure.samples import Samples
from perflab.report.charts import style
from perflab.report.charts.frame import figure_in_words, longest_s, panels


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
        axis.plot(line.x, line.y, ".-", color=style.SIDES[side], lw=2.2, ms=7, drawstyle=drawstyle)
    low, high = axis.get_ylim()
    axis.set_ylim(min(0.0, low) if bottom is None else bottom, max(1.0, high))
    most = max((line.x[-1] for line in lines.values()), default=0.0)
    axis.set_xlim(0, most or 1)
    ends = [(line.y[-1], side, f"{style.NAMES[side]}  {line.label}") for side, line in lines.items()]
    style.name_ends(axis, ends, most * 1.01)
    axis.grid(axis="both")
    axis.set_title(title)
    axis.set_xlabel(x_label)
    return figure


def memory(sides: Mapping[Side, Samples], metric: Metric) -> Figure:
    """How much resident memory a side has taken since the round began, in MiB, over the requests answered."""
    lines = {}
    for side, samples in sides.items():
        if not samples.memory:
            continue
        done = sorted(response.done_s for response in samples.select(metric.request) if not response.failed)
        answered = [bisect.bisect(done, moment_s) for moment_s, _ in samples.memory]
        grown = [rss_mib - samples.memory[0][1] for _, rss_mib in samples.memory]
        lines[side] = _Line(answered, grown, f"{grown[-1]:+.1f} MiB")
    return _lines(lines, "Memory growth since the round began, MiB", "requests answered")


def sessions(sides: Mapping[Side, Samples], metric: Metric) -> Figure:
    """How many database sessions a side holds, over the seconds of the round."""
    lines = {}
    for side, samples in sides.items():
        looks = [look for look in samples.sessions if look[0] < samples.seconds]
        if looks:
            moments_s, counts = zip(*looks, strict=True)
            lines[side] = _Line(moments_s, counts, f"{max(counts)} at most")
    return _lines(lines, "Open database sessions", "seconds of the round", bottom=0.0, drawstyle="steps-post")


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
    return figure
