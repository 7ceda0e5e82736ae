"""A toy course and a bench without processes, for the kit's own tests.

`course(tmp_path)` writes a course of three micro-labs, `FakeBench` makes samples from a figure for each side, and
`samples`, `metric` and `run` build in one line what most tests need.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from perflab.course import syllabus, templates
from perflab.course.lab import Lab, Metric, Side
from perflab.course.syllabus import Syllabus
from perflab.judge import experiment
from perflab.judge.errors import SideError
from perflab.judge.result import Result
from perflab.measure.samples import Conditions, Response, Samples, Stream, Usage

SYLLABUS = """\
[[parts]]
title = "See it"
labs = ["stuck_toy", "toy_to_come"]

[[parts]]
title = "Ship it"
labs = ["shipped_toy"]

[stuck_toy]
title = "The toy that stood still"
question = "Why does everyone wait for one toy?"
node_counterpart = "A toy of another make"
aim = "Nobody waits for a toy."
hints = ["What stands still?", "Who could wait for it instead?", "Use the other toy."]

[[stuck_toy.metrics]]
type = "latency_ms_p99"
request = "/ping"
min_effect = 4
advice_none = "The toy still stands."
advice_partial = "The toy moves, and slowly."

[toy_to_come]
title = "The toy nobody has made yet"
question = "When will it come?"
node_counterpart = "Nothing yet"

[shipped_toy]
title = "The toy in the post"
question = "Who gets a toy while the shop is rebuilt?"
node_counterpart = "A toy shop of another make"
aim = "Everyone gets a toy, also during a delivery."
chart = "timeline"
files = ["fix.py", "gunicorn.conf.py"]
seconds = 4
checks = ["a_worker_per_core"]
incident = { kind = "reload", at_s = 3 }
hints = ["Who is away?", "Who could stand in?"]

[[shipped_toy.metrics]]
type = "latency_ms_p99"
request = "/ping"
min_effect = 4
before_incident = true
advice_none = "The shop still waits."
advice_partial = "The shop waits less."

[[shipped_toy.metrics]]
type = "failed"
label = "toys lost in a delivery"
min_effect = 5
goal = 1.0
advice_none = "Toys are still lost."
advice_partial = "Fewer toys are lost, but some."
"""

SLOW_PART = '''\
"""The slow toy."""

router = "slow"
'''

FAST: dict[Side, float] = {"slow": 100.0, "yours": 1.0, "reference": 1.0}
HALFWAY: dict[Side, float] = {"slow": 100.0, "yours": 10.0, "reference": 1.0}
NO_BETTER: dict[Side, float] = {"slow": 100.0, "yours": 100.0, "reference": 1.0}


def write_syllabus(root: Path, text: str) -> None:
    """Writes a course's declaration: `[[parts]]` to course.toml, and each `[NAME]` to its own lab.toml."""
    (root / "labs").mkdir(parents=True, exist_ok=True)
    outline, *labs = re.split(r"(?m)^(?=\[\w+\]$)", text)
    (root / "labs" / "course.toml").write_text(outline)
    for number, lab in enumerate(labs, 1):
        name, body = re.fullmatch(r"\[(\w+)\]\n(.*)", lab, re.DOTALL).groups()  # type: ignore[union-attr]
        folder = root / "labs" / f"{number:02d}_{name}"
        folder.mkdir(exist_ok=True)
        (folder / "lab.toml").write_text(re.sub(rf"(?m)^\[\[{name}\.", "[[", body))


def write_course(root: Path, text: str = SYLLABUS) -> None:
    """Writes a course's files: the syllabus, and for each lab that is ready everything it ships with."""
    write_syllabus(root, text)
    for lab in syllabus.load(root).ready:
        for folder in (lab.folder, lab.solution, lab.slow_source.parent):
            folder.mkdir(parents=True, exist_ok=True)
        lab.slow_source.write_text(SLOW_PART)
        lab.scenario(None).write_text('"""Nobody asks for anything."""\n')
        for file in lab.files:
            (lab.folder / file).write_text(templates.shipped(lab, file))
            (lab.solution / file).write_text('router = "fast"\n')
        (lab.solution / "tempting_paint.py").write_text('"""Paint makes it look fast."""\n')


def course(root: Path) -> Syllabus:
    """Writes the toy course and loads it."""
    write_course(root)
    return syllabus.load(root)


def plain_lab(root: Path) -> Lab:
    """A lab with one metric, one file and three hints."""
    return course(root).by_name("stuck_toy")


def full_lab(root: Path) -> Lab:
    """A lab with two metrics, two files, an incident and a check."""
    return course(root).by_name("shipped_toy")


def metric(type_name: str = "latency_ms_p99", **others: Any) -> Metric:
    """A metric of this type, with a minimal effect of 2 unless `others` say otherwise."""
    return Metric.model_validate(
        {"type": type_name, "min_effect": 2, "advice_none": "Stuck.", "advice_partial": "Partly.", **others}
    )


def samples(
    latencies_ms: Sequence[float] = (1.0,) * 20,
    failed: int = 0,
    *,
    rejected: int = 0,
    name: str = "/ping",
    user: str = "Reader",
    seconds: float = 2.0,
    worker: int = 101,
    body: str = "same",
    **others: Any,
) -> Samples:
    """One request for each latency, evenly over the round, then those that failed, then those that were rejected."""
    each = seconds / max(1, len(latencies_ms) + failed + rejected)
    responses = [
        Response(f"{user}:0/{number}/0", name, number * each, latency_ms, 200, 10, worker, body)
        for number, latency_ms in enumerate(latencies_ms)
    ]
    responses += [
        Response(f"{user}:0/{number}/0", name, number * each, 3.0, 0, 0, 0, "")
        for number in range(len(responses), len(responses) + failed)
    ]
    responses += [
        Response(f"{user}:0/{number}/0", name, number * each, 3.0, 503, 10, worker, "full", retry_after=True)
        for number in range(len(responses), len(responses) + rejected)
    ]
    return Samples(seconds, responses, bodies={body: f"200 application/json  {body}"}, **others)


class Call(NamedTuple):
    """One call of the bench."""

    what: str
    subject: str  # a side, or the name of a check
    seed: int | None = None


class FakeBench:
    """A stand-in for `perflab.judge.bench.Bench`: every response of a side takes as long as the test says.

    `latency_ms` gives each side one figure, or one for each round (the last one repeats). `noise` multiplies it by a
    log-normal factor that depends only on the round's seed and the side. `overrides` are the names that the fix
    overrides; with none it is untouched. `bodies` and `raises` are keyed by the call and its side:
    `{("visit", "yours"): "other"}` responds wrongly without load, `{("drive", "yours"): error}` raises under load.
    `finding` is what a check finds, by its name: one that is named there has failed. `growth_mib` is how much each
    side's memory grows in a round, `soak_mib` how much that of yours grows in the soak test, and `fill_mib` when it is
    driven on until it should be full. In the soak test yours takes `soak_ms`, and ours `ours_later_ms`. After rough
    requests yours takes `rough_ms` where it is given, and keeps `keeps_tasks` more tasks; `calls_fail` is whether a
    team that it calls failed. `ends` is what a side does wrong as it is told to stop; `streams` what is heard, by the
    call and its side; `refused` how bad requests are answered; `failed_while` how many a side fails while teams fail.
    `calls` records every call of the bench, in order.
    """

    def __init__(
        self,
        latency_ms: Mapping[Side, float | Sequence[float]] | None = None,
        *,
        failed: Mapping[Side, int] | None = None,
        noise: float = 0.0,
        overrides: Sequence[str] = ("router",),
        bodies: Mapping[tuple[str, Side], str] | None = None,
        raises: Mapping[tuple[str, Side], BaseException] | None = None,
        finding: Mapping[str, str] | None = None,
        conditions: Mapping[Side, Conditions] | None = None,
        name: str = "/ping",
        incident_s: float | None = None,
        growth_mib: Mapping[Side, float] | None = None,
        soak_mib: float = 0.0,
        fill_mib: float = 0.0,
        rough_ms: float | None = None,
        soak_ms: float = 1.0,
        ours_later_ms: float = 1.0,
        ends: Mapping[Side, str] | None = None,
        streams: Mapping[tuple[str, Side], list[Stream]] | None = None,
        refused: Mapping[Side, list[tuple[str, int]]] | None = None,
        calls_fail: bool = False,
        failed_while: Mapping[Side, int] | None = None,
        failed_late: Mapping[Side, Sequence[int]] | None = None,
        late_ms: Mapping[Side, float] | None = None,
        keeps_tasks: int = 0,
        fails_unheard: Mapping[str, int] | None = None,
        keeps: Mapping[Side, float] | None = None,
        full_after: int = 1000,
        waits: Sequence[Side] = (),
        for_stuck_mib: Mapping[Side, float] | None = None,
        unserved: Mapping[Side, int] | None = None,
        refuses_crowd: Mapping[Side, Sequence[int]] | None = None,
        abandons: Mapping[Side, int] | None = None,
        left_open: Mapping[Side, int] | None = None,
        asks: Mapping[Side, set[str]] | None = None,
        passwords: Mapping[Side, int] | None = None,
        says_nothing_of: Mapping[Side, int] | None = None,
    ) -> None:
        self.keeps = keeps or {}
        self.full_after = full_after
        self.waits = waits
        self.for_stuck_mib = for_stuck_mib or {}
        self.unserved = unserved or {}
        self.refuses_crowd = refuses_crowd or {}
        self.abandons = abandons or {}
        self.left_open = left_open or {}
        self.asks = asks or {}
        self.passwords = passwords or {}
        self.says_nothing_of = says_nothing_of or {}
        self.fails_unheard = fails_unheard or {}
        self.keeps_tasks = keeps_tasks
        self.calls_fail = calls_fail
        self.failed_while = failed_while or {}
        self.failed_late = failed_late or {}
        self.late_ms = late_ms or {}
        self.latency_ms = latency_ms or FAST
        self.failed = failed or {}
        self.noise = noise
        self.overrides = list(overrides)
        self.bodies = bodies or {}
        self.raises = raises or {}
        self.finding = finding or {}
        self.conditions = conditions or {}
        self.name = name
        self.incident_s = incident_s
        self.growth_mib = growth_mib or {}
        self.soak_mib = soak_mib
        self.fill_mib = fill_mib
        self.rough_ms = rough_ms
        self.soak_ms = soak_ms
        self.ours_later_ms = ours_later_ms
        self.ends = ends or {}
        self.streams = streams or {}
        self.refused = refused or {}
        self.calls: list[Call] = []

    def what(self) -> list[str]:
        """What was called, each once, in order of first appearance."""
        return list(dict.fromkeys(call.what for call in self.calls))

    def sides(self, what: str) -> list[str]:
        """The subjects of the calls of `what`, in order."""
        return [call.subject for call in self.calls if call.what == what]

    def rounds(self) -> list[list[Call]]:
        """The calls of `drive`, round by round."""
        drives = [call for call in self.calls if call.what == "drive"]
        seeds = list(dict.fromkeys(call.seed for call in drives))
        return [[call for call in drives if call.seed == seed] for seed in seeds]

    def start(self, side: Side) -> list[str]:
        self._note("start", side)
        return self.overrides if side == "yours" else []

    def stop(self, side: Side) -> None:
        self._note("stop", side)

    def warm_up(self, sides: Sequence[Side], seed: int) -> None:
        for side in sides:
            self._note("warm_up", side, seed)

    def visit(self, sides: Sequence[Side], seed: int) -> dict[Side, Samples]:
        visited: dict[Side, Samples] = {}
        for side in sides:
            self._note("visit", side, seed)
            said = samples([1.0] * 3, name=self.name, body=self.bodies.get(("visit", side), "same"))
            streams = self.streams.get(("visit", side), [])
            visited[side] = replace(said, streams=streams, refused=self.refused.get(side, []))
        return visited

    def visit_again(self, side: Side, seed: int, keys: Sequence[str], in_turn: bool = False) -> Samples:
        self._note("visit again", side, seed)
        return samples([1.0] * 3, name=self.name, body="same")

    def visit_at_once(self, side: Side, seed: int, keys: Sequence[str]) -> Samples:
        self._note("crowd", side, seed)
        script = self.refuses_crowd.get(side, [0])
        failed = script[min(self.sides("crowd").count(side), len(script)) - 1]
        return samples([1.0] * (len(keys) - failed), failed, name=self.name)

    def error(self, side: Side) -> list[str]:
        return ["Traceback (most recent call last):", f"OSError: of {side}"]

    def check(self, name: str, side: Side) -> str | None:
        self._note("check", name)
        return self.finding.get(name)

    def be_rough(self, side: Side, seed: int) -> bool:
        self._note("be rough", side, seed)
        return self.calls_fail

    def left_behind(self, side: Side) -> Counter[str]:
        return Counter({"process": 7, "Task": 3 + self.keeps_tasks * len(self.sides("be rough"))})

    def unheard(self, side: Side) -> Counter[str]:
        return Counter(self.fails_unheard if self.sides("be rough") else {})

    def may_keep(self, side: Side) -> bool:
        return bool(self.keeps)

    def kept(self, side: Side, seed: int, keys: Sequence[str]) -> float:
        self._note("kept", side, seed)
        return self.keeps.get(side, 0.0) if self.sides("kept").count(side) <= self.full_after else 0.0

    def holding(self, side: Side, seed: int) -> AbstractContextManager[Callable[[], bool] | None]:
        if not self.waits:
            return nullcontext()
        self._note("hold", side, seed)
        return nullcontext(lambda: side in self.waits)

    def abandoned(self, side: Side, seed: int) -> int:
        return self.abandons.get(side, 0)

    def unclosed(self, side: Side) -> int:
        return self.left_open.get(side, 0)

    def asked(self, side: Side) -> set[str]:
        return self.asks.get(side, set())

    def passwords_kept(self, side: Side, seed: int) -> int:
        return self.passwords.get(side, 0)

    def unsaid(self, side: Side) -> int:
        return self.says_nothing_of.get(side, 0)

    def unserved_in_silence(self, side: Side, seed: int) -> int:
        return self.unserved.get(side, 0)

    def kept_for_stuck(self, side: Side, seed: int) -> float:
        self._note("stuck", side, seed)
        return self.for_stuck_mib.get(side, 0.0)

    def visit_late(self, side: Side, seed: int) -> Samples:
        self._note("visit late", side, seed)
        script = self.failed_late.get(side, [0])
        failed = script[min(self.sides("visit late").count(side), len(script)) - 1]
        waits_ms = [700.0, *[self.late_ms.get(side, 700.0)] * 2]
        return samples(waits_ms, failed, name=self.name, body=self.bodies.get(("visit late", side), "same"))

    def visit_failing(self, side: Side, seed: int) -> Samples:
        self._note("visit failing", side, seed)
        served = self.bodies.get(("visit failing", side), "")
        return samples([5.0] * 2, self.failed_while.get(side, 0), name=self.name, body=served)

    def end(self, side: Side, seed: int) -> str | None:
        self._note("end", side, seed)
        return self.ends.get(side)

    def drive(
        self, side: Side, seed: int, seconds: float | None = None, *, calm: bool = False, listening: int | None = None
    ) -> Samples:
        longer = "fill" if calm else "soak" if side == "yours" else "soak ours"
        self._note(longer if seconds else "drive", side, seed)
        if seconds:
            return samples(
                [self.soak_ms if side == "yours" else self.ours_later_ms] * 20,
                name=self.name,
                body=self.bodies.get(("soak", side), "same"),
                seconds=seconds,
                conditions=Conditions(0.3, 0.0),
                before=Usage(2.0, 60.0, (101,)),
                until=Usage(9.0, 60.0 + (self.fill_mib if calm else self.soak_mib if side == "yours" else 0.0), (101,)),
                after=Usage(3.0, 60.0, (101,)),
                incident_s=self.incident_s,
            )
        script = self.latency_ms[side]
        if not isinstance(script, float | int):
            script = script[min(self.sides("drive").count(side), len(script)) - 1]
        if side == "yours" and self.rough_ms and self.sides("be rough"):
            script = self.rough_ms
        latency_ms = script * math.exp(Random(f"{seed}/{side}").gauss(0, self.noise))
        driven = samples(
            [latency_ms] * 20,
            self.failed.get(side, 0),
            name=self.name,
            body=self.bodies.get(("drive", side), "same"),
            conditions=self.conditions.get(side, Conditions(0.3, 0.0)),
            before=Usage(1.0, 50.0, (101,)),
            until=Usage(1.5, 50.0 + self.growth_mib.get(side, 10.0), (101,)),
            after=Usage(2.0, 60.0, (101,)),
            incident_s=self.incident_s,
        )
        return replace(driven, streams=[] if listening is None else self.streams.get(("drive", side), []))

    def drive_together(
        self, sides: Sequence[Side], seed: int, seconds: float | None = None, load: float = 1.0, **how: Any
    ) -> dict[Side, Samples]:
        listening = how.pop("listening", {})
        return {side: self.drive(side, seed, seconds, listening=listening.get(side), **how) for side in sides}

    def _note(self, what: str, subject: str, seed: int | None = None) -> None:
        self.calls.append(Call(what, subject, seed))
        if error := self.raises.get((what, subject)):  # type: ignore[call-overload]
            raise error


def run(lab: Lab, bench: FakeBench | None = None, seed: int = 1) -> Result:
    """Runs a lab on a fake bench. It is solved, unless another bench is given."""
    return experiment.run(lab, bench or FakeBench(), lambda result: None, seed)


WAYS = {
    "untouched": "untouched",
    "broken": "broken",
    "broken under load": "broken",
    "wrong": "wrong",
    "wrong under load": "wrong",
    "not yet": "not yet",
    "not at all": "not yet",
    "violation": "not yet",
    "fast, but otherwise": "not yet",
    "solved": "solved",
    "wavering": "not yet",
    "nothing shows": "unclear",
    "tired": "unclear",
    "ours is broken": "unclear",
    "the course is changed": "unclear",
    "cannot run": "cannot run here",
}
"""The ways in which a run can end, and the outcome of each."""


def ending(lab: Lab, way: str) -> Result:
    """A run of a lab that ends in one of the `WAYS`."""
    traceback = [
        "Traceback (most recent call last):",
        '  File "fix.py", line 1',
        "NameError: name 'toy' is not defined",
    ]
    broken = SideError("yours", "It ended with exit code 1 before it could serve.", traceback)
    course = SideError("course", "The course's own app/server.py was changed while it was measured.", [])
    ours = SideError("slow", "It ended with exit code 1 while it was being measured.", [])
    changes = {"fast, but otherwise": {"checks": ("a_worker_per_core",)}, "cannot run": {"cores": 10_000}}
    bench = {
        "untouched": FakeBench(overrides=[]),
        "broken": FakeBench(raises={("start", "yours"): broken}),
        "broken under load": FakeBench(raises={("drive", "yours"): broken}),
        "wrong": FakeBench(bodies={("visit", "yours"): "other"}),
        "wrong under load": FakeBench(bodies={("drive", "yours"): "other"}),
        "not yet": FakeBench(HALFWAY),
        "not at all": FakeBench(NO_BETTER),
        "fast, but otherwise": FakeBench(finding={"a_worker_per_core": "One process answers, and there are 4 cores."}),
        "violation": FakeBench(conditions={"slow": Conditions(0.3, 0.0, idle_side_cores={"yours": 0.8})}),
        "solved": FakeBench(),
        "wavering": FakeBench({**FAST, "yours": [100.0, 1.0] * 8}),
        "nothing shows": FakeBench({"slow": 1.0, "yours": 1.0, "reference": 1.0}),
        "tired": FakeBench(conditions={"slow": Conditions(0.97, 0.0)}),
        "ours is broken": FakeBench(raises={("drive", "slow"): ours}),
        "the course is changed": FakeBench(raises={("drive", "slow"): course}),
        "cannot run": FakeBench(),
    }[way]
    return run(lab.model_copy(update=changes.get(way, {})), bench)
