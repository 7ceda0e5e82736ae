"""Which of the long tests a run selects: as many of each group as it has minutes, drawn by seed."""

from types import SimpleNamespace
from typing import Any

import pytest

import conftest


class Item(SimpleNamespace):
    def __hash__(self) -> int:
        return hash(self.name)

    def get_closest_marker(self, name: str) -> Any:
        return self.mark


def mark(group: str, minutes: float, seconds: float) -> Any:
    return SimpleNamespace(args=(group,), kwargs={"minutes": minutes, "seconds": seconds})


def collected() -> list[Item]:
    """Four tests of each group: half a minute each where there is one minute, a minute each where there are nine."""
    marks = {"ours": mark("ours", 1, 30), "few": mark("few", 9, 60), "endless": mark("endless", 1, 600)}
    return [
        Item(name=f"{group} {number}", mark=marks.get(group))
        for group in ("ours", "few", "endless", "plain")
        for number in range(4)
    ]


def selected(monkeypatch: pytest.MonkeyPatch, seed: str, rotate: bool = True) -> list[str]:
    monkeypatch.setenv("PERFLAB_SEED", seed)
    items: Any = collected()
    hook = SimpleNamespace(pytest_deselected=lambda items: None)
    config: Any = SimpleNamespace(getoption=lambda name: rotate, hook=hook)
    conftest.pytest_collection_modifyitems(config, items)
    return [item.name for item in items]


def test_a_group_fills_its_minutes_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    names = selected(monkeypatch, "1")
    groups = ("ours", "few", "endless", "plain")
    assert [sum(name.startswith(group) for name in names) for group in groups] == [2, 4, 1, 4]


def test_the_seed_decides_and_over_time_everything_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    assert selected(monkeypatch, "1") == selected(monkeypatch, "1")
    assert {name for seed in range(20) for name in selected(monkeypatch, str(seed))} == {
        one.name for one in collected()
    }


def test_without_rotate_nothing_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(selected(monkeypatch, "1", rotate=False)) == len(collected())
