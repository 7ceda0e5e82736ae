"""A lab as declared: what it is about, how it is measured, where its files are. Paths are derived, never declared."""

import math
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from perflab.measure.metrics import FAILED_MS, METRIC_TYPES, MetricType, waited_ms
from perflab.measure.samples import SETTLE_S, Quota, Samples

ROOT = Path(__file__).resolve().parents[2]

Side = Literal["slow", "yours", "reference"]
Chart = Literal[
    "spans", "in_flight", "workers", "timeline", "memory", "sessions", "shutdown", "outcomes", "flame",
    "accepted_vs_done", "waterfall", "success_by_route", "lifetimes", "memory_limit", "admitted",
    "listeners", "sizes", "first_bytes", "cores",
]  # fmt: skip
Check = Literal[
    "a_worker_per_core", "bad_release_refused", "dead_worker_replaced", "killed_workers_replaced",
    "killed_pool_replaced", "hung_worker_replaced", "busy_workers_spared", "workers_leave_in_turn", "hung_request_left",
    "rush_told", "stall_told", "new_comment_shows", "keys_expire", "searches_counted_once", "readers_forgotten",
    "slow_readers_bounded", "codings_told", "names_not_told", "outlasts_proxy", "culprit_named",
]  # fmt: skip
Need = Literal["dask", "postgres", "upstream", "valkey"]
STALL_PACES = (0.65, 0.24, 1.8)  # of a part that stalls: each about 2.7 times the next lower
SCATTER = 2.5  # standard errors of a percentile within which the instrument tells no difference
FEWEST = 250  # requests that a round's percentile is judged by: fewer do not make it vaguer
Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(gt=0, lt=1)]


class _Declared(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Metric(_Declared):
    """What shows the bottleneck: a metric type, over the requests of one name or over all."""

    type_name: str = Field(alias="type")
    request: str | None = None  # the name of the requests it covers, or of their class of users; None for all
    # Either there is a gap to close:
    min_effect: Positive | None = None  # how far slow and reference must be apart: a factor, or a difference
    goal: Annotated[float, Field(gt=0, le=1)] = 0.7  # the share of that gap which solves the lab
    # Or there is something to keep:
    tolerance: Positive | None = None  # how much worse than slow the fix may be: a factor, or a difference
    against_truth: bool = False  # the figure is how far it is from what the server knows: a factor
    before_incident: bool = False  # count only what the lab's incident cannot have affected
    own_label: str = Field("", alias="label")  # what learners read in place of the type's label
    advice_none: str  # while hardly any of the gap is closed
    advice_partial: str  # while some of it is

    @field_validator("type_name")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in METRIC_TYPES:
            raise ValueError(f"There are {', '.join(METRIC_TYPES)}")
        return name

    @model_validator(mode="after")
    def _once(self) -> Self:
        if self.before_incident and self.type_name.startswith("rss"):
            raise ValueError("Memory is measured up to the incident anyhow: remove 'before_incident'")
        if (self.min_effect is None) == (self.tolerance is None):
            raise ValueError("It needs 'min_effect' for a gap to close or 'tolerance' for something to keep, not both")
        if self.against_truth and not self.type.percentile:
            raise ValueError("'against_truth' is known of percentiles only")
        if self.tolerance and self.type.log and self.tolerance <= 1:
            raise ValueError("'tolerance' is a factor here, and must be more than 1")
        return self

    @property
    def type(self) -> MetricType:
        """The metric type that it names."""
        return METRIC_TYPES[self.type_name]

    @property
    def label(self) -> str:
        """What learners read: its own label, or the type's with the name of the requests."""
        return self.own_label or (f"{self.type.label} of {self.request}" if self.request else self.type.label)

    def figure(self, samples: Samples) -> float:
        """The measured figure in the type's unit, or a factor against the truth. NaN where the samples cannot tell."""
        figure = self.type.compute(samples.before_incident() if self.before_incident else samples, self.request)
        if not self.against_truth:
            return figure
        assert self.type.percentile
        if len(samples.select(self.request)) * (1 - self.type.percentile) < 1 - 1e-9:
            return math.nan  # p99 of fewer than a hundred is nothing but the longest wait
        # A load test that is right sends at random moments: how many of them fall on a stall is chance.
        count = max(len(samples.select(self.request)), FEWEST)
        scatter = SCATTER * math.sqrt(self.type.percentile * (1 - self.type.percentile) / count)
        shares = (self.type.percentile - scatter, min(1.0, self.type.percentile + scatter))
        least, most = (waited_ms(samples.stalls, samples.seconds, share) for share in shares)
        return max(figure / most, least / figure, 1.0)

    def worse(self, value: float, than: float) -> float:
        """How much worse one figure is than another: a factor, or a difference in the type's unit."""
        worse, better = (than, value) if self.type.more_is_better else (value, than)
        return worse / better if self.type.log else worse - better

    def in_words(self, value: float) -> str:
        """A figure with its unit, as learners read it."""
        if math.isnan(value):
            return "not measured"
        if self.type.percentile and value >= FAILED_MS and not self.against_truth:
            return "no answer"
        if self.against_truth:
            return f"{value:,.1f} times off" if value >= 1.05 else "not off"
        return f"{value:,.{self.type.digits}f} {self.type.unit}".strip()


class Incident(_Declared):
    """Something that happens to a side under load, or to a service that it calls."""

    kind: Literal["reload", "terminate", "kill", "hang", "poison", "freeze"]
    at_s: Positive
    target: str = ""  # the endpoint of a service that hangs until the load is over

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if bool(self.target) != (self.kind == "hang"):
            raise ValueError("A hang needs a 'target', one of the services' endpoints, and nothing else has one")
        return self

    @property
    def ends_side(self) -> bool:
        """Whether the side may be stopped with it, and is then started again for the next round."""
        return self.kind in ("terminate", "poison", "freeze")

    @property
    def spares_others(self) -> bool:
        """Whether it strikes one kind of request only: a site goes on with all the others as before."""
        return self.kind in ("hang", "poison")

    @property
    def begins_cold(self) -> bool:
        """Whether each round begins with a process that has served nothing yet."""
        return self.kind == "terminate"


class Proxy(_Declared):
    """A proxy in front of each side, as a load balancer is. It keeps connections to the side, and is far away."""

    keep_alive_s: Positive  # for how long it keeps one that is idle
    delay_ms: Positive  # from the proxy to the side, and back again


class Lab(_Declared):
    """One lab of the course. A lab that is still to come has no metrics yet."""

    root: Path
    name: str
    number: int
    part: int
    title: str
    question: str
    node_counterpart: str  # its counterpart in the Node course this one answers
    minutes: Annotated[int, Field(gt=0)] = 30
    aim: str = ""  # the goal, in words
    chart: Chart = "spans"
    files: tuple[Literal["fix.py", "gunicorn.conf.py", "locustfile.py"], ...] = Field(("fix.py",), strict=False)
    seconds: Positive = 2.0  # of load in a round
    warm_up_s: Positive = 0.6  # of load before the first round
    # Whether its sides are driven at the same time: where figures are counts, or seconds of waiting, and the load
    # leaves most of the machine idle.
    driven_together: bool = False
    kinds_of_rounds: Annotated[int, Field(gt=0)] = 1  # in turn: the scenario tells them apart by its seed, modulo this
    utilization: dict[str, Share] = {}  # of the slow side, by visits of this user: their rate follows the machine
    soak_s: Positive | None = None  # of load after the rounds, where memory must stay or responses be valid for longer
    metrics: tuple[Metric, ...] = Field((), strict=False)
    ignore_fields: tuple[str, ...] = Field((), strict=False)  # of JSON responses, where they are compared
    ignore_fields_under_load: tuple[str, ...] = Field((), strict=False)  # and those ignored under load only
    may_reject: bool = False  # whether the fix may reject what slow serves: the metrics say how much of it
    quota: Quota | None = None  # how much one user of the scenario may be given
    streams_tell_load: bool = False  # whether its streams say more under load: what the load did
    keeps_work: bool = False  # whether its work is the point, and takes as much CPU time per response on every side
    min_latency_ms: dict[str, Positive] = {}  # what a request of this name waits for, on every side
    min_interval_ms: dict[str, Positive] = {}  # from one request of this name, or one of the "jobs", to the next
    incident: Incident | None = None
    checks: tuple[Check, ...] = Field((), strict=False)
    # A GET whose answer processes compute for the site, `{n}` being any number, and a field of that answer.
    computed: tuple[str, str] | None = Field(None, strict=False)
    long_request: str | None = None  # a GET that takes seconds on every side, and blocks no loop meanwhile
    cores: int = 1  # how many it needs
    memory_limit_mib: Positive | None = None  # of a side's processes together: above it, the largest is killed
    shared_memory_mib: int = 0  # how much its sides may need, where the system has a limit of its own for it
    services: tuple[Need, ...] = Field((), strict=False)  # that its sides call
    proxy: Proxy | None = None  # through which visitors reach its sides
    hints: tuple[str, ...] = Field((), strict=False)

    @field_validator("metrics")
    @classmethod
    def _counted_here(cls, metrics: tuple[Metric, ...]) -> tuple[Metric, ...]:
        """Leaves out the metrics that this platform does not count: the others judge the lab."""
        return tuple(metric for metric in metrics if metric.type.counted_here)

    @model_validator(mode="after")
    def _is_in_time(self) -> Self:
        if self.incident and not SETTLE_S < self.incident.at_s < self.seconds:
            raise ValueError(f"An incident comes after {SETTLE_S} s, and before the {self.seconds} s of load are over")
        return self

    @model_validator(mode="after")
    def _may_be_driven_together(self) -> Self:
        if self.driven_together and (self.services or any(metric.type.of_memory for metric in self.metrics)):
            raise ValueError("Driven together, sides cannot be told apart by their services, or by hidden memory")
        return self

    @property
    def ready(self) -> bool:
        """Whether learners can work on it."""
        return bool(self.metrics)

    @property
    def shown(self) -> Metric:
        """The metric that charts and predictions are about: the first latency with a gap to close, or else the first.

        Raises IndexError where the lab is still to come.
        """
        return next((one for one in self.metrics if one.type.percentile and one.min_effect), self.metrics[0])

    @model_validator(mode="after")
    def _has_what_checks_need(self) -> Self:
        if "outlasts_proxy" in self.checks and not self.proxy:
            raise ValueError("The check 'outlasts_proxy' needs a 'proxy' to outlast")
        if "killed_pool_replaced" in self.checks and not self.computed:
            raise ValueError("The check 'killed_pool_replaced' needs a request that is 'computed'")
        return self

    @property
    def counts_blocked(self) -> bool:
        """Whether it counts for how long event loops stand still."""
        return any(metric.type.of_loops for metric in self.metrics)

    @property
    def counts_listeners(self) -> bool:
        """Whether it counts who listens to a feed of the site."""
        return any(metric.type.of_listeners for metric in self.metrics)

    @property
    def is_against_truth(self) -> bool:
        """Whether the site's own stalls are the truth that a figure is held against."""
        return any(metric.against_truth for metric in self.metrics)

    @property
    def round_kinds(self) -> int:
        """How many kinds of rounds it has, in turn: one for each pace where the site's stalls are the truth."""
        return len(STALL_PACES) if self.is_against_truth else self.kinds_of_rounds

    @property
    def own_gunicorn(self) -> Path:
        """How gunicorn runs the slow side, in a lab about that: elsewhere there is no such file."""
        return self.root / "app" / "parts" / f"{self.name}.conf.py"

    @property
    def is_profiled(self) -> bool:
        """Whether its chart needs a profile."""
        return self.chart == "flame"

    @property
    def slug(self) -> str:
        """Its number and name, as its folders and its notebook have them: e.g. "01_blocked_loop"."""
        return f"{self.number:02d}_{self.name}"

    @property
    def folder(self) -> Path:
        """Its own folder: its declaration, the load test, and the learner's files."""
        return self.root / "labs" / self.slug

    @property
    def solution(self) -> Path:
        """The folder of its fixes: ours, other good ones and tempting ones."""
        return self.root / "solutions" / self.slug

    @property
    def hangs(self) -> str:
        """What hangs in the midst of its rounds: the endpoint of a service, or "" where nothing does."""
        return self.incident.target if self.incident else ""

    @property
    def ends_each_round(self) -> bool:
        """Whether its incident may end a side in each round, which is then started again for the next one."""
        return self.incident is not None and self.incident.ends_side

    @property
    def is_about_load(self) -> bool:
        """Whether the learner's file is the load test, and the site is the same on every side."""
        return "locustfile.py" in self.files

    def scenario(self, fix: Path | None) -> Path:
        """The locustfile that drives a side with this fix."""
        if not self.is_about_load:
            return self.folder / "locustfile.py"
        return fix or self.slow_source

    @property
    def slow_source(self) -> Path:
        """The code that the learner starts from."""
        return self.root / "app" / ("load_tests" if self.is_about_load else "parts") / f"{self.name}.py"

    @property
    def notebook(self) -> Path:
        """Its notebook's file."""
        return self.root / "notebooks" / f"{self.slug}.ipynb"

    def results(self, ending: str) -> Path:
        """Its file of results with this ending, without its number: renumbering the course loses no progress."""
        return self.root / "results" / f"{self.name}{ending}"

    def fix(self, side: Side) -> Path | None:
        """Where a side's fix is: a file, or the folder where the lab has several. None for slow."""
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
