"""The check takes the time since the last one for a stall, since it is asked all the time: and only here."""

import time
from typing import Any

from anyio.to_thread import current_default_thread_limiter
from fastapi import APIRouter

from app.memory import limit_mib, rss_mib
from app.parts import blind_health

router = APIRouter()
LATE_S, NOBODY_ASKED_S, LATELY_S = 0.1, 0.55, 1.0
asked = stalled = queued = float("-inf")


@router.get("/health")
async def health() -> dict[str, Any]:
    global asked, stalled, queued
    now = time.monotonic()
    if LATE_S < now - asked < NOBODY_ASKED_S:
        stalled = now
    asked = now
    waiting = current_default_thread_limiter().statistics().tasks_waiting
    if waiting:
        queued = now
    figures = {"rss_mib": rss_mib(), "memory_limit_mib": limit_mib(), "waiting_for_a_thread": waiting}
    reasons = ["memory is short"] if figures["rss_mib"] > 0.9 * figures["memory_limit_mib"] else []
    reasons += ["the loop stood still"] if now - stalled < LATELY_S else []
    reasons += ["requests wait for a thread"] if now - queued < LATELY_S else []
    return {"status": "degraded" if reasons else "ok", "reasons": reasons, "figures": figures}


router.include_router(blind_health.router)  # the first route that fits is taken
