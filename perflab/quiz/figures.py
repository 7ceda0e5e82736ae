"""The figures and pictures that prove a key: of `benchmarks/`, and of the reference runs in the committed notebooks."""

import gzip
import json
import re
import statistics
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from perflab.quiz.questions import Picture, Printed, Row, Trials


class Unproven(Exception):
    """A proof that does not select the right option and refute the others, or cannot be had: one sentence."""


def trials(root: Path, lab: str, asked: Trials, candidate: str) -> float:
    """The median of a fix over its quiet rounds in `benchmarks/`, over that of another side. Raises Unproven."""
    path = root / "benchmarks" / f"{lab}.jsonl.gz"
    if not path.is_file():
        raise Unproven(f"there is no benchmarks/{path.name}")
    with gzip.open(path, "rt") as lines:
        records = [json.loads(line) for line in lines]
    rounds: list[dict[str, float | None]] = [
        round["figures"][asked.metric]
        for record in records
        if (record["candidate"], record["condition"]) == (candidate, "quiet")
        for round in record["rounds"]
        if len(round["figures"]) > asked.metric
    ]
    fix = [value for figures in rounds if (value := figures["yours"]) is not None]
    if not fix:
        raise Unproven(f"benchmarks/{path.name} has no round of {candidate!r}")
    if not asked.over:
        return statistics.median(fix)
    return statistics.median(fix) / statistics.median(value for one in rounds if (value := one[asked.over]) is not None)


def of_table(root: Path, lab: str, asked: Row) -> float:
    """A figure of the table in a committed notebook, over another side's if so asked. Raises Unproven."""
    html = "".join(_shown(root, lab, "compare", "text/html"))
    row = re.search(rf"<tr><t[dh][^>]*>{re.escape(asked.row)}</t[dh]>(.*?)</tr>", html)
    if not row:
        raise Unproven(f"the notebook of {lab!r} has no row {asked.row!r} in its table")
    cells = [float(text.replace(",", "")) for text in re.findall(r"<td>([\d.,]+)</td>", row[1])]
    sides = dict(zip(("slow", "yours", "our fix"), cells, strict=True))
    return sides[asked.of] / sides[asked.over] if asked.over else sides[asked.of]


def printed(root: Path, lab: str, asked: Printed) -> str:
    """What a cell of a committed notebook printed: the first group of the pattern. Raises Unproven."""
    text = "".join("".join(output.get("text", "")) for output in _outputs(root, lab, asked.cell))
    found = re.search(asked.pattern, text)
    if not found:
        raise Unproven(f"the cell {asked.cell!r} in the notebook of {lab!r} printed nothing like {asked.pattern!r}")
    return found[1].replace(",", "")


def picture(root: Path, lab: str, asked: Picture) -> bytes:
    """A picture of a committed notebook, as PNG. Raises Unproven."""
    found = list(_shown(root, lab, asked.cell, "image/png"))
    if asked.number >= len(found):
        raise Unproven(f"the cell {asked.cell!r} in the notebook of {lab!r} has no picture {asked.number}")
    return b64decode(found[asked.number])


def _outputs(root: Path, lab: str, cell: str) -> list[dict[str, Any]]:
    for path in (root / "notebooks").glob(f"[0-9][0-9]_{lab}.ipynb"):
        cells = json.loads(path.read_text())["cells"]
        return [output for one in cells if one["id"] == cell for output in one.get("outputs", [])]
    raise Unproven(f"there is no notebook of lab {lab!r}")


def _shown(root: Path, lab: str, cell: str, kind: str) -> Iterator[str]:
    for output in _outputs(root, lab, cell):
        if kind in output.get("data", {}):
            yield "".join(output["data"][kind])
