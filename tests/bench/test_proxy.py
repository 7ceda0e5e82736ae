"""A real nginx in front of a side, and a long line between them: news of a closed connection takes its time, too.

Where there is no nginx, the tests that need it are skipped; in CI they fail.
"""

import asyncio
import http.client
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from perflab.bench.live import LiveBench
from perflab.bench.proxy import Line, command
from perflab.bench.services import Service
from perflab.course import syllabus
from perflab.judge.errors import RequirementMissing, SideError

DELAY_S = 0.2
live = pytest.mark.live


def test_what_is_sent_arrives_later_and_in_order() -> None:
    async def send() -> tuple[list[int], float]:
        begun = time.perf_counter()
        line, arrived, over = Line(0.03, open_from=0.0), list[int](), asyncio.Event()
        for number in range(5):
            line.send(lambda number=number: arrived.append(number))  # type: ignore[misc]
        line.send(over.set)
        await over.wait()
        return arrived, time.perf_counter() - begun

    arrived, took_s = asyncio.run(send())
    assert arrived == [0, 1, 2, 3, 4]
    assert took_s >= 0.029


@pytest.fixture
def nginx() -> None:
    """Skips where there is none; in CI, fails."""
    try:
        command()
    except SystemExit as none:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(str(none))


@pytest.fixture
def proxy(nginx: None, tmp_path: Path) -> Iterator[Service]:
    with Service("nginx", tmp_path, ["60", str(1000 * DELAY_S)]) as service:
        yield service


class Site:
    """Answers with the method and path of each request, and closes a connection that is idle for `keep_alive_s`."""

    def __init__(self, keep_alive_s: float) -> None:
        self.keep_alive_s = keep_alive_s
        self.door = socket.create_server(("127.0.0.1", 0))
        self.port = self.door.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        while True:
            try:
                client, _ = self.door.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=[client], daemon=True).start()

    def serve(self, client: socket.socket) -> None:
        with closing(client):
            try:
                while asked := client.recv(4096):
                    said = b" ".join(asked.split()[:2])
                    client.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(said), said))
                    client.settimeout(self.keep_alive_s)  # not before the first request: it takes longer to come
            except TimeoutError:
                pass


def ask(url: str, method: str = "GET") -> tuple[int, str]:
    with closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=5)) as client:
        client.request(method, "/here")
        response = client.getresponse()
        return response.status, response.read().decode()


@live
def test_visitors_reach_each_side_on_a_connection_that_is_kept(proxy: Service) -> None:
    site = Site(keep_alive_s=60)
    with closing(site.door):
        url, _ = proxy.front("yours", site.port)
        assert url not in proxy.front("slow", site.port)
        assert proxy.environment("yours") == {}
        assert ask(url) == (200, "GET /here")
        begun = time.perf_counter()
        assert ask(url) == (200, "GET /here")
        assert time.perf_counter() - begun >= 2 * DELAY_S  # there and back
        assert [(proxy.sessions(side), proxy.opened(side)) for side in ("yours", "slow")] == [(1, 1), (0, 0)]


@live
def test_a_post_that_sets_out_before_the_news_of_a_close_is_lost(proxy: Service) -> None:
    site = Site(keep_alive_s=DELAY_S)  # closed as the answer arrives at the proxy, which hears of it as much later
    with closing(site.door):
        url, _ = proxy.front("yours", site.port)
        assert ask(url, "POST")[0] == 200
        assert ask(url, "POST")[0] == 502
        assert ask(url, "POST")[0] == 200
        assert ask(url) == (200, "GET /here")  # sent again, on a new connection
        time.sleep(3 * DELAY_S)
        assert ask(url, "POST")[0] == 200  # it had heard by then
        assert proxy.opened("yours") == 4


@live
def test_a_post_without_load_is_sent_again(proxy: Service) -> None:
    site = Site(keep_alive_s=DELAY_S)
    with closing(site.door):
        _, again = proxy.front("yours", site.port)
        assert [ask(again, "POST") for _ in range(3)] == 3 * [(200, "POST /here")]
        assert proxy.opened("yours") == 3


@live
def test_a_side_that_is_gone_is_a_bad_gateway(proxy: Service) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as door:
        port = door.getsockname()[1]
    assert [ask(url)[0] for url in proxy.front("yours", port)] == [502, 502]


@live
@pytest.mark.usefixtures("nginx")
@pytest.mark.parametrize(("keep_alive_s", "kept"), [(0.5, False), (60, True)])
def test_one_connection_more_shows_whether_a_side_outlasts_nginx(
    keep_alive_s: float, kept: bool, tmp_path: Path
) -> None:
    site = Site(keep_alive_s)
    with closing(site.door), Service("nginx", tmp_path, ["1", "1"]) as proxy:
        url, _ = proxy.front("yours", site.port)
        with pytest.raises(RequirementMissing, match="No visitor"):
            proxy.keeps_idle("yours")
        for _ in range(60):  # a fifth of them is overheard
            ask(url)
        while (found := proxy.keeps_idle("yours")) is None:
            time.sleep(0.05)
        assert found is kept
        proxy.front("yours", site.port)  # as after a restart
        with pytest.raises(RequirementMissing, match="No visitor"):
            proxy.keeps_idle("yours")


def pid_of_nginx(proxy: Service) -> int:
    (nginx,) = [child for child in proxy.process.tree() if child.name() == "nginx"]
    return nginx.pid


@live
def test_a_proxy_that_was_given_another_configuration_is_found(proxy: Service) -> None:
    proxy.check_unchanged()
    os.kill(pid_of_nginx(proxy), signal.SIGHUP)
    time.sleep(0.2)
    with pytest.raises(SideError, match="another configuration"):
        proxy.check_unchanged()


@live
def test_where_nginx_ends_the_service_has_ended(proxy: Service) -> None:
    os.kill(pid_of_nginx(proxy), signal.SIGKILL)
    time.sleep(0.2)
    with pytest.raises(RequirementMissing, match="in the middle of the run"):
        proxy.front("yours", 1)


@live
@pytest.mark.usefixtures("nginx")
def test_a_side_is_visited_and_ended_through_the_proxy() -> None:
    lab = syllabus.load().by_name("keep_alive")
    assert lab.proxy
    with LiveBench(lab, {"reference": lab.fix("reference")}, judging=False) as bench:
        bench.start("reference")
        visited = bench.visit(["reference"], seed=1)["reference"]
        assert {response.status for response in visited.responses} == {200}
        assert min(response.latency_ms for response in visited.responses) >= 2 * lab.proxy.delay_ms
        assert bench.end("reference", seed=1) is None  # with connections that the proxy keeps


@live
def test_without_the_nginx_that_is_named_the_remedy_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NGINX_BINARY", "/nowhere/nginx")
    with pytest.raises(RequirementMissing, match="Correct it, or unset it"):
        Service("nginx", tmp_path, ["60", "1"])
