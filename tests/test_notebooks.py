"""The notebooks: they show what the kit says now, and are graded by nbval at `verify` and nowhere else."""

import ast
import io
import json
import os
import re
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from patience import ATTEMPTS

from perflab.course import syllabus
from perflab.course.audit import QUIZ
from perflab.course.lab import ROOT, Lab
from perflab.judge.rule import Outcome
from perflab.quiz import questions, wording
from perflab.quiz.taking import Taking
from perflab.session import SIDE_VARIABLE

COURSE = syllabus.load()


class Quiz(NamedTuple):
    """The final knowledge test: it has a notebook as a lab has, and nothing to measure."""

    slug: str = QUIZ
    notebook: Path = ROOT / "notebooks" / f"{QUIZ}.ipynb"


STABLE = ("objective", "slow-code", "fix-hint")  # cells that show what the kit says, whatever the machine


def by_slug(lab: Lab) -> str:
    return lab.slug


def read(lab: Lab | Quiz) -> dict[str, Any]:
    notebook: dict[str, Any] = json.loads(lab.notebook.read_text())
    return notebook


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def shown(cell: str, names: dict[str, Any]) -> str:
    """What a cell prints, and the text that it shows in the end, when it is run here with these names."""
    *first, last = ast.parse(cell).body
    assert isinstance(last, ast.Expr)
    with redirect_stdout(io.StringIO()) as printed:
        exec(compile(ast.Module(first, []), "cell", "exec"), names)
        value = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
    return printed.getvalue() + ("" if value is None else value.data)


def committed(outputs: list[dict[str, Any]]) -> str:
    return "".join("".join(one.get("text") or one["data"]["text/markdown"]) for one in outputs)


@pytest.mark.parametrize("lab", COURSE.ready, ids=by_slug)
def test_the_committed_facts_are_what_the_kit_says_now(lab: Lab) -> None:
    """nbval would tell only of the notebooks that are drawn for it."""
    cells = {cell["id"]: cell for cell in read(lab)["cells"]}
    names: dict[str, Any] = {}
    now = {id: shown(source(cells[id]), names) for id in STABLE}
    assert now == {id: committed(cells[id]["outputs"]) for id in STABLE}, f"run `make rerun-{lab.number:02d}`"


def nbval(lab: Lab | Quiz, *options: str) -> dict[str, list[str]]:
    """Runs nbval over a lab's notebook; returns the cells that passed and those that failed, and the log."""
    report = """
import json, sys, pytest
class Ear:
    def __init__(self):
        self.seen = {"passed": [], "failed": []}
    def pytest_runtest_logreport(self, report):
        if report.when == "call":
            self.seen.setdefault(report.outcome, []).append(report.nodeid)
ear = Ear()
pytest.main(["--nbval", *sys.argv[1:], "-q", "-p", "no:cacheprovider"], plugins=[ear])
print("SEEN" + json.dumps(ear.seen))
"""
    done = subprocess.run(
        [sys.executable, "-c", report, f"notebooks/{lab.slug}.ipynb", *options],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != SIDE_VARIABLE},
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r"^SEEN(.*)$", done.stdout, re.M)
    assert found, done.stdout + done.stderr
    code = [cell["id"] for cell in read(lab)["cells"] if cell["cell_type"] == "code"]
    seen = {
        outcome: [code[int(node.rpartition("Cell ")[2])] for node in nodes]
        for outcome, nodes in json.loads(found[1]).items()
    }
    assert sorted(seen["passed"] + seen["failed"]) == sorted(code)
    return {**seen, "log": [done.stdout[-4000:]]}


def notebooks(group: str, minutes: float, seconds: float) -> list[Any]:
    """Every notebook, as a test's parameters. In a run that rotates, some are run."""
    mark = pytest.mark.rotates(group, minutes=minutes, seconds=seconds)
    return [pytest.param(lab, id=lab.slug, marks=mark) for lab in COURSE.ready]


@pytest.mark.load
@pytest.mark.parametrize("lab", notebooks("nbval on a fresh clone", 1, 30))
def test_on_a_fresh_clone_nbval_fails_exactly_at_verify(lab: Lab) -> None:
    seen = nbval(lab)
    assert seen["failed"] == ["verify"], seen["log"]


@pytest.mark.load
@pytest.mark.parametrize("lab", notebooks("nbval with our fixes", 1, 55))
def test_with_our_fixes_nbval_passes_whole(lab: Lab) -> None:
    seen = nbval(lab, "--solutions")
    for _ in range(ATTEMPTS - 1):
        if seen["failed"] != ["verify"] or f": {Outcome.INCONCLUSIVE}" not in seen["log"][0]:
            break
        seen = nbval(lab, "--solutions")
    assert seen["failed"] == [], seen["log"]


# The final knowledge test.


def test_the_quizs_committed_questions_are_those_of_its_set() -> None:
    taking = Taking(COURSE, seed=1, stand_in=True)
    cells = {cell["id"]: cell for cell in read(Quiz())["cells"]}
    asked = taking.paper.asked
    for part in range(1, len(COURSE.parts) + 1):
        shown = [
            one["data"]["text/markdown"] for one in cells[f"part-{part}"]["outputs"] if "text/markdown" in one["data"]
        ]
        wanted = [wording.whole(one, asked.index(one) + 1, len(asked)) for one in taking.paper.part(part)]
        assert ["".join(one) for one in shown] == wanted, "run `make rerun-33`"


@pytest.mark.load
def test_on_a_fresh_clone_nbval_fails_the_quiz_at_verify_and_says_no_key() -> None:
    seen = nbval(Quiz())
    assert seen["failed"] == ["verify"], seen["log"]
    comments = [one.right.comment for one in questions.load(COURSE).questions.values()]
    assert not any(comment.strip() in seen["log"][0] for comment in comments)


@pytest.mark.load
def test_with_our_answers_nbval_passes_the_quiz() -> None:
    seen = nbval(Quiz(), "--solutions")
    assert seen["failed"] == [], seen["log"]
