"""Rates that follow the machine."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import pytest

from perflab.bench.live import LiveBench
from perflab.bench.load_client import LoadClient
from perflab.bench.server import Server
from perflab.course import syllabus
from perflab.course.lab import Lab
from perflab.measure.samples import Response, Samples


class Visited:
    """Stands in for a server, and for the load generator that visits it."""

    def __init__(self, latencies_ms: dict[str, list[float]], status: int = 200) -> None:
        self.compared_url = ""
        self.visits = 0
        self.responses = [
            Response(f"{user}:0/{number}", f"/{user}", 0.0, latency_ms, status, 0, 0, "")
            for user, latencies in latencies_ms.items()
            for number, latency_ms in enumerate(latencies)
        ]

    def visit(self, urls: Sequence[str], seed: int, visits: int) -> list[Samples]:
        self.visits += 1
        return [Samples(0.0, self.responses) for _ in urls]


def bench(lab: Lab, utilization: dict[str, float], **servers: Visited) -> LiveBench:
    """A bench for a lab with this `utilization`, whose servers are these. It starts nothing."""
    made = LiveBench.__new__(LiveBench)
    made.lab = lab.model_copy(update={"utilization": utilization})
    made._followed = None
    made.servers = cast(dict[Any, Server], servers)

    @contextmanager
    def driving(side: str) -> Iterator[LoadClient]:
        yield cast(LoadClient, servers[side])

    made._driving = driving  # type: ignore[method-assign]
    return made


@pytest.fixture(scope="module")
def lab() -> Lab:
    return syllabus.load().by_name("blocked_loop")


def test_a_rate_is_what_keeps_the_slow_side_busy_for_its_share_of_the_time(lab: Lab) -> None:
    slow, ours = Visited({"Curious": [90.0, 100.0, 400.0], "Reader": [2.0]}), Visited({"Curious": [7.0]})
    assert bench(lab, {"Curious": 0.7}, slow=slow, reference=ours)._rates("reference") == {"Curious": 7.0}


def test_a_machine_half_as_fast_has_half_the_rate_and_is_looked_at_once(lab: Lab) -> None:
    slow = Visited({"Curious": [200.0]})
    measured = bench(lab, {"Curious": 0.7}, slow=slow)
    assert measured._rates("slow") == measured._rates("slow") == {"Curious": 3.5}
    assert slow.visits == 1


def test_where_nothing_is_answered_or_asked_for_the_scenarios_own_rates_stay(lab: Lab) -> None:
    assert bench(lab, {"Curious": 0.7}, slow=Visited({"Curious": [9.0]}, status=0))._rates("slow") == {}
    silent = Visited({"Curious": [9.0]})
    assert bench(lab, {}, slow=silent)._rates("slow") == {}
    assert silent.visits == 0


def test_a_lab_says_it_of_users_of_its_scenario(lab: Lab) -> None:
    for one in syllabus.load().ready:
        for user in one.utilization:
            assert f"class {user}(OpenUser):" in one.scenario(None).read_text()
