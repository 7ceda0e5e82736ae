"""The picture decoder. Its author is gone, and it has a bug: a few pictures in a thousand end the process at once."""

import hashlib
import os
import signal
from typing import Any

from app import ledger

SIDE = 160  # pixels of a picture
SMALL = 8  # pixels of its preview


def bug(picture: int) -> str | None:
    """What this picture does to the process that decodes it; None for nearly all. Nothing in a picture shows it."""
    number = int.from_bytes(hashlib.blake2b(f"lantern/{picture}".encode(), digest_size=2).digest())
    return {0: "takes more memory than there is", 1: "calls exit"}.get(number % 400)


def crash(picture: int, fault: str) -> None:
    """Ends this process in the middle of its work: no exception, no `finally`, no word."""
    ledger.enter(f"picture {picture}")  # so that the lab can count the processes that a picture has killed
    if fault == "calls exit":
        os._exit(1)
    os.kill(os.getpid(), signal.SIGKILL)  # as the kernel does when memory runs out


def decode(picture: int) -> dict[str, Any]:
    """The preview of a picture: SMALL rows of SMALL greys. Some milliseconds of plain Python."""
    state, above, sums = picture + 1, [0] * SIDE, [[0] * SMALL for _ in range(SMALL)]
    step = SIDE // SMALL
    for y in range(SIDE):
        if y == SIDE // 2 and (fault := bug(picture)):
            crash(picture, fault)
        row, left = [], 0
        for x in range(SIDE):
            state = state * 48271 % 2147483647
            left = (state + (left + above[x]) // 2) & 255  # as in a PNG: each pixel builds on its neighbours
            row.append(left)
            sums[y // step][x // step] += left
        above = row
    return {"picture": picture, "pixels": [[total // step**2 for total in row] for row in sums]}
