"""The pictures: one for each kind of bottleneck, and the two that every lab has (percentiles, the gap).

Each takes samples and returns a matplotlib figure; `svg` makes a self-contained image of it. Sides keep their colours
everywhere; they are from Okabe and Ito's palette, which survives colour blindness. Labels stand where they belong
rather than in legends.
"""

import bisect
import io
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

import matplotlib

matplotlib.use("agg")

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator
from PIL import Image

from perflab.course.lab import Lab, Metric, Side
from perflab.judge.experiment import Result
from perflab.judge.rule import Ruling
from perflab.measure.metrics import at_once, cpu_ms_per_request, latencies_ms, typical_request
from perflab.measure.samples import Frame, Profile, Response, Samples, names

INK, FAINT, GRID = "#1f2933", "#7b8794", "#e4e7eb"
LIBRARY = "#cfd6dd"  # somebody else's code
SIDES = {"slow": "#D55E00", "yours": "#0072B2", "reference": "#009E73"}
OTHER = "#E69F00"  # what holds things up
PREDICTED = "#CC79A7"
LEFT = "#9aa5b1"  # without an answer
NAMES = {"slow": "slow", "yours": "yours", "reference": "our fix"}
FATES_S = 0.1  # of a round in each bar
DARK = "#12161b"  # paper, where it is not white: as in deck/deck.css
ON_DARK = {
    INK: "#e8ecf0",
    FAINT: "#a3b0bd",
    GRID: "#2b333c",
    SIDES["slow"]: "#ff8440",
    SIDES["yours"]: "#56b4f5",
    SIDES["reference"]: "#35cf9c",
    OTHER: "#f5b73d",
    PREDICTED: "#ec9dca",
}
WIDTH = 8.6  # inches at 100 dots: a notebook's column

plt.rcParams.update(
    {
        "svg.fonttype": "none",
        "font.family": "sans-serif",
        "font.sans-serif": ["DejaVu Sans"],
        "font.size": 10.5,
        "text.color": INK,
        "axes.edgecolor": FAINT,
        "axes.labelcolor": FAINT,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlelocation": "left",
        "axes.titlesize": 11.5,
        "axes.titleweight": "bold",
        "xtick.color": FAINT,
        "ytick.color": FAINT,
        "figure.facecolor": "white",
        "axes.axisbelow": True,
        "grid.color": GRID,
    }
)
FONTS = "Inter, 'Segoe UI', 'Helvetica Neue', Helvetica, Arial, 'DejaVu Sans', sans-serif"


def svg(figure: Figure) -> str:
    """A figure as SVG text, in the reader's own sans-serif font. Closes the figure."""
    to = io.StringIO()
    figure.savefig(to, format="svg", dpi=220, bbox_inches="tight", pad_inches=0.12, metadata={"Date": None})
    plt.close(figure)
    text = to.getvalue().replace("'DejaVu Sans', sans-serif", FONTS.replace("'", "&apos;"))
    return text[text.index("<svg") :]


def png(figure: Figure) -> bytes:
    """A figure as PNG at twice the density of a screen. Closes the figure.

    Few colours are many enough for a chart, and make it a third of the size: notebooks are committed with theirs.
    """
    drawn, to = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", dpi=200, bbox_inches="tight", pad_inches=0.12)
    plt.close(figure)
    image = Image.open(drawn).convert("RGB")
    # The octree keeps the ink of a few dots, which the median cut gives to its neighbour.
    image.quantize(64, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(to, format="png", optimize=True)
    return to.getvalue()


def dark(png: bytes) -> bytes:
    """A chart as made by `png`, on dark paper: each ink for its counterpart, as thick or thin as it was laid."""
    to = io.BytesIO()
    image = Image.open(io.BytesIO(png)).convert("RGB").quantize(64, dither=Image.Dither.NONE)
    palette = image.getpalette() or []
    colours = [palette[at : at + 3] for at in range(0, len(palette), 3)]
    image.putpalette([channel for colour in colours for channel in _on_dark(colour)])
    image.save(to, format="png", optimize=True)
    return to.getvalue()


def _on_dark(colour: Sequence[int]) -> list[int]:
    """A colour seen on white paper, taken as the ink that comes nearest to it at some thickness; that ink on dark."""
    seen = [channel - 255 for channel in colour]
    best, chosen = math.inf, [255.0] * 3
    for ink, counterpart in ON_DARK.items():
        full = [255 * channel - 255 for channel in to_rgb(ink)]
        thickness = sum(map(math.prod, zip(seen, full, strict=True))) / sum(channel**2 for channel in full)
        thickness = min(max(thickness, 0), 1)
        off = sum((one - thickness * other) ** 2 for one, other in zip(seen, full, strict=True))
        if off < best:
            best = off
            papers = zip(to_rgb(DARK), to_rgb(counterpart), strict=True)
            chosen = [255 * (paper + thickness * (other - paper)) for paper, other in papers]
    return [round(channel) for channel in chosen]


def _in_words(ms: float, _: object = None) -> str:
    return f"{ms / 1000:g} s" if ms >= 1000 else f"{ms:g} ms"


def _log_time(axis: Axes, which: str = "y") -> None:
    """A logarithmic axis of times, read in ms and s."""
    (axis.set_yscale if which == "y" else axis.set_xscale)("log")
    one = axis.yaxis if which == "y" else axis.xaxis
    one.set_major_formatter(FuncFormatter(_in_words))
    one.set_minor_locator(NullLocator())


def _name_ends(axis: Axes, ends: Sequence[tuple[float, Side, str]], x: float) -> None:
    """Names the curves at their ends, a line of text apart where they end close together. All must be drawn by then."""
    axis.autoscale_view()
    to_height, to_value = axis.transData, axis.transData.inverted()
    height = -math.inf
    for value, side, name in sorted(ends):
        height = max(to_height.transform((x, value))[1], height + 19)
        y = to_value.transform((0, height))[1]
        axis.text(x, y, name, color=SIDES[side], va="center", weight="bold")


def _note(axis: Axes, text: str, at: tuple[float, float]) -> None:
    """Writes beside a point, inside the axes, where the fewest curves pass. All must be drawn by then."""
    note = axis.annotate(text, at, xytext=(0, 0), textcoords="offset points", color=PREDICTED, weight="bold")
    axis.figure.get_figure(root=True).draw_without_rendering()
    inside = axis.get_window_extent()
    curves = [line.get_path().transformed(line.get_transform()) for line in axis.lines]
    places = [(x, y, ha) for y in (8, -13, 24, -33) for x, ha in ((-10, "right"), (10, "left"))]

    def faults(place: tuple[int, int, str]) -> tuple[bool, int]:
        x, y, ha = place
        note.set(ha=ha)
        note.xyann = (x, y)
        box = note.get_window_extent()
        crossed = sum(curve.intersects_bbox(box, filled=False) for curve in curves)
        return not (inside.contains(box.x0, box.y0) and inside.contains(box.x1, box.y1)), crossed

    faults(min(places, key=faults))


def _others(samples: Samples, metric: Metric) -> list[Response]:
    """The answers that the measure is not about."""
    counted = set(samples.select(metric.request))
    return [response for response in samples.responses if response not in counted]


def spans(sides: Mapping[Side, Samples], metric: Metric) -> Figure:
    """Every request as a line from when it was sent to when its answer came, in order of sending, a panel a side.

    A healthy server draws a thin diagonal. A blocked loop draws a comb: all who came while it was busy are answered
    together, at the moment it lets go. Above, in amber, what kept it busy.
    """
    figure, axes = plt.subplots(
        len(sides), 1, figsize=(WIDTH, 0.5 + 1.85 * len(sides)), sharex=True, squeeze=False, layout="constrained"
    )
    for axis, (side, samples) in zip(axes[:, 0], sides.items(), strict=True):
        waiting = sorted(samples.select(metric.request), key=lambda response: response.intended_start_s)
        busy = _others(samples, metric)
        rows = len(waiting)
        top = -0.13 * rows
        axis.hlines(
            [top] * len(busy),
            [a.intended_start_s for a in busy],
            [a.done_s for a in busy],
            color=OTHER,
            lw=7,
            alpha=0.45,
        )
        axis.vlines([a.intended_start_s for a in busy], top * 1.3, top * 0.7, color=OTHER, lw=1)
        axis.hlines(
            range(rows),
            [a.intended_start_s for a in waiting],
            [a.done_s for a in waiting],
            color=SIDES[side],
            lw=1.6,
            alpha=0.85,
            rasterized=True,
        )
        axis.plot([a.done_s for a in waiting], range(rows), ".", color=SIDES[side], ms=3, rasterized=True)
        worst = metric.figure(samples)
        axis.set_title(f"{NAMES[side]}: {metric.label} {metric.in_words(worst)}", color=SIDES[side], pad=4)
        if busy:
            name = busy[0].name
            axis.text(1.006, top, name, color=OTHER, va="center", transform=axis.get_yaxis_transform(), fontsize=9.5)
        axis.text(
            1.006, rows / 2, metric.request or "", color=SIDES[side], va="center",
            transform=axis.get_yaxis_transform(), fontsize=9.5,
        )  # fmt: skip
        axis.set_ylim(rows + 2, top * 1.6)
        axis.set_yticks([])
        axis.spines["left"].set_visible(False)
        axis.set_xlim(0, max(s.seconds for s in sides.values()) * 1.04)
        axis.grid(axis="x")
    axes[-1, 0].set_xlabel("seconds of the round; each line is one request, from sent to answered")
    return figure


def workers(sides: Mapping[Side, Samples], metric: Metric) -> Figure:
    """Answers piling up over time, and below who gave them: a lane for each process that answered."""
    lanes = sum(len(samples.workers) for samples in sides.values())
    heights = [2.8, 0.7 + 0.24 * lanes]
    figure, (above, below) = plt.subplots(
        2, 1, figsize=(WIDTH, sum(heights)), sharex=True, layout="constrained", height_ratios=heights
    )
    seconds = max(samples.seconds for samples in sides.values())
    ends: list[tuple[float, Side, str]] = []
    lane = 0.0
    for side, samples in sides.items():
        times = sorted(a.done_s for a in samples.select(metric.request) if not a.failed and a.done_s <= seconds)
        above.step([0, *times], range(len(times) + 1), where="post", color=SIDES[side], lw=2.2)
        ends.append((len(times), side, f"{NAMES[side]}  {metric.in_words(metric.figure(samples))}"))
        pids = sorted(samples.workers)
        for number, pid in enumerate(pids, 1):
            done = [a.done_s for a in samples.responses if a.worker == pid and a.done_s <= seconds]
            below.plot(done, [lane] * len(done), "|", color=SIDES[side], ms=11, mew=1.1, rasterized=True)
            below.text(
                seconds * 1.01, lane, f"{NAMES[side]}, process {number}", color=SIDES[side], va="center", fontsize=9.5
            )
            lane += 1
        lane += 0.5
    above.set_title("Answers so far")
    above.set_ylim(bottom=0)
    _name_ends(above, ends, seconds * 1.01)
    above.grid(axis="both")
    below.set_title("Who gave them: a tick for each answer")
    below.set_ylim(lane, -0.8)
    below.set_yticks([])
    below.spines["left"].set_visible(False)
    below.set_xlim(0, seconds)
    below.set_xlabel("seconds of the round")
    return figure


def timeline(sides: Mapping[Side, Samples], metric: Metric) -> Figure:
    """Every request at its moment, by how long it took; failures are crosses at the top, the incident a line."""
    figure, axes = plt.subplots(
        len(sides), 1, figsize=(WIDTH, 0.5 + 1.75 * len(sides)), sharex=True, sharey=True, squeeze=False,
        layout="constrained",
    )  # fmt: skip
    everything = [response for samples in sides.values() for response in samples.responses]
    failures = any(response.failed for response in everything)  # they need room at the top
    top = 8000 if failures else 3 * max((response.latency_ms for response in everything), default=100.0)
    quick = [response.latency_ms for response in everything if not response.failed]
    bottom = 0.5 if not quick or median(quick) > 1 else 0.1
    for axis, (side, samples) in zip(axes[:, 0], sides.items(), strict=True):
        _log_time(axis)
        for name, colour, size in ((None, FAINT, 2.2), (metric.request, SIDES[side], 3.4)):
            shown = [a for a in samples.select(name) if not a.failed]
            axis.plot(
                [a.intended_start_s for a in shown],
                [a.latency_ms for a in shown],
                "o",
                color=colour,
                ms=size,
                alpha=0.65,
                mew=0,
                rasterized=True,
            )
        lost = [a for a in samples.responses if a.failed]
        axis.plot(
            [a.intended_start_s for a in lost],
            [4000] * len(lost),
            "x",
            color=SIDES["slow"],
            ms=5,
            mew=1.3,
            rasterized=True,
        )
        invalid = [a for a in samples.responses if a.invalid and not a.failed]
        axis.plot(
            [a.intended_start_s for a in invalid],
            [a.latency_ms for a in invalid],
            "x",
            color=INK,
            ms=4,
            rasterized=True,
        )
        said = f"{len(lost)} failed" if lost else "none failed"
        if invalid:
            said += f", {len(invalid)} untrue (crossed out)"
        axis.set_title(
            f"{NAMES[side]}: {metric.label} {metric.in_words(metric.figure(samples))}, {said}", color=SIDES[side]
        )
        if samples.incident_s:
            axis.axvline(samples.incident_s, color=INK, lw=1, ls=(0, (4, 3)))
            axis.annotate(
                "deploy", (samples.incident_s, 1.1 * bottom), color=INK, fontsize=9.5, va="bottom", xytext=(6, 0),
                textcoords="offset points", bbox={"fc": "white", "ec": "none", "pad": 1},
            )  # fmt: skip
        axis.set_ylim(bottom, top)
        axis.set_yticks([tick for tick in (0.1, 1, 10, 100, 1000) if bottom <= tick < top])
        axis.set_xlim(0, samples.seconds)
        axis.grid(axis="y")
    axes[-1, 0].set_xlabel(
        f"seconds of the round; each dot is one request: {metric.request} in colour, the others grey"
    )
    return figure


def percentiles(
    sides: Mapping[Side, Sequence[Response]], of: str | None, predicted: tuple[float, float] | None = None
) -> Figure:
    """Latency by percentile: how long the luckiest wait, and how long the unluckiest.

    `predicted` is the learner's guess: a share (0.99 for p99) and milliseconds.
    """
    figure, axis = plt.subplots(figsize=(WIDTH, 3.5), layout="constrained")
    _log_time(axis)
    ends: list[tuple[float, Side, str]] = []
    last = 0.0
    for side, responses in sides.items():
        times = sorted(latencies_ms(responses))
        if not times:
            continue
        shares = [(rank + 0.5) / len(times) for rank in range(len(times))]
        places = [-math.log10(1 - share) for share in shares]
        axis.plot(places, times, color=SIDES[side], lw=2.4, solid_capstyle="round")
        last = max(last, places[-1])
        ends.append((times[-1], side, NAMES[side]))
    curves_end = last
    if predicted:
        share, guess = predicted
        place = -math.log10(1 - share)
        last = max(last, place)
        axis.plot([place], [guess], "D", color=PREDICTED, ms=9)
    low, high = axis.get_ylim()
    axis.set_ylim(low * 0.85, high)
    if high < 20 * low:  # one power of ten, or none
        axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    _name_ends(axis, ends, curves_end + 0.03)
    marks = [0.5, 0.9, 0.95, 0.99, 0.999]
    axis.set_xticks([-math.log10(1 - mark) for mark in marks], ["half", "90%", "95%", "99%", "99.9%"])
    axis.set_xlim(0, last + 0.02)
    axis.grid(axis="both")
    axis.set_title(f"{of or 'Requests'}: so many of them are answered within this time")
    if predicted:
        _note(axis, f"your prediction for slow: {_in_words(guess)}", (place, guess))
    return figure


def gap(result: Result) -> Figure:
    """How much of the gap between slow and reference each round closed, measure by measure, and where the goal is."""
    gaps = [(index, metric) for index, metric in enumerate(result.lab.metrics) if metric.min_effect]
    metrics = [metric for _, metric in gaps]
    figure, axis = plt.subplots(figsize=(WIDTH, 0.95 + 0.62 * len(metrics)), layout="constrained")
    for row, (index, metric) in enumerate(gaps):
        axis.plot([0, 1], [row, row], color=GRID, lw=9, solid_capstyle="round", zorder=1)
        axis.plot([metric.goal] * 2, [row - 0.24, row + 0.24], color=INK, lw=1.6, zorder=2)
        for score in result.scores(index):
            if score.ruling is Ruling.VOID:
                continue
            won = score.ruling is Ruling.WON
            colour = SIDES["reference"] if won else SIDES["slow"]
            axis.plot(
                [min(max(score.closed, -0.1), 1.12)],
                [row],
                "o" if won else "X",
                color=colour,
                ms=10,
                mec="white",
                zorder=3,
            )
        ends = [metric.in_words(result.figure(result.sides[place], metric)) for place in (0, -1)]
        axis.text(-0.14, row, ends[0], ha="right", va="center", color=SIDES["slow"])
        axis.text(1.16, row, ends[1], ha="left", va="center", color=SIDES["reference"])
        axis.text(0, row - 0.33, metric.label, va="bottom", weight="bold", fontsize=10)
    axis.text(metrics[0].goal, -0.62, "goal", ha="center", fontsize=9.5)
    axis.text(-0.14, -0.78, "slow", ha="right", color=SIDES["slow"], weight="bold")
    axis.text(1.16, -0.78, "our fix", color=SIDES["reference"], weight="bold")
    axis.set_xlim(-0.45, 1.5)
    axis.set_ylim(len(metrics) - 0.35, -0.95)
    axis.set_xticks([0, 0.5, 1], ["0", "half the gap", "all of it"])
    axis.set_yticks([])
    axis.spines[["left", "bottom"]].set_visible(False)
    axis.tick_params(length=0)
    return figure


def memory(sides: Mapping[Side, Samples], metric: Metric) -> Figure:
    """How much more memory a side takes, over the requests that it has answered."""
    figure, axis = plt.subplots(figsize=(WIDTH, 3.4), layout="constrained")
    ends: list[tuple[float, Side, str]] = []
    most = 0
    for side, samples in sides.items():
        done = sorted(response.done_s for response in samples.select(metric.request) if not response.failed)
        first = samples.memory[0][1] if samples.memory else 0.0
        answered = [bisect.bisect(done, moment_s) for moment_s, _ in samples.memory]
        grown = [rss_mib - first for _, rss_mib in samples.memory]
        axis.plot(answered, grown, ".-", color=SIDES[side], lw=2.2, ms=7)
        if samples.memory:
            most = max(most, answered[-1])
            ends.append((grown[-1], side, f"{NAMES[side]}  {grown[-1]:+.1f} MiB"))
    axis.set_xlim(0, max(most, 1))
    axis.set_ylim(bottom=min(0.0, axis.get_ylim()[0]), top=max(1.0, axis.get_ylim()[1]))
    _name_ends(axis, ends, most * 1.01)
    axis.grid(axis="both")
    axis.set_title("Memory taken since the round began, MiB")
    axis.set_xlabel("requests answered")
    return figure


def sessions(sides: Mapping[Side, Samples], metric: Metric) -> Figure:
    """How many database sessions a side holds, over the seconds of the round."""
    figure, axis = plt.subplots(figsize=(WIDTH, 3.4), layout="constrained")
    ends: list[tuple[float, Side, str]] = []
    most = 0.0
    for side, samples in sides.items():
        looks = [look for look in samples.sessions if look[0] < samples.seconds]
        if not looks:
            continue
        moments_s, counts = zip(*looks, strict=True)
        axis.plot(moments_s, counts, ".-", color=SIDES[side], lw=2.2, ms=7, drawstyle="steps-post")
        most = max(most, moments_s[-1])
        ends.append((counts[-1], side, f"{NAMES[side]}  {max(counts)} at most"))
    axis.set_xlim(0, most or 1)
    axis.set_ylim(bottom=0, top=max(1.0, axis.get_ylim()[1]))
    _name_ends(axis, ends, most * 1.01)
    axis.grid(axis="both")
    axis.set_title("Sessions that the database has open for the site")
    axis.set_xlabel("seconds")
    return figure


def shutdown(sides: Mapping[Side, Samples], metric: Metric) -> Figure:
    """Requests from sent to answered, as the process is told to stop; crosses where they were cut off, and its end."""
    figure, axes = plt.subplots(
        len(sides), 1, figsize=(WIDTH, 0.5 + 1.6 * len(sides)), sharex=True, squeeze=False, layout="constrained"
    )
    for axis, (side, samples) in zip(axes[:, 0], sides.items(), strict=True):
        told_s = samples.incident_s or 0.0
        gone_s = told_s + (samples.exit_s or 0.0)
        sent = sorted(
            (response for response in samples.responses if response.intended_start_s < told_s),
            key=lambda response: response.intended_start_s,
        )
        streaming = {response.name for response in sent if response.status and not response.body}
        counted = [response for response in sent if response.name not in streaming]
        streams = [response for response in sent if response.name in streaming]
        for responses, colour in ((streams, OTHER), (counted, SIDES[side])):
            rows = [sent.index(response) for response in responses]
            ends = [min(response.done_s, gone_s) for response in responses]
            axis.hlines(rows, [response.intended_start_s for response in responses], ends, color=colour, lw=2)
            cut = [(end, row) for end, row, response in zip(ends, rows, responses, strict=True) if response.failed]
            axis.plot([x for x, _ in cut], [y for _, y in cut], "x", color=INK, ms=6, mew=1.4)
        said = f"gone after {samples.exit_s or 0:.1f} s, shutdown {'ran' if samples.stopped_cleanly else 'did not run'}"
        axis.set_title(f"{NAMES[side]}: {said}, {sum(a.failed for a in counted)} cut off", color=SIDES[side])
        _mark(axis, told_s, gone_s)
        axis.set_ylim(len(sent), -1)
        axis.set_yticks([])
        axis.spines["left"].set_visible(False)
        axis.grid(axis="x")
    axes[-1, 0].set_xlim(0, None)
    axes[-1, 0].set_xlabel("seconds; a line is a request, from sent to answered; amber are streams; a cross is cut off")
    return figure


def _under_way(responses: Sequence[Response], moments: Sequence[float]) -> list[int]:
    """How many requests were sent and not yet answered, at each of these moments."""
    sent, done = (
        sorted(response.intended_start_s for response in responses),
        sorted(response.done_s for response in responses),
    )
    return [bisect.bisect(sent, moment) - bisect.bisect(done, moment) for moment in moments]


def in_flight(sides: Mapping[Side, Samples], metric: Metric) -> Figure:
    """How many requests are under way at each moment, a panel a side: those measured in colour, on top of the others.

    Requests that should be answered at once draw a thin line; where they stand in somebody's queue they pile up. A
    cross is a request that failed.
    """
    figure, axes = plt.subplots(
        len(sides), 1, figsize=(WIDTH, 0.5 + 1.85 * len(sides)), sharex=True, sharey=True, squeeze=False,
        layout="constrained",
    )  # fmt: skip
    seconds = max(samples.seconds for samples in sides.values())
    moments = [seconds * step / 600 for step in range(601)]
    counts: dict[Side, tuple[list[int], list[int]]] = {}
    for side, samples in sides.items():
        counted = samples.select(metric.request)
        counts[side] = _under_way(_others(samples, metric), moments), _under_way(counted, moments)
    most = max(other + one for below, on_top in counts.values() for other, one in zip(below, on_top, strict=True))
    for axis, (side, samples) in zip(axes[:, 0], sides.items(), strict=True):
        below, on_top = counts[side]
        heights = [other + one for other, one in zip(below, on_top, strict=True)]
        axis.fill_between(moments, below, color=OTHER, alpha=0.55, lw=0, step="post")
        axis.fill_between(moments, below, heights, color=SIDES[side], lw=1.2, step="post")
        failed = [response for response in samples.responses if response.failed and response.done_s <= seconds]
        axis.plot([a.done_s for a in failed], [most * 1.12] * len(failed), "x", color=INK, ms=5, mew=1.1)
        said = f"{len(failed)} failed" if failed else "none failed"
        axis.set_title(
            f"{NAMES[side]}: {metric.label} {metric.in_words(metric.figure(samples))}, {said}", color=SIDES[side]
        )
        for name, height, colour in (
            (", ".join(names(_others(samples, metric))), below[-1] * 0.45, OTHER),
            (metric.request or "", max(heights[-1], below[-1] + most * 0.04), SIDES[side]),
        ):
            axis.text(
                1.006, height, name, color=colour, va="center", transform=axis.get_yaxis_transform(), fontsize=9.5
            )
        axis.set_ylim(0, most * 1.25)
        axis.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 4, 10]))
        axis.set_xlim(0, seconds)
        axis.grid(axis="both")
    axes[-1, 0].set_xlabel(
        "seconds of the round; upwards: requests sent and not yet answered; a cross: one that failed"
    )
    return figure


def waterfall(sides: Mapping[Side, Samples], metric: Metric) -> Figure:
    """What one request asks of other services, call by call, as a browser's tools show what a page loads.

    Of each side it is a request of median length. Calls that wait for each other make a staircase.
    """
    median = {side: typical_request(samples.calls) for side, samples in sides.items()}
    heights = [0.7 + 0.2 * max(len(calls), 1) for calls in median.values()]
    figure, axes = plt.subplots(
        len(sides), 1, figsize=(WIDTH, 0.3 + sum(heights)), sharex=True, squeeze=False, layout="constrained",
        height_ratios=heights,
    )  # fmt: skip
    last_ms = 1.0
    for axis, (side, samples) in zip(axes[:, 0], sides.items(), strict=True):
        calls = median[side]
        end_ms = 0.0
        for row, call in enumerate(calls):
            from_ms, to_ms = ((moment_s - calls[0].from_s) * 1000 for moment_s in (call.from_s, call.to_s))
            axis.barh(row, to_ms - from_ms, left=from_ms, height=0.72, color=SIDES[side])
            axis.annotate(
                f"{call.whom}  {to_ms - from_ms:.0f} ms", (to_ms, row), xytext=(5, 0), textcoords="offset points",
                va="center", fontsize=9.5, bbox={"fc": "white", "ec": "none", "pad": 1},
            )  # fmt: skip
            end_ms = max(end_ms, to_ms)
        axis.axvline(end_ms, color=INK, lw=1, ls=(0, (4, 3)), zorder=0)
        said = f"{len(calls)} calls, at most {at_once(calls)} at once" if calls else "no calls were seen"
        axis.set_title(
            f"{NAMES[side]}: {metric.label} {metric.in_words(metric.figure(samples))}; {said}", color=SIDES[side]
        )
        axis.set_ylim(len(calls) - 0.4, -0.6)
        axis.set_yticks([])
        axis.spines["left"].set_visible(False)
        axis.grid(axis="x")
        last_ms = max(last_ms, end_ms)
    axes[-1, 0].set_xlim(0, last_ms * 1.18)
    axes[-1, 0].set_xlabel("ms from the first call of a typical request; each bar is a call to another service")
    return figure


def outcomes(sides: Mapping[Side, Samples], metric: Metric) -> Figure:
    """What became of those who came, by the moment they came: answered, refused, or left without an answer."""
    figure, axes = plt.subplots(
        len(sides), 1, figsize=(WIDTH, 0.5 + 1.6 * len(sides)), sharex=True, sharey=True, squeeze=False,
        layout="constrained",
    )  # fmt: skip
    seconds = max(samples.seconds for samples in sides.values())
    bins = max(1, round(seconds / FATES_S))
    for axis, (side, samples) in zip(axes[:, 0], sides.items(), strict=True):
        came = samples.select(metric.request)
        fates = {
            "answered": ([a for a in came if not a.failed], SIDES[side]),
            "rejected": ([a for a in came if a.rejected], OTHER),
            "no answer": ([a for a in came if a.failed and not a.rejected], LEFT),
        }
        axis.hist(
            [[a.intended_start_s for a in responses] for responses, _ in fates.values()],
            bins, range=(0, bins * FATES_S), stacked=True, rwidth=0.86, color=[colour for _, colour in fates.values()],
        )  # fmt: skip
        answered, rejected, left = (len(responses) for responses, _ in fates.values())
        said = f"{answered} answered, {rejected} refused, {left} left without an answer"
        axis.set_title(f"{NAMES[side]}: {said}", color=SIDES[side])
        _name_layers(axis, fates, (bins - 1) * FATES_S, bins * FATES_S)
        axis.grid(axis="y")
        axis.set_xlim(0, bins * FATES_S)
    asked = metric.request or "anything"
    axes[-1, 0].set_xlabel(f"seconds of the round; a bar is everyone who asked for {asked} in a tenth of a second")
    return figure


def success_by_route(sides: Mapping[Side, Samples], metric: Metric) -> Figure:
    """Who was served, and who was not, by the moment they came: a row for each name of requests, a panel a side.

    A bar is everyone who came in a tenth of a second, and of full height; in colour is the share that was served. The
    line is the silence of somebody who is asked for some of it. Who fares worst has the lowest row.
    """
    rows = sorted({response.name for samples in sides.values() for response in samples.responses})
    rows.sort(key=lambda name: -sum(response.failed for samples in sides.values() for response in samples.select(name)))
    figure, axes = plt.subplots(
        len(sides), 1, figsize=(WIDTH, 0.6 + (0.5 + 0.4 * len(rows)) * len(sides)), sharex=True, squeeze=False,
        layout="constrained",
    )  # fmt: skip
    seconds = max(samples.seconds for samples in sides.values())
    for axis, (side, samples) in zip(axes[:, 0], sides.items(), strict=True):
        for row, name in enumerate(rows):
            came = samples.select(name)
            for number in range(max(1, round(seconds / FATES_S))):
                these = [response for response in came if int(response.intended_start_s / FATES_S + 1e-9) == number]
                if not these:
                    continue
                share = sum(not response.failed for response in these) / len(these)
                at = (number + 0.5) * FATES_S
                axis.bar(at, 0.72, FATES_S * 0.88, bottom=row, color=GRID)
                axis.bar(at, 0.72 * share, FATES_S * 0.88, bottom=row, color=SIDES[side])
            axis.text(seconds * 1.008, row + 0.36, name, color=SIDES[side], va="center", fontsize=9.5)
        left = sum(response.failed for response in samples.responses)
        said = f"{metric.in_words(metric.figure(samples))}; {left or 'nobody'} left without an answer"
        axis.set_title(f"{NAMES[side]}: {metric.label} {said}", color=SIDES[side])
        if samples.incident_s is not None:
            axis.axvline(samples.incident_s, color=INK, lw=1.2, ls=(0, (4, 3)))
            axis.text(samples.incident_s + seconds / 200, len(rows) - 0.22, "silence", va="bottom", fontsize=9.5)
        axis.set_ylim(0, len(rows) + 0.2)
        axis.set_yticks([])
        axis.spines["left"].set_visible(False)
        axis.set_xlim(0, seconds)
    axes[-1, 0].set_xlabel(
        "seconds of the round; a bar is everyone who came in a tenth of it, in colour who was served"
    )
    return figure


def accepted_vs_done(sides: Mapping[Side, Samples], metric: Metric) -> Figure:
    """Jobs promised and jobs done, over time. What lies between is owed; where the process is gone, it is forgotten."""
    figure, axes = plt.subplots(
        len(sides), 1, figsize=(WIDTH, 0.5 + 1.75 * len(sides)), sharex=True, sharey=True, squeeze=False,
        layout="constrained",
    )  # fmt: skip
    gone = {
        side: None if one.incident_s is None or one.exit_s is None else one.incident_s + one.exit_s
        for side, one in sides.items()
    }
    end_s = 1.02 * max(max([one.seconds, gone[side] or 0.0, *one.jobs]) for side, one in sides.items())
    for axis, (side, samples) in zip(axes[:, 0], sides.items(), strict=True):
        made = sorted(response.done_s for response in samples.select(metric.request) if not response.failed)
        last_s = gone[side] or end_s
        moments = sorted({0.0, last_s, *made, *samples.jobs})
        promised, done = ([bisect.bisect(of, moment) for moment in moments] for of in (made, samples.jobs))
        axis.fill_between(moments, promised, done, step="post", color=OTHER, alpha=0.3, lw=0)
        axis.step(moments, promised, where="post", color=OTHER, lw=2)
        axis.step(moments, done, where="post", color=SIDES[side], lw=2.4)
        said = f"{len(made)} promised, {len(samples.jobs)} done"
        axis.set_title(f"{NAMES[side]}: {said}, {metric.in_words(metric.figure(samples))} kept", color=SIDES[side])
        _mark(axis, samples.incident_s, gone[side])
        if forgotten := max(0, len(made) - len(samples.jobs)):
            axis.annotate(
                f"{forgotten} {'forgotten' if gone[side] else 'owed'}", (last_s, 0.45), va="center", weight="bold",
                xycoords=("data", "axes fraction"), xytext=(5, 0), textcoords="offset points", fontsize=10,
            )  # fmt: skip
        axis.set_xlim(0, end_s)
        axis.set_ylim(bottom=0)
        axis.grid(axis="y")
    axes[-1, 0].set_xlabel("seconds; amber is what was promised, in the side's colour what was done by then")
    return figure


def _mark(axis: Axes, told_s: float | None, gone_s: float | None) -> None:
    """Marks when a process was told to stop, and when it was gone."""
    for moment_s, name, down in ((told_s, "SIGTERM", -4), (gone_s, "gone", -22)):
        if moment_s is None:
            continue
        axis.axvline(moment_s, color=INK, lw=1, ls=(0, (4, 3)))
        axis.annotate(
            name, (moment_s, 1), xycoords=("data", "axes fraction"), xytext=(4, down),
            textcoords="offset points", va="top", fontsize=9.5, bbox={"fc": "white", "ec": "none", "pad": 1},
        )  # fmt: skip


def _name_layers(
    axis: Axes, layers: Mapping[str, tuple[Sequence[Response], str]], start_s: float, end_s: float
) -> None:
    """Names the layers of a stack of bars, beside the last one."""
    floor = 0
    for name, (responses, colour) in layers.items():
        height = sum(start_s <= response.intended_start_s < end_s for response in responses)
        if height:
            axis.text(end_s * 1.006, floor + height / 2, name, color=colour, va="center", fontsize=9.5)
        floor += height


def curve(sides: Mapping[Side, Sequence[Samples]], metric: Metric) -> Figure:
    """A measure over the requests that were sent per second: each point is a round at one load."""
    figure, axis = plt.subplots(figsize=(WIDTH, 3.9), layout="constrained")
    ends: list[tuple[float, Side, str]] = []
    most_sent = most_got = 0.0
    for side, rounds in sides.items():
        sent = [len(samples.select(metric.request)) / samples.seconds for samples in rounds]
        got = [metric.figure(samples) for samples in rounds]
        axis.plot(sent, got, "o-", color=SIDES[side], lw=2.4, ms=6, clip_on=False)
        ends.append((got[-1], side, f"{NAMES[side]}  {metric.in_words(got[-1])}"))
        most_sent, most_got = max(most_sent, *sent), max(most_got, *got)
    axis.plot([0, most_got * 1.2], [0, most_got * 1.2], color=FAINT, lw=1, ls=(0, (4, 3)))
    axis.annotate(
        "as many as came", (most_got * 1.2, most_got * 1.2), color=FAINT, fontsize=9.5, xytext=(6, -2),
        textcoords="offset points",
    )  # fmt: skip
    axis.set_xlim(0, most_sent)
    axis.set_ylim(0, most_got * 1.3)
    _name_ends(axis, ends, most_sent * 1.01)
    axis.grid(axis="both")
    axis.set_title(f"{metric.label}, {metric.type.unit}")
    axis.set_xlabel(f"requests for {metric.request or 'anything'} per second")
    return figure


@dataclass
class _Bar:
    """A function in a flame graph: how many samples it was in, below the functions that it called."""

    frame: Frame
    count: int = 0
    above: "dict[Frame, _Bar]" = field(default_factory=dict)

    @property
    def height(self) -> int:
        return 1 + _height(self.above)

    @property
    def name(self) -> str:
        return self.frame.function.rpartition(".<locals>.")[2]

    @property
    def library(self) -> str:
        return self.frame.place.partition("/")[0].removesuffix(".py")


PLUMBING = 0.9  # of a library function's time spent in one call: it only passes the request on
SLIVER = 0.015  # of the width of a picture: too narrow to see
TALLEST = 6.4  # inches: what is taller is small on a wall


def _height(level: Mapping[Frame, _Bar]) -> int:
    return max((bar.height for bar in level.values()), default=0)


def _add(level: dict[Frame, _Bar], bar: _Bar) -> None:
    """Adds a function to a level of the tree, to its likes if it is there already."""
    there = level.setdefault(bar.frame, _Bar(bar.frame))
    there.count += bar.count
    for one in bar.above.values():
        _add(there.above, one)


def _tree(profile: Profile, zoom: str | None, least: float) -> dict[Frame, _Bar]:
    """The stacks as a tree, from the outermost function on; with `zoom`, from the function of that name on.

    Bars of fewer than `least` samples are left out.
    """
    roots: dict[Frame, _Bar] = {}
    for stack, count in profile.stacks.items():
        names = [frame.function for frame in stack]
        if zoom and zoom not in names:
            continue
        level = roots
        for frame in stack[names.index(zoom) if zoom else 0 :]:
            bar = level.setdefault(frame, _Bar(frame))
            bar.count += count
            level = bar.above
    return _tidy(roots, least)


def _tidy(level: dict[Frame, _Bar], least: float) -> dict[Frame, _Bar]:
    """A level of the tree less its slivers, and less plumbing: some thirty library functions only lead to a route."""
    kept: dict[Frame, _Bar] = {}
    for bar in level.values():
        above = _tidy(bar.above, least)
        passes_on = not bar.frame.ours and max((one.count for one in above.values()), default=0) >= PLUMBING * bar.count
        for one in above.values() if passes_on else [_Bar(bar.frame, bar.count, above)]:
            if one.count >= least:
                _add(kept, one)
    return kept


def _burn(
    axis: Axes, level: Mapping[Frame, _Bar], at: float, row: int, unit: float, widest: float, colour: str
) -> None:
    """Draws a level of the tree from `at` on, and above it what it called. `unit` is the width of one sample."""
    for bar in sorted(level.values(), key=lambda bar: -bar.count):
        width = bar.count * unit
        ours = bar.frame.ours
        axis.barh(row, width, left=at, height=0.92, align="edge", color=colour if ours else LIBRARY, ec="white", lw=0.8)
        room = int(105 * width / widest) - 1  # so many letters go into the whole width
        full = f"{bar.name}  {width:.2f} ms" if ours else f"{bar.name} · {bar.library}  {width:.2f} ms"
        short = bar.name if ours else f"{bar.name} · {bar.library}"
        label = next((one for one in (full, short, bar.name) if len(one) <= room), f"{bar.name[: room - 1]}…")
        if room >= 4:
            axis.text(
                at + 0.006 * widest, row + 0.45, label, va="center", color="white" if ours else INK, fontsize=9.5,
                weight="bold" if ours else "normal", clip_on=True,
            )  # fmt: skip
        _burn(axis, bar.above, at, row + 1, unit, widest, colour)
        at += width


def flame(sides: Mapping[Side, Samples], metric: Metric, zoom: str | None = None) -> Figure:
    """Flame graphs: where the CPU time of a request goes, a panel a side, all to one scale.

    Each bar is a function, as wide as the time spent in it, upon the one that called it. Libraries are grey; of their
    functions, those that only pass a request on are left out. `zoom` names a function to begin with.
    """
    costs = {side: cpu_ms_per_request(samples) for side, samples in sides.items()}
    units = {side: costs[side] / one.profile.count if one.profile else 0.0 for side, one in sides.items()}
    sliver = SLIVER * max((costs[side] for side, unit in units.items() if unit), default=1.0)
    trees = {side: _tree(one.profile, zoom, sliver / units[side]) if one.profile else {} for side, one in sides.items()}
    widths = {side: units[side] * sum(bar.count for bar in tree.values()) for side, tree in trees.items()}
    widest = max((width for width in widths.values() if width > 0), default=1.0)
    levels = max(1, sum(_height(tree) for tree in trees.values()))
    row = min(0.27, (TALLEST - 0.75 * len(trees)) / levels)
    heights = [0.75 + row * _height(tree) for tree in trees.values()]
    figure, axes = plt.subplots(
        len(sides), 1, figsize=(WIDTH, 0.3 + sum(heights)), sharex=True, squeeze=False, layout="constrained",
        height_ratios=heights,
    )  # fmt: skip
    for axis, (side, samples) in zip(axes[:, 0], sides.items(), strict=True):
        profile = samples.profile
        share = f"{zoom} takes {widths[side]:.2f} of " if zoom else ""
        source = f"{profile.count} samples by {profile.by}" if profile else "no profiler could look"
        axis.set_title(f"{NAMES[side]}: {share}{costs[side]:.2f} ms of CPU per request; {source}", color=SIDES[side])
        _burn(axis, trees[side], 0.0, 0, units[side], widest, SIDES[side])
        axis.set_ylim(0, max(_height(trees[side]), 1))
        axis.set_yticks([])
        axis.spines["left"].set_visible(False)
        axis.set_xlim(0, widest)
    axes[-1, 0].set_xlabel(
        "ms of CPU per request; a bar is a function, upon its caller: ours in colour, libraries grey"
    )
    return figure


PICTURES: dict[str, Callable[[Mapping[Side, Samples], Metric], Figure]] = {
    "spans": spans,
    "in_flight": in_flight,
    "workers": workers,
    "timeline": timeline,
    "memory": memory,
    "sessions": sessions,
    "shutdown": shutdown,
    "outcomes": outcomes,
    "flame": flame,
    "accepted_vs_done": accepted_vs_done,
    "waterfall": waterfall,
    "success_by_route": success_by_route,
}


def picture(lab: Lab, sides: Mapping[Side, Samples]) -> Figure:
    """The lab's own picture of one round."""
    return PICTURES[lab.chart](sides, lab.shown)


def bars(sides: Mapping[Side, Samples], metric: Metric, predicted: float | None = None) -> Figure:
    """A measure of each side as a bar, with the learner's prediction for the slow side where it falls."""
    figure, axis = plt.subplots(figsize=(WIDTH, 0.75 + 0.5 * len(sides)), layout="constrained")
    for row, (side, samples) in enumerate(sides.items()):
        value = metric.figure(samples)
        axis.barh(row, value, color=SIDES[side], height=0.62)
        axis.annotate(
            f"{NAMES[side]}  {metric.in_words(value)}", (value, row), color=SIDES[side], va="center", weight="bold",
            xytext=(8, 0), textcoords="offset points",
        )  # fmt: skip
    if predicted is not None:
        axis.plot([predicted], [-0.62], "D", color=PREDICTED, ms=9, clip_on=False)
        axis.annotate(
            f"your prediction for slow: {metric.in_words(predicted)}", (predicted, -0.62), color=PREDICTED,
            weight="bold",
            xytext=(10, 0), textcoords="offset points", va="center",
        )  # fmt: skip
    axis.set_ylim(len(sides) - 0.5, -1 if predicted is not None else -0.5)
    axis.set_yticks([])
    axis.grid(axis="x")
    axis.set_title(f"{metric.label}: {'more' if metric.type.more_is_better else 'less'} is better")
    return figure


def measured(lab: Lab, sides: Mapping[Side, Samples], predicted: float | None = None) -> Figure:
    """The lab's measure and the learner's prediction: percentile curves where it is a latency, bars elsewhere."""
    metric = lab.shown
    if metric.type.percentile is None or metric.against_truth:
        return bars(sides, metric, predicted)
    responses = {
        side: (samples.before_incident() if metric.before_incident else samples).select(metric.request)
        for side, samples in sides.items()
    }
    guess = None if predicted is None else (metric.type.percentile, predicted)
    return percentiles(responses, metric.request, guess)
