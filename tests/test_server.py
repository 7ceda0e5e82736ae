"""What a side's server is seen to have done."""

from pathlib import Path

import pytest

from perflab.server import Lacking, Server


def served(tmp_path: Path, *entries: str) -> Server:
    """A server that was never started, with these entries in its ledger."""
    server = Server.__new__(Server)
    server._ledger = tmp_path / "ledger"
    server._ledger.write_text("".join(f"{entry}\n" for entry in entries))
    return server


def test_jobs_are_dated_from_when_the_load_began_and_those_before_are_left_out(tmp_path: Path) -> None:
    assert served(tmp_path, "99.5 early", "100.25 one", "101.5 two").jobs(since=100.0) == [0.25, 1.5]


def test_a_job_done_twice_counts_once_and_from_the_first_time(tmp_path: Path) -> None:
    assert served(tmp_path, "102.0 two", "101.0 one", "103.0 one").jobs(since=100.0) == [1.0, 2.0]


def test_whoever_has_done_nothing_has_no_jobs(tmp_path: Path) -> None:
    assert served(tmp_path).jobs(since=0.0) == []


def says(reply: str | None) -> Server:
    """A server that answers any question so."""
    server = Server.__new__(Server)
    server.side = "yours"
    server.ask = lambda path, timeout_s=2.0: reply  # type: ignore[method-assign]
    return server


def test_a_fix_that_changes_what_is_not_its_own_lacks_something() -> None:
    with pytest.raises(Lacking, match=r"It changes `time\.sleep`, which is not its own"):
        says('{"changed": ["time.sleep", "app.press.PRINT_S"]}').check_intact()


@pytest.mark.parametrize("reply", ['{"changed": []}', None, "no", "[]", "{}"])
def test_where_nothing_is_changed_or_nobody_says_so_nothing_is_lacking(reply: str | None) -> None:
    says(reply).check_intact()
