"""One lab, measured and judged. `run` reads like the summary of the course."""

import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import NoReturn, Protocol

from perflab.course.lab import Lab, Measure, Side
from perflab.judge import agreement, fairness, rule
from perflab.judge.agreement import Difference
from perflab.judge.errors import Broken, Lacking, Missing
from perflab.judge.rule import Outcome, Ruling, Score
from perflab.measure import metrics
from perflab.measure.machine import cores
from perflab.measure.samples import Samples

UNTOUCHED_ROUNDS = 3
OURS: tuple[Side, ...] = ("slow", "reference")
AUDITED = 20  # visits: if one in four answers is wrong, all of these are right with a probability of 0.3 %


class Bench(Protocol):
    """What an experiment needs of the world."""

    def start(self, side: Side) -> list[str]:
        """Starts a side, and what it needs, and returns the names its fix brings. Raises Broken, and Missing."""

    def stop(self, side: Side) -> None:
        """Ends a side and everything it started."""

    def warm_up(self, side: Side, seed: int) -> None:
        """Drives a side for a moment, so that pools are full and caches warm."""

    def visit(self, side: Side, seed: int, again: Sequence[str] = ()) -> Samples:
        """Asks a side at leisure, for its answers: the first visits of each user, or some of a round once more."""

    def error(self, side: Side) -> list[str]:
        """The last error that a side printed, line by line; empty where it printed none."""

    def check(self, name: str, side: Side) -> str | None:
        """Runs one mechanism check; returns what was found wanting."""

    def drive(self, side: Side, seed: int, seconds: float | None = None) -> Samples:
        """Drives a side for one round, with the lab's incident if it has one, or for so many seconds. Raises Broken."""


@dataclass
class Round:
    """Every side driven once, in random order, with the same seed."""

    seed: int
    samples: dict[Side, Samples]
    scores: list[Score] = field(default_factory=list)  # one for each measure
    disturbed: str | None = None
    foul: str | None = None  # why yours loses it, whatever its figures are


@dataclass
class Result:
    """A run of a lab, as far as it has come. Listeners see it grow; at the end it is the evidence."""

    lab: Lab
    seed: int
    started: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    seconds: float = 0.0
    phase: str = ""
    outcome: Outcome | None = None
    brings: list[str] = field(default_factory=list)
    rounds: list[Round] = field(default_factory=list)
    difference: Difference | None = None
    broken: Broken | None = None
    lacking: str | None = None  # what a mechanism check found wanting, or what this machine lacks

    @property
    def sides(self) -> list[Side]:
        return list(self.rounds[0].samples) if self.rounds else []

    def scores(self, measure: int) -> list[Score]:
        return [round.scores[measure] for round in self.rounds if round.scores]

    def closed(self, measure: int) -> float:
        """The typical share of the gap that yours closed, over the rounds that count."""
        closed = [score.closed for score in self.scores(measure)]
        return metrics.typical([share for share in closed if not math.isnan(share)])  # void, or lost to foul play

    def typical(self, side: Side, kind: str, of: str | None = None, before_incident: bool = False) -> float:
        """A figure of one side: the median over the rounds."""
        compute = metrics.KINDS[kind].compute
        rounds = [round.samples[side] for round in self.rounds]
        return metrics.typical([compute(one.before_incident() if before_incident else one, of) for one in rounds])

    def figure(self, side: Side, measure: Measure) -> float:
        """A measure of one side: the median over the rounds."""
        return metrics.typical([measure.figure(round.samples[side]) for round in self.rounds])

    @property
    def others_cores(self) -> float:
        """How many cores other programs kept busy, typically."""
        return metrics.typical([one.instrument.others_cores for round in self.rounds for one in round.samples.values()])


Listener = Callable[[Result], None]


def run(
    lab: Lab, bench: Bench, tell: Listener, seed: int | None = None, untouched_rounds: int = UNTOUCHED_ROUNDS
) -> Result:
    """Measures the learner's side of a lab against slow and reference, and judges it.

    A fix that is as shipped is known without load; slow and reference are then driven for `untouched_rounds`, to be
    shown. `tell` hears of every step. Raises whatever the bench does, but for a broken side: that is an outcome.
    """
    result = Result(lab, seed if seed is not None else random.SystemRandom().getrandbits(32))
    begun = time.monotonic()
    try:
        _see_what_is_needed(result)
        _serve(result, bench, tell)
        if not result.brings and not untouched_rounds:
            raise _Settled(Outcome.UNTOUCHED)
        _warm_up(result, bench, tell)
        _agree(result, bench, tell)
        _drive_in_rounds(result, bench, tell, untouched_rounds)
    except _Settled as settled:
        result.outcome = settled.outcome
    except Missing as missing:
        result.lacking, result.outcome = str(missing), Outcome.CANNOT_RUN
    except Broken as broken:
        if broken.side != "yours":
            result.broken, result.outcome = broken, Outcome.UNCLEAR
        elif isinstance(broken, Lacking):
            result.lacking, result.outcome = broken.reason, Outcome.NOT_YET
        else:
            result.broken, result.outcome = broken, Outcome.BROKEN
    finally:
        result.seconds = time.monotonic() - begun
    _say(result, tell, "done")
    return result


class _Settled(Exception):
    """The outcome is known, and there is nothing more to measure."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome


def _say(result: Result, tell: Listener, phase: str) -> None:
    result.phase = phase
    tell(result)


def _see_what_is_needed(result: Result) -> None:
    if (found := cores()) < result.lab.cores:
        raise Missing(f"It needs {result.lab.cores} cores, and this process may use {found}.")


def _serve(result: Result, bench: Bench, tell: Listener) -> None:
    for side in ("slow", "yours", "reference"):
        _say(result, tell, f"starting {side}")
        brings = bench.start(side)
        if side == "yours":
            result.brings = brings
            if not brings:
                bench.stop(side)


def _present(result: Result) -> list[Side]:
    """The sides to measure: an untouched fix is the slow side once more, and need not be."""
    return ["slow", "yours", "reference"] if result.brings else ["slow", "reference"]


def _warm_up(result: Result, bench: Bench, tell: Listener) -> None:
    for side in _present(result):
        _say(result, tell, f"warming up {side}")
        bench.warm_up(side, result.seed)


def _agree(result: Result, bench: Bench, tell: Listener) -> None:
    if result.lab.is_about_load:  # then the sides are asked different things, by design
        return
    _say(result, tell, "comparing answers")
    slow = bench.visit("slow", result.seed)
    for side in reversed(_present(result)[1:]):  # ours first: yours could spoil it
        if difference := agreement.first_difference(slow, bench.visit(side, result.seed), under_load=False):
            if side == "reference":
                raise Broken(side, f"Our own fix answers {difference.request} otherwise than the slow site.", [])
            _differs(result, bench, difference)


def _differs(result: Result, bench: Bench, difference: Difference) -> NoReturn:
    """Ends the run: yours answers otherwise. Where it fails, the learner wants to know of what."""
    error = bench.error("yours") if difference.is_failure else []
    result.difference = replace(difference, error=error)
    raise _Settled(Outcome.WRONG)


def _audit(result: Result, bench: Bench, tell: Listener) -> None:
    """Compares some answers of yours that the slow side had no time for under load: now it has."""
    if result.lab.is_about_load:
        return
    _say(result, tell, "comparing answers given under load")
    open_ones = [
        (round, visit)
        for round in result.rounds
        for visit in agreement.not_compared(round.samples["slow"], round.samples["yours"])
    ]
    chosen = random.Random(result.seed).sample(open_ones, min(AUDITED, len(open_ones)))
    for round in result.rounds:
        if again := [visit for one, visit in chosen if one is round]:
            slow = bench.visit("slow", round.seed, again)
            if difference := agreement.first_difference(slow, round.samples["yours"], under_load=True):
                _differs(result, bench, difference)


def _endure(result: Result, bench: Bench, tell: Listener) -> None:
    """Memory that stays for a few short rounds may have been set aside before; what is kept may not be too old yet.

    Both must do for longer than that.
    """
    if not (seconds := result.lab.endurance_s):
        return
    _say(result, tell, f"driving yours for {seconds:.0f} s more")
    # Not with the warm-up's seed, which would ask for what is kept already.
    samples = bench.drive("yours", result.seed + 1, seconds)
    for measure in result.lab.measures:
        if (measure.kind.of_memory and measure.visible) or measure.kind_name == "untrue":
            values: dict[Side, float] = {"yours": measure.figure(samples)}
            values |= {side: result.figure(side, measure) for side in OURS}
            if rule.judge(measure, values).ruling is Ruling.LOST:
                result.lacking = (
                    f"It did well for {len(result.rounds)} rounds; when it was driven for {seconds:.0f} s on end, "
                    f"{measure.label} came to {measure.in_words(values['yours'])}."
                )
                raise _Settled(Outcome.NOT_YET)


def _check(result: Result, bench: Bench, tell: Listener) -> None:
    """Fast is not enough where speed could have another cause: the mechanism must be there too."""
    for name in result.lab.checks:
        _say(result, tell, f"checking: {name.replace('_', ' ')}")
        if lacking := bench.check(name, "yours"):
            result.lacking = lacking
            raise _Settled(Outcome.NOT_YET)


def _drive_in_rounds(result: Result, bench: Bench, tell: Listener, untouched_rounds: int) -> None:
    order = random.Random(result.seed)
    for number in range(1, rule.ROUNDS_AT_MOST + 1):
        seed = order.getrandbits(32)
        sides = _present(result)
        samples: dict[Side, Samples] = {}
        for side in order.sample(sides, len(sides)):
            _say(result, tell, f"round {number}: driving {side}")
            samples[side] = bench.drive(side, seed)
        round = Round(seed, {side: samples[side] for side in sides})
        result.rounds.append(round)
        if not result.brings:
            if number == untouched_rounds:
                raise _Settled(Outcome.UNTOUCHED)
            continue
        outcome = _judge(result, bench, round)
        if outcome is Outcome.SOLVED:
            _audit(result, bench, tell)
            _endure(result, bench, tell)
            _check(result, bench, tell)
        if outcome:
            raise _Settled(outcome)


def _judge(result: Result, bench: Bench, round: Round) -> Outcome | None:
    slow, yours = round.samples["slow"], round.samples["yours"]
    if not result.lab.is_about_load and (difference := agreement.first_difference(slow, yours, under_load=True)):
        _differs(result, bench, difference)
    instruments = {side: samples.instrument for side, samples in round.samples.items()}
    round.disturbed = fairness.disturbance(instruments)
    handicapped = bool(round.disturbed) and fairness.handicaps(instruments)
    lab = result.lab
    round.foul = fairness.foul(round.samples, lab.may_refuse or lab.is_about_load, lab.takes_ms, lab.every_ms)
    for measure in result.lab.measures:
        values = {side: measure.figure(samples) for side, samples in round.samples.items()}
        round.scores.append(rule.judge(measure, values, bool(round.disturbed), handicapped, bool(round.foul)))
    return rule.verdict([result.scores(index) for index in range(len(result.lab.measures))])
