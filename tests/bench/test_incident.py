"""What an incident does to a side, and what a round's samples say of it."""

import math
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
import toy

from perflab.bench.incident import INCIDENTS, LOOK_S, STILL_S, Freeze, Kill, Looks, Observers, Poison, Reload
from perflab.course.lab import Incident
from perflab.judge.errors import NotDeployed, SideError
from perflab.measure.samples import ProcessUsage, Usage

POISON = Incident(kind="poison", at_s=0.7)
RELOAD = Incident(kind="reload", at_s=0.7)


class FakeServer:
    """A server that was never started, and whose ledger has two jobs."""

    alive = True
    ledger = {"picture 7": 2, "picture 9": 1}  # noqa: RUF012  (tests give an instance another one)

    def check_alive(self) -> None:
        if not self.alive:
            raise SideError("yours", "It is gone.", [])

    def usage(self) -> Usage:
        return Usage(0.0, 50.0, (101,))

    def attempts(self, since: float) -> Counter[str]:
        assert since == pytest.approx(time.monotonic(), abs=5)
        return Counter(self.ledger)

    def stop(self) -> None:
        self.alive = False

    class process:  # noqa: N801
        scheduling = staticmethod(lambda: None)


def poisoned(server: FakeServer) -> Poison:
    """The incident, after a round of no length."""
    looks = Looks(server, None)  # type: ignore[arg-type]
    looks.begun = time.monotonic()
    incident = Poison(POISON, server, None)  # type: ignore[arg-type]
    incident.strike(looks, 0.0)
    return incident


def test_poison_counts_attempts_and_stops_the_side_that_survived() -> None:
    server, samples = FakeServer(), toy.samples()
    poisoned(server).finish(samples)
    assert samples.attempts == {"picture 7": 2, "picture 9": 1}
    assert not server.alive
    assert POISON.ends_side and not POISON.begins_cold


def test_a_side_that_does_not_survive_poison_is_broken() -> None:
    server = FakeServer()
    incident = poisoned(server)
    server.stop()
    with pytest.raises(SideError, match="gone"):
        incident.finish(toy.samples())


class Deployed(FakeServer):
    """A server that has the new release after so many seconds; None for never."""

    side = "yours"

    def __init__(self, deployed_s: float | None) -> None:
        self.deployed_s = deployed_s
        self.deploys = 0

    def deploy(self) -> None:
        self.deploys += 1

    def await_deploy(self) -> float | None:
        assert self.deploys == 1
        return self.deployed_s

    def not_reloaded(self) -> set[int]:
        return {7}


def reloaded(server: FakeServer) -> Reload:
    """The incident, after it has struck."""
    incident = Reload(RELOAD, server, None)  # type: ignore[arg-type]
    incident.strike(Looks(server, None), 2.0)  # type: ignore[arg-type]
    return incident


def test_a_deploy_is_timed_and_names_the_old_workers() -> None:
    samples = toy.samples()
    reloaded(Deployed(1.5)).finish(samples)
    assert (samples.deployed_s, samples.old_workers) == (1.5, {7})


def test_a_release_that_never_serves_is_not_deployed() -> None:
    with pytest.raises(NotDeployed, match="12 s later the old release still answered"):
        reloaded(Deployed(None)).finish(toy.samples())


def test_a_side_that_does_not_survive_its_deploy_is_broken() -> None:
    server = Deployed(None)
    incident = reloaded(server)
    server.stop()
    with pytest.raises(SideError, match="gone"):
        incident.finish(toy.samples())


class WithJobs(FakeServer):
    """A server that has done a job of its own, and writes down nothing else."""

    def jobs(self, since: float) -> list[float]:
        return [0.5, 3.0]

    blocked = listeners = stalls = staticmethod(lambda since: [])


@pytest.mark.parametrize(("until_s", "jobs"), [(math.inf, [0.5, 1.0, 2.0, 3.0]), (1.5, [0.5, 1.0])])
def test_jobs_that_are_done_only_when_somebody_asks_do_not_count(until_s: float, jobs: list[float]) -> None:
    outside = SimpleNamespace(jobs=lambda since: {"a": 1.0, "b": 2.0})
    looks, samples = Looks(WithJobs(), None, [outside]), toy.samples()  # type: ignore[arg-type, list-item]
    looks.jobs_until_s = until_s
    looks.finish(samples)
    assert samples.jobs == jobs
    assert samples.outside == [one for one in (1.0, 2.0) if one < until_s]


@pytest.mark.parametrize(("hangs", "alive"), [(101, False), (102, True)], ids=["still", "replaced"])
def test_a_freeze_names_the_processes_that_hang_and_stops_a_side_that_has_some_left(hangs: int, alive: bool) -> None:
    server, samples = FakeServer(), toy.samples(lifetimes={101: (0.0, 2.0), 102: (0.0, 1.0)})
    server.ledger = {f"process {hangs}": 1, "process 7": 1}  # 7 is none of its processes
    looks = Looks(server, None)  # type: ignore[arg-type]
    looks.begun = time.monotonic()
    incident = Freeze(Incident(kind="freeze", at_s=0.7), server, None)  # type: ignore[arg-type]
    incident.strike(looks, 0.0)
    incident.finish(samples)
    assert samples.frozen == [hangs]
    assert server.alive is alive


def test_before_a_power_cut_the_services_stand_still_and_before_the_restart_they_go_on() -> None:
    """What is on its way to a service at that moment is lost, as it would be without luck."""
    done: list[str] = []

    class Cut(FakeServer):
        side = "yours"

        def cut_off(self) -> None:
            done.append("cut off")

        def restart(self) -> None:
            done.append("restart")

    @contextmanager
    def silence() -> Iterator[None]:
        done.append("still")
        yield
        done.append("goes on")

    server, samples = Cut(), toy.samples()
    looks = Looks(server, None, [SimpleNamespace(silence=silence)])  # type: ignore[arg-type, list-item]
    looks.begun = begun = time.monotonic()
    incident = Kill(Incident(kind="kill", at_s=0.7), server, None)  # type: ignore[arg-type]
    incident.strike(looks, 0.0)
    incident.finish(samples)
    assert done == ["still", "cut off", "goes on", "restart"]
    assert STILL_S <= samples.back_s <= time.monotonic() - begun  # type: ignore[operator]


def test_every_kind_of_incident_has_its_class() -> None:
    kinds = Incident.model_fields["kind"].annotation
    assert set(INCIDENTS) == {None, *kinds.__args__}  # type: ignore[union-attr]


def test_samples_name_the_incident_for_the_charts() -> None:
    observers = Observers(POISON, FakeServer(), (), 2.0)  # type: ignore[arg-type]
    observers.incident.finish = lambda samples: None  # type: ignore[method-assign]
    observers.looks.finish = lambda samples: None  # type: ignore[method-assign]
    samples = toy.samples()
    observers.finish(samples)
    assert (samples.incident_s, samples.incident) == (0.7, "a deadly job comes")


def test_hidden_memory_is_looked_at_with_the_other_looks() -> None:
    looked: list[float] = []
    hidden = SimpleNamespace(look=lambda: looked.append(time.monotonic()))
    looks = Looks(FakeServer(), None, hidden=hidden)  # type: ignore[arg-type]
    looks.begun = time.monotonic()
    looks.until(2 * LOOK_S)
    assert len(looked) == len(looks.memory) >= 3


# A limit of memory.


class Crowded(FakeServer):
    """A server whose three processes take 150 MiB together; the one that is killed is gone at the next look."""

    def __init__(self) -> None:
        self.sizes = {101: 20.0, 102: 70.0, 103: 60.0}

    def usage(self) -> Usage:
        by_process = {pid: ProcessUsage(0.0, mib) for pid, mib in self.sizes.items()}
        return Usage(0.0, sum(self.sizes.values()), tuple(by_process), by_process=by_process)

    def kill(self, pid: int) -> None:
        del self.sizes[pid]


def looked_at(limit_mib: float | None) -> tuple[Looks, Crowded]:
    """Three looks at the crowded server, below this limit."""
    server = Crowded()
    looks = Looks(server, None, (), limit_mib)  # type: ignore[arg-type]
    looks.begun = time.monotonic()
    looks.until(2 * LOOK_S)
    return looks, server


def test_the_largest_process_is_killed_when_the_tree_is_over_its_limit() -> None:
    looks, server = looked_at(100.0)
    assert set(looks.killed) == {102}
    assert set(server.sizes) == {101, 103}
    assert [mib for _, mib in looks.resident[102]] == [70.0]


@pytest.mark.parametrize("limit_mib", [None, 150.0])
def test_no_process_is_killed_at_the_limit_or_without_one(limit_mib: float | None) -> None:
    looks, server = looked_at(limit_mib)
    assert looks.killed == {}
    assert len(server.sizes) == 3
