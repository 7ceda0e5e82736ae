"""What a round's samples come to: one number per metric, in the metric's unit."""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from perflab.measure.machine import counts_io
from perflab.measure.samples import Call, Response, Samples, names

UNSEEN_S = 1.0  # before the end of a round: a process that is looked at has been seen since
STILL_S = 0.5  # before the end of a round: a process that answers so late goes on answering
NEVER_S = 100.0  # what counts for a deploy that is not over then
RECOVERED_SHARE = 0.95  # of requests, those with a good response, where a site is well again
FAILED_MS = 10_000.0  # what a failed request counts as, however soon it failed: the scenario's time-out


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of all values do not exceed (nearest rank, no interpolation).

    Raises ValueError if there are no values.
    """
    if not values:
        raise ValueError("a percentile needs at least one value")
    rank = max(1, math.ceil(share * len(values)))
    return sorted(values)[rank - 1]


def waited_ms(stalls: Sequence[tuple[float, float]], seconds: float, share: float) -> float:
    """The longest wait in ms of that share of visitors, had one come each millisecond. At least 1 ms.

    `stalls` are the times, in seconds, from when to when the server stood still.
    """
    waits = [
        max((to_s * 1000 - ms for from_s, to_s in stalls if from_s * 1000 <= ms < to_s * 1000), default=0.0)
        for ms in range(int(seconds * 1000))
    ]
    return max(percentile(waits, share), 1.0)


def latencies_ms(responses: Sequence[Response]) -> list[float]:
    """Latencies in ms from the intended start. A failed request counts as `FAILED_MS` at least."""
    return [max(response.latency_ms, FAILED_MS) if response.failed else response.latency_ms for response in responses]


def first_byte_ms(response: Response) -> float:
    """When the body began to come, in ms from the intended start: at the end of the response where that was not noted.

    A failed request counts as `FAILED_MS` at least.
    """
    return latencies_ms([response])[0] if response.failed else response.first_byte_ms or response.latency_ms


def first_byte_ms_p95(samples: Samples, request: str | None) -> float:
    """The p95 of when bodies began to come, in ms. NaN for no requests."""
    return percentile([first_byte_ms(one) for one in samples.select(request)] or [math.nan], 0.95)


def good(samples: Samples, request: str | None) -> int:
    """How many requests had a good response."""
    return sum(not response.failed for response in samples.select(request))


def responses_per_s(samples: Samples, request: str | None) -> float:
    """Good responses complete within the round, per second. At least a tenth of one a round, so that its log exists."""
    in_time = sum(not response.failed and response.done_s <= samples.seconds for response in samples.select(request))
    return max(in_time, 0.1) / samples.seconds


def kib_per_response(samples: Samples, request: str | None) -> float:
    """KiB of body on the wire, of the mean good response: in a content coding, as it was sent. NaN for none."""
    sizes = [response.size_bytes for response in samples.select(request) if not response.failed]
    return max(statistics.fmean(sizes) / 1024, 0.001) if sizes else math.nan


def failed(samples: Samples, request: str | None) -> float:
    """How many requests failed."""
    return float(sum(response.failed for response in samples.select(request)))


def unanswered(samples: Samples, request: str | None) -> float:
    """How many requests failed without a rejection: no response in time, or an error."""
    return float(sum(response.failed and not response.rejected for response in samples.select(request)))


def rejected(samples: Samples, request: str | None) -> float:
    """How many requests were rejected with Retry-After."""
    return float(sum(response.rejected for response in samples.select(request)))


def over_limit(samples: Samples, request: str | None) -> float:
    """How many requests were admitted beyond the quota, of all users together. NaN where there is no quota.

    A request was counted at some moment between when it was sent and when its response was complete. So two requests
    were surely in one window where the later response came within the window after the earlier request. What is over
    the limit is left out of the windows that follow.
    """
    if samples.quota is None:
        return math.nan
    over = 0
    within: dict[str, list[Response]] = {}
    for response in sorted(samples.select(request), key=lambda one: one.done_s):
        if response.failed or response.refused_for_good:
            continue
        begin_s = response.done_s - samples.quota.window_s
        admitted = [one for one in within.get(response.client, []) if one.intended_start_s >= begin_s]
        if len(admitted) >= samples.quota.limit and response.intended_start_s >= begin_s:
            over += 1
        else:
            admitted.append(response)
        within[response.client] = admitted
    return float(over)


def waits_ms(responses: Sequence[Response]) -> list[float]:
    """How long clients wait for any answer, in ms: a rejection counts as what it takes, no answer as `FAILED_MS`."""
    return [max(one.latency_ms, FAILED_MS) if one.failed and not one.rejected else one.latency_ms for one in responses]


def invalid(samples: Samples, request: str | None) -> float:
    """How many responses the scenario marked as invalid."""
    return float(sum(response.invalid for response in samples.select(request)))


def dropped(samples: Samples, request: str | None) -> float:
    """How many requests failed without a rejection, of those that were due before the incident."""
    end_s = math.inf if samples.incident_s is None else samples.incident_s
    return float(
        sum(
            response.failed and not response.rejected
            for response in samples.select(request)
            if response.intended_start_s < end_s
        )
    )


def jobs(samples: Samples, request: str | None = None) -> float:
    """How many jobs were done. At least a tenth of one, so that its log exists."""
    return max(float(len(samples.jobs)), 0.1)


def poison_refused(samples: Samples, request: str | None) -> float:
    """How many requests were refused for good (4xx), of those whose job was tried and killed a process.

    What is refused untried counts as little as what is never refused: only trying shows which job kills. So no more
    count than jobs were entered as tried, and than processes were seen to end.
    """
    refused = sum(response.refused_for_good for response in samples.select(request))
    return float(min(refused, len(samples.attempts), len(ended_in(samples))))


def ended_in(samples: Samples) -> set[int]:
    """The processes of the tree that were seen, and were gone by the last look."""
    last_s = max((to_s for _, to_s in samples.lifetimes.values()), default=0.0)
    return {pid for pid, (_, to_s) in samples.lifetimes.items() if to_s < last_s}


def attempts(samples: Samples, request: str | None = None) -> float:
    """How often the job was tried that was tried most often, of those that kill the process that tries them."""
    return float(max(samples.attempts.values(), default=0))


def recovery_s(samples: Samples, request: str | None) -> float:
    """Seconds from the incident until requests have good responses again, `RECOVERED_SHARE` of those due from then on.

    Where they never have, it is the rest of the round. NaN where there was no incident.
    """
    if samples.incident_s is None:
        return math.nan
    recovered_s, failures = samples.seconds, 0
    latest_first = sorted(samples.select(request), key=lambda response: -response.intended_start_s)
    for count, response in enumerate(latest_first, 1):
        failures += response.failed
        if failures <= (1 - RECOVERED_SHARE) * count:
            recovered_s = response.intended_start_s
    return max(0.0, recovered_s - samples.incident_s)


def frozen_replaced_share(samples: Samples, request: str | None = None) -> float:
    """Processes that were gone by the last look and had successors, in percent of those whose event loop hung.

    0 where none hung: then none had to be replaced.
    """
    gone, born = ended_in(samples), born_in(samples).keys()
    missing = max(0, len(gone) - len(born))
    replaced = max(0, len(gone & set(samples.frozen)) - missing)
    return 100 * replaced / len(samples.frozen) if samples.frozen else 0.0


def jobs_done_share(samples: Samples, request: str | None) -> float:
    """Jobs done, in percent of the jobs accepted: each good response accepts one. 100 where none was accepted."""
    accepted = good(samples, request)
    return min(100.0, 100 * len(samples.jobs) / accepted) if accepted else 100.0


def outside_share(samples: Samples, request: str | None = None) -> float:
    """Jobs that a service did, in percent of the jobs done. 0 where none was done."""
    return 100 * len(samples.outside) / len(samples.jobs) if samples.jobs else 0.0


def collected_share(samples: Samples, request: str | None) -> float:
    """Results that were there afterwards, in percent of the jobs accepted. 100 where none was accepted.

    An accepted job whose response named no place to ask for its result has none.
    """
    accepted = good(samples, request)
    return 100 * sum(one.good for one in samples.collected) / accepted if accepted else 100.0


def fabricated(samples: Samples, request: str | None = None) -> float:
    """How many responses the load test reports that the server never gave, and waits that no stall of it explains.

    NaN where the server did not say how many it gave.
    """
    if samples.served is None:
        return math.nan
    responses = [response for response in samples.responses if response.status > 0]
    return float(
        max(0, len(responses) - samples.served) + sum(_unexplained(response, samples.stalls) for response in responses)
    )


def _unexplained(response: Response, stalls: Sequence[tuple[float, float]]) -> bool:
    """Whether the server spent most of a wait neither in a stall nor on the requests that came during one."""
    ends = ((from_s, to_s + (to_s - from_s) / 2) for from_s, to_s in stalls)
    explained_s = sum(
        max(0.0, min(response.done_s, to_s) - max(response.intended_start_s, from_s)) for from_s, to_s in ends
    )
    waited_s = response.latency_ms / 1000
    return waited_s - explained_s > 0.02 + waited_s / 2


def blocked_ms(samples: Samples, request: str | None = None) -> float:
    """For how many ms event loops stood still while the load ran, in all processes together.

    NaN where a process responded whose loop nobody looked at, or not until the end.
    """
    looked_at = {
        pid for pid, times in samples.blocked.items() if any(to_s > samples.seconds - UNSEEN_S for _, to_s in times)
    }
    if not samples.workers <= looked_at:
        return math.nan
    times = (one for loop in samples.blocked.values() for one in loop)
    return 1000 * sum(max(0.0, min(to_s, samples.seconds) - max(from_s, 0.0)) for from_s, to_s in times)


def longest_gap_s(samples: Samples, request: str | None) -> float:
    """The longest time in s of the round in which no good response came: of the name of requests that waited longest.

    Where one of two routes is answered all the time, and the other is not, it is that of the other. The whole round
    where nothing was answered.
    """
    gaps = [samples.seconds]
    for name in names(samples.select(request)):
        done_s = sorted(min(one.done_s, samples.seconds) for one in samples.select(name) if not one.failed)
        gaps.append(max(later - earlier for earlier, later in pairwise([0.0, *done_s, samples.seconds])))
    return max(gaps[1:] or gaps)


def deployed_s(samples: Samples, request: str | None = None) -> float:
    """Seconds from the deploy until only the new release answered, also on kept connections. NaN without a deploy.

    Where an old process still answers as the round ends, it counts as `NEVER_S`.
    """
    if samples.deployed_s is None or samples.incident_s is None:
        return math.nan
    by_old_s = max((one.done_s for one in samples.responses if one.worker in samples.old_workers), default=0.0)
    return NEVER_S if by_old_s > samples.seconds - STILL_S else max(samples.deployed_s, by_old_s - samples.incident_s)


def exit_s(samples: Samples, request: str | None = None) -> float:
    """Seconds from SIGTERM to the end of the server. At least 0.01; NaN where it was not terminated."""
    return math.nan if samples.exit_s is None else max(samples.exit_s, 0.01)


def stopped_cleanly(samples: Samples, request: str | None = None) -> float:
    """1 if the shutdown ran to its end, else 0. NaN where the server was not terminated.

    Where `request` names requests, the shutdown must also have persisted each of them that had a good response.
    """
    if samples.stopped_cleanly is None:
        return math.nan
    if request is None:
        return float(samples.stopped_cleanly)
    responses = samples.select(request)
    persisted = -1 if samples.persisted is None else samples.persisted
    all_persisted = sum(not one.failed for one in responses) <= persisted <= len(responses) + samples.rough
    return float(samples.stopped_cleanly and all_persisted)


def cpu_ms_per_request(samples: Samples, request: str | None = None) -> float:
    """CPU time of the whole process tree in ms per good response, from the first request to the last response.

    NaN where it was not measured, or the server ended in between: its CPU account ended with it.
    """
    if not samples.before or not samples.after or samples.exit_s is not None:
        return math.nan
    used_s = max(samples.after.cpu_s - samples.before.cpu_s, 0.001)
    return used_s * 1000 / max(1, good(samples, request))


def busy_cores(samples: Samples) -> float:
    """How many cores the whole process tree kept busy on average, from the first request to the last response. Or NaN.

    As with `cpu_ms_per_request`, a server that ended has left no account.
    """
    if not samples.before or not samples.after or samples.exit_s is not None:
        return math.nan
    lasted_s = max([samples.seconds, *(one.done_s for one in samples.responses if not one.failed)])
    return (samples.after.cpu_s - samples.before.cpu_s) / lasted_s


def piped_mib_per_request(samples: Samples, request: str | None = None) -> float:
    """MiB that the tree's processes read and wrote by system calls, per good response: half of both together.

    So a byte that one process sends another through a pipe counts once. What is mapped into memory counts nothing, nor
    does what is sent and received on sockets (send(2), recv(2)). NaN where it was not measured, or the server ended.
    """
    before, after = samples.before, samples.after
    if not before or not after or before.piped_mib is None or after.piped_mib is None or samples.exit_s is not None:
        return math.nan
    moved_mib = max(0.0, after.piped_mib - before.piped_mib)
    return moved_mib / max(1, good(samples, request))


def rss_kib_per_request(samples: Samples, request: str | None = None) -> float:
    """Growth of the tree's resident memory in KiB per good response, up to any incident. NaN if unknown.

    It is that of the later half: in the first, what has a bound may still fill up.
    """
    if not samples.before or not samples.until:
        return math.nan
    end_s = samples.incident_s or samples.seconds
    first = [(moment_s, mib) for moment_s, mib in samples.memory if moment_s <= end_s / 2]
    begin_s, begin_mib = first[-1] if first else (0.0, samples.before.rss_mib)
    answered = sum(not one.failed and begin_s < one.done_s <= end_s for one in samples.select(request))
    return (samples.until.rss_mib - begin_mib) * 1024 / max(1, answered)


def rss_mib(samples: Samples, request: str | None = None) -> float:
    """Resident memory of the whole tree in MiB as the load ended, or the incident struck. NaN where it is unknown."""
    return samples.until.rss_mib if samples.until else math.nan


def peak_rss_mib(samples: Samples, request: str | None = None) -> float:
    """The most resident memory that the whole tree had at any look, in MiB. NaN where there was no look."""
    return max((mib for _, mib in samples.memory), default=math.nan)


def memory_taken_mib(samples: Samples) -> float:
    """The MiB that the tree's processes have taken, whatever they gave back: each rise from one look to the next.

    A process that was started meanwhile has also taken what it had at the first look.
    """
    born = born_in(samples)
    seen = {pid: [mib for _, mib in looks] for pid, looks in samples.resident.items()}
    rises = (max(0.0, now - before) for mib in seen.values() for before, now in pairwise(mib))
    return sum(rises) + sum(mib[0] for pid, mib in seen.items() if pid in born)


def workers(samples: Samples, request: str | None = None) -> float:
    """How many processes responded. At least a tenth of one, so that its log exists."""
    return max(float(len(samples.workers)), 0.1)


def sessions(samples: Samples, request: str | None = None) -> float:
    """The most database sessions that the side held at any look. NaN where nothing counted them."""
    return float(max((count for _, count in samples.sessions), default=math.nan))


def listeners_left(samples: Samples, request: str | None = None) -> float:
    """How many came to the site's feed, and still listened when all visitors were gone. NaN where nothing counted."""
    return float(samples.listeners[-1][1]) if samples.listeners else math.nan


def by_request(calls: Sequence[Call]) -> list[list[Call]]:
    """The calls grouped by request, in the order in which they began. Calls with the same key belong to one request."""
    requests: dict[str, list[Call]] = {}
    for call in sorted(calls, key=lambda call: call.from_s):
        requests.setdefault(call.about, []).append(call)
    return list(requests.values())


def at_once(calls: Sequence[Call]) -> int:
    """The most of these calls that were under way at one moment. One may begin at the moment when another ends."""
    ends = sorted(moment for call in calls for moment in ((call.to_s, -1), (call.from_s, 1)))
    return max(accumulate((change for _, change in ends), initial=0))


def typical_request(calls: Sequence[Call]) -> list[Call]:
    """The calls of a request of median duration, among those that made the most calls. Empty for no calls."""
    requests = by_request(calls)
    most = max(map(len, requests), default=0)
    full = [request for request in requests if len(request) == most]
    full.sort(key=lambda request: max(call.to_s for call in request) - request[0].from_s)
    return full[len(full) // 2] if full else []


def born_in(samples: Samples) -> dict[int, tuple[float, float]]:
    """The processes of the tree that were not there when the load began: from when to when each was seen."""
    begun_s = min((from_s for from_s, _ in samples.lifetimes.values()), default=0.0)
    return {pid: life for pid, life in samples.lifetimes.items() if life[0] > begun_s}


def started(samples: Samples) -> int:
    """How many processes were started during the round, as far as anything tells.

    Where the part enters each process that works into its ledger, these count too: looks miss what lives briefly.
    """
    return max(len(born_in(samples)), len(samples.jobs))


def processes_started(samples: Samples, request: str | None = None) -> float:
    """How many processes were started for 100 good responses. NaN where nobody looked."""
    if not samples.lifetimes:
        return math.nan
    answered = good(samples, request)
    return 100 * started(samples) / max(1, answered)


def connections(samples: Samples, request: str | None = None) -> float:
    """How many connections the side opened to a service, or a proxy opened to it. NaN where none counts them."""
    return math.nan if samples.opened is None else float(samples.opened)


@dataclass(frozen=True)
class MetricType:
    """A type of metric: how it is computed, its label and unit, and how two of its values compare."""

    compute: Callable[[Samples, str | None], float]
    label: str
    unit: str
    log: bool  # values compare as ratios; otherwise as differences
    more_is_better: bool = False
    digits: int = 0
    percentile: float | None = None  # where the figure is a percentile of latencies: which share

    @property
    def counted_here(self) -> bool:
        """Whether this platform counts what it measures."""
        return self.compute is not piped_mib_per_request or counts_io()

    @property
    def of_memory(self) -> bool:
        """Whether it measures memory."""
        return self.compute in (rss_mib, peak_rss_mib, rss_kib_per_request)

    @property
    def of_growth(self) -> bool:
        """Whether it measures how memory grows."""
        return self.compute is rss_kib_per_request

    @property
    def of_loops(self) -> bool:
        """Whether it measures for how long event loops stand still."""
        return self.compute is blocked_ms

    @property
    def of_listeners(self) -> bool:
        """Whether it counts who listens."""
        return self.compute is listeners_left

    @property
    def of_cpu(self) -> bool:
        """Whether it measures CPU time."""
        return self.compute is cpu_ms_per_request

    @property
    def of_speed(self) -> bool:
        """Whether a load generator that cannot keep up makes the figure worse, and never better."""
        return self.percentile is not None or self.compute in (responses_per_s, first_byte_ms_p95)


def _latency(share: float) -> MetricType:
    return MetricType(
        lambda samples, request: (
            percentile(latencies_ms(samples.select(request)), share) if samples.select(request) else math.nan
        ),
        f"p{share * 100:g}",
        "ms",
        log=True,
        digits=1,
        percentile=share,
    )


METRIC_TYPES: dict[str, MetricType] = {
    "latency_ms_p50": _latency(0.50),
    "latency_ms_p90": _latency(0.90),
    "latency_ms_p95": _latency(0.95),
    "latency_ms_p97.5": _latency(0.975),
    "latency_ms_p99": _latency(0.99),
    "first_byte_ms_p95": MetricType(first_byte_ms_p95, "first byte, p95", "ms", log=True, digits=1),
    "wait_ms_p95": MetricType(
        lambda samples, request: percentile(waits_ms(samples.select(request)) or [math.nan], 0.95),
        "wait for any answer, p95",
        "ms",
        log=False,
    ),
    "responses_per_s": MetricType(responses_per_s, "answers", "/s", log=True, more_is_better=True),
    "kib_per_response": MetricType(kib_per_response, "sent per answer", "KiB", log=True, digits=1),
    "failed": MetricType(failed, "failed requests", "", log=False),
    "unanswered": MetricType(unanswered, "left without an answer", "", log=False),
    "rejected": MetricType(rejected, "refused, and told when to come again", "", log=False),
    "over_limit": MetricType(over_limit, "admitted over the limit", "", log=False),
    "invalid": MetricType(invalid, "answers that were not true", "", log=False),
    "dropped": MetricType(dropped, "requests cut off", "", log=False),
    "recovery_s": MetricType(recovery_s, "time to recover", "s", log=False, digits=1),
    "frozen_replaced_share": MetricType(
        frozen_replaced_share, "hanging workers replaced", "%", log=False, more_is_better=True
    ),
    "jobs_done_share": MetricType(jobs_done_share, "promises kept", "%", log=False, more_is_better=True),
    "outside_share": MetricType(outside_share, "work done outside", "%", log=False, more_is_better=True),
    "collected_share": MetricType(collected_share, "results collected", "%", log=False, more_is_better=True),
    "jobs": MetricType(jobs, "jobs done", "", log=True, more_is_better=True),
    "poison_refused": MetricType(poison_refused, "deadly jobs refused", "", log=False, more_is_better=True),
    "attempts": MetricType(attempts, "processes killed by one job", "", log=False),
    "fabricated": MetricType(fabricated, "answers made up", "", log=False),
    "blocked_ms": MetricType(blocked_ms, "loops stood still", "ms", log=False),
    "longest_gap_s": MetricType(longest_gap_s, "longest time without an answer", "s", log=False, digits=2),
    "deployed_s": MetricType(deployed_s, "until only the new version answers", "s", log=False, digits=1),
    "exit_s": MetricType(exit_s, "time to exit", "s", log=True, digits=1),
    "stopped_cleanly": MetricType(stopped_cleanly, "shutdown ran", "", log=False, more_is_better=True),
    "cpu_ms_per_request": MetricType(cpu_ms_per_request, "CPU per request", "ms", log=True, digits=2),
    "piped_mib_per_request": MetricType(piped_mib_per_request, "copied through pipes", "MiB", log=False, digits=2),
    "rss_mib": MetricType(rss_mib, "memory", "MiB", log=True),
    "peak_rss_mib": MetricType(peak_rss_mib, "peak memory", "MiB", log=True),
    "workers": MetricType(workers, "processes that answer", "", log=True, more_is_better=True),
    "processes_started": MetricType(processes_started, "processes started per 100 answers", "", log=False),
    "connections": MetricType(connections, "connections opened", "", log=False),
    "sessions": MetricType(sessions, "database sessions", "", log=False),
    "listeners_left": MetricType(listeners_left, "listeners left", "", log=False),
    "rss_kib_per_request": MetricType(rss_kib_per_request, "memory kept per request", "KiB", log=False, digits=1),
}


def median(values: Sequence[float]) -> float:
    """The median, which one odd round does not move. NaN for no values."""
    return statistics.median(values) if values else math.nan
