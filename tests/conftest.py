"""The toy labs that many tests try the kit on; and which of the long tests a run has time for."""

import os
import subprocess
from pathlib import Path
from random import Random

import pytest
import toy

from perflab.course.lab import ROOT, Lab


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return toy.plain_lab(tmp_path)


@pytest.fixture
def full_lab(tmp_path: Path) -> Lab:
    return toy.full_lab(tmp_path)


def rotation_seed() -> str:
    """Another one for each commit, and the same for everybody who tests that commit."""
    head = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return os.environ.get("PERFLAB_SEED") or head.stdout.strip() or "0"


def pytest_report_header(config: pytest.Config) -> str | None:
    if not config.getoption("--rotate"):
        return None
    return f"rotation: PERFLAB_SEED={rotation_seed()} repeats it, `make test-all` runs everything"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With `--rotate`, keeps of each group of tests marked `rotates(group, keep)` so many, drawn by the seed."""
    if not config.getoption("--rotate"):
        return
    groups: dict[str, list[pytest.Item]] = {}
    keep: dict[str, int] = {}
    for item in items:
        if mark := item.get_closest_marker("rotates"):
            group, keep[group] = mark.args
            groups.setdefault(group, []).append(item)
    rng = Random(rotation_seed())
    left_out = {one for group, of in groups.items() for one in rng.sample(of, max(0, len(of) - keep[group]))}
    config.hook.pytest_deselected(items=[item for item in items if item in left_out])
    items[:] = [item for item in items if item not in left_out]
