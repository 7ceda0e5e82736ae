"""Decks on disk: `slides/NN_<name>.html`, each a page that loads nothing from outside, and an index of them."""

import base64
import importlib.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import cache
from pathlib import Path

import jinja2
from nbconvert.exporters import SlidesExporter
from nbformat import NotebookNode, ValidationError
from nbformat import reader as notebooks

from perflab import files, session
from perflab.course.lab import Lab
from perflab.course.syllabus import Syllabus
from perflab.slides import browser, builder, prose
from perflab.slides.browser import BrowserError
from perflab.slides.builder import Audience, SlidesError

HERE = Path(__file__).parent / "deck"
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "frame-src 'self' file:"  # the speaker's window shows the deck in frames
)
FONTS = (("regular", "normal", 400), ("italic", "italic", 400), ("semibold", "normal", 600))


def folder(course: Syllabus, audience: Audience) -> Path:
    """Returns the folder that decks are written to. Those for learners have one of their own, to hand out whole."""
    slides = course.labs[0].root / "slides"
    return slides if audience == "instructor" else slides / audience


@cache
def reveal() -> Path:
    """Returns the folder of reveal.js, in the package pyreveal, none of whose own code runs.

    Raises SlidesError if that package is not installed.
    """
    spec = importlib.util.find_spec("pyreveal")
    if spec is None or not spec.submodule_search_locations:
        raise SlidesError("reveal.js is missing here. `make setup` installs it, from the package pyreveal.")
    return Path(spec.submodule_search_locations[0]) / "revealjs"


@cache
def fonts() -> str:
    """Returns the CSS of the fonts, which are in it. Raises SlidesError."""
    files = reveal() / "css" / "theme" / "fonts" / "source-sans-pro"
    return "\n".join(
        f'@font-face {{ font-family: "Source Sans Pro"; font-style: {style}; font-weight: {weight}; '
        f'src: url("data:font/woff;base64,{_base64(files / f"source-sans-pro-{name}.woff")}") format("woff"); }}'
        for name, style, weight in FONTS
    )


@cache
def styles() -> str:
    """Returns the CSS of every deck and of the index, with its fonts in it. Raises SlidesError."""
    sheets = [reveal() / "dist" / "reset.css", reveal() / "dist" / "reveal.css", HERE / "deck.css"]
    return "\n".join([fonts(), *(sheet.read_text() for sheet in sheets)])


@cache
def scripts() -> str:
    """Returns the JavaScript of every deck: reveal.js, its notes plugin and ours. Raises SlidesError."""
    ours = [HERE / "theme.js", HERE / "deck.js"]
    files = [reveal() / "dist" / "reveal.js", reveal() / "dist" / "plugin" / "notes.js", *ours]
    text = "\n".join(file.read_text() for file in files)
    # The notes plugin holds a whole page as text, which must not end or open a script in ours.
    return text.replace("<!--", "\\x3c!--").replace("<script", "\\x3cscript").replace("</script", "\\x3c/script")


def template(name: str) -> jinja2.Template:
    """Returns a page of ours to fill in."""
    return jinja2.Environment(loader=jinja2.FileSystemLoader(HERE), autoescape=True).get_template(name)


def _base64(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode()


def _place(lab: Lab, course: Syllabus) -> str:
    """Returns a tick for each lab of the course, part by part, as HTML."""
    ticks = ""
    for before, one in zip((None, *course.labs), course.labs, strict=False):
        where = "past" if one.number < lab.number else "here" if one is lab else ""
        new = " new" if before and before.part != one.part else ""
        ticks += f'<i class="{where}{new}"></i>'
    return f'<span class="place" role="img" aria-label="lab {lab.number} of {len(course.labs)}">{ticks}</span>'


def read(lab: Lab) -> NotebookNode:
    """Returns a lab's notebook as it is on disk. Raises SlidesError if it is missing or cannot be read."""
    file = lab.notebook.relative_to(lab.root).as_posix()
    try:
        notebook = notebooks.reads(lab.notebook.read_text())
        for cell in notebook.cells:
            cell.setdefault("id", "")
            cell.setdefault("outputs", [])
        return notebook if notebook.cells else _unreadable(file, "it has no cells")
    except FileNotFoundError:
        raise SlidesError(f"There is no {file}. `git checkout {file}` brings it back.") from None
    except (OSError, ValueError, AttributeError, ValidationError) as error:
        return _unreadable(file, str(error).splitlines()[0])


def _unreadable(file: str, why: str) -> NotebookNode:
    raise SlidesError(f"{file} cannot be read: {why}. `git checkout {file}` brings it back.")


def html(lab: Lab, course: Syllabus, audience: Audience, notebook: NotebookNode, measured: str) -> str:
    """Returns a whole deck as HTML; `measured` says where its figures are from.

    Raises SlidesError if the notebook lacks a cell, an output or a picture that a slide needs.
    """
    exporter = SlidesExporter(template_name=HERE.name, extra_template_basedirs=[str(HERE.parent)])
    deck = {
        "number": f"{lab.number:02d}",
        "title": prose.inline(lab.title),
        "minutes": lab.minutes,
        "part": course.part_title(lab.part),
        "place": _place(lab, course),
        "measured": measured,
        "policy": POLICY,
        "styles": styles(),
        "scripts": scripts(),
    }
    page, _ = exporter.from_notebook_node(builder.build(notebook, lab, audience), {"deck": deck})
    return str(page)


def run(lab: Lab) -> NotebookNode:
    """Returns a lab's notebook, run on this machine with our fix; the file stays as it is.

    Raises SlidesError if the run does not end, or does not solve the lab.
    """
    from nbclient.exceptions import CellControlSignal, DeadKernelError

    instead = f"`make slides-{lab.number:02d}` shows our reference run instead."
    try:
        notebook = session.executed(lab.notebook)
    except (CellControlSignal, DeadKernelError) as error:
        last = str(error).strip().splitlines()[-1]
        raise SlidesError(f"Lab {lab.number} did not run to its end here: {last} {instead}") from None
    said = "".join(one.get("text", "") for cell in notebook.cells if cell.id == "verify" for one in cell.outputs)
    if not said.strip().endswith("solved"):
        raise SlidesError(f"Our own fix did not solve its lab on this machine ({said.strip()}). {instead}")
    return notebook


def write(lab: Lab, course: Syllabus, audience: Audience = "instructor", notebook: NotebookNode | None = None) -> Path:
    """Writes a lab's deck and returns its path. It is made from `notebook`, as just run, or else from the one on disk.

    Raises SlidesError if it cannot be made, Unwritable if it cannot be written.
    """
    measured = f"Measured on this machine, {date.today():%d %B %Y}" if notebook else "Measured in our reference run"
    page = html(lab, course, audience, notebook or read(lab), measured)
    return replace(folder(course, audience) / f"{lab.slug}.html", page)


def write_index(course: Syllabus, audience: Audience = "instructor") -> Path:
    """Writes the index, with the parts of the course and the decks that exist; returns its path. Raises Unwritable."""
    there = folder(course, audience)
    parts: dict[str, list[tuple[Lab, bool]]] = {}
    for lab in course.labs:
        parts.setdefault(course.part_title(lab.part), []).append((lab, (there / f"{lab.slug}.html").exists()))
    page = template("contents.html.j2").render(
        parts=parts, policy=POLICY, styles=styles(), theme=(HERE / "theme.js").read_text()
    )
    return replace(there / "index.html", page)


class Unwritable(SlidesError):
    """A folder where no slides can be written, so that trying the next deck is no use."""


def replace(path: Path, content: str | bytes) -> Path:
    """Writes a page whole or not at all, and returns its path. Raises Unwritable."""
    try:
        files.write(path, content)
    except OSError as error:
        raise Unwritable(
            f"Slides cannot be written to {path.parent}: {error.strerror}. "
            "Make that a folder you may write to, or copy the course to where you may."
        ) from None
    return path


# On paper.


@contextmanager
def printing() -> Iterator[Callable[[Path], Path]]:
    """Yields a function that prints a deck to a PDF beside it, a page for each slide, and returns the PDF's path.

    Raises SlidesError if there is no browser, if it does not start or if it fails; Unwritable if there is no room to
    write the PDF.
    """

    def write_pdf(deck: Path) -> Path:
        # A browser for each deck: labs that are measured between two decks have the machine to themselves.
        with browser.opened() as page:
            page.goto(f"{deck.as_uri()}?print-pdf")
            page.wait_for_selector(".printable", state="attached")
            pdf = page.pdf(prefer_css_page_size=True, print_background=True, tagged=True)
        return replace(deck.with_suffix(".pdf"), pdf)

    try:
        with browser.opened():
            pass  # one that does not start is named before any deck is written
        yield write_pdf
    except BrowserError as error:
        raise SlidesError(str(error)) from None
