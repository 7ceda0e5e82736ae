"""No cheat is ever solved: see `tests/cheats` for what they try."""

import ast
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cheats
import pytest
import toy
from cheats import Cheat
from patience import judged

from perflab import session
from perflab.course import syllabus
from perflab.course.lab import ROOT, Lab
from perflab.judge.result import Result
from perflab.judge.rule import Outcome
from perflab.report import messages, store
from perflab.report.progress import Standing

COURSE = syllabus.load()
CASES = [cheat for lab in COURSE.ready for cheat in cheats.for_lab(lab)]

# Their effect is seen, but not which process caused it: the outcome may be inconclusive, and is never solved.
UNATTRIBUTED = {
    "kept_in_a_file",
    "kept_in_shared_memory",
    "killed_rival",
    "never_released",
    "others_crowded",
    "others_demoted",
    "others_stopped",
    "planted_beside_the_parts",
    "planted_in_the_root",
    "proxy_bypasses_the_ocean",
    "proxy_closes_first",
    "proxy_told_to_retry",
}


@pytest.fixture
def restored_course(tmp_path: Path) -> Iterator[None]:
    """Some cheats write into the course and its results: both are restored afterwards."""
    results, backup = ROOT / "results", tmp_path / "kept-results"
    package = ROOT / "app" / "parts" / "__init__.py"
    before = package.read_bytes()
    if results.exists():
        shutil.move(results, backup)
    yield
    shutil.rmtree(results, ignore_errors=True)
    if backup.exists():
        shutil.move(backup, results)
    if package.read_bytes() != before:
        package.write_bytes(before)
    (ROOT / "sitecustomize.py").unlink(missing_ok=True)


def tried(cheat: Cheat, folder: Path) -> Result:
    """Measures a cheat: once where it may be inconclusive."""
    fix = cheat.write(folder)
    if cheat.path.stem in UNATTRIBUTED:
        return session.measure(cheat.lab, lambda result: None, fix)
    return judged(cheat.lab, fix)


@pytest.mark.load
@pytest.mark.usefixtures("restored_course")
@pytest.mark.rotates("cheats", minutes=1.5, seconds=25)
@pytest.mark.parametrize("cheat", CASES, ids=[cheat.id for cheat in CASES])
def test_no_cheat_is_solved(cheat: Cheat, tmp_path: Path) -> None:
    result = tried(cheat, tmp_path)
    rulings = [[f"{score.closed:.2f} {score.ruling}" for score in round.scores] for round in result.rounds]
    allowed = {Outcome.WRONG, Outcome.ERROR, Outcome.NOT_YET}
    if cheat.path.stem in UNATTRIBUTED:
        allowed.add(Outcome.INCONCLUSIVE)
    assert result.outcome in allowed, f"{cheat.tries} {result.outcome}: {rulings}"


# The corpus itself.


def test_every_cheat_says_what_it_tries() -> None:
    for cheat in CASES:
        assert len(cheat.tries) > 40, cheat.path
        assert cheat.tries.endswith("."), cheat.path


def test_every_cheat_of_every_lab_has_an_id_of_its_own() -> None:
    assert len({cheat.id for cheat in CASES}) == len(CASES)


@pytest.mark.parametrize("lab", COURSE.ready, ids=lambda lab: lab.slug)
def test_every_lab_is_attacked(lab: Lab) -> None:
    assert len(cheats.for_lab(lab)) >= 8


def test_cheats_for_one_lab_belong_to_a_lab() -> None:
    names = {path.name for path in (cheats.HERE / "labs").iterdir() if path.name != "__pycache__"}
    assert names <= {lab.name for lab in COURSE.labs}


def written(lab: Lab, name: str, folder: Path) -> Path:
    folder.mkdir()
    return next(cheat for cheat in cheats.for_lab(lab) if cheat.path.stem == name).write(folder)


def test_a_new_lab_gets_the_general_tricks(lab: Lab, tmp_path: Path) -> None:
    (lab.solution / "tempting_paint.py").write_text('"""Paint makes it look fast."""\n\nrouter = "painted"\n')
    slow = written(lab, "constant_answers", tmp_path / "slow").read_text()
    half = written(lab, "burning_beside_others", tmp_path / "half").read_text()
    assert "from app.parts.stuck_toy import *" in slow
    assert 'router = "painted"' in half
    for source in (slow, half):
        compile(source, "fix.py", "exec")
        assert "middleware = [" in source


def test_a_lab_of_several_files_gets_the_tricks_in_a_folder(tmp_path: Path) -> None:
    fix = written(toy.full_lab(tmp_path), "constant_answers", tmp_path / "fix")
    assert [path.name for path in fix.iterdir()] == ["fix.py"]


def test_a_lab_about_gunicorn_gets_the_tricks_in_its_file(lab: Lab, tmp_path: Path) -> None:
    fix = written(lab.model_copy(update={"files": ("gunicorn.conf.py",)}), "constant_answers", tmp_path / "fix")
    source = fix.read_text()
    compile(source, "gunicorn.conf.py", "exec")
    assert fix.name == "gunicorn.conf.py"
    assert "worker_class" in source
    assert "def post_fork" in source


# What a cheat looks for must be there: one that finds nothing tries nothing, and is rejected anyway.


def imported(path: Path) -> Iterator[tuple[str, str]]:
    """Each name of ours that a cheat imports, with its module."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in ("app", "perflab"):
            yield from ((node.module or "", alias.name) for alias in node.names)


# In a process of its own: one of them imports perflab.traffic, and with it Locust, which patches the whole process.
MISSING = """
import importlib, importlib.util, json, sys
print(json.dumps([
    (path, module, name)
    for path, module, name in json.load(sys.stdin)
    if not hasattr(importlib.import_module(module), name) and not importlib.util.find_spec(f"{module}.{name}")
]))
"""


def test_a_cheat_imports_what_is_there() -> None:
    """One that fails at its first line is *broken*, and refused, without having tried anything."""
    found = {(path.name, *name) for path in cheats.HERE.rglob("*.py") for name in imported(path)}
    assert len(found) > 30
    done = subprocess.run(
        [sys.executable, "-c", MISSING],
        input=json.dumps(sorted(found)),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == []


def test_a_cheat_that_patches_the_load_generator_finds_what_it_patches() -> None:
    cheat = (cheats.HERE / "labs" / "honest_load" / "judge_patched.py").read_text()
    victim = ROOT / "perflab" / "bench" / "load_generator.py"
    (patched,) = [node for node in ast.parse(victim.read_text()).body if getattr(node, "name", "") == "Recorder"]
    assert 'modules["__main__"].Recorder' in cheat and "recorder.finish" in cheat
    assert "finish" in {method.name for method in patched.body if isinstance(method, ast.FunctionDef)}


LOOKS = """
import json, pathlib, sys, threading, time
sys.path.insert(0, {tests!r})
from cheats.surroundings import address, parts, rivals

def look():
    while "reference" not in rivals() or not address(rivals()["reference"]):
        time.sleep(0.1)
    found = sorted(name for name, _ in parts())
    ports = sorted(side for side, process in rivals().items() if address(process))
    pathlib.Path({told!r}).write_text(json.dumps([found, ports]))

threading.Thread(target=look, daemon=True).start()
from app.parts.blocked_loop import *
middleware = []
"""


@pytest.mark.load
@pytest.mark.rotates("the kit under load", minutes=1, seconds=27)
def test_a_cheat_finds_the_other_sides_and_the_load_generator(tmp_path: Path) -> None:
    fix, told = tmp_path / "fix.py", tmp_path / "told"
    fix.write_text(LOOKS.format(tests=str(cheats.HERE.parent), told=str(told)))
    session.measure(COURSE.by_name("blocked_loop"), lambda result: None, fix)
    assert json.loads(told.read_text()) == [["load generator", "reference", "slow"], ["reference", "slow"]]


@pytest.mark.load
@pytest.mark.rotates("the kit under load", minutes=1, seconds=6)
@pytest.mark.parametrize("name", ["killed_keeper", "killed_load_test"])
def test_a_cheat_that_kills_a_process_of_the_kit_kills_it(name: str, tmp_path: Path) -> None:
    lab = COURSE.by_name("blocked_loop")
    cheat = next(cheat for cheat in cheats.for_lab(lab) if cheat.path.stem == name)
    result = session.measure(lab, lambda result: None, cheat.write(tmp_path))
    assert result.outcome is Outcome.ERROR
    assert re.search("itself ended|did not live through", messages.explain(result).sentence)


# What a fix writes must not count.


@pytest.mark.load
@pytest.mark.rotates("the kit under load", minutes=1, seconds=28)
@pytest.mark.usefixtures("restored_course")
def test_results_that_a_fix_forged_do_not_count(tmp_path: Path) -> None:
    """The kit writes last. Where it did not write, forged results are ignored."""
    lab = COURSE.by_name("blocked_loop")
    cheat = next(cheat for cheat in cheats.for_lab(lab) if cheat.path.stem == "forged_results")
    result = session.measure(lab, lambda result: None, cheat.write(tmp_path))
    assert '"solved"' in lab.results(".json").read_text()
    assert store.outcome(lab) is None
    assert Standing(COURSE).count().startswith("0 of")
    session.record(result, COURSE)
    assert store.outcome(lab) is result.outcome
    assert "<h1>solved</h1>" not in lab.results(".html").read_text()


@pytest.mark.load
def test_a_reference_that_a_fix_rewrote_is_not_measured(tmp_path: Path) -> None:
    """The reference starts after yours, so yours could replace its source at import."""
    lab = COURSE.by_name("blocked_loop")
    moved = lab.model_copy(update={"root": tmp_path})
    for folder in (lab.folder, lab.solution, lab.root / "app", lab.root / "perflab"):
        shutil.copytree(folder, tmp_path / folder.relative_to(lab.root))
    ours, worse = moved.solution / "fix.py", moved.solution / "tempting_thread.py"
    fix = tmp_path / "fix.py"
    fix.write_text(f"open({str(ours)!r}, 'w').write(open({str(worse)!r}).read())\n{worse.read_text()}")
    result = session.measure(moved, lambda result: None, fix)
    assert result.outcome is Outcome.INCONCLUSIVE
    assert messages.explain(result).sentence.endswith(
        "solutions/01_blocked_loop/fix.py was changed while it was measured."
    )
    assert result.rounds == []
