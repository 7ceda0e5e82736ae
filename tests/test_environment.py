"""The first set-up, where something is missing: one clear sentence, and how to mend it."""

import ast
import os
import subprocess
import sys
from pathlib import Path

from perflab.syllabus import ROOT

SCRIPT = ROOT / "perflab" / "environment.py"
AN_OLD_PYTHON = f"""
import runpy, sys
sys.version, sys.version_info = "3.9.2 (default)", (3, 9, 2, "final", 0)
sys.argv = [{str(SCRIPT)!r}, "a-folder"]
runpy.run_path(sys.argv[0])
"""


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, check=False, capture_output=True, text=True, env={**os.environ, **environment}, timeout=120
    )


def test_an_old_python_reads_the_script_at_all() -> None:
    ast.parse(SCRIPT.read_text(), feature_version=(3, 4))


def test_where_there_is_only_an_old_python_the_sentence_names_it_and_the_mend(tmp_path: Path) -> None:
    done = run(sys.executable, "-c", AN_OLD_PYTHON, PATH=str(tmp_path))
    assert done.returncode
    assert done.stdout == ""
    sentence = "This course needs Python 3.11 or newer, and this is 3.9.2."
    assert done.stderr.strip().splitlines() == [
        f"{sentence} Install a newer one, or name it: make lab-32 PYTHON=/path/to/python3.12"
    ]


def test_a_newer_python_beside_the_old_one_is_taken(tmp_path: Path) -> None:
    newer = tmp_path / "python3.12"
    newer.write_text('#!/bin/sh\necho "$@"\n')
    newer.chmod(0o755)
    done = run(sys.executable, "-c", AN_OLD_PYTHON, PATH=f"{tmp_path}:/bin:/usr/bin")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, f"-I {SCRIPT} a-folder")


def test_without_a_network_one_sentence_says_that_the_first_set_up_needs_one(tmp_path: Path) -> None:
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
