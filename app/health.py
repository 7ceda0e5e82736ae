"""The site's health, told truly: how late the loop is, whether threads are left, how near memory is to its limit.

The check stays on the loop and asks for nothing that could be short: no thread, no connection, no lock. It answers 200
also when it says `degraded`: a site that is busy need not be restarted for it.
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
LATELY_S = 1.0  # what was so long ago is still told: whoever asks now and then would miss it otherwise
LATE_S = 0.1  # a loop later than this is felt by readers
MEMORY_SHARE = 0.9

router = APIRouter()


class Look(NamedTuple):
    at_s: float
    late_s: float  # how much later than planned the loop came round
    waiting: int  # calls that wait for a thread


class Watch:
    """Sleeps for a moment, again and again, and notes how late the loop wakes it, and who waits for a thread then."""

    def __init__(self) -> None:
        self.threads = current_default_thread_limiter()
        self.due_s = time.monotonic()
        self.looks: deque[Look] = deque()

    async def watch(self) -> None:
        while True:
            self.due_s = time.monotonic() + LOOK_S
            await asyncio.sleep(LOOK_S)
            self.looks.append(self.look())

    def look(self) -> Look:
        now_s = time.monotonic()
        return Look(now_s, max(now_s - self.due_s, 0.0), self.threads.statistics().tasks_waiting)

    def lately(self) -> list[Look]:
        # A loop just let go may run the check before it wakes the watch: how it is at this moment belongs to it.
        now = self.look()
        while self.looks and self.looks[0].at_s < now.at_s - LATELY_S:
            self.looks.popleft()
        return [*self.looks, now]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.watch = Watch()
    watching = asyncio.create_task(app.state.watch.watch())
    yield
    watching.cancel()


def complaints(figures: dict[str, float]) -> Iterator[str]:
    if figures["loop_late_ms"] > LATE_S * 1000:
        yield f"the event loop stood still for {figures['loop_late_ms']:.0f} ms"
    if figures["waiting_for_a_thread"]:
        yield f"all {figures['threads']:.0f} threads are taken, and {figures['waiting_for_a_thread']:.0f} calls wait"
    if figures["rss_mib"] > MEMORY_SHARE * figures["memory_limit_mib"]:
        yield f"memory is at {figures['rss_mib'] / figures['memory_limit_mib']:.0%} of its limit"


@router.get("/health")
async def health(request: Request) -> dict[str, Any]:
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
