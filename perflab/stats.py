"""What a round's samples come to: one number per measure, in the measure's unit."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from perflab.samples import Answer, Samples

FAILED_MS = 10_000.0  # what a failed request counts as: the scenario's time-out, however soon it was refused


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of all values do not exceed (nearest rank, no interpolation).

    Raises ValueError for no values: a percentile of nothing is not a number.
    """
    if not values:
        raise ValueError("a percentile needs at least one value")
    rank = max(1, math.ceil(share * len(values)))
    return sorted(values)[rank - 1]


def latencies_ms(answers: Sequence[Answer]) -> list[float]:
    """Latencies from the intended start. A failed request is never fast."""
    return [max(answer.latency_ms, FAILED_MS) if answer.failed else answer.latency_ms for answer in answers]


def answers_per_s(samples: Samples, of: str | None) -> float:
    """Good answers complete within the round, per second. At least a tenth of one, so that its log exists."""
    good = sum(not answer.failed and answer.done_s <= samples.seconds for answer in samples.of(of))
    return max(good, 0.1) / samples.seconds


def failed(samples: Samples, of: str | None) -> float:
    return float(sum(answer.failed for answer in samples.of(of)))


def unanswered(samples: Samples, of: str | None) -> float:
    """Requests that came to nothing without a word: no answer in time, or an error instead of an honest refusal."""
    return float(sum(answer.failed and not answer.refused for answer in samples.of(of)))


def refused(samples: Samples, of: str | None) -> float:
    return float(sum(answer.refused for answer in samples.of(of)))


def untrue(samples: Samples, of: str | None) -> float:
    return float(sum(answer.untrue for answer in samples.of(of)))


def lost(samples: Samples, of: str | None) -> float:
    """Requests sent before the incident that failed, and were not refused: nobody can have told them not to come."""
    end_s = math.inf if samples.incident_s is None else samples.incident_s
    return float(sum(answer.failed and not answer.refused for answer in samples.of(of) if answer.due_s < end_s))


def jobs(samples: Samples, of: str | None = None) -> float:
    """Jobs done. At least a tenth of one, so that its log exists."""
    return max(float(len(samples.jobs)), 0.1)


def kept(samples: Samples, of: str | None) -> float:
    """Jobs done, in percent of the jobs promised: each good answer is a promise. All of none are kept."""
    promised = sum(not answer.failed for answer in samples.of(of))
    return min(100.0, 100 * len(samples.jobs) / promised) if promised else 100.0


def made_up(samples: Samples, of: str | None = None) -> float:
    """Answers that the load test reports and the server never gave."""
    if samples.served is None:
        return math.nan
    return float(max(0, sum(answer.status > 0 for answer in samples.answers) - samples.served))


def exit_s(samples: Samples, of: str | None = None) -> float:
    return math.nan if samples.exit_s is None else max(samples.exit_s, 0.01)


def stopped_cleanly(samples: Samples, of: str | None = None) -> float:
    return math.nan if samples.stopped_cleanly is None else float(samples.stopped_cleanly)


def cpu_ms_per_request(samples: Samples, of: str | None = None) -> float:
    """CPU time of the whole process tree, from the first request to the last answer, over good answers."""
    if not samples.before or not samples.after:
        return math.nan
    used_s = max(samples.after.cpu_s - samples.before.cpu_s, 0.001)
    return used_s * 1000 / max(1, sum(not answer.failed for answer in samples.of(of)))


def rss_kib_per_request(samples: Samples, of: str | None = None) -> float:
    """Growth of the tree's resident memory while the load ran, up to the incident if there is one, per request."""
    if not samples.before or not samples.until:
        return math.nan
    end_s = samples.incident_s or samples.seconds
    answered = sum(not answer.failed and answer.done_s <= end_s for answer in samples.of(of))
    return (samples.until.rss_mib - samples.before.rss_mib) * 1024 / max(1, answered)


def rss_mib(samples: Samples, of: str | None = None) -> float:
    """Resident memory of the whole tree as the load ended, or the incident struck."""
    return samples.until.rss_mib if samples.until else math.nan


def workers(samples: Samples, of: str | None = None) -> float:
    """How many processes answered. At least a tenth of one, so that its log exists."""
    return max(float(len(samples.workers)), 0.1)


def sessions(samples: Samples, of: str | None = None) -> float:
    """The most database sessions that the side held at any of the moments looked at."""
    return float(max((count for _, count in samples.sessions), default=math.nan))


@dataclass(frozen=True)
class Kind:
    """A kind of measure: how it is computed, how it is called, and how two of its values compare."""

    compute: Callable[[Samples, str | None], float]
    label: str
    unit: str
    log: bool  # values compare as ratios; otherwise as differences
    more_is_better: bool = False
    digits: int = 0
    percentile: float | None = None  # where the figure is one of latencies: the share that it is for


def _latency(share: float) -> Kind:
    return Kind(
        lambda samples, of: percentile(latencies_ms(samples.of(of)), share) if samples.of(of) else math.nan,
        f"p{share * 100:.0f}",
        "ms",
        log=True,
        digits=1,
        percentile=share,
    )


KINDS: dict[str, Kind] = {
    "latency_ms_p50": _latency(0.50),
    "latency_ms_p90": _latency(0.90),
    "latency_ms_p95": _latency(0.95),
    "latency_ms_p99": _latency(0.99),
    "answers_per_s": Kind(answers_per_s, "answers", "/s", log=True, more_is_better=True),
    "failed": Kind(failed, "failed requests", "", log=False),
    "unanswered": Kind(unanswered, "left without an answer", "", log=False),
    "refused": Kind(refused, "refused, and told when to come again", "", log=False),
    "untrue": Kind(untrue, "answers that were not true", "", log=False),
    "lost": Kind(lost, "requests cut off", "", log=False),
    "kept": Kind(kept, "promises kept", "%", log=False, more_is_better=True),
    "jobs": Kind(jobs, "jobs done", "", log=True, more_is_better=True),
    "made_up": Kind(made_up, "answers made up", "", log=False),
    "exit_s": Kind(exit_s, "time to exit", "s", log=True, digits=1),
    "stopped_cleanly": Kind(stopped_cleanly, "shutdown ran", "", log=False, more_is_better=True),
    "cpu_ms_per_request": Kind(cpu_ms_per_request, "CPU per request", "ms", log=True, digits=2),
    "rss_mib": Kind(rss_mib, "memory", "MiB", log=True),
    "workers": Kind(workers, "processes that answer", "", log=True, more_is_better=True),
    "sessions": Kind(sessions, "database sessions", "", log=False),
    "rss_kib_per_request": Kind(rss_kib_per_request, "memory kept per request", "KiB", log=False, digits=1),
}


def typical(values: Sequence[float]) -> float:
    """The median: one odd round does not move it. NaN for no values."""
    return median(values) if values else math.nan
