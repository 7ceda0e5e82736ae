"""What is missing in a lab, or out of step: file, fault and remedy. Nothing is measured here, so it takes a moment.

Each fault has a check of its own, a function of a lab, in `CHECKS`. `python -m perflab check NN` prints what they find,
and the tests run them over every lab of the course.
"""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from perflab.course import references, templates
from perflab.course.lab import ROOT, Lab
from perflab.course.syllabus import Syllabus

ANATOMY = (
    "title", "objective", "scene", "slow-code", "predict", "predict-yours", "reproduce", "see", "see-text", "cause",
    "explain", "fix", "fix-hint", "verify", "verify-see", "compare", "tempting", "recap", "reflect", "further",
)  # fmt: skip
MEASURED = {"predict-yours", "reproduce", "see", "verify-see", "compare", "tempting"}
MEASURED_TOO = {
    "free-threaded",  # which interpreters a machine has
    "table", "table-yours",  # latencies
    "profile", "zoom", "flame-reference",  # where the time goes
}  # fmt: skip
PICTURED = ("see", "verify-see", "compare", "tempting")
KEPT = ("tags", "slideshow")  # of a cell's metadata: what we wrote there ourselves
CODE_LINES_AT_MOST = 5
WORDS = range(600, 1301)
HINTS_AT_LEAST, OTHERS_AT_LEAST, TEMPTING_AT_LEAST = 4, 2, 1
SENTENCE = 60  # characters of a first line that says something
NOT_OURS = {"__pycache__", ".ipynb_checkpoints"}
QUIZ = "33_final_quiz"  # no lab: the final knowledge test, which `perflab.quiz` looks after


class Fault(NamedTuple):
    """Something that is not as it must be."""

    file: str  # from the top of the course
    fault: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}: {self.fault}. {self.remedy}{'' if self.remedy.endswith('?') else '.'}"


Faults = Iterator[Fault]


def _named(path: Path, lab: Lab) -> str:
    return path.relative_to(lab.root).as_posix() if path.is_relative_to(lab.root) else path.name


def _text(path: Path) -> str:
    """What a file says; of a notebook without its pictures, in whose letters any word may come up. Empty without it."""
    return re.sub(r'"image/png": "[^"]*"', "", path.read_text()) if path.is_file() else ""


# Files.


def has_its_files(lab: Lab) -> Faults:
    """The slow part, the scenario, the reference and the notebook are there, and nothing else is."""
    wanted = [lab.slow_source, lab.scenario(None), lab.folder / "locustfile.py", lab.notebook]
    wanted += [lab.solution / name for name in lab.files]
    for path in dict.fromkeys(wanted):
        if not path.is_file():
            yield Fault(_named(path, lab), "it is missing", f"`python -m perflab new {lab.name}` writes a first one")
    if lab.notebook.is_file() and not _is_json(lab.notebook.read_text()):
        yield Fault(_named(lab.notebook, lab), "it is no JSON", "Resolve what a merge has left in it, or restore it")
    known = {*lab.files, "lab.toml", "locustfile.py", *NOT_OURS}
    for path in _entries(lab.folder):
        if path.name not in known and path.suffix != ".backup":
            yield Fault(_named(path, lab), "it is no part of a lab", "Remove it, or move it where it belongs")
    for path in _entries(lab.solution):
        if path.name not in {*lab.files, *NOT_OURS} and not path.name.startswith(("tempting_", "other_")):
            yield Fault(_named(path, lab), "it is no fix", "Call it tempting_*.py or other_*.py, or remove it")


def _is_json(text: str) -> bool:
    try:
        return bool(json.loads(text))
    except ValueError:
        return False


def _entries(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def ships_untouched(lab: Lab) -> Faults:
    """The learner's files are as the course ships them."""
    for name in lab.files:
        path = lab.folder / name
        if not path.is_file() or path.read_text() != templates.shipped(lab, name):
            yield Fault(_named(path, lab), "it is not as shipped", f"`make reset-{lab.number:02d}` writes it")


def is_written(lab: Lab) -> Faults:
    """No file is still the template that `new` has laid out."""
    files = [lab.slow_source, lab.notebook, *lab.folder.glob("*.*"), *lab.solution.rglob("*.py")]
    for path in files:
        if path.suffix in (".py", ".toml", ".ipynb") and "TODO" in _text(path):
            yield Fault(_named(path, lab), "it still says TODO", "Write what the TODO asks for")


# What the lab says of itself, and its fixes.


def says_what_it_is_about(lab: Lab) -> Faults:
    """A question, an aim in a sentence, and hints that climb."""
    toml = _named(lab.folder / "lab.toml", lab)
    if not lab.question.endswith("?"):
        yield Fault(toml, "'question' is no question", "End it with a question mark")
    if not lab.aim.endswith("."):
        yield Fault(toml, "'aim' is no sentence", "Say in a sentence what a solved lab does")
    if len(lab.hints) < HINTS_AT_LEAST:
        yield Fault(toml, f"it has {len(lab.hints)} hints", f"Write {HINTS_AT_LEAST} or more, in rising order")
    elif not lab.hints[0].endswith("?"):
        yield Fault(toml, "the first hint asks nothing", "Let it ask what the learner saw")


def has_wrong_fixes_and_good_ones(lab: Lab) -> Faults:
    """Tempting fixes that say why they are wrong, and other good ones that say what they do differently."""
    for kind, found, least in (
        ("tempting", lab.tempting(), TEMPTING_AT_LEAST),
        ("other", lab.others(), OTHERS_AT_LEAST),
    ):
        if len(found) < least:
            where = f"{_named(lab.solution, lab)}/{kind}_*.py"
            yield Fault(where, f"there are {len(found)}", f"Write {least} or more: the judge must tell them apart")
        for path in found:
            files = [path] if path.is_file() else sorted(path.glob("*.py"))
            first = [file.read_text().split("\n", 1)[0] for file in files]
            said = [len(line) > SENTENCE for line in first]
            if not said or not (any(said) if kind == "tempting" else all(said)):
                what = "why it is wrong" if kind == "tempting" else "what it does differently"
                yield Fault(_named(path, lab), f"its first line does not say {what}", "Say so in a sentence")


# The notebook.


def _notebook(lab: Lab) -> dict[str, Any]:
    if not lab.notebook.is_file():
        return {"cells": [], "metadata": {"kernelspec": {}}}
    notebook: dict[str, Any] = json.loads(lab.notebook.read_text())
    return notebook


def _source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def _cells(lab: Lab) -> dict[str, dict[str, Any]]:
    return {cell.get("id", ""): cell for cell in _notebook(lab)["cells"]}


def _code(cells: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {id: cell for id, cell in cells.items() if cell["cell_type"] == "code"}


def has_the_anatomy(lab: Lab) -> Faults:
    """The notebook has the cells of every notebook, in order, and opens and closes with the question."""
    file, cells = _named(lab.notebook, lab), _notebook(lab)["cells"]
    ids = [cell.get("id", "") for cell in cells]
    if len(ids) != len(set(ids)):
        yield Fault(file, "two cells have one id", "Give each its own")
    if [id for id in ids if id in ANATOMY] != list(ANATOMY):
        missing = [id for id in ANATOMY if id not in ids]
        fault = f"it has no cell {', '.join(missing)}" if missing else "its cells are in another order"
        yield Fault(file, fault, f"The order is {', '.join(ANATOMY)}")
        return
    found = _cells(lab)
    for id in ("title", "recap"):
        if lab.question not in _source(found[id]):
            yield Fault(file, f"`{id}` does not have the question", f"It is: {lab.question}")
    if not _source(found["title"]).startswith(f"# Lab {lab.number:02d} · {lab.title}"):
        yield Fault(file, "its heading is another", f"It is: # Lab {lab.number:02d} · {lab.title}")


def was_run_by_us(lab: Lab) -> Faults:
    """Every code cell was run and is short, the outputs are of a solved run, and only measured ones are ignored."""
    file, found = _named(lab.notebook, lab), _cells(lab)
    for id, cell in _code(found).items():
        if len([line for line in _source(cell).splitlines() if line.strip()]) > CODE_LINES_AT_MOST:
            yield Fault(file, f"`{id}` has more than {CODE_LINES_AT_MOST} lines of code", "Divide it")
    yield from _outputs(lab, found)
    ignored = {id for id, cell in found.items() if "nbval-ignore-output" in cell["metadata"].get("tags", [])}
    more = {id for id in ignored if id.startswith(tuple(f"{one}-" for one in MEASURED)) and id not in MEASURED}
    for id in sorted(ignored - more - MEASURED_TOO - MEASURED):
        yield Fault(file, f"`{id}` is not compared by nbval", "Remove the tag nbval-ignore-output, or make it a fact")
    for id in sorted((MEASURED & set(found)) - ignored):
        yield Fault(file, f"`{id}` has figures, and nbval would compare them", "Tag it nbval-ignore-output")


def _outputs(lab: Lab, cells: dict[str, dict[str, Any]]) -> Faults:
    """A solved run with its pictures. Where a cell was never run, only that is said."""
    file, rerun = _named(lab.notebook, lab), f"`make rerun-{lab.number:02d}` runs it with our fix"
    if never := [f"`{id}`" for id, cell in _code(cells).items() if not cell["execution_count"]]:
        was, them = ("was", "it") if len(never) == 1 else ("were", "them")
        yield Fault(file, f"{', '.join(never)} {was} never run, and nbval would pass {them} silently", rerun)
        return
    if "verify" in cells and _printed(cells["verify"]) != f"Lab {lab.number}, {lab.title}: solved\n":
        yield Fault(file, "its outputs are not of a solved run", rerun)
    for id in PICTURED:
        if id in cells and not any("image/png" in one.get("data", {}) for one in cells[id].get("outputs", [])):
            yield Fault(file, f"`{id}` has no picture", rerun)


def _printed(cell: dict[str, Any]) -> str:
    outputs = cell.get("outputs", [])
    return "".join("".join(one.get("text", "")) for one in outputs if one["output_type"] == "stream")


def holds_nothing_of_a_machine(lab: Lab) -> Faults:
    """No path of a machine, no metadata but the kernel's name."""
    file, notebook = _named(lab.notebook, lab), _notebook(lab)
    if list(notebook["metadata"]) != ["kernelspec"]:
        yield Fault(file, "its metadata says more than the kernel's name", f"`make rerun-{lab.number:02d}` tidies it")
    for cell in notebook["cells"]:
        if more := set(cell["metadata"]) - set(KEPT):
            yield Fault(file, f"`{cell.get('id', '')}` has metadata of its own: {', '.join(sorted(more))}", "Remove it")
    places = (re.escape(str(Path.home())), re.escape(str(ROOT)), r"/(home|Users|root|tmp)/")
    if found := re.search("|".join(places), _text(lab.notebook)):
        yield Fault(file, f"it holds a path of a machine, {found[0]}", "Take it out of the cell, and run it again")


def is_as_long_as_a_lesson(lab: Lab) -> Faults:
    """Prose that is neither thin nor endless. A draft is not counted yet."""
    if "TODO" in _text(lab.notebook):
        return
    words = sum(len(_source(cell).split()) for cell in _notebook(lab)["cells"] if cell["cell_type"] == "markdown")
    if words not in WORDS:
        yield Fault(_named(lab.notebook, lab), f"it has {words} words", f"Between {WORDS[0]} and {WORDS[-1]} are right")


def _plain(text: str) -> str:
    """A text in one line, with what links say in place of links."""
    return re.sub(r"\[([^]]+)\]\([^)]*\)", r"\1", " ".join(text.split()))


def is_answered(lab: Lab) -> Faults:
    """Each of its last questions has its answer in docs/think-on.md, in the same words and order."""
    cells, answers = _cells(lab), _text(lab.root / "docs" / "think-on.md")
    if "reflect" not in cells:
        return
    reflect = _source(cells["reflect"])
    asked = [_plain(question) for question in re.findall(r"^- (.+(?:\n(?!- ).+)*)", reflect, re.MULTILINE)]
    heading = f"## Lab {lab.number:02d}"
    chapter = re.search(rf"^{heading}\n(.*?)(?=^## |\Z)", answers, re.MULTILINE | re.DOTALL)
    answered = [_plain(one) for one in re.findall(r"^\*\*(.+)\*\*\n\S", chapter[1] if chapter else "", re.MULTILINE)]
    if not asked or asked != answered:
        open_one = next((question for question in asked if question not in answered), "its questions")
        yield Fault("docs/think-on.md", f"{heading} does not answer, in this order: {open_one}", "Answer it there")
    if chapter and "TODO" in chapter[1]:
        yield Fault("docs/think-on.md", f"{heading} still says TODO", "Write what the TODO asks for")
    if "docs/think-on.md" not in reflect:
        yield Fault(
            _named(lab.notebook, lab), "`reflect` does not say where our answers are", "They are in docs/think-on.md"
        )


CHECKS: tuple[Callable[[Lab], Faults], ...] = (
    has_its_files,
    ships_untouched,
    is_written,
    says_what_it_is_about,
    has_wrong_fixes_and_good_ones,
    has_the_anatomy,
    was_run_by_us,
    holds_nothing_of_a_machine,
    is_as_long_as_a_lesson,
    is_answered,
)


def audit(lab: Lab) -> list[Fault]:
    """All that is wrong with a lab that is there. Without its files nothing else is looked at."""
    if not lab.ready:
        return []
    return list(has_its_files(lab)) or [fault for look in CHECKS for fault in look(lab)]


def audit_course(course: Syllabus) -> list[Fault]:
    """What is wrong between the labs: strays, and whatever is written from the course."""
    remedy = "`python -m perflab check --write` writes it"
    faults = [
        Fault(path.relative_to(course.root).as_posix(), "a map, a number or a link of it is out of step", remedy)
        for path in references.stale(course)
    ]
    page = course.root / "README.md"
    for begin, end in map(references.marks, references.BLOCKS):
        if page.is_file() and not re.search(f"{re.escape(begin)}.*{re.escape(end)}", page.read_text(), re.DOTALL):
            faults.append(Fault("README.md", f"it has no {begin}", f"Write it where that belongs, and {end} below it"))
    places = {"labs": course.labs, "solutions": course.ready, "notebooks": course.ready}
    for place, labs in places.items():
        for path in _entries(course.root / place):
            is_a_labs = path.is_dir() or path.suffix == ".ipynb"
            if is_a_labs and path.stem not in {lab.slug for lab in labs} | NOT_OURS | {QUIZ}:
                faults.append(Fault(f"{place}/{path.name}", "it belongs to no lab", "Remove it, or name its lab"))
    changes = course.root / "CHANGELOG.md"
    told = changes.read_text() if changes.is_file() else None
    faults += [
        Fault("CHANGELOG.md", f"it does not tell of lab {lab.number:02d}, {lab.title}", "Add a line")
        for lab in course.ready
        if told is not None and f"**Lab {lab.number:02d}, {lab.title}**" not in told
    ]
    return faults
