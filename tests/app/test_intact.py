"""What a fix may not change, and how the site knows."""

import asyncio
import sys
import time
from types import ModuleType

import pytest

from app import base, intact
from app.world import press


@pytest.fixture(autouse=True)
def remembered() -> None:
    intact.remember()


def test_a_site_as_it_was_written_is_intact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "begun", base.begun + 1)  # it counts, as it should
    assert intact.changed() == []


@pytest.mark.parametrize(
    ("whose", "name", "said"),
    [
        (time, "sleep", "time.sleep"),
        (asyncio, "sleep", "asyncio.sleep"),
        (press, "PRINT_S", "app.world.press.PRINT_S"),
        (press, "_plates", "app.world.press._plates"),
        (press, "print_card", "app.world.press.print_card"),
        (base, "WorkerHeader", "app.base.WorkerHeader"),
    ],
)
def test_what_is_replaced_is_named(monkeypatch: pytest.MonkeyPatch, whose: ModuleType, name: str, said: str) -> None:
    monkeypatch.setattr(whose, name, object())
    assert intact.changed() == [said]


def test_what_is_taken_away_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(press, "PLATES")
    assert intact.changed() == ["app.world.press.PLATES"]


def test_a_slow_part_may_be_changed_and_modules_may_come_later(monkeypatch: pytest.MonkeyPatch) -> None:
    from app.parts import no_backpressure

    monkeypatch.setattr(no_backpressure, "router", None)
    monkeypatch.setitem(sys.modules, "app.later", ModuleType("app.later"))
    assert intact.changed() == []


def test_the_kit_may_ask() -> None:
    assert asyncio.run(base.is_intact()) == {"changed": []}
