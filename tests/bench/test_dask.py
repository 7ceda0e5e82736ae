"""A second machine for a run: it does jobs, outlives its workers, and is refused in a sentence."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from perflab.bench import services
from perflab.bench.services import Service
from perflab.course.lab import ROOT
from perflab.judge.errors import RequirementMissing

CLIENT = """
import sys
from distributed import Client, fire_and_forget
from app.world.reports import write_report
with Client(sys.argv[1]) as client:
    jobs = [client.submit(write_report, "winter", key=f"job-{n}") for n in range(int(sys.argv[2]))]
    client.publish_dataset(jobs, name="jobs")
"""


@pytest.fixture(autouse=True)
def no_scheduler_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DASK_SCHEDULER", raising=False)


def order(service: Service, jobs: int) -> None:
    """Has so many jobs accepted by a client that is gone afterwards."""
    subprocess.run([sys.executable, "-c", CLIENT, service.url, str(jobs)], check=True, cwd=ROOT)


def await_jobs(service: Service, count: int, within_s: float = 30.0) -> int:
    """How many jobs its ledger has, once there are so many, or the time is over."""
    deadline = time.monotonic() + within_s
    while len(service.jobs(0.0)) < count and time.monotonic() < deadline:
        time.sleep(0.1)
    return len(service.jobs(0.0))


@pytest.mark.live
def test_jobs_outlive_their_client_and_a_killed_worker(tmp_path: Path) -> None:
    with Service("dask", tmp_path) as service:
        order(service, 20)
        assert service.pending() > 0
        children = psutil.Process(service.process.pid).children(recursive=True)
        worker = next(one for one in children if "spawn_main" in " ".join(one.cmdline()))
        worker.kill()
        assert await_jobs(service, 20) >= 20
        deadline = time.monotonic() + 10
        while service.pending() and time.monotonic() < deadline:  # a job enters the ledger before it is over
            time.sleep(0.1)
        assert service.pending() == 0
        processes = service.process.tree()
    assert [one for one in processes if one.is_running()] == []


@pytest.mark.live
def test_it_ends_with_its_processes_when_it_is_told_to(tmp_path: Path) -> None:
    with Service("dask", tmp_path) as service:
        processes = service.process.tree()
        service.process.signal(signal.SIGTERM)
        assert service.process.wait_ended(10)
        with pytest.raises(RequirementMissing, match="ended in the middle"):
            service.pending()
    assert [one for one in processes if one.is_running()] == []


# A scheduler of the user's.


def refused(tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """What is missing, in a sentence, with DASK_SCHEDULER set to this address."""
    monkeypatch.setenv("DASK_SCHEDULER", address)
    (tmp_path / "second").mkdir()
    with pytest.raises(RequirementMissing) as missing:
        Service("dask", tmp_path / "second")
    return str(missing.value)


@contextmanager
def scheduler() -> Iterator[str]:
    """A scheduler without workers."""
    code = "import asyncio; from distributed import Scheduler\n" + (
        "async def main():\n"
        "    async with Scheduler(host='127.0.0.1', port=0, dashboard=False) as one:\n"
        "        print(one.address, flush=True); await one.finished()\n"
        "asyncio.run(main())"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield process.stdout.readline().strip()
        process.kill()


@pytest.mark.live
@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense", ""])
def test_a_scheduler_that_answers_nothing_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        said = refused(tmp_path, address or f"tcp://127.0.0.1:{silent.getsockname()[1]}", monkeypatch)
    assert "does not answer" in said
    assert said.endswith("or unset DASK_SCHEDULER: then the course brings its own.")


@pytest.mark.live
def test_a_scheduler_without_workers_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with scheduler() as address:
        assert "has no workers" in refused(tmp_path, address, monkeypatch)


@pytest.mark.live
def test_a_scheduler_of_ones_own_does_the_jobs_and_runs_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Service("dask", tmp_path) as own:
        monkeypatch.setenv("DASK_SCHEDULER", own.url)
        (tmp_path / "second" / "again").mkdir(parents=True)
        with Service("dask", tmp_path / "second") as service:
            assert service.url == own.url
            order(service, 3)
            assert await_jobs(service, 3) == 3
        with Service("dask", tmp_path / "second" / "again") as service:  # nothing was left there
            assert service.pending() == 0
        monkeypatch.delenv("DASK_SCHEDULER")
        assert own.pending() == 0


@pytest.mark.live
def test_a_scheduler_with_work_of_others_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Service("dask", tmp_path) as own:
        order(own, 2)
        said = refused(tmp_path, own.url, monkeypatch)
    assert "has 2 tasks or results of others" in said


@pytest.mark.live
def test_other_versions_are_refused_with_both_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Service("dask", tmp_path) as own:
        (tmp_path / "sitecustomize.py").write_text(
            "import importlib.metadata as m; real = m.version\n"
            "m.version = lambda name: '2099.1.0' if name == 'distributed' else real(name)"
        )
        monkeypatch.setattr(services, "ROOT", f"{tmp_path}{os.pathsep}{ROOT}")
        said = refused(tmp_path, own.url, monkeypatch)
    assert "the course has 2099.1.0" in said


@pytest.mark.live
def test_without_a_free_port_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import socket\n"
        "class Full(socket.socket):\n"
        "    def bind(self, address):\n"
        "        raise OSError(98, 'Address already in use')\n"
        "socket.socket = Full\n"
    )
    monkeypatch.setattr(services, "ROOT", f"{tmp_path}{os.pathsep}{ROOT}")
    with pytest.raises(RequirementMissing, match="The embedded Dask does not start"):
        Service("dask", tmp_path)
