"""The upstream services: the same for every side, each with its own latency, and a count of each side's connections."""

import asyncio
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen
from zlib import crc32

import httpx
import pytest
from fastapi import HTTPException

from app.parts import serial_awaits
from app.world import upstream
from app.world.posts import POSTS
from app.world.upstream import ENDPOINTS
from perflab.bench.services import Service


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service("upstream", tmp_path_factory.mktemp("upstream")) as service:
        yield service


def number(question: str) -> int:
    return crc32(question.encode())


@contextmanager
def muted(service: Service, endpoint: str) -> Iterator[None]:
    service.mute(endpoint)
    yield
    service.unmute(endpoint)


def connect(service: Service) -> http.client.HTTPConnection:
    address = urlsplit(service.url).netloc
    return http.client.HTTPConnection(address, timeout=5)


def ask(connection: http.client.HTTPConnection, path: str, **headers: str) -> tuple[int, bytes]:
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    return answer.status, answer.read()


def counts(service: Service, side: str) -> list[int]:
    """How many connections a side has open, and how many it has ever opened."""
    service.process.send_line(side)
    line = service.process.wait_for(lambda line: line.startswith(f"{side} "), 5)
    assert line
    return [int(count) for count in line.split()[1:]]


def wait_for_open(service: Service, side: str, count: int) -> None:
    deadline = time.monotonic() + 5
    while service.sessions(side) != count:
        assert time.monotonic() < deadline, f"{side} holds {service.sessions(side)} connections, not {count}"
        time.sleep(0.01)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_every_side_has_the_same_answer(service: Service, endpoint: str) -> None:
    question = f"{endpoint}/7"
    with closing(connect(service)) as slow, closing(connect(service)) as yours:
        first = ask(slow, f"/slow/{question}")
        assert first == ask(yours, f"/yours/{question}") == ask(slow, f"/slow/{question}")
    assert first[0] == 200
    assert json.loads(first[1]).keys() == ENDPOINTS[endpoint].says(number(question)).keys()


def test_another_run_has_other_answers_after_the_same_latency(service: Service, tmp_path: Path) -> None:
    """Otherwise a fix could know the answers from the source code, without a request."""
    questions = [f"messages/{id}" for id in range(8)]
    with (
        Service("upstream", tmp_path) as another,
        closing(connect(service)) as here,
        closing(connect(another)) as there,
    ):
        said = [[ask(to, f"/slow/{question}") for question in questions] for to in (here, there)]
        spans = [[call.to_s - call.from_s for call in one.calls("slow", 0)[-8:]] for one in (service, another)]
    assert said[0] != said[1]
    assert spans[0] == pytest.approx(spans[1], abs=0.05)


def test_different_questions_have_different_answers() -> None:
    for endpoint in ENDPOINTS.values():
        assert len({json.dumps(endpoint.says(number(f"x/{id}"))) for id in range(100)}) > 5


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_an_answer_takes_its_endpoints_latency(service: Service, endpoint: str) -> None:
    question = f"{endpoint}/7"
    with closing(connect(service)) as connection:
        begun = time.monotonic()
        ask(connection, f"/slow/{question}")
        assert (
            time.monotonic() - begun >= ENDPOINTS[endpoint].takes_s(number(question)) - 0.002
        )  # the loop's clock is coarse
    assert ENDPOINTS[endpoint].least_s <= ENDPOINTS[endpoint].takes_s(number(question)) <= ENDPOINTS[endpoint].most_s


def test_an_unknown_path_is_not_found(service: Service) -> None:
    with closing(connect(service)) as connection:
        assert [ask(connection, path)[0] for path in ("/slow", "/slow/nobody/7", "/slow/cards", "/")] == [404] * 4


def test_an_unknown_member_has_no_profile(service: Service) -> None:
    with closing(connect(service)) as connection:
        found = [ask(connection, f"/slow/profile/{key}")[0] for key in (upstream.MEMBERS - 1, upstream.MEMBERS, "x")]
    assert found == [200, 404, 404]


def test_future_votes_are_not_found(service: Service) -> None:
    now = int(time.time() / upstream.VOTES_EVERY_S)
    with closing(connect(service)) as connection:
        found = [ask(connection, f"/slow/votes/{change}")[0] for change in (now - 40, now, now + 4, "x")]
    assert found == [200, 200, 404, 404]


def test_every_post_has_votes_which_move() -> None:
    first, second = (
        dict(zip(POSTS, ENDPOINTS["votes"].says(n)["votes"], strict=True)) for n in (number("a"), number("b"))
    )
    assert sum(first[post] != second[post] for post in POSTS) > len(POSTS) * 0.9


def test_each_call_is_reported_once_with_its_time(service: Service) -> None:
    begun = time.monotonic()
    with closing(connect(service)) as connection:
        ask(connection, "/teller/messages/1")
        ask(connection, "/teller/spam/2")
    first, second = service.calls("teller", begun)
    assert (first.what, second.what) == ("messages/1", "spam/2")
    assert 0 <= first.from_s < first.to_s <= second.from_s < second.to_s <= time.monotonic() - begun
    assert first.to_s - first.from_s >= ENDPOINTS["messages"].takes_s(number("messages/1")) - 0.002
    assert service.calls("teller", begun) == []


def test_calls_before_the_moment_asked_about_are_left_out(service: Service) -> None:
    with closing(connect(service)) as connection:
        ask(connection, "/early/spam/1")
        begun = time.monotonic()
        ask(connection, "/early/spam/2")
    assert [call.what for call in service.calls("early", begun)] == ["spam/2"]


def test_a_call_that_is_broken_off_is_reported_as_well(service: Service) -> None:
    begun = time.monotonic()
    with closing(connect(service)) as connection:
        connection.request("GET", "/hasty/weather/1")
        wait_for_open(service, "hasty", 1)
    wait_for_open(service, "hasty", 0)
    (call,) = service.calls("hasty", begun)
    assert call.to_s - call.from_s < ENDPOINTS["weather"].least_s


def test_a_connection_stays_open_and_counted_until_it_is_closed(service: Service) -> None:
    with closing(connect(service)) as one, closing(connect(service)) as other:
        for connection in (one, one, other, one):
            ask(connection, "/kept/spam/7")
        assert counts(service, "kept") == [2, 2]
        one.close()
        wait_for_open(service, "kept", 1)
        ask(one, "/kept/spam/7")  # it connects again
        assert counts(service, "kept") == [2, 3]
    wait_for_open(service, "kept", 0)
    assert counts(service, "nobody") == [0, 0]


def test_connections_of_all_sides_are_counted_together(service: Service) -> None:
    before = service.opened("yours")
    assert before is not None
    with closing(connect(service)) as one, closing(connect(service)) as other:
        ask(one, "/this-name/spam/7")
        ask(other, "/that-name/spam/7")
        assert service.opened("yours") == before + 2


def test_connection_close_is_respected(service: Service) -> None:
    with closing(connect(service)) as connection:
        ask(connection, "/brief/spam/7", Connection="close")
        wait_for_open(service, "brief", 0)


def test_pipelined_requests_are_answered_in_order(service: Service) -> None:
    address = urlsplit(service.url)
    questions = ["messages/1", "spam/2", "nobody/3"]
    with closing(socket.create_connection((address.hostname, address.port), 5)) as line:
        line.sendall(b"".join(f"GET /line/{question} HTTP/1.1\r\nhost: it\r\n\r\n".encode() for question in questions))
        heard = b""
        while b"null" not in heard:
            piece = line.recv(4096)
            assert piece
            heard += piece
    assert re.findall(rb'HTTP/1.1 (\d+)|"(unread|score)"|(null)', heard) == [
        (b"200", b"", b""),
        (b"", b"unread", b""),
        (b"200", b"", b""),
        (b"", b"score", b""),
        (b"404", b"", b""),
        (b"", b"", b"null"),
    ]


def test_an_invalid_request_closes_the_connection(service: Service) -> None:
    address = urlsplit(service.url)
    with closing(socket.create_connection((address.hostname, address.port), 5)) as line:
        line.sendall(b"good day\r\n\r\n")
        assert line.recv(4096) == b""


def test_a_muted_endpoint_hangs_until_unmuted_and_the_others_do_not(service: Service) -> None:
    with closing(connect(service)) as waiting, closing(connect(service)) as other:
        with muted(service, "suggestions"):
            assert counts(service, "hushed") == [0, 0]  # by now it is muted
            waiting.request("GET", "/hushed/suggestions/7")
            assert ask(other, "/hushed/spam/7")[0] == 200
            wait_for_open(service, "hushed", 2)
            assert waiting.sock
            waiting.sock.settimeout(0.2)
            with pytest.raises(TimeoutError):
                waiting.sock.recv(1)
        waiting.sock.settimeout(5)
        said = waiting.getresponse().read()
        assert said == ask(waiting, "/well/suggestions/7")[1]
        assert ask(waiting, "/hushed/suggestions/8")[0] == 200


def test_a_muted_endpoint_holds_its_places_until_clients_hang_up(service: Service) -> None:
    waiting = [connect(service) for _ in range(ENDPOINTS["suggestions"].at_once)]
    with muted(service, "suggestions"), closing(connect(service)) as connection:
        assert counts(service, "stuck") == [0, 0]
        for one in waiting:
            one.request("GET", "/stuck/suggestions/7")
        wait_for_open(service, "stuck", len(waiting))
        assert ask(connection, "/stuck/suggestions/7")[0] == 503
        for one in waiting:
            one.close()
        wait_for_open(service, "stuck", 1)
    assert ask(connection, "/stuck/suggestions/7")[0] == 200


def test_a_muted_endpoint_closes_the_connection_after_a_while(service: Service) -> None:
    connection = http.client.HTTPConnection(urlsplit(service.url).netloc, timeout=30)
    with muted(service, "suggestions"), closing(connection):
        assert counts(service, "patient") == [0, 0]
        begun = time.monotonic()
        with pytest.raises(http.client.RemoteDisconnected):
            ask(connection, "/patient/suggestions/7")
        assert time.monotonic() - begun > upstream.MUTED_S - 0.1


def test_an_unmuted_endpoint_skips_clients_that_have_left(service: Service) -> None:
    with muted(service, "suggestions"):
        assert counts(service, "left") == [0, 0]
        with closing(connect(service)) as connection:
            connection.request("GET", "/left/suggestions/7")
            wait_for_open(service, "left", 1)
        wait_for_open(service, "left", 0)
    with closing(connect(service)) as connection:
        assert ask(connection, "/left/suggestions/7")[0] == 200


def test_one_call_of_one_side_is_held_until_it_is_released(service: Service) -> None:
    with closing(connect(service)) as waiting, closing(connect(service)) as other:
        with service.hold("held"):
            assert not service.holds("held")
            waiting.request("GET", "/held/spam/7")
            wait_for_open(service, "held", 1)
            assert service.holds("held")
            assert ask(other, "/held/spam/7")[0] == 200  # the next one has its reply
            assert ask(connect(service), "/well/spam/7")[0] == 200
            assert service.holds("held")
        with pytest.raises(http.client.RemoteDisconnected):
            waiting.getresponse()
        assert not service.holds("held")


def test_a_held_call_is_over_when_its_client_has_left(service: Service) -> None:
    with service.hold("brief"):
        with closing(connect(service)) as waiting:
            waiting.request("GET", "/brief/spam/7")
            wait_for_open(service, "brief", 1)
            assert service.holds("brief")
        wait_for_open(service, "brief", 0)
        assert not service.holds("brief")
    with closing(connect(service)) as connection:
        assert ask(connection, "/brief/spam/7")[0] == 200


def test_two_hundred_requests_at_once_do_not_wait_for_each_other(service: Service) -> None:
    connections = [connect(service) for _ in range(200)]
    begun = time.monotonic()
    for id, connection in enumerate(connections):
        connection.request("GET", f"/crowd/cards/{id}")
    for connection in connections:
        assert connection.getresponse().status == 200
        connection.close()
    in_turn_s = sum(ENDPOINTS["cards"].takes_s(number(f"cards/{id}")) for id in range(200))
    assert time.monotonic() - begun < in_turn_s / 4


def test_a_site_without_the_address_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(upstream.VARIABLE, raising=False)
    with pytest.raises(RuntimeError, match=r"start `python -m app.world.upstream`, and set UPSTREAM_URL"):
        upstream.url()
    monkeypatch.setenv(upstream.VARIABLE, "http://there")
    assert upstream.url() == "http://there"
    upstream.start_unless_named()
    assert upstream.url() == "http://there"


SITE = """
from app.world import upstream
upstream.start_unless_named()
print(upstream.url(), flush=True)
input()
"""


def test_a_site_on_its_own_starts_it_and_ends_it() -> None:
    env = {name: value for name, value in os.environ.items() if name != upstream.VARIABLE}
    root = Path(upstream.__file__).parent.parent
    with subprocess.Popen(
        [sys.executable, "-c", SITE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env, cwd=root
    ) as site:
        assert site.stdout
        watchdog = threading.Timer(20, site.kill)
        watchdog.start()
        url = site.stdout.readline().strip()
        assert urlopen(f"{url}/spam/7", timeout=5).status == 200
        site.send_signal(signal.SIGKILL)
        site.wait()
        watchdog.cancel()
    address = urlsplit(url)
    deadline = time.monotonic() + 5
    while True:
        try:
            socket.create_connection((address.hostname, address.port), 1).close()
        except ConnectionRefusedError:
            break
        assert time.monotonic() < deadline, "it still listens"
        time.sleep(0.02)


def test_a_question_is_the_same_however_its_url_is_encoded(service: Service) -> None:
    with closing(connect(service)) as connection:
        written = {ask(connection, f"/spelling/spam/{text}") for text in ("sch%C3%B6n%20so", "sch%c3%b6n%20s%6F")}
    assert len(written) == 1
    assert {status for status, _ in written} == {200}
    assert [call.what for call in service.calls("spelling", 0.0)] == ["spam/schön so"] * 2


def test_an_endpoint_may_fail_for_one_question_only(service: Service) -> None:
    with closing(connect(service)) as connection:
        statuses = [
            ask(connection, f"/unlucky/{question}")[0] for question in ("weather/13", "weather/31", "groups/13")
        ]
    assert statuses == [500, 200, 200]


def test_while_calls_of_a_side_fail_some_have_an_error_and_some_no_answer(service: Service) -> None:
    with service.outage("out_of_luck"):
        assert counts(service, "out_of_luck") == [0, 0]  # by now it fails
        ends = []
        for _ in range(6):
            with closing(connect(service)) as connection:
                try:
                    ends.append(ask(connection, "/out_of_luck/spam/7")[0])
                except http.client.RemoteDisconnected:
                    ends.append(0)
        assert sorted(ends) == [0, 0, 0, 500, 500, 500]
        with closing(connect(service)) as other:
            assert ask(other, "/in_luck/spam/7")[0] == 200
    wait_for_open(service, "out_of_luck", 0)
    with closing(connect(service)) as connection:
        assert ask(connection, "/out_of_luck/spam/7")[0] == 200


def test_half_of_the_questions_of_a_side_may_fail_the_same_ones_each_time(service: Service) -> None:
    def ends() -> list[int]:
        found = []
        for key in range(40):
            with closing(connect(service)) as connection:
                try:
                    found.append(ask(connection, f"/half_lucky/spam/{key}")[0])
                except http.client.RemoteDisconnected:
                    found.append(0)
        return found

    with service.unreliable("half_lucky"):
        assert counts(service, "half_lucky") == [0, 0]  # by now it fails
        first = ends()
        assert 8 < first.count(200) < 32
        assert {0, 500} <= set(first)
        assert [end == 200 for end in ends()] == [end == 200 for end in first]
    assert counts(service, "half_lucky")
    assert ends() == [200] * 40


def test_while_calls_of_a_side_are_late_every_second_question_takes_longer(service: Service) -> None:
    questions = [f"spam/{key}" for key in range(20)]
    odd, even = (next(one for one in questions if number(one) % 2 == rest) for rest in (1, 0))
    took_s = {}
    with service.delay("tardy"), closing(connect(service)) as connection:
        assert counts(service, "tardy") == [0, 0]  # by now it is late
        for question in (odd, even):
            begun = time.monotonic()
            assert ask(connection, f"/tardy/{question}")[1] == ask(connection, f"/other/{question}")[1]
            took_s[question] = time.monotonic() - begun
    assert took_s[odd] > upstream.LATE_S > took_s[even]


async def ask_for_unknown_members(client: httpx.AsyncClient, count: int) -> None:
    """Some dashboards at once, whose task groups cancel five calls each: the profile is a 404."""

    async def dashboard() -> None:
        async with asyncio.TaskGroup() as group:
            for service in ("profile", "messages", "friends", "groups", "events", "weather"):
                group.create_task(serial_awaits.ask(client, service, upstream.MEMBERS))

    async def fails() -> None:
        with pytest.raises(ExceptionGroup) as failed:
            await dashboard()
        assert failed.group_contains(HTTPException)

    await asyncio.gather(*(fails() for _ in range(count)))


def test_calls_that_a_task_group_cancels_give_their_connections_back(service: Service) -> None:
    async def ask() -> list[object]:
        async with httpx.AsyncClient(base_url=service.url.format(side="pool")) as client:
            for _ in range(2):
                await ask_for_unknown_members(client, 57)  # that many in a dose of rough requests
            return await asyncio.gather(*(serial_awaits.ask(client, "friends", member) for member in range(100)))

    assert len(asyncio.run(ask())) == 100
