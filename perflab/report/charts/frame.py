"""The frame of most charts: a panel for each side, below each other, on one axis."""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from perflab.course.lab import Metric, Side
from perflab.measure.samples import Samples
from perflab.report.charts import style


class Panel(NamedTuple):
    """One side's part of a figure."""

    axis: Axes
    side: Side
    samples: Samples

    @property
    def colour(self) -> str:
        """The side's colour, as matplotlib reads it."""
        return style.SIDES[self.side]

    def title(self, text: str, pad: float | None = None) -> None:
        """Writes the side's name and some text above the panel, in the side's colour; `pad` points above it."""
        self.axis.set_title(f"{style.NAMES[self.side]}: {text}", color=self.colour, pad=pad)


def panels(
    sides: Mapping[Side, Samples],
    heights: float | Sequence[float],
    x_label: str,
    *,
    x_end: float | None = None,
    grid: Literal["x", "y", "both"] | None = None,
    rows: bool = False,
    margin: float = 0.5,
) -> tuple[Figure, list[Panel]]:
    """A figure with a panel for each side, and the panels. They share what is at the right: from 0 to `x_end`.

    Heights, one for all or one each, are in inches, as is the margin for `x_label` below. Upwards the panels share a
    scale, unless what they show stands in `rows`, which have none.
    """
    each = heights if isinstance(heights, Sequence) else [heights] * len(sides)
    figure, axes = plt.subplots(
        len(sides), 1, figsize=(style.WIDTH, margin + sum(each)), height_ratios=each, sharex=True, sharey=not rows,
        squeeze=False, layout="constrained",
    )  # fmt: skip
    for axis in axes[:, 0]:
        if rows:
            style.hide_y(axis)
        if grid:
            axis.grid(axis=grid)
        if x_end is not None:
            axis.set_xlim(0, x_end)
    axes[-1, 0].set_xlabel(x_label)
    return figure, [Panel(axis, side, sides[side]) for axis, side in zip(axes[:, 0], sides, strict=True)]


def tell(figure: Figure, shown: Sequence[Panel], metric: Metric | None, shows: str) -> Figure:
    """Has a figure say in words what it shows, and then the panels' titles. A metric is named once. Returns it."""
    first, *others = [panel.axis.get_title(loc="left") for panel in shown]
    if metric:
        others = [title.replace(f" {metric.label} ", " ", 1) for title in others]
    titles = "; ".join([first, *others])
    return style.describe(figure, f"{shows}.", f"{sentence(titles)}.")


def sentence(text: str) -> str:
    """Some text with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def side_by_side(label: str, said: Mapping[Side, str]) -> str:
    """A sentence with something of each side: `Failed requests: slow 12, yours 0, our fix 0.`"""
    return f"{sentence(label)}: {', '.join(f'{style.NAMES[side]} {text}' for side, text in said.items())}."


def figures_in_words(metric: Metric, sides: Mapping[Side, Samples]) -> str:
    """A sentence with a metric's figure of each side."""
    return side_by_side(
        metric.label, {side: metric.in_words(metric.figure(samples)) for side, samples in sides.items()}
    )


def longest_s(sides: Mapping[Side, Samples]) -> float:
    """Seconds of the longest round."""
    return max(samples.seconds for samples in sides.values())


def figure_in_words(metric: Metric, samples: Samples) -> str:
    """A metric's label and figure, as titles have it: `p99 of /ping 12.3 ms`."""
    return f"{metric.label} {metric.in_words(metric.figure(samples))}"


def requests_in_words(metric: Metric) -> str:
    """The requests that a metric is about: `requests for /ping`, or `requests` where it is about all."""
    return f"requests for {metric.request}" if metric.request else "requests"
