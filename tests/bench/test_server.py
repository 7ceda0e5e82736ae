"""What a side's server has done, and the last error that it printed."""

from pathlib import Path

import pytest

from perflab.bench.server import ERROR_LINES, Server, last_error
from perflab.judge.errors import CheckFailed


def served(tmp_path: Path, *entries: str) -> Server:
    """A server that was never started, with these entries in its ledger."""
    server = Server.__new__(Server)
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
    server.ask = lambda path, timeout_s=2.0: reply  # type: ignore[method-assign]
    return server


def test_a_fix_that_changes_what_is_not_its_own_fails_the_check() -> None:
    with pytest.raises(CheckFailed, match=r"It changes `time\.sleep`, which is not its own"):
        replying('{"changed": ["time.sleep", "app.world.press.PRINT_S"]}').check_intact()


@pytest.mark.parametrize("reply", ['{"changed": []}', None, "no", "[]", "{}"])
def test_without_a_reported_change_the_check_passes(reply: str | None) -> None:
    replying(reply).check_intact()


# What it printed when it failed.

OURS, FIX = '  File "/site/app/base.py", line 3, in call', '  File "/labs/fix.py", line 7, in card'
HEADING = "Traceback (most recent call last):"


def test_the_last_error_is_shown_from_the_fixs_own_lines_on() -> None:
    printed = ["serving", HEADING, "KeyError: 1", HEADING, OURS, FIX, "    return cards[id]", "KeyError: 2"]
    assert last_error(printed, Path("/labs/fix.py")) == [HEADING, FIX, "    return cards[id]", "KeyError: 2"]


def test_an_error_in_a_folder_of_files_is_known_by_the_folder() -> None:
    printed = [HEADING, OURS, '  File "/labs/two/fix.py", line 1', "OSError"]
    assert last_error(printed, Path("/labs/two"))[1:] == printed[2:]


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
