"""Which of the long tests a run keeps: so many of each group, drawn by seed, and everything else."""

from types import SimpleNamespace
from typing import Any

import pytest

import conftest


class Item(SimpleNamespace):
    def __hash__(self) -> int:
        return hash(self.name)

    def get_closest_marker(self, name: str) -> Any:
        return self.mark


def collected() -> list[Item]:
    marks = {group: SimpleNamespace(args=(group, keep)) for group, keep in (("ours", 2), ("few", 5))}
    return [
        Item(name=f"{group} {number}", mark=marks.get(group))
        for group in ("ours", "few", "plain")
        for number in range(4)
    ]


def kept(monkeypatch: pytest.MonkeyPatch, seed: str, rotate: bool = True) -> list[str]:
    monkeypatch.setenv("PERFLAB_SEED", seed)
    items: Any = collected()
    hook = SimpleNamespace(pytest_deselected=lambda items: None)
    config: Any = SimpleNamespace(getoption=lambda name: rotate, hook=hook)
    conftest.pytest_collection_modifyitems(config, items)
    return [item.name for item in items]


def test_so_many_of_a_group_are_kept_and_all_that_is_in_none(monkeypatch: pytest.MonkeyPatch) -> None:
    names = kept(monkeypatch, "1")
    assert [sum(name.startswith(group) for name in names) for group in ("ours", "few", "plain")] == [2, 4, 4]


def test_the_seed_decides_and_in_the_long_run_everything_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    assert kept(monkeypatch, "1") == kept(monkeypatch, "1")
    assert {name for seed in range(20) for name in kept(monkeypatch, str(seed))} == {one.name for one in collected()}


def test_without_being_asked_nothing_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(kept(monkeypatch, "1", rotate=False)) == len(collected())
