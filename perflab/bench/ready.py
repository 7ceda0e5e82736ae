"""A bench that gets ready before there is anything to judge: the learner then waits for their own side alone."""

import math
import random
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from perflab.bench.live import LiveBench
from perflab.course.lab import Lab, Side
from perflab.judge.errors import RequirementMissing, SideError
from perflab.judge.experiment import round_seeds
from perflab.judge.fairness import OURS
from perflab.measure.samples import Samples

WARM_FOR_S = 10.0  # after that and some rounds, pools may have closed their connections, and caches expired
AHEAD = 3  # rounds: as many as a good fix needs, also where none is plainly won
AHEAD_FOR_S = 300.0  # what was driven before, a round of now is not held against


class ReadyBench(LiveBench):
    """A LiveBench for one experiment with its `seed`. What that begins with, slow and reference can do ahead.

    They are started for this experiment alone, as on any bench: a site that was driven before is not as it was.
    """

    def __init__(self, lab: Lab, fixes: dict[Side, Path | None]) -> None:
        super().__init__(lab, fixes)
        self.seed = random.SystemRandom().getrandbits(32)
        # What was done ahead, and the experiment has not made use of yet:
        self._started: dict[Side, list[str]] = {}
        self._visited: dict[Side, Samples] = {}
        self._driven: dict[tuple[int, Side], tuple[float, Samples]] = {}  # by seed and side: when, by time.monotonic()

    def prepare(self, is_enough: Callable[[], bool]) -> None:
        """Starts, warms up and visits slow and reference, and drives their first rounds.

        It does so step by step, until that `is_enough`. A step that fails is left for the experiment, which fails at
        it, too. Raises LoadError.
        """
        with suppress(SideError, RequirementMissing):
            for side in OURS:
                if is_enough():
                    return
                self._started[side] = super().start(side)
            if is_enough():
                return
            super().warm_up(OURS, self.seed)
            if not is_enough() and not self.lab.is_about_load:
                self._visited = super().visit(OURS, self.seed)
            # Rounds ahead would gain nothing where all are driven together, and leave no side where they end them.
            for seed in islice(round_seeds(self.lab, self.seed), AHEAD):
                for side in OURS:
                    if is_enough() or self.lab.driven_together or self.lab.ends_each_round:
                        return
                    samples = super().drive_together([side], seed)[side]
                    self._driven[seed, side] = time.monotonic(), samples

    def start(self, side: Side) -> list[str]:
        """Starts a side, unless that was done ahead. Raises SideError and RequirementMissing."""
        return self._started.pop(side) if side in self._started else super().start(side)

    def warm_up(self, sides: Sequence[Side], seed: int) -> None:
        """Drives sides for a moment; but before the experiment not those that have been warmed up a moment ago.

        Raises SideError and LoadError.
        """
        since = time.monotonic() - WARM_FOR_S if seed == self.seed else math.inf
        super().warm_up([side for side in sides if self.warm_at.get(side, -math.inf) < since], seed)

    def visit(self, sides: Sequence[Side], seed: int) -> dict[Side, Samples]:
        """Makes visits to sides, unless these were made ahead. Raises SideError and LoadError."""
        ahead, self._visited = self._visited, {}
        return ahead | super().visit([side for side in sides if side not in ahead], seed)

    def drive_together(self, sides: Sequence[Side], seed: int, *more: Any, **options: Any) -> dict[Side, Samples]:
        """Drives sides, unless that was done ahead. Raises SideError, RequirementMissing and LoadError."""
        since = time.monotonic() - AHEAD_FOR_S
        driven = {side: self._driven.pop((seed, side), (-math.inf, None)) for side in sides}
        ahead = {side: samples for side, (driven_at, samples) in driven.items() if samples and driven_at > since}
        now = [side for side in sides if side not in ahead]
        return ahead | (super().drive_together(now, seed, *more, **options) if now else {})
