"""A sound course: one lab laid out by `new` with each TODO written, and one to come. Nothing is missing or out of step.

Tests break one thing of it, with the functions below: each says what is done, and does it when it is called with the
course's root.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from perflab.course import audit, layout, references, syllabus
from perflab.course.lab import Lab
from perflab.course.syllabus import Syllabus

NAME, SLUG = "slow_kite", "01_slow_kite"
FOLDER, SOLUTION = f"labs/{SLUG}", f"solutions/{SLUG}"
PART, NOTEBOOK, ANSWERS = f"app/parts/{NAME}.py", f"notebooks/{SLUG}.ipynb", "docs/think-on.md"
QUESTION = "Why does the kite not fly?"
TEXTS = {
    "labs/course.toml": f'[[parts]]\ntitle = "In the air"\nlabs = ["{NAME}", "kite_to_come"]\n',
    f"{FOLDER}/lab.toml": f'title = "A kite in a tree"\nquestion = "{QUESTION}"\nnode_counterpart = "A balloon"\n',
    "labs/02_kite_to_come/lab.toml": 'title = "B"\nquestion = "When?"\nnode_counterpart = "C"\n',
    "README.md": "\n".join(mark for name in references.BLOCKS for mark in references.marks(name)),
    "CHANGELOG.md": "- **Lab 01, A kite in a tree**: wind.\n",
}


def course(root: Path) -> Syllabus:
    """The course, written and read."""
    for file, text in TEXTS.items():
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text(text)
    for path in layout.lay_out(root, NAME):
        path.write_text(path.read_text().replace("TODO: ", ""))
    with cells(root) as found:
        found["scene"]["source"] = [" ".join(["wind"] * 500)]
        for number, cell in enumerate(found.values(), 1):
            if cell["cell_type"] == "code":
                cell["execution_count"] = number
        for id in audit.PICTURED:
            picture = {"data": {"image/png": "TODO/home/kite"}, "metadata": {}, "output_type": "display_data"}
            found[id]["outputs"] = [picture]
        found["verify"]["outputs"] = [printed("Lab 1, A kite in a tree: solved\n")]
        found["objective"]["outputs"] = [printed("Lab 1 of 2 · In the air\n")]
    references.write(root, syllabus.load)
    return syllabus.load(root)


def lab(root: Path) -> Lab:
    """The lab, as it is declared now."""
    return syllabus.load(root).by_name(NAME)


def printed(text: str) -> dict[str, Any]:
    return {"name": "stdout", "output_type": "stream", "text": text.splitlines(keepends=True)}


@contextmanager
def cells(root: Path) -> Iterator[dict[str, Any]]:
    """The notebook's cells by id, to change: they are written in the end, in the order that they then have."""
    path = root / NOTEBOOK
    notebook = json.loads(path.read_text())
    found = {cell["id"]: cell for cell in notebook["cells"]}
    yield found
    path.write_text(json.dumps({**notebook, "cells": list(found.values())}, indent=1, ensure_ascii=False) + "\n")


Break = Callable[[Path], None]


def removed(file: str) -> Break:
    def does(root: Path) -> None:
        (shutil.rmtree if (root / file).is_dir() else Path.unlink)(root / file)

    return does


def written(file: str, text: str) -> Break:
    def does(root: Path) -> None:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text(text)

    return does


def replaced(file: str, old: str, new: str) -> Break:
    def does(root: Path) -> None:
        text = (root / file).read_text()
        assert old in text
        (root / file).write_text(text.replace(old, new))

    return does


def cell(id: str, /, **changes: Any) -> Break:
    """A cell with other values, e.g. `source`; a function is called with the value that is there."""

    def does(root: Path) -> None:
        with cells(root) as found:
            for key, value in changes.items():
                found[id][key] = value(found[id][key]) if callable(value) else value

    return does


def each(*breaks: Break) -> Break:
    def does(root: Path) -> None:
        for one in breaks:
            one(root)

    return does
