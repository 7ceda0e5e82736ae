"""Decks on disk: `slides/NN_<name>.html`, each a page that asks for nothing from outside, and an index of them."""

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

from perflab.slides import browser, prose, builder
from perflab import files, session
from perflab.slides.browser import BrowserError
from perflab.course.lab import Lab
from perflab.course.syllabus import Syllabus
from perflab.slides.builder import Audience, SlidesError

HERE = Path(__file__).parent / "deck"
ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X")
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "frame-src 'self' file:"  # the speaker's window shows the deck in frames
)
FONTS = (("regular", "normal", 400), ("italic", "italic", 400), ("semibold", "normal", 600))


def folder(course: Syllabus, audience: Audience) -> Path:
    """Where decks go. What is made for learners lies apart, so that it can be handed out whole."""
    slides = course.labs[0].root / "slides"
    return slides if audience == "instructor" else slides / audience


@cache
def reveal() -> Path:
    """Where reveal.js is: in the package that brings it. None of that package's own code is run."""
    spec = importlib.util.find_spec("pyreveal")
    if spec is None or not spec.submodule_search_locations:
        raise SlidesError("reveal.js is missing here. `make setup` installs it, from the package pyreveal.")
    return Path(spec.submodule_search_locations[0]) / "revealjs"


@cache
def styles() -> str:
    fonts = reveal() / "css" / "theme" / "fonts" / "source-sans-pro"
    faces = [
        f'@font-face {{ font-family: "Source Sans Pro"; font-style: {style}; font-weight: {weight}; '
        f'src: url("data:font/woff;base64,{_base64(fonts / f"source-sans-pro-{name}.woff")}") format("woff"); }}'
        for name, style, weight in FONTS
    ]
    sheets = [reveal() / "dist" / "reset.css", reveal() / "dist" / "reveal.css", HERE / "deck.css"]
    return "\n".join([*faces, *(sheet.read_text() for sheet in sheets)])


@cache
def scripts() -> str:
    ours = [HERE / "theme.js", HERE / "deck.js"]
    files = [reveal() / "dist" / "reveal.js", reveal() / "dist" / "plugin" / "notes.js", *ours]
    text = "\n".join(file.read_text() for file in files)
    # The notes plugin holds a whole page as text, which must not end or open a script in ours.
    return text.replace("<!--", "\\x3c!--").replace("<script", "\\x3cscript").replace("</script", "\\x3c/script")


def _base64(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode()


def part(number: int, course: Syllabus) -> str:
    return f"Part {ROMAN[number - 1]} · {course.parts[number - 1]}"


def _place(lab: Lab, course: Syllabus) -> str:
    """A tick for each lab of the course, part by part."""
    ticks = ""
    for before, one in zip((None, *course.labs), course.labs, strict=False):
        where = "past" if one.number < lab.number else "here" if one is lab else ""
        new = " new" if before and before.part != one.part else ""
        ticks += f'<i class="{where}{new}"></i>'
    return f'<span class="place" role="img" aria-label="lab {lab.number} of {len(course.labs)}">{ticks}</span>'


def read(lab: Lab) -> NotebookNode:
    """A lab's notebook as it lies there. Raises SlidesError."""
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
    """A whole deck. `measured` says where its figures are from. Raises SlidesError."""
    exporter = SlidesExporter(template_name=HERE.name, extra_template_basedirs=[str(HERE.parent)])
    deck = {
        "number": f"{lab.number:02d}",
        "title": prose.inline(lab.title),
        "minutes": lab.minutes,
        "part": part(lab.part, course),
        "place": _place(lab, course),
        "measured": measured,
        "policy": POLICY,
        "styles": styles(),
        "scripts": scripts(),
    }
    page, _ = exporter.from_notebook_node(builder.build(notebook, lab, audience), {"deck": deck})
    return str(page)


def run(lab: Lab) -> NotebookNode:
    """A lab's notebook, run on this machine with our fix; the file stays as it is. Raises SlidesError."""
    from nbclient.exceptions import CellControlSignal, DeadKernelError

    instead = f"`make slides-{lab.number:02d}` shows our reference run instead."
    try:
        notebook = session.executed(lab)
    except (CellControlSignal, DeadKernelError) as error:
        last = str(error).strip().splitlines()[-1]
        raise SlidesError(f"Lab {lab.number} did not run to its end here: {last} {instead}") from None
    said = "".join(one.get("text", "") for cell in notebook.cells if cell.id == "verify" for one in cell.outputs)
    if not said.strip().endswith("solved"):
        raise SlidesError(f"Our own fix did not solve its lab on this machine ({said.strip()}). {instead}")
    return notebook


def write(lab: Lab, course: Syllabus, audience: Audience = "instructor", notebook: NotebookNode | None = None) -> Path:
    """Writes a lab's deck, from the notebook as it lies there or as just run, and returns where. Raises SlidesError."""
    measured = f"Measured on this machine, {date.today():%d %B %Y}" if notebook else "Measured in our reference run"
    page = html(lab, course, audience, notebook or read(lab), measured)
    return _replace(folder(course, audience) / f"{lab.slug}.html", page)


def write_index(course: Syllabus, audience: Audience = "instructor") -> Path:
    """Writes the page with the parts of the course and the decks that are there, and returns where."""
    there = folder(course, audience)
    parts: dict[str, list[tuple[Lab, bool]]] = {}
    for lab in course.labs:
        parts.setdefault(part(lab.part, course), []).append((lab, (there / f"{lab.slug}.html").exists()))
    pages = jinja2.Environment(loader=jinja2.FileSystemLoader(HERE), autoescape=True)
    page = pages.get_template("contents.html.j2").render(
        parts=parts, policy=POLICY, styles=styles(), theme=(HERE / "theme.js").read_text()
    )
    return _replace(there / "index.html", page)


class Unwritable(SlidesError):
    """A place where no slides can be written: there is no use in trying the next deck."""


def _replace(path: Path, content: str | bytes) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
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
    """What prints a deck beside itself, a page for each slide, and returns where. Raises SlidesError."""
    try:
        with browser.opened() as page:

            def write_pdf(deck: Path) -> Path:
                page.open(f"{deck.as_uri()}?print-pdf", "document.querySelector('.printable')")
                return _replace(deck.with_suffix(".pdf"), page.pdf())

            yield write_pdf
    except BrowserError as error:
        raise SlidesError(str(error)) from None
