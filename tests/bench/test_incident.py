"""What an incident does to a side, and what a round's samples say of it."""

import time
from collections import Counter

import pytest
import toy

from perflab.bench.incident import INCIDENTS, Looks, Observers, Poison
from perflab.course.lab import Incident
from perflab.judge.errors import SideError
from perflab.measure.samples import Usage

POISON = Incident(kind="poison", at_s=0.7)


class FakeServer:
    """A server that was never started, and whose ledger has two jobs."""

    alive = True

    def check_alive(self) -> None:
        if not self.alive:
            raise SideError("yours", "It is gone.", [])

    def usage(self) -> Usage:
        return Usage(0.0, 50.0, (101,))

    def attempts(self, since: float) -> Counter[str]:
        assert since == pytest.approx(time.monotonic(), abs=5)
        return Counter({"picture 7": 2, "picture 9": 1})

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
