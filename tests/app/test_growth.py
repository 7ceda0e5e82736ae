"""What grows in a process, and what holds it."""

import asyncio
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi import Request

from app import growth


class Page:
    """Something to hold."""


class Asking:
    """The request that asks."""

    def __init__(self) -> None:
        self.scope: dict[str, Any] = {}


kept: list[object] = []
REQUEST = cast(Request, Asking())


@pytest.fixture(autouse=True)
def empty() -> Iterator[None]:
    kept.clear()
    yield
    kept.clear()


def held(type_name: str) -> dict[str, Any]:
    return asyncio.run(growth.held(type_name, REQUEST))


def test_what_nothing_holds_is_not_alive() -> None:
    Page()
    assert held("Page") == {"alive": 0, "chain": []}


def test_what_a_variable_of_a_module_holds_has_a_chain_to_it() -> None:
    kept.append({"a page": Page()})
    assert held("Page") == {"alive": 1, "chain": ["Page", "dict", "list", f"{__name__}.kept"]}


def test_an_exception_holds_the_frames_that_it_passed() -> None:
    def answer() -> None:
        page = Page()
        raise LookupError(type(page).__name__)

    try:
        answer()
    except LookupError as error:
        kept.append(error)
    found = held("Page")
    assert found["alive"] == 1
    assert found["chain"][:2] == ["Page", "frame of answer"]
    assert found["chain"][-3:] == ["LookupError", "list", f"{__name__}.kept"]


def test_the_request_that_asks_does_not_count() -> None:
    assert held("Asking")["alive"] == 0


def test_growth_is_what_was_allocated_since_the_first_request_and_is_still_there() -> None:
    assert asyncio.run(growth.growth()) == []
    kept.append("x" * 100 * 1024 + str(len(kept)))
    ((file, _, kib),) = asyncio.run(growth.growth(rows=1))
    assert Path(file) == Path(__file__)
    assert 100 <= kib < 110


def test_nothing_is_recorded_unless_the_environment_names_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("APP_MEMRAY", raising=False)
    with growth.recorded():
        pass
    assert not [*tmp_path.iterdir()]


@pytest.mark.skipif(not importlib.util.find_spec("memray"), reason="there is no memray for this platform")
def test_memray_records_into_the_file_that_the_environment_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APP_MEMRAY", str(tmp_path / "memory.bin"))
    with growth.recorded():
        kept.append(bytearray(10_000))
    assert (tmp_path / "memory.bin").stat().st_size
    assert "memray" in sys.modules
