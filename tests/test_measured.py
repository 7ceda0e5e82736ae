"""Whose figures a notebook's cells print: of the round that is shown, or of one that a side gets for itself."""

from contextlib import nullcontext
from pathlib import Path

import pytest
import toy

from perflab import notebook, session
from perflab.course import syllabus
from perflab.notebook import Lab


def test_a_side_that_no_round_has_driven_is_driven_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So it is on a fresh clone, where `verify` says *untouched* and drives nothing."""
    course = toy.course(tmp_path)
    driven: list[object] = []

    def drive(lab: object, fixes: dict[str, Path | None]) -> dict[str, object]:
        driven.append(fixes)
        return {side: toy.samples([100.0], failed=len(driven)) for side in fixes}

    monkeypatch.setattr(syllabus, "load", lambda: course)
    monkeypatch.setattr(session, "drive_once", drive)
    monkeypatch.setattr(notebook, "_progress", lambda: nullcontext(lambda text: None))  # which needs a kernel
    lab = Lab("stuck_toy")
    with pytest.raises(RuntimeError, match="Nothing is measured yet"):
        lab.failed("reference")
    lab.predict(10)
    lab.reproduce()
    assert (lab.failed("slow"), lab.failed("reference"), lab.failed("reference")) == (1, 2, 2)
    assert driven == [{"slow": None}, {"reference": lab._lab.fix("reference")}]
