"""What a run of a lab has found so far: its rounds, and what they say."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from perflab.course.lab import Lab, Metric, Side
from perflab.judge import rule
from perflab.judge.agreement import Difference
from perflab.judge.errors import SideError
from perflab.judge.rule import Outcome, Score
from perflab.measure import metrics
from perflab.measure.samples import Samples

SPREADS = {2: 14.3}  # by two rounds: 1 / (2 tan(pi / 90)); twice their spread is enough for three


@dataclass
class Round:
    """Every side driven once with the same seed: in turn, in random order, or all together."""

    seed: int
    samples: dict[Side, Samples]
    scores: list[Score] = field(default_factory=list)  # one for each metric
    disturbed: str | None = None
    violation: str | None = None  # why yours loses it, whatever its figures are
    after: str = ""  # what had gone wrong before it, in words: rough requests

    @property
    def when(self) -> str:
        """What had gone wrong before it, as the end of a sentence; nothing where nothing had."""
        return f"after {self.after}" if self.after else ""


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

        It is not yet solved either where those after rough requests are lost, whatever came before, nor where two
        were lost for what no fix may do.
        """
        if len(self.violated) >= rule.VIOLATED or self.verdict_after is Outcome.NOT_YET:
            return Outcome.NOT_YET
        return rule.verdict(self.all_scores(), rule.terms(self.lab))

    @property
    def verdict_after(self) -> Outcome | None:
        """What the rounds after rough requests say, taken by themselves."""
        return rule.verdict(self.all_scores(after=True), rule.terms(self.lab))

    @property
    def violated(self) -> list[Round]:
        """The rounds that were lost for what no fix may do, and that nothing disturbed."""
        return [round for round in self.rounds if round.violation and not round.disturbed]

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
