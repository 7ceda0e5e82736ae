"""The learner's own notebooks, in `my-notebooks`: copies of the course's without their outputs, for JupyterLab.

A copy in which anything was done is never overwritten. The others follow the course when its text changes. A copy knows
by a digest in its metadata what it was made with, so nothing else has to be kept.
"""

import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any, NamedTuple

from perflab import files

FOLDER = "my-notebooks"
MARK = "perflab"  # of the metadata that are ours
CONFIGURATION = Path(__file__).with_name("jupyter")  # without news: JupyterLab would ask each learner about them
PREDICTED = re.compile(r"\blab\.predict\([^)]*\)")


def fresh(notebook: Path) -> dict[str, Any]:
    """A copy of one of the course's notebooks: nothing is run yet, and the prediction is left to be filled in."""
    made: dict[str, Any] = json.loads(notebook.read_text())
    for cell in made["cells"]:
        if cell["cell_type"] == "code":
            source = PREDICTED.sub("lab.predict(...)", "".join(cell["source"]))
            cell |= {"outputs": [], "execution_count": None, "source": source.splitlines(keepends=True)}
    made["metadata"][MARK] = _digest(made)
    return made


def _digest(notebook: dict[str, Any]) -> str:
    """What a notebook says and shows, as a digest. JupyterLab may save it otherwise, with other metadata."""
    cells = [
        [cell["cell_type"], "".join(cell["source"]), cell.get("outputs", []), cell.get("execution_count")]
        for cell in notebook["cells"]
    ]
    return hashlib.sha256(json.dumps(cells).encode()).hexdigest()


class Copy(NamedTuple):
    """A copy as it is found: the digest that it was made with, if it has one, and whether anything was done in it."""

    made_with: str | None
    touched: bool


def _read(copy: Path) -> Copy:
    try:
        notebook = json.loads(copy.read_text())
        made_with = str(notebook["metadata"][MARK])
        return Copy(made_with, made_with != _digest(notebook))
    except (ValueError, KeyError, TypeError, AttributeError):
        return Copy(None, touched=True)


def _write(copy: Path, notebook: dict[str, Any]) -> None:
    files.write(copy, json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")


def bring_up_to_date(root: Path) -> list[str]:
    """Makes the copies that are missing, and renews those in which nothing was done. Returns what to print.

    Raises OSError.
    """
    course = {root / FOLDER / notebook.name: notebook for notebook in sorted((root / "notebooks").glob("*.ipynb"))}
    behind = []
    for copy, notebook in course.items():
        new, found = fresh(notebook), _read(copy) if copy.exists() else None
        if found and found.made_with == new["metadata"][MARK]:
            continue
        if found and found.touched:
            behind.append(notebook.stem)
        else:
            _write(copy, new)
    for copy in set((root / FOLDER).glob("*.ipynb")) - set(course):
        if not _read(copy).touched:  # the course has renumbered it
            copy.unlink()
    said = [f"Your notebooks are in {FOLDER}: copies of the course's, without outputs."]
    if behind:
        said.append(
            f"The course's text has changed since you began {', '.join(behind)}. Your work there stays; "
            f"`make reset-{behind[0][:2]}` gives a fresh copy, and keeps yours beside it."
        )
    return said


def renew(root: Path, notebook: Path) -> Path | None:
    """Writes a fresh copy in place of one that is there. Returns where the old one is, if anything was done in it.

    Raises OSError.
    """
    copy = root / FOLDER / notebook.name
    if not copy.exists():
        return None
    backup = files.put_aside(copy) if _read(copy).touched else None
    _write(copy, fresh(notebook))
    return backup


def options(root: Path) -> list[str]:
    """JupyterLab's options: it may open every file of the course, as the learner's fixes, and begins in `FOLDER`."""
    found = [f"--ServerApp.root_dir={root}", f"--LabApp.default_url=/lab/tree/{FOLDER}"]
    return [*found, "--allow-root"] if os.geteuid() == 0 else found  # in a container: Jupyter refuses root


def environment() -> dict[str, str]:
    """This shell's environment, with our configuration of JupyterLab before any other."""
    found = [str(CONFIGURATION), *filter(None, [os.environ.get("JUPYTER_CONFIG_PATH")])]
    return {**os.environ, "JUPYTER_CONFIG_PATH": os.pathsep.join(found)}
