"""The flame graph: where the CPU time of a request goes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from perflab.course.lab import Metric, Side
from perflab.measure.metrics import cpu_ms_per_request
from perflab.measure.samples import Frame, Profile, Samples
from perflab.report.charts import style
from perflab.report.charts.frame import panels

PLUMBING = 0.9  # of a library function's time spent in one call: it only passes the request on
SLIVER = 0.015  # of the width of a chart: too narrow to see
TALLEST = 6.4  # inches: what is taller is small on a wall
LETTERS = 105  # that go into the whole width


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
    def name_and_library(self) -> str:
        if self.frame.ours:
            return self.name
        return f"{self.name} · {self.frame.place.partition('/')[0].removesuffix('.py')}"

    def label(self, ms: float, letters: int) -> str:
        """As much of name, library and time as there is room for."""
        labels = (f"{self.name_and_library}  {ms:.2f} ms", self.name_and_library, self.name)
        return next((label for label in labels if len(label) <= letters), f"{self.name[: letters - 1]}…")


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


def _placed(level: Mapping[Frame, _Bar], left: float, row: int, unit: float) -> Iterator[tuple[_Bar, float, int]]:
    """Each bar of a tree with its left end and its row, the widest first. `unit` is the width of one sample."""
    for bar in sorted(level.values(), key=lambda bar: -bar.count):
        yield bar, left, row
        yield from _placed(bar.above, left, row + 1, unit)
        left += bar.count * unit


def _draw(axis: Axes, tree: Mapping[Frame, _Bar], unit: float, widest: float, colour: str) -> None:
    """Draws the bars, with their names where there is room. `unit` is the width of one sample."""
    for bar, left, row in _placed(tree, 0.0, 0, unit):
        width, ours = bar.count * unit, bar.frame.ours
        fill, ink, weight = (colour, "white", "bold") if ours else (style.LIBRARY, style.INK, "normal")
        axis.barh(row, width, left=left, height=0.92, align="edge", color=fill, ec="white", lw=0.8)
        letters = int(LETTERS * width / widest) - 1
        if letters >= 4:
            axis.text(
                left + 0.006 * widest, row + 0.45, bar.label(width, letters), va="center", color=ink, weight=weight,
                fontsize=style.SMALL, clip_on=True,
            )  # fmt: skip


def flame(sides: Mapping[Side, Samples], metric: Metric, zoom: str | None = None) -> Figure:
    """Flame graphs: milliseconds of CPU per request by function, a panel for each side, all to one scale.

    Each bar is a function, as wide as the time spent in it, on top of the one that called it. Libraries are grey; of
    their functions, those that only pass a request on are left out. `zoom` names a function to begin with.
    """
    costs = {side: cpu_ms_per_request(samples) for side, samples in sides.items()}
    profiles = {side: samples.profile for side, samples in sides.items() if samples.profile}
    units = {side: costs[side] / profile.count for side, profile in profiles.items()}
    sliver = SLIVER * max((costs[side] for side, unit in units.items() if unit), default=1.0)
    trees = {side: _tree(profile, zoom, sliver / units[side]) for side, profile in profiles.items()}
    widths = {side: units[side] * sum(bar.count for bar in tree.values()) for side, tree in trees.items()}
    widest = max((width for width in widths.values() if width > 0), default=1.0)
    levels = {side: _height(trees.get(side, {})) for side in sides}
    row = min(0.27, (TALLEST - 0.75 * len(sides)) / max(1, sum(levels.values())))
    figure, shown = panels(
        sides,
        [0.75 + row * count for count in levels.values()],
        "ms of CPU per request; a bar is a function, on top of its caller: ours in colour, libraries grey",
        x_end=widest,
        rows=True,
        margin=0.3,
    )
    for panel in shown:
        side, profile = panel.side, panel.samples.profile
        share = f"{zoom} takes {widths.get(side, 0.0):.2f} of " if zoom else ""
        source = f"{profile.count} samples by {profile.by}" if profile else "not profiled"
        panel.title(f"{share}{costs[side]:.2f} ms of CPU per request; {source}")
        panel.axis.set_ylim(0, max(levels[side], 1))
        if profile:
            _draw(panel.axis, trees[side], units[side], widest, panel.colour)
    return figure
