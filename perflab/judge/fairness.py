"""Whether a round says anything, and whether yours has won it by fair means.

A round is disturbed where the load generator or the machine could not do its part. It is lost whatever its figures are
where your fix did its work at the expense of another side, of other requests, or of the world outside.
"""

from collections.abc import Mapping
from typing import NamedTuple

from perflab.course.lab import Side
from perflab.measure.metrics import percentile
from perflab.measure.samples import Answer, Instrument, Samples, names

BUSY_SHARE = 0.9  # of a core: above it the load generator measures itself
LATE_SHARE = 0.05  # of the arrivals
STOLEN_SHARE = 0.1  # of the machine's time
UNEVEN_SHARE = 0.25  # of all cores: by so much others may keep the machine busier while one side is driven than another
FULL_SHARE = 0.9  # of all cores: above it, others had what this run left them
IDLE_CORES = 0.1  # that a side may use while another one is driven
STRAY_REQUESTS = 3  # that it may be asked meanwhile
NEGLECTED_SHARE = 0.25  # of what the slow side serves in time
AT_ONCE = 8  # that may be done at one moment, of what is done one after the other
HURRIED_SHARE = 0.9  # of the time that something takes: who is done sooner has not waited for it


def disturbance(instruments: Mapping[Side, Instrument]) -> str | None:
    """Why this round says nothing, if the load generator could not do its part: a sentence's end."""
    for side, instrument in instruments.items():
        if instrument.cpu_share > BUSY_SHARE:
            return f"the load generator used {instrument.cpu_share:.0%} of a core while it drove {side}"
        if instrument.late_share > LATE_SHARE:
            return f"{instrument.late_share:.0%} of the requests to {side} were sent late"
        if instrument.stolen_share > STOLEN_SHARE:
            return f"the host took {instrument.stolen_share:.0%} of this machine's time while {side} was driven"
        if instrument.swapped:
            return f"memory was swapped while {side} was driven"
        if instrument.tampered:
            return f"{side} {instrument.tampered} while it was driven, and not by the judge"
        for other, cores in instrument.bystanders.items():
            if cores > IDLE_CORES:
                return f"{other} used {cores:.0%} of a core while {side} was driven"
    busy = max(instruments, key=lambda side: instruments[side].others_cores)
    calm = min(instruments, key=lambda side: _wanted(instruments[side]))
    if _uneven(instruments[busy], instruments[calm]):
        return (
            f"other programs kept {instruments[busy].others_cores:.1f} cores busy while {busy} was driven, "
            f"and {instruments[calm].others_cores:.1f} while {calm} was driven"
        )
    return None


def _wanted(one: Instrument) -> float:
    """How many cores other programs may have wanted: on a full machine, those too that this run took from them.

    So a neighbour who is always there is no unevenness, though a side that uses less itself leaves him more.
    """
    used = one.others_cores + one.ours_cores
    return used if used > FULL_SHARE * one.cores else one.others_cores


def _uneven(busy: Instrument, calm: Instrument) -> bool:
    return busy.others_cores - _wanted(calm) > UNEVEN_SHARE * calm.cores


def handicaps(instruments: Mapping[Side, Instrument]) -> bool:
    """Whether all that disturbed a round was against yours: its load generator tired or late, or others at work."""
    yours = instruments["yours"]
    ours: dict[Side, Instrument] = {side: one for side, one in instruments.items() if side != "yours"}
    return disturbance(ours) is None and not any(_uneven(one, yours) for one in ours.values())


class Neglect(NamedTuple):
    """Requests of one name that the slow side serves in time, and yours does not."""

    name: str
    missed: int
    served: int


def neglected(slow: Samples, yours: Samples) -> Neglect | None:
    """The first name of requests that yours neglects, if it does.

    Where one thing is made quick, another must not pay for it unseen. Yours must give fewer good answers in all, and
    fail or be late with the very requests that the slow side served: so nobody is blamed for chance, nor for turning
    away what the slow side kept waiting in vain.
    """
    served, given = _in_time(slow.before_incident(), slow.incident_s), _in_time(yours, yours.incident_s)
    asked = {answer.key for answer in yours.answers}
    for name in names(served.values()):
        keys = {key for key, answer in served.items() if answer.name == name}
        good = sum(answer.name == name for answer in given.values())
        missed = sum(key in asked and key not in given for key in keys)
        if good < len(keys) * (1 - NEGLECTED_SHARE) and missed > max(2.0, len(keys) * NEGLECTED_SHARE):
            return Neglect(name, missed, len(keys))
    return None


def _in_time(samples: Samples, incident_s: float | None) -> dict[str, Answer]:
    """The good answers that came before the incident, or the end of the round."""
    end_s = samples.seconds if incident_s is None else incident_s
    return {answer.key: answer for answer in samples.answers if not answer.failed and answer.done_s <= end_s}


def hurried(samples: Samples, takes_ms: Mapping[str, float]) -> str | None:
    """What was done sooner than it can have been: a sentence, or None. Who waits for nothing has left the work out."""
    for name, least_ms in takes_ms.items():
        waits_ms = [answer.latency_ms for answer in samples.of(name) if not answer.failed]
        if waits_ms and (quick := percentile(waits_ms, 0.1)) < HURRIED_SHARE * least_ms:
            return f"{name} is answered within {quick:.0f} ms, and what it waits for takes {least_ms:.0f} ms."
    return None


def too_many(samples: Samples, every_ms: Mapping[str, float]) -> str | None:
    """What was done more often than it can be: a sentence, or None. Whoever does has left it out, or out of account."""
    for name, least_ms in every_ms.items():
        good = (answer.done_s for answer in samples.of(name) if not answer.failed)
        done_s = samples.jobs if name == "jobs" else sorted(good)
        span_ms = 1000 * (done_s[-1] - done_s[0]) if done_s else 0.0
        if len(done_s) > AT_ONCE + span_ms / (HURRIED_SHARE * least_ms):
            return (
                f"{len(done_s)} {name} were done within {span_ms:.0f} ms, "
                f"and there can be no more than one every {least_ms:g} ms."
            )
    return None


def foul(
    round: Mapping[Side, Samples],
    may_refuse: bool = False,
    takes_ms: Mapping[str, float] | None = None,
    every_ms: Mapping[str, float] | None = None,
) -> str | None:
    """Why yours loses a round whatever its figures are: a sentence, or None.

    `may_refuse` leaves to the measures what is not served. `takes_ms` is what some requests take on every side, and
    `every_ms` how often what is done one after the other can be done.
    """
    for side, samples in round.items():
        for other, cores in samples.instrument.bystanders.items():
            if cores > IDLE_CORES and other == "yours":
                return f"While {side} was driven, your fix used {cores:.0%} of a core, which {side} then lacked."
            if cores > IDLE_CORES and side == "yours":
                return f"While your fix was driven, {other} used {cores:.0%} of a core: somebody gave it work."
        for other, count in samples.instrument.asked.items():
            if count > STRAY_REQUESTS and side == "yours":
                return f"While your fix was driven, {other} had {count} requests: somebody passed them on."
    if unreal := hurried(round["yours"], takes_ms or {}) or too_many(round["yours"], every_ms or {}):
        return unreal
    if not may_refuse and (found := neglected(round["slow"], round["yours"])):
        return (
            f"Of {found.served} requests to {found.name} that the slow site serves in time, "
            f"your fix refuses {found.missed}, or is late with them."
        )
    return None
