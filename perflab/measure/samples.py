"""What a round leaves behind: every answer as it came, and what the server used to give it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

SETTLE_S = 0.5  # requests sent in so short a time before an incident may still be on their way when it strikes


class Answer(NamedTuple):
    """One request and its answer. Times are seconds from the start of the round."""

    key: str  # who asked, and which of its requests this is: the same on every side in one round
    name: str  # the scenario's name for the request, e.g. "/ping"
    due_s: float  # when it should have been sent
    latency_ms: float  # from then until the last byte of the answer
    status: int  # 0: there was no answer
    size_bytes: int
    worker: int  # the process that answered; 0 where it did not say
    body: str  # digest of status, media type and body; "" where there was none, or none with an end
    retry_after: bool = False  # whether it came with a Retry-After
    untrue: bool = False  # whether the scenario knows better: it called `response.failure`

    @property
    def user(self) -> str:
        """The scenario's class of users that asked, e.g. "Member"."""
        return self.key.partition(":")[0]

    @property
    def failed(self) -> bool:
        return self.status == 0 or self.status >= 500 or self.refused

    @property
    def refused(self) -> bool:
        """Whether it is an honest no: not now, and when to come again (RFC 9110, 10.2.3; RFC 6585, 4)."""
        return self.status in (429, 503) and self.retry_after

    @property
    def done_s(self) -> float:
        return self.due_s + self.latency_ms / 1000


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


@dataclass(frozen=True)
class Profile:
    """Which stacks a profiler saw, outermost frame first, and in how many of its samples."""

    by: str  # "py-spy", or "pyinstrument" where the server had to look at itself
    stacks: dict[tuple[Frame, ...], int]

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

    def as_json(self) -> dict[str, Any]:
        frames = list(dict.fromkeys(frame for stack in self.stacks for frame in stack))
        number = {frame: index for index, frame in enumerate(frames)}
        stacks = [[[number[frame] for frame in stack], count] for stack, count in self.stacks.items()]
        return {"by": self.by, "frames": frames, "stacks": stacks}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Profile":
        frames = [Frame(*row) for row in data["frames"]]
        return cls(data["by"], {tuple(frames[index] for index in stack): count for stack, count in data["stacks"]})


class Instrument(NamedTuple):
    """How the load generator itself fared: it must be neither tired nor late, or its figures are its own."""

    cpu_share: float  # of one core, while it drove
    late_share: float  # of the arrivals, those sent more than 20 ms after their time
    stolen_share: float = 0.0  # of the machine's time, what its host gave to others (steal)
    others_cores: float = 0.0  # cores that processes outside this run kept busy
    ours_cores: float = 0.0  # and those that the side, its services and its load generator did
    cores: int = 2  # that the machine has
    swapped: bool = False  # whether memory was fetched back from disk
    bystanders: Mapping[str, float] = {}  # cores that the sides which were not driven kept busy
    asked: Mapping[str, int] = {}  # requests that those of them had which are one process, and so know it
    tampered: str = ""  # what somebody did to the side's processes meanwhile, from outside


@dataclass
class Samples:
    """One side, driven for one round."""

    seconds: float
    answers: list[Answer]
    instrument: Instrument = field(default_factory=lambda: Instrument(0.0, 0.0))
    bodies: dict[str, str] = field(default_factory=dict)  # digest to excerpt, for showing
    before: Usage | None = None  # as the load began
    until: Usage | None = None  # as the incident struck, or the load ended
    after: Usage | None = None  # as the last answer was in
    incident_s: float | None = None
    exit_s: float | None = None  # from SIGTERM to the end of the process, where that was the incident
    stopped_cleanly: bool | None = None  # and whether the lifespan's shutdown ran to its end
    written_down: int | None = None  # what it says that it wrote down then
    left: int = 0  # requests of visitors who went before their answer's end: they are not among the answers
    served: int | None = None  # what the server says that it answered meanwhile
    jobs: list[float] = field(default_factory=list)  # seconds at which a job was done, as the app's ledger has it
    stalls: list[tuple[float, float]] = field(default_factory=list)  # from when to when it says that it stood still
    memory: list[tuple[float, float]] = field(default_factory=list)  # seconds, and MiB resident then
    sessions: list[tuple[float, int]] = field(default_factory=list)  # seconds, and sessions in the database then
    calls: list[Call] = field(default_factory=list)  # that the side made to other services
    opened: int | None = None  # connections to a service, since the load began
    profile: Profile | None = None  # of the warm-up before, so that it costs the round nothing

    def of(self, name: str | None) -> list[Answer]:
        """The answers to requests of this name, or of this class of users; all of them for None."""
        return [answer for answer in self.answers if name is None or name in (answer.name, answer.user)]

    def before_incident(self) -> "Samples":
        """The part of the round that the incident cannot have touched; the whole round where there was none."""
        if self.incident_s is None:
            return self
        end_s = self.incident_s - SETTLE_S
        return replace(self, seconds=end_s, answers=[answer for answer in self.answers if answer.due_s < end_s])

    @property
    def workers(self) -> set[int]:
        return {answer.worker for answer in self.answers if answer.worker}

    def as_json(self) -> dict[str, Any]:
        return {
            "seconds": self.seconds,
            "incident_s": self.incident_s,
            "instrument": self.instrument._asdict(),
            "usage": [usage and usage._asdict() for usage in (self.before, self.until, self.after)],
            "exit_s": self.exit_s,
            "stopped_cleanly": self.stopped_cleanly,
            "written_down": self.written_down,
            "left": self.left,
            "served": self.served,
            "jobs": self.jobs,
            "stalls": self.stalls,
            "memory": self.memory,
            "sessions": self.sessions,
            "calls": self.calls,
            "opened": self.opened,
            "profile": self.profile and self.profile.as_json(),
            "columns": Answer._fields,
            "answers": self.answers,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Samples":
        before, until, after = (usage and Usage(**{**usage, "pids": tuple(usage["pids"])}) for usage in data["usage"])
        return cls(
            data["seconds"],
            [Answer(*row) for row in data["answers"]],
            Instrument(**data["instrument"]),
            before=before,
            until=until,
            after=after,
            incident_s=data["incident_s"],
            exit_s=data["exit_s"],
            stopped_cleanly=data["stopped_cleanly"],
            written_down=data["written_down"],
            left=data["left"],
            served=data["served"],
            jobs=data["jobs"],
            stalls=[(from_s, to_s) for from_s, to_s in data["stalls"]],
            memory=[(moment_s, rss_mib) for moment_s, rss_mib in data["memory"]],
            sessions=[(moment_s, count) for moment_s, count in data["sessions"]],
            calls=[Call(*row) for row in data["calls"]],
            opened=data["opened"],
            profile=data["profile"] and Profile.from_json(data["profile"]),
        )


def names(answers: Iterable[Answer]) -> list[str]:
    """The names of requests, in order of first appearance."""
    return list(dict.fromkeys(answer.name for answer in answers))
