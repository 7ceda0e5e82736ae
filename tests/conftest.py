"""The toy labs that many tests try the kit on."""

from pathlib import Path

import pytest
import toy

from perflab.syllabus import Lab


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return toy.plain_lab(tmp_path)


@pytest.fixture
def full_lab(tmp_path: Path) -> Lab:
    return toy.full_lab(tmp_path)
