"""Lays out a new lab: every file that it takes, as a first draft that runs, for its author to replace piece by piece.

What is there already is left alone, so `new` may be called again. Each draft says TODO where something is to be
written, and `check` counts what is left.
"""

import keyword
import re
import tomllib
from pathlib import Path

import jinja2
import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from perflab import files
from perflab.course import templates
from perflab.course.audit import OTHERS_AT_LEAST
from perflab.course.lab import Lab
from perflab.course.syllabus import load, outline

DRAFTS = Path(__file__).parent / "scaffold"
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
UNTITLED = """title = "TODO: the lab's title, as a picture in words"
question = "TODO: the question that it opens and closes with?"
node_counterpart = "TODO: its counterpart in the Node course"
"""


class LayoutError(Exception):
    """A lab that cannot be laid out: one plain sentence, and the remedy."""


def _draft(template: str, /, **values: object) -> str:
    drafts = jinja2.Environment(
        loader=jinja2.FileSystemLoader(DRAFTS), undefined=jinja2.StrictUndefined, keep_trailing_newline=True
    )
    return drafts.get_template(template).render(values)


def lay_out(root: Path, name: str) -> list[Path]:
    """Writes what a lab lacks, and returns the files written. Raises LayoutError, and SyllabusError.

    The lab must have its place in `labs/course.toml`; its `lab.toml` may say no more than what it will be about.
    """
    if not NAME.fullmatch(name) or keyword.iskeyword(name):
        raise LayoutError(f"{name!r} is no name for a lab. Use small letters and underscores, such as blocked_loop.")
    names = [one for part in outline(root).parts for one in part.labs]
    if name not in names:
        raise LayoutError(f"{name!r} has no place yet. Add it to 'labs' of a part in labs/course.toml, and try again.")
    written: list[Path] = []
    declaration = root / "labs" / f"{names.index(name) + 1:02d}_{name}" / "lab.toml"
    _write(declaration, UNTITLED, written)
    lab = load(root).by_name(name)
    if lab.is_about_load:
        raise LayoutError(
            f"{name!r} is about a load test, and there are drafts for the site only. Copy another such lab."
        )
    if not lab.ready:
        if more := sorted(set(tomllib.loads(declaration.read_text())) - {"title", "question", "node_counterpart"}):
            raise LayoutError(
                f"{name!r} has {', '.join(more)} already. Add [[metrics]] to its lab.toml, and try again."
            )
        files.write(declaration, f"{declaration.read_text().rstrip()}\n{_draft('lab.toml.j2')}")
        written = [declaration]
    _lay_out_files(load(root).by_name(name), written)
    return written


def _write(path: Path, text: str, written: list[Path]) -> None:
    if not path.exists():
        files.write(path, text)
        written.append(path)


def _lay_out_files(lab: Lab, written: list[Path]) -> None:
    values = {
        "name": lab.name,
        "route": lab.name.replace("_", "-"),
        "slug": lab.slug,
        "number": f"{lab.number:02d}",
        "title": lab.title,
        "question": lab.question,
        "node_counterpart": lab.node_counterpart,
    }
    _write(lab.slow_source, _draft("part.py.j2", **values), written)
    _write(lab.folder / "locustfile.py", _draft("locustfile.py.j2", **values), written)
    for name in lab.files:
        _write(lab.solution / name, _draft(f"{name}.j2", **values), written)
    if not lab.tempting():
        _write(lab.solution / "tempting_first_idea.py", _draft("tempting.py.j2", **values), written)
    for way in ("one_way", "another_way"):
        if len(lab.others()) < OTHERS_AT_LEAST:
            draft = _draft("other.py.j2", way=way.replace("_", " "), **values)
            _write(lab.solution / f"other_{way}.py", draft, written)
    for name in lab.files:
        _write(lab.folder / name, templates.shipped(lab, name), written)
    if not lab.notebook.exists():
        lab.notebook.parent.mkdir(exist_ok=True)
        nbformat.write(_notebook(_draft("notebook.md.j2", **values)), lab.notebook)
        written.append(lab.notebook)
    answers = lab.root / "docs" / "think-on.md"
    text = answers.read_text() if answers.exists() else "# Think on: our answers\n"
    if f"## Lab {lab.number:02d}\n" not in text:
        files.write(answers, _with_chapter(text, lab.number, _draft("think_on.md.j2", **values)))
        written.append(answers)


def _notebook(text: str) -> NotebookNode:
    """A notebook from a draft, in which `%% id` begins a cell of prose, and `%% id code TAG` one of code."""
    cells = []
    for id, kind, tag, source in re.findall(r"(?ms)^%% ([\w-]+)(?: (code))?(?: ([\w-]+))?\n(.*?)(?=^%% |\Z)", text):
        values = {"source": source.rstrip("\n"), "id": id, "metadata": {"tags": [tag]} if tag else {}}
        cells.append(new_code_cell(**values) if kind else new_markdown_cell(**values))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return NotebookNode(new_notebook(cells=cells, metadata={"kernelspec": kernel}))


def _with_chapter(text: str, number: int, chapter: str) -> str:
    """The answers with one more chapter, at its place."""
    for found in re.finditer(r"(?m)^## Lab (\d\d)$", text):
        if int(found[1]) > number:
            return f"{text[: found.start()]}{chapter.lstrip()}\n{text[found.start() :]}"
    return text.rstrip("\n") + "\n" + chapter
