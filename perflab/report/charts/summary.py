"""A lab's metric: by percentile, as bars, over the load, and the share of the gap that each round closed."""

import math
from collections.abc import Mapping, Sequence

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from perflab.course.lab import Lab, Metric, Side
from perflab.judge.result import Result
from perflab.judge.rule import Ruling, Score
from perflab.measure.metrics import FAILED_MS, latencies_ms, percentile
from perflab.measure.samples import Response, Samples
from perflab.report import messages
from perflab.report.charts import style
from perflab.report.charts.frame import figures_in_words, requests_in_words, sentence, side_by_side

BEYOND = 1.06  # of the gap: where rounds that closed more than all of it stand, clear of the label beside them
PREDICTION = "your prediction for slow"
MARKS = {0.5: "50%", 0.9: "90%", 0.95: "95%", 0.99: "99%", 0.999: "99.9%"}


def _place(share: float) -> float:
    """Where a percentile stands: as far from 90% to 99% as from there to 99.9%."""
    return -math.log10(1 - share)


def percentiles(
    sides: Mapping[Side, Sequence[Response]], request: str | None, predicted: tuple[float, float] | None = None
) -> Figure:
    """Latency by percentile: a curve for each side, upwards in ms and s, on a logarithmic axis.

    `predicted` is the learner's guess: a share (0.99 for p99) and milliseconds.
    """
    figure, axis = plt.subplots(figsize=(style.WIDTH, 3.5), layout="constrained")
    style.log_time(axis)
    ends: list[tuple[float, Side, str]] = []
    curves_end = 0.0
    for side, responses in sides.items():
        times = sorted(latencies_ms(responses))
        if times:
            places = [_place((rank + 0.5) / len(times)) for rank in range(len(times))]
            axis.plot(places, times, color=style.SIDES[side], ls=style.DASHES[side], lw=2.4, solid_capstyle="round")
            curves_end = max(curves_end, places[-1])
            ends.append((times[-1], side, style.NAMES[side]))
    if predicted:
        axis.plot([_place(predicted[0])], [predicted[1]], "D", color=style.PREDICTED, ms=9)
    low, high = axis.get_ylim()
    axis.set_ylim(low * 0.85, high)
    if high < 20 * low:  # one power of ten, or none
        axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    style.name_ends(axis, ends, curves_end + 0.03)
    axis.set_xticks([_place(share) for share in MARKS], list(MARKS.values()))
    axis.set_xlim(0, max(curves_end, _place(predicted[0]) if predicted else 0.0) + 0.02)
    axis.grid(axis="both")
    axis.set_title(f"Latency by percentile: {request or 'all requests'}")
    if predicted:
        share, guess = predicted
        style.write_beside(axis, f"{PREDICTION}: {style.time_in_words(guess)}", (_place(share), guess))
    style.describe(figure, f"Latency by percentile, of {request or 'all requests'}.")
    times_ms = {side: latencies_ms(responses) for side, responses in sides.items() if responses}
    for share in (0.5, 0.95, 0.99):
        at_share = {side: percentile(times, share) for side, times in times_ms.items()}
        figures = {side: "no answer" if ms >= FAILED_MS else f"{ms:,.1f} ms" for side, ms in at_share.items()}
        style.describe(figure, *([side_by_side(f"p{share * 100:g}", figures)] if figures else []))
    return style.describe(figure, *_prediction(style.time_in_words(predicted[1]) if predicted else None))


def _prediction(said: str | None) -> list[str]:
    """A sentence with the learner's prediction, if there is one."""
    return [] if said is None else [f"{sentence(PREDICTION)}: {said}."]


def bars(sides: Mapping[Side, Samples], metric: Metric, predicted: float | None = None) -> Figure:
    """A metric of each side as a bar, in its unit, with the learner's prediction for the slow side where it falls."""
    figure, axis = plt.subplots(figsize=(style.WIDTH, 0.75 + 0.5 * len(sides)), layout="constrained")
    for row, (side, samples) in enumerate(sides.items()):
        value = metric.figure(samples)
        axis.barh(row, 0 if math.isnan(value) else value, color=style.SIDES[side], height=0.62)
        at = (0 if math.isnan(value) else value, row)
        _name_right(axis, f"{style.NAMES[side]}  {metric.in_words(value)}", at, 8, style.SIDES[side])
    if predicted is not None:
        axis.plot([predicted], [-0.62], "D", color=style.PREDICTED, ms=9, clip_on=False)
        said = f"{PREDICTION}: {metric.in_words(predicted)}"
        _name_right(axis, said, (predicted, -0.62), 10, style.PREDICTED)
    axis.set_ylim(len(sides) - 0.5, -1 if predicted is not None else -0.5)
    axis.set_yticks([])
    axis.grid(axis="x")
    better = f"{'more' if metric.type.more_is_better else 'less'} is better"
    axis.set_title(f"{metric.label}: {better}")
    style.describe(figure, figures_in_words(metric, sides), f"{sentence(better)}.")
    return style.describe(figure, *_prediction(None if predicted is None else metric.in_words(predicted)))


def _name_right(axis: Axes, text: str, at: tuple[float, float], away: float, colour: str) -> None:
    """Writes to the right of a point, so many dots away."""
    axis.annotate(text, at, color=colour, va="center", weight="bold", xytext=(away, 0), textcoords="offset points")


def measured(lab: Lab, sides: Mapping[Side, Samples], predicted: float | None = None) -> Figure:
    """The lab's metric and the learner's prediction: percentile curves where it is a latency, bars elsewhere."""
    metric = lab.shown
    if metric.type.percentile is None or metric.against_truth:
        return bars(sides, metric, predicted)
    responses = {
        side: (samples.before_incident() if metric.before_incident else samples).select(metric.request)
        for side, samples in sides.items()
    }
    guess = None if predicted is None else (metric.type.percentile, predicted)
    return percentiles(responses, metric.request, guess)


def gap(result: Result) -> Figure:
    """The share of the gap between slow and reference that each round closed, metric by metric, and where the goal is.

    A dot is a round that was won, a cross one that was lost.
    """
    gaps = [(index, metric) for index, metric in enumerate(result.lab.metrics) if metric.min_effect]
    figure, axis = plt.subplots(figsize=(style.WIDTH, 0.95 + 0.62 * len(gaps)), layout="constrained")
    for row, (index, metric) in enumerate(gaps):
        axis.plot([0, 1], [row, row], color=style.GRID, lw=9, solid_capstyle="round", zorder=1)
        axis.plot([metric.goal] * 2, [row - 0.24, row + 0.24], color=style.INK, lw=1.6, zorder=2)
        _draw_scores(axis, result.scores(index), row)
        slow, reference = (metric.in_words(result.figure(result.sides[place], metric)) for place in (0, -1))
        axis.text(-0.14, row, slow, ha="right", va="center", color=style.SIDES["slow"])
        axis.text(1.16, row, reference, ha="left", va="center", color=style.SIDES["reference"])
        axis.text(0, row - 0.33, metric.label, va="bottom", weight="bold", fontsize=10)
    axis.text(gaps[0][1].goal, -0.62, "goal", ha="center", fontsize=style.SMALL)
    axis.text(-0.14, -0.78, style.NAMES["slow"], ha="right", color=style.SIDES["slow"], weight="bold")
    axis.text(1.16, -0.78, style.NAMES["reference"], color=style.SIDES["reference"], weight="bold")
    axis.set_xlim(-0.45, 1.5)
    axis.set_ylim(len(gaps) - 0.35, -0.95)
    axis.set_xticks([0, 0.5, 1], ["0", "half the gap", "all of it"])
    axis.set_yticks([])
    axis.spines[["left", "bottom"]].set_visible(False)
    axis.tick_params(length=0)
    style.describe(figure, "The share of the gap between slow and our fix that each round closed.")
    return style.describe(figure, *(_rounds_in_words(result, index, metric) for index, metric in gaps))


def _rounds_in_words(result: Result, index: int, metric: Metric) -> str:
    """A sentence with the share of the gap that each round closed on one metric, beside its goal."""
    counted = [score for score in result.scores(index) if score.ruling is not Ruling.VOID]
    lost = sum(score.ruling is Ruling.LOST for score in counted)
    rounds = ", ".join(messages.share(score.closed) for score in counted) or "no round counts"
    missed = f"{lost or 'no'} {'round' if lost == 1 else 'rounds'} lost"
    return f"{sentence(metric.label)}: {rounds}; the goal is {messages.share(metric.goal)}, {missed}."


def _draw_scores(axis: Axes, scores: Sequence[Score], row: int) -> None:
    """Draws the rounds that were won or lost, by the share of the gap that they closed."""
    for score in scores:
        if score.ruling is Ruling.VOID:
            continue
        marker, colour = ("o", style.SIDES["reference"]) if score.ruling is Ruling.WON else ("X", style.SIDES["slow"])
        share = min(max(score.closed, -0.1), BEYOND)
        axis.plot([share], [row], marker, color=colour, ms=10, mec="white", zorder=3)


def curve(sides: Mapping[Side, Sequence[Samples]], metric: Metric) -> Figure:
    """A metric, in its unit, over the requests that were sent per second: each point is a round at one load."""
    figure, axis = plt.subplots(figsize=(style.WIDTH, 3.9), layout="constrained")
    ends: list[tuple[float, Side, str]] = []
    said: dict[Side, str] = {}
    most_sent = most_got = 0.0
    for side, rounds in sides.items():
        sent = [len(samples.select(metric.request)) / samples.seconds for samples in rounds]
        got = [metric.figure(samples) for samples in rounds]
        axis.plot(
            sent, got, color=style.SIDES[side], ls=style.DASHES[side], marker=style.MARKS[side], lw=2.4, ms=6,
            clip_on=False,
        )  # fmt: skip
        ends.append((got[-1], side, f"{style.NAMES[side]}  {metric.in_words(got[-1])}"))
        said[side] = ", ".join(f"{metric.in_words(one)} at {load:.0f}" for load, one in zip(sent, got, strict=True))
        most_sent, most_got = max(most_sent, *sent), max(most_got, *got)
    top = most_got * 1.2
    axis.plot([0, top], [0, top], color=style.FAINT, lw=1, ls=style.DASHED)
    axis.annotate(
        "as many as sent", (top, top), color=style.FAINT, fontsize=style.SMALL, xytext=(6, -2),
        textcoords="offset points",
    )  # fmt: skip
    axis.set_xlim(0, most_sent)
    axis.set_ylim(0, most_got * 1.3)
    style.name_ends(axis, ends, most_sent * 1.01)
    axis.grid(axis="both")
    axis.set_title(f"{metric.label}, {metric.type.unit}")
    axis.set_xlabel(f"{requests_in_words(metric)} sent per second")
    told = "; ".join(f"{style.NAMES[side]} {figures}" for side, figures in said.items())
    return style.describe(figure, f"{sentence(metric.label)}, by {requests_in_words(metric)} sent per second: {told}.")
