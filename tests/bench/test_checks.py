"""The checks, on fake servers."""

import socket
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
        self.seen: set[int] = set()
        self.answering = list(answering)
        self.process = self
        self.ended = False
        self.killed: list[int] = []

    def workers(self) -> set[int]:
        found = self.answering.pop(0) if len(self.answering) > 1 else self.answering[0]
        self.seen |= found
        return found

    def usage(self) -> Usage:
        return Usage(0.0, 0.0, tuple(self.processes | (self.seen if self.killed else set())))

    def ask(self, path: str, timeout_s: float = 2.0) -> str | None:
        return None

    def kill(self, pid: int) -> None:
        self.killed.append(pid)


def killed_workers_replaced(server: FakeServer) -> str | None:
    return checks.killed_workers_replaced(cast(Server, server))


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "COUNTED_WITHIN_S", 0.2)
    monkeypatch.setattr(checks, "REPLACED_WITHIN_S", 0.2)


def test_new_processes_replace_those_that_were_killed_one_and_then_two(monkeypatch: pytest.MonkeyPatch) -> None:
    server = FakeServer({1, 2}, {2}, {2, 9}, {2, 9}, {7, 8}, *({n, n + 1} for n in range(10, 30) for _ in range(2)))
    monkeypatch.setattr(checks, "MORE_KILLS", (2, 2))
    assert killed_workers_replaced(server) is None
    assert len(server.killed) == 1 + 2 + 2
    assert set(server.killed[1:3]) == {2, 9}


def test_which_worker_is_killed_cannot_be_foreseen() -> None:
    first = set()
    for _ in range(50):
        server = FakeServer({1, 2}, {9, 8}, {9, 8}, {7, 6})
        killed_workers_replaced(server)
        first.add(server.killed[0])
    assert first == {1, 2}


def test_one_replacement_for_two_workers_is_too_few() -> None:
    finding = killed_workers_replaced(FakeServer({1, 2}, {2, 9}, {2, 9}, {9, 8}))
    assert finding == "2 of 2 workers were killed, and 0 s later 2 answered."


def test_a_worker_that_did_not_answer_before_is_not_a_replacement() -> None:
    finding = killed_workers_replaced(FakeServer({1}, {3}))  # process 3 was there before, but the first count missed it
    assert finding
    assert "killed" in finding


def test_fewer_workers_than_before_are_no_replacement() -> None:
    assert killed_workers_replaced(FakeServer({1, 2, 3}, {2, 9}))


def test_a_missing_worker_to_kill_is_reported() -> None:
    assert killed_workers_replaced(FakeServer(set())) == "No worker answered when they were counted."


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


@pytest.mark.parametrize(
    ("reply", "said"), [('{"status": "degraded"}', None), ('{"status": "ok"}', "'ok'"), (None, "None")]
)
def test_a_health_check_must_report_that_a_rush_waits(
    monkeypatch: pytest.MonkeyPatch, reply: str | None, said: str | None
) -> None:
    monkeypatch.setattr(checks, "RUSH", 20)
    with socket.create_server(("127.0.0.1", 0), backlog=64) as archive:
        site = Site(reply)
        site.host, site.port = archive.getsockname()  # type: ignore[attr-defined]
        finding = checks.rush_told(cast(Server, site))
        first, _ = archive.accept()
        with first:
            assert first.recv(100).startswith(b"GET /archive/")
    assert finding == (said and f"20 readers wait for the archive, and the check says {said}.")


class Board:
    """A service that takes comments, and a site that shows them or not."""

    def __init__(self, shows: bool) -> None:
        self.shows = shows
        self.written: list[str] = []
        self.shown: dict[str, str] = {}

    def write(self, post: int, comment: str) -> None:
        self.written.append(f"/posts/{post}/comments")
        self.shown[self.written[-1]] = comment

    def ask(self, path: str) -> str | None:
        return f"[{self.shown.get(path)}]" if self.shows else "[]"


@pytest.mark.parametrize("shows", [True, False])
def test_a_comment_must_show_as_soon_as_it_is_written(shows: bool) -> None:
    board = Board(shows)
    finding = checks.new_comment_shows(cast(Server, board), [cast(Service, board)])
    assert len(board.written) == (checks.WRITES if shows else 1)
    assert len(set(board.written)) > 1 or not shows
    assert (finding is None) is shows
