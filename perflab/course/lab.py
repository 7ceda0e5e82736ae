"""A lab as declared: what it is about, how it is measured, where its files are. Paths are derived, never written."""

import math
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from perflab.measure.metrics import KINDS, Kind, waited_ms
from perflab.measure.samples import Samples

ROOT = Path(__file__).resolve().parents[2]

Side = Literal["slow", "yours", "reference"]
Picture = Literal[
    "lanes", "crowd", "workers", "timeline", "memory", "sessions", "shutdown", "fates", "flame", "promises",
    "waterfall", "street",
]  # fmt: skip
Check = Literal["a_worker_per_core", "killed_worker_replaced", "stop_ends_all", "stall_told", "new_comment_shows"]
Positive = Annotated[float, Field(gt=0)]


class _Declared(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Measure(_Declared):
    """What shows the bottleneck: a kind of figure, over the requests of one name or over all."""

    kind_name: str = Field(alias="measure")
    of: str | None = None
    # Either there is a gap to close:
    visible: Positive | None = None  # how far apart slow and reference are in a round that counts: factor or difference
    goal: Annotated[float, Field(gt=0, le=1)] = 0.7  # the share of that gap which solves the lab
    # Or there is something to keep:
    within: Positive | None = None  # how much worse than slow the fix may be: a factor, or a difference
    truth: bool = False  # whether the server knows it: the figure is then how far off the measured one is, a factor
    before_incident: bool = False  # count only what was due before the lab's incident struck
    called: str = ""  # what learners read, where the kind's own name would not do
    stuck: str  # advice while hardly any of the gap is closed
    partly: str  # advice while some of it is

    @field_validator("kind_name")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in KINDS:
            raise ValueError(f"There are {', '.join(KINDS)}")
        return name

    @model_validator(mode="after")
    def _once(self) -> Self:
        if self.before_incident and self.kind_name.startswith("rss"):
            raise ValueError("Memory is measured up to the incident anyhow: remove 'before_incident'")
        if (self.visible is None) == (self.within is None):
            raise ValueError("It needs 'visible' for a gap to close, or 'within' for something to keep, and not both")
        if self.truth and not self.kind.percentile:
            raise ValueError("'truth' is known of percentiles only")
        if self.within and self.kind.log and self.within <= 1:
            raise ValueError("'within' is a factor here, and must be more than 1")
        return self

    @property
    def kind(self) -> Kind:
        return KINDS[self.kind_name]

    @property
    def label(self) -> str:
        return self.called or (f"{self.kind.label} of {self.of}" if self.of else self.kind.label)

    def figure(self, samples: Samples) -> float:
        """The measured figure, in the kind's unit."""
        figure = self.kind.compute(samples.before_incident() if self.before_incident else samples, self.of)
        if not self.truth:
            return figure
        assert self.kind.percentile
        if len(samples.of(self.of)) * (1 - self.kind.percentile) < 1 - 1e-9:
            return math.nan  # of fewer than a hundred, p99 is whoever waited longest
        truth = waited_ms(samples.stalls, samples.seconds, self.kind.percentile)
        return max(figure / truth, truth / figure)

    def worse(self, value: float, than: float) -> float:
        """How much worse one figure is than another: a factor, or a difference."""
        worse, better = (than, value) if self.kind.more_is_better else (value, than)
        return worse / better if self.kind.log else worse - better

    def in_words(self, value: float) -> str:
        if self.truth:
            return f"{value:,.1f} times off"
        return f"{value:,.{self.kind.digits}f} {self.kind.unit}".strip()


class Incident(_Declared):
    """Something that happens to a side in mid-load, or to a service that it asks."""

    kind: Literal["reload", "terminate", "silence"]
    at_s: Positive
    of: str = ""  # who falls silent, until the load is over

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if bool(self.of) != (self.kind == "silence"):
            raise ValueError("A silence is 'of' one of the services' desks, and nothing else is")
        return self


class Lab(_Declared):
    """One row of the course. A lab still to come has no measures yet."""

    root: Path
    name: str
    number: int
    part: int
    title: str
    question: str
    node: str  # its counterpart in the Node course this one answers
    minutes: Annotated[int, Field(gt=0)] = 30
    aim: str = ""  # the goal, in words
    picture: Picture = "lanes"
    files: tuple[Literal["fix.py", "gunicorn.conf.py", "traffic.py"], ...] = Field(("fix.py",), strict=False)
    seconds: Positive = 2.0  # of load in a round
    warm_up_s: Positive = 0.6  # of load before the first round
    endurance_s: Positive | None = None  # of load in the end, where memory must stay or answers be true for longer
    measures: tuple[Measure, ...] = Field((), strict=False)
    may_differ: tuple[str, ...] = Field((), strict=False)  # JSON fields that agreement ignores
    may_differ_under_load: tuple[str, ...] = Field((), strict=False)  # and those that it ignores under load only
    may_refuse: bool = False  # whether the fix may turn away what slow serves: the measures say how much of it
    takes_ms: dict[str, Positive] = {}  # what requests of a name wait for, on every side
    every_ms: dict[str, Positive] = {}  # from one of a name, or of the "jobs", to the next: no side can do more
    incident: Incident | None = None
    checks: tuple[Check, ...] = Field((), strict=False)
    cores: int = 1  # how many it needs
    needs: tuple[Literal["postgres", "upstream"], ...] = Field((), strict=False)  # the services it needs
    hints: tuple[str, ...] = Field((), strict=False)

    @property
    def ready(self) -> bool:
        return bool(self.measures)

    @property
    def shown(self) -> Measure:
        """The measure that pictures and predictions are about: the one about latency, where there is one."""
        return next((one for one in self.measures if one.kind.percentile), self.measures[0])

    @property
    def is_profiled(self) -> bool:
        """Whether its picture needs to know where the time goes."""
        return self.picture == "flame"

    @property
    def slug(self) -> str:
        return f"{self.number:02d}_{self.name}"

    @property
    def folder(self) -> Path:
        return self.root / "labs" / self.slug

    @property
    def solution(self) -> Path:
        return self.root / "solutions" / self.slug

    @property
    def is_about_load(self) -> bool:
        """Whether the learner mends the load test, and the site is the same on every side."""
        return "traffic.py" in self.files

    def scenario(self, fix: Path | None) -> Path:
        """The locustfile that drives a side with this fix."""
        if not self.is_about_load:
            return self.folder / "traffic.py"
        return fix or self.slow_source

    @property
    def slow_source(self) -> Path:
        """The code that the learner starts from."""
        return self.root / "app" / ("load_tests" if self.is_about_load else "parts") / f"{self.name}.py"

    @property
    def notebook(self) -> Path:
        return self.root / "notebooks" / f"{self.slug}.ipynb"

    def results(self, ending: str) -> Path:
        """Progress is kept by name, so that a renumbered course strands nobody."""
        return self.root / "results" / f"{self.name}{ending}"

    def fix(self, side: Side) -> Path | None:
        """Where a side's fix is: a file, or the folder where the lab has several."""
        if side == "slow":
            return None
        folder = self.folder if side == "yours" else self.solution
        return folder if len(self.files) > 1 else folder / self.files[0]

    def tempting(self) -> list[Path]:
        """Plausible fixes that are wrong: the judge must reject them."""
        return sorted(self.solution.glob("tempting_*"))

    def others(self) -> list[Path]:
        """Good fixes that are not ours: the judge must accept them."""
        return sorted(self.solution.glob("other_*"))
