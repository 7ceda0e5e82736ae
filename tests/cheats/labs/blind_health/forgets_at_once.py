"""Looks at the loop and the threads, and remembers only its last look: a monitor misses nearly every stall."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from anyio.to_thread import current_default_thread_limiter
from fastapi import APIRouter, FastAPI

from app.memory import limit_mib, rss_mib
from app.parts.blind_health import about, archive, reindex

router = APIRouter()
router.get("/about")(about)
router.get("/archive/{year}")(archive)
router.post("/reindex")(reindex)

BEAT_S = 0.1
LATE_S = 0.08


class Pulse:
    due_s = 0.0
    late_s = 0.0
    waiting = 0


pulse = Pulse()


def calls_waiting() -> int:
    return current_default_thread_limiter().statistics().tasks_waiting


async def beat() -> None:
    while True:
        pulse.due_s = time.monotonic() + BEAT_S
        await asyncio.sleep(BEAT_S)
        pulse.late_s = time.monotonic() - pulse.due_s
        pulse.waiting = calls_waiting()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    pulse.due_s = time.monotonic() + BEAT_S
    task = asyncio.create_task(beat())
    yield
    task.cancel()


@router.get("/health")
async def health() -> dict[str, Any]:
    late_s = max(pulse.late_s, time.monotonic() - pulse.due_s)
    waiting = max(pulse.waiting, calls_waiting())
    figures = {
        "loop_late_ms": round(late_s * 1000, 1),
        "waiting_for_a_thread": waiting,
        "rss_mib": rss_mib(),
        "memory_limit_mib": limit_mib(),
    }
    reasons = []
    if late_s > LATE_S:
        reasons.append(f"the event loop was {late_s * 1000:.0f} ms late")
    if waiting:
        reasons.append(f"{waiting} calls wait for a thread")
    if figures["rss_mib"] > 0.9 * figures["memory_limit_mib"]:
        reasons.append("memory is short")
    return {"status": "degraded" if reasons else "ok", "reasons": reasons, "figures": figures}
