"""What an experiment needs from the real world. `perflab.bench.live` has it."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from perflab.course.lab import Side
from perflab.measure.samples import Samples

SHARED_MEMORY = "SharedMemory"  # in what is left behind: pieces of it


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

    def abandoned(self, side: Side, seed: int) -> int:
        """How many tasks go on for visitors who have their response, while what the lab is about hangs.

        0 where it is about nothing that hangs. Raises SideError.
        """

    def unclosed(self, side: Side) -> int:
        """How many connections a side still has whose visitors have left. 0 where the system does not say."""

    def asked(self, side: Side) -> set[str]:
        """The teams in its own process that a side has asked so far, by name."""

    def passwords_kept(self, side: Side, seed: int) -> int:
        """How many of some passwords a side keeps when their requests are over. Raises SideError."""

    def unsaid(self, side: Side) -> int:
        """How many calls of a side to teams in its process failed during `visit_failing`, without a word printed."""

    def unserved_in_silence(self, side: Side, seed: int) -> int:
        """How many pings have no answer while a service that a side calls says nothing. Raises SideError."""

    def kept_for_stuck(self, side: Side, seed: int) -> float:
        """How many MiB a side takes for some readers of each request who read nothing. Raises SideError."""

    def visit_late(self, side: Side, seed: int) -> Samples:
        """Makes some visits at once to a side while the teams that it calls are late. Raises SideError."""

    def visit_failing(self, side: Side, seed: int) -> Samples:
        """Makes some visits to a side while the teams that it calls fail. Raises SideError."""

    def end(self, side: Side, seed: int) -> str | None:
        """Tells a side to stop under a light load. Returns what it did wrong, as a sentence, or None."""
