"""How long event loops stand still, in every process that serves: the cause, where a lab is about one.

The kit names a file in `APP_BLOCKED`. Each process writes there each time its loop was late, and now and then that it
still looks.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

LOOK_S = 0.02
BEAT_S = 0.25  # a process that looks says so as often
LATE_S = 0.05  # a busy machine makes a loop late by less


@asynccontextmanager
async def watching() -> AsyncIterator[None]:
    """Looks how late the loop is while the block lasts, where the kit asks for it."""
    if not (file := os.environ.get("APP_BLOCKED")):
        yield
        return
    task = asyncio.create_task(watch(Path(file)))
    yield
    task.cancel()


async def watch(file: Path) -> None:
    """Writes `PID FROM TO` for each time that the loop was late: in seconds, by time.monotonic().

    A beat is a time of no length.
    """
    pid, beat_s = os.getpid(), 0.0
    with file.open("a", buffering=1) as found:
        while True:
            due_s = time.monotonic() + LOOK_S
            await asyncio.sleep(LOOK_S)
            now_s = time.monotonic()
            if now_s - due_s > LATE_S:
                found.write(f"{pid} {due_s:.4f} {now_s:.4f}\n")
            elif now_s > beat_s + BEAT_S:
                found.write(f"{pid} {now_s:.4f} {now_s:.4f}\n")
                beat_s = now_s
