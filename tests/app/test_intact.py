"""What a fix must not change, and how the site detects it."""

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
    monkeypatch.setattr(base, "begun", base.begun + 1)  # a counter may change
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
def test_what_is_replaced_is_reported(monkeypatch: pytest.MonkeyPatch, whose: ModuleType, name: str, said: str) -> None:
    monkeypatch.setattr(whose, name, object())
    assert intact.changed() == [said]


def test_what_is_deleted_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(press, "PLATES")
    assert intact.changed() == ["app.world.press.PLATES"]


def test_a_slow_part_may_change_and_modules_may_be_added(monkeypatch: pytest.MonkeyPatch) -> None:
    from app.parts import no_backpressure

    monkeypatch.setattr(no_backpressure, "router", None)
    monkeypatch.setitem(sys.modules, "app.later", ModuleType("app.later"))
    assert intact.changed() == []


def test_the_kit_can_ask_what_has_changed() -> None:
    assert asyncio.run(base.is_intact()) == {"changed": []}
