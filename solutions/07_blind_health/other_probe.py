"""Feels what a reader feels: a probe goes through the loop and through a thread, again and again, and is timed."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, FastAPI

from app.memory import limit_mib, rss_mib
from app.parts import blind_health

router = APIRouter()

FELT_S, LATELY_S = 0.1, 1.0
sent_s = time.monotonic()
slow_until_s = 0.0


async def probe() -> None:
    """To the loop and to a thread and back, twenty times a second."""
    global sent_s, slow_until_s
    while True:
        sent_s = time.monotonic() + 0.05
        await asyncio.sleep(0.05)
        await run_sync(time.monotonic)
        if time.monotonic() - sent_s > FELT_S:
            slow_until_s = time.monotonic() + LATELY_S


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    probing = asyncio.create_task(probe())
    yield
    probing.cancel()


@router.get("/health")
async def health() -> dict[str, Any]:
    now_s = time.monotonic()
    felt = now_s < slow_until_s or now_s - sent_s > FELT_S
    reasons = ["a probe through loop and threads takes long"] if felt else []
    figures = {"probe_ms": (now_s - sent_s) * 1000, "rss_mib": rss_mib(), "memory_limit_mib": limit_mib()}
    return {"status": "degraded" if felt else "ok", "reasons": reasons, "figures": figures}


router.include_router(blind_health.router)
