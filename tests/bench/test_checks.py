"""The mechanism checks, on servers that are made up."""

from typing import cast

import pytest

from perflab.bench import checks
from perflab.bench.server import Server
from perflab.bench.services import Service
from perflab.measure.samples import Usage


class Staff:
    """A server whose processes are numbers; `answering` is who answers each time that somebody counts."""

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


def checked(staff: Staff) -> str | None:
    return checks.killed_worker_replaced(cast(Server, staff))


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "COUNTED_WITHIN_S", 0.2)
    monkeypatch.setattr(checks, "REPLACED_WITHIN_S", 0.2)


def test_a_new_process_in_the_place_of_a_killed_one_will_do() -> None:
    staff = Staff({1, 2}, {2}, {2, 9})
    assert checked(staff) is None
    assert staff.killed == 1


def test_a_worker_that_did_not_answer_before_is_not_a_replacement() -> None:
    finding = checked(Staff({1}, {3}))  # process 3 was there all along, and missed when the workers were counted
    assert finding
    assert "killed" in finding


def test_fewer_workers_than_before_are_no_replacement() -> None:
    assert checked(Staff({1, 2, 3}, {2, 9}))


def test_nobody_to_kill_is_said() -> None:
    assert checked(Staff(set())) == "Nobody answered when the workers were to be counted."


def of_three_cores(monkeypatch: pytest.MonkeyPatch, staff: Staff) -> str | None:
    monkeypatch.setattr(checks, "cores", lambda: 3)
    return checks.a_worker_per_core(cast(Server, staff))


def test_workers_are_counted_until_each_core_has_one_for_connections_are_not_dealt_out_in_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    staff = Staff({1, 2}, {2}, {3})
    assert of_three_cores(monkeypatch, staff) is None


def test_too_few_workers_stay_too_few_however_often_they_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert of_three_cores(monkeypatch, Staff({1, 2})) == "2 processes answer, and there are 3 cores."


def test_a_worker_that_is_gone_again_counts_for_no_core(monkeypatch: pytest.MonkeyPatch) -> None:
    staff = Staff({1, 2}, {7})
    assert of_three_cores(monkeypatch, staff) == "2 processes answer, and there are 3 cores."


class Site:
    """A server that remembers what it was asked, and says what it is told to say."""

    def __init__(self, says: str | None) -> None:
        self.asked: list[str] = []
        self.says = says

    def ask(self, path: str) -> str | None:
        self.asked.append(path)
        return self.says


@pytest.mark.parametrize(
    ("says", "said"),
    [('{"status": "degraded"}', None), ('{"status": "ok"}', "'ok'"), (None, "None"), ("[]", "None"), ("down", "None")],
)
def test_a_health_check_must_tell_of_a_stall_that_is_just_over(says: str | None, said: str | None) -> None:
    site = Site(says)
    finding = checks.stall_told(cast(Server, site))
    assert site.asked == ["/stall/300", "/health"]
    assert finding == (said and f"The whole site stood still for 300 ms, and the first check afterwards said {said}.")


class Board:
    """A service on which comments are written, and a site that shows them, or does not."""

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
    """A server that was told to stop, and how it went."""

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
