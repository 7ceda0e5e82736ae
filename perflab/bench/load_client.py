"""The load generator as the kit sees it: a process that drives one scenario, round after round."""

import json
import sys
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from perflab.course.lab import Lab
from perflab.measure.samples import Collected, Conditions, Response, Samples, Stream
from perflab.process.managed import Process

READY = "ready"  # what it prints once the scenario is loaded
READY_WITHIN_S = 20.0
VISITS_WITHIN_S = 60.0
COLLECT_WITHIN_S = 8.0  # after the load has ended, or the server is back
ANSWERS_WITHIN_S = 15.0  # after the load has ended: longer than a request's own time-out


class LoadError(Exception):
    """The load generator itself failed, most likely at a scenario that does not run. Has its last lines of output."""

    def __init__(self, awaited: str, output: list[str]) -> None:
        super().__init__("\n".join([f"The load generator did not say {awaited!r}. It said:", *output]))
        self.loaded = awaited != READY
        self.output = output


class Light(NamedTuple):
    """A request of a light load."""

    name: str
    sent_s: float  # after the load began
    status: int  # 0: there was no response


class LoadClient:
    """A load generator for one scenario. The caller ends its `process`. `named` has the URLs of the services."""

    def __init__(self, lab: Lab, scenario: Path, folder: Path, named: Mapping[str, str]) -> None:
        self.lab = lab
        self.named = named
        self.scenario = scenario
        self._folder = folder
        self._overrides: list[str] | None = None
        self._mark = uuid.uuid4().hex  # before each message of its own: the scenario may print, too
        argv = [sys.executable, "-m", "perflab.bench.load_generator", str(scenario), self._mark]
        self.process = Process(argv)

    def _await(self, word: str, within_s: float) -> list[str]:
        """Waits for this word, and returns those that follow it. Raises LoadError after `within_s` seconds."""
        said = f"{self._mark} {word}"
        line = self.process.wait_for(lambda line: said in line, within_s)
        if line is None:
            raise LoadError(word, [line for line in self.process.output if self._mark not in line][-12:])
        return line.partition(said)[2].split()

    def overrides(self) -> list[str]:
        """The names of the users that the locustfile itself defines. Raises LoadError where it does not load."""
        if self._overrides is None:
            self._overrides = self._await(READY, READY_WITHIN_S)
        return self._overrides

    def visit(self, urls: Sequence[str], seed: int, visits: int) -> list[Samples]:
        """Makes each user's first visits, one after the other, and returns the responses. Raises LoadError.

        All these URLs are visited at the same time.
        """
        task = {"seed": seed, "visits": visits, "ignore_fields": self.lab.ignore_fields}
        return self._do_all([{**task, "url": url} for url in urls], VISITS_WITHIN_S)

    def visit_together(self, url: str, seed: int, visits: int, at_once: int | None = None) -> Samples:
        """Makes each user's first visits, a few or so many at a time, and returns the responses. Raises LoadError."""
        task = {"url": url, "seed": seed, "first": visits, "ignore_fields": self._ignored_under_load}
        task |= {"few": self.lab.quota is not None, "at_once": at_once}
        return self._do(task, VISITS_WITHIN_S)

    def visit_again(
        self, url: str, seed: int, keys: Sequence[str], at_once: int | None = None, marked: bool = False
    ) -> Samples:
        """Repeats these visits of the round with that seed, a few or so many at a time. Raises LoadError.

        Those that are `marked` have a parameter more that no route reads.
        """
        task = {"url": url, "seed": seed, "again": list(keys), "ignore_fields": self._ignored_under_load}
        task |= {"at_once": at_once, "marked": marked}
        return self._do(task, VISITS_WITHIN_S)

    def one_of_each_name(self, url: str, seed: int, visits: int = 1) -> list[bytes]:
        """A request of each name in so many visits of each user, as bytes for the caller to send. Raises LoadError."""
        self._do({"url": url, "seed": seed, "noted": visits}, VISITS_WITHIN_S)
        return [raw.encode("latin-1") for raw in self._result["noted"]]

    def be_rough(self, url: str, seed: int, count: int) -> int:
        """Hangs up on so many requests of each name in the middle, others ask nonsense, and one never read.

        Returns how many requests were sent. Raises LoadError.
        """
        self._do({"url": url, "seed": seed, "rough": count}, VISITS_WITHIN_S)
        return int(self._result["rough"])

    def drive_lightly(self, url: str, seed: int, seconds: float, meanwhile: Callable[[float], None]) -> list[Light]:
        """Sends a request now and then, for so many seconds. Raises LoadError. `meanwhile` is as for `drive`."""
        self._do({"url": url, "seed": seed, "light": seconds}, seconds, meanwhile)
        return [Light(*row) for row in self._result["light"]]

    def drive(
        self,
        urls: Sequence[str],
        seed: int,
        seconds: float,
        meanwhile: Callable[[float], None] | None = None,
        load: float = 1.0,
        listening: Mapping[str, int] | None = None,
        rates: Mapping[str, float] | None = None,
    ) -> list[Samples]:
        """Drives all these URLs at the same time, for so many seconds, at `load` times the scenario's rates.

        Users who are named in `rates` come at that rate instead, in visits per second. `meanwhile` is called with the
        moment (time.monotonic()) at which the load begins. Where `listening` has a seed for a URL, the streams of the
        visits of that seed are listened to besides. Raises LoadError.
        """
        task = {"seed": seed, "seconds": seconds, "load": load, "ignore_fields": self._ignored_under_load}
        task["rates"] = dict(rates or {})
        tasks = [{**task, "url": url, "listening": (listening or {}).get(url)} for url in urls]
        return self._do_all(tasks, seconds, meanwhile)

    def collect(self, url: str, samples: Samples) -> None:
        """Asks for the results of what was accepted, until all are there, `COLLECT_WITHIN_S` at most. Raises LoadError.

        They are asked for where a 202 said, in its Location header (RFC 9110, 15.3.3), and written into the samples.
        """
        accepted = [response for response in samples.responses if response.location]
        if not accepted:
            return
        asked = {"collect": [response.location for response in accepted], "within": COLLECT_WITHIN_S}
        task = {"url": url, "seed": 0, "ignore_fields": self.lab.ignore_fields, **asked}
        samples.bodies |= self._do(task, COLLECT_WITHIN_S).bodies
        found = zip(accepted, self._result["collected"], strict=True)
        samples.collected = [Collected(response.key, response.name, *row) for response, row in found]

    @property
    def _ignored_under_load(self) -> tuple[str, ...]:
        """The JSON fields that may differ between responses under load."""
        return self.lab.ignore_fields + self.lab.ignore_fields_under_load

    def _do(self, task: dict[str, Any], seconds: float, meanwhile: Callable[[float], None] | None = None) -> Samples:
        (samples,) = self._do_all([task], seconds, meanwhile)
        return samples

    def _do_all(
        self, tasks: list[dict[str, Any]], seconds: float, meanwhile: Callable[[float], None] | None = None
    ) -> list[Samples]:
        """Has these tasks done at the same time."""
        self.overrides()
        for number, task in enumerate(tasks):
            # A load test that is judged itself may call its requests by any name: also by whether they were quick.
            to = str(self._folder / f"samples-{number}.json")
            task |= {"to": to, "env": self.named, "by_path": self.lab.is_about_load}
        self.process.send_line(json.dumps(tasks))
        if meanwhile:
            for _ in tasks:
                self._await("begun", 5.0)
            meanwhile(time.monotonic())
        self._await("done", seconds + ANSWERS_WITHIN_S)
        return [self._read(Path(task["to"])) for task in tasks]

    def _read(self, file: Path) -> Samples:
        self._result = result = json.loads(file.read_text())
        file.unlink()  # a fix must not read it
        return Samples(
            result["seconds"],
            [Response(*row) for row in result["responses"]],
            Conditions(result["cpu_share"], result["late_share"]),
            result["bodies"],
            abandoned=result["abandoned"],
            streams=[Stream(*row)._replace(events=tuple(row[4])) for row in result.get("streams", [])],
            refused=[(request, status) for request, status in result.get("refused", [])],
        )
