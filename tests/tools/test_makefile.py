"""What `make` tells the programs that it runs: nothing of a shell that would bend them."""

import os
import shutil
import subprocess
from pathlib import Path

from perflab.course.lab import ROOT

SHOW = "show:\n\t@env\n"


def told(folder: Path, **environment: str) -> dict[str, str]:
    """The environment of what make runs, in a folder with the course's Makefile."""
    shutil.copy(ROOT / "Makefile", folder)
    shutil.copy(ROOT / "requirements.lock", folder)
    done = subprocess.run(
        ["make", "-f", "Makefile", "-f", "-", "show"],
        cwd=folder, input=SHOW, capture_output=True, text=True, check=True, env={**os.environ, **environment},
    )  # fmt: skip
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)


def test_what_a_shell_says_about_python_and_pytest_reaches_no_program(tmp_path: Path) -> None:
    bent = ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTEST_ADDOPTS", "PYTEST_PLUGINS")
    assert not set(bent) & set(told(tmp_path, **dict.fromkeys(bent, "/elsewhere")))


def test_where_the_home_cannot_be_written_the_course_brings_one(tmp_path: Path) -> None:
    home = Path(told(tmp_path, HOME="/nowhere/at/all")["HOME"])
    assert home == tmp_path.resolve() / ".home"
    assert os.access(home, os.W_OK)
    assert told(tmp_path, HOME=str(tmp_path))["HOME"] == str(tmp_path)
