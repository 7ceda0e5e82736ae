"""Figures as proofs: medians of `benchmarks/`, tables and lines of committed notebooks, and their pictures."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from perflab.quiz import figures
from perflab.quiz.figures import Unproven
from perflab.quiz.questions import Picture, Printed, Row, Trials

TABLE = "<table><tr><th></th></tr><tr><td>p95, ms</td><td>1,500.0</td><td>2.0</td><td>3.0</td></tr></table>"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root with the trials and the notebook of one lab."""
    rounds = [
        {"figures": [{"slow": 10.0, "yours": value, "reference": 2.0}, {"slow": None}]} for value in (4.0, 6.0, 90.0)
    ]
    records: list[dict[str, Any]] = [
        {"candidate": "tempting_string", "condition": "quiet", "rounds": rounds},
        {"candidate": "tempting_string", "condition": "noisy", "rounds": [{"figures": [{"slow": 1, "yours": 1}]}]},
        {"candidate": "tempting_tail", "condition": "quiet", "rounds": []},
    ]
    (tmp_path / "benchmarks").mkdir()
    with gzip.open(tmp_path / "benchmarks" / "kite.jsonl.gz", "wt") as out:
        out.writelines(json.dumps(record) + "\n" for record in records)
    cells = [
        {"id": "compare", "outputs": [{"data": {"text/html": [TABLE]}}]},
        {"id": "see", "outputs": [{"text": ["kites: 1,024\n"]}, {"data": {"image/png": "aGVsbG8="}}]},
        {"id": "title"},
    ]
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "01_kite.ipynb").write_text(json.dumps({"cells": cells}))
    return tmp_path


def test_trials_give_the_median_of_quiet_rounds(root: Path) -> None:
    assert figures.trials(root, "kite", Trials(), "tempting_string") == 6.0
    assert figures.trials(root, "kite", Trials(over="slow"), "tempting_string") == 0.6
    assert figures.trials(root, "kite", Trials(over="reference"), "tempting_string") == 3.0


def test_a_table_gives_a_side_or_its_multiple_of_another(root: Path) -> None:
    assert figures.of_table(root, "kite", Row(row="p95, ms", of="slow")) == 1500.0
    assert figures.of_table(root, "kite", Row(row="p95, ms", of="slow", over="our fix")) == 500.0


def test_a_line_gives_the_first_group_of_a_pattern(root: Path) -> None:
    assert figures.printed(root, "kite", Printed(cell="see", pattern=r"kites: ([\d,]+)")) == "1024"


def test_a_picture_is_that_of_the_notebook(root: Path) -> None:
    assert figures.picture(root, "kite", Picture(cell="see", alt="a kite")) == b"hello"


def test_what_is_not_there_is_told_in_a_sentence(root: Path) -> None:
    with pytest.raises(Unproven, match=r"there is no benchmarks/boat.jsonl.gz"):
        figures.trials(root, "boat", Trials(), "slow")
    for candidate in ("tempting_tail", "gone"):
        with pytest.raises(Unproven, match=f"has no round of '{candidate}'"):
            figures.trials(root, "kite", Trials(), candidate)
    with pytest.raises(Unproven, match="no row 'p50, ms'"):
        figures.of_table(root, "kite", Row(row="p50, ms", of="slow"))
    with pytest.raises(Unproven, match="printed nothing like 'boats"):
        figures.printed(root, "kite", Printed(cell="see", pattern="boats: (.*)"))
    with pytest.raises(Unproven, match="has no picture 1"):
        figures.picture(root, "kite", Picture(cell="see", number=1, alt="a kite"))
    with pytest.raises(Unproven, match="there is no notebook of lab 'boat'"):
        figures.picture(root, "boat", Picture(cell="see", alt="a boat"))
