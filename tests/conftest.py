"""The toy labs that many tests try the kit on; and which of the long tests a run has time for."""

import os
import subprocess
import sys
from collections.abc import Iterator
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


@pytest.fixture
def checked(lab: Lab) -> Lab:
    """A lab with two checks besides its metric."""
    return lab.model_copy(update={"checks": ("a_worker_per_core", "killed_workers_replaced")})


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Fails a test that imports Locust here: gevent would patch this process, and break whatever test is run later."""
    yield
    assert "gevent.monkey" not in sys.modules, "import it in a process of its own"


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
    """With `--rotate`, keeps of each group marked `rotates` as many tests as its minutes allow, drawn by the seed."""
    if not config.getoption("--rotate"):
        return
    groups: dict[str, list[pytest.Item]] = {}
    for item in items:
        if mark := item.get_closest_marker("rotates"):
            groups.setdefault(mark.args[0], []).append(item)
    rng = Random(rotation_seed())
    left_out = {item for group in groups.values() for item in beyond_its_minutes(group, rng)}
    config.hook.pytest_deselected(items=[item for item in items if item in left_out])
    items[:] = [item for item in items if item not in left_out]


def beyond_its_minutes(group: list[pytest.Item], rng: Random) -> list[pytest.Item]:
    """Those of a group, in random order, for which there is no time; one is always run."""
    drawn = rng.sample(group, len(group))
    spent_s = 0.0
    for number, item in enumerate(drawn):
        mark = item.get_closest_marker("rotates")
        assert mark
        spent_s += mark.kwargs["seconds"]
        if number and spent_s > mark.kwargs["minutes"] * 60:
            return drawn[number:]
    return []
