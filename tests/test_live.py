"""With real servers and real load: errors are reported in sentences, and no process outlives its run."""

import fcntl
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import termios
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from perflab import session
from perflab.bench import live, profiler
from perflab.bench.live import LiveBench
from perflab.bench.server import Server
from perflab.course import syllabus, templates
from perflab.course.lab import ROOT
from perflab.judge.agreement import Difference
from perflab.judge.errors import CheckFailed
from perflab.judge.result import Result
from perflab.judge.rule import Outcome
from perflab.measure.samples import Profile
from perflab.process import supervisor
from perflab.process.managed import Process
from perflab.report import messages, store

pytestmark = pytest.mark.live

LAB = syllabus.load().by_name("blocked_loop")
SLOW = LAB.slow_source.read_text()


def marked(mark: str) -> list[psutil.Process]:
    """Every live process that was started, directly or not, with this mark in its environment."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("PERFLAB_TEST_MARK") == mark and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return [process for process in found if process.pid != os.getpid()]


def there(mark: str, processes: int, within_s: float = 30.0) -> bool:
    """Whether so many processes with this mark are there, now or a little later."""
    deadline = time.monotonic() + within_s
    while len(marked(mark)) < processes:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def gone(mark: str, within_s: float = 10.0) -> bool:
    deadline = time.monotonic() + within_s
    while marked(mark):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.fixture
def mark(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Marks every process that a test starts, and checks at the end that none is left."""
    mark = uuid.uuid4().hex
    monkeypatch.setenv("PERFLAB_TEST_MARK", mark)
    yield mark
    left = [process.cmdline() for process in marked(mark)] if not gone(mark) else []
    for process in marked(mark):
        process.kill()
    assert left == []


def judged(tmp_path: Path, source: str) -> Result:
    fix = tmp_path / "fix.py"
    fix.write_text(source)
    return session.measure(LAB, lambda result: None, fix)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        pytest.param("def broken(:\n", "SyntaxError", id="a syntax error"),
        pytest.param("raise RuntimeError('no such table')\n", "no such table", id="an error at import"),
        pytest.param("import sys\nsys.exit(7)\n", "exit code 7", id="an exit at import"),
        pytest.param("import app.parts.nowhere\n", "ModuleNotFoundError", id="a missing module"),
        pytest.param("import os\nwhile True:\n    os.fork()\n", "processes", id="forks without end"),
        pytest.param("while True:\n    print('x' * 1000)\n", "printed more than", id="prints without end"),
        pytest.param("hoard = []\nwhile True:\n    hoard.append(b'x' * 10**7)\n", "memory", id="eats memory"),
        pytest.param("import time\n\ntime.sleep(3600)\n", 'fix.py", line 3', id="hangs at import"),
    ],
)
def test_a_fix_that_misbehaves_at_import_is_an_error(mark: str, tmp_path: Path, source: str, said: str) -> None:
    """And it leaves no process behind: `mark` checks that."""
    result = judged(tmp_path, source)
    assert result.outcome is Outcome.ERROR
    shown = messages.explain(result)
    assert said in "\n".join([shown.sentence, *shown.details])


def test_a_fix_with_other_answers_is_wrong_and_both_are_shown(mark: str, tmp_path: Path) -> None:
    result = judged(tmp_path, SLOW.replace('"words_apart": apart', '"words_apart": apart + 1'))
    assert result.outcome is Outcome.WRONG
    assert isinstance(result.difference, Difference)
    assert result.difference.request == "/compute"
    assert result.difference.expected != result.difference.got


def test_a_fix_that_fails_shows_its_own_lines_of_the_traceback(mark: str, tmp_path: Path) -> None:
    result = judged(tmp_path, SLOW.replace('"words_apart": apart', '"words_apart": apart.nowhere'))
    assert result.outcome is Outcome.WRONG
    assert result.difference
    heading, first, *_, last = [line for line in result.difference.error if line]
    assert heading.startswith("Traceback")
    assert str(tmp_path / "fix.py") in first
    assert "has no attribute 'nowhere'" in last


@pytest.mark.load
@pytest.mark.rotates("the kit under load", minutes=1, seconds=25)
def test_the_slow_source_in_the_learners_file_is_not_yet_a_fix(mark: str, tmp_path: Path) -> None:
    assert judged(tmp_path, SLOW).outcome is Outcome.NOT_YET


@pytest.mark.load
@pytest.mark.rotates("the kit under load", minutes=1, seconds=7)
def test_a_fix_that_exits_under_load_is_an_error(mark: str, tmp_path: Path) -> None:
    source = SLOW.replace(
        "    return most_alike(post)",
        "    import asyncio, os\n"
        "    asyncio.get_running_loop().call_later(1.5, os._exit, 9)\n"
        "    return most_alike(post)",
    )
    result = judged(tmp_path, source)
    assert result.outcome in (Outcome.ERROR, Outcome.WRONG)
    assert result.outcome is not Outcome.SOLVED


def test_a_server_that_ignores_sigterm_is_ended_with_its_children(mark: str, tmp_path: Path) -> None:
    result = judged(
        tmp_path,
        "import signal, subprocess, sys\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(3600)'], start_new_session=True)\n" + SLOW,
    )
    assert result.outcome is not None


@pytest.mark.load
@pytest.mark.rotates("the kit under load", minutes=1, seconds=5)
@pytest.mark.parametrize("after_s", [0, 4])
def test_a_fix_that_kills_its_supervisor_is_an_error(mark: str, tmp_path: Path, after_s: int) -> None:
    result = judged(
        tmp_path,
        "import os, subprocess, sys, threading, time\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(3600)'], start_new_session=True)\n"
        f"threading.Timer({after_s}, lambda: os.kill(os.getppid(), 9)).start()\n" + SLOW,
    )
    assert result.outcome is Outcome.ERROR
    assert "was itself ended" in messages.explain(result).sentence + "".join(messages.explain(result).details)


def test_a_killed_server_comes_back_on_its_port_without_its_children(mark: str, tmp_path: Path) -> None:
    fix = tmp_path / "fix.py"
    fix.write_text(
        "import subprocess, sys\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(3600)'], start_new_session=True)\n" + SLOW
    )
    with Server(LAB, "yours", fix, tmp_path) as server:
        url, before = server.url, server.usage()
        server.cut_off()
        server.restart()
        after = server.usage()
        assert server.url == url
        assert server.ask("/ping") == '{"pong":true}'
        assert set(before.pids) & set(after.pids) == set()
        assert after.cpu_s > before.cpu_s  # what it had used is on its account


WORKERS = """
import os, socket
from app.server import serve as serve_alone

def serve(app, sock):
    sock.listen(100)
    if os.fork():
        os.fork()
    os.getpid = lambda: 1  # what the site says about itself does not count
    serve_alone(app, sock)
"""


def test_the_kernel_says_which_processes_take_connections(mark: str, tmp_path: Path) -> None:
    fix = tmp_path / "fix.py"
    fix.write_text(SLOW + WORKERS)
    with Server(LAB, "yours", fix, tmp_path) as three, Server(LAB, "slow", None, tmp_path) as one:
        assert one.workers() == {one.process.pid}
        found = three.workers(200)
        assert three.process.pid in found
        assert len(found) == 3
        assert found <= set(three.usage().pids)


def test_a_handler_that_raises_because_it_is_asked_to_hides_no_error_of_the_fix(mark: str, tmp_path: Path) -> None:
    fix = tmp_path / "fix.py"
    fix.write_text(SLOW + "\n\n@router.get('/mine')\nasync def mine(): raise KeyError('the key of the fix')\n")
    with Server(LAB, "yours", fix, tmp_path) as server:
        server.ask("/mine")
        assert server.process.wait_for(lambda line: "the key of the fix" in line, 5)
        server.fail_inside(20, 5.0)
        assert "the key of the fix" in "".join(server.error())


def test_gunicorn_does_not_log_either_what_is_raised_because_it_is_asked_for(mark: str, tmp_path: Path) -> None:
    lab = syllabus.load().by_name("memory_limit")
    with Server(lab, "yours", lab.fix("reference"), tmp_path) as server:
        assert server.ask("/error") == "Internal Server Error"
        assert server.ask("/ping") == '{"pong":true}'
        assert server.error() == []


def test_an_exec_id_changes_with_an_exec_only(mark: str) -> None:
    again = "import os, sys, time; len(sys.argv) > 1 or os.execv(sys.executable, [*sys.orig_argv, 'x']); time.sleep(60)"
    with Process([sys.executable, "-c", "print('on', flush=True); import time; time.sleep(60)"]) as process:
        process.wait_for(lambda line: line == "on", 10)
        before = process.exec_ids()
        time.sleep(0.2)
        assert process.exec_ids() == before != set()
    with Process([sys.executable, "-c", "import time; print('on', flush=True); time.sleep(0.5); " + again]) as process:
        process.wait_for(lambda line: line == "on", 10)
        before = process.exec_ids()
        time.sleep(1.0)
        (after,) = process.exec_ids()
        assert {after[0]} == {exec_id[0] for exec_id in before}
        assert {after} != before


def test_a_child_that_has_just_ended_leaves_scheduling_unchanged(mark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Process([sys.executable, "-c", "print('on', flush=True); import time; time.sleep(60)"]) as process:
        process.wait_for(lambda line: line == "on", 10)
        before, tree = process.scheduling(), process.tree()
        child = subprocess.Popen([sys.executable, "-c", ""])
        ended = psutil.Process(child.pid)
        child.wait()
        monkeypatch.setattr(process, "tree", lambda: [ended, *tree])
        assert before is not None
        assert process.scheduling() == before


# Each moves 64 MiB to a child, which ends and is waited for. The last one has nothing to count.
MOVES = {
    "pipe": ("ours, theirs = os.pipe()", "os.write(theirs, piece)", "os.read(ours, 2**16)", 64.0),
    "socket": ("ours, theirs = socket.socketpair()", "theirs.sendall(piece)", "ours.recv(2**16)", 0.0),
    "memory": ("shared = mmap.mmap(-1, 2**16)", "shared[:] = piece", "shared[:]", 0.0),
}


@pytest.mark.skipif("sys.platform != 'linux'")
@pytest.mark.parametrize("way", MOVES)
def test_bytes_through_pipes_are_counted_and_others_are_not(mark: str, way: str) -> None:
    make, send, receive, mib = MOVES[way]
    code = f"""import mmap, os, socket, sys
{make}
piece = bytes(2**16)
print("on", flush=True)
sys.stdin.readline()
for _ in range(1024):
    {send}
    if os.fork() == 0:
        {receive}
        os._exit(0)
    os.wait()
print("moved", flush=True)
sys.stdin.readline()"""
    with Process([sys.executable, "-c", code]) as process:
        process.wait_for(lambda line: line == "on", 10)
        before = process.usage().piped_mib
        process.send_line("go")
        assert process.wait_for(lambda line: line == "moved", 20)
        after = process.usage().piped_mib
    assert before is not None and after is not None
    assert after - before == pytest.approx(mib, abs=0.1)


@pytest.mark.skipif("sys.platform != 'linux'")
def test_shared_memory_of_a_killed_tree_goes_with_it(mark: str) -> None:
    """The resource tracker, which would unlink it, is part of the tree."""
    code = """import time
from multiprocessing.shared_memory import SharedMemory
shared = SharedMemory(create=True, size=2**20)
print(shared.name, flush=True)
time.sleep(60)"""
    with Process([sys.executable, "-c", code]) as process:
        name = process.wait_for(lambda line: line.startswith("psm_"), 10)
        assert name and Path("/dev/shm", name).exists()
    assert not Path("/dev/shm", name).exists()


def test_a_supervisor_that_left_half_a_line_has_ended(mark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "command", lambda limits, argv: argv)
    said = """print('{"out": "a line"}'); print('{"ou', end='')"""
    with Process([sys.executable, "-c", said]) as process:
        assert process.wait_ended(10)
        assert list(process.output) == ["a line"]


@pytest.mark.parametrize(
    ("lingers_s", "left"), [(0.7, 0), pytest.param(60, 1, marks=pytest.mark.skipif("sys.platform != 'linux'"))]
)
def test_a_process_that_outlives_the_command_is_counted_and_ended(mark: str, lingers_s: float, left: int) -> None:
    """Only Linux gives orphans to the supervisor. A process that exits a moment later is not counted."""
    code = f"import os, time; os.fork() or time.sleep({lingers_s})"
    with Process([sys.executable, "-c", code]) as process:
        assert process.wait_ended(10)
        assert (process.exit, process.left) == (0, left)
        if sys.platform == "linux":  # the command had ended before, and that was noticed
            noticed_s = min(lingers_s, supervisor.LEAVE_WITHIN_S) - supervisor.LOOK_EVERY_S
            assert time.monotonic() - process.first_ended_at >= noticed_s - 0.1


def run_kit(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "perflab", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        # A shell's background job ignores SIGINT, and its children inherit that: a terminal's do not.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )


HALT = """
import sys, time

class Halting:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            print("importing", flush=True)
            time.sleep(30)

sys.meta_path.insert(0, Halting())
"""


def interrupted(kit: subprocess.Popen[str], mark: str) -> None:
    """Presses Ctrl-C as a terminal does, for the whole group. Checks what is said, and that no process is left."""
    os.killpg(kit.pid, signal.SIGINT)
    said, _ = kit.communicate(timeout=20)
    assert kit.returncode == 130, said
    assert "Interrupted" in said
    assert "Traceback" not in said
    assert gone(mark)


def seen(kit: subprocess.Popen[str], text: str) -> None:
    """Reads the kit's output until it says this."""
    assert kit.stdout
    for line in kit.stdout:
        if text in line:
            return
    raise AssertionError(f"it never said {text!r}")


@pytest.mark.parametrize("module", ["perflab.commands", "pydantic", "rich.console", "perflab.session", "matplotlib"])
def test_ctrl_c_during_an_import_leaves_a_sentence(
    mark: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    """A kit that is still loading: it waits inside the import of that module until Ctrl-C."""
    (tmp_path / "sitecustomize.py").write_text(HALT.format(module=module))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    kit = run_kit("lab", "01")
    seen(kit, "importing")
    interrupted(kit, mark)


def test_ctrl_c_as_soon_as_there_is_a_card_leaves_a_sentence(mark: str) -> None:
    kit = run_kit("lab", "01")
    seen(kit, LAB.title)
    interrupted(kit, mark)


@pytest.mark.parametrize("processes", [2, 4, 6])
def test_ctrl_c_while_processes_start_leaves_nothing_running(mark: str, processes: int) -> None:
    """The kit, supervisors, servers, load generator: whichever of them are there by then."""
    kit = run_kit("lab", "01")
    assert there(mark, processes)
    interrupted(kit, mark)


def test_ctrl_c_after_a_round_leaves_nothing_running(mark: str) -> None:
    kit = run_kit("lab", "01")
    seen(kit, f"p95 of {LAB.shown.request}")
    interrupted(kit, mark)


def test_ctrl_c_while_slides_run_a_notebook_leaves_nothing_running(mark: str) -> None:
    kit = run_kit("slides", "01", "--run")
    assert there(mark, 5)  # kernel, two supervisors, server, load generator
    interrupted(kit, mark)


@pytest.mark.parametrize(("number", "processes"), [("01", 2), ("01", 8), ("29", 6)])
def test_kill_9_of_the_kit_takes_every_process_with_it(mark: str, number: str, processes: int) -> None:
    kit = run_kit("lab", number)
    assert there(mark, processes)
    kit.kill()
    kit.wait()
    assert gone(mark)


def test_a_kernel_killed_in_mid_load_leaves_nothing_running(mark: str) -> None:
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(kernel_name="python3")
    client.execute("from perflab.notebook import Lab\nLab('blocked_loop').reproduce()")
    assert there(mark, 5)  # kernel, two supervisors, server, load generator
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    assert gone(mark)


def test_two_runs_at_once_do_not_interfere(mark: str) -> None:
    runs = [run_kit("lab", "01") for _ in range(2)]
    for run in runs:
        said, _ = run.communicate(timeout=120)
        assert run.returncode == 0, said
        assert "UNTOUCHED" in said


def test_a_taken_port_is_reported_in_one_sentence(mark: str) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-m", "app", "--port", port],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.startswith(f"Cannot listen on 127.0.0.1:{port}")
    assert "Traceback" not in done.stderr


@pytest.mark.load
@pytest.mark.parametrize("look", [profiler.from_outside, profiler.from_inside])
def test_a_running_side_is_profiled_from_outside_or_inside(
    mark: str, tmp_path: Path, look: Callable[[Server, float], Profile | None]
) -> None:
    with Server(LAB, "slow", None, tmp_path) as server, ThreadPoolExecutor(1) as clients:
        asked = [clients.submit(server.ask, f"/compute?post={post}") for post in range(15)]
        profile = look(server, time.monotonic() + 1.5)
        assert all(one.result() for one in asked)
    if profile is None and look is profiler.from_outside:
        pytest.skip("this machine does not allow profiling other processes")
    assert profile
    found = {frame.function: within for frame, within, _ in profile.shares() if frame.ours}
    assert found["most_alike"] > 0.5
    assert found["compute"] >= found["most_alike"] >= found["distance"]


def test_a_side_can_be_driven_and_profiled_alone(mark: str) -> None:
    samples = session.drive_once(LAB, {"reference": LAB.fix("reference")}, profiled=True)["reference"]
    assert samples.responses
    assert samples.profile


@pytest.mark.parametrize(
    ("source", "said"),
    [
        pytest.param("def broken(:\n", "SyntaxError", id="a syntax error"),
        pytest.param("visitors = 0\n", "no users", id="no users"),
        pytest.param("import sys\nsys.exit('out of order')\n", "out of order", id="an exit"),
    ],
)
def test_a_load_test_that_does_not_run_is_an_error(mark: str, tmp_path: Path, source: str, said: str) -> None:
    lab = syllabus.load().by_name("honest_load")
    fix = tmp_path / "locustfile.py"
    fix.write_text(source)
    result = session.measure(lab, lambda result: None, fix)
    assert result.outcome is Outcome.ERROR
    shown = messages.explain(result)
    assert "Locust cannot run it" in shown.sentence
    assert said in "\n".join(shown.details)


WATCH = """
import sys
from pathlib import Path
from types import SimpleNamespace
from perflab.course import syllabus, templates
from perflab.learner import terminal, watch

course = syllabus.load(Path(sys.argv[1]))
sys.exit(watch.run(terminal.console(), course.by_name("blocked_loop"), course))
"""


class Window:
    """A terminal's window in which lab 01 is watched, in a copy of the course."""

    def __init__(self, root: Path) -> None:
        for folder in ("labs", "solutions", "app"):
            shutil.copytree(ROOT / folder, root / folder)
        self.lab = syllabus.load(root).by_name("blocked_loop")
        self.fix = self.lab.folder / "fix.py"
        self.fix.write_text(templates.shipped(self.lab, "fix.py"))
        self.said = ""
        self._window, terminal = pty.openpty()
        self.kit = subprocess.Popen(
            [sys.executable, "-c", WATCH, str(root)],
            cwd=ROOT,
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509
        )
        os.close(terminal)

    def shows(self, text: str, within_s: float = 30.0) -> float | None:
        """After how many seconds the window shows this text, in what is new since the last time; None for never."""
        begun = time.monotonic()
        while time.monotonic() - begun < within_s:
            if select.select([self._window], [], [], 0.05)[0]:
                try:
                    self.said += os.read(self._window, 2**16).decode(errors="replace")
                except OSError:  # the kit has ended
                    return None
            if text in self.said:
                self.said = self.said.partition(text)[2]
                return time.monotonic() - begun
        return None

    def press(self, key: str) -> None:
        os.write(self._window, key.encode())

    def close(self) -> None:
        os.close(self._window)

    def terminate(self) -> None:
        self.kit.terminate()


ENDINGS: dict[str, tuple[Callable[[Window], None], int]] = {
    "q": (lambda window: window.press("q"), 0),
    "Ctrl-C": (lambda window: window.press("\x03"), -signal.SIGINT),  # a KeyboardInterrupt that nothing catches
    "a closed window": (Window.close, 128 + signal.SIGHUP),
    "SIGTERM": (Window.terminate, 128 + signal.SIGTERM),
}


@pytest.mark.parametrize("after_s", [0.0, 1.5])
@pytest.mark.parametrize("way", ENDINGS)
def test_a_watch_that_ends_leaves_nothing(mark: str, tmp_path: Path, way: str, after_s: float) -> None:
    """While its servers start, or wait for a save. `mark` checks that no process is left."""
    window = Window(tmp_path)
    assert window.shows("Waiting for a save")
    time.sleep(after_s)
    end, code = ENDINGS[way]
    end(window)
    assert window.kit.wait(20) == code


@pytest.mark.load
@pytest.mark.rotates("the kit under load", minutes=1, seconds=75)
def test_a_watch_judges_each_save_until_its_window_is_closed(mark: str, tmp_path: Path) -> None:
    """A save while it measures begins again; and the window is closed while it measures."""
    window = Window(tmp_path)
    assert window.shows("Waiting for a save")
    time.sleep(10)
    window.fix.write_text("def broken(:\n")
    assert window.shows("BROKEN") and window.shows("Waiting")
    window.fix.write_text(SLOW)
    assert window.shows("1  p95 of /ping")
    window.press("h")
    assert window.shows("Hint 1 of 5")
    window.fix.write_text(LAB.fix("reference").read_text())  # type: ignore[union-attr]
    assert window.shows("SOLVED", 120) and window.shows("Waiting")
    assert store.outcome(window.lab) is Outcome.SOLVED
    window.fix.write_text(SLOW)
    assert window.shows("1  p95 of /ping")
    window.close()
    assert window.kit.wait(20) == 128 + signal.SIGHUP


def test_slow_and_ours_begin_together_and_yours_only_once_they_serve() -> None:
    fixes = {side: LAB.fix("reference") if side != "slow" else None for side in ("slow", "yours", "reference")}
    with LiveBench(LAB, fixes) as bench:
        bench.start("slow")
        assert list(bench.servers) == ["slow", "reference"]
        assert bench.start("reference") == bench.start("yours")
        assert [server.ask("/ping") is not None for server in bench.servers.values()] == [True] * 3


WAITING = """
import httpx
from contextlib import asynccontextmanager
from app.parts.sync_io import *

router = APIRouter()

@asynccontextmanager
async def lifespan(app):
    async with httpx.AsyncClient(base_url=upstream.url(), timeout=TIMEOUT) as app.state.cards:
        yield

kept = {}

@router.get("/posts/{id}/card")
async def card(id: int, request: Request):
    answer = await request.app.state.cards.get(f"/cards/{id}")
    KEEP
    return answer.json()
"""


@pytest.mark.parametrize(("timeout", "waits"), [("None", True), ("0.5", False)])
def test_a_visitor_waits_on_for_a_call_without_a_reply_unless_the_call_is_given_up(
    mark: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, timeout: str, waits: bool
) -> None:
    monkeypatch.setattr(live, "PATIENCE_S", 2.0)
    fix = tmp_path / "fix.py"
    fix.write_text(WAITING.replace("TIMEOUT", timeout).replace("KEEP", ""))
    with LiveBench(syllabus.load().by_name("sync_io"), {"yours": fix}) as bench:
        bench.start("yours")
        with bench.holding("yours", 7) as waits_on:
            assert waits_on is not None
            assert waits_on() is waits
        assert bench.servers["yours"].ask("/posts/7/card") is not None  # the next call has its reply


def test_no_call_is_held_where_a_side_calls_no_team(mark: str) -> None:
    with LiveBench(LAB, {"slow": None}) as bench:
        bench.start("slow")
        with bench.holding("slow", 7) as waits_on:
            assert waits_on is None


@pytest.mark.parametrize(("keep", "keeps"), [("kept[id] = answer.json()", True), ("", False)])
def test_what_a_site_keeps_of_each_response_is_counted(mark: str, tmp_path: Path, keep: str, keeps: bool) -> None:
    fix = tmp_path / "fix.py"
    fix.write_text(WAITING.replace("TIMEOUT", "5").replace("KEEP", keep))
    keys = [f"Curious:0/{number}" for number in range(60)]
    with LiveBench(syllabus.load().by_name("sync_io"), {"yours": fix}) as bench:
        bench.start("yours")
        assert (min(bench.kept("yours", seed, keys) for seed in range(4)) < 3) is not keeps


@pytest.mark.parametrize(("answers", "blamed"), [([None, None], True), ([None, "pong"], False), (["pong"], False)])
def test_a_site_that_answers_no_ping_while_what_it_calls_fails_is_told(answers: list, blamed: bool) -> None:
    said = iter(answers)
    bench = LiveBench.__new__(LiveBench)
    silent = SimpleNamespace(ask=lambda path, within_s: next(said), process=SimpleNamespace(ended=False), error=list)
    bench.servers = {"yours": silent}  # type: ignore[dict-item]
    with pytest.raises(CheckFailed, match="a ping had no answer within 4 s either") if blamed else nullcontext():
        bench._check_others_served("yours")
