"""What a side's server has done, and the last error that it printed."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from perflab.bench import ledger
from perflab.bench.server import ERROR_LINES, Blocks, Server, last_error
from perflab.judge.errors import CheckFailed
from perflab.measure.samples import Usage
from perflab.process.managed import Process


def served(tmp_path: Path, *entries: str) -> Server:
    """A server that was never started, with these entries in its ledger."""
    server = replying(None)
    server._ledger = tmp_path / "ledger"
    server._ledger.write_text("".join(f"{entry}\n" for entry in entries))
    return server


def test_jobs_are_timed_from_the_load_and_earlier_ones_left_out(tmp_path: Path) -> None:
    assert served(tmp_path, "99.5 early", "100.25 one", "101.5 two").jobs(since=100.0) == [0.25, 1.5]


def test_a_job_done_twice_counts_once_and_from_the_first_time(tmp_path: Path) -> None:
    assert served(tmp_path, "102.0 two", "101.0 one", "103.0 one").jobs(since=100.0) == [1.0, 2.0]


def test_attempts_at_a_job_are_counted_from_the_load_on(tmp_path: Path) -> None:
    server = served(tmp_path, "99.5 one", "101.0 one", "102.0 two", "103.0 one")
    assert server.attempts(since=100.0) == {"one": 2, "two": 1}


def test_what_is_no_entry_is_no_job(tmp_path: Path) -> None:
    assert served(tmp_path, "nonsense", "100.5 one", "").jobs(since=100.0) == [0.5]


def test_an_empty_ledger_has_no_jobs(tmp_path: Path) -> None:
    assert served(tmp_path).jobs(since=0.0) == []


def replying(reply: str | None) -> Server:
    """A server that gives this reply to every request."""
    server = Server.__new__(Server)
    server.side = "yours"
    server.process = cast(Process, SimpleNamespace(ended=False))
    server.ask = lambda path, timeout_s=2.0: reply  # type: ignore[method-assign]
    return server


def test_a_fix_that_changes_what_is_not_its_own_fails_the_check() -> None:
    with pytest.raises(CheckFailed, match=r"It changes `time\.sleep`, which is not its own"):
        replying('{"changed": ["time.sleep", "app.world.press.PRINT_S"]}').check_intact()


@pytest.mark.parametrize("reply", ['{"changed": []}', None, "no", "[]", "{}"])
def test_without_a_reported_change_the_check_passes(reply: str | None) -> None:
    replying(reply).check_intact()


@pytest.mark.parametrize("reply", ['{"process": 7, "served": 3, "blocks": 900}', None, "no", "[]", '{"process": 7}'])
def test_what_a_process_holds_is_as_it_says_if_it_does(reply: str | None) -> None:
    assert replying(reply).blocks() == (Blocks(7, 3, 900) if reply and "blocks" in reply else None)


class Connected:
    """A tree of processes with some sockets: two have the same connection, whose client has left."""

    def sockets(self) -> list[tuple[int, object]]:
        def socket(port: int, client: int, status: str) -> SimpleNamespace:
            return SimpleNamespace(laddr=SimpleNamespace(port=port), raddr=("127.0.0.1", client), status=status)

        there = [
            (80, 5001, "CLOSE_WAIT"),
            (80, 5002, "ESTABLISHED"),
            (9000, 80, "CLOSE_WAIT"),
            (80, 5003, "CLOSE_WAIT"),
        ]
        return [(1, socket(*one)) for one in there] + [(2, socket(80, 5001, "CLOSE_WAIT"))]


def test_a_connection_is_unclosed_once_however_many_processes_have_it() -> None:
    server = replying(None)
    server.port, server.process = 80, cast(Process, Connected())
    assert server.unclosed() == 2


@pytest.mark.parametrize("reply", ['{"holding": 2}', None, "no", "[]", '{"holding": "x"}'])
def test_how_many_hold_a_text_is_as_the_process_says_if_it_does(reply: str | None) -> None:
    assert replying(reply).holding(b"two coffees") == (2 if reply == '{"holding": 2}' else 0)


# What it printed when it failed.

OURS, FIX = '  File "/site/app/base.py", line 3, in call', '  File "/labs/fix.py", line 7, in card'
HEADING = "Traceback (most recent call last):"


def test_the_last_error_is_shown_from_the_fixs_own_lines_on() -> None:
    printed = ["serving", HEADING, "KeyError: 1", HEADING, OURS, FIX, "    return cards[id]", "KeyError: 2"]
    assert last_error(printed, Path("/labs/fix.py")) == [HEADING, FIX, "    return cards[id]", "KeyError: 2"]


def test_an_error_of_the_fix_says_more_than_a_later_one_of_its_server() -> None:
    printed = [HEADING, OURS, FIX, "    return cards[id]", "KeyError: 2", HEADING, OURS, "HaltServer: 3"]
    assert last_error(printed, Path("/labs/fix.py")) == [HEADING, FIX, "    return cards[id]", "KeyError: 2"]
    assert last_error(printed, None) == [HEADING, OURS, "HaltServer: 3"]


def test_an_error_in_a_folder_of_files_is_known_by_the_folder() -> None:
    printed = [HEADING, OURS, '  File "/labs/two/fix.py", line 1', "OSError"]
    assert last_error(printed, Path("/labs/two"))[1:] == printed[2:]


@pytest.mark.parametrize(
    "behind",
    [
        "ERROR:    Exception in ASGI application",
        'INFO:     127.0.0.1:50000 - "GET /cards HTTP/1.1" 500',
        "[2026-11-27 21:00:00 +0000] [7] [ERROR] Error handling request /cards",
        "During handling of the above exception, another exception occurred:",
        "The above exception was the direct cause of the following exception:",
    ],
)
def test_what_stands_behind_an_error_is_no_part_of_it(behind: str) -> None:
    """The next one may be on its way: the server prints while the log is read."""
    printed = [HEADING, OURS, FIX, "    return cards[id]", "KeyError: 2", behind, "serving"]
    assert last_error(printed, Path("/labs/fix.py")) == [HEADING, FIX, "    return cards[id]", "KeyError: 2"]


def test_a_fatal_error_is_shown_from_its_last_call_on() -> None:
    printed = ["Fatal Python error: Aborted", OURS, FIX]
    assert last_error(printed, Path("/labs/fix.py")) == printed


def test_an_exception_group_is_an_error_and_a_long_one_is_cut() -> None:
    printed = [
        "  + Exception Group Traceback (most recent call last):",
        *[f"  | line {number}" for number in range(99)],
    ]
    assert last_error(printed, None) == printed[:ERROR_LINES]


def test_where_nothing_failed_there_is_no_error() -> None:
    assert last_error(["serving"], Path("/labs/fix.py")) == []


# Tasks that failed, and that nobody awaited.


def what_asyncio_prints(program: str, folder: Path) -> list[str]:
    """What this program prints to stderr."""
    (folder / "fix.py").write_text(program)
    run = subprocess.run([sys.executable, folder / "fix.py"], capture_output=True, text=True, timeout=30, check=True)
    return run.stderr.splitlines()


FORGOTTEN = """
import asyncio
async def main():
    async def refresh(): raise ValueError("a > b")
    forgotten = [asyncio.create_task(refresh()) for _ in range(2)]
    await asyncio.sleep(0.01)
asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("program", "unheard"),
    [
        (FORGOTTEN, {"refresh": 2}),
        (FORGOTTEN.replace("await asyncio.sleep(0.01)", "await asyncio.wait(forgotten)"), {"refresh": 2}),
        (
            FORGOTTEN.replace("await asyncio.sleep(0.01)", "await asyncio.gather(*forgotten, return_exceptions=True)"),
            {},
        ),
    ],
)
def test_tasks_that_fail_unheard_are_known_by_their_function(tmp_path: Path, program: str, unheard: dict) -> None:
    server = replying(None)
    server.fix = tmp_path / "fix.py"
    server.process = cast(Process, SimpleNamespace(noted=what_asyncio_prints(program, tmp_path)))
    assert server.unheard() == unheard
    server.fix = tmp_path / "elsewhere" / "fix.py"
    assert server.unheard() == {}


# A deploy.


class Processes:
    """Programs that run, and the signals that the first of them was sent."""

    ended = False

    def __init__(self, *programs: tuple[int, bytes]) -> None:
        self.programs = set(programs)
        self.signals: list[int] = []

    def exec_ids(self) -> set[tuple[int, bytes]]:
        return set(self.programs)

    def signal(self, number: int) -> None:
        self.signals.append(number)


def deployable(tmp_path: Path, *programs: tuple[int, bytes]) -> tuple[Server, Processes]:
    server = Server.__new__(Server)
    server.process = processes = Processes(*programs)  # type: ignore[assignment]
    server._release_file = tmp_path / "release"
    server.release = "1"
    return server, processes


def test_a_broken_release_is_no_name_and_the_server_keeps_its_own(tmp_path: Path) -> None:
    server, processes = deployable(tmp_path)
    server.deploy_broken()
    assert server.release == "1"
    assert not (tmp_path / "release").read_text().isalnum()
    assert processes.signals == [signal.SIGHUP]


def test_a_process_that_was_there_and_has_not_execd_runs_old_code(tmp_path: Path) -> None:
    server, processes = deployable(tmp_path, (1, b"a"), (2, b"b"), (3, b"c"))
    server.deploy()
    assert server.release == (tmp_path / "release").read_text() != "1"
    processes.programs = {(1, b"a"), (2, b"execd"), (9, b"new")}
    assert server.not_reloaded() == {1, 3}


def listeners(tmp_path: Path, *entries: str) -> list[tuple[float, int]]:
    return ledger.listeners(served(tmp_path, *entries)._ledger, 100.0, {7, 8})


def test_listeners_come_and_leave_by_the_ledger(tmp_path: Path) -> None:
    steps = listeners(tmp_path, "99.0 listener 7.1 came", "100.5 listener 8.1 came", "101.0 listener 7.1 left")
    assert steps == [(0.0, 0), (0.5, 1), (1.0, 1)]  # the first came before the load


def test_who_leaves_twice_or_was_never_there_counts_once_at_most(tmp_path: Path) -> None:
    steps = listeners(tmp_path, "101.0 listener 7.1 left", "102.0 listener 7.2 came", "103.0 listener 7.2 came")
    assert [count for _, count in steps] == [0, 0, 1, 1]


def test_listeners_of_a_process_that_is_gone_are_left_out(tmp_path: Path) -> None:
    assert listeners(tmp_path, "101.0 listener 9.1 came", "101.0 a letter") == [(0.0, 0)]


@pytest.mark.parametrize(("listening", "left"), [(0, 1), (2, 1), (5, 4), (None, 1)])
def test_who_listens_and_is_said_to_have_left_is_left(tmp_path: Path, listening: int | None, left: int) -> None:
    says = json.dumps({"under_way": 0, "listening": listening})
    entries = "99.0 listener 7.1 came", "100.5 listener 7.2 came", "100.6 listener 7.3 came", "100.7 listener 7.3 left"
    server = served(tmp_path, *entries)
    server.ask = lambda path, timeout_s=2.0: says  # type: ignore[method-assign]
    server.usage = lambda: Usage(0.0, 50.0, (7, 8))  # type: ignore[method-assign]
    assert server.listeners(100.0)[-1][1] == left


def test_objects_are_counted_by_type() -> None:
    assert replying('{"builtins.set": 3}').objects() == {"builtins.set": 3}


@pytest.mark.parametrize("reply", [None, "no", "[1]", "3"])
def test_without_a_reply_no_objects_are_counted(reply: str | None) -> None:
    assert not replying(reply).objects()
