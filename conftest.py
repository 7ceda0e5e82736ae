"""Options for grading with `pytest --nbval notebooks`."""

import os

import pytest

from perflab.grade import SIDE_VARIABLE
from perflab.notebook import QUIET_VARIABLE


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--solutions", action="store_true", help="put the course's own fixes in the learner's place")


def pytest_configure(config: pytest.Config) -> None:
    # The notebooks' kernels inherit these.
    os.environ[QUIET_VARIABLE] = "1"
    if config.getoption("--solutions"):
        os.environ[SIDE_VARIABLE] = "reference"
