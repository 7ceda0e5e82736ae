"""Whether the figures of a round count, and whether yours earned them.

A round is disturbed where the load generator or the machine could not do its part. Yours loses it, whatever the figures
are, where the fix worked at the expense of another side, of other requests, or of the world outside. Each reason is one
small function, in `DISTURBANCES` or in `VIOLATIONS`; the learner reads the first that finds something.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from math import log

from perflab.course.lab import Lab, Side
from perflab.measure.metrics import cpu_ms_per_request, latencies_ms, memory_taken_mib, percentile
from perflab.measure.samples import Conditions, Response, Samples, names

BUSY_SHARE = 0.9  # of a core: above it the load generator measures itself
LATE_SHARE = 0.05  # of the arrivals
STOLEN_SHARE = 0.35  # of the machine's time, whichever side was driven
STOLEN_MORE = 0.15  # while one side was driven than while another was
UNEVEN_SHARE = 0.25  # of all cores: how much busier other programs may be while one side is driven than another
FULL_SHARE = 0.9  # of all cores: above it, other programs had only what this run left them
IDLE_CORES = 0.1  # that a side may use while another one is driven
STRAY_REQUESTS = 3  # that it may have meanwhile
STARVED_SHARE = 0.25  # of what the slow side serves in time
AT_ONCE = 8  # that may seem done at one moment, of what is done one after the other
FAILED_MORE, FAILED_SHARE = 2, 0.005  # requests of one name that yours fails, and slow would serve: noise fails none
FAILED_IN_ALL = 3  # the same in all rounds
STANDS_OUT, WAITING_SHARE, FEWEST = 4, 0.3, 10  # a wait that a fix ends: how much longer, what is closed, of how many
STARTED_PER_S, STARTED_TIMES = 3.0, 3  # processes, and how many times more than on another side
LONGER_TIMES, LONGER_MS = 2, 100  # that a p95 may be of what it is elsewhere, and that many more
OURS: tuple[Side, ...] = ("slow", "reference")
UNACCOUNTED_CORES = 0.1  # that other programs may use more beside yours
GROWN_MIB, GROWN_TIMES = 4.0, 3  # by which memory grows in a round, and how many times more than on another side
HIDDEN_MIB = 3.0  # that may appear outside every process, while yours is driven
WORK_MS, SKIPPED_SHARE, SKIPPED = 5.0, 0.3, 2  # a wait that is work, what is left where it is not done, of how many
LEFT_OUT_SHARE = 0.6  # of the CPU time or the memory that the work takes elsewhere: less is not thrift
IMPOSSIBLE_SHARE = 0.9  # of the time that something takes: what is done sooner has not waited for it


# Why a round does not count: the end of a sentence about one side and its conditions.


def tired(side: Side, one: Conditions) -> str | None:
    """The load generator used nearly all of a core: it may have measured itself."""
    if one.cpu_share > BUSY_SHARE:
        return f"the load generator used {one.cpu_share:.0%} of a core while it drove {side}"
    return None


def late(side: Side, one: Conditions) -> str | None:
    """Requests were sent later than intended."""
    return f"{one.late_share:.0%} of the requests to {side} were sent late" if one.late_share > LATE_SHARE else None


def stolen(side: Side, one: Conditions) -> str | None:
    """The host gave this machine's CPU time to others."""
    if one.stolen_share > STOLEN_SHARE:
        return f"the host took {one.stolen_share:.0%} of this machine's time while {side} was driven"
    return None


def swapped(side: Side, one: Conditions) -> str | None:
    """Memory was read back from disk."""
    return f"memory was swapped while {side} was driven" if one.swapped else None


def tampered(side: Side, one: Conditions) -> str | None:
    """Another process did something to the side."""
    return f"{side} {one.tampered} while it was driven, and not by the judge" if one.tampered else None


def not_idle(side: Side, one: Conditions) -> str | None:
    """A side that was not driven was at work."""
    for other, cores in one.idle_side_cores.items():
        if cores > IDLE_CORES:
            return f"{other} used {cores:.0%} of a core while {side} was driven"
    return None


DISTURBANCES: tuple[Callable[[Side, Conditions], str | None], ...] = (tired, late, stolen, swapped, tampered, not_idle)


def disturbance(conditions: Mapping[Side, Conditions]) -> str | None:
    """Why this round does not count: the end of a sentence. None where load generator and machine did their part."""
    for side, one in conditions.items():
        for look in DISTURBANCES:
            if said := look(side, one):
                return said
    most, least = (pick(conditions, key=lambda side: conditions[side].stolen_share) for pick in (max, min))
    if conditions[most].stolen_share - conditions[least].stolen_share > STOLEN_MORE:
        return (
            f"the host took {conditions[most].stolen_share:.0%} of this machine's time while {most} was driven, "
            f"and {conditions[least].stolen_share:.0%} while {least} was driven"
        )
    busy = max(conditions, key=lambda side: conditions[side].others_cores)
    calm = min(conditions, key=lambda side: _wanted(conditions[side]))
    if _uneven(conditions[busy], conditions[calm]):
        return (
            f"other programs kept {conditions[busy].others_cores:.1f} cores busy while {busy} was driven, "
            f"and {conditions[calm].others_cores:.1f} while {calm} was driven"
        )
    return None


def _wanted(one: Conditions) -> float:
    """How many cores other programs may have wanted: on a full machine, also those that this run took from them.

    A neighbour that is always busy is therefore even, although a side that uses less itself leaves it more.
    """
    used = one.others_cores + one.ours_cores
    return used if used > FULL_SHARE * one.cores else one.others_cores


def _uneven(busy: Conditions, calm: Conditions) -> bool:
    return busy.others_cores - _wanted(calm) > UNEVEN_SHARE * calm.cores


def disadvantage(conditions: Mapping[Side, Conditions]) -> bool:
    """Whether all that disturbed a round was against yours: its load generator tired or late, or others at work."""
    yours = conditions["yours"]
    ours: dict[Side, Conditions] = {side: one for side, one in conditions.items() if side != "yours"}
    return disturbance(ours) is None and not any(_uneven(one, yours) for one in ours.values())


def charged(round: Mapping[Side, Samples]) -> Samples:
    """Yours, with the CPU time on its account that nobody accounts for: more than beside the other sides, by a margin.

    A child that nobody waits for leaves none on its parent's account. It may as well have been another program's.
    """
    yours = round["yours"]
    beside = max(round[side].conditions.others_cores for side in ("slow", "reference"))
    extra_s = max(0.0, yours.conditions.others_cores - beside - UNACCOUNTED_CORES) * yours.seconds
    return replace(yours, after=yours.after and yours.after._replace(cpu_s=yours.after.cpu_s + extra_s))


# Why yours loses a round, whatever its figures are: a sentence about a lab and a round of it.

Drives = Mapping[Side, Samples]
"""A round: each side, driven once."""


def takes_cores(lab: Lab, round: Drives) -> str | None:
    """Yours works while another side is driven, or another side while yours is."""
    for side, samples in round.items():
        for other, cores in samples.conditions.idle_side_cores.items():
            if cores > IDLE_CORES and other == "yours":
                return f"While {side} was driven, your fix used {cores:.0%} of a core, which {side} then lacked."
            if cores > IDLE_CORES and side == "yours":
                return f"While your fix was driven, {other} used {cores:.0%} of a core, with no load of its own."
    return None


def passes_requests_on(lab: Lab, round: Drives) -> str | None:
    """Another side has requests while yours is driven."""
    for other, count in round["yours"].conditions.stray_requests.items():
        if count > STRAY_REQUESTS:
            return f"While your fix was driven, {other} had {count} requests that the load did not send."
    return None


def impossibly_fast(lab: Lab, round: Drives) -> str | None:
    """A request was done before what it waits for can have been: the work was left out."""
    for name, least_ms in lab.min_latency_ms.items():
        waits_ms = [response.latency_ms for response in round["yours"].select(name) if not response.failed]
        if waits_ms and (quick := percentile(waits_ms, 0.1)) < IMPOSSIBLE_SHARE * least_ms:
            return f"{name} is answered within {quick:.0f} ms, and what it waits for takes {least_ms:.0f} ms."
    return None


def leaves_work_out(lab: Lab, round: Drives) -> str | None:
    """Far less CPU time is spent on a response than elsewhere, where the work is the point: it was left out."""
    if not lab.keeps_work:
        return None
    spent_ms = {side: cpu_ms_per_request(samples) for side, samples in round.items()}
    least_ms = min(spent_ms[side] for side in OURS)
    if spent_ms["yours"] < LEFT_OUT_SHARE * least_ms:
        return (
            f"Your fix spends {spent_ms['yours']:.1f} ms of CPU time on a response; the work takes {least_ms:.1f} ms."
        )
    return None


def skips_work(visited: Mapping[Side, Samples]) -> str | None:
    """Without load, some requests are answered long before the work that both other sides do for them can be done."""
    took_ms = {side: {one.key: one.latency_ms for one in samples.responses} for side, samples in visited.items()}
    skipped = Counter[str]()
    for one in visited["yours"].responses:
        least_ms = min(took_ms[side].get(one.key, 0.0) for side in OURS)
        skipped[one.name] += least_ms > WORK_MS and one.latency_ms < SKIPPED_SHARE * least_ms
    for name, count in skipped.items():
        if count >= SKIPPED:
            asked = len(visited["yours"].select(name))
            return f"{count} of {asked} requests to {name}, one at a time, are answered before their work can be done."
    return None


def leaves_memory_out(lab: Lab, round: Drives) -> str | None:
    """Far less memory is taken, in all, than elsewhere, where it has a limit: the work that takes it was left out.

    What is given back counts, too: a worker that ends has given back all that it had.
    """
    if lab.memory_limit_mib is None:
        return None
    taken_mib = {side: memory_taken_mib(samples) for side, samples in round.items()}
    least_mib = min(taken_mib[side] for side in OURS)
    if taken_mib["yours"] < LEFT_OUT_SHARE * least_mib:
        return (
            f"The processes of your fix take {taken_mib['yours']:.0f} MiB in all, and the same requests take "
            f"{least_mib:.0f} MiB elsewhere: something else works in place of what takes it."
        )
    return None


def hollow_jobs(lab: Lab, round: Drives) -> str | None:
    """The jobs that a service did for yours cost it far less CPU time than ours: they were entered, and not done."""
    spent_ms = {side: 1000 * one.outside_cpu_s / len(one.outside) for side, one in round.items() if one.outside}
    ours_ms = spent_ms.get("reference", 0.0)
    if (yours_ms := spent_ms.get("yours", ours_ms)) < LEFT_OUT_SHARE * ours_ms:
        return f"Outside, a job of yours takes {yours_ms:.0f} ms of CPU time, and the work takes {ours_ms:.0f} ms."
    return None


def over_capacity(lab: Lab, round: Drives) -> str | None:
    """Something was done more often than it can be: the work was left out, or not counted."""
    for name, least_ms in lab.min_interval_ms.items():
        good = (response.done_s for response in round["yours"].select(name) if not response.failed)
        done_s = round["yours"].jobs if name == "jobs" else sorted(good)
        span_ms = 1000 * (done_s[-1] - done_s[0]) if done_s else 0.0
        if len(done_s) > AT_ONCE + span_ms / (IMPOSSIBLE_SHARE * least_ms):
            return (
                f"{len(done_s)} {name} were done within {span_ms:.0f} ms, "
                f"and there can be no more than one every {least_ms:g} ms."
            )
    return None


def starved(lab: Lab, round: Drives) -> str | None:
    """Requests of one name that the slow side serves in time fail or are late, where the lab may not reject any.

    Speeding up one route must not cost another. Both must be true: yours has fewer good responses in all, and misses
    the very requests that the slow side served. So chance is no violation, nor is rejecting what slow let time out.
    """
    if lab.may_reject or lab.is_about_load:
        return None
    slow, yours = round["slow"], round["yours"]
    served, given = _in_time(slow.before_incident(), slow.incident_s), _in_time(yours, yours.incident_s)
    asked = {response.key for response in yours.responses}
    for name in names(served.values()):
        keys = {key for key, response in served.items() if response.name == name}
        good = sum(response.name == name for response in given.values())
        missed = sum(key in asked and key not in given for key in keys)
        if good < len(keys) * (1 - STARVED_SHARE) and missed > max(2.0, len(keys) * STARVED_SHARE):
            return (
                f"Of {len(keys)} requests to {name} that the slow site serves in time, "
                f"your fix refuses {missed}, or is late with them."
            )
    return None


def starts_processes(lab: Lab, round: Drives) -> str | None:
    """Processes are started for requests, again and again, and on no other side."""
    started = {
        side: len(set(one.lifetimes) - set(one.before.pids if one.before else ())) for side, one in round.items()
    }
    seconds, most = round["yours"].seconds, max(started[side] for side in OURS)
    if started["yours"] >= max(STARTED_PER_S * seconds, STARTED_TIMES * most) and most < STARTED_PER_S * seconds:
        return (
            f"Your fix started {started['yours']} processes in {seconds:g} s, and no other side does that. "
            "Starting one costs more than most requests do: which could stay?"
        )
    return None


def fails(lab: Lab, round: Drives, at_least: int = FAILED_MORE) -> str | None:
    """Requests that the slow side serves fail: more of one name than there, by two and by one in two hundred.

    A rejection counts where the lab may not reject. After an incident only the metrics count.
    """
    if lab.is_about_load:
        return None
    slow, yours = round["slow"].before_incident(), round["yours"].before_incident()
    for name in names(yours.responses):
        asked, there = yours.select(name), slow.select(name)
        failed = [one for one in asked if one.failed and not (lab.may_reject and one.rejected)]
        expected = sum(one.failed for one in there) * len(asked) / len(there) if there else 0.0
        if len(failed) - expected >= max(at_least, FAILED_SHARE * len(asked)):
            [(status, _)] = Counter(str(one.status or "no answer") for one in failed).most_common(1)
            return (
                f"Your fix fails {len(failed)} of {len(asked)} requests to {name} ({status}). The slow site does not."
            )
    return None


def fails_in_all(lab: Lab, rounds: Sequence[Drives]) -> str | None:
    """The same of some rounds together: what each could forgive, all of them do not."""
    if len(rounds) < 2:
        return None
    sides: tuple[Side, ...] = ("slow", "yours")
    parts = {side: [round[side].before_incident() for round in rounds] for side in sides}
    return fails(
        lab,
        {
            side: replace(of[0], responses=[one for part in of for one in part.responses], incident_s=None)
            for side, of in parts.items()
        },
        FAILED_IN_ALL,
    )


def _waits(lab: Lab, round: Drives, whole: bool = False) -> Iterator[tuple[str, dict[Side, list[float]]]]:
    """The latencies on each side, by name of request: where there are enough to tell, and none may be rejected.

    Those before any incident, or of the `whole` round.
    """
    if lab.is_about_load or lab.may_reject:
        return
    drives = round if whole else {side: samples.before_incident() for side, samples in round.items()}
    for name in names(round["slow"].responses):
        waits = {side: latencies_ms(samples.select(name)) for side, samples in drives.items()}
        if min(map(len, waits.values())) >= FEWEST:
            yield name, waits


def _ruled_on(lab: Lab, round: Drives) -> set[str]:
    """The names of the requests whose speed a metric rules on."""
    measured = {metric.request for metric in lab.metrics if metric.type.of_speed}
    return set(names(one for one in round["slow"].responses if measured & {None, one.name, one.user}))


def left_waiting(lab: Lab, round: Drives) -> str | None:
    """Requests of some name wait as on the slow side, although our fix, too, makes them quick.

    The metrics are of one route, and rule on that. What stood in its way may stand in the way of everybody.
    """
    ruled_on = _ruled_on(lab, round)
    for name, waits in _waits(lab, round):
        slow, yours, ours = (percentile(waits[side], 0.75) for side in ("slow", "yours", "reference"))
        if name not in ruled_on and slow > STANDS_OUT * ours and log(slow / yours) < WAITING_SHARE * log(slow / ours):
            return f"{name} still takes {yours:.0f} ms, as on the slow site; with our fix it takes {ours:.0f} ms."
    return None


def kept_waiting(lab: Lab, round: Drives) -> str | None:
    """Some requests wait far longer than on the slow side and with our fix: what others gain, they pay for.

    An incident that strikes others must leave them alone as well.
    """
    after = _waits(lab, round, whole=True) if lab.incident and lab.incident.spares_others else ()
    ruled_on = _ruled_on(lab, round)
    for name, waits in chain(_waits(lab, round), (one for one in after if one[0] not in ruled_on)):
        yours, other = percentile(waits["yours"], 0.95), max(percentile(waits[side], 0.95) for side in OURS)
        if yours > LONGER_TIMES * other + LONGER_MS:
            return f"{name} takes up to {yours:.0f} ms with your fix (p95), and {other:.0f} ms without it."
    return None


def hides_memory(lab: Lab, round: Drives) -> str | None:
    """Memory or files on no process's account appear while yours is driven, where memory is judged.

    They may be another program's: a round like that does not count, so that nobody is accused, and nobody solves by it.
    """
    if not any(metric.type.of_memory for metric in lab.metrics):
        return None
    hidden = {side: samples.conditions.hidden_mib for side, samples in round.items()}
    if hidden["yours"] > HIDDEN_MIB + max(0.0, hidden["slow"], hidden["reference"]):
        return f"{hidden['yours']:.0f} MiB of shared memory or files appeared while yours was driven"
    return None


def grows(round: Drives) -> bool:
    """Whether the memory of yours has grown in a round by far more than that of any other side."""
    grown_mib = {
        side: one.until.rss_mib - one.before.rss_mib if one.before and one.until else 0.0 for side, one in round.items()
    }
    return grown_mib["yours"] > max(GROWN_MIB, GROWN_TIMES * max(grown_mib[side] for side in OURS))


def _in_time(samples: Samples, incident_s: float | None) -> dict[str, Response]:
    """The good responses before the incident, or before the end of the round, by key."""
    end_s = samples.seconds if incident_s is None else incident_s
    return {one.key: one for one in samples.responses if not one.failed and one.done_s <= end_s}


VIOLATIONS: tuple[Callable[[Lab, Drives], str | None], ...] = (
    takes_cores,
    passes_requests_on,
    impossibly_fast,
    leaves_work_out,
    leaves_memory_out,
    hollow_jobs,
    over_capacity,
    starts_processes,
    fails,
    starved,
    left_waiting,
    kept_waiting,
)


def violation(lab: Lab, round: Drives) -> str | None:
    """Why yours loses a round, whatever its figures are: a sentence, or None."""
    return next((said for look in VIOLATIONS if (said := look(lab, round))), None)
