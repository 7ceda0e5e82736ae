"""A lab that is judged again at each save, in the terminal: `make watch-01`.

The main thread waits for what happens, one event after the other: a save, a key, a verdict, a signal. The judge runs
in a thread of its own. Whatever ends the watch, its processes are ended first.
"""

import os
import signal
import sys
import termios
import threading
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from types import FrameType
from typing import NamedTuple

import watchfiles
from rich.console import Console
from rich.rule import Rule
from rich.syntax import Syntax

from perflab import session
from perflab.course import templates
from perflab.course.lab import Lab
from perflab.course.syllabus import Syllabus
from perflab.judge.result import OnProgress, Result
from perflab.judge.rule import Outcome
from perflab.learner import terminal, workspace
from perflab.process import managed
from perflab.report import messages

KEYS = "`h` hint · `s` slow code · `q` quit"
DEBOUNCE_MS, LOOK_EVERY_MS = 200, 50  # an editor may write a file in several steps
WAKE_EVERY_S = 0.5
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # SIGHUP: the terminal was closed
Measure = Callable[[Lab, threading.Event, OnProgress], Result]


class Saved(NamedTuple):
    """The learner has saved a file."""


class Key(NamedTuple):
    """A key was pressed."""

    name: str


class Judged(NamedTuple):
    """A verdict is there."""

    judging: "Judging"
    result: Result


class Failed(NamedTuple):
    """A thread cannot go on."""

    error: Exception


class Ended(NamedTuple):
    """A signal says that it is over."""

    signal: int


Event = Saved | Key | Judged | Failed | Ended


class _Cancelled(Exception):
    """There is a newer save to judge."""


class Judging:
    """One judgement in a thread: it gets ready at once, and begins at the save."""

    def __init__(self, lab: Lab, measure: Measure, reporter: terminal.Reporter, events: "SimpleQueue[Event]") -> None:
        self.lab = lab
        self.reporter = reporter
        self.begun = False
        self._events = events
        self._saved, self._cancelled = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, args=(measure,), daemon=True)
        self._thread.start()

    def begin(self) -> None:
        """Judges what the learner's files say now."""
        self.begun, self._begun_s = True, time.monotonic()
        self._said = self._read()
        if self.reporter.status:
            self.reporter.status.start()
        self._saved.set()

    @property
    def seconds(self) -> float:
        """How long ago it began."""
        return time.monotonic() - self._begun_s

    @property
    def is_stale(self) -> bool:
        """Whether the learner's files say something else by now."""
        return self._read() != self._said

    def _read(self) -> list[bytes | None]:
        files = [self.lab.folder / name for name in self.lab.files]
        return [file.read_bytes() if file.is_file() else None for file in files]

    def _run(self, measure: Measure) -> None:
        try:
            measure(self.lab, self._saved, self._on_progress)
        except Exception as error:  # of whatever kind: the main thread raises it again
            if not self._cancelled.is_set():
                self._events.put(Failed(error))

    def _on_progress(self, result: Result) -> None:
        if self._cancelled.is_set():
            raise _Cancelled
        self.reporter(result)
        if result.outcome:
            self._events.put(Judged(self, result))

    def be_quiet(self) -> None:
        """Shows no phase any more."""
        if self.reporter.status:
            self.reporter.status.stop()

    def close(self) -> None:
        """Waits until its processes have ended, which they do after the verdict."""
        self._thread.join()

    def cancel(self) -> None:
        """Ends it and its processes at once, wherever it is."""
        self._cancelled.set()
        self._saved.set()
        self.be_quiet()
        while self._thread.is_alive():
            managed.stop_all()
            self._thread.join(0.05)


class Watch:
    """A lab under watch. `follow` runs until it is over."""

    def __init__(self, to: Console, lab: Lab, course: Syllabus, measure: Measure, events: "SimpleQueue[Event]") -> None:
        self.to = to
        self.lab = lab
        self.course = course
        self.measure = measure
        self.events = events
        self.judging = self._get_ready()

    def _get_ready(self) -> Judging:
        return Judging(self.lab, self.measure, terminal.Reporter(self.to, KEYS), self.events)

    def follow(self) -> int:
        """Does what each event asks for, until one says that it is over. Returns the exit code.

        Raises KeyboardInterrupt for Ctrl-C, and what the judge raises. Nothing is running then.
        """
        try:
            if workspace.untouched(self.lab):
                start = f"`make start-{self.lab.number:02d}` copies the slow code there."
                self.to.print(terminal.code(f"Nothing is changed yet in {messages.file_names(self.lab)}. {start}"))
                self._wait()
            else:
                self._begin("as it is")
            while True:
                match self._next():
                    case Saved():
                        self._begin("saved")
                    case Judged(judging, result) if judging is self.judging:
                        self._tell(result)
                    case Key("h"):
                        self._say(lambda: self.to.print(terminal.code(workspace.next_hint(self.lab))))
                    case Key("s"):
                        self._show_slow_code()
                    case Key("q"):
                        return 0
                    case Failed(error):
                        raise error
                    case Ended(signal.SIGINT):
                        raise KeyboardInterrupt
                    case Ended(number):
                        return 128 + number  # as a shell has it
        finally:
            self.judging.cancel()

    def _next(self) -> Event:
        """Waits for the next event.

        A signal may reach another thread of ours. Python runs its handler in this one, which must wake up for that.
        """
        while True:
            with suppress(Empty):
                return self.events.get(timeout=WAKE_EVERY_S)

    def _begin(self, what: str) -> None:
        """Begins to judge, in place of the judgement that is under way, if there is one."""
        if self.judging.begun:
            self.judging.cancel()
            self.judging = self._get_ready()
        self.to.print(Rule(f"[dim]{what}, {time.strftime('%H:%M:%S')}[/]", style="dim"))
        self.judging.begin()

    def _tell(self, result: Result) -> None:
        """Prints and records a verdict, and gets ready for the next save."""
        if self.judging.is_stale:  # some of it may be the verdict on a newer file
            self._begin("saved")
            return
        seconds = self.judging.seconds
        self.judging.be_quiet()
        self.to.print(terminal.closing(result, messages.explain(result), None))
        if result.outcome is not Outcome.UNTOUCHED:  # which has no rounds here, and would replace a record that has
            self._say(lambda: self._record(result))
        self.judging.close()
        self.judging = self._get_ready()
        self._wait(f"{seconds:.0f} s after the save. ")

    def _record(self, result: Result) -> None:
        if page := session.record(result, self.course):
            self.to.print(f"[dim]page[/]  {terminal.here(page)}", soft_wrap=True)

    def _wait(self, said: str = "") -> None:
        self.to.print(terminal.code(f"{said}Waiting for a save · {KEYS}"), style="dim")

    def _say(self, does: Callable[[], None]) -> None:
        """Does something that writes a file. Where that cannot be, a sentence says so, and the watch goes on."""
        try:
            does()
        except OSError as error:
            terminal.fail(f"Nothing is kept of it. {error}")

    def _show_slow_code(self) -> None:
        for file in self.lab.files:
            self.to.print(Syntax(templates.started(self.lab, file), "python", theme="ansi_light"))


def _hang_up(events: "SimpleQueue[Event]") -> None:
    """The terminal is gone: what is printed from now on goes nowhere, rather than being an error."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    events.put(Ended(signal.SIGHUP))


@contextmanager
def _keys(events: "SimpleQueue[Event]") -> Iterator[None]:
    """Within the block each key is an event, without Enter."""
    fd = sys.stdin.fileno()
    before = termios.tcgetattr(fd)

    def read() -> None:
        with suppress(OSError):
            while key := os.read(fd, 1):
                events.put(Key(key.decode(errors="replace").lower()))
        _hang_up(events)

    tty.setcbreak(fd)
    threading.Thread(target=read, daemon=True).start()
    try:
        yield
    finally:
        with suppress(termios.error):
            termios.tcsetattr(fd, termios.TCSANOW, before)


@contextmanager
def _saves(lab: Lab, events: "SimpleQueue[Event]") -> Iterator[None]:
    """Within the block each save of the learner's files is an event, also where an editor puts a new file in place."""
    over = threading.Event()

    def is_save(change: watchfiles.Change, path: str) -> bool:
        return change is not watchfiles.Change.deleted and Path(path).name in lab.files

    def look() -> None:
        try:
            for _ in watchfiles.watch(
                lab.folder,
                watch_filter=is_save,
                debounce=DEBOUNCE_MS,
                step=LOOK_EVERY_MS,
                stop_event=over,
                recursive=False,
            ):
                events.put(Saved())
        except (OSError, RuntimeError) as error:
            events.put(Failed(error))

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield
    finally:
        over.set()
        looking.join()


@contextmanager
def _endings(events: "SimpleQueue[Event]") -> Iterator[None]:
    """Within the block a signal that ends it is an event, so that everything is ended in order."""

    def end(number: int, _: FrameType | None) -> None:
        if number == signal.SIGHUP:
            _hang_up(events)
        else:
            events.put(Ended(number))

    before = {number: signal.signal(number, end) for number in ENDINGS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run(to: Console, lab: Lab, course: Syllabus, measure: Measure = session.measure_at_save) -> int:
    """Watches a lab until `q` or a signal, and returns the exit code. Standard input is a terminal.

    Raises KeyboardInterrupt for Ctrl-C, LoadError where a scenario of ours does not run, and OSError where no save can
    be seen.
    """
    events = SimpleQueue[Event]()
    with ExitStack() as stack:
        for source in (_endings(events), _keys(events), _saves(lab, events)):
            stack.enter_context(source)
        return Watch(to, lab, course, measure, events).follow()
