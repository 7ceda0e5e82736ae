"""The checks, on fake servers."""

from typing import cast

import pytest

from perflab.bench import checks
from perflab.bench.server import Server
from perflab.bench.services import Service
from perflab.measure.samples import Usage


class FakeServer:
    """A server whose processes are numbers; `answering` are those that respond, count by count."""

    def __init__(self, *answering: set[int]) -> None:
        self.processes = set().union(*answering[:1]) | {3}
        self.answering = list(answering)
        self.process = self
        self.ended = False
        self.killed = 0

    def workers(self) -> set[int]:
        return self.answering.pop(0) if len(self.answering) > 1 else self.answering[0]

    def usage(self) -> Usage:
        return Usage(0.0, 0.0, tuple(self.processes))

    def kill(self, pid: int) -> None:
        self.killed = pid


def killed_worker_replaced(server: FakeServer) -> str | None:
    return checks.killed_worker_replaced(cast(Server, server))


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "COUNTED_WITHIN_S", 0.2)
    monkeypatch.setattr(checks, "REPLACED_WITHIN_S", 0.2)


def test_a_new_process_replaces_a_killed_one() -> None:
    server = FakeServer({1, 2}, {2}, {2, 9})
    assert killed_worker_replaced(server) is None
    assert server.killed == 1


def test_a_worker_that_did_not_answer_before_is_not_a_replacement() -> None:
    finding = killed_worker_replaced(FakeServer({1}, {3}))  # process 3 was there before, but the first count missed it
    assert finding
    assert "killed" in finding


def test_fewer_workers_than_before_are_no_replacement() -> None:
    assert killed_worker_replaced(FakeServer({1, 2, 3}, {2, 9}))


def test_a_missing_worker_to_kill_is_reported() -> None:
    assert killed_worker_replaced(FakeServer(set())) == "No worker answered when they were counted."


def worker_per_core_of_three(monkeypatch: pytest.MonkeyPatch, server: FakeServer) -> str | None:
    monkeypatch.setattr(checks, "cores", lambda: 3)
    return checks.a_worker_per_core(cast(Server, server))


def test_workers_are_counted_until_each_core_has_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Connections are not dealt out in turn, so one count may miss a worker."""
    server = FakeServer({1, 2}, {2}, {3})
    assert worker_per_core_of_three(monkeypatch, server) is None


def test_too_few_workers_stay_too_few_on_every_count(monkeypatch: pytest.MonkeyPatch) -> None:
    assert worker_per_core_of_three(monkeypatch, FakeServer({1, 2})) == "2 processes answer, and there are 3 cores."


def test_a_worker_that_has_exited_counts_for_no_core(monkeypatch: pytest.MonkeyPatch) -> None:
    server = FakeServer({1, 2}, {7})
    assert worker_per_core_of_three(monkeypatch, server) == "2 processes answer, and there are 3 cores."


class Site:
    """A server that records the paths requested, and gives one reply to all of them."""

    def __init__(self, reply: str | None) -> None:
        self.paths: list[str] = []
        self.reply = reply

    def ask(self, path: str) -> str | None:
        self.paths.append(path)
        return self.reply


@pytest.mark.parametrize(
    ("reply", "said"),
    [('{"status": "degraded"}', None), ('{"status": "ok"}', "'ok'"), (None, "None"), ("[]", "None"), ("down", "None")],
)
def test_a_health_check_must_report_a_stall_that_is_just_over(reply: str | None, said: str | None) -> None:
    site = Site(reply)
    finding = checks.stall_told(cast(Server, site))
    assert site.paths == ["/stall/300", "/health"]
    assert finding == (said and f"The whole site stood still for 300 ms, and the first check afterwards said {said}.")


class Board:
    """A service that takes comments, and a site that shows them or not."""

    def __init__(self, shows: bool) -> None:
        self.shows = shows
        self.written = ""

    def write(self, comment: str) -> None:
        self.written = comment

    def ask(self, path: str) -> str | None:
        return f"[{self.written}]" if self.shows and path == "/posts/0/comments" else "[]"


@pytest.mark.parametrize("shows", [True, False])
def test_a_comment_must_show_as_soon_as_it_is_written(shows: bool) -> None:
    board = Board(shows)
    finding = checks.new_comment_shows(cast(Server, board), [cast(Service, board)])
    assert board.written
    assert (finding is None) is shows


class Stopped:
    """A server after SIGTERM: its exit code, and how many of its processes are left."""

    def __init__(self, exit: int | None, left: int) -> None:
        self.process = self
        self.exit, self.left = exit, left

    def terminate(self) -> float:
        return 4.0


@pytest.mark.parametrize(
    ("exit", "left", "said"),
    [(0, 0, None), (-15, 0, None), (None, 0, "had to be killed"), (-15, 2, "2 of its processes")],
)
def test_a_stop_must_end_every_process(exit: int | None, left: int, said: str | None) -> None:
    finding = checks.stop_ends_all(cast(Server, Stopped(exit, left)))
    assert (said is None and finding is None) or (said and said in str(finding))
