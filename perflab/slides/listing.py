"""Code for slides: which lines to show, which of them to mark, and where to cut what is too long for one slide."""

import ast
import difflib
import html
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexers.python import PythonLexer

from perflab.course.lab import Lab

ROWS, COLUMNS = 19, 96  # of code on a slide, at the smallest size that can be read from the last row


@dataclass(frozen=True)
class Listing:
    """Lines of code; those that matter are marked, by index."""

    lines: tuple[str, ...]
    marked: frozenset[int] = frozenset()

    def part(self, where: range) -> "Listing":
        """Returns some of its lines, by index, with their marks."""
        return Listing(self.lines[where.start : where.stop], frozenset(i - where.start for i in self.marked))

    @property
    def rows(self) -> float:
        """Returns the room that it takes, in rows of the smallest size: a blank line takes half a row."""
        return sum(-(-len(line) // COLUMNS) if line.strip() else 0.5 for line in self.lines)

    def pages(self, room: float) -> list["Listing"]:
        """Returns the listing in even parts of at most so many rows, cut between definitions where possible."""
        if self.rows <= room:
            return [self]
        share = self.rows / math.ceil(self.rows / room)
        fitting = [cut for cut in range(1, len(self.lines)) if self.part(range(cut)).rows <= room]
        between = [cut for cut in fitting if not self.lines[cut - 1].strip() and not self.lines[cut].startswith(" ")]
        cut = min(between or fitting, key=lambda cut: abs(self.part(range(cut)).rows - share))
        return [self.part(range(cut)), *self.part(range(cut, len(self.lines))).pages(room)]

    def html(self, css: str = "") -> str:
        """Returns the listing as HTML with its syntax coloured; `css` is the class that says what a mark means."""
        lexer, formatter = PythonLexer(stripnl=False, ensurenl=False), HtmlFormatter(nowrap=True)
        painted = highlight("\n".join(self.lines), lexer, formatter).split("\n")
        rows = [
            f'<span class="line{" marked" if index in self.marked and line.strip() else ""}" '
            f'style="--indent:{len(line) - len(line.lstrip())}">{painted[index]}</span>'
            for index, line in enumerate(self.lines)
        ]
        return f'<pre class="{css}">{"".join(rows)}</pre>'


def tidy(text: str) -> Listing:
    """Returns a text as a listing, with one blank line where there are more."""
    return Listing(tuple(re.sub(r"\n{3,}", "\n\n", text.strip("\n")).splitlines()))


def printed(text: str) -> str:
    """Returns what a cell printed, as HTML."""
    rows = "".join(f'<span class="line" style="--indent:0">{html.escape(line)}</span>' for line in text.splitlines())
    return f'<pre class="out">{rows}</pre>'


def definitions(source: str, imports: bool = False) -> dict[str, range]:
    """Returns the lines of a module's statements, by the name that each defines, with decorators and comments above.

    Its docstring, `__all__` and a bare `router = APIRouter()` are left out, and imports unless asked for. Raises
    SyntaxError.
    """
    lines = source.splitlines()
    found: dict[str, range] = {}
    for node in ast.parse(source).body:
        first = node.lineno
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                first = min([first, *(decorator.lineno for decorator in node.decorator_list)])
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                if name == "__all__" or lines[first - 1] == "router = APIRouter()":
                    continue
            case ast.Expr(value=ast.Constant()):
                continue
            case ast.Import() | ast.ImportFrom() if not imports:
                continue
            case _:
                name = f"line {first}"
        while first > 1 and lines[first - 2].startswith("#"):
            first -= 1
        found[name] = range(first - 1, node.end_lineno or first)
    return found


def _documentation(source: str) -> set[int]:
    """Returns the lines of docstrings, by index."""
    found: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and ast.get_docstring(node):
            found |= set(range(node.body[0].lineno - 1, node.body[0].end_lineno or 0))
    return found


def _changed(before: Sequence[str], after: Sequence[str]) -> tuple[set[int], set[int]]:
    """Returns which lines of one text have to go, and which of the other are new, by index."""
    gone: set[int] = set()
    new: set[int] = set()
    for tag, *where in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            gone |= set(range(where[0], where[1]))
            new |= set(range(where[2], where[3]))
    return gone, new


def _texts(source: str) -> dict[str, list[str]]:
    lines = source.splitlines()
    return {name: lines[where.start : where.stop] for name, where in definitions(source).items()}


def about(source: str) -> str:
    """Returns the first paragraph of a module's docstring, or nothing. Raises SyntaxError."""
    return " ".join((ast.get_docstring(ast.parse(source)) or "").split("\n\n")[0].split())


def what_tempts(lab: Lab, name: str) -> str:
    """Returns why a tempting fix is wrong, as its own file says; nothing if there is no such fix.

    If it has several files, it is the first that does not say the same as ours.
    """
    fix = next((path for path in lab.tempting() if path.stem == f"tempting_{name}"), None)
    files = [fix] if fix and fix.is_file() else sorted(fix.iterdir()) if fix else []
    ours = [about(_reference(lab, file)) for file in lab.files]
    return next((said for file in files if (said := about(file.read_text())) not in ours), "")


def _reference(lab: Lab, file: str) -> str:
    return re.sub(r"[ \t]*# noqa.*", "", (lab.solution / file).read_text())


def what_goes(lab: Lab, shown: str) -> Listing:
    """Returns the definitions in the slow code, as shown, that our fix changes; lines that have to go are marked."""
    ours = {name: text for file in lab.files for name, text in _texts(_reference(lab, file)).items()}
    lines, documentation = shown.splitlines(), _documentation(shown)
    taken: list[str] = []
    marked: set[int] = set()
    for name, where in definitions(shown).items():
        gone, _ = _changed(lines[where.start : where.stop], ours.get(name, lines[where.start : where.stop]))
        gone -= {index - where.start for index in documentation}
        if gone:
            taken += [""] if taken else []
            marked |= {len(taken) + index for index in gone}
            taken += lines[where.start : where.stop]
    return Listing(tuple(taken), frozenset(marked))


def what_comes(lab: Lab, file: str) -> tuple[str, Listing]:
    """Returns our fix in one file: what it says it does, and its code; lines that the slow code lacks are marked."""
    slow, source = _texts(lab.slow_source.read_text()), _reference(lab, file)
    if lab.own_gunicorn.is_file():
        slow |= _texts(lab.own_gunicorn.read_text())
    lines = source.splitlines()
    shown: list[str] = []
    marked: set[int] = set()
    end = 0
    for name, where in definitions(source, imports=file == "gunicorn.conf.py").items():
        text = lines[where.start : where.stop]
        if shown and any(not line.strip() for line in lines[end : where.start]):
            shown.append("")
        _, new = _changed(slow.get(name, []), text)
        marked |= {len(shown) + index for index in new}
        shown += text
        end = where.stop
    return about(source), Listing(tuple(shown), frozenset(marked))
