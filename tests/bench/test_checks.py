"""The checks, on fake servers."""

import signal
import socket
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import ClassVar, cast

import pytest

from perflab.bench import checks
from perflab.bench.server import Server
from perflab.bench.services import SERVICE_TYPES, Service
from perflab.measure.samples import ProcessUsage, Quota, Usage


class FakeServer:
    """A server whose processes are numbers; `answering` are those that respond, count by count."""

    def __init__(self, *answering: set[int]) -> None:
        self.processes = set().union(*answering[:1]) | {3}
        self.seen: set[int] = set()
        self.answering = list(answering)
        self.process = self
        self.ended = False
        self.killed: list[int] = []
        self.by: list[signal.Signals] = []
        self.lab = SimpleNamespace(long_request=None, computed=("/related?post={n}", "related"))

    def workers(self) -> set[int]:
        found = self.answering.pop(0) if len(self.answering) > 1 else self.answering[0]
        self.seen |= found
        return found

    def usage(self) -> Usage:
        return Usage(0.0, 0.0, tuple(self.processes | (self.seen if self.killed else set())))

    def ask(self, path: str, timeout_s: float = 2.0) -> str | None:
        return None

    def kill(self, pid: int, by: signal.Signals = signal.SIGKILL) -> None:
        self.killed.append(pid)
        self.by.append(by)


def killed_workers_replaced(server: FakeServer) -> str | None:
    return checks.killed_workers_replaced(cast(Server, server))


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "COUNTED_WITHIN_S", 0.2)
    monkeypatch.setattr(checks, "REPLACED_WITHIN_S", 0.2)
    monkeypatch.setattr(checks, "ASKED_FOR_S", 0.2)


def test_new_processes_replace_those_that_were_killed_one_and_then_two(monkeypatch: pytest.MonkeyPatch) -> None:
    server = FakeServer({1, 2}, {2}, {2, 9}, {2, 9}, {7, 8}, *({n, n + 1} for n in range(10, 30) for _ in range(2)))
    monkeypatch.setattr(checks, "MORE_KILLS", (2, 2))
    assert killed_workers_replaced(server) is None
    assert len(server.killed) == 1 + 2 + 2
    assert set(server.killed[1:3]) == {2, 9}
    assert server.by[0] == server.by[3] != server.by[1] == server.by[2] == server.by[4]
    assert set(server.by) == {signal.SIGKILL, signal.SIGSEGV}


def test_which_worker_is_killed_cannot_be_foreseen() -> None:
    first = set()
    for _ in range(50):
        server = FakeServer({1, 2}, {9, 8}, {9, 8}, {7, 6})
        killed_workers_replaced(server)
        first.add(server.killed[0])
    assert first == {1, 2}


def test_one_replacement_for_two_workers_is_too_few() -> None:
    server = FakeServer({1, 2}, {2, 9}, {2, 9}, {9, 8})
    finding = killed_workers_replaced(server)
    assert finding == f"2 of 2 workers were {checks.DEATHS[server.by[1]]}, and 0 s later 2 answered."


def test_a_worker_that_did_not_answer_before_is_not_a_replacement() -> None:
    finding = killed_workers_replaced(FakeServer({1}, {3}))  # process 3 was there before, but the first count missed it
    assert finding
    assert "1 of 1 workers was " in finding


class Computing(FakeServer):
    """Two workers, 1 and 2, and the processes that compute for them; one that is killed may be replaced."""

    def __init__(self, computing: set[int], replaces: bool = True) -> None:
        super().__init__({1, 2})
        self.pid, self.computing, self.replaces, self.asked = 3, computing, replaces, 0

    def usage(self) -> Usage:
        busy_s = 0.01 * self.asked
        by_process = {pid: ProcessUsage(busy_s if pid in self.computing else 0.0, 20.0) for pid in (1, 2, 3, 4, 5, 6)}
        return super().usage()._replace(by_process=by_process)

    def ask(self, path: str, timeout_s: float = 2.0) -> str | None:
        self.asked += 1
        time.sleep(0.001)
        return '{"related": []}' if self.replaces or not self.killed else "Internal Server Error"


@pytest.mark.parametrize(
    ("computing", "killed"), [({5, 6}, [5, 6]), ({5}, [5]), (set(), []), ({1, 2}, []), ({2, 3, 6}, [6])]
)
def test_those_who_compute_for_the_workers_are_killed_and_no_one_else(computing: set[int], killed: list[int]) -> None:
    server = Computing(computing)
    assert checks.killed_pool_replaced(cast(Server, server)) is None
    assert server.killed == killed


def test_a_pool_that_stays_broken_is_told() -> None:
    finding = checks.killed_pool_replaced(cast(Server, Computing({5, 6}, replaces=False)))
    assert finding is not None and "GET /related?post=... still failed. Who replaces them?" in finding


@pytest.mark.parametrize(("after", "replaced"), [({2, 9}, True), ({2}, False)])
def test_one_worker_is_killed_once_where_each_takes_long_to_be_ready(after: set[int], replaced: bool) -> None:
    server = FakeServer({1, 2}, after)
    assert (checks.dead_worker_replaced(cast(Server, server)) is None) is replaced
    assert len(server.killed) == 1


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


class HangingServer(FakeServer):
    """A server whose worker hangs from the first `/stall` on, and is gone at the look after it where it is replaced."""

    def __init__(self, replaced: set[int]) -> None:
        super().__init__({1, 2})
        self.replaced = replaced
        self.paths: list[str] = []

    def ask(self, path: str, timeout_s: float = 2.0) -> str | None:
        self.paths.append(path)
        if path.startswith("/stall") and self.replaced:
            there = {1, 2} - self.replaced | {7 + pid for pid in self.replaced}
            self.processes, self.answering = there, [there]
        return None


@pytest.mark.parametrize(
    ("replaced", "finding"),
    [
        ({1}, None),
        (set(), "One worker hung, and 1 s later it was still there."),
        ({1, 2}, "One worker hung, and 2 were ended. Who waited at the others?"),
    ],
)
def test_a_worker_that_hangs_must_be_replaced_and_no_other(
    replaced: set[int], finding: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "HUNG_REPLACED_WITHIN_S", 0.6)
    server = HangingServer(replaced)
    assert checks.hung_worker_replaced(cast(Server, server)) == finding
    assert "/stall/30000" in server.paths


class BusyWorker(BaseHTTPRequestHandler):
    """One of two workers, 101 and 102: which of them, each connection is told in turn. 102 may not live for long."""

    protocol_version = "HTTP/1.1"
    numbers: Iterator[int]
    lives: bool
    paths: Counter[str]

    def setup(self) -> None:
        super().setup()
        self.number = next(self.numbers)

    def do_GET(self) -> None:
        self.paths[self.path] += 1
        if self.path.startswith("/stall") and self.number == 102 and not self.lives:
            self.close_connection = True
            return
        self.send_response(200)
        self.send_header("x-worker", str(self.number))
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.parametrize(
    ("lives", "long_request", "finding"),
    [
        (True, None, None),
        (True, "/exports/2026", "A worker was ended while it waited for the response to GET /exports/2026"),
        (False, None, "Workers were busy for 600 ms at a time, as happens on any site: 1 of 2 was ended."),
    ],
)
def test_workers_that_are_only_busy_must_live(
    lives: bool, long_request: str | None, finding: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "BUSY_FOR_S", 0.2)
    BusyWorker.numbers, BusyWorker.lives, BusyWorker.paths = cycle((101, 102)), lives, Counter()
    with ThreadingHTTPServer(("127.0.0.1", 0), BusyWorker) as workers:
        Thread(target=workers.serve_forever, daemon=True).start()
        server = FakeServer({101, 102})
        server.host, server.port = workers.server_address  # type: ignore[attr-defined]
        server.lab.long_request = long_request  # nothing answers it here
        found = checks.busy_workers_spared(cast(Server, server))
        workers.shutdown()
    assert (finding in found) if finding and found else found is finding
    if not long_request:
        assert BusyWorker.paths["/ping"] == checks.HOLDS_AT_MOST
        assert BusyWorker.paths["/stall/600"] >= 2


class Sites(BaseHTTPRequestHandler):
    """A site that answers each request with nothing, and leaves it to its server what that costs."""

    protocol_version = "HTTP/1.1"
    costs_s: ClassVar[list[float]]
    of_nobody_s: float

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.costs_s.append(self.of_nobody_s if b"nobody" in body else 0.01)
        self.send_response(401)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class Charged(FakeServer):
    def usage(self) -> Usage:
        return Usage(sum(Sites.costs_s), 0.0, (1,))


@pytest.mark.parametrize(("of_nobody_ms", "told"), [(10, False), (8, False), (0.1, True)])
def test_a_name_that_nobody_has_must_cost_what_a_wrong_password_costs(of_nobody_ms: float, told: bool) -> None:
    Sites.costs_s, Sites.of_nobody_s = [], of_nobody_ms / 1000
    with ThreadingHTTPServer(("127.0.0.1", 0), Sites) as site:
        Thread(target=site.serve_forever, daemon=True).start()
        server = Charged({1})
        server.host, server.port = site.server_address  # type: ignore[attr-defined]
        finding = checks.names_not_told(cast(Server, server))
        site.shutdown()
    assert len(Sites.costs_s) == 2 * checks.LOG_INS
    assert ("wrong password costs 10.0 ms of CPU time, and one with a name that nobody has 0.1" in str(finding)) is told
    assert bool(finding) is told


class Stopped(FakeServer):
    """A server that ends by itself or not, in order or not, when it is told to stop while a request hangs."""

    def __init__(self, exit: int | None, cleanly: bool) -> None:
        super().__init__({1})
        self.exit, self.stopped_cleanly, self.paths = exit, cleanly, list[str]()

    def ask(self, path: str, timeout_s: float = 2.0) -> str | None:
        self.paths.append(path)
        return None

    def terminate(self) -> float:
        assert self.paths  # the request was there before
        return 4.0


@pytest.mark.parametrize(
    ("exit", "cleanly", "finding"),
    [
        (0, True, None),
        (None, False, "It was told to stop while a request hung, and after 4 s it had to be killed. Who gives up?"),
        (
            0,
            False,
            "It was told to stop while a request hung, and ended before its lifespan's shutdown had run to the end.",
        ),
    ],
)
def test_a_request_that_hangs_must_not_keep_a_server_that_is_told_to_stop(
    exit: int | None, cleanly: bool, finding: str | None
) -> None:
    server = Stopped(exit, cleanly)
    assert checks.hung_request_left(cast(Server, server)) == finding
    assert server.paths == ["/hang/30000"]


class InTurn(BusyWorker):
    """Workers that take orders as well."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        time.sleep(0.01)
        self.do_GET()


class Leaving(FakeServer):
    """A server whose workers were started anew, and answer so many pings after that."""

    def __init__(self, *done: str, unanswered: int) -> None:
        super().__init__({101, 102})
        self.done, self.unanswered = list(done), unanswered

    def cut_off(self) -> None:
        self.done.append("cut off")

    def restart(self) -> None:
        self.done.append("restarted")

    def ask(self, path: str, timeout_s: float = 2.0) -> str | None:
        assert timeout_s == checks.SOON_S
        self.unanswered -= 1
        return None if self.unanswered >= 0 else "{}"


@pytest.mark.parametrize(("unanswered", "missed"), [(0, None), (1, None), (2, 2)])
def test_somebody_must_accept_while_workers_leave(
    unanswered: int, missed: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "ORDERED_FOR_S", 0.5)
    InTurn.numbers, InTurn.lives, InTurn.paths = cycle((101, 102)), True, Counter()
    with ThreadingHTTPServer(("127.0.0.1", 0), InTurn) as workers:
        Thread(target=workers.serve_forever, daemon=True).start()
        server = Leaving(unanswered=unanswered)
        server.host, server.port = workers.server_address  # type: ignore[attr-defined]
        finding = checks.workers_leave_in_turn(cast(Server, server))
        workers.shutdown()
    assert server.done == ["cut off", "restarted"]
    assert InTurn.paths["/booklets"] >= 2 * checks.ORDERS
    assert (f"Meanwhile {missed} pings had no answer within 0.4 s." in finding) if finding else missed is None


OK, DEGRADED = '{"status": "ok"}', '{"status": "degraded"}'


class Site:
    """A server that records the paths requested. The last of its replies to /health repeats, and is that to others."""

    def __init__(self, *replies: str | None) -> None:
        self.paths: list[str] = []
        self.replies = list(replies)

    def ask(self, path: str) -> str | None:
        self.paths.append(path)
        return self.replies.pop(0) if path == "/health" and len(self.replies) > 1 else self.replies[-1]


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A health check is asked at a faster pace."""
    for name, value in (("REMEMBERED_S", 0.01), ("ASKED_EVERY_S", (0.0, 0.01)), ("SELDOM_ASKED_S", (0.01, 0.02))):
        monkeypatch.setattr(checks, name, value)


@pytest.mark.parametrize(
    ("reply", "said"),
    [(DEGRADED, None), (OK, "'ok'"), (None, "None"), ("[]", "None"), ("down", "None")],
)
@pytest.mark.usefixtures("soon")
def test_a_health_check_must_report_a_stall_that_is_just_over(reply: str | None, said: str | None) -> None:
    site = Site(OK, OK, OK, reply)
    finding = checks.stall_told(cast(Server, site))
    assert site.paths == [*3 * ["/health"], "/stall/300", "/health", *(["/health"] if said is None else [])]
    assert finding == (said and f"The whole site stood still for 300 ms, and the first check afterwards said {said}.")


@pytest.mark.parametrize("ok_first", [1, 2])
@pytest.mark.usefixtures("soon")
def test_a_health_check_must_not_take_the_time_between_two_questions_for_a_stall(ok_first: int) -> None:
    site = Site(*ok_first * [OK], DEGRADED)
    assert "Nobody asked for anything else for 0.0 s" in str(checks.stall_told(cast(Server, site)))
    assert "/stall/300" not in site.paths


@pytest.mark.usefixtures("soon")
def test_a_health_check_must_not_forget_a_stall_at_once() -> None:
    site = Site(OK, OK, OK, DEGRADED, OK)
    finding = checks.stall_told(cast(Server, site))
    assert finding == "The whole site stood still for 300 ms, and a check 0.01 s later said 'ok'."


@pytest.mark.parametrize("reply", [DEGRADED, None])
def test_a_health_check_must_have_forgotten_before_what_was_long_ago(
    reply: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "CALM_WITHIN_S", 0.05)
    site = Site(reply)
    assert "nobody asked for anything else" in str(checks.stall_told(cast(Server, site)))
    assert "/stall/300" not in site.paths


@pytest.mark.usefixtures("soon")
def test_a_health_check_may_take_a_moment_to_forget() -> None:
    assert checks.stall_told(cast(Server, Site(DEGRADED, DEGRADED, OK, OK, OK, DEGRADED))) is None


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


class Deployed:
    """A server that answers with one release after the other, the last one again and again, or None for no answer."""

    release = "old"

    def __init__(
        self, *answers: str | None, ended: bool = False, good_taken: bool = True, pings: Sequence[str | None] = ("", "")
    ) -> None:
        self.pings = iter(pings)
        self.answers = list(answers)
        self.done: list[str] = []
        self.process = self
        self.ended = ended
        self.good_taken = good_taken

    def ask(self, path: str, timeout_s: float = 0.0) -> str | None:
        if path == "/ping":
            return next(self.pings, "pong")
        assert path == "/release"
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return answer and f'{{"release": "{answer}"}}'

    def deploy_broken(self) -> None:
        self.done.append("broken")

    def deploy(self, kind: str = "good") -> None:
        self.done.append(kind)

    def await_deploy(self) -> float | None:
        time.sleep(0.1)
        return 1.0 if self.good_taken else None


@pytest.mark.parametrize(
    ("server", "said"),
    [
        (Deployed("old"), None),
        (Deployed("old", None, "old"), None),
        (Deployed("old", None), "A version was deployed that cannot start, and the old one served no more."),
        (Deployed("old", "new"), "A version was deployed that cannot start, and the old one served no more."),
        (Deployed(None, ended=True), "A version was deployed that cannot start, and the whole site ended."),
        (
            Deployed("old", good_taken=False),
            "A version that could not start was refused. But then came two good ones, one while the other was loading, "
            "and the last one did not answer.",
        ),
        (Deployed("old", pings=["", None, ""]), None),
        (
            Deployed("old", pings=["", None, None, None, ""]),
            "A version was deployed whose model is larger, so that it takes longer to load. Meanwhile 3 requests had "
            "no answer within 0.7 s. How does the old version know when to go?",
        ),
    ],
    ids=["refused", "one answer missed", "gone", "replaced", "ended", "deaf", "one ping missed", "gone too early"],
)
def test_a_release_that_cannot_start_leaves_the_old_one_serving(
    monkeypatch: pytest.MonkeyPatch, server: Deployed, said: str | None
) -> None:
    monkeypatch.setattr(checks, "REFUSED_WITHIN_S", 0.05)
    monkeypatch.setattr(checks, "REFUSED_LOOK_S", 0.01)
    monkeypatch.setattr(checks, "NEXT_DEPLOY_S", 0.0)
    monkeypatch.setattr(checks, "ASK_EVERY_S", 0.005)
    assert checks.bad_release_refused(cast(Server, server)) == said
    deploys_on = said is None or "good" in said or "larger" in said
    assert server.done == (["broken", "good", "larger"] if deploys_on else ["broken"])


class CountingSite:
    """A site whose keys last, of so many of the members who search while it fails; and the Valkey that has them."""

    side = "yours"

    def __init__(self, lasting: int) -> None:
        self.lasting = lasting
        self.failing = False
        self.searched: list[str] = []

    @contextmanager
    def outage(self, side: str) -> Iterator[None]:
        self.failing = True
        yield
        self.failing = False

    def ask(self, path: str) -> None:
        assert self.failing
        self.searched.append(path)

    def lasting_keys(self, side: str) -> int:
        assert not self.failing
        return min(self.lasting, len(self.searched))


@pytest.mark.parametrize(("lasting", "said"), [(0, None), (3, None), (12, "12 keys have no expiry")])
def test_keys_expire_also_where_answers_are_cut_off(lasting: int, said: str | None) -> None:
    site = CountingSite(lasting)
    finding = checks.keys_expire(cast(Server, site), [cast(Service, site)])
    assert len(set(site.searched)) == checks.NEW_MEMBERS
    assert (said in finding) if said and finding else finding is said


class LimitingSite(CountingSite):
    """A site with a limit, where a search counts so often while answers are cut off."""

    lab = SimpleNamespace(quota=Quota(10, 1.0))

    def __init__(self, counts: int) -> None:
        super().__init__(0)
        self.counts = counts
        self.counted: Counter[str] = Counter()

    def ask(self, path: str) -> str:
        self.counted[path] += self.counts if self.failing else 1
        return '{"found": []}' if self.counted[path] <= 10 or self.failing else "Ten searches a second, please."


@pytest.mark.parametrize(("counts", "refused"), [(0, False), (1, False), (2, True)])
def test_a_search_whose_answer_is_cut_off_counts_once(counts: int, refused: bool) -> None:
    site = LimitingSite(counts)
    finding = checks.searches_counted_once(cast(Server, site), [cast(Service, site)])
    assert len(site.counted) == checks.TWICE_ASKED
    assert ("was refused before there were 10" in (finding or "")) is refused


class Chat(BaseHTTPRequestHandler):
    """Accepts messages, after a moment if it is told so. A reader has the first of them, and then what it is told."""

    protocol_version = "HTTP/1.1"
    accepted = 0
    takes_s = 0.0
    then = "nothing"
    said: ClassVar[list[bytes]] = []

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"the first message")
        while self.then == "the next":
            if self.said[20:]:
                self.wfile.write(self.said[20])
                break
            time.sleep(0.01)
        if self.then != "the end":
            self.rfile.read(1)  # until its reader is gone
        self.close_connection = True

    def do_POST(self) -> None:
        self.said.append(self.rfile.read(int(self.headers["content-length"])))
        time.sleep(self.takes_s)
        type(self).accepted += 1
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class ChatSite(ThreadingHTTPServer):
    request_queue_size = 50  # five, as it comes, make a connection wait for a second


@contextmanager
def chat() -> Iterator[FakeServer]:
    with ChatSite(("127.0.0.1", 0), Chat) as site:
        site.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client that is gone is what we ask for
        Thread(target=site.serve_forever, daemon=True).start()
        server = FakeServer({1})
        server.host, server.port = site.server_address  # type: ignore[attr-defined]
        yield server
        site.shutdown()


@pytest.mark.parametrize(
    ("kept_mib", "takes_s", "then", "said"),
    [
        (0.0, 0.0, "the next", None),
        (0.0, 0.0, "the end", None),
        (0.1, 0.0, "the next", "2 readers read nothing while 20 messages came, and the site kept 2 MiB for them."),
        (0.0, 0.5, "the next", "2 readers read nothing, and then a message was not accepted within 0.1 s."),
        (0.0, 0.0, "nothing", "had neither the next message nor the end of the stream"),
    ],
)
def test_readers_that_read_nothing_cost_little_and_may_read_on(
    monkeypatch: pytest.MonkeyPatch, kept_mib: float, takes_s: float, then: str, said: str | None
) -> None:
    for name, value in (("STUCK", 2), ("MESSAGES", 20), ("ACCEPTED_WITHIN_S", 0.1), ("READ_ON_S", 1.0)):
        monkeypatch.setattr(checks, name, value)
    monkeypatch.setattr(Chat, "said", [])
    monkeypatch.setattr(Chat, "then", then)
    monkeypatch.setattr(Chat, "accepted", 0)
    monkeypatch.setattr(Chat, "takes_s", takes_s)
    with chat() as server:
        server.usage = lambda: Usage(0.0, 50 + kept_mib * Chat.accepted, ())  # type: ignore[method-assign]
        finding = checks.slow_readers_bounded(cast(Server, server))
    assert (said in finding) if said and finding else finding is said


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (Counter(queue=5, socket=50), None),
        (Counter(queue=14, socket=10), None),
        (Counter(), "The site does not answer `GET /objects`"),
        (
            Counter(queue=15, socket=10),
            "40 readers came and went, and the site keeps 10 more objects of the type `queue` than before.",
        ),
    ],
)
def test_readers_who_have_gone_are_forgotten(
    monkeypatch: pytest.MonkeyPatch, after: Counter[str], said: str | None
) -> None:
    """Also where other objects are no longer there."""
    for name, value in (("GONE", 40), ("GONE_AT_ONCE", 10)):
        monkeypatch.setattr(checks, name, value)
    looks, outages = [Counter(queue=5, socket=50), after], list[bool]()
    with chat() as server:
        server.objects = lambda: looks.pop(0)  # type: ignore[attr-defined]
        server.wait_gone = lambda: None  # type: ignore[attr-defined]
        server.outage = lambda: nullcontext(outages.append(True))  # type: ignore[attr-defined]
        finding = checks.readers_forgotten(cast(Server, server))
    assert len(outages) == 2
    assert (said in finding) if said and finding else finding is said


class Feed(BaseHTTPRequestHandler):
    """Answers in the coding that a client names last, with or without Vary; or in one for everyone."""

    protocol_version = "HTTP/1.1"
    vary: ClassVar[str] = "Accept-Encoding"
    always: ClassVar[str] = ""

    def do_GET(self) -> None:
        coding = self.always or self.headers.get("accept-encoding", "").split(", ")[-1]
        self.send_response(200)
        self.send_header("content-length", "0")
        for name, value in (("content-encoding", coding), ("vary", self.vary)):
            if value:
                self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.parametrize(
    ("vary", "always", "said"),
    [
        ("Origin, accept-encoding", "", None),
        ("", "", "no Accept-Encoding got an answer without Vary"),
        ("Accept-Encoding", "gzip", "no Accept-Encoding got its answer in gzip"),
        ("Accept-Encoding", "identity", None),
    ],
)
def test_codings_are_those_that_a_client_accepts_and_told_to_caches(
    monkeypatch: pytest.MonkeyPatch, vary: str, always: str, said: str | None
) -> None:
    monkeypatch.setattr(Feed, "vary", vary)
    monkeypatch.setattr(Feed, "always", always)
    with ThreadingHTTPServer(("127.0.0.1", 0), Feed) as site:
        Thread(target=site.serve_forever, daemon=True).start()
        finding = checks.codings_told(cast(Server, SimpleNamespace(host="127.0.0.1", port=site.server_port)))
        site.shutdown()
    assert finding is None if said is None else said in (finding or "")


class Proxy:
    """A proxy that says these, look by look, of a connection that is idle."""

    type = SERVICE_TYPES["nginx"]

    def __init__(self, *kept: bool | None) -> None:
        self.kept = list(kept)

    def keeps_idle(self, side: str) -> bool | None:
        return self.kept.pop(0)


@pytest.mark.parametrize("kept", [True, False])
def test_a_connection_must_outlast_the_proxy(kept: bool) -> None:
    server = cast(Server, FakeServer({1}))
    server.side = "yours"
    found = checks.outlasts_proxy(server, [cast(Service, Proxy(None, kept))])
    assert (found is None) is kept


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ('CULPRIT = "note"', None),
        ('CULPRIT: str = "note"', None),
        ('CULPRIT = "app.parts.some_part:note"', None),
        ('CULPRIT = "app.parts.some_part.note()"', None),
        ('CULPRIT = "render"', "`render`, which is not the function"),
        ('CULPRIT = "render note"', "`render note`, which is not"),
        ('CULPRIT = ("render", "note")', "names no function yet"),
        ("router = None", "names no function yet"),
        ("CULPRIT = ", "names no function yet"),
    ],
)
def test_the_culprit_is_named_as_ours_names_it(source: str, said: str | None, tmp_path: Path) -> None:
    yours, ours = tmp_path / "yours.py", tmp_path / "ours.py"
    yours.write_text(f"{source}\n")
    ours.write_text('CULPRIT = "note"\n')
    server = SimpleNamespace(fix=yours, lab=SimpleNamespace(fix=lambda side: ours))
    finding = checks.culprit_named(cast(Server, server))
    assert (said in finding) if said and finding else finding is said
