"""One lab, measured and judged. `run` reads like the summary of the course."""

import math
import random
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from statistics import median
from typing import NoReturn, Protocol, TypeVar

from perflab.course.lab import Lab, Metric, Side
from perflab.judge import agreement, fairness, rule
from perflab.judge.agreement import Difference
from perflab.judge.errors import CheckFailed, RequirementMissing, SideError
from perflab.judge.rule import Outcome, Ruling, Score
from perflab.measure import metrics
from perflab.measure.machine import cores, shared_memory_missing
from perflab.measure.samples import Samples, names

UNTOUCHED_ROUNDS = 3
OURS = fairness.OURS
SPREADS = {2: 14.3}  # by two rounds: 1 / (2 tan(pi / 90)); twice their spread is enough for three
FILL_S = 8.0  # of load, after which what has a bound is full
FILL_SEED = 500
STILL_GROWS = 0.5  # of what a request leaves behind in the rounds: what has a bound leaves nothing in the end
ROUGH_SEEDS = 1000  # beyond those of every drive: no request of a round has been sent roughly before
ATTEMPTS = 3  # at serving as before
SHARED_MEMORY = "SharedMemory"
LEFT_BEHIND = 50  # objects of a type, after one time: a cache of tasks, or a pool, is full then
FEWER_LEFT = {"Thread": 20, SHARED_MEMORY: 3}
UNHEARD = 20  # tasks that fail, and that nobody awaits: a renewal that the next one replaces is only one
LATE_TIMES = 2  # at serving while teams are late by a little
FAILED = "what it calls failed for a moment"
FAILURES = {  # of services whose failure has a name of its own
    "postgres": "PostgreSQL ended all sessions, as it does when it restarts",
    "valkey": "Valkey failed for a moment",
}
END_ATTEMPTS = 2  # at ending in order
VISITS_COMPARED = 100  # at most, of those that yours has served while the teams that it calls failed
AUDITED = 20  # visits at least: if one response in four is wrong, all of these are right with a probability of 0.3 %
AUDIT_S, AUDITED_AT_MOST = 2.0, 200  # for more of them, where the slow side responds quickly
SILENT_MISSED = 3  # pings
LARGE_BYTES, STUCK_MIB, STUCK_TIMES = 2**20, 10.0, 3  # of a response; kept for readers who read nothing
KEPT = 1.0  # blocks of memory, of each response: a key and a value are two or more
KEPT_VISITS, KEPT_AT_LEAST, KEPT_SEED, KEPT_AGAIN = 60, 30, 800, 3
KEPT_S = 8.0  # seconds of the slow side's time together: a few are made at a time
CROWD, CROWD_AT_LEAST, CROWD_SEED = 6, 3, 900  # visitors at the same moment, of each kind, or fewer where these take
CROWD_S = 1.0  # seconds of the slow side's time together
CROWD_FAILED = 2  # requests more than ours
WORKED, WORK_SEED = 30, 700  # visits, each of which must take its time: one in six may be of the kind that does not
T = TypeVar("T")


class Bench(Protocol):
    """What an experiment needs from the real world."""

    def start(self, side: Side) -> list[str]:
        """Starts a side and the services it needs, and returns the names that its fix overrides.

        Raises SideError and RequirementMissing.
        """

    def stop(self, side: Side) -> None:
        """Ends a side and every process it started."""

    def warm_up(self, sides: Sequence[Side], seed: int) -> None:
        """Drives sides for a moment, so that pools are full and caches warm. Raises SideError."""

    def visit(self, sides: Sequence[Side], seed: int) -> dict[Side, Samples]:
        """Makes the first visits of each user to sides without load, one after the other, and returns the responses.

        Raises SideError.
        """

    def visit_again(self, side: Side, seed: int, keys: Sequence[str], in_turn: bool = False) -> Samples:
        """Repeats the visits with these keys, of the round with that seed, to a side without load.

        They are made a few at a time, or `in_turn`. Returns the responses. Raises SideError.
        """

    def visit_at_once(self, side: Side, seed: int, keys: Sequence[str]) -> Samples:
        """Makes the visits with these keys and that seed all at once, to a side without load. Raises SideError."""

    def error(self, side: Side) -> list[str]:
        """The last error that a side printed, line by line; empty where it printed none."""

    def check(self, name: str, side: Side) -> str | None:
        """Runs one of the lab's checks. Returns what it found, as a sentence, or None."""

    def drive(
        self, side: Side, seed: int, seconds: float | None = None, *, calm: bool = False, listening: int | None = None
    ) -> Samples:
        """Drives a side for one round, or for `seconds`, with the lab's incident if it has one, and not `calm`.

        With `listening`, the streams of that seed's visits are listened to. Raises SideError and RequirementMissing.
        """

    def drive_together(
        self, sides: Sequence[Side], seed: int, *, listening: Mapping[Side, int] = ...
    ) -> dict[Side, Samples]:
        """Drives some sides for one round, at the same time. `listening` has a seed for a side. Raises as `drive`."""

    def be_rough(self, side: Side, seed: int) -> bool:
        """Sends a side what real clients and services do: visitors hang up, calls fail. Raises SideError.

        Returns whether a team that it calls has failed.
        """

    def left_behind(self, side: Side) -> Counter[str]:
        """How many objects of requests and pieces of shared memory a side keeps, by type, and its "process".

        What it does not say is missing.
        """

    def unheard(self, side: Side) -> Counter[str]:
        """The tasks of a side whose errors nobody has heard, by the name of the function that they ran."""

    def may_keep(self, side: Side) -> bool:
        """Whether a side's code may keep something of requests, with nothing in it that bounds that."""

    def kept(self, side: Side, seed: int, keys: Sequence[str]) -> float:
        """How many blocks of memory a side keeps of each response to visits with these keys, and that seed.

        They are made without load. Raises SideError.
        """

    def holding(self, side: Side, seed: int) -> AbstractContextManager[Callable[[], bool] | None]:
        """While the block lasts, a call of a side to another team has no reply; None where it calls none.

        Yields whether its visitor waits on, which takes until that is known. Raises SideError.
        """

    def unserved_in_silence(self, side: Side, seed: int) -> int:
        """How many pings have no answer while a service that a side calls says nothing. Raises SideError."""

    def kept_for_stuck(self, side: Side, seed: int) -> float:
        """How many MiB a side takes for some readers of each request who read nothing. Raises SideError."""

    def visit_late(self, side: Side, seed: int) -> Samples:
        """Makes a few visits to a side while the teams that it calls are late. Raises SideError."""

    def visit_failing(self, side: Side, seed: int) -> Samples:
        """Makes some visits to a side while the teams that it calls fail. Raises SideError."""

    def end(self, side: Side, seed: int) -> str | None:
        """Tells a side to stop under a light load. Returns what it did wrong, as a sentence, or None."""


@dataclass
class Round:
    """Every side driven once with the same seed: in turn, in random order, or all together."""

    seed: int
    samples: dict[Side, Samples]
    scores: list[Score] = field(default_factory=list)  # one for each metric
    disturbed: str | None = None
    violation: str | None = None  # why yours loses it, whatever its figures are
    after: str = ""  # what had gone wrong before it, in words: rough requests


@dataclass
class Result:
    """A run of a lab, as far as it has come. It grows step by step, and at the end it is the record."""

    lab: Lab
    seed: int
    started: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    seconds: float = 0.0
    phase: str = ""
    outcome: Outcome | None = None
    overrides: list[str] = field(default_factory=list)
    rounds: list[Round] = field(default_factory=list)
    difference: Difference | None = None
    error: SideError | None = None  # why a side did not serve, or failed requests
    finding: str | None = None  # what a check found, what this machine lacks, or what disturbed it after the rounds

    @property
    def verdict(self) -> Outcome | None:
        """What the rounds say so far, before anything else that is looked at; None while more of them may tell.

        It is not yet solved either where those after rough requests are lost, whatever came before.
        """
        if self.verdict_after is Outcome.NOT_YET:
            return Outcome.NOT_YET
        return rule.verdict(self.all_scores(), rule.terms(self.lab))

    @property
    def verdict_after(self) -> Outcome | None:
        """What the rounds after rough requests say, taken by themselves."""
        return rule.verdict(self.all_scores(after=True), rule.terms(self.lab))

    @property
    def rounds_won(self) -> bool:
        """Whether its rounds are won, and some of them after rough requests, where a lab has these."""
        return self.verdict is Outcome.SOLVED and bool(self.rounds[-1].after or self.lab.is_about_load)

    def all_scores(self, after: bool = False) -> list[list[Score]]:
        """The scores of each of the lab's metrics, round by round: of all rounds, or of those after rough requests."""
        rounds = [round for round in self.rounds if round.scores and (not after or round.after)]
        return [[round.scores[index] for round in rounds] for index in range(len(self.lab.metrics))]

    @property
    def sides(self) -> list[Side]:
        """The sides that were driven, in the order in which they are shown."""
        return list(self.rounds[0].samples) if self.rounds else []

    def scores(self, metric: int) -> list[Score]:
        """The scores of one of the lab's metrics, round by round."""
        return self.all_scores()[metric]

    def closed(self, metric: int) -> float:
        """The share of the gap that yours closed: the median over the rounds that count. NaN where none counts.

        Where rounds are of several kinds, it is that of the kind in which yours does worst.
        """
        return min((metrics.median(shares) for shares in self._shares(metric) if shares), default=math.nan)

    def beats_reference(self, metric: int) -> bool:
        """Whether yours is ahead of the reference by more than chance: by so many times the spread of its rounds.

        Where rounds are of several kinds, in each kind. Two rounds or three say so of one in ninety equal fixes.
        """
        return all(
            len(shares) >= rule.PLAIN_LEAD
            and metrics.median(shares) - 1 > SPREADS.get(len(shares), 2.0) * (max(shares) - min(shares))
            for shares in self._shares(metric)
        )

    def _shares(self, metric: int) -> list[list[float]]:
        """The shares of the gap that yours closed in the rounds that count, for each kind of rounds."""
        closed, kinds = [score.closed for score in self.scores(metric)], self.lab.round_kinds
        return [[share for share in closed[kind::kinds] if not math.isnan(share)] for kind in range(kinds)]

    def median(self, side: Side, type_name: str, request: str | None = None, before_incident: bool = False) -> float:
        """A figure of one side, in the unit of the metric type: the median over the rounds."""
        compute = metrics.METRIC_TYPES[type_name].compute
        rounds = [round.samples[side] for round in self.rounds]
        return metrics.median([compute(one.before_incident() if before_incident else one, request) for one in rounds])

    def figure(self, side: Side, metric: Metric) -> float:
        """A metric of one side: the median over the rounds."""
        return metrics.median([metric.figure(round.samples[side]) for round in self.rounds])

    @property
    def others_cores(self) -> float:
        """How many cores other programs kept busy: the median over sides and rounds."""
        return metrics.median([one.conditions.others_cores for round in self.rounds for one in round.samples.values()])


OnProgress = Callable[[Result], None]


def run(
    lab: Lab, bench: Bench, on_progress: OnProgress, seed: int | None = None, untouched_rounds: int = UNTOUCHED_ROUNDS
) -> Result:
    """Measures the learner's side of a lab against slow and reference, and judges it.

    It takes no load to know that a fix is as shipped: slow and reference are then driven for `untouched_rounds`, for
    their figures. `on_progress` is called at every step. Raises what the bench raises, except for SideError and
    RequirementMissing, which are outcomes.
    """
    result = Result(lab, seed if seed is not None else random.SystemRandom().getrandbits(32))
    experiment = Experiment(result, bench, on_progress)
    begun = time.monotonic()
    try:
        experiment.check_requirements()
        experiment.serve(untouched_rounds)
        experiment.warm_up()
        experiment.agree()
        experiment.drive_in_rounds(untouched_rounds)
    except _Settled as settled:
        result.outcome = settled.outcome
    except RequirementMissing as missing:
        result.finding, result.outcome = str(missing), Outcome.SKIPPED
    except SideError as error:
        if error.side != "yours":
            result.error, result.outcome = error, Outcome.INCONCLUSIVE
        elif isinstance(error, CheckFailed):
            result.finding, result.outcome = error.reason, Outcome.NOT_YET
        else:
            result.error, result.outcome = error, Outcome.ERROR
    finally:
        result.seconds = time.monotonic() - begun
    experiment.enter_phase("done")
    return result


def round_seeds(lab: Lab, seed: int) -> Iterator[int]:
    """The seeds of the rounds of a run with this seed. Each tells the scenario which kind of round it is."""
    drawn = random.Random(seed)
    for number in count(1):
        one = drawn.getrandbits(32)
        yield one - (one - number) % lab.round_kinds


def _after(went_wrong: str) -> str:
    """What had gone wrong before, as part of a sentence; nothing where nothing had."""
    return f"after {went_wrong}" if went_wrong else ""


class _Settled(Exception):
    """The outcome is known, and there is nothing more to measure."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome


class Experiment:
    """A run of a lab on a bench, step by step. Each step writes into the result, and may settle it."""

    def __init__(self, result: Result, bench: Bench, on_progress: OnProgress) -> None:
        self.result = result
        self.lab = result.lab
        self.bench = bench
        self.on_progress = on_progress
        self.at_leisure = Samples(0.0, [])  # what the slow side answered without load

    def enter_phase(self, phase: str) -> None:
        """Notes the phase that begins, and reports it."""
        self.result.phase = phase
        self.on_progress(self.result)

    def check_requirements(self) -> None:
        """Raises RequirementMissing where this machine cannot show what the lab is about."""
        if (found := cores()) < self.lab.cores:
            raise RequirementMissing(f"It needs {self.lab.cores} cores, and this process may use {found}.")
        if missing := shared_memory_missing(self.lab.shared_memory_mib):
            raise RequirementMissing(missing)

    def serve(self, untouched_rounds: int) -> None:
        """Starts every side. A fix that overrides nothing is untouched, and is stopped again."""
        for side in (*OURS, "yours"):  # ours first: yours could disturb them
            self.enter_phase(f"starting {side}")
            overrides = self.bench.start(side)
            if side == "yours":
                self.result.overrides = overrides
                if not overrides:
                    self.bench.stop(side)
        if not self.result.overrides and not untouched_rounds:
            raise _Settled(Outcome.UNTOUCHED)

    @property
    def sides(self) -> list[Side]:
        """The sides to measure. An untouched fix is the slow side once more, and is left out."""
        return ["slow", "yours", "reference"] if self.result.overrides else ["slow", "reference"]

    def warm_up(self) -> None:
        """Drives each side for a moment before anything counts."""
        self.enter_phase("warming up")
        self.bench.warm_up(self.sides, self.result.seed)

    def agree(self) -> None:
        """Compares the responses of the sides to the same requests, without load."""
        if self.lab.is_about_load:  # then the sides are sent different requests, by design
            return
        self.enter_phase("comparing answers")
        visited = self.bench.visit(self.sides, self.result.seed)
        self.at_leisure = slow = visited["slow"]
        if slow.responses and not any(response.status for response in slow.responses):
            reason = f"None of the first {len(slow.responses)} requests to it was answered."
            raise SideError("slow", reason, self.bench.error("slow"))
        for side in reversed(self.sides[1:]):  # ours first: where it differs as well, the fault is not yours
            other = visited[side]
            difference = (
                agreement.first_difference(slow, other, under_load=False)
                or agreement.stream_difference(slow, other, under_load=False)
                or agreement.collected_difference(slow, other, under_load=False)
                or agreement.unrefused(slow, other)
            )
            if difference:
                if side == "reference":
                    reason = f"Our own fix answers {difference.request} differently from the slow site."
                    raise SideError(side, reason, difference.shown)
                self._settle_as_wrong(difference)

    def drive_in_rounds(self, untouched_rounds: int) -> None:
        """Drives the sides in turn, in rounds of shuffled order, until the rule knows the outcome."""
        order = random.Random(self.result.seed)
        after = ""
        terms = rule.terms(self.lab)
        rounds = range(1, terms.at_most + rule.VOID_AT_MOST + 1)
        for number, seed in zip(rounds, round_seeds(self.lab, self.result.seed), strict=False):
            # Where a side is started again for each round, nothing is left of the rough requests that it met before.
            due = self.lab.ends_each_round if after else rule.one_win_away(self.result.all_scores(), terms)
            if due and not self.lab.is_about_load:
                after = self.be_rough()
            samples = self._drive_round(number, seed, order.sample(self.sides, len(self.sides)), after)
            round = Round(seed, {side: samples[side] for side in self.sides}, after=after)
            self.result.rounds.append(round)
            if not self.result.overrides:
                if number == untouched_rounds:
                    raise _Settled(Outcome.UNTOUCHED)
                continue
            outcome = self.judge(round)
            if outcome is Outcome.SOLVED and not self.result.rounds_won:
                continue  # lost rounds were made up for, and it has met no rough requests yet
            if outcome is Outcome.SOLVED:
                self.confirm(round)
            if outcome is Outcome.NOT_YET:
                self._explain_loss(round)
            if outcome:
                raise _Settled(outcome)

    def _drive_round(self, number: int, seed: int, shuffled: Sequence[Side], after: str) -> dict[Side, Samples]:
        """Drives the sides in turn; or together, where the lab says so, as long as that disturbs no round."""
        listening: dict[Side, int] = {"yours": self.result.seed} if after else {}
        if self.lab.driven_together and not any(one.disturbed for one in self.result.rounds):
            self.enter_phase(f"round {number}: driving all sides")
            return self.bench.drive_together(self.sides, seed, listening=listening)
        samples = {}
        for side in shuffled:
            self.enter_phase(f"round {number}: driving {side}")
            samples[side] = self.bench.drive(side, seed, listening=listening.get(side))
        return samples

    def confirm(self, round: Round) -> None:
        """Looks at what rounds do not show, after the one that was the last."""
        if self.lab.is_about_load:
            self.run_checks()
            return
        with self.bench.holding("yours", self.result.seed) as waits_on:
            self.audit()
            self.check_patience(waits_on)
        self.check_failures()
        self.check_silence()
        self.check_stuck()
        self.check_crowd()
        self.check_kept()
        self.compare_work(round)
        self.check_growth()
        self.soak()
        self.run_checks()
        self.check_end()

    def judge(self, round: Round) -> Outcome | None:
        """Scores a round, metric by metric; returns the outcome of the lab, once it is known."""
        slow, yours = round.samples["slow"], round.samples["yours"]
        if not self.lab.is_about_load:
            ours = round.samples["reference"]  # which has what slow has lost, or had no time for
            difference = (
                agreement.first_difference(slow, yours, under_load=True)
                or agreement.first_difference(agreement.served(ours), yours, under_load=True)
                or agreement.collected_difference(ours, yours, under_load=True)
            )
            if round.after and yours.exit_s is None:  # else its end has ended the streams, too
                difference = difference or agreement.stream_difference(
                    self.at_leisure, yours, under_load=True, may_say_more=self.lab.streams_tell_load
                )
            if difference:
                self._settle_as_wrong(replace(difference, when=_after(round.after)))
        conditions = {side: samples.conditions for side, samples in round.samples.items()}
        round.disturbed = fairness.disturbance(conditions) or fairness.hides_memory(self.lab, round.samples)
        round.violation = fairness.violation(self.lab, round.samples)
        disadvantaged = bool(round.disturbed) and fairness.disadvantage(conditions)
        for metric in self.lab.metrics:
            values = {side: metric.figure(samples) for side, samples in round.samples.items()}
            score = rule.judge(
                metric,
                values,
                bool(round.disturbed),
                disadvantaged,
                bool(round.violation),
                soaked=bool(self.lab.soak_s),
            )
            if score.ruling is Ruling.WON and metric.type.of_cpu:  # what nobody accounts for may be yours
                most = metric.figure(fairness.charged(round.samples))
                if rule.judge(metric, values | {"yours": most}).ruling is Ruling.LOST:
                    score = replace(score, closed=math.nan, ruling=Ruling.VOID)
                    round.disturbed = "other programs used CPU time beside yours that may be its own"
            round.scores.append(score)
        if self.result.verdict is Outcome.NOT_YET and not round.violation:
            self._fill()
        return self.result.verdict

    def _fill(self) -> None:
        """Drives yours on where memory alone loses, until whatever has a bound is full.

        Where it grows no more then, it was only filling up: the rounds are scored by how it grows at last.
        """
        terms = rule.terms(self.lab)
        scores = zip(self.result.all_scores(), self.result.all_scores(after=True), strict=True)
        (lost, *more) = [
            index
            for index, lists in enumerate(scores)
            if Outcome.NOT_YET in (rule.settled(one, terms) for one in lists)
        ]
        metric = self.lab.metrics[lost]
        if more or not metric.type.of_growth:
            return
        self.enter_phase(f"driving yours for {FILL_S:.0f} s more, until what has a bound is full")
        samples = self.bench.drive("yours", self.result.seed + FILL_SEED, FILL_S, calm=True)
        values: dict[Side, float] = {side: self.result.figure(side, metric) for side in OURS}
        at_last = rule.judge(metric, values | {"yours": metric.figure(samples)})
        if at_last.ruling is not Ruling.WON:
            return
        for round in self.result.rounds:
            if round.scores[lost].ruling is Ruling.LOST and not round.violation:
                round.scores[lost] = replace(round.scores[lost], closed=at_last.closed, ruling=Ruling.WON)

    def audit(self) -> None:
        """Compares some responses of yours with what slow answers now: nobody else had time for them under load.

        They are of the rounds after rough requests, and a few of those before.
        """
        self.enter_phase("comparing answers given under load")
        for after, most in ((True, self._audited), (False, self._audited // 4)):
            open_ones = [
                (round, visit)
                for round in self.result.rounds
                if bool(round.after) is after
                for visit in agreement.not_compared(
                    [round.samples["slow"], agreement.served(round.samples["reference"])], round.samples["yours"]
                )
            ]
            chosen = self._some(open_ones, most)
            for round in self.result.rounds:
                if again := [visit for one, visit in chosen if one is round]:
                    self._compare_again(round.samples["yours"], round.seed, again, _after(round.after))

    def _compare_again(self, samples: Samples, seed: int, visits: Sequence[str], when: str) -> None:
        """Compares what yours answered to these visits, of a drive with that seed, with what slow answers now."""
        slow = self.bench.visit_again("slow", seed, visits)
        difference = agreement.first_difference(slow, samples, under_load=True)
        if difference := difference or agreement.collected_difference(slow, samples, under_load=True):
            self._settle_as_wrong(replace(difference, when=when))

    @property
    def _audited(self) -> int:
        """How many visits are audited: as many as the slow side can repeat in a moment."""
        took_s = sum(one.latency_ms for one in self.at_leisure.responses) / 1000
        of_each_s = took_s / max(1, len(agreement.visits(self.at_leisure.responses)))
        return min(AUDITED_AT_MOST, max(AUDITED, int(AUDIT_S / max(of_each_s, 0.001))))

    def _some(self, visits: Sequence[T], most: int) -> list[T]:
        """Some of these visits, drawn by the seed."""
        return random.Random(self.result.seed).sample(visits, min(most, len(visits)))

    def check_patience(self, waits_on: Callable[[], bool] | None) -> None:
        """Whether a visitor waits for ever for a call that has no reply. It is told only where ours has given up."""
        if not waits_on:
            return
        self.enter_phase("waiting until yours gives up a call that has no reply")
        if not waits_on():
            return
        with self.bench.holding("reference", self.result.seed) as ours_waits_on:
            if ours_waits_on and not ours_waits_on():
                self._settle_as_not_yet(
                    "A call to another team had no reply. Our fix gave it up; yours went on waiting, and so did its "
                    "visitor. For how long may a call take?"
                )

    def check_silence(self) -> None:
        """Whether a ping has its answer while a service says nothing: what waits for that, waits beside the loop."""
        missed = self.bench.unserved_in_silence("yours", self.result.seed)
        if missed < SILENT_MISSED or self.bench.unserved_in_silence("reference", self.result.seed) >= SILENT_MISSED:
            return
        self._settle_as_not_yet(
            f"For a moment {' and '.join(map(str.capitalize, self.lab.services))} said nothing. Meanwhile "
            f"{missed} pings had no answer, and with our fix they had. What stands still until there is an answer?"
        )

    def check_stuck(self) -> None:
        """Whether large responses wait in memory for readers who read nothing, as those of ours do not."""
        if max((one.size_bytes for one in self.at_leisure.responses), default=0) < LARGE_BYTES:
            return
        self.enter_phase("some readers read nothing")
        kept_mib = self.bench.kept_for_stuck("yours", self.result.seed)
        if kept_mib < STUCK_MIB or kept_mib < STUCK_TIMES * self.bench.kept_for_stuck("reference", self.result.seed):
            return
        self._settle_as_not_yet(
            f"Some readers read nothing of their responses, as on a line that has gone dead, and your fix kept "
            f"{kept_mib:.0f} MiB for them: much more than ours. What makes more while nobody takes it?"
        )

    def check_failures(self) -> None:
        """Whether failures that are too few to lose a round are too many in all of them."""
        drives = [round.samples for round in self.result.rounds if not round.disturbed]
        if said := fairness.fails_in_all(self.lab, drives):
            self._show_error(said)
            self._settle_as_not_yet(f"In {len(drives)} rounds together: {said}")

    def check_crowd(self) -> None:
        """Whether a few visitors who come at the same moment are all served, as by ours: they are no load."""
        self.enter_phase("a few visitors come at once")
        visits = [visit for kind in self._visits_of_each(CROWD, CROWD_AT_LEAST, CROWD_S) for visit in kind]
        for seed in range(self.result.seed + CROWD_SEED, self.result.seed + CROWD_SEED + END_ATTEMPTS):
            failed, asked = self._failed_at_once("yours", seed, visits)
            if not failed:
                return
        if failed >= CROWD_FAILED + (allowed := self._failed_at_once("reference", seed, visits)[0]):
            said = (
                f"{len(visits)} visitors came at the same moment, and once more, and nobody else. Your fix failed "
                f"{failed} of their {asked} requests, and our fix {allowed or 'none'}. Who is refused on a quiet day, "
                "and why?"
            )
            self._show_error(said)
            self._settle_as_not_yet(said)

    def _failed_at_once(self, side: Side, seed: int, visits: Sequence[str]) -> tuple[int, int]:
        """How many requests of visits at the same moment a side fails, and of how many. They come a second time."""
        asked = [one for _ in range(2) for one in self.bench.visit_at_once(side, seed, visits).responses]
        return sum(one.failed for one in asked), len(asked)

    def _visits_of_each(self, most: int, least: int, seconds: float) -> Iterator[list[str]]:
        """The keys of so many visits of each kind of user, or fewer where slow takes longer for them, one by one."""
        alone_ms: dict[str, list[float]] = {}
        for one in self.at_leisure.responses:
            alone_ms.setdefault(one.user, []).append(one.latency_ms)
        for user, latencies_ms in alone_ms.items():
            in_time = int(seconds * 1000 / max(1.0, median(latencies_ms)))
            yield [f"{user}:0/{number}" for number in range(max(least, min(most, in_time)))]

    def check_kept(self) -> None:
        """Whether yours keeps something of each response, however small, and ours does not.

        A bound of some thousands would not be reached in seconds. So this is about code without any.
        """
        if not self.bench.may_keep("yours"):
            return
        self.enter_phase("counting what yours keeps of each visit")
        seeds = range(self.result.seed + KEPT_SEED, self.result.seed + KEPT_SEED + KEPT_AGAIN)
        for visits in self._visits_of_each(KEPT_VISITS, KEPT_AT_LEAST, KEPT_S):
            kept = min(self.bench.kept("yours", seed, visits) for seed in seeds)
            if kept <= KEPT:
                continue
            if kept - min(self.bench.kept("reference", seed, visits) for seed in seeds) > KEPT:
                self._settle_as_not_yet(
                    f"It did well for {len(self.result.rounds)} rounds. But {KEPT_AGAIN} times there were "
                    f"{len(visits)} visits more, and it kept some {kept:.0f} objects in memory of each. "
                    "What has no bound?"
                )

    def compare_work(self, round: Round) -> None:
        """Compares how long visits take on each side without load, where the work is the point: no visit leaves it out.

        They are visits that no side has had yet, of users whose requests take work.
        """
        if not self.lab.keeps_work:
            return
        self.enter_phase("comparing the work that requests take")
        working = {one.name for one in self.at_leisure.responses if one.latency_ms > fairness.WORK_MS}
        asked = (one for samples in round.samples.values() for one in samples.responses)
        chosen = self._some(agreement.visits(one for one in asked if one.name in working), WORKED)
        visited = {
            side: self.bench.visit_again(side, self.result.seed + WORK_SEED, chosen, in_turn=True)
            for side in self.sides
        }
        if finding := fairness.skips_work(visited):
            self._settle_as_not_yet(finding)

    def check_growth(self) -> None:
        """Drives yours on where its memory grew in each round, and that of no other side: a bound is reached at last.

        Labs that judge memory need no such look.
        """
        if any(metric.type.of_memory for metric in self.lab.metrics):
            return
        if not all(fairness.grows(round.samples) for round in self.result.rounds):
            return
        self.enter_phase(f"driving yours for {FILL_S:.0f} s more, since its memory grows")
        samples = self.bench.drive("yours", self.result.seed + FILL_SEED, FILL_S, calm=True)
        before = median(metrics.rss_kib_per_request(round.samples["yours"]) for round in self.result.rounds)
        if (kept := metrics.rss_kib_per_request(samples)) > STILL_GROWS * before:
            self._settle_as_not_yet(
                f"It did well for {len(self.result.rounds)} rounds, and its memory grew in each. So it was driven for "
                f"{FILL_S:.0f} s more, and it still keeps {kept:.0f} KiB of each request. What has no bound?"
            )

    def be_rough(self) -> str:
        """Sends yours rough requests, before the round that may be the last. Returns what went wrong, in words.

        Nothing goes wrong in a round: nobody hangs up, and nothing fails. Afterwards a fix must serve as before.
        """
        before = self.bench.left_behind("yours")
        went_wrong = self._be_rough(1)
        self._compare_left_behind(before, went_wrong)
        self._compare_late()
        self._compare_failing()
        self._look_for_unheard(went_wrong)
        return went_wrong

    def soak(self) -> None:
        """Drives yours for longer where the lab asks for a soak test.

        A few seconds are over before memory that was reserved up front is full, or what was cached expires.
        """
        if not (seconds := self.lab.soak_s):
            return
        lost: list[dict[str, str]] = []  # by each drive that counts
        disturbed = ""
        after = _after(self.result.rounds[-1].after)
        for attempt in range(2 * ATTEMPTS):
            self.enter_phase(f"driving yours for {seconds:.0f} s more")
            seed = self.result.seed + 1 + attempt  # the warm-up's would send the requests that are cached already
            samples = self.bench.drive("yours", seed, seconds)
            if attempt == 0:
                chosen = self._some(agreement.not_compared([], samples), self._audited)
                self._compare_again(samples, seed, chosen, after)
            found = dict(self._lost_by(samples))
            if found and (said := self._disturbance_of(samples) or self._machine_changed(found, seconds, seed)):
                disturbed = said
                continue
            lost.append({label: said for label, said in found.items() if not lost or label in lost[-1]})
            if not lost[-1]:  # what comes and goes by chance is not lost each time
                return
            if len(lost) == ATTEMPTS:
                break
        else:
            self.result.finding = f"It did well for {len(self.result.rounds)} rounds, and then {disturbed}."
            raise _Settled(Outcome.INCONCLUSIVE)
        self._show_error(lost[-1].get("failures"))
        self._settle_as_not_yet(
            f"It did well for {len(self.result.rounds)} rounds. Then it was driven for {seconds:.0f} s on end: "
            f"{next(iter(lost[-1].values()))}"
        )

    def _explain_loss(self, round: Round) -> None:
        """Says why a round was the last one that had to be lost, as far as the figures do not."""
        yours = round.samples["yours"]
        self._show_error(self._failures(yours))
        if round.after and self.result.verdict_after is Outcome.NOT_YET:
            well = sum(not one.after for one in self.result.rounds)
            said = round.violation or next((said for _, said in self._lost_by(yours)), "it did worse.")
            self.result.finding = (
                f"It did well {'in the first round' if well == 1 else f'for {well} rounds'}. "
                f"Then {round.after}. After that: {said}"
            )

    def _be_rough(self, attempt: int) -> str:
        """Sends a dose of rough requests. Returns what went wrong, in words: also whether another team failed."""
        self.enter_phase("visitors hang up in the middle")
        failed = self.bench.be_rough("yours", self.result.seed + ROUGH_SEEDS * attempt)
        rough = "visitors hung up in the middle of their requests, others asked for nonsense"
        met = [FAILURES[name] for name in self.lab.services if name in FAILURES] or [FAILED]
        return ", ".join([rough, *met] if failed else [rough])

    def _compare_left_behind(self, before: Counter[str], went_wrong: str) -> None:
        """Whether rough requests leave behind what belongs to requests: each time more, where it has no bound."""
        for again in range(ATTEMPTS):
            if again:
                self._be_rough(1 + again)
            after = self.bench.left_behind("yours")
            grown = {
                kind: more
                for kind, more in (after - before).items()
                if more >= FEWER_LEFT.get(kind.rpartition(".")[2], LEFT_BEHIND)
            }
            if not grown or after["process"] != before["process"]:
                return
            before = after
        kind, more = max(grown.items(), key=lambda one: one[1])
        self._settle_as_not_yet(
            f"{ATTEMPTS} times {went_wrong}. "
            f"Each time your site kept more objects of the type `{kind}`, the last time {more}. Who keeps them?"
        )

    def _look_for_unheard(self, went_wrong: str) -> None:
        """Whether the tasks of requests have failed unheard: not even the log says for whom."""
        for called, times in self.bench.unheard("yours").most_common(1):
            if times < UNHEARD:
                return
            said = (
                f"When {went_wrong}, {times} tasks of `{called}` failed, and nobody heard of it: "
                "asyncio printed *Task exception was never retrieved*. Who awaits them, or catches what they raise?"
            )
            self._show_error(said)
            self._settle_as_not_yet(said)

    def _disturbance_of(self, samples: Samples) -> str | None:
        """Why a drive of yours alone does not count against it, beside the last round of the others."""
        others = {side: one.conditions for side, one in self.result.rounds[-1].samples.items() if side in OURS}
        return fairness.disturbance({**others, "yours": samples.conditions})

    def _machine_changed(self, found: Collection[str], seconds: float, seed: int) -> str | None:
        """Why a drive of yours alone does not count, where ours now loses by one of the same labels.

        The rounds that both are held against were a while ago, and a machine may be slower by now.
        """
        self.enter_phase(f"driving reference for {seconds:.0f} s more")
        ours = self.bench.drive("reference", seed, seconds)
        lost = [label for label, _ in self._lost_by(ours) if label in found]
        return f"our own fix was worse than in the rounds, too ({lost[0]})" if lost else None

    def _compare_late(self) -> None:
        """Compares what yours answers while the teams that it calls are late: no reason to make it up, or to fail."""
        failing: list[set[str]] = []  # names of requests, each time: once, one may fail, as under load
        for seed in range(self.result.seed, self.result.seed + LATE_TIMES):
            late = self.bench.visit_late("yours", seed)
            same = seed == self.result.seed  # as those without load
            if same and (difference := agreement.first_difference(self.at_leisure, late, under_load=True)):
                self._settle_as_wrong(replace(difference, when="while what it calls was late"))
            failing.append({one.name for one in late.responses if one.failed})
            if not set.intersection(*failing):
                return
        ours = self.bench.visit_late("reference", seed)
        for name in set.intersection(*failing) - {one.name for one in ours.responses if one.failed}:
            said = (
                "Some of the calls to other teams took half a second longer than usual. Meanwhile requests to "
                f"{name} failed, and our fix waited. How much patience is right?"
            )
            self._show_error(said)
            self._settle_as_not_yet(said)

    def _compare_failing(self) -> None:
        """Compares what yours serves while the teams that it calls fail with what slow and ours serve.

        An answer that it could not have is made up. And in a lab about a team that hangs, who knows what to say while
        it is silent knows it as well when it says that it has failed.
        """
        yours = self.bench.visit_failing("yours", self.result.seed)
        if chosen := self._some(agreement.not_compared([], yours), VISITS_COMPARED):
            self._compare_again(yours, self.result.seed, chosen, "while what it calls failed")
        if not (self.lab.incident and self.lab.incident.kind == "hang"):
            return
        ours = self.bench.visit_failing("reference", self.result.seed)
        for name in names(ours.responses):
            asked = yours.select(name)
            failed = [one for one in asked if one.failed and not (self.lab.may_reject and one.rejected)]
            if failed and not any(one.failed for one in ours.select(name)):
                said = (
                    f"While what it calls answered with errors, your fix failed {len(failed)} of {len(asked)} requests "
                    f"to {name}, and our fix served them all. Which errors do you catch?"
                )
                self._show_error(said)
                self._settle_as_not_yet(said)

    def _lost_by(self, samples: Samples) -> Iterator[tuple[str, str]]:
        """What a fix loses by a drive of its own, against the others' rounds: a label, and a sentence."""
        for metric in self.lab.metrics:
            values: dict[Side, float] = {"yours": metric.figure(samples)}
            values |= {side: self.result.figure(side, metric) for side in OURS}
            if rule.judge(metric, values).ruling is Ruling.LOST:
                yield metric.label, f"{metric.label}, {metric.in_words(values['yours'])}."
        if said := self._failures(samples):
            yield "failures", said

    def _failures(self, samples: Samples) -> str | None:
        return fairness.fails(self.lab, {"slow": self.result.rounds[-1].samples["slow"], "yours": samples})

    def _show_error(self, failures: str | None) -> None:
        """Where requests to yours failed, as this sentence says, the learner needs to see the error."""
        if failures and (printed := self.bench.error("yours")):
            self.result.error = SideError("yours", failures, printed)

    def check_end(self) -> None:
        """Tells yours to stop under a light load, again where it does something wrong: once may be by chance.

        What it does not do then is its fault only if ours does it.
        """
        for attempt in range(END_ATTEMPTS):
            if attempt:
                self.bench.stop("yours")
                self.bench.start("yours")
                self.bench.warm_up(["yours"], self.result.seed)  # with connections that are kept, as before
            self.enter_phase("stopping yours")
            finding = self.bench.end("yours", self.result.seed + attempt)
            if not finding:
                return
        assert finding
        if not self.bench.end("reference", self.result.seed):
            self._settle_as_not_yet(finding)

    def run_checks(self) -> None:
        """Runs the lab's checks: being fast is not enough where speed could have another cause."""
        for name in self.lab.checks:
            self.enter_phase(f"checking: {name.replace('_', ' ')}")
            if finding := self.bench.check(name, "yours"):
                self._settle_as_not_yet(finding)

    def _settle_as_wrong(self, difference: Difference) -> NoReturn:
        """Yours responds differently. If it failed, the learner needs to see the error."""
        error = self.bench.error("yours") if difference.is_failure else []
        self.result.difference = replace(difference, error=error)
        raise _Settled(Outcome.WRONG)

    def _settle_as_not_yet(self, finding: str) -> NoReturn:
        self.result.finding = finding
        raise _Settled(Outcome.NOT_YET)
