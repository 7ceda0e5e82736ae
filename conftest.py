"""Options for grading with `pytest --nbval notebooks`, and for a test run that must be over in time."""

import os

import pytest

from perflab.notebook import QUIET_VARIABLE
from perflab.session import SIDE_VARIABLE


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--solutions", action="store_true", help="put the course's own fixes in the learner's place")
    parser.addoption("--rotate", action="store_true", help="of the long tests, only as many as a run has time for")


def pytest_configure(config: pytest.Config) -> None:
    # The notebooks' kernels inherit these.
    os.environ[QUIET_VARIABLE] = "1"
    if config.getoption("--solutions"):
        os.environ[SIDE_VARIABLE] = "reference"
