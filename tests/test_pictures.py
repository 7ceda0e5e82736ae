"""Pictures in a notebook's cells: what each shows stands before it in words, and is its alternative text."""

from pathlib import Path
from typing import Any

import nbformat
import pytest
import toy
from matplotlib import pyplot as plt
from nbformat.v4 import new_code_cell, new_notebook, new_output

from perflab import notebook, session
from perflab.report.charts import style
from perflab.slides import builder

WORDS = "Latency of <all>: slow 100 ms."
PNG = "iVBORw0KGgo="


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What a cell shows, output by output, when a figure is shown that says `WORDS`."""
    found: list[dict[str, Any]] = []
    monkeypatch.setattr(
        notebook, "display", lambda data, metadata=None, raw=False: found.append({"data": data, "metadata": metadata})
    )
    notebook.show(style.describe(plt.figure(figsize=(2, 1)), WORDS))
    return found


def test_a_picture_stands_below_its_words(shown: list[dict[str, Any]]) -> None:
    said, _ = shown
    assert said["data"]["text/plain"] == f"In words: {WORDS}"
    assert said["data"]["text/html"] == "<p><em>In words:</em> Latency of &lt;all&gt;: slow 100 ms.</p>"


def test_a_picture_has_its_words_as_alternative_text_for_every_reader(shown: list[dict[str, Any]]) -> None:
    """JupyterLab takes them from the HTML, code hosts from the metadata of the PNG."""
    _, picture = shown
    assert picture["metadata"]["image/png"]["alt"] == WORDS
    assert picture["data"]["text/html"].startswith('<img alt="Latency of &lt;all&gt;: slow 100 ms." ')
    assert picture["data"]["image/png"] in picture["data"]["text/html"]


def picture_cell(**metadata: Any) -> Any:
    data = {"image/png": PNG, "text/html": "<img>", "text/plain": WORDS}
    output = new_output("display_data", data, metadata={"image/png": metadata})
    return new_code_cell("lab.see()", id="see", outputs=[output])


def test_a_committed_notebook_has_each_picture_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = new_output("display_data", {"text/html": "<p>In words</p>"})
    cell = picture_cell(alt=WORDS)
    cell.outputs.insert(0, words)
    monkeypatch.setattr(session, "executed", lambda path: new_notebook(cells=[cell]))
    path = session.rerun(tmp_path / "notebook.ipynb")
    said, picture = nbformat.read(path, as_version=4).cells[0].outputs
    assert "text/html" in said.data
    assert set(picture.data) == {"image/png", "text/plain"}
    assert picture.metadata["image/png"]["alt"] == WORDS


@pytest.mark.parametrize(("metadata", "alt"), [({"alt": WORDS}, WORDS), ({}, "")])
def test_a_slides_picture_has_the_words_of_its_cell(tmp_path: Path, metadata: dict[str, str], alt: str) -> None:
    cells = new_notebook(cells=[picture_cell(**metadata)])
    group = builder.Group("see", toy.plain_lab(tmp_path), "learner", cells)
    assert [picture.alt for picture in group.pictures("see")] == [alt]
