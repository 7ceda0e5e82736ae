"""What a round's samples come to: one number per measure, in the measure's unit."""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from perflab.measure.samples import Call, Response, Samples

FAILED_MS = 10_000.0  # what a failed request counts as: the scenario's time-out, however soon it was refused


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of all values do not exceed (nearest rank, no interpolation).

    Raises ValueError for no values: a percentile of nothing is not a number.
    """
    if not values:
        raise ValueError("a percentile needs at least one value")
    rank = max(1, math.ceil(share * len(values)))
    return sorted(values)[rank - 1]


def waited_ms(stalls: Sequence[tuple[float, float]], seconds: float, share: float) -> float:
    """What that share of all visitors would have waited at most, had one come each millisecond. At least 1 ms."""
    waits = [
        max((to_s * 1000 - ms for from_s, to_s in stalls if from_s * 1000 <= ms < to_s * 1000), default=0.0)
        for ms in range(int(seconds * 1000))
    ]
    return max(percentile(waits, share), 1.0)


def latencies_ms(responses: Sequence[Response]) -> list[float]:
    """Latencies from the intended start. A failed request is never fast."""
    return [max(response.latency_ms, FAILED_MS) if response.failed else response.latency_ms for response in responses]


def responses_per_s(samples: Samples, request: str | None) -> float:
    """Good answers complete within the round, per second. At least a tenth of one, so that its log exists."""
    good = sum(not response.failed and response.done_s <= samples.seconds for response in samples.select(request))
    return max(good, 0.1) / samples.seconds


def failed(samples: Samples, request: str | None) -> float:
    return float(sum(response.failed for response in samples.select(request)))


def unanswered(samples: Samples, request: str | None) -> float:
    """Requests that came to nothing without a word: no answer in time, or an error instead of an honest refusal."""
    return float(sum(response.failed and not response.rejected for response in samples.select(request)))


def rejected(samples: Samples, request: str | None) -> float:
    return float(sum(response.rejected for response in samples.select(request)))


def invalid(samples: Samples, request: str | None) -> float:
    return float(sum(response.invalid for response in samples.select(request)))


def dropped(samples: Samples, request: str | None) -> float:
    """Requests sent before the incident that failed, and were not refused: nobody can have told them not to come."""
    end_s = math.inf if samples.incident_s is None else samples.incident_s
    return float(
        sum(
            response.failed and not response.rejected
            for response in samples.select(request)
            if response.intended_start_s < end_s
        )
    )


def jobs(samples: Samples, request: str | None = None) -> float:
    """Jobs done. At least a tenth of one, so that its log exists."""
    return max(float(len(samples.jobs)), 0.1)


def jobs_done_share(samples: Samples, request: str | None) -> float:
    """Jobs done, in percent of the jobs promised: each good answer is a promise. All of none are kept."""
    promised = sum(not response.failed for response in samples.select(request))
    return min(100.0, 100 * len(samples.jobs) / promised) if promised else 100.0


def fabricated(samples: Samples, request: str | None = None) -> float:
    """Answers that the load test reports and the server never gave, and waits that no stall of the server explains."""
    if samples.served is None:
        return math.nan
    responses = [response for response in samples.responses if response.status > 0]
    return float(
        max(0, len(responses) - samples.served) + sum(_unexplained(response, samples.stalls) for response in responses)
    )


def _unexplained(response: Response, stalls: Sequence[tuple[float, float]]) -> bool:
    """Whether most of a wait was while the server did not stand still, nor was busy with those who came meanwhile."""
    ends = ((from_s, to_s + (to_s - from_s) / 2) for from_s, to_s in stalls)
    explained_s = sum(
        max(0.0, min(response.done_s, to_s) - max(response.intended_start_s, from_s)) for from_s, to_s in ends
    )
    waited_s = response.latency_ms / 1000
    return waited_s - explained_s > 0.02 + waited_s / 2


def exit_s(samples: Samples, request: str | None = None) -> float:
    return math.nan if samples.exit_s is None else max(samples.exit_s, 0.01)


def stopped_cleanly(samples: Samples, request: str | None = None) -> float:
    """Whether the shutdown ran to its end; where `of` names what is to be written down then, only if all of it was."""
    if samples.stopped_cleanly is None:
        return math.nan
    if request is None:
        return float(samples.stopped_cleanly)
    asked = samples.select(request)
    written = -1 if samples.persisted is None else samples.persisted
    told = sum(not response.failed for response in asked) <= written <= len(asked)
    return float(samples.stopped_cleanly and told)


def cpu_ms_per_request(samples: Samples, request: str | None = None) -> float:
    """CPU time of the whole process tree, from the first request to the last answer, over good answers.

    NaN where the server ended in between: its count is gone with it.
    """
    if not samples.before or not samples.after or samples.exit_s is not None:
        return math.nan
    used_s = max(samples.after.cpu_s - samples.before.cpu_s, 0.001)
    return used_s * 1000 / max(1, sum(not response.failed for response in samples.select(request)))


def rss_kib_per_request(samples: Samples, request: str | None = None) -> float:
    """Growth of the tree's resident memory while the load ran, up to the incident if there is one, per request."""
    if not samples.before or not samples.until:
        return math.nan
    end_s = samples.incident_s or samples.seconds
    answered = sum(not response.failed and response.done_s <= end_s for response in samples.select(request))
    return (samples.until.rss_mib - samples.before.rss_mib) * 1024 / max(1, answered)


def rss_mib(samples: Samples, request: str | None = None) -> float:
    """Resident memory of the whole tree as the load ended, or the incident struck."""
    return samples.until.rss_mib if samples.until else math.nan


def workers(samples: Samples, request: str | None = None) -> float:
    """How many processes answered. At least a tenth of one, so that its log exists."""
    return max(float(len(samples.workers)), 0.1)


def sessions(samples: Samples, request: str | None = None) -> float:
    """The most database sessions that the side held at any of the moments looked at."""
    return float(max((count for _, count in samples.sessions), default=math.nan))


def by_request(calls: Sequence[Call]) -> list[list[Call]]:
    """The calls of each request, in the order in which they were made: those about the same belong together."""
    requests: dict[str, list[Call]] = {}
    for call in sorted(calls, key=lambda call: call.from_s):
        requests.setdefault(call.about, []).append(call)
    return list(requests.values())


def at_once(calls: Sequence[Call]) -> int:
    """The most of these calls that were under way at one moment. One may begin in the moment when another ends."""
    ends = sorted(moment for call in calls for moment in ((call.to_s, -1), (call.from_s, 1)))
    return max(accumulate((change for _, change in ends), initial=0))


def typical_request(calls: Sequence[Call]) -> list[Call]:
    """The calls of a request of median length, among those that made the most calls."""
    requests = by_request(calls)
    most = max(map(len, requests), default=0)
    full = [request for request in requests if len(request) == most]
    full.sort(key=lambda request: max(call.to_s for call in request) - request[0].from_s)
    return full[len(full) // 2] if full else []


def connections(samples: Samples, request: str | None = None) -> float:
    """How many connections the side opened to a service while the load ran."""
    return math.nan if samples.opened is None else float(samples.opened)


@dataclass(frozen=True)
class MetricType:
    """A kind of measure: how it is computed, how it is called, and how two of its values compare."""

    compute: Callable[[Samples, str | None], float]
    label: str
    unit: str
    log: bool  # values compare as ratios; otherwise as differences
    more_is_better: bool = False
    digits: int = 0
    percentile: float | None = None  # where the figure is one of latencies: the share that it is for

    @property
    def of_memory(self) -> bool:
        return self.compute in (rss_mib, rss_kib_per_request)

    @property
    def of_speed(self) -> bool:
        """Whether a load generator that cannot keep up makes it worse, and never better."""
        return self.percentile is not None or self.compute is responses_per_s


def _latency(share: float) -> MetricType:
    return MetricType(
        lambda samples, request: (
            percentile(latencies_ms(samples.select(request)), share) if samples.select(request) else math.nan
        ),
        f"p{share * 100:.0f}",
        "ms",
        log=True,
        digits=1,
        percentile=share,
    )


METRIC_TYPES: dict[str, MetricType] = {
    "latency_ms_p50": _latency(0.50),
    "latency_ms_p90": _latency(0.90),
    "latency_ms_p95": _latency(0.95),
    "latency_ms_p99": _latency(0.99),
    "responses_per_s": MetricType(responses_per_s, "answers", "/s", log=True, more_is_better=True),
    "failed": MetricType(failed, "failed requests", "", log=False),
    "unanswered": MetricType(unanswered, "left without an answer", "", log=False),
    "rejected": MetricType(rejected, "refused, and told when to come again", "", log=False),
    "invalid": MetricType(invalid, "answers that were not true", "", log=False),
    "dropped": MetricType(dropped, "requests cut off", "", log=False),
    "jobs_done_share": MetricType(jobs_done_share, "promises kept", "%", log=False, more_is_better=True),
    "jobs": MetricType(jobs, "jobs done", "", log=True, more_is_better=True),
    "fabricated": MetricType(fabricated, "answers made up", "", log=False),
    "exit_s": MetricType(exit_s, "time to exit", "s", log=True, digits=1),
    "stopped_cleanly": MetricType(stopped_cleanly, "shutdown ran", "", log=False, more_is_better=True),
    "cpu_ms_per_request": MetricType(cpu_ms_per_request, "CPU per request", "ms", log=True, digits=2),
    "rss_mib": MetricType(rss_mib, "memory", "MiB", log=True),
    "workers": MetricType(workers, "processes that answer", "", log=True, more_is_better=True),
    "connections": MetricType(connections, "connections opened", "", log=False),
    "sessions": MetricType(sessions, "database sessions", "", log=False),
    "rss_kib_per_request": MetricType(rss_kib_per_request, "memory kept per request", "KiB", log=False, digits=1),
}


def median(values: Sequence[float]) -> float:
    """The median: one odd round does not move it. NaN for no values."""
    return statistics.median(values) if values else math.nan
