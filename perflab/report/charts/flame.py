"""The flame graph: where the CPU time of a request goes, or the memory that it leaves behind."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from perflab.course.lab import Metric, Side
from perflab.measure.metrics import cpu_ms_per_request
from perflab.measure.samples import Frame, Profile, Samples
from perflab.report.charts import style
from perflab.report.charts.frame import panels, side_by_side, tell

PLUMBING = 0.9  # of a library function's time spent in one call: it only passes the request on
THIN = 0.04  # of the width of a chart: a library function whose time is spent in one call but for this, too
SLIVER = 0.015  # of the width of a chart: too narrow to see
TALLEST = 6.4  # inches: what is taller is small on a wall
PADDING = 0.005  # of the width of a chart, on both sides of a label


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

    def labels(self, amount: str) -> tuple[str, ...]:
        """Name, library and amount; and less of them, for where there is less room."""
        whole = f"{self.name_and_library}  {amount}"
        return whole, f"{self.name}  {amount}", self.name_and_library, self.name


def _height(level: Mapping[Frame, _Bar]) -> int:
    return max((bar.height for bar in level.values()), default=0)


def _add(level: dict[Frame, _Bar], bar: _Bar) -> None:
    """Adds a function to a level of the tree, to its likes if it is there already."""
    there = level.setdefault(bar.frame, _Bar(bar.frame))
    there.count += bar.count
    for one in bar.above.values():
        _add(there.above, one)


def _tree(profile: Profile, zoom: str | None, least: float, thin: float) -> dict[Frame, _Bar]:
    """The stacks as a tree, from the outermost function on; with `zoom`, from the function of that name on.

    Bars of fewer than `least` samples are left out, and library functions that spend fewer than `thin` samples beside
    one call.
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
    return _tidy(roots, least, thin)


def _tidy(level: dict[Frame, _Bar], least: float, thin: float) -> dict[Frame, _Bar]:
    """A level of the tree less its slivers, and less plumbing: some thirty library functions only lead to a route."""
    kept: dict[Frame, _Bar] = {}
    for bar in level.values():
        above = _tidy(bar.above, least, thin)
        widest = max((one.count for one in above.values()), default=0)
        passes_on = not bar.frame.ours and widest >= min(PLUMBING * bar.count, bar.count - thin) and widest
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


def _draw(axis: Axes, tree: Mapping[Frame, _Bar], unit: float, widest: float, colour: str, measure: str) -> None:
    """Draws the bars, with as much of their names as there is room for. `unit` is a sample's width in the `measure`.

    The last bar of a row may be named at its right. A bar with no room for the whole name has none.
    """
    placed = list(_placed(tree, 0.0, 0, unit))
    ends: dict[int, float] = {}
    for bar, left, row in placed:
        ends[row] = max(ends.get(row, 0.0), left + bar.count * unit)
    for bar, left, row in placed:
        width, ours = bar.count * unit, bar.frame.ours
        fill, ink, weight = (colour, "white", "bold") if ours else (style.LIBRARY, style.INK, "normal")
        axis.barh(row, width, left=left, height=0.92, align="edge", color=fill, ec="white", lw=0.8)
        room, beside = width / widest, 1 - (left + width) / widest if left + width >= ends[row] else 0.0
        taken = {
            label: style.text_width(axis, label, weight) + 2 * PADDING for label in bar.labels(f"{width:.2f} {measure}")
        }
        inside = next((label for label, share in taken.items() if share <= room), "")
        outside = next((label for label, share in taken.items() if share <= beside), "")
        at, label = left + PADDING * widest, inside
        if len(outside) > len(inside):
            at, label, ink = at + width, outside, colour if ours else style.INK
        if label:
            axis.text(at, row + 0.45, label, va="center", color=ink, weight=weight, fontsize=style.SMALL)


def _source(profile: Profile | None) -> str:
    if profile is None:
        return "not profiled"
    return "recorded by memray" if profile.by == "memray" else f"{profile.count} samples by {profile.by}"


def flame(sides: Mapping[Side, Samples], metric: Metric, zoom: str | None = None) -> Figure:
    """Flame graphs: milliseconds of CPU per request by function, a panel for each side, all to one scale.

    Each bar is a function, as wide as the time spent in it, on top of the one that called it. Libraries are grey; of
    their functions, those that only pass a request on are left out. `zoom` names a function to begin with.
    """
    costs = {side: cpu_ms_per_request(samples) for side, samples in sides.items()}
    return _graph(sides, costs, "ms of CPU per request", "runs", zoom)


def kept(sides: Mapping[Side, Samples], answered: int) -> Figure:
    """Flame graphs: KiB that a request has left behind, by the function that allocated them, over so many requests."""
    profiles = {side: samples.profile for side, samples in sides.items()}
    costs = {side: profile.count / 1024 / answered if profile else 0.0 for side, profile in profiles.items()}
    return _graph(sides, costs, "KiB kept per request", "allocates")


def _graph(
    sides: Mapping[Side, Samples], costs: Mapping[Side, float], of: str, does: str, zoom: str | None = None
) -> Figure:
    """Flame graphs of what a request costs; `of` says what that is, the unit first, and `does` what functions do."""
    profiles = {side: samples.profile for side, samples in sides.items() if samples.profile}
    units = {side: costs[side] / profile.count for side, profile in profiles.items()}
    sliver = SLIVER * max((costs[side] for side, unit in units.items() if unit), default=1.0)
    thin = THIN / SLIVER * sliver
    trees = {side: _tree(profile, zoom, sliver / units[side], thin / units[side]) for side, profile in profiles.items()}
    widths = {side: units[side] * sum(bar.count for bar in tree.values()) for side, tree in trees.items()}
    widest = max((width for width in widths.values() if width > 0), default=1.0)
    levels = {side: _height(trees.get(side, {})) for side in sides}
    row = min(0.27, (TALLEST - 0.75 * len(sides)) / max(1, sum(levels.values())))
    figure, shown = panels(
        sides,
        [0.75 + row * count for count in levels.values()],
        f"{of}; a bar is a function, on top of its caller: ours in colour, libraries grey",
        x_end=widest,
        rows=True,
        margin=0.3,
    )
    figure.draw_without_rendering()  # the axes take their room
    for panel in shown:
        side, profile = panel.side, panel.samples.profile
        share = f"{zoom} takes {widths.get(side, 0.0):.2f} of " if zoom else ""
        panel.title(f"{share}{costs[side]:.2f} {of}; {_source(profile)}")
        panel.axis.set_ylim(0, max(levels[side], 1))
        if profile:
            _draw(panel.axis, trees[side], units[side], widest, panel.colour, of.partition(" ")[0])
    tell(figure, shown, None, f"A flame graph: {of}, by function{f', below {zoom}' if zoom else ''}")
    busiest = {side: profile.shares()[0] for side, profile in profiles.items() if profile.stacks}
    said = {side: f"{frame.function} ({on_top:.0%})" for side, (frame, _, on_top) in busiest.items()}
    return style.describe(figure, *([side_by_side(f"The function that {does} most", said)] if said else []))
