"""Watches the loop, and not the threads: readers wait for a thread, and the loop, idle and punctual, finds all well."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI

from app.parts import blind_health

router = APIRouter()
late_until_s = 0.0


async def watch() -> None:
    global late_until_s
    while True:
        due_s = time.monotonic() + 0.02
        await asyncio.sleep(0.02)
        if time.monotonic() - due_s > 0.1:
            late_until_s = time.monotonic() + 1


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    watching = asyncio.create_task(watch())
    yield
    watching.cancel()


@router.get("/health")
async def health() -> dict[str, Any]:
    if time.monotonic() < late_until_s:
        return {"status": "degraded", "reasons": ["the loop was late"], "figures": {}}
    return {"status": "ok", "reasons": [], "figures": {}}


router.include_router(blind_health.router)
