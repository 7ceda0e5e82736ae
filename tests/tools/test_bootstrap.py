"""The first set-up, where something is missing: one clear sentence, and the remedy."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from perflab.course.lab import ROOT

SCRIPT = ROOT / "tools" / "bootstrap.py"
OTHERS = ((3, 9, 2), (3, 15, 0))  # too old, and newer than the packages are made for


def script(version: tuple[int, ...]) -> str:
    """The set-up, as run by another Python."""
    named = ".".join(map(str, version))
    return f"""
import runpy, sys
sys.version, sys.version_info = "{named} (default)", ({", ".join(map(str, version))}, "final", 0)
sys.argv = [{str(SCRIPT)!r}, "a-folder"]
runpy.run_path(sys.argv[0])
"""


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, check=False, capture_output=True, text=True, env={**os.environ, **environment}, timeout=120
    )


def test_an_old_python_can_parse_the_script() -> None:
    ast.parse(SCRIPT.read_text(), feature_version=(3, 4))


@pytest.mark.parametrize("version", OTHERS)
def test_an_unsupported_python_is_named_with_the_remedy(tmp_path: Path, version: tuple[int, ...]) -> None:
    done = run(sys.executable, "-c", script(version), PATH=str(tmp_path))
    assert done.returncode
    assert done.stdout == ""
    sentence = f"This course needs Python 3.11 to 3.14, and this is {'.'.join(map(str, version))}."
    assert done.stderr.strip().splitlines() == [
        f"{sentence} Install one, or name it: make lab-32 PYTHON=/path/to/python3.12"
    ]


@pytest.mark.parametrize("version", OTHERS)
def test_a_supported_python_beside_the_other_one_is_used(tmp_path: Path, version: tuple[int, ...]) -> None:
    supported = tmp_path / "python3.12"
    supported.write_text('#!/bin/sh\necho "$@"\n')
    supported.chmod(0o755)
    done = run(sys.executable, "-c", script(version), PATH=f"{tmp_path}:/bin:/usr/bin")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, f"-I {SCRIPT} a-folder")


def test_without_a_network_one_sentence_says_that_it_is_needed(tmp_path: Path) -> None:
    nowhere = "http://127.0.0.1:9/simple"
    done = run(
        sys.executable, str(SCRIPT), str(tmp_path / "venv"),
        PIP_INDEX_URL=nowhere, PIP_EXTRA_INDEX_URL=nowhere, PIP_CONFIG_FILE=os.devnull, PIP_FIND_LINKS="",
    )  # fmt: skip
    assert done.returncode
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1] == (
        "Could not fetch the course's packages. The first set-up needs a network; later runs do not."
    )


def test_packages_go_into_the_courses_own_environment_whatever_pip_was_told() -> None:
    """PIP_USER=1 in a shell, as some systems have it, would fail in a virtual environment."""
    code = f"""
import runpy, subprocess, sys
seen = []
def run(command, **options):
    seen.append(options["env"])
    return subprocess.CompletedProcess(command, 1, "no", None)
subprocess.run = run
sys.argv = [{str(SCRIPT)!r}, "a-folder"]
try:
    runpy.run_path(sys.argv[0])
except SystemExit:
    pass
print(seen[0]["PIP_USER"], "PIP_TARGET" in seen[0], "PYTHONPATH" in seen[0], seen[0]["PIP_INDEX_URL"])
"""
    bent = {"PIP_USER": "1", "PIP_TARGET": "/elsewhere", "PYTHONPATH": "/elsewhere", "PIP_INDEX_URL": "mine"}
    assert run(sys.executable, "-c", code, **bent).stdout.splitlines()[-1] == "0 False False mine"
