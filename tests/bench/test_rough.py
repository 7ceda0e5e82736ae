"""Rough requests, as a site sees them that counts what it is sent."""

import subprocess
import sys
import threading
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
import toy

from perflab.bench.load_client import LoadClient
from perflab.measure.samples import Stream

SCENARIO = """
from locust import task

from perflab.traffic import ClosedUser, OpenUser


class Reader(OpenUser):
    rate = 20

    @task
    def read(self) -> None:
        self.client.get(f"/read/{self.rng.randrange(9)}?page=3", name="/read")


class Writer(OpenUser):
    rate = 5

    @task
    def write(self) -> None:
        with self.client.post("/write", json={"text": "hm"}, catch_response=True) as answer:
            answer.json()

    @task
    def empty(self) -> None:
        self.client.post("/empty")


class Follower(ClosedUser):
    fixed_count = 2
    streaming = abandons = True

    @task
    def follow(self) -> None:
        self.client.get("/live/1", name="/live")


class Tab(OpenUser):
    streaming = abandons = True

    @task
    def look_in(self) -> None:
        self.drop_in("/live/2", 0.1, reads=False)
"""


class Site(BaseHTTPRequestHandler):
    """Answers after a moment, refuses what is no number, and ticks for whoever listens."""

    protocol_version = "HTTP/1.1"
    asked: ClassVar[Counter[str]] = Counter()
    hung_up = 0
    ticks_at_nonsense = False
    coded = flushes = False

    def do_GET(self) -> None:
        type(self).asked[f"{self.command} {self.path}"] += 1
        try:
            if "/x" in self.path or "99999" in self.path or ("?" not in self.path and "live" not in self.path):
                self.answer(422)
            elif "live" in self.path:
                self.tick()
            else:
                time.sleep(0.1)
                self.answer(200)
        except OSError:
            type(self).hung_up += 1

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        type(self).asked[f"POST {body.decode()}"] += 1
        self.answer(200 if body == b'{"text": "hm"}' else 422)

    def do_DELETE(self) -> None:
        if self.ticks_at_nonsense and "live" in self.path:
            with suppress(OSError):
                self.tick()
        else:
            self.answer(405)

    def answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def tick(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream; charset=utf-8")
        self.send_header("connection", "close")
        coder = zlib.compressobj(wbits=zlib.MAX_WBITS + 16) if self.coded else None
        if coder:
            self.send_header("content-encoding", "gzip")
        self.end_headers()
        while True:
            event = b"data: tick\n\n"
            if coder:
                event = coder.compress(event) + (coder.flush(zlib.Z_SYNC_FLUSH) if self.flushes else b"")
            self.wfile.write(event)
            time.sleep(0.1)

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256  # all of them come at once, and a full backlog drops some


@pytest.fixture
def url() -> Iterator[str]:
    Site.asked.clear()
    Site.hung_up = 0
    server = Server(("127.0.0.1", 0), Site)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client that is gone is what we ask for
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def client(tmp_path: Path) -> Iterator[LoadClient]:
    scenario = tmp_path / "locustfile.py"
    scenario.write_text(SCENARIO)
    client = LoadClient(toy.plain_lab(tmp_path), scenario, tmp_path, {})
    yield client
    client.process.stop()


@pytest.mark.live
def test_rough_visitors_send_the_scenarios_requests_and_some_hang_up(client: LoadClient, url: str) -> None:
    sent = client.be_rough(url, 1, 12)
    assert sent >= 3 * 12
    assert any(asked.startswith("GET /read/") and asked.endswith("?page=3") for asked in Site.asked)
    assert Site.asked['POST {"text": "hm"}']
    assert Site.asked["GET /live/1"] >= 12
    assert Site.asked["GET /live/2"] >= 12
    deadline = time.monotonic() + 20
    while Site.hung_up < 12:  # every one who listened, at the next tick
        assert time.monotonic() < deadline, Site.hung_up
        time.sleep(0.1)
    assert Site.asked["POST {half of it"]
    assert Site.asked["POST "] and not Site.asked["POST null"]  # who posts nothing has no bad body either


def test_who_hangs_up_has_clicked_twice() -> None:
    program = """
import random
from collections import Counter
from perflab.bench import rough

gone = Counter()
rough.hang_up = lambda request, url, rng: gone.update([request.path])
asked = [rough.Request("/read", "GET", f"/read/{number}", b"", False) for number in range(1000)]
rough.be_rough(asked, "http://127.0.0.1:1", random.Random(1), 12)  # nobody listens there
print(sorted(gone.values()))
"""  # in a process of its own, since Locust patches the standard library
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout == "[2, 2, 2, 2, 2, 2]\n"


@pytest.mark.live
def test_an_answer_without_an_end_to_nonsense_is_not_waited_for(
    client: LoadClient, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Site, "ticks_at_nonsense", True)
    client.be_rough(url, 1, 1)  # raises LoadError where it does not come to an end


@pytest.mark.live
def test_the_seed_decides_who_is_rough(client: LoadClient, url: str) -> None:
    seen = []
    for seed in (1, 1, 2):
        Site.asked.clear()
        client.be_rough(url, seed, 12)
        seen.append({asked for asked in Site.asked if asked.startswith("GET /read/")})
    assert seen[0] == seen[1] != seen[2]


@pytest.mark.live
def test_without_load_nonsense_is_asked_of_every_name_and_streams_are_heard(client: LoadClient, url: str) -> None:
    (samples,) = client.visit([url], 1, 3)
    refused = dict(samples.refused)
    assert {path for path, status in refused.items() if status == 422} >= {"GET /read/x?page=3"}
    assert {status for path, status in refused.items() if path.startswith("DELETE")} == {405}
    assert 422 in {status for path, status in refused.items() if path.startswith("POST")}
    heard = {stream.key: stream for stream in samples.streams}
    assert sorted(heard) == ["/live/0", "/live/1", "/live/2/0", "/live/2/1"]
    stream = heard["/live/0"]
    assert stream._replace(events=()) == Stream("/live/0", "/live", 200, "text/event-stream;charset=utf-8", (), False)
    assert set(stream.events) == {"data: tick"}
    assert 5 <= len(stream.events) <= 20  # ten a second, for more than a second


@pytest.mark.live
def test_two_sites_are_visited_together_and_their_responses_kept_apart(client: LoadClient, url: str) -> None:
    there, nowhere = client.visit([url, "http://127.0.0.1:9"], 1, 3)
    assert [one.key for one in there.responses] == [one.key for one in nowhere.responses] != []
    assert ({one.status for one in there.responses}, {one.status for one in nowhere.responses}) == ({200}, {0})


@pytest.mark.live
def test_what_was_asked_outside_a_visit_cannot_be_repeated_and_is_left_out(client: LoadClient, url: str) -> None:
    keys = [one.key.rpartition("/")[0] for one in client.visit([url], 1, 3)[0].responses]
    repeated = client.visit_again(url, 1, ["asked on the start:0/0", *keys])
    assert sorted(one.key.rpartition("/")[0] for one in repeated.responses) == sorted(keys)


@pytest.mark.live
@pytest.mark.parametrize("flushes", [True, False])
def test_a_compressed_stream_is_heard_where_it_is_flushed(
    client: LoadClient, url: str, monkeypatch: pytest.MonkeyPatch, flushes: bool
) -> None:
    monkeypatch.setattr(Site, "coded", True)
    monkeypatch.setattr(Site, "flushes", flushes)
    events = [stream.events for stream in client.visit([url], 1, 2)[0].streams]
    assert {len(one) >= 5 for one in events} == {flushes}
    assert {event for one in events for event in one} <= {"data: tick"}


@pytest.mark.live
def test_streams_are_heard_under_load_where_that_is_asked(client: LoadClient, url: str) -> None:
    assert client.drive([url], 1, 0.5)[0].streams == []
    heard = client.drive([url], 1, 0.5, listening={url: 1})[0].streams
    assert sorted(stream.key for stream in heard) == ["/live/0", "/live/1", "/live/2/0", "/live/2/1"]
    assert all(stream.events for stream in heard)


@pytest.mark.live
def test_a_light_load_is_a_request_now_and_then_and_none_without_an_end(client: LoadClient, url: str) -> None:
    begun: list[float] = []
    rows = client.drive_lightly(url, 1, 0.4, begun.append)
    assert len(begun) == 1
    assert 5 <= len(rows) <= 20
    assert {row.name for row in rows} == {"/read", "/write"}
    assert {row.status for row in rows} == {200}
    assert not any(asked.startswith("GET /live") for asked in Site.asked)


@pytest.mark.live
def test_who_gets_no_answer_under_a_light_load_is_reported(client: LoadClient) -> None:
    rows = client.drive_lightly("http://127.0.0.1:9", 1, 0.2, lambda begun: None)
    assert {row.status for row in rows} == {0}
