"""A session: whose fix is measured, and its record."""

import logging
import os
import random
import subprocess
import threading
from collections.abc import Generator, Sequence
from itertools import count
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from perflab.bench.live import LiveBench
from perflab.bench.ready import ReadyBench
from perflab.course.audit import KEPT
from perflab.course.lab import Lab, Side
from perflab.course.syllabus import Syllabus
from perflab.judge import experiment
from perflab.judge.result import OnProgress, Result
from perflab.measure.samples import Samples
from perflab.report import board, page, progress, store
from perflab.report.progress import Prediction, Standing
from perflab.report.workers import Board

WATCHED_S = 1.0  # of load, between two looks at the workers
SIDE_VARIABLE = "PERFLAB_YOURS"  # "reference" puts our fix in the learner's place: `pytest --nbval --solutions`


def reference_stands_in() -> bool:
    """Whether our fixes and answers stand in for the learner's: `pytest --nbval --solutions` says so."""
    return os.environ.get(SIDE_VARIABLE) == "reference"


def yours(lab: Lab) -> Path | None:
    """The fix in the learner's place: their own, or ours where `PERFLAB_YOURS` says so."""
    return lab.fix("reference" if reference_stands_in() else "yours")


def measure(
    lab: Lab, on_progress: OnProgress, fix: Path | None = None, untouched_rounds: int = experiment.UNTOUCHED_ROUNDS
) -> Result:
    """Measures and judges a lab, with the learner's fix or the one given. `on_progress` is called at every step.

    Raises LoadError where a scenario of ours does not run.
    """
    fixes: dict[Side, Path | None] = {"slow": None, "yours": fix or yours(lab), "reference": lab.fix("reference")}
    with LiveBench(lab, fixes) as bench:
        return experiment.run(lab, bench, on_progress, untouched_rounds=untouched_rounds)


def measure_at_save(lab: Lab, saved: threading.Event, on_progress: OnProgress) -> Result:
    """Measures and judges a lab as `measure` does, once the learner's file is `saved`.

    Until then the sides of the course get ready. Raises LoadError where a scenario of ours does not run.
    """
    fixes: dict[Side, Path | None] = {"slow": None, "yours": yours(lab), "reference": lab.fix("reference")}
    with ReadyBench(lab, fixes) as bench:
        bench.prepare(saved.is_set)
        saved.wait()
        return experiment.run(lab, bench, on_progress, bench.seed, untouched_rounds=0)


def drive_once(lab: Lab, fixes: dict[Side, Path | None], profiled: bool = False) -> dict[Side, Samples]:
    """Drives some sides for one round, without judging. Raises SideError, RequirementMissing and LoadError."""
    seed = random.SystemRandom().getrandbits(32)
    with LiveBench(lab, fixes, profiled, judging=False) as bench:
        for side in fixes:
            bench.start(side)
        bench.warm_up(list(fixes), seed + 1)  # other requests than the round's, which would be cached
        return {side: bench.drive(side, seed) for side in fixes}


def drive_curve(lab: Lab, fixes: dict[Side, Path | None], loads: Sequence[float]) -> dict[Side, list[Samples]]:
    """Drives some sides for a round at each of these loads, which are shares of the scenario's own.

    Raises SideError, RequirementMissing and LoadError.
    """
    seed = random.SystemRandom().getrandbits(32)
    driven: dict[Side, list[Samples]] = {side: [] for side in fixes}
    with LiveBench(lab, fixes, judging=False) as bench:
        for side in fixes:
            bench.start(side)
        for load in loads:
            for side in fixes:
                driven[side].append(bench.drive(side, seed, load=load))
    return driven


def watch(lab: Lab, side: Side) -> Generator[Board]:
    """Drives one side for as long as it is asked, and yields what its workers do, about once a second.

    Raises SideError, RequirementMissing and LoadError. Close it, and everything that it has started ends.
    """
    seed = random.SystemRandom().getrandbits(32)
    board = Board(lab.memory_limit_mib)
    fix = yours(lab) if side == "yours" else lab.fix(side)
    with LiveBench(lab, {side: fix}, judging=False) as bench:
        bench.start(side)
        for number in count():
            board.add(bench.drive(side, seed + number, WATCHED_S, calm=True))
            yield board


def record(result: Result, course: Syllabus) -> Path | None:
    """Adds a result to the learner's progress, writes its record and page and the board, and returns where the page is.

    Writes nothing, and returns None, where our fix stands in for the learner's: it must not count as their progress.
    Raises OSError.
    """
    if reference_stands_in():
        return None
    progress.note_run(result)
    store.save(result)
    path = page.write(result, course)
    board.write(Standing(course))
    return path


def record_prediction(lab: Lab, course: Syllabus, predicted: float, measured: float) -> Prediction | None:
    """Keeps a learner's first prediction of a lab, and returns it; writes the board. Raises OSError."""
    kept = progress.note_prediction(lab, predicted, measured)
    board.write(Standing(course))
    return kept


def executed(path: Path) -> NotebookNode:
    """A notebook, run with our fix in the learner's place. Raises nbclient's exceptions."""
    from nbclient import NotebookClient

    os.environ[SIDE_VARIABLE] = "reference"
    notebook: NotebookNode = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}})
    # At Ctrl-C a task of nbclient's may find its client gone, and asyncio would print a traceback as it forgets it.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    try:
        client.execute(stderr=subprocess.DEVNULL)  # hides the kernel's own log; errors of cells are raised
    except Exception:
        if hasattr(client, "_async_cleanup_kernel_future"):  # Ctrl-C: nbclient ends its kernel, then raises anything
            raise KeyboardInterrupt from None
        raise
    return notebook


def rerun(path: Path) -> Path:
    """Runs a notebook with our fix in the learner's place, and saves it with its outputs.

    Only the outputs themselves are kept of this machine and this run. Raises nbclient's exceptions.
    """
    notebook = executed(path)
    notebook.metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    for cell in notebook.cells:
        cell.metadata = {key: cell.metadata[key] for key in KEPT if key in cell.metadata}
        for data in (output.get("data", {}) for output in cell.get("outputs", [])):
            if "image/png" in data:
                data.pop("text/html", None)  # the same picture: code hosts show the PNG, with its alternative text
    nbformat.write(notebook, path)
    return path
