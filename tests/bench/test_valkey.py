"""A Valkey for a run: each side has its own keys, and a relay that mutes it, or hangs up in place of an answer."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as Disconnected
from redis.exceptions import NoScriptError
from redis.exceptions import TimeoutError as Silence

from perflab.bench.services import Service
from perflab.judge.errors import RequirementMissing

pytestmark = pytest.mark.live
SOON_S = 2.0


@pytest.fixture(autouse=True)
def no_server_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REDIS_URL", raising=False)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with Service("valkey", tmp_path) as service:
        yield service


def client(service: Service, side: str = "yours", timeout_s: float = 0.3) -> Redis:
    """A client that asks once, and does not try again."""
    return Redis.from_url(service.environment(side)["REDIS_URL"], socket_timeout=timeout_s, retry=None)


def test_each_side_has_keys_of_its_own(service: Service) -> None:
    client(service).set("searches", 7)
    assert client(service, "reference").get("searches") is None
    assert client(service).get("searches") == b"7"


def test_round_trips_and_connections_are_counted_by_side(service: Service) -> None:
    mine = client(service)
    mine.incr("searches")
    with mine.pipeline(transaction=True) as steps:
        steps.incr("searches").expire("searches", 1).execute()
    assert [call.what for call in service.calls("yours", 0.0)] == ["incrby", "multi"]
    assert service.calls("yours", 0.0) == []
    assert service.calls("slow", 0.0) == []
    assert (service.sessions("yours"), service.opened("yours")) == (1, 1)


def test_a_failing_sides_commands_are_done_and_never_answered(service: Service) -> None:
    mine, theirs = client(service), client(service, "reference")
    mine.ping()
    with service.outage("yours") as failures:
        assert service.sessions("yours") == 1  # it has heard of it by then
        assert failures() == 0  # what had an answer is none
        theirs.set("searches", 1)
        with pytest.raises(Disconnected):
            mine.incr("searches")
        assert failures() == 1
        assert failures() == 1  # so far, not since the last look
    assert service.sessions("reference") == 1
    assert mine.get("searches") == b"1"


def test_after_a_failure_the_embedded_one_knows_no_script(service: Service) -> None:
    """As after a restart: who has loaded one at the start, and calls it by its hash, has an error from then on."""
    mine = client(service)
    loaded = str(mine.script_load("return 7"))
    assert mine.evalsha(loaded, 0) == 7
    with service.outage("yours"):
        pass
    assert service.sessions("yours") >= 0  # it has heard of both by then
    with pytest.raises(NoScriptError):
        client(service).evalsha(loaded, 0)


def test_keys_without_an_expiry_are_counted(service: Service) -> None:
    client(service).mset({"one": 1, "two": 2})
    client(service).set("three", 3, ex=60)
    assert (service.lasting_keys("yours"), service.lasting_keys("slow")) == (2, 0)


def test_a_muted_server_answers_no_connection_old_or_new_until_it_is_unmuted(service: Service) -> None:
    old, new = client(service), client(service)
    old.set("searches", 1)
    service.mute("valkey")
    assert service.sessions("yours") == 1  # it has heard of it by then
    for one in (old, new):
        with pytest.raises(Silence):
            one.incr("searches")
    service.unmute("valkey")
    assert client(service, timeout_s=SOON_S).get("searches") == b"1"


def test_it_ends_with_its_processes(tmp_path: Path) -> None:
    with Service("valkey", tmp_path) as service:
        service.environment("yours")
        processes = service.process.tree()
    assert [one for one in processes if one.is_running()] == []


# A server of the user's.


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("redis://127.0.0.1:9", "does not answer"),
        ("redis://127.0.0.1:none", "must name a server as redis://HOST:PORT"),
        ("rediss://127.0.0.1:9", "must name a server as redis://HOST:PORT"),
        ("", "does not answer"),
    ],
)
def test_a_server_that_cannot_be_used_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, said: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("REDIS_URL", url or f"redis://127.0.0.1:{silent.getsockname()[1]}")
        begun = time.monotonic()
        with pytest.raises(RequirementMissing, match=said) as missing:
            Service("valkey", tmp_path)
        assert time.monotonic() - begun < 15
    assert str(missing.value).endswith("or unset REDIS_URL: then the course brings its own.")


def test_a_server_of_ones_own_keeps_its_keys_and_none_of_ours(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Redis.from_url(service.url, db=1)
    own.set("kept", "mine")
    monkeypatch.setenv("REDIS_URL", service.url)
    with Service("valkey", tmp_path / "second") as guest:
        client(guest).set("searches", 7)
        assert sorted(own.info("keyspace")) == ["db1", "db2"]
    assert sorted(own.info("keyspace")) == ["db1"]
    assert own.get("kept") == b"mine"


def test_a_server_without_empty_databases_is_refused(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4, 16):
        Redis.from_url(service.url, db=number).set("kept", "mine")
    monkeypatch.setenv("REDIS_URL", service.url)
    with pytest.raises(RequirementMissing, match="3 empty databases, and 4 are needed"):
        Service("valkey", tmp_path / "second")
