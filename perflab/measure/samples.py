"""What a round leaves behind: every response, and what the server used to give it."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, NamedTuple

from pydantic import BeforeValidator, PlainSerializer, PlainValidator

SETTLE_S = 0.5  # requests sent this shortly before an incident may still be under way when it strikes


Figure = Annotated[float, BeforeValidator(lambda value: math.nan if value is None else value)]
"""A number that may be NaN. JSON has no NaN: there it is null."""


class Response(NamedTuple):
    """One request and its response. Times are in seconds from the start of the round."""

    key: str  # the user, and which of its requests this is: the same on every side in one round
    name: str  # the scenario's name for the request, e.g. "/ping"
    intended_start_s: float  # when it should have been sent
    latency_ms: float  # from then until the last byte of the response
    status: int  # 0: there was no response
    size_bytes: int
    worker: int  # the id of the process that responded; 0 where it did not say
    body: str  # digest of status, media type and body; "" where there was none, or it was streaming
    retry_after: bool = False  # whether it has a Retry-After header
    invalid: bool = False  # whether the scenario called `response.failure` on it
    location: str = ""  # of a 202: the path, from its Location header, where the result is to be asked for
    first_byte_ms: float = 0.0  # from the intended start until its body began to come; 0 where that was not noted

    @property
    def user(self) -> str:
        """The scenario's class of users that sent it, e.g. "Member"."""
        return self.key.partition(":")[0]

    @property
    def client(self) -> str:
        """The one user that sent it, e.g. "Member:0"."""
        return self.key.partition("/")[0]

    @property
    def failed(self) -> bool:
        """Whether there was no response, an error of the server (5xx), or a rejection."""
        return self.status == 0 or self.status >= 500 or self.rejected

    @property
    def rejected(self) -> bool:
        """Whether it is a 429 or 503 that says when to try again (RFC 9110, 10.2.3; RFC 6585, 4)."""
        return self.status in (429, 503) and self.retry_after

    @property
    def refused_for_good(self) -> bool:
        """Whether it is a client error (4xx), and none that says to try again."""
        return 400 <= self.status < 500 and self.status not in (408, 429)

    @property
    def done_s(self) -> float:
        """When its last byte came, in seconds from the start of the round."""
        return self.intended_start_s + self.latency_ms / 1000


class Quota(NamedTuple):
    """A rate limit: what one client may be given at most, in any window of this length."""

    limit: int
    window_s: float


class Call(NamedTuple):
    """A call of a side to another service. Times are in seconds from the start of the round."""

    what: str  # the endpoint and its key, e.g. "weather/17"
    from_s: float
    to_s: float

    @property
    def whom(self) -> str:
        """The endpoint that was called, e.g. "weather"."""
        return self.what.partition("/")[0]

    @property
    def about(self) -> str:
        """The key that it was called with, e.g. "17"."""
        return self.what.partition("/")[2]


class Stream(NamedTuple):
    """What a response without an end said, while somebody listened for so many seconds."""

    key: str
    name: str
    status: int  # 0: there was no response
    media: str
    events: tuple[str, ...]
    ended: bool  # whether the server ended it

    @property
    def form(self) -> str:
        """Its status and media type."""
        return f"{self.status} {self.media}"

    @property
    def in_words(self) -> str:
        """How much it said, and whether it goes on."""
        return f"{len(self.events)} events, and {'then its end' if self.ended else 'more to come'}"


class Collected(NamedTuple):
    """What there was, afterwards, at the place that the response to an accepted request had named."""

    key: str  # of that request
    name: str  # of that request
    status: int  # 202: not yet; 0: there was no response
    body: str  # digest of status, media type and body

    @property
    def good(self) -> bool:
        """Whether it is the result."""
        return self.status == 200


class ProcessUsage(NamedTuple):
    """What one process of a tree had used by one moment."""

    cpu_s: float
    rss_mib: float


class Usage(NamedTuple):
    """What a process tree had used by one moment."""

    cpu_s: float
    rss_mib: float
    pids: tuple[int, ...]
    stopped: bool = False  # whether a signal had stopped a process of it
    piped_mib: float | None = None  # read and written by calls: half of both. None where the system does not count it
    by_process: Mapping[int, ProcessUsage] = {}


class Frame(NamedTuple):
    """A function on a stack."""

    function: str
    place: str  # its file, relative to the course or to its package
    ours: bool  # whether it is the part's or the fix's, and not a library's


def _stacks(rows: Any) -> dict[tuple[Frame, ...], int]:
    """Stacks read from JSON, whose keys are strings only: there they are pairs of a stack and its count."""
    return rows if isinstance(rows, dict) else {tuple(Frame(*frame) for frame in stack): count for stack, count in rows}


Stacks = Annotated[
    dict[tuple[Frame, ...], int], PlainSerializer(lambda stacks: list(stacks.items())), PlainValidator(_stacks)
]


@dataclass(frozen=True)
class Profile:
    """Which stacks a profiler saw, outermost frame first, and in how many of its samples."""

    by: str  # "py-spy", or "pyinstrument" where the server had to sample itself
    stacks: Stacks

    @property
    def count(self) -> int:
        """How many samples the profiler took."""
        return sum(self.stacks.values())

    def shares(self) -> list[tuple[Frame, float, float]]:
        """Each function with two shares of all samples: those that have it on the stack, and those at its top.

        The function that is most often at the top comes first.
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
    """The conditions of a round: how the load generator fared, and what else happened on the machine."""

    cpu_share: float  # of one core, what the load generator used
    late_share: float  # of the arrivals, those sent more than 20 ms late
    stolen_share: float = 0.0  # of the machine's time, what its host gave to others (steal)
    others_cores: float = 0.0  # cores that processes outside this run kept busy
    ours_cores: float = 0.0  # cores that the sides then driven, services and load generator kept busy
    cores: int = 2  # of the machine
    swapped: bool = False  # whether memory was read back from disk
    idle_side_cores: Mapping[str, float] = {}  # cores that each idle side kept busy
    stray_requests: Mapping[str, int] = {}  # requests to each idle side that is a single process, and so can count them
    tampered: str = ""  # what another process did to the side's processes
    hidden_mib: float = 0.0  # by which shared memory, at its peak, and files grew that are in no process's account


@dataclass
class Samples:
    """One side, driven for one round. Moments are in seconds from its start."""

    seconds: float
    responses: list[Response]
    conditions: Conditions = field(default_factory=lambda: Conditions(0.0, 0.0))
    bodies: dict[str, str] = field(default_factory=dict)  # digest to excerpt, for showing
    before: Usage | None = None  # as the load began
    until: Usage | None = None  # as the incident struck, or the load ended
    after: Usage | None = None  # as the last response was in
    incident_s: float | None = None
    incident: str = ""  # what happened then, as charts name it
    deployed_s: float | None = None  # from the deploy until new connections had the new release, where there was one
    old_workers: set[int] = field(default_factory=set)  # the processes that were there before the deploy
    exit_s: float | None = None  # from SIGTERM to the end of the process, where the incident was a termination
    stopped_cleanly: bool | None = None  # whether the lifespan's shutdown ran to its end then
    persisted: int | None = None  # how much it says it persisted then
    abandoned: int = 0  # requests of visitors who left before the end of the response: not among the responses
    streams: list[Stream] = field(default_factory=list)  # what was listened to
    rates: dict[str, float] = field(default_factory=dict)  # visits per second of users whose rates follow the machine
    rough: int = 0  # rough requests that the server had before the round
    refused: list[tuple[str, int]] = field(default_factory=list)  # bad requests, and the status of each response
    served: int | None = None  # how many responses the server says it gave
    jobs: list[float] = field(default_factory=list)  # when each job was done, from the ledgers
    attempts: dict[str, int] = field(default_factory=dict)  # by job: how often it was begun, where each kills a process
    frozen: list[int] = field(default_factory=list)  # the processes whose event loop hangs, or hung until they ended
    outside: list[float] = field(default_factory=list)  # when those were done that a service did
    outside_cpu_s: float = 0.0  # that the services used which do jobs for the sides
    collected: list[Collected] = field(default_factory=list)  # the results that were asked for afterwards
    back_s: float | None = None  # when it served again, where the incident was that it was killed
    stalls: list[tuple[float, float]] = field(default_factory=list)  # from when to when the server stalled
    blocked: dict[int, list[tuple[float, float]]] = field(default_factory=dict)  # by process: when its loop stood still
    memory: list[tuple[float, float]] = field(default_factory=list)  # moments, and MiB resident then
    lifetimes: dict[int, tuple[float, float]] = field(default_factory=dict)  # by process: first and last look at it
    resident: dict[int, list[tuple[float, float]]] = field(default_factory=dict)  # by process: as `memory`
    memory_limit_mib: float | None = None  # of the whole tree, where the lab has one
    killed: dict[int, float] = field(default_factory=dict)  # by process: when it was killed, for the tree was over it
    sessions: list[tuple[float, int]] = field(default_factory=list)  # moments, and database sessions then
    listeners: list[tuple[float, int]] = field(default_factory=list)  # moments, and how many listened of those who came
    calls: list[Call] = field(default_factory=list)  # that the side made to other services
    quota: Quota | None = None  # of each user
    opened: int | None = None  # connections to a service, since the load began
    profile: Profile | None = None  # of the warm-up before, so that it costs the round nothing

    def select(self, name: str | None) -> list[Response]:
        """The responses to requests of this name, or of this class of users; all of them for None."""
        return [response for response in self.responses if name is None or name in (response.name, response.user)]

    def before_incident(self) -> "Samples":
        """The part of the round that the incident cannot have affected; the whole round where there was none."""
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
        """The ids of the processes that responded."""
        return {response.worker for response in self.responses if response.worker}


def names(responses: Iterable[Response]) -> list[str]:
    """The names of requests, in order of first appearance."""
    return list(dict.fromkeys(response.name for response in responses))
