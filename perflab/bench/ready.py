"""A bench that gets ready before there is anything to judge: the learner then waits for their own side alone."""

import random
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from perflab.bench.live import LiveBench
from perflab.course.lab import Lab, Side
from perflab.judge.errors import RequirementMissing, SideError
from perflab.judge.experiment import OURS
from perflab.measure.samples import Samples

WARM_FOR_S = 20.0  # after that, pools may have closed their connections, and caches expired


class ReadyBench(LiveBench):
    """A LiveBench for one experiment with its `seed`. What that begins with, slow and reference can do ahead.

    They are started for this experiment alone, as on any bench: a site that was driven before is not as it was.
    """

    def __init__(self, lab: Lab, fixes: dict[Side, Path | None]) -> None:
        super().__init__(lab, fixes)
        self.seed = random.SystemRandom().getrandbits(32)
        # What was done ahead, and the experiment has not made use of yet:
        self._started: dict[Side, list[str]] = {}
        self._warm: list[Side] = []
        self._visited: dict[Side, Samples] = {}

    def prepare(self, is_enough: Callable[[], bool]) -> None:
        """Starts, warms up and visits slow and reference, step by step until that `is_enough`.

        A step that fails is left for the experiment, which fails at it, too. Raises LoadError.
        """
        with suppress(SideError, RequirementMissing):
            for side in OURS:
                if is_enough():
                    return
                self._started[side] = super().start(side)
            if is_enough():
                return
            super().warm_up(OURS, self.seed)
            self._warm += OURS
            if not is_enough() and not self.lab.is_about_load:
                self._visited = super().visit(OURS, self.seed)

    def start(self, side: Side) -> list[str]:
        """Starts a side, unless that was done ahead. Raises SideError and RequirementMissing."""
        return self._started.pop(side) if side in self._started else super().start(side)

    def warm_up(self, sides: Sequence[Side], seed: int) -> None:
        """Drives sides for a moment, but for those that are warm. Raises SideError and LoadError."""
        super().warm_up([side for side in sides if side not in self._warm], seed)

    def visit(self, sides: Sequence[Side], seed: int) -> dict[Side, Samples]:
        """Makes visits to sides, unless these were made ahead. Raises SideError and LoadError."""
        ahead, self._visited = self._visited, {}
        return ahead | super().visit([side for side in sides if side not in ahead], seed)

    def drive(self, side: Side, seed: int, *more: Any, **options: Any) -> Samples:
        """Drives a side. Before the first time, those that have waited for too long are warmed up once more.

        Raises SideError, RequirementMissing and LoadError.
        """
        waited, self._warm = self._warm, []
        super().warm_up([one for one in waited if time.monotonic() - self.warm_at[one] > WARM_FOR_S], self.seed)
        return super().drive(side, seed, *more, **options)
