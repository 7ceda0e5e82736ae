"""A lab under watch: what a save, a key, a signal and a closed terminal do. Mostly with a stand-in for the judge."""

import io
import re
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest
import toy
from rich.console import Console

from perflab.course.lab import Lab
from perflab.course.syllabus import Syllabus
from perflab.judge.result import OnProgress, Result
from perflab.judge.rule import Outcome
from perflab.learner import watch
from perflab.learner.watch import Ended, Event, Failed, Key, Saved, Watch
from perflab.report import store

WITHIN_S = 10.0


class FakeJudge:
    """A judge without servers: each judgement ends as `ways` says, and an `endless` one goes on until it is cancelled.

    `log` says what became of each: it got ready, began, and ended.
    """

    def __init__(self, *ways: str) -> None:
        self.ways = list(ways)
        self.log: list[str] = []
        self._saved: threading.Event | None = None
        self._way = ""
        self.on_judged: Callable[[], None] = lambda: None  # called before each verdict

    @property
    def rests(self) -> bool:
        """Whether it waits for a save, or for its end."""
        return self._way == "endless" or bool(self._saved and not self._saved.is_set())

    def __call__(self, lab: Lab, saved: threading.Event, on_progress: OnProgress) -> Result:
        self.log.append("ready")
        self._saved = saved
        saved.wait(WITHIN_S)
        on_progress(Result(lab, 1, phase="starting slow"))
        way = self.ways.pop(0) if self.ways else "endless"
        self.log.append(f"began {way}")
        self._way = way
        try:
            if way == "fails":
                raise LookupError("our scenario does not run")
            while way == "endless":
                on_progress(Result(lab, 1, phase="round 1: driving slow"))
                time.sleep(0.01)
            result = toy.ending(lab, way)
            result.phase = "done"
            self.on_judged()
            on_progress(result)
            return result
        finally:
            self.log.append(f"ended {way}")
            self._way = ""


@pytest.fixture
def course(tmp_path: Path) -> Syllabus:
    return toy.course(tmp_path)


@pytest.fixture
def lab(course: Syllabus) -> Lab:
    lab = course.by_name("stuck_toy")
    write(lab, "1")
    return lab


def write(lab: Lab, text: str) -> None:
    (lab.folder / "fix.py").write_text(text)


class Script(SimpleQueue[Event]):
    """Events of a script: each comes when the judge rests and nothing else has happened."""

    def __init__(self, judge: FakeJudge, *steps: Event) -> None:
        self.judge = judge
        self.steps = list(steps)

    def get(self, block: bool = True, timeout: float | None = None) -> Event:
        while self.empty() and self.steps:
            if self.judge.rests:
                return self.steps.pop(0)
            time.sleep(0.01)
        try:
            return super().get(timeout=WITHIN_S)
        except Empty:
            raise AssertionError("nothing happens any more") from None


def followed(course: Syllabus, lab: Lab, judge: FakeJudge, *steps: Event) -> tuple[int, str]:
    """Watches a lab through a script that ends with `q`: the exit code, and what was printed."""
    to = Console(file=io.StringIO(), width=80, highlight=False)
    code = Watch(to, lab, course, judge, Script(judge, *steps, Key("q"))).follow()
    assert isinstance(to.file, io.StringIO)
    return code, to.file.getvalue()


def test_an_untouched_lab_waits_for_the_first_save(course: Syllabus, lab: Lab) -> None:
    judge = FakeJudge("solved")
    (lab.folder / "fix.py").unlink()
    code, said = followed(course, lab, judge)
    assert (code, judge.log[0], "began solved" in judge.log) == (0, "ready", False)
    assert "Nothing is changed yet" in said


def test_work_is_judged_at_once_and_then_at_each_save(course: Syllabus, lab: Lab) -> None:
    judge = FakeJudge("broken", "wrong", "solved")
    _, said = followed(course, lab, judge, Saved(), Saved())
    assert re.findall("BROKEN|WRONG|SOLVED", said) == ["BROKEN", "WRONG", "SOLVED"]
    assert judge.log[:3] == ["ready", "began broken", "ended broken"]
    assert judge.log[3:6] == ["ready", "began wrong", "ended wrong"]
    assert said.count("s after the save") == 3


def test_a_save_while_it_measures_begins_again(course: Syllabus, lab: Lab) -> None:
    judge = FakeJudge("endless", "solved")
    _, said = followed(course, lab, judge, Saved())
    assert judge.log[:5] == ["ready", "began endless", "ended endless", "ready", "began solved"]
    assert said.count("SOLVED") == 1


def test_a_verdict_on_a_file_that_has_changed_since_is_none(course: Syllabus, lab: Lab) -> None:
    """Whether or not the watcher of the files has said so by then."""
    judge = FakeJudge("solved", "broken")
    judge.on_judged = lambda: write(lab, "2")
    _, said = followed(course, lab, judge)
    assert re.findall("BROKEN|SOLVED", said) == ["BROKEN"]
    assert store.outcome(lab) is Outcome.ERROR


def test_a_verdict_is_recorded_as_make_lab_records_it(course: Syllabus, lab: Lab) -> None:
    _, said = followed(course, lab, FakeJudge("solved"))
    assert store.outcome(lab) is Outcome.SOLVED
    assert str(lab.results(".html").name) in said


def test_an_untouched_save_replaces_no_record(course: Syllabus, lab: Lab) -> None:
    _, said = followed(course, lab, FakeJudge("solved", "untouched"), Saved())
    assert "UNTOUCHED" in said
    assert store.outcome(lab) is Outcome.SOLVED


def test_results_that_cannot_be_written_do_not_end_it(
    course: Syllabus, lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    (lab.root / "results").write_text("no folder")
    _, said = followed(course, lab, FakeJudge("broken", "solved"), Saved(), Key("h"))
    assert "BROKEN" in said and "SOLVED" in said
    assert capsys.readouterr().err.count("Nothing is kept of it.") == 3


def test_keys_bring_hints_and_the_slow_code_while_it_measures(course: Syllabus, lab: Lab) -> None:
    judge = FakeJudge("endless")
    _, said = followed(course, lab, judge, Key("h"), Key("h"), Key("s"), Key("x"))
    assert "Hint 1 of 3" in said and "Hint 2 of 3" in said
    assert 'router = "slow"' in said
    assert judge.log == ["ready", "began endless", "ended endless"]


def test_ctrl_c_is_raised_after_the_judge_has_ended(course: Syllabus, lab: Lab) -> None:
    judge = FakeJudge("endless")
    with pytest.raises(KeyboardInterrupt):
        followed(course, lab, judge, Ended(signal.SIGINT))
    assert judge.log[-1] == "ended endless"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGHUP, 129), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_in_order(course: Syllabus, lab: Lab, number: signal.Signals, code: int) -> None:
    judge = FakeJudge("endless")
    assert followed(course, lab, judge, Ended(number))[0] == code
    assert judge.log[-1] == "ended endless"


def test_a_signal_that_reaches_another_thread_ends_it_too(course: Syllabus, lab: Lab) -> None:
    """And nothing else has to happen first."""
    judge, events = FakeJudge("endless"), SimpleQueue[Event]()
    over = threading.Event()

    def other() -> None:
        while not judge.rests:
            time.sleep(0.01)
        signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
        if not over.wait(WITHIN_S):
            events.put(Key("q"))

    with watch._endings(events):
        threading.Thread(target=other).start()
        code = Watch(Console(file=io.StringIO()), lab, course, judge, events).follow()
        over.set()
    assert code == 128 + signal.SIGTERM


def test_what_the_judge_raises_is_raised(course: Syllabus, lab: Lab) -> None:
    with pytest.raises(LookupError):
        followed(course, lab, FakeJudge("fails"))


def test_a_watcher_that_fails_is_raised(course: Syllabus, lab: Lab) -> None:
    with pytest.raises(OSError, match="limit"):
        followed(course, lab, FakeJudge("endless"), Failed(OSError("the limit on watches is reached")))


def test_saves_of_the_learners_files_alone_are_seen(lab: Lab) -> None:
    events = SimpleQueue[Event]()
    with watch._saves(lab, events):
        time.sleep(0.5)
        (lab.folder / ".fix.py.swp").write_text("an editor's own")
        (lab.folder / "lab.toml").touch()
        time.sleep(0.5)
        assert events.empty()
        new = lab.folder / "fix.py~"
        new.write_text("2")
        new.replace(lab.folder / "fix.py")  # as editors save
        assert events.get(timeout=WITHIN_S) == Saved()
        (lab.folder / "fix.py").unlink()
        time.sleep(0.5)
        assert events.empty()
