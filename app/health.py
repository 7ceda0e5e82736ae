"""The site's true health: how late the event loop is, whether threads are free, how near memory is to its limit.

The check runs on the loop, and needs nothing that could be scarce: no thread, no connection, no lock. Its status is 200
also when it says `degraded`: a site that is busy need not be restarted.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from anyio.to_thread import current_default_thread_limiter
from fastapi import APIRouter, FastAPI, Request

from app.memory import limit_mib, rss_mib

LOOK_S = 0.05
LATELY_S = 1.0  # how long a finding stays in the report: a probe that comes once a second would miss it otherwise
LATE_S = 0.1  # readers notice a loop that is later than this
MEMORY_SHARE = 0.9

router = APIRouter()


class Look(NamedTuple):
    """The loop and the threads at one moment."""

    at_s: float  # time.monotonic()
    late_s: float  # how much later than planned the loop ran this
    waiting: int  # calls that wait for a thread


class Watch:
    """Looks every `LOOK_S` how late the loop is, and how many calls wait for a thread."""

    def __init__(self) -> None:
        self.threads = current_default_thread_limiter()
        self.due_s = time.monotonic()
        self.looks: deque[Look] = deque(maxlen=round(LATELY_S / LOOK_S) + 1)  # also where nobody ever asks

    async def watch(self) -> None:
        """Looks again and again, until it is cancelled."""
        while True:
            self.due_s = time.monotonic() + LOOK_S
            await asyncio.sleep(LOOK_S)
            self.looks.append(self.look())

    def look(self) -> Look:
        """How things are at this moment."""
        now_s = time.monotonic()
        return Look(now_s, max(now_s - self.due_s, 0.0), self.threads.statistics().tasks_waiting)

    def lately(self) -> list[Look]:
        """The looks of the last `LATELY_S`, and one at this moment."""
        # A loop that was blocked may run the check before it wakes `watch`: hence the look at this moment.
        now = self.look()
        return [*(look for look in self.looks if look.at_s >= now.at_s - LATELY_S), now]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Looks at the loop as long as the site runs."""
    app.state.watch = Watch()
    watching = asyncio.create_task(app.state.watch.watch())
    yield
    watching.cancel()


def complaints(figures: dict[str, float]) -> Iterator[str]:
    """What is wrong with these figures, in words."""
    if figures["loop_late_ms"] > LATE_S * 1000:
        yield f"the event loop stood still for {figures['loop_late_ms']:.0f} ms"
    if figures["waiting_for_a_thread"]:
        yield f"all {figures['threads']:.0f} threads are taken, and {figures['waiting_for_a_thread']:.0f} calls wait"
    if figures["rss_mib"] > MEMORY_SHARE * figures["memory_limit_mib"]:
        yield f"memory is at {figures['rss_mib'] / figures['memory_limit_mib']:.0%} of its limit"


@router.get("/health")
async def health(request: Request) -> dict[str, Any]:
    """The site's status, the reasons for it, and the figures of the last second."""
    watch: Watch = request.app.state.watch
    looks, threads = watch.lately(), watch.threads.statistics()
    figures = {
        "loop_late_ms": round(max(look.late_s for look in looks) * 1000, 1),
        "threads": threads.total_tokens,
        "threads_taken": threads.borrowed_tokens,
        "waiting_for_a_thread": max(look.waiting for look in looks),
        "rss_mib": round(rss_mib(), 1),
        "memory_limit_mib": round(limit_mib()),
    }
    reasons = list(complaints(figures))
    return {"status": "degraded" if reasons else "ok", "reasons": reasons, "figures": figures}
