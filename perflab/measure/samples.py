"""What a round leaves behind: every answer as it came, and what the server used to give it."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, NamedTuple

from pydantic import BeforeValidator, PlainSerializer, PlainValidator

SETTLE_S = 0.5  # requests sent in so short a time before an incident may still be on their way when it strikes


Figure = Annotated[float, BeforeValidator(lambda value: math.nan if value is None else value)]
"""A number that may be NaN. JSON has no NaN: there it is null."""


class Response(NamedTuple):
    """One request and its answer. Times are seconds from the start of the round."""

    key: str  # who asked, and which of its requests this is: the same on every side in one round
    name: str  # the scenario's name for the request, e.g. "/ping"
    intended_start_s: float  # when it should have been sent
    latency_ms: float  # from then until the last byte of the answer
    status: int  # 0: there was no answer
    size_bytes: int
    worker: int  # the process that answered; 0 where it did not say
    body: str  # digest of status, media type and body; "" where there was none, or none with an end
    retry_after: bool = False  # whether it came with a Retry-After
    invalid: bool = False  # whether the scenario knows better: it called `response.failure`

    @property
    def user(self) -> str:
        """The scenario's class of users that asked, e.g. "Member"."""
        return self.key.partition(":")[0]

    @property
    def failed(self) -> bool:
        return self.status == 0 or self.status >= 500 or self.rejected

    @property
    def rejected(self) -> bool:
        """Whether it is an honest no: not now, and when to come again (RFC 9110, 10.2.3; RFC 6585, 4)."""
        return self.status in (429, 503) and self.retry_after

    @property
    def done_s(self) -> float:
        return self.intended_start_s + self.latency_ms / 1000


class Call(NamedTuple):
    """What a side asked of another service, and from when to when, in seconds from the start of the round."""

    what: str  # whom, and about what: e.g. "weather/17"
    from_s: float
    to_s: float

    @property
    def whom(self) -> str:
        return self.what.partition("/")[0]

    @property
    def about(self) -> str:
        return self.what.partition("/")[2]


class Usage(NamedTuple):
    """What a process tree had used at one moment."""

    cpu_s: float
    rss_mib: float
    pids: tuple[int, ...]
    stopped: bool = False  # whether a process of it stood still, because of a signal


class Frame(NamedTuple):
    """A function on a stack."""

    function: str
    place: str  # its file, from the top of the course or of its package
    ours: bool  # the part's or the fix's, and not a library's


def _stacks(rows: Any) -> dict[tuple[Frame, ...], int]:
    """Stacks as JSON has them, which knows no keys but texts: pairs of a stack and its count."""
    return rows if isinstance(rows, dict) else {tuple(Frame(*frame) for frame in stack): count for stack, count in rows}


Stacks = Annotated[
    dict[tuple[Frame, ...], int], PlainSerializer(lambda stacks: list(stacks.items())), PlainValidator(_stacks)
]


@dataclass(frozen=True)
class Profile:
    """Which stacks a profiler saw, outermost frame first, and in how many of its samples."""

    by: str  # "py-spy", or "pyinstrument" where the server had to look at itself
    stacks: Stacks

    @property
    def count(self) -> int:
        return sum(self.stacks.values())

    def shares(self) -> list[tuple[Frame, float, float]]:
        """Each function with its share of all samples: those it was in, and those that it was at the top of.

        In order of the latter.
        """
        within: Counter[Frame] = Counter()
        on_top: Counter[Frame] = Counter()
        for stack, count in self.stacks.items():
            for frame in set(stack):
                within[frame] += count
            if stack:
                on_top[stack[-1]] += count
        order = sorted(within, key=lambda frame: (-on_top[frame], frame))
        return [(frame, within[frame] / self.count, on_top[frame] / self.count) for frame in order]


class Conditions(NamedTuple):
    """How the load generator itself fared: it must be neither tired nor late, or its figures are its own."""

    cpu_share: float  # of one core, while it drove
    late_share: float  # of the arrivals, those sent more than 20 ms after their time
    stolen_share: float = 0.0  # of the machine's time, what its host gave to others (steal)
    others_cores: float = 0.0  # cores that processes outside this run kept busy
    ours_cores: float = 0.0  # and those that the side, its services and its load generator did
    cores: int = 2  # that the machine has
    swapped: bool = False  # whether memory was fetched back from disk
    idle_side_cores: Mapping[str, float] = {}  # cores that the sides which were not driven kept busy
    stray_requests: Mapping[str, int] = {}  # requests that those of them had which are one process, and so know it
    tampered: str = ""  # what somebody did to the side's processes meanwhile, from outside


@dataclass
class Samples:
    """One side, driven for one round."""

    seconds: float
    responses: list[Response]
    conditions: Conditions = field(default_factory=lambda: Conditions(0.0, 0.0))
    bodies: dict[str, str] = field(default_factory=dict)  # digest to excerpt, for showing
    before: Usage | None = None  # as the load began
    until: Usage | None = None  # as the incident struck, or the load ended
    after: Usage | None = None  # as the last answer was in
    incident_s: float | None = None
    exit_s: float | None = None  # from SIGTERM to the end of the process, where that was the incident
    stopped_cleanly: bool | None = None  # and whether the lifespan's shutdown ran to its end
    persisted: int | None = None  # what it says that it wrote down then
    abandoned: int = 0  # requests of visitors who went before their answer's end: they are not among the answers
    served: int | None = None  # what the server says that it answered meanwhile
    jobs: list[float] = field(default_factory=list)  # seconds at which a job was done, as the app's ledger has it
    stalls: list[tuple[float, float]] = field(default_factory=list)  # from when to when it says that it stood still
    memory: list[tuple[float, float]] = field(default_factory=list)  # seconds, and MiB resident then
    sessions: list[tuple[float, int]] = field(default_factory=list)  # seconds, and sessions in the database then
    calls: list[Call] = field(default_factory=list)  # that the side made to other services
    opened: int | None = None  # connections to a service, since the load began
    profile: Profile | None = None  # of the warm-up before, so that it costs the round nothing

    def select(self, name: str | None) -> list[Response]:
        """The answers to requests of this name, or of this class of users; all of them for None."""
        return [response for response in self.responses if name is None or name in (response.name, response.user)]

    def before_incident(self) -> "Samples":
        """The part of the round that the incident cannot have touched; the whole round where there was none."""
        if self.incident_s is None:
            return self
        end_s = self.incident_s - SETTLE_S
        return replace(
            self,
            seconds=end_s,
            responses=[response for response in self.responses if response.intended_start_s < end_s],
        )

    @property
    def workers(self) -> set[int]:
        return {response.worker for response in self.responses if response.worker}


def names(responses: Iterable[Response]) -> list[str]:
    """The names of requests, in order of first appearance."""
    return list(dict.fromkeys(response.name for response in responses))
