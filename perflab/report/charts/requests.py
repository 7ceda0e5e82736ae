"""What is drawn from the requests of a round, and from what they set off: jobs, calls, the end of a process."""

import bisect
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import accumulate
from statistics import median
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from perflab.course.lab import Metric, Side
from perflab.measure.metrics import at_once, busy_cores, first_byte_ms, typical_request
from perflab.measure.samples import Call, Response, Samples, names
from perflab.report.charts import style
from perflab.report.charts.frame import (
    Panel,
    figure_in_words,
    figures_in_words,
    longest_s,
    panels,
    requests_in_words,
    side_by_side,
    tell,
)

BAR_S = 0.1  # of a round in each bar
FAILED_AT_MS = 4000  # the height of the crosses of failed requests
LOWER, HEIGHTS, APART = 0.62, 5, 0.01  # crosses less than this share of the round apart take turns at these heights
LINE = 0.16  # of the most requests in flight: the height of a line of text


def _starts_s(responses: Sequence[Response]) -> list[float]:
    """When each request should have been sent, in seconds of the round."""
    return [response.intended_start_s for response in responses]


def _ends_s(responses: Sequence[Response]) -> list[float]:
    """When each response was complete, in seconds of the round."""
    return [response.done_s for response in responses]


def _in_order(responses: Sequence[Response]) -> list[Response]:
    """Responses in the order in which their requests should have been sent."""
    return sorted(responses, key=lambda response: response.intended_start_s)


def _split(samples: Samples, metric: Metric) -> tuple[list[Response], list[Response]]:
    """The responses that a metric is about, and the others."""
    measured = samples.select(metric.request)
    found = set(measured)
    return measured, [response for response in samples.responses if response not in found]


def _good(responses: Sequence[Response]) -> list[Response]:
    return [response for response in responses if not response.failed]


def _failures(responses: Sequence[Response]) -> str:
    return f"{sum(response.failed for response in responses) or 'none'} failed"


def spans(sides: Mapping[Side, Samples], metric: Metric) -> Figure:
    """Every request as a line from when it was sent to when it was answered, in order of sending. Seconds.

    A healthy server draws a thin diagonal. A blocked loop draws a comb: all requests that came while it was busy are
    answered together, at the moment it lets go. Above, in amber, what kept it busy.
    """
    x_label = "seconds of the round; each line is one request, from sent to answered"
    figure, shown = panels(sides, 1.85, x_label, x_end=longest_s(sides) * 1.04, grid="x", rows=True)
    for panel in shown:
        measured, others = _split(panel.samples, metric)
        measured = _in_order(measured)
        rows = len(measured)
        top = -0.13 * rows
        _draw_busy(panel.axis, others, top)
        starts_s, ends_s = _starts_s(measured), _ends_s(measured)
        panel.axis.hlines(range(rows), starts_s, ends_s, color=panel.colour, lw=1.6, alpha=0.85, rasterized=True)
        panel.axis.plot(ends_s, range(rows), ".", color=panel.colour, ms=3, rasterized=True)
        style.label_right(panel.axis, rows / 2, metric.request or "", panel.colour)
        panel.axis.set_ylim(rows + 2, top * 1.6)
        panel.title(figure_in_words(metric, panel.samples), pad=4)
    return tell(
        figure,
        shown,
        metric,
        f"Each line is one of the {requests_in_words(metric)}, from sent to answered, in the order of sending",
    )


def first_bytes(sides: Mapping[Side, Samples], metric: Metric) -> Figure:
    """Every measured request as a bar: pale until its body begins to come, then in the side's colour until its end.

    The line above the bars is the memory of the whole tree, from none up to the most that any side had, in MiB.
    """
    x_label = "seconds of the round; each bar is one response: pale until its first byte; the line: memory"
    good = [one for samples in sides.values() for one in samples.select(metric.request) if not one.failed]
    last_s = max((one.done_s for one in good), default=0.0)  # it may end after the round
    figure, shown = panels(sides, 2.1, x_label, x_end=max(longest_s(sides), last_s) * 1.02, grid="x", rows=True)
    most_mib = max((mib for samples in sides.values() for _, mib in samples.memory), default=1.0)
    for panel in shown:
        measured = _in_order(panel.samples.select(metric.request))
        rows = max(len(measured), 8)  # a few are no thicker than they need be
        for row, one in enumerate(measured):
            waited_s, whole_s = (min(ms, one.latency_ms) / 1000 for ms in (first_byte_ms(one), one.latency_ms))
            panel.axis.barh(row, waited_s, left=one.intended_start_s, height=0.75, color=panel.colour, alpha=0.28)
            begun_s = one.intended_start_s + waited_s
            panel.axis.barh(row, max(whole_s - waited_s, 0.01), left=begun_s, height=0.75, color=panel.colour)
        height = 0.7 * rows  # of the most memory
        looks = [(moment_s, mib) for moment_s, mib in panel.samples.memory if moment_s <= panel.samples.seconds]
        if looks:
            up = [-1 - height * mib / most_mib for _, mib in looks]
            panel.axis.plot([moment_s for moment_s, _ in looks], up, color=style.INK, lw=1.6)
            style.label_right(panel.axis, up[-1], f"{max(mib for _, mib in looks):.0f} MiB at most", style.INK)
        panel.axis.axhline(-1, color=style.FAINT, lw=0.6)
        style.label_right(panel.axis, rows / 2, metric.request or "", panel.colour)
        panel.axis.set_ylim(rows, -1.5 - height)
        panel.title(figure_in_words(metric, panel.samples), pad=4)
    return tell(
        figure, shown, metric, "Each bar is one response, pale until its first byte; a line above is the memory"
    )


def _draw_busy(axis: Axes, responses: Sequence[Response], y: float) -> None:
    """Draws what kept a server busy as thick lines in one row, each with a tick where it begins."""
    axis.hlines([y] * len(responses), _starts_s(responses), _ends_s(responses), color=style.OTHER, lw=7, alpha=0.45)
    axis.vlines(_starts_s(responses), y * 1.3, y * 0.7, color=style.OTHER, lw=1)
    if responses:
        style.label_right(axis, y, responses[0].name, style.OTHER)


def _under_way(responses: Sequence[Response], moments: Sequence[float]) -> list[int]:
    """How many requests were sent and not yet answered, at each of these moments."""
    starts_s, ends_s = sorted(_starts_s(responses)), sorted(_ends_s(responses))
    return [bisect.bisect(starts_s, moment) - bisect.bisect(ends_s, moment) for moment in moments]


def in_flight(sides: Mapping[Side, Samples], metric: Metric) -> Figure:
    """How many requests are under way at each second of the round: the measured in colour, on top of the others.

    Requests that should be answered at once draw a thin line; where they wait in a queue they pile up. A cross is a
    request that failed.
    """
    seconds = longest_s(sides)
    moments = [seconds * step / 600 for step in range(601)]
    others = {side: _split(samples, metric)[1] for side, samples in sides.items()}
    below = {side: _under_way(responses, moments) for side, responses in others.items()}
    total = {side: _under_way(samples.responses, moments) for side, samples in sides.items()}
    most = max(map(max, total.values()))
    x_label = "seconds of the round; upwards: requests in flight; a cross: one that failed then"
    figure, shown = panels(sides, 1.85, x_label, x_end=seconds, grid="both")
    for panel in shown:
        axis, side, samples = panel
        axis.fill_between(moments, below[side], color=style.OTHER, alpha=0.55, lw=0, step="post")
        axis.fill_between(moments, below[side], total[side], color=panel.colour, lw=1.2, step="post")
        failed = [response for response in samples.responses if response.failed and response.done_s <= seconds]
        axis.plot(_ends_s(failed), [most * 1.12] * len(failed), "x", color=style.INK, ms=5, mew=1.1)
        low, high = below[side][-1], total[side][-1]
        style.label_right(axis, low * 0.45, ", ".join(names(others[side])), style.OTHER)
        style.label_right(axis, max(high, low * 0.45 + most * LINE), metric.request or "", panel.colour)
        panel.title(f"{figure_in_words(metric, samples)}, {_failures(failed)}")
        axis.set_ylim(0, most * 1.25)
        axis.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 4, 10]))
    return tell(figure, shown, metric, f"Requests in flight over the {seconds:.1f} s of the round, {most} at most")


def timeline(sides: Mapping[Side, Samples], metric: Metric) -> Figure:
    """Each request by the second it was sent, and its latency; failures are crosses at the top.

    A line is the incident, and another one, after a deploy, that only the new release answers.

    Upwards is logarithmic, in ms and s. The measured requests are in colour, the others grey, invalid ones crossed out.
    A failure has its cross at the moment of failing, and no latency: those that fail at one moment take turns at five
    heights.
    """
    bottom, top = _latency_limits([response for samples in sides.values() for response in samples.responses])
    coloured = f": {metric.request} in colour, the others grey" if metric.request else ""
    any_failed = any(response.failed for samples in sides.values() for response in samples.responses)
    crosses = "; a cross: one that failed then" if any_failed else ""
    x_label = f"seconds of the round; each dot is one request{coloured}{crosses}"
    figure, shown = panels(sides, 1.75, x_label, x_end=longest_s(sides), grid="y")
    for panel in shown:
        axis, samples = panel.axis, panel.samples
        style.log_time(axis)
        failed = [response for response in samples.responses if response.failed]
        invalid = [response for response in samples.responses if response.invalid and not response.failed]
        for name, colour, size in ((None, style.FAINT, 2.2), (metric.request, panel.colour, 3.4)):
            _dots(axis, _good(samples.select(name)), "o", color=colour, ms=size, alpha=0.65, mew=0)
        failed_s = [min(end_s, longest_s(sides)) for end_s in _ends_s(failed)]  # it may be after the round
        heights_ms = _beside_each_other(failed_s, APART * longest_s(sides))
        axis.plot(sorted(failed_s), heights_ms, "x", color=style.INK, ms=5, mew=1.1, rasterized=True)
        _dots(axis, invalid, "x", color=style.INK, ms=4)
        said = f"{figure_in_words(metric, samples)}, {_failures(failed)}"
        panel.title(f"{said}, {len(invalid)} invalid (crossed out)" if invalid else said)
        moments = {samples.incident: samples.incident_s}
        if samples.incident_s and samples.deployed_s:
            moments["new version"] = samples.incident_s + samples.deployed_s
        for what, moment_s in moments.items():
            if moment_s:
                axis.axvline(moment_s, color=style.INK, lw=1, ls=style.DASHED)
                axis.annotate(
                    what, (moment_s, 1.1 * bottom), va="bottom", fontsize=style.SMALL,
                    bbox=style.PAPER, xytext=(6, 0), textcoords="offset points",
                )  # fmt: skip
        axis.set_ylim(bottom, top)
        axis.set_yticks([tick for tick in (0.1, 1, 10, 100, 1000) if bottom <= tick < top])
    struck = {f"A line marks: {what}." for what in {samples.incident for samples in sides.values()} if what}
    shows = "Each dot is one request, by when it was sent and how long it took"
    return style.describe(tell(figure, shown, metric, shows), *struck)


def _beside_each_other(moments_s: Sequence[float], apart_s: float) -> list[float]:
    """The heights of crosses in the order of their moments, in ms: those that would lie on each other are lower."""
    heights_ms: list[float] = []
    turn, first_s = 0, -math.inf
    for moment_s in sorted(moments_s):
        turn = (turn + 1) % HEIGHTS if moment_s - first_s < apart_s else 0
        if turn == 0:
            first_s = moment_s
        heights_ms.append(FAILED_AT_MS * LOWER**turn)
    return heights_ms


def _latency_limits(responses: Sequence[Response]) -> tuple[float, float]:
    """From which to which latency an axis goes, in ms. Failures need room at the top."""
    good = [response.latency_ms for response in _good(responses)]
    bottom = 0.5 if not good or median(good) > 1 else 0.1
    if len(good) < len(responses):
        return bottom, 8000
    return bottom, 3 * max(good, default=100.0)


def _dots(axis: Axes, responses: Sequence[Response], marker: str, **look: Any) -> None:
    """Draws each request as a mark, by when it was sent and its latency."""
    latencies = [response.latency_ms for response in responses]
    axis.plot(_starts_s(responses), latencies, marker, rasterized=True, **look)


def outcomes(sides: Mapping[Side, Samples], metric: Metric) -> Figure:
    """Requests in each tenth of a second of the round, by outcome: answered, rejected, no answer."""
    bars = max(1, round(longest_s(sides) / BAR_S))
    x_label = f"seconds of the round; each bar: the {requests_in_words(metric)} sent in a tenth of a second"
    figure, shown = panels(sides, 1.6, x_label, x_end=bars * BAR_S, grid="y")
    for panel in shown:
        sent = panel.samples.select(metric.request)
        layers = {
            "answered": (_good(sent), panel.colour),
            "rejected": ([response for response in sent if response.rejected], style.OTHER),
            "no answer": (
                [response for response in sent if response.failed and not response.rejected],
                style.NO_ANSWER,
            ),
        }
        panel.axis.hist(
            [_starts_s(responses) for responses, _ in layers.values()],
            bars, range=(0, bars * BAR_S), stacked=True, rwidth=0.86, color=[colour for _, colour in layers.values()],
        )  # fmt: skip
        panel.title(", ".join(f"{len(responses)} {name}" for name, (responses, _) in layers.items()))
        _name_layers(panel.axis, layers, (bars - 1) * BAR_S, bars * BAR_S)
    return tell(figure, shown, metric, f"The {requests_in_words(metric)} in each tenth of a second, by outcome")


def _name_layers(
    axis: Axes, layers: Mapping[str, tuple[Sequence[Response], str]], start_s: float, end_s: float
) -> None:
    """Names the layers of a stack of bars, beside the last one."""
    floor = 0
    for name, (responses, colour) in layers.items():
        height = sum(start_s <= response.intended_start_s < end_s for response in responses)
        if height:
            style.label_right(axis, floor + height / 2, name, colour)
        floor += height


def admitted(sides: Mapping[Side, Samples], metric: Metric) -> Figure:
    """How many requests of each user the last window has admitted, at each second of the round: a line for each user.

    Those who ask for more than the limit are in colour, and amber is what lies above it. The dashed line is the limit.
    """
    window_s = next((one.quota.window_s for one in sides.values() if one.quota), 1.0)
    x_label = f"seconds of the round; each line: what one user was given in the {window_s:g} s before"
    figure, shown = panels(sides, 1.7, x_label, x_end=longest_s(sides), grid="y")
    for panel in shown:
        axis, samples = panel.axis, panel.samples
        limit = samples.quota.limit if samples.quota else 0
        by_client: dict[str, list[Response]] = {}
        for response in _in_order(samples.responses):
            by_client.setdefault(response.client, []).append(response)
        for asked in by_client.values():
            starts_s = _starts_s(asked)
            is_eager = any(late - early < window_s for early, late in zip(starts_s, starts_s[limit:], strict=False))
            moments, counts = _admitted_within(_good(asked), window_s)
            axis.step(
                moments, counts, where="post", lw=1.3 if is_eager else 0.9, alpha=0.75,
                color=panel.colour if is_eager else style.FAINT,
            )  # fmt: skip
            over = [max(limit, count) for count in counts]
            axis.fill_between(moments, limit, over, step="post", color=style.OTHER, alpha=0.22, lw=0)
        axis.axhline(limit, color=style.INK, lw=1.2, ls=style.DASHED)
        style.label_right(axis, limit, f"limit: {limit}", style.INK)
        if samples.incident_s is not None:
            axis.axvspan(samples.incident_s, longest_s(sides), color=style.GRID, zorder=0)
            axis.annotate(
                samples.incident, (samples.incident_s, 1), xycoords=("data", "axes fraction"), xytext=(5, -4),
                textcoords="offset points", va="top", fontsize=style.SMALL, bbox=style.PAPER,
            )  # fmt: skip
        panel.title(figure_in_words(metric, samples))
        axis.set_ylim(bottom=0)
        axis.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    return tell(figure, shown, metric, f"What each user was given in the {window_s:g} s before")


def _admitted_within(given: Sequence[Response], window_s: float) -> tuple[list[float], list[int]]:
    """Moments, and how many requests the window before each surely admitted: they were sent and answered within it."""
    steps = sorted(
        step
        for one in given
        if one.latency_ms < 1000 * window_s
        for step in ((one.done_s, 1), (one.intended_start_s + window_s, -1))
    )
    counts = accumulate((change for _, change in steps), initial=0)
    return [0.0, *(moment_s for moment_s, _ in steps)], list(counts)


def sizes(sides: Mapping[Side, Samples], metric: Metric) -> Figure:
    """How many KiB each good response had on the line, and how many ms it took: a dot for each, by logarithmic scales.

    Those that the metric is about are in the side's colour, the others grey. Each name stands above its dots.
    """
    x_label = "KiB on the line; upwards: until the last byte had come; each dot is one answer"
    figure, shown = panels(sides, 1.9, x_label, grid="both")
    for panel in shown:
        axis = panel.axis
        axis.set_xscale("log")
        axis.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        style.log_time(axis)
        for responses, colour in zip(_split(panel.samples, metric), (panel.colour, style.FAINT), strict=True):
            for name in names(good := [one for one in _good(responses) if one.size_bytes]):
                dots = [(one.size_bytes / 1024, one.latency_ms) for one in good if one.name == name]
                axis.plot(*zip(*dots, strict=True), ".", color=colour, ms=5, alpha=0.6, rasterized=True)
                at = (median(kib for kib, _ in dots), max(ms for _, ms in dots))
                axis.annotate(
                    name, at, xytext=(0, 5), textcoords="offset points", ha="center", va="bottom",
                    color=panel.colour if colour == panel.colour else style.INK, fontsize=style.SMALL,
                )  # fmt: skip
        panel.title(figure_in_words(metric, panel.samples))
    shown[-1].axis.margins(x=0.12, y=0.25)
    return tell(figure, shown, metric, "Each dot is one answer, by its KiB on the line and its time")


def success_by_route(sides: Mapping[Side, Samples], metric: Metric) -> Figure:
    """The share of requests that succeeded in each tenth of a second of the round: a row for each name of requests.

    A bar is of full height wherever there were requests; in colour is the share that succeeded. The line is the
    incident. The name with the most failures has the lowest row.
    """
    routes = sorted({response.name for samples in sides.values() for response in samples.responses})
    routes.sort(key=lambda name: -sum(one.failed for samples in sides.values() for one in samples.select(name)))
    seconds = longest_s(sides)
    x_label = "seconds of the round; each bar: the requests of a tenth of a second, in colour the share that succeeded"
    figure, shown = panels(sides, 0.5 + 0.4 * len(routes), x_label, x_end=seconds, rows=True, margin=0.6)
    for panel in shown:
        axis, samples = panel.axis, panel.samples
        for row, name in enumerate(routes):
            _draw_shares(axis, samples.select(name), row, seconds, panel.colour)
            style.label_right(axis, row + 0.36, name, panel.colour, 1.008)
        panel.title(f"{figure_in_words(metric, samples)}, {_failures(samples.responses)}")
        if samples.incident_s is not None:
            axis.axvline(samples.incident_s, color=style.INK, lw=1.2, ls=style.DASHED)
            axis.text(
                samples.incident_s + seconds / 200, len(routes) - 0.22, samples.incident, va="bottom",
                fontsize=style.SMALL,
            )  # fmt: skip
        axis.set_ylim(0, len(routes) + 0.2)
    return tell(
        figure,
        shown,
        metric,
        f"The share of requests that succeeded, over the round, for {', '.join(reversed(routes))}",
    )


def _draw_shares(axis: Axes, responses: Sequence[Response], row: int, seconds: float, colour: str) -> None:
    """Draws a bar for each tenth of a second in which there were requests, coloured up to the share that succeeded."""
    succeeded: dict[int, list[bool]] = {}
    for response in _in_order(responses):
        succeeded.setdefault(int(response.intended_start_s / BAR_S + 1e-9), []).append(not response.failed)
    for number, good in succeeded.items():
        if number < max(1, round(seconds / BAR_S)):
            middle = (number + 0.5) * BAR_S
            axis.bar(middle, 0.72, BAR_S * 0.88, bottom=row, color=style.GRID)
            axis.bar(middle, 0.72 * sum(good) / len(good), BAR_S * 0.88, bottom=row, color=colour)


def accepted_vs_done(sides: Mapping[Side, Samples], metric: Metric) -> Figure:
    """Jobs accepted and jobs done, over seconds. What lies between is owed; once the process has exited, it is lost."""
    accepted = {side: sorted(_ends_s(_good(samples.select(metric.request)))) for side, samples in sides.items()}
    exits_s = {side: _exit_s(samples) for side, samples in sides.items()}
    end_s = 1.02 * max(max([one.seconds, exits_s[side] or 0.0, *one.jobs]) for side, one in sides.items())
    most = max(1, *(max(len(accepted[side]), len(samples.jobs)) for side, samples in sides.items()))
    x_label = "seconds; dashed, amber: jobs accepted; in the side's colour: jobs done by then"
    figure, shown = panels(sides, 1.75, x_label, x_end=end_s, grid="y")
    for panel in shown:
        axis, side, samples = panel
        _draw_owed(panel, accepted[side], exits_s[side] or end_s)
        done = f"{len(accepted[side])} accepted, {len(samples.jobs)} done"
        panel.title(f"{done} ({metric.in_words(metric.figure(samples))})")
        if samples.back_s is None:
            _mark_stop(axis, samples.incident_s, exits_s[side])
        else:
            _mark_moments(axis, {"SIGKILL": samples.incident_s, "back": samples.back_s})
        gone = exits_s[side] or samples.back_s
        if missing := max(0, len(accepted[side]) - len(samples.jobs)):
            axis.annotate(
                f"{missing} {'lost' if gone else 'still owed'}", (exits_s[side] or end_s, 0.45), va="center",
                weight="bold", fontsize=10, xycoords=("data", "axes fraction"), xytext=(5, 0),
                textcoords="offset points",
            )  # fmt: skip
        axis.set_ylim(0, most * 1.05)
    return tell(figure, shown, metric, "Jobs accepted and jobs done, as they add up")


def _draw_owed(panel: Panel, accepted: Sequence[float], last_s: float) -> None:
    """Draws jobs accepted and jobs done up to the last second, and in amber what lies between."""
    axis, _, samples = panel
    moments = sorted({0.0, last_s, *accepted, *samples.jobs})
    so_far, done = ([bisect.bisect(times, moment) for moment in moments] for times in (accepted, samples.jobs))
    axis.fill_between(moments, so_far, done, step="post", color=style.OTHER, alpha=0.3, lw=0)
    axis.step(moments, so_far, where="post", color=style.OTHER, lw=2, ls=style.DASHED)
    axis.step(moments, done, where="post", color=panel.colour, lw=2.4)


def _exit_s(samples: Samples) -> float | None:
    """The second of the round at which a process that was told to stop had exited; None where it had not."""
    return None if samples.incident_s is None or samples.exit_s is None else samples.incident_s + samples.exit_s


def _mark_stop(axis: Axes, told_s: float | None, exit_s: float | None) -> None:
    """Marks when a process was told to stop, and when it had exited."""
    _mark_moments(axis, {"SIGTERM": told_s, "exit": exit_s})


def _mark_moments(axis: Axes, moments_s: Mapping[str, float | None]) -> None:
    """Marks moments by their names, each name below the one before; those that are None are left out."""
    for number, (name, moment_s) in enumerate(moments_s.items()):
        if moment_s is None:
            continue
        axis.axvline(moment_s, color=style.INK, lw=1, ls=style.DASHED)
        axis.annotate(
            name, (moment_s, 1), xycoords=("data", "axes fraction"), xytext=(4, -4 - 18 * number),
            textcoords="offset points", va="top", fontsize=style.SMALL, bbox=style.PAPER,
        )  # fmt: skip


def shutdown(sides: Mapping[Side, Samples], metric: Metric) -> Figure:
    """Requests from sent to answered, as the process is told to stop; crosses where they were cut off. Seconds."""
    x_label = "seconds; a line is a request, from sent to answered; amber: streams; a cross: cut off"
    figure, shown = panels(sides, 1.6, x_label, grid="x", rows=True)
    for panel in shown:
        axis, samples = panel.axis, panel.samples
        told_s = samples.incident_s or 0.0
        exit_s = told_s + (samples.exit_s or 0.0)
        sent = _in_order([response for response in samples.responses if response.intended_start_s < told_s])
        streaming = {response.name for response in sent if response.status and not response.body}
        ends_s = [min(end_s, exit_s) for end_s in _ends_s(sent)]
        colours = [style.OTHER if response.name in streaming else panel.colour for response in sent]
        axis.hlines(range(len(sent)), _starts_s(sent), ends_s, color=colours, lw=2)
        cut = [row for row, response in enumerate(sent) if response.failed]
        axis.plot([ends_s[row] for row in cut], cut, "x", color=style.INK, ms=6, mew=1.4)
        lost = sum(sent[row].name not in streaming for row in cut)
        ran = "ran" if samples.stopped_cleanly else "did not run"
        panel.title(f"exited after {samples.exit_s or 0:.1f} s, shutdown {ran}, {lost} cut off")
        _mark_stop(axis, told_s, exit_s)
        axis.set_ylim(len(sent), -1)
    shown[-1].axis.set_xlim(left=0)
    return tell(
        figure, shown, metric, "Each line is one request, from sent to answered, as the process is told to stop"
    )


def _in_one_order(calls: Mapping[Side, Sequence[Call]]) -> dict[Side, list[Call]]:
    """The calls of each side, in the order in which the first side that makes such a call makes it."""
    order: dict[tuple[str, int], int] = {}
    named: dict[Side, list[tuple[tuple[str, int], Call]]] = {}
    for side, made in calls.items():
        times: Counter[str] = Counter()
        named[side] = []
        for call in made:
            times[call.whom] += 1
            named[side].append(((call.whom, times[call.whom]), call))
            order.setdefault(named[side][-1][0], len(order))
    return {side: [call for _, call in sorted(made, key=lambda one: order[one[0]])] for side, made in named.items()}


def waterfall(sides: Mapping[Side, Samples], metric: Metric) -> Figure:
    """What one request asks of other services, call by call, in ms, as a browser's tools show what a page loads.

    Of each side it is a request of median length. Calls that wait for each other make a staircase. They stand in
    the same order on every side.
    """
    calls = _in_one_order({side: typical_request(samples.calls) for side, samples in sides.items()})
    starts_s = {side: min((call.from_s for call in made), default=0.0) for side, made in calls.items()}
    ends_ms = {
        side: max(((call.to_s - starts_s[side]) * 1000 for call in made), default=0.0) for side, made in calls.items()
    }
    figure, shown = panels(
        sides,
        [0.7 + 0.2 * max(len(made), 1) for made in calls.values()],
        "ms from the first call of a request of median length; each bar is a call to another service",
        x_end=max(1.0, *ends_ms.values()) * 1.18,
        grid="x",
        rows=True,
        margin=0.3,
    )
    figure.draw_without_rendering()  # the axes take their room
    for panel in shown:
        axis, made = panel.axis, calls[panel.side]
        last_ms = ends_ms[panel.side]
        for row, call in enumerate(made):
            start_ms, end_ms = ((at_s - starts_s[panel.side]) * 1000 for at_s in (call.from_s, call.to_s))
            axis.barh(row, end_ms - start_ms, left=start_ms, height=0.72, color=panel.colour)
            label = f"{call.whom}  {end_ms - start_ms:.0f} ms"
            crosses = end_ms + (style.text_width(axis, label) + 0.02) * axis.get_xlim()[1] > last_ms
            axis.annotate(
                label, (last_ms if crosses else end_ms, row), xytext=(5, 0), textcoords="offset points", va="center",
                fontsize=style.SMALL, bbox=style.PAPER,
            )  # fmt: skip
        axis.axvline(last_ms, color=style.INK, lw=1, ls=style.DASHED, zorder=0)
        said = f"{len(made)} calls, at most {at_once(made)} at once" if made else "no calls were seen"
        panel.title(f"{figure_in_words(metric, panel.samples)}; {said}")
        axis.set_ylim(len(made) - 0.4, -0.6)
    return tell(figure, shown, metric, "The calls of one request of median length, as bars over time")


def workers(sides: Mapping[Side, Samples], metric: Metric) -> Figure:
    """Good responses piling up over the seconds of the round, and below a tick for each, in its process's lane."""
    seconds = longest_s(sides)
    lanes = sum(len(samples.workers) for samples in sides.values())
    figure, above, below = _responses_so_far(sides, metric, 0.7 + 0.24 * lanes, sharex=True)
    _draw_lanes(below, sides, seconds)
    struck = next((samples for samples in sides.values() if samples.incident_s), None)  # the same on every side
    if struck and struck.incident_s:
        for axis in (above, below):
            axis.axvline(struck.incident_s, color=style.INK, lw=1, ls=style.DASHED)
        above.annotate(
            struck.incident, (struck.incident_s, 0), xytext=(6, 6), textcoords="offset points", fontsize=style.SMALL,
            bbox=style.PAPER,
        )  # fmt: skip
        style.describe(figure, f"A line marks: {struck.incident}.")
    below.set_title("Responses by process: one tick each")
    below.set_xlim(0, seconds)
    below.set_xlabel("seconds of the round")
    answered = {side: str(len(samples.workers)) for side, samples in sides.items()}
    return style.describe(figure, side_by_side("Processes that answered", answered))


def cores(sides: Mapping[Side, Samples], metric: Metric) -> Figure:
    """Good responses piling up over the seconds of the round, and below how many cores each side kept busy."""
    figure, above, below = _responses_so_far(sides, metric, 0.7 + 0.34 * len(sides))
    above.set_xlim(0, longest_s(sides))
    above.set_xlabel("seconds of the round")
    there = max(samples.conditions.cores for samples in sides.values())
    busy = {side: busy_cores(samples) for side, samples in sides.items()}
    for row, (side, count) in enumerate(busy.items()):
        below.barh(row, 0 if math.isnan(count) else count, height=0.62, color=style.SIDES[side])
        style.label_right(below, row, f"{style.NAMES[side]}  {_cores_in_words(count)}", style.SIDES[side])
    below.axvline(there, color=style.INK, lw=1.2, ls=style.DASHED)
    below.set_xlim(0, there * 1.04)
    below.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    below.set_ylim(len(sides) - 0.5, -0.5)
    style.hide_y(below)
    below.grid(axis="x")
    below.set_title("Cores kept busy, on average")
    below.set_xlabel("cores; the dashed line: all that there are")
    said = {side: _cores_in_words(count) for side, count in busy.items()}
    return style.describe(figure, side_by_side(f"Cores kept busy, of {there}", said))


def _cores_in_words(count: float) -> str:
    return "not measured" if math.isnan(count) else f"{count:.1f}"


def _responses_so_far(
    sides: Mapping[Side, Samples], metric: Metric, height: float, *, sharex: bool = False
) -> tuple[Figure, Axes, Axes]:
    """A figure with good responses piling up, and room of some height in inches below. With it, both its axes."""
    figure, (above, below) = plt.subplots(
        2, 1, figsize=(style.WIDTH, 2.8 + height), height_ratios=(2.8, height), sharex=sharex, layout="constrained"
    )
    seconds = longest_s(sides)
    ends: list[tuple[float, Side, str]] = []
    for side, samples in sides.items():
        done = [end_s for end_s in sorted(_ends_s(_good(samples.select(metric.request)))) if end_s <= seconds]
        so_far = [*range(len(done) + 1), len(done)]
        look = {"color": style.SIDES[side], "ls": style.DASHES[side]}
        above.step([0, *done, seconds], so_far, where="post", lw=2.2, **look)
        ends.append((len(done), side, f"{style.NAMES[side]}  {metric.in_words(metric.figure(samples))}"))
    above.set_title("Responses so far")
    above.set_ylim(bottom=0)
    style.name_ends(above, ends, seconds * 1.01)
    above.grid(axis="both")
    style.describe(figure, "Responses add up over the round.", figures_in_words(metric, sides))
    return figure, above, below


def _draw_lanes(axis: Axes, sides: Mapping[Side, Samples], seconds: float) -> None:
    """Draws a tick for each response, in a lane for each process that gave any."""
    lane = 0.0
    for side, samples in sides.items():
        for number, pid in enumerate(sorted(samples.workers), 1):
            done = [one.done_s for one in samples.responses if one.worker == pid and one.done_s <= seconds]
            axis.plot(done, [lane] * len(done), "|", color=style.SIDES[side], ms=11, mew=1.1, rasterized=True)
            style.label_right(axis, lane, f"{style.NAMES[side]}, process {number}", style.SIDES[side], 1.01)
            lane += 1
        lane += 0.5
    axis.set_ylim(lane, -0.8)
    style.hide_y(axis)
