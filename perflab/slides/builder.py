"""A lab's notebook as slides: what everyone sees, and what only the speaker sees.

Nothing is written twice. A cell's id says which slide it belongs to, and the slide shows an extract of the cell itself:
its bold words, its first sentences, its picture. The whole text goes into the speaker's notes. A cell may say otherwise
in its `slideshow` metadata.
"""

import base64
import html
import re
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_notebook

from perflab.course.lab import Lab
from perflab.report.charts import style
from perflab.slides import listing, prose
from perflab.slides.listing import ROWS, Listing

Audience = Literal["instructor", "learner"]

BELOW, BESIDE = (1184, 528), (940, 640)  # the room for pictures, below their words and beside them, in pixels
GAP = 14  # between two pictures, in pixels
COMMANDS = {
    "start": "copies the slow code into your file",
    "lab": "measures and judges",
    "hint": "asks you the next question",
}


class SlidesError(Exception):
    """Slides that cannot be made: one plain sentence, and the remedy."""


@dataclass(frozen=True)
class Slide:
    """One slide: a heading and a body, both as HTML."""

    kind: str  # a class in deck.css
    head: str
    body: str
    least: int = 24  # how small its text may become, in pixels of a slide's 720
    wraps: int = 0  # at this size its code wraps rather than shrinks
    vertical: bool = False  # under the slide before it, not after

    @property
    def html(self) -> str:
        """Returns the slide's content as HTML. The body shrinks to fit as the page opens."""
        wraps = f' data-wraps="{self.wraps}"' if self.wraps else ""
        return f'{self.head}\n<div class="body fit" data-least="{self.least}"{wraps}>{self.body}</div>'


class Picture(NamedTuple):
    """A picture of a cell, with what it shows in words; "" where the cell was run by a kit that did not say it."""

    png: bytes
    alt: str


def _alt(output: NotebookNode) -> str:
    """Returns the alternative text of an output's picture."""
    return str(output.get("metadata", {}).get("image/png", {}).get("alt", ""))


@dataclass
class Group:
    """Consecutive cells that make one slide, or a few."""

    id: str  # of the anatomy; or of a cell that asks for a slide of its own
    lab: Lab
    audience: Audience
    notebook: NotebookNode
    vertical: bool = False
    cells: list[NotebookNode] = field(default_factory=list)
    shown: set[str] = field(default_factory=set)  # cells that are on a slide whole, by id
    pictures_shown: dict[str, int] = field(default_factory=dict)  # how many of a cell's pictures are, by its id

    def cell(self, id: str) -> NotebookNode:
        """Returns a cell of the whole notebook. Raises SlidesError if there is none of that id."""
        cell: NotebookNode | None = next((cell for cell in self.notebook.cells if cell.id == id), None)
        if cell is not None:
            return cell
        raise SlidesError(f"{self._file} has no cell `{id}`. `git checkout {self._file}` brings it back.")

    def prose(self, id: str = "") -> list[str]:
        """Returns the blocks of one markdown cell, or of all in the group. Raises SlidesError if it is missing."""
        cells = [self.cell(id)] if id else [cell for cell in self.cells if cell.cell_type == "markdown"]
        return [block for cell in cells for block in prose.paragraphs(cell.source)]

    def outputs(self, id: str) -> list[NotebookNode]:
        """Returns a cell's outputs. Raises SlidesError if it has none."""
        outputs: list[NotebookNode] = self.cell(id).get("outputs", [])
        if not outputs:
            raise SlidesError(
                f"The cell `{id}` of {self._file} has no output. `git checkout {self._file}` brings our run back; "
                f"`make slides-{self.lab.number:02d} RUN=1` measures on this machine instead."
            )
        return outputs

    def said(self, id: str) -> str:
        """Returns what a cell printed. Raises SlidesError if it has no outputs."""
        return "".join(output.text for output in self.outputs(id) if output.output_type == "stream")

    def pictures(self, id: str, most: int | None = None) -> list[Picture]:
        """Returns a cell's first `most` pictures, for a slide. Raises SlidesError if it has none."""
        found = [
            Picture(base64.b64decode(png), _alt(one))
            for one in self.outputs(id)
            if (png := one.get("data", {}).get("image/png"))
        ]
        if not found:
            raise SlidesError(
                f"The cell `{id}` of {self._file} has no picture. `git checkout {self._file}` brings our run back."
            )
        self.pictures_shown[id] = len(found[:most])
        return found[:most]

    def heading(self, otherwise: str) -> str:
        """Returns the group's own heading, or else the one given, as HTML."""
        found = next((block for block in self.prose() if block.startswith("## ")), otherwise)
        return f"<h2>{prose.inline(found.removeprefix('## '))}</h2>"

    @property
    def _file(self) -> str:
        return f"notebooks/{self.lab.slug}.ipynb"


# The slides: a function for each id with which one begins. SlidesError names a cell, output or picture that is missing.


def title(group: Group) -> list[Slide]:
    """Returns the title slide: the lab's number, title and question."""
    lab = group.lab
    head = f'<p class="number">Lab {lab.number:02d}</p><h1>{prose.inline(lab.title)}</h1>'
    return [Slide("title", head, f'<p class="question">{prose.inline(lab.question)}</p>')]


def scene(group: Group) -> list[Slide]:
    """Returns the scene: the first sentences of each paragraph, and the last quotation. Raises SlidesError."""
    told = [block for block in group.prose("scene") if prose.is_prose(block)]
    quote = next((said for block in reversed(told) if (said := prose.last_quote(block))), "")
    body = "".join(prose.paragraph(prose.opening(block, 8, without=quote)) for block in told)
    body += prose.quotation(quote, "quote") if quote else ""
    return [Slide("prose", group.heading("The scene"), body)]


def slow_code(group: Group) -> list[Slide]:
    """Returns the slow code, on as many slides as it takes. Raises SlidesError."""
    group.shown.add("slow-code")
    return _code("The code", slow_source(group), listing.tidy(shown_code(group)))


def predict(group: Group) -> list[Slide]:
    """Returns the question that learners answer with a number, after the facts it builds on. Raises SlidesError."""
    told = [block for block in group.prose("predict") if prose.is_prose(block)]
    index = next((i for i, block in enumerate(told) if "**" in block), len(told) - 1)
    given, question, after = prose.around_bold(told[index])
    also = " ".join(one for one in prose.sentences(after) if one.endswith("?"))
    given = given or (told[index - 1] if index else "")
    body = prose.paragraph(given) + prose.paragraph(question, "ask") + prose.paragraph(also)
    return [Slide("prose", group.heading("Before you measure"), body)]


def picture(group: Group) -> list[Slide]:
    """Returns the pictures of what was measured; the last has the prediction, too. Raises SlidesError."""
    measured = " ".join(group.said("reproduce").split())
    slides = list(_stacked(group.pictures("see")))
    heads = [prose.opening(measured)] * (len(slides) - 1) + [measured]
    return [_chart(pictures, head) for pictures, head in zip(slides, heads, strict=True)]


def cause(group: Group) -> list[Slide]:
    """Returns the cells that count the cause, with what they printed: the last of them, if there is no room for all."""
    body, taken = "", 0.0
    for cell in reversed(group.cells):
        if cell.cell_type != "code" or not f"{cell.id}-".startswith("cause-"):
            continue
        said = group.said(cell.id) if cell.outputs else ""
        taken += listing.tidy(cell.source).rows + 1.3 * listing.tidy(said).rows + 1
        if body and taken > ROWS:
            break
        body = listing.tidy(cell.source).html() + (listing.printed(said) if said else "") + body
        group.shown.add(cell.id)
    return [Slide("code", "<h2>Count it</h2>", body, least=20, wraps=22)]


def rule(group: Group) -> list[Slide]:
    """Returns the key sentence of each paragraph before the rule, or else its first sentence; and the rule."""
    blocks = group.prose()
    at = next((i for i, block in enumerate(blocks) if block.startswith("> **The rule:**")), len(blocks))
    told = [prose.key_sentence(block) or prose.opening(block) for block in blocks[:at] if prose.is_prose(block)]
    points = "".join(f"<li>{prose.inline(point)}</li>" for point in told[:5])
    body = f"<ul>{points}</ul>" + "".join(prose.quotation(block, "rule") for block in blocks[at : at + 1])
    return [Slide("prose", group.heading("The cause"), body)]


def exercise(group: Group) -> list[Slide]:
    """Returns the lab's card and its commands; for instructors also the lines that have to go, and our fix.

    Raises SlidesError.
    """
    lab = group.lab
    card, last = "", ""
    for line in group.said("objective").splitlines():
        if found := re.fullmatch(r"(\w+(?: \w+)?) {2,}(.+)", line):
            term, text = found.groups()
            card += f"<dt>{html.escape(term if term != last else '')}</dt><dd>{prose.inline(text)}</dd>"
            last = term
    commands = "".join(
        f"<dt><kbd>make {verb}-{lab.number:02d}</kbd></dt><dd>{does}</dd>" for verb, does in COMMANDS.items()
    )
    body = f'<dl>{card}</dl><dl class="commands">{commands}</dl>'
    slides = [Slide("exercise", group.heading("Your fix"), body, least=22)]
    if group.audience == "instructor":
        gone = listing.what_goes(lab, shown_code(group))
        slides += _code("What has to go", slow_source(group), gone, "slow") if gone.marked else []
        for file in lab.files:
            about, code = listing.what_comes(lab, file)
            slides += _code("Our fix", f"solutions/{lab.slug}/{file}", code, "fix", about)
    return slides


def after(group: Group) -> list[Slide]:
    """Returns the picture after the fix, under the first sentence about it. Raises SlidesError."""
    return [_chart(group.pictures("compare", 1), _said_after(group, "compare"))]


def tempting(group: Group) -> list[Slide]:
    """Returns the picture of a fix that looks right, under why it is wrong, as its file says. Raises SlidesError."""
    named = re.search(r"tempting\([\"'](\w+)", group.cell("tempting").source)
    said = listing.what_tempts(group.lab, named[1]) if named else ""
    return [_chart(group.pictures("tempting", 1), said or _said_after(group, "tempting"))]


def recap(group: Group) -> list[Slide]:
    """Returns the question again, and the answer. Raises SlidesError."""
    told = [block for block in group.prose("recap") if prose.is_prose(block)]
    question, answer, after = prose.around_bold(told[0])
    body = prose.paragraph(question, "again") + prose.paragraph(answer, "ask") + prose.paragraph(after)
    return [Slide("prose", group.heading("What you know now"), body)]


def of_its_own(group: Group) -> list[Slide]:
    """Returns a slide that shows a whole cell, whose metadata asked for it."""
    cell = group.cell(group.id)
    group.shown.add(cell.id)
    kind = "prose" if cell.cell_type == "markdown" else "code"
    return [Slide(kind, "", _whole(cell), least=20, wraps=0 if kind == "prose" else 22)]


SLIDES: dict[str, Callable[[Group], list[Slide]]] = {
    "title": title,
    "scene": scene,
    "slow-code": slow_code,
    "predict": predict,
    "reproduce": picture,
    "cause": cause,
    "explain": rule,
    "fix": exercise,
    "verify": after,
    "tempting": tempting,
    "recap": recap,
}
"""Which slide begins at which cell, or at the first whose id continues it, as `cause-text` does `cause`.

A cell that begins none belongs to the slide before it: to its notes, unless the slide's function shows it.
"""


def shown_code(group: Group) -> str:
    """Returns the slow code, as the notebook shows it. Raises SlidesError."""
    text: str = group.outputs("slow-code")[0].get("data", {}).get("text/markdown", "")
    return re.sub(r"^```python\n|\n```$", "", text)


def slow_source(group: Group) -> str:
    """Returns the path of the slow code, from the root of the course."""
    return group.lab.slow_source.relative_to(group.lab.root).as_posix()


def _said_after(group: Group, id: str) -> str:
    """Returns the first sentence after a cell."""
    ids = [cell.id for cell in group.cells]
    text = next((cell.source for cell in group.cells[ids.index(id) :] if cell.cell_type == "markdown"), "")
    told = [block for block in prose.paragraphs(text) if prose.is_prose(block)]
    return prose.opening(told[0]) if told else ""


def _code(head: str, file: str, code: Listing, css: str = "", caption: str = "") -> list[Slide]:
    top = f"<h2>{head}<small>{html.escape(file)}</small></h2>{prose.paragraph(caption, 'caption')}"
    pages = code.pages(ROWS - 3 if caption else ROWS)
    return [Slide("code", top, page.html(css), least=20, wraps=22) for page in pages]


def _size(png: bytes) -> tuple[int, int]:
    """Returns a picture's width and height in pixels."""
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def _image(picture: Picture, otherwise: str, scale: float) -> str:
    """Returns a picture for light slides and its counterpart for dark ones; the page shows one of them."""
    png = picture.png
    width, height = (round(side * scale) for side in _size(png))
    alt = html.escape(picture.alt or otherwise)
    return "".join(
        f'<img class="{css}" alt="{alt}" width="{width}" height="{height}" '
        f'src="data:image/png;base64,{base64.b64encode(data).decode()}">'
        for css, data in (("on-light", png), ("on-dark", style.dark(png)))
    )


def _scale(pictures: Sequence[Picture], room: tuple[int, int]) -> float:
    """Returns how much to scale pictures that are below each other, so that they fill some room."""
    sizes = [_size(picture.png) for picture in pictures]
    height = room[1] - GAP * (len(sizes) - 1)
    return min(room[0] / max(width for width, _ in sizes), height / sum(height for _, height in sizes))


def _chart(pictures: Sequence[Picture], head: str) -> Slide:
    beside = len(pictures) == 1 and _scale(pictures, BESIDE) > _scale(pictures, BELOW)
    scale = _scale(pictures, BESIDE if beside else BELOW)
    otherwise = re.sub(r"[*`]", "", head)
    images = "".join(_image(picture, otherwise, scale) for picture in pictures)
    shape = "tall" if beside else "wide"
    return Slide(
        f"chart {shape}", f'<h2 class="fit" data-least="24">{prose.breakable(prose.inline(head))}</h2>', images
    )


def _stacked(pictures: Sequence[Picture]) -> Iterator[list[Picture]]:
    """Yields the pictures of each slide: those with room below each other at full width share one."""
    together: list[Picture] = []
    for picture in pictures:
        if together and _scale([*together, picture], BELOW) < _scale([picture], (BELOW[0], 10_000)):
            yield together
            together = []
        together.append(picture)
    yield together


# The speaker's notes.


def _output(output: NotebookNode) -> str:
    data = output.get("data", {})
    if "image/png" in data:
        src = f"data:image/png;base64,{data['image/png'].strip()}"
        return f'<img alt="{html.escape(_alt(output))}" src="{src}" width="100%">'
    if "text/html" in data:
        return str(data["text/html"])
    if "text/markdown" in data:
        return prose.html(data["text/markdown"])
    return f"<pre>{html.escape(output.get('text') or data.get('text/plain', ''))}</pre>"


def _whole(cell: NotebookNode, less_pictures: int = 0) -> str:
    """Returns a cell as HTML, without its first pictures. Of a call to the kit only the output is worth showing."""
    if cell.cell_type == "markdown":
        return prose.html(cell.source)
    code = "" if re.search(r"^lab\b", cell.source, re.MULTILINE) else listing.tidy(cell.source).html()
    outputs = list(cell.get("outputs", []))
    there = [output for output in outputs if "image/png" in output.get("data", {})][:less_pictures]
    return code + "".join(_output(output) for output in outputs if output not in there)


def _notes(group: Group) -> str:
    """Returns all of a group that is not on its slides as it is, for the speaker, as HTML."""
    parts = [_whole(cell, group.pictures_shown.get(cell.id, 0)) for cell in group.cells if cell.id not in group.shown]
    if group.id == "fix" and group.audience == "instructor":
        hints = "".join(f"<li>{prose.inline(hint)}</li>" for hint in group.lab.hints)
        parts.append(f"<h2>The hints, in order</h2><ol>{hints}</ol>")
    return "\n".join(parts)


# The deck.


def _asked(cell: NotebookNode) -> str | None:
    """Returns the slide type that a cell's own metadata asks for, if any."""
    asked: str | None = cell.metadata.get("slideshow", {}).get("slide_type")
    return asked


def groups(notebook: NotebookNode, lab: Lab, audience: Audience) -> list[Group]:
    """Returns a notebook's cells, grouped by slide; cells that ask to be skipped are in no group."""
    found: list[Group] = []
    begun: set[str] = set()
    for cell in notebook.cells:
        begins = next((id for id in SLIDES if f"{cell.id}-".startswith(f"{id}-") and id not in begun), None)
        asked = _asked(cell)
        if asked == "skip":
            continue
        if not found or asked in ("slide", "subslide") or (begins and asked is None):
            begun |= {begins} if begins else set()
            found.append(Group(begins or cell.id, lab, audience, notebook, vertical=asked == "subslide"))
        found[-1].cells.append(cell)
    return found


def _slides(group: Group) -> list[Slide]:
    """Returns a group's slides; what its cells ask to add is on the last of them."""
    slides = SLIDES.get(group.id, of_its_own)(group)
    slides[0] = replace(slides[0], vertical=group.vertical)
    for cell in group.cells:
        if (asked := _asked(cell)) in ("-", "fragment"):
            group.shown.add(cell.id)
            css = "fragment" if asked == "fragment" else ""
            slides[-1] = replace(slides[-1], body=f'{slides[-1].body}<div class="{css}">{_whole(cell)}</div>')
    return slides


def build(notebook: NotebookNode, lab: Lab, audience: Audience) -> NotebookNode:
    """Returns a notebook for nbconvert's exporter, in which each cell is a slide or the speaker's notes to it.

    Raises SlidesError if the lab's notebook lacks a cell, an output or a picture that a slide needs.
    """
    cells: list[NotebookNode] = []
    for group in groups(notebook, lab, audience):
        slides = _slides(group)
        notes = _notes(group)
        for slide in slides:
            kind = "subslide" if slide.vertical else "slide"
            cells.append(_cell(kind, kind=slide.kind, html=slide.html))
            cells.append(_cell("notes", html=notes))
    visible = [cell for cell in cells if "kind" in cell.metadata.deck]
    for number, cell in enumerate(visible, 1):
        cell.metadata.deck.count = f"{number} / {len(visible)}"
    return NotebookNode(new_notebook(cells=cells))


def _cell(slide_type: str, **deck: str) -> NotebookNode:
    return NotebookNode(new_markdown_cell(metadata={"slideshow": {"slide_type": slide_type}, "deck": deck}))
