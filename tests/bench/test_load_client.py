"""The tasks that the load client gives to the load generator."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import toy

from perflab.bench.load_client import LoadClient, LoadError
from perflab.course.lab import Lab
from perflab.measure.samples import Collected


class FakeGenerator:
    """A load generator that sends nothing, and records its tasks."""

    def __init__(self) -> None:
        self.tasks: list[dict[str, Any]] = []
        self.more: dict[str, Any] = {}
        self.lines = ["MARK ready Reader", "MARK done"]
        self.output = self.lines

    def send_line(self, line: str) -> None:
        self.tasks += (tasks := json.loads(line))
        nothing = {"seconds": 1.0, "responses": [], "bodies": {}, "abandoned": 2, "cpu_share": 0.1, "late_share": 0.0}
        for task in tasks:
            Path(task["to"]).write_text(json.dumps(nothing | self.more | {"bodies": {"at": task["url"]}}))

    def wait_for(self, wanted: Callable[[str], bool], within_s: float) -> str | None:
        return next((line for line in self.lines if wanted(line)), None)


def load_client(lab: Lab, folder: Path) -> tuple[LoadClient, FakeGenerator]:
    client = LoadClient.__new__(LoadClient)
    client.lab, client._folder, client._overrides, client.named = lab, folder, None, {"SOME_URL": "there"}
    client._mark = "MARK"
    generator = FakeGenerator()
    client.process = generator  # type: ignore[assignment]
    return client, generator


def test_more_fields_are_ignored_under_load(tmp_path: Path) -> None:
    lab = toy.plain_lab(tmp_path).model_copy(update={"ignore_fields": ("at",), "ignore_fields_under_load": ("status",)})
    client, generator = load_client(lab, tmp_path)
    client.visit(["http://127.0.0.1:9"], 1, 3)
    client.drive(["http://127.0.0.1:9"], 1, 2.0)
    assert [task["ignore_fields"] for task in generator.tasks] == [["at"], ["at", "status"]]


def test_a_round_has_the_scenarios_rates_unless_a_load_is_given(tmp_path: Path) -> None:
    client, generator = load_client(toy.plain_lab(tmp_path), tmp_path)
    client.drive(["http://127.0.0.1:9"], 1, 2.0)
    client.drive(["http://127.0.0.1:9"], 1, 2.0, load=0.5)
    assert [task["load"] for task in generator.tasks] == [1.0, 0.5]


def test_sides_are_visited_together_and_each_has_its_own_samples(tmp_path: Path) -> None:
    client, generator = load_client(toy.plain_lab(tmp_path), tmp_path)
    urls = ["http://127.0.0.1:9", "http://127.0.0.1:10"]
    assert [samples.bodies["at"] for samples in client.visit(urls, 1, 3)] == urls
    assert len({task["to"] for task in generator.tasks}) == 2
    assert {(task["seed"], task["visits"]) for task in generator.tasks} == {(1, 3)}
    assert list(tmp_path.glob("samples*")) == []


def test_sides_are_driven_together_and_only_one_is_listened_to(tmp_path: Path) -> None:
    client, generator = load_client(toy.plain_lab(tmp_path), tmp_path)
    urls = ["http://127.0.0.1:9", "http://127.0.0.1:10"]
    assert [samples.bodies["at"] for samples in client.drive(urls, 1, 2.0, listening={urls[1]: 5})] == urls
    assert [(task["seed"], task["seconds"], task["listening"]) for task in generator.tasks] == [(1, 2, None), (1, 2, 5)]


def test_a_scenario_gets_the_addresses_of_the_services(tmp_path: Path) -> None:
    client, generator = load_client(toy.plain_lab(tmp_path), tmp_path)
    client.visit(["http://127.0.0.1:9"], 1, 3)
    assert generator.tasks[0]["env"] == {"SOME_URL": "there"}


def test_what_a_scenario_prints_is_not_taken_for_a_message(tmp_path: Path) -> None:
    client, generator = load_client(toy.plain_lab(tmp_path), tmp_path)
    generator.lines[:] = ["ready Printer", "not a whole line MARK ready Reader", "done", "MARK begun"]
    assert client.overrides() == ["Reader"]
    with pytest.raises(LoadError) as failed:
        client.visit(["http://127.0.0.1:9"], 1, 3)
    assert failed.value.output == ["ready Printer", "done"]


def test_the_results_of_accepted_requests_are_asked_for(tmp_path: Path) -> None:
    client, generator = load_client(toy.plain_lab(tmp_path), tmp_path)
    samples = toy.samples([1.0] * 2)
    client.collect("http://127.0.0.1:9", samples)
    assert generator.tasks == []  # nothing was accepted for later
    samples.responses[1] = samples.responses[1]._replace(location="/jobs/7")
    generator.more = {"collected": [[200, "digest"]]}
    client.collect("http://127.0.0.1:9", samples)
    assert generator.tasks[0]["collect"] == ["/jobs/7"]
    assert samples.collected == [Collected("Reader:0/1/0", "/ping", 200, "digest")]
