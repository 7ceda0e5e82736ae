"""A bench that gets ready before there is anything to judge: the learner then waits for their own side alone."""

import random
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from perflab.bench.live import LiveBench
from perflab.course.lab import Lab, Side
from perflab.judge.errors import RequirementMissing, SideError
from perflab.judge.experiment import OURS
from perflab.measure.samples import Samples

WARM_FOR_S = 20.0  # after that, pools may have closed their connections, and caches expired
RESTED_S = 3.0  # after load, until a site that tells of load lately has nothing to tell
T = TypeVar("T")


class ReadyBench(LiveBench):
    """A LiveBench for one experiment with its `seed`. What that begins with, slow and reference can do ahead.

    They are started for this experiment alone, as on any bench: a site that was driven before is not as it was.
    """

    def __init__(self, lab: Lab, fixes: dict[Side, Path | None]) -> None:
        super().__init__(lab, fixes)
        self.seed = random.SystemRandom().getrandbits(32)
        self._ahead: dict[tuple[str, Side], Any] = {}  # what the experiment has not asked for yet
        self._warm_at: dict[Side, float] = {}  # time.monotonic(), of the sides that are still to be driven

    def prepare(self, is_enough: Callable[[], bool]) -> None:
        """Starts, warms up and visits slow and reference, step by step until that `is_enough`.

        A step that fails is left for the experiment, which fails at it, too. Raises LoadError.
        """
        steps: dict[str, Callable[[Side], object]] = {
            "start": super().start,
            "warm up": lambda side: self.warm_up(side, self.seed),
            "visit": lambda side: None if self.lab.is_about_load else self.visit(side, self.seed),
        }
        with suppress(SideError, RequirementMissing):
            for name, step in steps.items():
                for side in OURS:
                    if is_enough():
                        return
                    self._ahead[name, side] = step(side)

    def _asked(self, name: str, side: Side, does: Callable[[], T]) -> T:
        """What was done ahead, once; or what is done now."""
        done: T = self._ahead.pop((name, side)) if (name, side) in self._ahead else does()
        return done

    def start(self, side: Side) -> list[str]:
        """Starts a side, unless that was done ahead. Raises SideError and RequirementMissing."""
        return self._asked("start", side, partial(super().start, side))

    def warm_up(self, side: Side, seed: int) -> None:
        """Drives a side for a moment, unless that was done ahead. Raises SideError and LoadError."""

        def warm() -> None:
            LiveBench.warm_up(self, side, seed)
            self._warm_at[side] = time.monotonic()

        self._asked("warm up", side, warm)

    def visit(self, side: Side, seed: int, again: Sequence[str] = (), in_turn: bool = False) -> Samples:
        """Makes visits to a side, unless these were made ahead. Raises SideError and LoadError."""

        def visited() -> Samples:
            # Its warm-up was a moment ago: on other benches the other sides' turns are in between.
            if self.lab.ignore_fields_under_load and not again:
                time.sleep(max(0.0, self._warm_at.get(side, 0.0) + RESTED_S - time.monotonic()))
            return LiveBench.visit(self, side, seed, again, in_turn)

        return visited() if seed != self.seed or again else self._asked("visit", side, visited)

    def drive(self, side: Side, seed: int, *more: Any, **options: Any) -> Samples:
        """Drives a side, and warms it up once more before the first time if it has waited for too long.

        Raises SideError, RequirementMissing and LoadError.
        """
        warm_at = self._warm_at.pop(side, None)
        if warm_at is not None and time.monotonic() - warm_at > WARM_FOR_S:
            LiveBench.warm_up(self, side, self.seed)
        return super().drive(side, seed, *more, **options)
