"""What is missing or out of step: a sound lab in which one thing is broken has exactly that fault."""

from collections.abc import Callable
from pathlib import Path

import pytest
import sound
from sound import ANSWERS, FOLDER, NOTEBOOK, PART, QUESTION, SOLUTION, Break, cell, each, removed, replaced, written

from perflab.course import audit, syllabus
from perflab.course.audit import Fault, Faults
from perflab.course.lab import ROOT, Lab
from perflab.course.syllabus import Syllabus

NEW = "`python -m perflab new slow_kite` writes a first one"
WRITE = "`python -m perflab check --write` writes it"
RERUN = "`make rerun-01` runs it with our fix"
RESET = "`make reset-01` writes it"
TODO = ("it still says TODO", "Write what the TODO asks for")
ORDER = f"The order is {', '.join(audit.ANATOMY)}"
TOML, LEARNERS = f"{FOLDER}/lab.toml", f"{FOLDER}/fix.py"
Check = Callable[[Lab], Faults]


@pytest.fixture
def course(tmp_path: Path) -> Syllabus:
    return sound.course(tmp_path)


def faults(course: Syllabus) -> list[Fault]:
    return audit.audit(sound.lab(course.root))


def test_a_sound_lab_has_no_fault(course: Syllabus) -> None:
    assert faults(course) == []


def test_a_lab_to_come_has_no_fault(course: Syllabus) -> None:
    assert audit.audit(course.by_name("kite_to_come")) == []


def test_a_lab_without_files_is_told_only_that(course: Syllabus) -> None:
    missing = [PART, f"{FOLDER}/locustfile.py", NOTEBOOK, f"{SOLUTION}/fix.py"]
    for file in (*missing, ANSWERS, f"{FOLDER}/fix.py"):
        (course.root / file).unlink()
    assert faults(course) == [Fault(file, "it is missing", NEW) for file in missing]


def test_a_fault_reads_as_file_fault_and_remedy() -> None:
    assert str(Fault("README.md", "it is empty", "Write it")) == "README.md: it is empty. Write it."
    assert str(Fault("README.md", "it asks nothing", "Ask: why?")) == "README.md: it asks nothing. Ask: why?"


def words(count: int) -> Break:
    """The notebook with so many words in all."""

    def does(root: Path) -> None:
        with sound.cells(root) as found:
            others = [one for id, one in found.items() if one["cell_type"] == "markdown" and id != "scene"]
            rest = sum(len("".join(one["source"]).split()) for one in others)
            found["scene"]["source"] = ["wind " * (count - rest)]

    return does


def swapped(root: Path) -> None:
    with sound.cells(root) as found:
        for id in ("scene", "predict"):
            found[id] = found.pop(id)


def tagged(id: str, *tags: str) -> Break:
    return cell(id, metadata={"tags": list(tags)})


def turned(lines: list[str]) -> list[str]:
    """The lines of `reflect` with its two questions in another order."""
    return [*lines[:2], lines[3], lines[2], *lines[4:]]


HINT = "what does the picture of the slow side show"
ASKED = "what happens to your fix when the load is ten times as high?"
LONG = f'"""{"A long sentence. " * 5}"""\n'
LENGTH = "Between 600 and 1300 are right"
CASES: dict[Check, dict[str, tuple[Break, str, str, str]]] = {
    audit.has_its_files: {
        **{
            f"without {file}": (removed(file), file, "it is missing", NEW)
            for file in (PART, f"{FOLDER}/locustfile.py", f"{SOLUTION}/fix.py", NOTEBOOK)
        },
        "half a merge": (
            written(NOTEBOOK, '<<<<<<< HEAD\n{"cells": []}'),
            NOTEBOOK,
            "it is no JSON",
            "Resolve what a merge has left in it, or restore it",
        ),
        "a stray in the lab": (
            written(f"{FOLDER}/notes.txt", ""),
            f"{FOLDER}/notes.txt",
            "it is no part of a lab",
            "Remove it, or move it where it belongs",
        ),
        "a stray beside the fix": (
            written(f"{SOLUTION}/idea.py", ""),
            f"{SOLUTION}/idea.py",
            "it is no fix",
            "Call it tempting_*.py or other_*.py, or remove it",
        ),
    },
    audit.ships_untouched: {
        "no file to work in": (removed(LEARNERS), LEARNERS, "it is not as shipped", RESET),
        "work left in it": (written(LEARNERS, "fixed = 1"), LEARNERS, "it is not as shipped", RESET),
    },
    audit.is_written: {
        f"a TODO in {file}": (replaced(file, old, "TODO"), file, *TODO)
        for file, old in {
            PART: "what this part",
            NOTEBOOK: "how to read the picture",
            TOML: "all but the answer",
            f"{FOLDER}/locustfile.py": "who comes",
            f"{SOLUTION}/fix.py": "what our fix does",
            f"{SOLUTION}/tempting_first_idea.py": "import asyncio",
        }.items()
    },
    audit.says_what_it_is_about: {
        "no question": (
            each(*(replaced(file, QUESTION, "It does not fly") for file in (TOML, LEARNERS, NOTEBOOK))),
            TOML,
            "'question' is no question",
            "End it with a question mark",
        ),
        "no aim": (
            replaced(TOML, "in a sentence.", "in a word"),
            TOML,
            "'aim' is no sentence",
            "Say in a sentence what a solved lab does",
        ),
        "three hints": (
            replaced(TOML, '    "a question about the cause.",\n', ""),
            TOML,
            "it has 3 hints",
            "Write 4 or more, in rising order",
        ),
        "a first hint that asks nothing": (
            replaced(TOML, f"{HINT}?", f"{HINT}."),
            TOML,
            "the first hint asks nothing",
            "Let it ask what the learner saw",
        ),
    },
    audit.has_wrong_fixes_and_good_ones: {
        "no tempting fix": (
            removed(f"{SOLUTION}/tempting_first_idea.py"),
            f"{SOLUTION}/tempting_*.py",
            "there are 0",
            "Write 1 or more: the judge must tell them apart",
        ),
        "one other good fix": (
            removed(f"{SOLUTION}/other_one_way.py"),
            f"{SOLUTION}/other_*.py",
            "there are 1",
            "Write 2 or more: the judge must tell them apart",
        ),
        "a tempting fix that does not say why": (
            written(f"{SOLUTION}/tempting_first_idea.py", '"""A thread."""\n'),
            f"{SOLUTION}/tempting_first_idea.py",
            "its first line does not say why it is wrong",
            "Say so in a sentence",
        ),
        "a tempting folder without a fix": (
            written(f"{SOLUTION}/tempting_more/notes.txt", ""),
            f"{SOLUTION}/tempting_more",
            "its first line does not say why it is wrong",
            "Say so in a sentence",
        ),
        "one file of two that does not say what": (
            each(written(f"{SOLUTION}/other_two/a.py", LONG), written(f"{SOLUTION}/other_two/b.py", "b = 2\n")),
            f"{SOLUTION}/other_two",
            "its first line does not say what it does differently",
            "Say so in a sentence",
        ),
    },
    audit.has_the_anatomy: {
        "two cells of one name": (
            cell("compare-text", id="tempting-text"),
            NOTEBOOK,
            "two cells have one id",
            "Give each its own",
        ),
        "a cell missing": (cell("see-text", id="seen"), NOTEBOOK, "it has no cell see-text", ORDER),
        "another order": (swapped, NOTEBOOK, "its cells are in another order", ORDER),
        **{
            f"no question in {id}": (
                cell(id, source=lambda lines: [line.replace(QUESTION, "") for line in lines]),
                NOTEBOOK,
                f"`{id}` does not have the question",
                f"It is: {QUESTION}",
            )
            for id in ("title", "recap")
        },
        "another heading": (
            replaced(NOTEBOOK, "# Lab 01 ·", "# Lab 1 ·"),
            NOTEBOOK,
            "its heading is another",
            "It is: # Lab 01 · A kite in a tree",
        ),
    },
    audit.was_run_by_us: {
        "a cell never run": (
            cell("cause", execution_count=None),
            NOTEBOOK,
            "`cause` was never run, and nbval would pass it silently",
            RERUN,
        ),
        "cells never run": (
            each(*(cell(id, execution_count=None, outputs=[]) for id in ("verify", "see", "cause"))),
            NOTEBOOK,
            "`see`, `cause`, `verify` were never run, and nbval would pass them silently",
            RERUN,
        ),
        "a long cell": (
            cell("cause", source=["print(1)\n", "\n"] * 6),
            NOTEBOOK,
            "`cause` has more than 5 lines of code",
            "Divide it",
        ),
        "another verdict": (
            replaced(NOTEBOOK, "tree: solved", "tree: unclear"),
            NOTEBOOK,
            "its outputs are not of a solved run",
            RERUN,
        ),
        **{
            f"no picture in {id}": (cell(id, outputs=[]), NOTEBOOK, f"`{id}` has no picture", RERUN)
            for id in audit.PICTURED
        },
        "a fact that is not compared": (
            tagged("cause", "nbval-ignore-output"),
            NOTEBOOK,
            "`cause` is not compared by nbval",
            "Remove the tag nbval-ignore-output, or make it a fact",
        ),
        **{
            f"figures compared in {id}": (
                tagged(id),
                NOTEBOOK,
                f"`{id}` has figures, and nbval would compare them",
                "Tag it nbval-ignore-output",
            )
            for id in sorted(audit.MEASURED)
        },
    },
    audit.holds_nothing_of_a_machine: {
        "metadata of a kernel": (
            replaced(NOTEBOOK, '"metadata": {\n  "kernelspec"', '"metadata": {\n  "toc": {},\n  "kernelspec"'),
            NOTEBOOK,
            "its metadata says more than the kernel's name",
            "`make rerun-01` tidies it",
        ),
        "metadata of a cell": (
            cell("scene", metadata={"trusted": True, "collapsed": True}),
            NOTEBOOK,
            "`scene` has metadata of its own: collapsed, trusted",
            "Remove it",
        ),
        **{
            f"a path under {place}": (
                cell("cause", outputs=[sound.printed(f"in {place}kite.py\n")]),
                NOTEBOOK,
                f"it holds a path of a machine, {place}",
                "Take it out of the cell, and run it again",
            )
            for place in ("/home/", "/Users/", "/tmp/", str(ROOT))
        },
    },
    audit.is_as_long_as_a_lesson: {
        "thin prose": (words(599), NOTEBOOK, "it has 599 words", LENGTH),
        "endless prose": (words(1301), NOTEBOOK, "it has 1301 words", LENGTH),
    },
    audit.is_answered: {
        **{
            name: (breaks, ANSWERS, f"## Lab 01 does not answer, in this order: {first}", "Answer it there")
            for name, breaks, first in (
                ("a question not answered", replaced(ANSWERS, ASKED, "what of the load?"), ASKED),
                ("a question in other words", replaced(NOTEBOOK, ASKED, "what of the load?"), "what of the load?"),
                ("a question without a text", replaced(ANSWERS, f"{ASKED}**\n", f"{ASKED}**\n\n"), ASKED),
                ("another order", cell("reflect", source=turned), "its questions"),
                ("no questions", cell("reflect", source="Answers: docs/think-on.md."), "its questions"),
                ("no chapter", replaced(ANSWERS, "## Lab 01", "## Lab 10"), ASKED),
                ("no answers at all", removed(ANSWERS), ASKED),
            )
        },
        "an answer to be written": (
            replaced(ANSWERS, "our answer.", "TODO: our answer."),
            ANSWERS,
            "## Lab 01 still says TODO",
            "Write what the TODO asks for",
        ),
        "no way to the answers": (
            replaced(NOTEBOOK, "Our answers: `docs/think-on.md`.", ""),
            NOTEBOOK,
            "`reflect` does not say where our answers are",
            "They are in docs/think-on.md",
        ),
    },
}


@pytest.mark.parametrize(
    ("check", "case"),
    [
        pytest.param(check, case, id=f"{check.__name__}: {name}")
        for check, cases in CASES.items()
        for name, case in cases.items()
    ],
)
def test_one_thing_broken_is_one_fault(course: Syllabus, check: Check, case: tuple[Break, str, str, str]) -> None:
    breaks, *fault = case
    breaks(course.root)
    assert faults(course) == [Fault(*fault)]
    assert list(check(sound.lab(course.root))) == [Fault(*fault)]


def test_every_check_bites() -> None:
    assert set(CASES) == set(audit.CHECKS)


FINE = {
    "what Python and editors leave": each(
        written(f"{FOLDER}/__pycache__/fix.pyc", ""),
        written(f"{SOLUTION}/__pycache__/fix.pyc", ""),
        written(f"{FOLDER}/.ipynb_checkpoints/fix.py", ""),
    ),
    "a learner's backup": written(f"{FOLDER}/fix.py.1.backup", ""),
    "cells of its own": replaced(NOTEBOOK, '"id": "compare-text"', '"id": "aside"'),
    "an own cell with figures": each(
        cell("compare-text", id="compare-more", cell_type="code", execution_count=9, outputs=[]),
        tagged("compare-more", "nbval-ignore-output"),
    ),
    "latencies in a table": each(
        cell("compare-text", id="table", cell_type="code", execution_count=9, outputs=[]),
        tagged("table", "nbval-ignore-output"),
    ),
    "a slide of its own": cell("scene", metadata={"slideshow": {"slide_type": "slide"}}),
    "a tempting folder of which one file says why": each(
        written(f"{SOLUTION}/tempting_two/a.py", LONG), written(f"{SOLUTION}/tempting_two/b.py", "b = 2\n")
    ),
    "few words": words(600),
    "many words": words(1300),
    "a link in a question": replaced(NOTEBOOK, "is the same mistake made", "is the [same mistake](02_x.ipynb) made"),
    "a link in an answer": replaced(ANSWERS, "is the same mistake made", "is the [same mistake](../README.md) made"),
    "a question in two lines": cell("reflect", source=lambda lines: "".join(lines).replace("load is", "load\n  is")),
}


@pytest.mark.parametrize("change", FINE.values(), ids=FINE)
def test_what_may_be_is_no_fault(course: Syllabus, change: Break) -> None:
    change(course.root)
    assert faults(course) == []


def test_a_draft_is_not_counted_yet(course: Syllabus) -> None:
    each(words(100), cell("explain", source="TODO"))(course.root)
    assert faults(course) == [Fault(NOTEBOOK, *TODO)]


# Between the labs.


def test_a_sound_course_has_no_fault(course: Syllabus) -> None:
    assert audit.audit_course(course) == []


def test_a_course_of_labs_alone_has_no_fault(course: Syllabus) -> None:
    for file in ("README.md", "CHANGELOG.md"):
        (course.root / file).unlink()
    assert audit.audit_course(course) == []


BETWEEN = {
    "a stale map": (
        replaced("README.md", "A kite in a tree", "A kite"),
        Fault("README.md", "a map, a number or a link of it is out of step", WRITE),
    ),
    "a bare mention": (
        replaced(ANSWERS, "our answer.", "See Lab 02."),
        Fault(ANSWERS, "a map, a number or a link of it is out of step", WRITE),
    ),
    "an old number in a link": (
        cell("scene", source=lambda lines: [*lines, "[Lab 03](../README.md#kite_to_come)"]),
        Fault(NOTEBOOK, "a map, a number or a link of it is out of step", WRITE),
    ),
    "another count of labs on the card": (
        replaced(NOTEBOOK, "Lab 1 of 2 ·", "Lab 1 of 3 ·"),
        Fault(NOTEBOOK, "a map, a number or a link of it is out of step", WRITE),
    ),
    "no place for the map": (
        replaced("README.md", "<!-- /map -->", ""),
        Fault(
            "README.md",
            "it has no <!-- map: written by `python -m perflab check --write` -->",
            "Write it where that belongs, and <!-- /map --> below it",
        ),
    ),
    "a lab that is not in the course": (
        written("labs/09_old/lab.toml", ""),
        Fault("labs/09_old", "it belongs to no lab", "Remove it, or name its lab"),
    ),
    "a solution under an old number": (
        written("solutions/02_slow_kite/fix.py", ""),
        Fault("solutions/02_slow_kite", "it belongs to no lab", "Remove it, or name its lab"),
    ),
    "a solution of a lab to come": (
        written("solutions/02_kite_to_come/fix.py", ""),
        Fault("solutions/02_kite_to_come", "it belongs to no lab", "Remove it, or name its lab"),
    ),
    "a notebook of a lab to come": (
        written("notebooks/02_kite_to_come.ipynb", '{\n "cells": []\n}\n'),
        Fault("notebooks/02_kite_to_come.ipynb", "it belongs to no lab", "Remove it, or name its lab"),
    ),
    "a lab that users are not told of": (
        replaced("CHANGELOG.md", "Lab 01, A kite", "Lab 01, The kite"),
        Fault("CHANGELOG.md", "it does not tell of lab 01, A kite in a tree", "Add a line"),
    ),
}


@pytest.mark.parametrize(("breaks", "fault"), BETWEEN.values(), ids=BETWEEN)
def test_what_is_out_of_step_between_labs_is_one_fault(course: Syllabus, breaks: Break, fault: Fault) -> None:
    breaks(course.root)
    assert audit.audit_course(syllabus.load(course.root)) == [fault]


def test_a_broken_notebook_does_not_keep_the_others_from_being_looked_at(course: Syllabus) -> None:
    (course.root / NOTEBOOK).write_text("<<<<<<< HEAD")
    assert audit.audit_course(course) == []
    assert [fault.fault for fault in faults(course)] == ["it is no JSON"]


def test_leftovers_of_python_and_editors_belong_to_no_lab_and_may_stay(course: Syllabus) -> None:
    for place in ("labs/__pycache__", "solutions/__pycache__", "notebooks/.ipynb_checkpoints"):
        (course.root / place).mkdir()
    assert audit.audit_course(course) == []
