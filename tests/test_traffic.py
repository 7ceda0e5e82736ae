"""Users that know the intended start of each request, and the recorder of their responses.

Both import Locust, which patches its whole process: the tests' code runs in a process of its own, and replies in JSON.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

WORKER = """
import json, sys, traceback

for line in sys.stdin:
    namespace = {}
    try:
        exec(json.loads(line), namespace)
        print(json.dumps({"said": namespace["said"]}), flush=True)
    except Exception:
        print(json.dumps({"error": traceback.format_exc()}), flush=True)
"""

PRELUDE = """
from types import SimpleNamespace

import gevent
from locust import task
from locust.env import Environment

from perflab.bench.load_generator import Recorder
from perflab.traffic import Arrival, ClosedUser, OpenUser, Plan

class Reader(OpenUser):
    host = "http://127.0.0.1:9"
    rate = 10

    @task
    def ping(self): pass

def planned(kind, seed=1, seconds=2.0):
    environment = Environment(user_classes=[kind])
    environment.plan = Plan(seed, seconds)
    return kind(environment)

def arrivals(rate, seconds, seed=1, users=1):
    Reader.rate = rate
    first = planned(Reader, seed, seconds)
    return [list(user.schedule()) for user in [first, *(Reader(first.environment) for _ in range(users - 1))]]

def say(value):
    global said
    said = value
"""

Runs = Callable[[str], Any]


@pytest.fixture(scope="module")
def under_locust() -> Iterator[Runs]:
    """Runs some code in a process that Locust may patch, and returns what it says. No run leaves names to the next."""
    with subprocess.Popen(
        [sys.executable, "-c", WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        ask, answers = process.stdin, process.stdout

        def run(code: str) -> Any:
            ask.write(json.dumps(PRELUDE + code) + "\n")
            ask.flush()
            answer = json.loads(answers.readline())
            assert "error" not in answer, answer["error"]
            return answer["said"]

        yield run


# Connections.

CLOSED = """
import socket

door = socket.create_server(("127.0.0.1", 0))

def serve():
    for _ in range(2):
        worker, _ = door.accept()
        worker.recv(9999)
        worker.sendall(b"HTTP/1.1 200 OK\\r\\ncontent-length: 0\\r\\n\\r\\n")
        worker.close()

class Kept(ClosedUser):
    looks_first = LOOKS_FIRST

    @task
    def post(self): pass

gevent.spawn(serve)
Kept.host = f"http://127.0.0.1:{door.getsockname()[1]}"
user = planned(Kept)
say([user.client.post("/", data="x").status_code for _ in range(2)])
"""


@pytest.mark.parametrize("looks_first", [True, False])
def test_a_client_that_does_not_look_first_sends_on_a_closed_connection(under_locust: Runs, looks_first: bool) -> None:
    code = CLOSED.replace("LOOKS_FIRST", str(looks_first))
    assert under_locust(code) == [200, 200 if looks_first else 0]


# Arrivals.

CASES = [(100, 1.5), (11, 1.5), (50, 4.0), (10, 0.3), (7, 0.1), (0.5, 4.0)]
ARRIVALS = f"say([arrivals(rate, seconds)[0] for rate, seconds in {CASES}])"
SEEDS = "say([arrivals(100, 1.0, seed, users=2) for seed in (1, 1, 2)])"


@pytest.mark.parametrize(("case", "count"), list(enumerate([150, 16, 200, 3, 0, 2])), ids=[str(case) for case in CASES])
def test_there_are_exactly_as_many_arrivals_as_the_rate_says(under_locust: Runs, case: int, count: int) -> None:
    assert len(under_locust(ARRIVALS)[case]) == count


@pytest.mark.parametrize("case", range(len(CASES)), ids=[str(case) for case in CASES])
def test_one_arrives_in_each_slot_anywhere_within_it(under_locust: Runs, case: int) -> None:
    rate, _ = CASES[case]
    intended_start_s = under_locust(ARRIVALS)[case]
    assert [int(moment * rate) for moment in intended_start_s] == list(range(len(intended_start_s)))


def test_a_lighter_load_has_fewer_arrivals_over_the_same_time(under_locust: Runs) -> None:
    intended_start_s = under_locust("""
user = planned(Reader)
user.plan.load = 0.5
say(list(user.schedule()))
""")
    assert [int(moment * 5) for moment in intended_start_s] == list(range(10))


def test_arrivals_are_spread_over_their_slots(under_locust: Runs) -> None:
    places = [moment * 100 % 1 for moment in under_locust(ARRIVALS)[0]]
    assert min(places) < 0.1
    assert max(places) > 0.9


def test_the_seed_decides_the_arrivals(under_locust: Runs) -> None:
    first, again, other = under_locust(SEEDS)
    assert first == again
    assert first != other


def test_every_user_has_arrivals_of_its_own(under_locust: Runs) -> None:
    (one, another), *_ = under_locust(SEEDS)
    assert one != another


# Visits.


def test_a_visit_asks_the_same_on_every_side_of_a_round(under_locust: Runs) -> None:
    code = """
class Curious(OpenUser):
    host = "http://127.0.0.1:9"
    asked = []

    @task
    def ask(self): self.asked.append(self.rng.randrange(10**9))

def asked(seed, order):
    Curious.asked = []
    user = planned(Curious, seed)
    for number in order:
        gevent.spawn(user.visit, number, 0.0).join()
    return dict(zip(order, Curious.asked))

say([sorted(asked(seed, order).items()) for seed, order in ((1, [0, 1, 2]), (1, [2, 0, 1]), (2, [0, 1, 2]))])
"""
    first, reordered, other = under_locust(code)
    assert first == reordered
    assert first != other


def test_a_visit_that_fails_in_the_scenario_still_ends(under_locust: Runs) -> None:
    """A visit that stays alive would hold up the end of its round for ten seconds."""
    code = """
class Clumsy(OpenUser):
    host = "http://127.0.0.1:9"

    @task
    def stumble(self): raise KeyError("no such field in the answer")

user = planned(Clumsy)
gevent.spawn(user.visit, 0, 0.0).join()
say(len(user.plan.alive))
"""
    assert under_locust(code) == 0


def test_an_error_in_the_scenario_fails_the_request(rows: Runs) -> None:
    """Locust drops a request whose `with` block ends in an error."""
    code = """
class Reader(OpenUser):
    host = "http://127.0.0.1:9"

    @task
    def read(self):
        with self.client.get("/read", name="/name", catch_response=True) as answer:
            raise KeyError("no such field in the answer")

user = planned(Reader)
user.environment.events.request.add_listener(recorder.on_request)
gevent.spawn(user.visit, 0, 0.0).join()
say(rows())
"""
    (row,) = rows(code)
    assert (row["name"], row["status"]) == ("/name", 0)


def test_an_open_user_sends_every_visit_and_waits_for_none(under_locust: Runs) -> None:
    code = """
class Patient(OpenUser):
    host = "http://127.0.0.1:9"
    rate = 200

    @task
    def wait(self): gevent.sleep(60)

user = planned(Patient, seconds=0.05)
user.run()
gevent.sleep(0)
say([user.plan.open_arrivals, len(user.plan.alive)])
"""
    assert under_locust(code) == [10, 10]


def test_a_closed_user_makes_one_visit_at_a_time(under_locust: Runs) -> None:
    code = """
class Visitor(ClosedUser):
    host = "http://127.0.0.1:9"
    most = visits = 0

    @task
    def look(self):
        Visitor.visits += 1
        Visitor.most = max(Visitor.most, len(self.plan.alive))
        gevent.sleep(0.001)

user = planned(Visitor, seconds=0.05)
user.run()
say([Visitor.most, Visitor.visits > 1, len(user.plan.alive)])
"""
    assert under_locust(code) == [1, True, 0]


def test_users_are_numbered_by_their_class(under_locust: Runs) -> None:
    code = """
class Other(Reader): pass

environment = Environment(user_classes=[Reader, Other])
environment.plan = Plan(1, 1.0)
say([kind(environment).label for kind in (Reader, Other, Reader)])
"""
    assert under_locust(code) == ["Reader:0", "Other:0", "Reader:1"]


# The recorder.


def digests(under_locust: Runs, *answers: tuple[int, str, str], ignore_fields: tuple[str, ...] = ()) -> list[str]:
    return under_locust(
        f"recorder = Recorder(Plan(1, 1.0), {list(ignore_fields)})\n"
        f"say([recorder.digest(status, media, text.encode()) for status, media, text in {list(answers)}])"
    )


JSON = "application/json"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param('{"a": 1, "b": [2, 3]}', '{"b":[2,3],"a":1}', id="spacing and the order of keys"),
        pytest.param('{"a": "\\u00e9"}', '{"a": "é"}', id="how a letter is written"),
        pytest.param('{"a": 1, "at": 5}', '{"a": 1, "at": 6}', id="an ignored field"),
        pytest.param('[{"b": {"at": 5}}]', '[{"b": {"at": 6}}]', id="an ignored field, deep within"),
        pytest.param('{"a": 1, "at": 5}', '{"a": 1}', id="an ignored field that is missing"),
    ],
)
def test_json_is_compared_by_value(under_locust: Runs, one: str, other: str) -> None:
    first, second = digests(under_locust, (200, JSON, one), (200, JSON, other), ignore_fields=("at",))
    assert first == second


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param((200, JSON, '{"a": 1}'), (200, JSON, '{"a": 2}'), id="a value"),
        pytest.param((200, JSON, "[1, 2]"), (200, JSON, "[2, 1]"), id="the order of a list"),
        pytest.param((200, JSON, '{"a": 1}'), (201, JSON, '{"a": 1}'), id="the status"),
        pytest.param((200, JSON, '{"a": 1}'), (200, "text/plain", '{"a": 1}'), id="the media type"),
        pytest.param((200, JSON, '{"a": 1}'), (200, JSON, '{"a": 1'), id="JSON cut short"),
        pytest.param((200, "text/html", "<p>"), (200, "text/html", "<p> "), id="spacing, but for JSON"),
        pytest.param((200, JSON, '{"a": null}'), (200, JSON, "{}"), id="a missing field"),
    ],
)
def test_anything_else_is_another_answer(
    under_locust: Runs, one: tuple[int, str, str], other: tuple[int, str, str]
) -> None:
    first, second = digests(under_locust, one, other)
    assert first != second


ROWS = """
plan = Plan(1, 2.0)
recorder = Recorder(plan, [])

def answered(arrival, status=200, content=b"{}", milliseconds=1.0, name="/ping", exception=None, **headers):
    response = SimpleNamespace(
        status_code=status, content=content, headers={key.replace("_", "-"): value for key, value in headers.items()}
    )
    def happen():
        gevent.getcurrent().arrival = arrival
        recorder.on_request(name=name, response_time=milliseconds, response=response, exception=exception)
    gevent.spawn(happen).join()

KEYS = ("key", "name", "intended_start_s", "latency_ms", "status", "size", "worker", "body", "retry_after", "invalid",
        "location", "first_byte_ms")
def rows():
    return [dict(zip(KEYS, row, strict=True)) for row in recorder.finish()]
"""


@pytest.fixture
def rows(under_locust: Runs) -> Runs:
    """Runs some code that has a recorder."""
    return lambda code: under_locust(ROWS + code)


def test_latency_counts_from_the_intended_start(rows: Runs) -> None:
    row, now_s = rows("""
answered(Arrival(plan, "Reader0/0", plan.now_s - 5.0))
say([rows()[0], plan.now_s])
""")
    assert row["latency_ms"] >= 5000
    assert row["intended_start_s"] + row["latency_ms"] / 1000 <= now_s


def test_a_later_request_of_a_visit_starts_when_it_was_sent(rows: Runs) -> None:
    first, second = rows("""
arrival = Arrival(plan, "Reader0/0", plan.now_s - 5.0)
answered(arrival)
answered(arrival, milliseconds=250.0)
say(rows())
""")
    assert [first["key"], second["key"]] == ["Reader0/0/0", "Reader0/0/1"]
    assert second["latency_ms"] == pytest.approx(250.0)


def test_the_scenarios_own_work_is_not_part_of_the_latency(under_locust: Runs) -> None:
    quick, slow = under_locust("""
from gevent.pywsgi import WSGIServer
site = WSGIServer(("127.0.0.1", 0), lambda environ, start: (start("200 OK", []), [b"{}"])[1], log=None)
site.start()

class Visitor(ClosedUser):
    host = f"http://127.0.0.1:{site.server_port}"

    @task
    def ask(self):
        self.client.get("/quick")
        with self.client.get("/looked-at-for-long", catch_response=True) as answer:
            gevent.sleep(1.0)
            answer.failure("no")

user = planned(Visitor, seconds=0.1)
recorder = Recorder(user.plan, [])
user.environment.events.request.add_listener(recorder.on_request)
user.run()
site.stop()
say([[row[1], row[3], row[9]] for row in recorder.finish()])
""")
    assert [quick[0], quick[2]] == ["/quick", False]
    assert [slow[0], slow[2]] == ["/looked-at-for-long", True]
    assert slow[1] < 1000


BODIES = """
import gzip
from gevent.pywsgi import WSGIServer

LONG = 3000 * b"a line of an export\\n"
SITE = {
    "/at-once": [LONG, 0.2, LONG],
    "/late": [0.2, LONG],
    "/headings-first": [b"a heading\\n", 0.2, LONG],
    "/short": [b"short"],
    "/gzip": [gzip.compress(LONG)],
}

def serve(environ, start):
    coding = [("content-encoding", "gzip")] if environ["PATH_INFO"] == "/gzip" else []
    start("200 OK", [("content-type", "text/csv"), *coding])
    for piece in SITE[environ["PATH_INFO"]]:
        if isinstance(piece, bytes):
            yield piece
        else:
            gevent.sleep(piece)

site = WSGIServer(("127.0.0.1", 0), serve, log=None)
site.start()

class Member(ClosedUser):
    host = f"http://127.0.0.1:{site.server_port}"

    @task
    def ask(self):
        for path in SITE:
            self.client.get(path)

user = planned(Member)
recorder = Recorder(user.plan, [])
user.environment.events.request.add_listener(recorder.on_request)
gevent.spawn(user.visit, 0, user.plan.now_s).join()
site.stop()
bodies = [b"".join(piece for piece in pieces if isinstance(piece, bytes)) for pieces in SITE.values()]
bodies[-1] = LONG
assert [raw[2] for raw in recorder._raw] == bodies
say({row[1]: [row[3], row[11]] for row in recorder.finish()})
"""


def test_a_body_begins_with_its_first_kilobyte_and_is_read_whole(under_locust: Runs) -> None:
    took_ms = under_locust(BODIES)
    late = {path: begun_ms > 150 for path, (_, begun_ms) in took_ms.items()}
    assert late == {"/at-once": False, "/late": True, "/headings-first": True, "/short": False, "/gzip": False}
    assert took_ms["/at-once"][0] > 150
    assert all(0 < begun_ms <= whole_ms for whole_ms, begun_ms in took_ms.values())


def test_only_a_failure_by_the_scenario_is_invalid(rows: Runs) -> None:
    found = rows("""
from locust.exception import CatchResponseError
answered(Arrival(plan, "Reader0/0", 0.0), exception=CatchResponseError("All is well, and it does not say so."))
answered(Arrival(plan, "Reader0/1", 0.0), status=500, exception=ConnectionError())
answered(Arrival(plan, "Reader0/2", 0.0))
say(rows())
""")
    assert [row["invalid"] for row in found] == [True, False, False]


def test_a_retry_after_header_is_recorded(rows: Runs) -> None:
    with_header, without_header = rows("""
answered(Arrival(plan, "Reader0/0", 0.0), status=503, retry_after="1")
answered(Arrival(plan, "Reader0/1", 0.0), status=503)
say(rows())
""")
    assert (with_header["retry_after"], without_header["retry_after"]) == (True, False)
    assert with_header["body"] == without_header["body"]


@pytest.mark.parametrize(
    ("status", "failed"), [(200, False), (404, False), (429, True), (500, True), (503, True), (0, True)]
)
def test_a_visit_has_failed_when_one_of_its_requests_has(rows: Runs, status: int, failed: bool) -> None:
    outcomes = rows("""
def visit(status):
    arrival = Arrival(plan, "Reader0/0", 0.0)
    for status in (200, status, 200):
        answered(arrival, status)
    return arrival.failed

say({status: visit(status) for status in (200, 404, 429, 500, 503, 0)})
""")
    assert outcomes[str(status)] is failed


def test_a_response_has_its_name_size_and_worker(rows: Runs) -> None:
    (row,) = rows("""
answered(Arrival(plan, "Reader0/0", 0.0), 200, b"{}", name="/pages", content_length="1234", content_encoding="br",
         x_worker="77")
say(rows())
""")
    assert (row["name"], row["status"], row["size"], row["worker"]) == ("/pages", 200, 1234, 77)


def test_a_response_that_was_cut_short_is_none(rows: Runs) -> None:
    whole, cut = rows("""
answered(Arrival(plan, "Reader0/0", 0.0), 202, b"{}", content_length="2", location="/jobs/7")
answered(Arrival(plan, "Reader0/1", 0.0), 202, b"{", content_length="2", location="/jobs/8")
say(rows())
""")
    assert (whole["status"], whole["location"]) == (202, "/jobs/7")
    assert (cut["status"], cut["location"], cut["body"]) == (0, "", "")


def test_the_media_type_counts_without_its_parameters(rows: Runs) -> None:
    first, second = rows("""
answered(Arrival(plan, "Reader0/0", 0.0), content_type="application/json; charset=utf-8")
answered(Arrival(plan, "Reader0/1", 0.0), content_type="application/json")
say(rows())
""")
    assert first["body"] == second["body"]


def test_a_request_without_an_answer_has_no_body(rows: Runs) -> None:
    (row,) = rows("""
answered(Arrival(plan, "Reader0/0", 0.0), status=0, content=None)
say(rows())
""")
    assert (row["status"], row["size"], row["worker"], row["body"]) == (0, 0, 0, "")


def test_a_visit_still_waiting_at_the_end_is_a_failed_request(under_locust: Runs) -> None:
    """Its latency is as long as it waited."""
    code = """
import socket
from perflab import traffic
from perflab.bench import load_generator

traffic.TIMEOUT_S = 0.3
plan = Plan(1, 0.2)
with socket.create_server(("127.0.0.1", 0)) as mute:
    class Visitor(OpenUser):
        host = f"http://127.0.0.1:{mute.getsockname()[1]}"
        rate = 5

        @task
        def ask(self): self.client.get("/ask")

    environment = Environment(user_classes=[Visitor])
    environment.plan = plan
    recorder = Recorder(plan, [])
    environment.events.request.add_listener(recorder.on_request)
    print = lambda *parts, **options: None
    load_generator.print = print
    load_generator.drive_round([Visitor], environment, plan)
say([recorder.finish(), len(plan.alive)])
"""
    rows, alive = under_locust(code)
    ((_, name, _, latency_ms, status, _, _, body, *_),) = rows
    assert (name, status, body, alive) == ("/ask", 0, "", 0)
    assert latency_ms >= 300


def test_an_abandoned_request_delays_nothing_and_has_not_failed(under_locust: Runs) -> None:
    code = """
import socket
from perflab.bench import load_generator

plan = Plan(1, 0.2)
with socket.create_server(("127.0.0.1", 0)) as mute:
    class Listener(ClosedUser):
        host = f"http://127.0.0.1:{mute.getsockname()[1]}"
        streaming = abandons = True

        @task
        def listen(self): self.client.get("/events")

    environment = Environment(user_classes=[Listener])
    environment.plan = plan
    recorder = Recorder(plan, [])
    environment.events.request.add_listener(recorder.on_request)
    load_generator.print = lambda *parts, **options: None
    load_generator.drive_round([Listener], environment, plan)
say([recorder.finish(), len(plan.alive), plan.abandoned, plan.now_s < 5])
"""
    assert under_locust(code) == [[], 0, 1, True]


@pytest.mark.parametrize(("options", "read"), [("", True), (", reads=False", False), (", resets=True", True)])
def test_a_visitor_who_drops_in_is_gone_in_time_and_no_response(under_locust: Runs, options: str, read: bool) -> None:
    code = f"""
import gevent, socket
from perflab.bench import load_generator

plan, texts = Plan(1, 0.2), []
with socket.create_server(("127.0.0.1", 0)) as site:
    def serve():
        client, _ = site.accept()
        client.recv(4096)
        client.sendall(b"HTTP/1.1 200 OK")
        gevent.sleep(1)
    gevent.spawn(serve)

    class Tab(ClosedUser):
        host = f"http://127.0.0.1:{{site.getsockname()[1]}}"

        @task
        def drop(self): texts.append(self.drop_in("/events", 0.15{options}).decode())

    environment = Environment(user_classes=[Tab])
    environment.plan = plan
    recorder = Recorder(plan, [])
    environment.events.request.add_listener(recorder.on_request)
    load_generator.print = lambda *parts, **options: None
    load_generator.drive_round([Tab], environment, plan)
say([recorder.finish(), texts[0], plan.abandoned > 0, plan.now_s < 2])
"""
    assert under_locust(code) == [[], "HTTP/1.1 200 OK" if read else "", True, True]


def test_garbage_is_collected_between_rounds_and_never_in_one(under_locust: Runs) -> None:
    said = under_locust("""
import gc, io, sys
from perflab.bench import load_generator

done, stdin = [], sys.stdin
load_generator.load_users, load_generator.print = lambda scenario: [], lambda *parts, **_: None
load_generator.do = lambda users, task: done.append(f"a round, collecting: {gc.isenabled()}")
load_generator.gc = SimpleNamespace(disable=gc.disable, collect=lambda: done.append("collected"))
sys.argv, sys.stdin = ["drive", "locustfile.py"], io.StringIO("[{}]" + chr(10) + "[{}]" + chr(10))
try:
    load_generator.main()
finally:
    sys.stdin = stdin
    gc.enable()
say(done)
""")
    assert said == ["a round, collecting: False", "collected"] * 2


@pytest.mark.parametrize("worker", ["nobody", "-1", "1e3", "9" * 5000, "\u0661", ""])
def test_a_header_without_a_number_is_ignored(rows: Runs, worker: str) -> None:
    (row,) = rows(f"""
answered(Arrival(plan, "Reader0/0", 0.0), x_worker={worker!r}, content_length={worker!r})
say(rows())
""")
    assert (row["status"], row["size"], row["worker"]) == (200, 2, 0)


@pytest.mark.parametrize(("by_path", "name"), [(True, "/quick"), (False, "/quick (warm)")])
def test_a_judged_load_test_cannot_file_a_request_under_another_name(rows: Runs, by_path: bool, name: str) -> None:
    (row,) = rows(f"""
recorder.by_path = {by_path}
response = SimpleNamespace(status_code=200, content=b"", headers={{}})
recorder.on_request("/quick (warm)", 1.0, response, url="http://127.0.0.1:8000/quick?again=1")
say(rows())
""")
    assert row["name"] == name


def test_of_several_headers_of_one_name_the_last_counts(rows: Runs) -> None:
    """The site's own layer is the outermost, and adds its headers after those of a fix."""
    (row,) = rows("""
answered(Arrival(plan, "Reader0/0", 0.0), x_worker=["nobody", "77"], content_type=["text/html", "text/plain"])
say(rows() + [list(recorder.bodies.values())])
""")[:1]
    assert row["worker"] == 77


@pytest.mark.parametrize("milliseconds", ["-1.0", "float('nan')", "float('inf')", "None", "'1'"])
def test_an_impossible_time_is_no_response(rows: Runs, milliseconds: str) -> None:
    (row,) = rows(f"""
recorder.on_request("/quick", {milliseconds}, SimpleNamespace(status_code=200, content=b"", headers={{}}))
say(rows())
""")
    assert row["status"] == 0


UNREADABLE = """
import socket
from perflab.bench import load_generator

def site(sock):
    while True:
        connection, _ = sock.accept()
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\\r\\nconnection: close\\r\\n" + {rest!r})
        connection.close()

from gevent import socket as green
server = green.socket()
server.bind(("127.0.0.1", 0))
server.listen()
serving = gevent.spawn(site, server)

class Visitor({kind}):
    host = f"http://127.0.0.1:{{server.getsockname()[1]}}"
    rate = 100

    @task
    def ask(self): self.client.get("/ask?x=1", name="/ask")

user = planned(Visitor, seconds=0.1)
recorder = Recorder(user.plan, [])
user.environment.events.request.add_listener(recorder.on_request)
user.run()
gevent.sleep(0.2)
serving.kill()
say([[row[1], row[4]] for row in recorder.finish()])
"""


JUNK = b"content-encoding: br\r\ncontent-length: 4\r\n\r\njunk"


@pytest.mark.parametrize(("kind", "least"), [("OpenUser", 10), ("ClosedUser", 1)])
def test_a_response_that_cannot_be_decoded_is_reported_as_failed(under_locust: Runs, kind: str, least: int) -> None:
    """Locust would drop it, and a fix could hide its late responses that way."""
    rows = under_locust(UNREADABLE.format(kind=kind, rest=JUNK))
    assert len(rows) >= least
    assert rows == [["/ask", 0]] * len(rows)


@pytest.mark.parametrize(
    ("rest", "status"),
    [
        pytest.param(b"content-length: 9\r\n\r\nhalf", 0, id="fewer bytes than it has said"),
        pytest.param(b"transfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n", 0, id="no last chunk"),
        pytest.param(b"transfer-encoding: chunked\r\n\r\n5\r\nwhole\r\n0\r\n\r\n", 200, id="whole"),
        pytest.param(b"\r\nwhole", 200, id="without a length"),
    ],
)
def test_a_response_that_breaks_off_is_reported_as_failed(under_locust: Runs, rest: bytes, status: int) -> None:
    """Locust's client raises, and gives the piece that has come when it is asked once more."""
    rows = under_locust(UNREADABLE.format(kind="ClosedUser", rest=rest))
    assert rows == [["/ask", status]] * len(rows) != []


CODED = """
import zlib
from gevent import socket as green
from perflab.traffic import brotli

text = b"lantern " * 4000
codings = {{
    "gzip": zlib.compress(text, 6, 31), "deflate": zlib.compress(text), "br": brotli.compress(text, quality=1),
    "identity": text, "made-up": text,
}}
body = codings["{coding}"]

def site(sock):
    while True:
        connection, _ = sock.accept()
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\\r\\nconnection: close\\r\\ncontent-encoding: {coding}\\r\\n\\r\\n" + body)
        connection.close()

server = green.socket()
server.bind(("127.0.0.1", 0))
server.listen()
serving = gevent.spawn(site, server)

class Visitor(ClosedUser):
    host = f"http://127.0.0.1:{{server.getsockname()[1]}}"
    line_kib_per_s = {line_kib_per_s}

    @task
    def ask(self): self.client.get("/ask", headers={{"Accept-Encoding": "{accept}"}})

user = planned(Visitor)
recorder = Recorder(user.plan, [])
user.environment.events.request.add_listener(recorder.on_request)
gevent.spawn(user.visit, 0, user.plan.now_s).join()
serving.kill()
(row,) = recorder.finish()
say({{"status": row[4], "size": row[5], "sent": len(body), "same": row[7] == recorder.digest(200, "", text),
      "took_ms": row[3]}})
"""


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "identity"])
def test_a_coded_body_is_compared_decoded_and_counted_as_sent(under_locust: Runs, coding: str) -> None:
    said = under_locust(CODED.format(coding=coding, accept="gzip, deflate, br", line_kib_per_s=None))
    assert (said["status"], said["size"], said["same"]) == (200, said["sent"], True)


@pytest.mark.parametrize(
    ("coding", "accept"), [("gzip", "identity"), ("br", "gzip"), ("gzip", "gzip;q=0, br"), ("made-up", "gzip, br")]
)
def test_a_client_cannot_read_a_coding_that_it_did_not_accept(under_locust: Runs, coding: str, accept: str) -> None:
    assert under_locust(CODED.format(coding=coding, accept=accept, line_kib_per_s=None))["status"] == 0


def test_on_a_slow_line_bytes_are_time(under_locust: Runs) -> None:
    """32 kB take a quarter of a second at 128 KiB/s."""
    plain, coded = (
        under_locust(CODED.format(coding=coding, accept="gzip", line_kib_per_s=128)) for coding in ("identity", "gzip")
    )
    assert plain["took_ms"] > 240
    assert coded["took_ms"] < plain["took_ms"] / 2


def test_repeated_visits_send_the_requests_of_their_round(under_locust: Runs) -> None:
    code = """
from perflab.bench import load_generator

asked = []

class Curious(OpenUser):
    host = "http://127.0.0.1:9"

    @task
    def ask(self): asked.append(self.rng.randrange(10**9))

class Quiet(Curious): pass

class Deadly(Curious): visits = 0

USERS = [Curious, Quiet, Deadly]

def environment():
    environment = Environment(user_classes=USERS)
    environment.plan = Plan(5, 1.0)
    return environment

load_generator.make_visits(USERS, environment(), 4)
first = list(asked)
asked.clear()
load_generator.repeat_visits(USERS, environment(), ["Quiet:0/2", "Deadly:0/0", "Curious:0/1"], 2)
say([first, asked])
"""
    first, again = under_locust(code)
    assert again == [first[6], first[1]]


def test_a_result_is_asked_for_until_it_is_there(under_locust: Runs) -> None:
    code = """
import json
from perflab.bench import load_generator, rough

asked = []

def response_to(request, url):
    asked.append(request.path)
    status = 404 if request.path == "/lost" else 202 if len(asked) < 4 else 200
    return status, "application/json", json.dumps({"path": request.path, "at": len(asked)}).encode()

rough.response_to = response_to
recorder = Recorder(Plan(1, 0.0), ["at"])
found = load_generator.collect(recorder, ["/lost", "/late"], "", 5.0)
say([[status for status, _ in found], asked, sorted(recorder.bodies.values())])
"""
    statuses, asked, bodies = under_locust(code)
    assert statuses == [404, 200]
    assert asked == ["/lost", "/late", "/late", "/late"]
    assert bodies == ['200 application/json  {"path": "/late"}', '404 application/json  {"path": "/lost"}']


def test_a_result_that_never_comes_is_given_up(under_locust: Runs) -> None:
    code = """
from perflab.bench import load_generator, rough

rough.response_to = lambda request, url: (202, "", b"")
say([status for status, _ in load_generator.collect(Recorder(Plan(1, 0.0), []), ["/never"], "", 0.3)])
"""
    assert under_locust(code) == [202]


@pytest.mark.parametrize(
    ("location", "place"), [("/jobs/7", "/jobs/7"), ("http://other/7", ""), ("/a b", ""), ("", "")]
)
def test_a_result_is_asked_for_on_the_same_site_only(under_locust: Runs, location: str, place: str) -> None:
    assert under_locust(f"from perflab.bench import load_generator; say(load_generator.place({location!r}))") == place


def test_an_excerpt_of_each_body_is_stored_for_showing(rows: Runs) -> None:
    bodies = rows("""
answered(Arrival(plan, "Reader0/0", 0.0), content=b"x" * 5000, content_type="text/plain")
answered(Arrival(plan, "Reader0/1", 0.0), content=b"x" * 5000, content_type="text/plain")
rows()
say(list(recorder.bodies.values()))
""")
    assert bodies == ["200 text/plain  " + "x" * 4000]


def test_a_slow_user_may_make_fewer_visits_without_load(under_locust: Runs) -> None:
    made = under_locust("""
from perflab.bench import load_generator

made = []

class Quick(Reader):
    @task
    def ping(self): made.append("quick")

class Long(Reader):
    visits = 2

    @task
    def ping(self): made.append("long")

Quick.tasks, Long.tasks = [Quick.ping], [Long.ping]
environment = Environment(user_classes=[Quick, Long])
environment.plan = Plan(1, 0.0)
load_generator.make_visits([Quick, Long], environment, 4)
say(made)
""")
    assert made == ["quick"] * 4 + ["long"] * 2


def test_while_others_fail_a_slow_user_makes_as_many_visits_as_all_unless_a_lab_limits_them(under_locust: Runs) -> None:
    found = under_locust("""
from perflab.bench.load_generator import first_visits

class Long(Reader):
    visits = 2

class Never(Reader):
    visits = 0

class Endless(Reader):
    streaming = True

say([first_visits([Long, Never, Endless], 3, few) for few in (False, True)])
""")
    assert found == [["Long:0/0", "Long:0/1", "Long:0/2"], ["Long:0/0", "Long:0/1"]]


def test_users_who_ask_for_something_on_a_start_have_longer_for_it(under_locust: Runs) -> None:
    found = under_locust("""
from locust import HttpUser

from perflab.bench.load_generator import LEAD_S, LONG_LEAD_S, lead_s

class Early(Reader):
    def on_start(self): pass

class Learners(HttpUser):
    pass

say([lead_s(users) == lead for users, lead in
    [([Reader], LEAD_S), ([Reader, Early], LONG_LEAD_S), ([Learners], LONG_LEAD_S)]])
""")
    assert found == [True, True, True]


# Other ways to use a scenario.


def test_a_scenario_also_runs_without_a_plan(under_locust: Runs) -> None:
    """Plain `locust -f` plans no round."""
    assert under_locust("""
user = Reader(Environment(user_classes=[Reader]))
moments = user.schedule()
intended_start_s = [next(moments) for _ in range(1000)]
say([intended_start_s[-1] < 100.0, intended_start_s == sorted(intended_start_s)])
""") == [True, True]


def test_a_plan_may_give_users_another_rate_and_a_load_multiplies_it(under_locust: Runs) -> None:
    assert under_locust("""
user = planned(Reader, seconds=10.0)
counts = [len(list(user.schedule()))]
user.plan.rates = {"Reader": 2.5, "Writer": 100.0}
counts.append(len(list(user.schedule())))
user.plan.load = 2.0
counts.append(len(list(user.schedule())))
say(counts)
""") == [100, 25, 50]


def test_a_site_without_requests_is_healthy_in_blind_health(under_locust: Runs) -> None:
    code = """
import runpy
truth = runpy.run_path("labs/07_blind_health/locustfile.py")["Truth"]()
say([truth.bad(), truth.good()])
"""
    assert under_locust(code) == [False, True]
