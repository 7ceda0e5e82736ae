"""The learner's own copies of the notebooks: none of their work is ever lost."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import pytest
import sound

from perflab.course import syllabus
from perflab.course.lab import ROOT
from perflab.learner import notebooks, workspace


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The root of a sound course of one lab."""
    sound.course(tmp_path)
    return tmp_path


def mine(root: Path) -> Path:
    return root / notebooks.FOLDER / f"{sound.SLUG}.ipynb"


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    return found


@contextmanager
def changed(path: Path, cell: int = 0) -> Iterator[dict[str, Any]]:
    """A cell of a notebook, to change; it is saved as JupyterLab does it, with metadata of its own."""
    notebook = nbformat.read(path, as_version=4)
    yield notebook.cells[cell]
    notebook.metadata["language_info"] = {"name": "python"}
    nbformat.write(notebook, path)


def test_a_copy_has_no_outputs_and_leaves_the_prediction_to_the_learner(root: Path) -> None:
    notebooks.bring_up_to_date(root)
    cells = read(mine(root))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert [cell for cell in code if cell["outputs"] or cell["execution_count"]] == []
    (predicting,) = ("".join(cell["source"]) for cell in code if cell["id"] == "predict-yours")
    assert predicting.startswith("lab.predict(...)")


@pytest.mark.parametrize("lab", syllabus.load().ready, ids=lambda lab: lab.slug)
def test_the_courses_notebooks_differ_from_their_copies_in_the_prediction_alone(lab: Any) -> None:
    copy = notebooks.fresh(lab.notebook)
    nbformat.validate(nbformat.from_dict(copy))
    differ = [
        "".join(one["source"])
        for one, other in zip(copy["cells"], read(lab.notebook)["cells"], strict=True)
        if "".join(one["source"]) != "".join(other["source"])
    ]
    assert [source.partition("  #")[0] for source in differ] == ["lab.predict(...)"]


def test_links_from_a_copy_lead_where_they_did() -> None:
    assert (ROOT / notebooks.FOLDER).parent == (ROOT / "notebooks").parent


def test_a_second_time_changes_nothing(root: Path) -> None:
    notebooks.bring_up_to_date(root)
    before = mine(root).stat().st_mtime_ns
    assert len(notebooks.bring_up_to_date(root)) == 1
    assert mine(root).stat().st_mtime_ns == before


@pytest.mark.parametrize("key", ["source", "outputs"])
def test_a_copy_with_work_in_it_is_never_overwritten(root: Path, key: str) -> None:
    notebooks.bring_up_to_date(root)
    with changed(mine(root), 1) as cell:
        cell[key] = "mine" if key == "source" else [nbformat.v4.new_output("stream", text="mine")]
    with changed(root / sound.NOTEBOOK) as cell:
        cell["source"] = "another text"
    before = mine(root).read_text()
    said = notebooks.bring_up_to_date(root)
    assert mine(root).read_text() == before
    assert f"since you began {sound.SLUG}" in said[1] and "`make reset-01`" in said[1]


@pytest.mark.parametrize("saved", [False, True])
def test_an_untouched_copy_follows_the_course(root: Path, saved: bool) -> None:
    notebooks.bring_up_to_date(root)
    if saved:  # JupyterLab saves what was only looked at
        with changed(mine(root)):
            pass
    with changed(root / sound.NOTEBOOK) as cell:
        cell["source"] = "another text"
    assert len(notebooks.bring_up_to_date(root)) == 1
    assert "".join(read(mine(root))["cells"][0]["source"]) == "another text"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"cells": []}', '{"cells": 1, "metadata": {"perflab": "1"}}'])
def test_a_copy_that_cannot_be_read_is_taken_for_work(root: Path, text: str) -> None:
    notebooks.bring_up_to_date(root)
    mine(root).write_text(text)
    notebooks.bring_up_to_date(root)
    assert mine(root).read_text() == text


@pytest.mark.parametrize("touched", [False, True])
def test_of_a_renumbered_lab_only_a_touched_copy_stays(root: Path, touched: bool) -> None:
    notebooks.bring_up_to_date(root)
    old = mine(root).rename(mine(root).with_name("07_slow_kite.ipynb"))
    if touched:
        with changed(old) as cell:
            cell["source"] = "mine"
    notebooks.bring_up_to_date(root)
    assert old.exists() is touched
    assert mine(root).exists()


def test_reset_gives_a_fresh_copy_and_keeps_the_touched_one(root: Path) -> None:
    notebooks.bring_up_to_date(root)
    with changed(mine(root)) as cell:
        cell["source"] = "mine"
    said = workspace.reset(sound.lab(root))
    assert f"my-notebooks/{sound.SLUG}.ipynb.1.backup" in said
    assert "mine" in mine(root).with_name(f"{sound.SLUG}.ipynb.1.backup").read_text()
    assert read(mine(root)) == notebooks.fresh(root / sound.NOTEBOOK)
    assert "kept" not in workspace.reset(sound.lab(root))


def test_reset_makes_no_copy_where_none_was_asked_for(root: Path) -> None:
    workspace.reset(sound.lab(root))
    assert not (root / notebooks.FOLDER).exists()


@pytest.mark.parametrize(("user", "allowed"), [(0, True), (1000, False)])
def test_only_root_needs_jupyters_leave(root: Path, user: int, allowed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: user)
    assert ("--allow-root" in notebooks.options(root)) is allowed
    assert f"--ServerApp.root_dir={root}" in notebooks.options(root)


def test_jupyterlab_reads_the_learners_configuration_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "/of/mine")
    ours, *others = notebooks.environment()["JUPYTER_CONFIG_PATH"].split(":")
    assert others == ["/of/mine"]
    assert json.loads(Path(ours, "labconfig", "page_config.json").read_text())["disabledExtensions"]
