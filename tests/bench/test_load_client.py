"""What the load generator is asked to do."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import toy

from perflab.bench.load_client import LoadClient, LoadError
from perflab.course.lab import Lab


class Ear:
    """A load generator that does nothing, and remembers what it was told."""

    def __init__(self, to: Path) -> None:
        self.to = to
        self.told: list[dict[str, Any]] = []
        self.says = ["MARK ready Reader", "MARK done"]
        self.output = self.says

    def send_line(self, line: str) -> None:
        self.told.append(json.loads(line))
        nothing = {"seconds": 1.0, "responses": [], "bodies": {}, "abandoned": 2, "cpu_share": 0.1, "late_share": 0.0}
        self.to.write_text(json.dumps(nothing))

    def wait_for(self, wanted: Callable[[str], bool], within_s: float) -> str | None:
        return next((line for line in self.says if wanted(line)), None)


def driver(lab: Lab, folder: Path) -> tuple[LoadClient, Ear]:
    made = LoadClient.__new__(LoadClient)
    made.lab, made._to, made._overrides, made.named = lab, folder / "samples.json", None, {"SOME_URL": "there"}
    made._mark = "MARK"
    ear = Ear(made._to)
    made.process = ear  # type: ignore[assignment]
    return made, ear


def test_more_may_differ_under_load_than_at_leisure(tmp_path: Path) -> None:
    lab = toy.plain_lab(tmp_path).model_copy(update={"ignore_fields": ("at",), "ignore_fields_under_load": ("status",)})
    made, ear = driver(lab, tmp_path)
    made.visit("http://127.0.0.1:9", 1, 3)
    made.drive("http://127.0.0.1:9", 1, 2.0)
    assert [task["ignore_fields"] for task in ear.told] == [["at"], ["at", "status"]]


def test_a_round_is_driven_at_the_scenarios_own_rates_unless_told_otherwise(tmp_path: Path) -> None:
    made, ear = driver(toy.plain_lab(tmp_path), tmp_path)
    made.drive("http://127.0.0.1:9", 1, 2.0)
    made.drive("http://127.0.0.1:9", 1, 2.0, load=0.5)
    assert [task["load"] for task in ear.told] == [1.0, 0.5]


def test_a_scenario_is_told_where_the_services_are(tmp_path: Path) -> None:
    made, ear = driver(toy.plain_lab(tmp_path), tmp_path)
    made.visit("http://127.0.0.1:9", 1, 3)
    assert ear.told[0]["env"] == {"SOME_URL": "there"}


def test_what_a_scenario_prints_is_not_taken_for_a_word_of_the_load_generator(tmp_path: Path) -> None:
    made, ear = driver(toy.plain_lab(tmp_path), tmp_path)
    ear.says[:] = ["ready Printer", "not a whole line MARK ready Reader", "done", "MARK begun"]
    assert made.overrides() == ["Reader"]
    with pytest.raises(LoadError) as failed:
        made.visit("http://127.0.0.1:9", 1, 3)
    assert failed.value.output == ["ready Printer", "done"]
