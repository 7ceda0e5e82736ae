"""What interferes with a round."""

import os
import sys
from types import SimpleNamespace

import psutil
import pytest
import toy

from perflab.bench import interference
from perflab.course.lab import ROOT, Lab
from perflab.measure.samples import Samples, Usage
from perflab.process.managed import Process

ALONE, PAIR = Usage(1.0, 50.0, (101,)), Usage(1.0, 50.0, (101, 102))


def tampered(samples: Samples, scheduling: object = (0, ()), stopped: bool = False) -> str:
    return interference.tampered(samples, ((0, ()), scheduling), stopped)


def round(served: int | None = None, before: Usage = ALONE, after: Usage = ALONE) -> Samples:
    return toy.samples([1.0] * 200, failed=10, served=served, before=before, after=after)


def test_a_side_that_was_left_alone_was_not_tampered_with() -> None:
    assert tampered(round(200)) == ""


def test_a_side_stopped_by_a_signal_was_tampered_with() -> None:
    assert tampered(round(200), stopped=True) == "was stopped by a signal"


@pytest.mark.parametrize("scheduling", [(19, ()), (0, ((0,),)), None])
def test_a_side_with_other_scheduling_was_tampered_with(scheduling: object) -> None:
    assert tampered(round(200), scheduling) == "was given another priority, or other processors"


@pytest.mark.parametrize(("served", "said"), [(214, ""), (215, "had 5 requests from another client"), (200, "")])
def test_a_side_with_stray_requests_was_tampered_with(served: int, said: str) -> None:
    """A few percent may be the load generator's own retries."""
    assert tampered(round(served)) == said


@pytest.mark.parametrize("after", [PAIR, Usage(1.0, 50.0, (202,))])
def test_a_count_by_several_processes_says_nothing(after: Usage) -> None:
    assert tampered(round(900, after=after)) == ""


def test_abandoned_requests_are_counted_as_sent() -> None:
    samples = round(244)
    samples.abandoned = 30
    assert tampered(samples) == ""
    samples.abandoned = 29
    assert tampered(samples) == "had 5 requests from another client"


def test_without_a_count_nothing_was_tampered_with() -> None:
    assert tampered(round(None)) == ""


# The files of the sides.


def test_a_changed_file_of_a_lab_is_seen(lab: Lab) -> None:
    (lab.root / "app" / "base.py").write_text("")
    before = interference.sources(lab)
    assert interference.sources(lab) == before
    for file in (lab.slow_source, lab.solution / "fix.py", lab.folder / "locustfile.py", lab.root / "app" / "base.py"):
        text, seen = file.read_text(), interference.sources(lab)
        file.write_text(text + "# and so on\n")
        assert {path for path, _ in interference.sources(lab) ^ seen} == {file}


def test_a_changed_file_with_its_old_size_and_time_is_seen(lab: Lab) -> None:
    file = lab.solution / "fix.py"
    text, stat, before = file.read_text(), file.stat(), interference.sources(lab)
    file.write_text(text.swapcase())
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (stat.st_size, stat.st_mtime_ns)
    assert interference.sources(lab) != before


def test_a_new_file_beside_ours_is_seen_and_the_learners_is_not(lab: Lab) -> None:
    before = interference.sources(lab)
    (lab.folder / "fix.py").write_text("router = 'mine'\n")
    assert interference.sources(lab) == before
    (lab.solution / "usercustomize.py").write_text("")
    assert interference.sources(lab) != before


def test_every_file_of_the_kit_and_the_site_is_seen(lab: Lab) -> None:
    real = lab.model_copy(update={"root": ROOT, "name": "blocked_loop", "number": 1})
    seen = {path for path, _ in interference.sources(real)}
    packages = [path for name in ("app", "perflab") for path in (ROOT / name).rglob("*.py")]
    assert len(packages) > 60
    assert set(packages) <= seen
    assert {ROOT / "conftest.py", real.slow_source, real.solution / "fix.py"} <= seen
    assert not [path for path in seen if path.is_relative_to(real.folder) and path.name == "fix.py"]


@pytest.mark.parametrize(
    "place",
    [
        "sitecustomize.py", "httpx/__init__.py", "late.pth", "app/parts/__init__.py", "app/a/b/c.py",
        "app/world/icons/x.svg", "app/parts/__pycache__/stuck_toy.cpython-311.pyc", "perflab/process/deep/below.py",
        "perflab/slides/deck/deck.js",
    ],
)  # fmt: skip
def test_a_file_planted_where_python_looks_is_seen(lab: Lab, place: str) -> None:
    before = interference.sources(lab)
    (lab.root / place).parent.mkdir(parents=True, exist_ok=True)
    (lab.root / place).write_text("")
    assert {path for path, _ in interference.sources(lab) ^ before} == {lab.root / place}


def test_a_learners_files_backups_and_results_are_left_out(lab: Lab) -> None:
    before = interference.sources(lab)
    for place in ("fix.py", "fix.py.1.backup", ".fix.py.swp"):
        (lab.folder / place).write_text("router = 'mine'\n")
    lab.results(".json").parent.mkdir()
    lab.results(".json").write_text("{}")
    assert interference.sources(lab) == before


# The machine.

# Other programs take shared memory and give it back meanwhile: a browser does, in a test beside this one.
TRIES = range(5)


@pytest.mark.live
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells shared memory apart")
@pytest.mark.parametrize(
    ("keeps", "hidden"),
    [
        pytest.param("import os; os.write(os.memfd_create('m'), bytes(20 * 2**20))", True, id="a memory file"),
        pytest.param("import mmap; m = mmap.mmap(-1, 20 * 2**20); m.write(bytes(20 * 2**20))", False, id="mapped"),
        pytest.param("kept = bytes(range(256)) * (20 * 2**12)", False, id="its own memory"),
    ],
)
def test_memory_that_no_process_has_in_its_account_is_seen(keeps: str, hidden: bool) -> None:
    assert any(_is_hidden(f"input(); {keeps}; print('kept', flush=True); input()", ["kept"]) is hidden for _ in TRIES)


@pytest.mark.live
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells shared memory apart")
@pytest.mark.parametrize(("looked", "hidden"), [(True, True), (False, False)])
def test_a_memory_file_that_is_gone_by_the_end_is_seen_by_a_look(looked: bool, hidden: bool) -> None:
    keeps = "import os; m = os.memfd_create('m'); os.write(m, bytes(20 * 2**20))"
    program = f"input(); {keeps}; print('kept', flush=True); input(); os.close(m); print('gone', flush=True); input()"
    assert any(_is_hidden(program, ["kept", "gone"], looked=looked) is hidden for _ in TRIES)


def _is_hidden(program: str, words: list[str], *, looked: bool = False) -> bool:
    """Whether a program that says these words, one for each line it is sent, is seen to hide more than 15 MiB."""
    with Process([sys.executable, "-c", program]) as process:
        kept = interference.Hidden(process)
        for word in words:
            process.send_line("")
            assert process.wait_for(lambda line, word=word: line == word, 10)
            if looked:
                kept.look()
        return kept.grown_mib() > 15


def test_files_that_go_make_up_for_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    shared, files = iter([10.0, 30.0]), iter([500.0, 470.0])
    monkeypatch.setattr(interference.Hidden, "_shared_mib", lambda self: next(shared))
    monkeypatch.setattr(interference.Hidden, "_files_mib", staticmethod(lambda: next(files)))
    hidden = interference.Hidden(None)  # type: ignore[arg-type]
    assert hidden.grown_mib() == 20.0


def test_the_cores_of_idle_sides_are_counted() -> None:
    machine = interference.Machine([])
    machine.begun_s -= 2.0
    condition = machine.watched(toy.samples(), {"slow": 1.0, "reference": -0.1})
    assert condition.idle_side_cores == {"slow": pytest.approx(0.5, abs=0.01), "reference": 0.0}


@pytest.mark.parametrize(
    ("system", "mib", "swapped"), [("linux", 0.5, False), ("linux", 2, True), ("darwin", 2, False)]
)
def test_swapping_is_seen_on_linux_only(
    monkeypatch: pytest.MonkeyPatch, system: str, mib: float, swapped: bool
) -> None:
    """Elsewhere psutil also counts the pages of every file that is read."""
    read = iter([10 * 2**20, 10 * 2**20 + int(mib * 2**20)])
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(psutil, "swap_memory", lambda: SimpleNamespace(sin=next(read)))
    assert interference.Machine([]).watched(toy.samples(), {}).swapped is swapped
