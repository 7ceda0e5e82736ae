"""One lab, measured and judged. `run` reads like the summary of the course."""

import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count

from perflab.course.lab import Lab, Side
from perflab.judge import agreement, fairness, rule
from perflab.judge.bench import Bench
from perflab.judge.errors import CheckFailed, RequirementMissing, SideError
from perflab.judge.fairness import OURS
from perflab.judge.questions import Questions, Settled
from perflab.judge.result import OnProgress, Result, Round
from perflab.judge.rule import Outcome, Ruling
from perflab.measure.machine import cores, shared_memory_missing
from perflab.measure.samples import Samples

UNTOUCHED_ROUNDS = 3


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
    except Settled as settled:
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


class Experiment(Questions):
    """A run of a lab on a bench, step by step. Each step writes into the result, and may settle it."""

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
            raise Settled(Outcome.UNTOUCHED)

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
                    raise Settled(Outcome.UNTOUCHED)
                continue
            outcome = self.judge(round)
            if outcome is Outcome.SOLVED and not self.result.rounds_won:
                continue  # lost rounds were made up for, and it has met no rough requests yet
            if outcome is Outcome.SOLVED:
                self.confirm(round)
            if outcome is Outcome.NOT_YET:
                self._explain_loss(round)
            if outcome:
                raise Settled(outcome)

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
                self._settle_as_wrong(replace(difference, when=round.when))
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
            self.fill()
        return self.result.verdict

    def _explain_loss(self, round: Round) -> None:
        """Says why a round was the last one that had to be lost, as far as the figures do not."""
        yours = round.samples["yours"]
        self._show_error(self._failures(yours))
        violated = self.result.violated
        broken_since = len(violated) >= rule.VIOLATED and all(one.after for one in violated)
        if round.after and (broken_since or self.result.verdict_after is Outcome.NOT_YET):
            well = sum(not one.after for one in self.result.rounds)
            said = round.violation or next((said for _, said in self._lost_by(yours)), "it did worse.")
            self.result.finding = (
                f"It did well {'in the first round' if well == 1 else f'for {well} rounds'}. "
                f"Then {round.after}. After that: {said}"
            )
