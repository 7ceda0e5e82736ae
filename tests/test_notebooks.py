"""The notebooks: one anatomy, nothing of a machine in them, and graded by nbval at `verify` and nowhere else."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from perflab.course import syllabus
from perflab.course.lab import ROOT, Lab
from perflab.session import KEPT, SIDE_VARIABLE

COURSE = syllabus.load()
ANSWERS = ROOT / "docs" / "think-on.md"
ANATOMY = [
    "title",
    "objective",
    "scene",
    "slow-code",
    "predict",
    "predict-yours",
    "reproduce",
    "see",
    "see-text",
    "cause",
    "explain",
    "fix",
    "fix-hint",
    "verify",
    "verify-see",
    "compare",
    "tempting",
    "recap",
    "reflect",
    "further",
]
MEASURED = {"predict-yours", "reproduce", "see", "verify-see", "compare", "tempting"}
MEASURED_TOO = {
    "free-threaded",  # which interpreters a machine has
    "table", "table-yours",  # latencies
    "profile", "zoom", "flame-reference",  # where the time goes
}  # fmt: skip


def by_slug(lab: Lab) -> str:
    return lab.slug


def read(lab: Lab) -> dict[str, Any]:
    notebook: dict[str, Any] = json.loads(lab.notebook.read_text())
    return notebook


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


@pytest.mark.parametrize("lab", COURSE.ready, ids=by_slug)
class TestEachNotebook:
    def test_has_the_anatomy_in_order(self, lab: Lab) -> None:
        ids = [cell["id"] for cell in read(lab)["cells"]]
        assert len(ids) == len(set(ids))
        assert [id for id in ids if id in ANATOMY] == ANATOMY

    def test_opens_with_the_question_and_closes_in_the_same_words(self, lab: Lab) -> None:
        cells = {cell["id"]: source(cell) for cell in read(lab)["cells"]}
        assert lab.question in cells["title"]
        assert lab.question in cells["recap"]
        assert cells["title"].startswith(f"# Lab {lab.number:02d} · {lab.title}")

    def test_each_of_its_last_questions_is_answered_in_order(self, lab: Lab) -> None:
        reflect = next(source(cell) for cell in read(lab)["cells"] if cell["id"] == "reflect")
        asked = [
            " ".join(question.split()) for question in re.findall(r"^- (.+(?:\n(?!- ).+)*)", reflect, re.MULTILINE)
        ]
        chapter = re.search(
            rf"^## Lab {lab.number:02d}\n(.*?)(?=^## |\Z)", ANSWERS.read_text(), re.MULTILINE | re.DOTALL
        )
        assert chapter
        answered = re.findall(r"^\*\*(.+)\*\*\n\S", chapter[1], re.MULTILINE)
        assert asked
        assert answered == asked
        assert "docs/think-on.md" in reflect

    def test_every_code_cell_was_run_and_is_short(self, lab: Lab) -> None:
        for cell in read(lab)["cells"]:
            if cell["cell_type"] == "code":
                assert cell["execution_count"], f"`{cell['id']}` was never run: nbval would pass it silently"
                assert len([line for line in source(cell).splitlines() if line.strip()]) <= 5, cell["id"]

    def test_only_cells_with_measured_output_are_left_uncompared(self, lab: Lab) -> None:
        ignored = {c["id"] for c in read(lab)["cells"] if "nbval-ignore-output" in c["metadata"].get("tags", [])}
        more = {id for id in ignored if id.startswith(tuple(f"{one}-" for one in MEASURED)) and id not in MEASURED}
        assert ignored - more - MEASURED_TOO == MEASURED

    def test_its_metadata_is_the_kernels_name_and_nothing_else(self, lab: Lab) -> None:
        notebook = read(lab)
        assert list(notebook["metadata"]) == ["kernelspec"]
        assert all(set(cell["metadata"]) <= set(KEPT) for cell in notebook["cells"])

    def test_it_holds_no_path_or_name_of_a_machine(self, lab: Lab) -> None:
        text = re.sub(r'"image/png": "[^"]*"', "", lab.notebook.read_text())
        assert str(Path.home()) not in text
        assert str(ROOT) not in text
        assert not re.search(r"/(home|Users|root|tmp)/", text)

    def test_the_committed_outputs_are_of_a_solved_run_with_pictures(self, lab: Lab) -> None:
        cells = {cell["id"]: cell for cell in read(lab)["cells"]}
        assert cells["verify"]["outputs"][0]["text"] == [f"Lab {lab.number}, {lab.title}: solved\n"]
        for id in ("see", "verify-see", "compare", "tempting"):
            assert any("image/png" in output.get("data", {}) for output in cells[id]["outputs"]), id

    def test_its_prose_is_neither_thin_nor_endless(self, lab: Lab) -> None:
        words = sum(len(source(cell).split()) for cell in read(lab)["cells"] if cell["cell_type"] == "markdown")
        assert 600 <= words <= 1300


def nbval(lab: Lab, *options: str) -> dict[str, list[str]]:
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


def notebooks(group: str) -> list[Any]:
    """Every notebook, as a test's parameters. In a run that rotates, three are run."""
    return [pytest.param(lab, id=lab.slug, marks=pytest.mark.rotates(group, 3)) for lab in COURSE.ready]


@pytest.mark.live
@pytest.mark.parametrize("lab", notebooks("nbval on a fresh clone"))
def test_on_a_fresh_clone_nbval_fails_exactly_at_verify(lab: Lab) -> None:
    seen = nbval(lab)
    assert seen["failed"] == ["verify"], seen["log"]


@pytest.mark.live
@pytest.mark.parametrize("lab", notebooks("nbval with our fixes"))
def test_with_our_fixes_nbval_passes_whole(lab: Lab) -> None:
    seen = nbval(lab, "--solutions")
    if seen["failed"] == ["verify"]:  # a busy machine may leave a verdict unclear: once more
        seen = nbval(lab, "--solutions")
    assert seen["failed"] == [], seen["log"]
