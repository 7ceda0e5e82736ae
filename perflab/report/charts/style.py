"""Colours, fonts and small helpers for axes; and a figure as SVG, as PNG, or as PNG on dark paper.

Sides keep their colours everywhere: Okabe and Ito's palette, which survives colour blindness, made dark enough that it
can be read as text on white paper. Curves of several sides also differ by dashes and marks. Labels stand where they
belong rather than in legends.
"""

import io
import math
from collections.abc import Sequence

import matplotlib

matplotlib.use("agg")

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path
from matplotlib.ticker import FuncFormatter, NullLocator
from PIL import Image

from perflab.course.lab import Side

INK, FAINT, GRID = "#1f2933", "#5f6c7b", "#e4e7eb"
LIBRARY = "#cfd6dd"  # code of others, in a flame graph
SIDES: dict[Side, str] = {"slow": "#C44F00", "yours": "#0067A3", "reference": "#00855F"}
OTHER = "#E69F00"  # what holds things up
PREDICTED = "#A8487F"
NO_ANSWER = "#9aa5b1"
WRITTEN = {OTHER: "#8A5A00", NO_ANSWER: FAINT}  # what names an area that is too pale to be read in its own colour
DASHES: dict[Side, str | tuple[int, tuple[float, ...]]] = {
    "slow": "-",
    "yours": (0, (6, 1.6)),
    "reference": (0, (2, 1)),
}
MARKS: dict[Side, str] = {"slow": "o", "yours": "s", "reference": "^"}
NAMES: dict[Side, str] = {"slow": "slow", "yours": "yours", "reference": "our fix"}
DARK = "#12161b"  # paper, where it is not white: as in deck/deck.css
ON_DARK = {
    INK: "#e8ecf0",
    FAINT: "#a3b0bd",
    GRID: "#2b333c",
    SIDES["slow"]: "#ff8440",
    SIDES["yours"]: "#56b4f5",
    SIDES["reference"]: "#35cf9c",
    OTHER: "#f5b73d",
    WRITTEN[OTHER]: "#f5b73d",
    PREDICTED: "#ec9dca",
}
WIDTH = 8.6  # inches at 100 dots: a notebook's column
SMALL = 9.5  # points: labels inside a chart
DASHED = (0, (4, 3))
PAPER = {"fc": "white", "ec": "none", "pad": 1}  # behind a label that crosses lines
FONTS = "Inter, 'Segoe UI', 'Helvetica Neue', Helvetica, Arial, 'DejaVu Sans', sans-serif"

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


def svg(figure: Figure) -> str:
    """A figure as SVG text, in the reader's own sans-serif font. Closes the figure."""
    to = io.StringIO()
    figure.savefig(to, format="svg", dpi=220, bbox_inches="tight", pad_inches=0.12, metadata={"Date": None})
    plt.close(figure)
    text = to.getvalue().replace("'DejaVu Sans', sans-serif", FONTS.replace("'", "&apos;"))
    return text[text.index("<svg") :]


def png(figure: Figure) -> bytes:
    """A figure as PNG at twice the density of a screen. Closes the figure.

    Few colours are enough for a chart, and make it a third of the size: notebooks are committed with theirs.
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
    image: Image.Image = Image.open(io.BytesIO(png))
    if image.mode != "P":  # a picture of another maker
        image = image.convert("RGB").quantize(64, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    palette = image.getpalette() or []
    colours = [palette[at : at + 3] for at in range(0, len(palette), 3)]
    image.putpalette([channel for colour in colours for channel in _on_dark(colour)])
    image.save(to, format="png")
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


def time_in_words(ms: float, _: object = None) -> str:
    """Milliseconds as ticks have them: `20 ms`, `2 s`. The second argument, which matplotlib gives, is not needed."""
    return f"{ms / 1000:g} s" if ms >= 1000 else f"{ms:g} ms"


def log_time(axis: Axes) -> None:
    """Makes upwards a logarithmic axis of milliseconds, read in ms and s."""
    axis.set_yscale("log")
    axis.yaxis.set_major_formatter(FuncFormatter(time_in_words))
    axis.yaxis.set_minor_locator(NullLocator())


def hide_y(axis: Axes) -> None:
    """Takes the ticks and the line at the left away: what is drawn stands in rows, and up and down has no unit."""
    axis.set_yticks([])
    axis.spines["left"].set_visible(False)


def label_right(axis: Axes, y: float, text: str, colour: str, x: float = 1.006) -> None:
    """Writes beside the axes, at the height of what it names. `x` is a share of their width: 1 is their right end."""
    colour = WRITTEN.get(colour, colour)
    axis.text(x, y, text, color=colour, va="center", transform=axis.get_yaxis_transform(), fontsize=SMALL)


def text_width(axis: Axes, text: str, weight: str = "normal") -> float:
    """How wide a small text is, as a share of the axes. The figure must be laid out by then."""
    points = text_to_path.get_text_width_height_descent(text, FontProperties(size=SMALL, weight=weight), False)[0]
    return float(points * axis.figure.dpi / 72 / axis.get_window_extent().width)


def describe(figure: Figure, *sentences: str) -> Figure:
    """Adds sentences to what a figure says in words, for those who cannot see it. Returns the figure."""
    figure.set_label(" ".join([*([in_words(figure)] if in_words(figure) else []), *sentences]))
    return figure


def in_words(figure: Figure) -> str:
    """What a figure shows, with its figures, in plain sentences. Its label keeps them: matplotlib has no use for it."""
    return str(figure.get_label())


def name_ends(axis: Axes, ends: Sequence[tuple[float, Side, str]], x: float) -> None:
    """Names the curves at their ends, a line of text apart where they end close together. All must be drawn by then.

    `ends` are a curve's last value, its side, and the text; `x` is where the texts begin.
    """
    axis.autoscale_view()
    to_height, to_value = axis.transData, axis.transData.inverted()
    height = -math.inf
    for value, side, name in sorted(ends):
        height = max(to_height.transform((x, value))[1], height + 19)
        y = to_value.transform((0, height))[1]
        axis.text(x, y, name, color=SIDES[side], va="center", weight="bold")


def write_beside(axis: Axes, text: str, at: tuple[float, float]) -> None:
    """Writes beside a point, inside the axes, where the fewest curves pass. All must be drawn by then."""
    note = axis.annotate(
        text, at, xytext=(0, 0), textcoords="offset points", color=PREDICTED, weight="bold", bbox=PAPER
    )
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
