"""What a running side keeps: how it grows, and which functions allocated what is still there."""

import importlib.util
from pathlib import Path
from typing import cast

import pytest

from perflab.bench import memory
from perflab.bench.server import Server
from perflab.course import syllabus
from perflab.judge.errors import SideError
from perflab.measure.samples import Usage

LAB = syllabus.load().by_name("leak_hunt")


class GrowingServer:
    """A server that grows by 0.5 MiB with each request."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def ask(self, path: str) -> None:
        self.asked.append(path)

    def usage(self) -> Usage:
        return Usage(0.0, 100 + len(self.asked) / 2, ())


def test_growth_counts_from_the_first_request_on() -> None:
    server = GrowingServer()
    assert memory.growth(cast(Server, server), "/page/{n}", 40) == [(0, 0.0), (20, 10.0), (40, 20.0)]
    assert server.asked[:2] == ["/page/40", "/page/0"]


def test_without_memray_nothing_is_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert memory.recorded(LAB, "slow", None, tmp_path, "/ping", 1) is None


def test_where_memray_refuses_nothing_is_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise SideError("slow", "It ended with exit code 1 before it could serve.", [])

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: True)
    monkeypatch.setattr(memory, "Server", refused)
    assert memory.recorded(LAB, "slow", None, tmp_path, "/ping", 1) is None


@pytest.mark.live
@pytest.mark.skipif(not importlib.util.find_spec("memray"), reason="there is no memray for this platform")
@pytest.mark.parametrize(("side", "at_least", "at_most"), [("slow", 40, 80), ("reference", 0, 10)])
def test_memray_shows_what_requests_leave_behind(side: str, at_least: float, at_most: float, tmp_path: Path) -> None:
    fix = LAB.fix("reference") if side == "reference" else None
    profile = memory.recorded(LAB, "slow", fix, tmp_path, "/front/1?reader=1{n:06}", 80)
    assert profile
    assert profile.by == "memray"
    assert at_least <= profile.count / 80 / 1024 <= at_most
    if side == "slow":
        assert profile.shares()[0][0].function == "render"
