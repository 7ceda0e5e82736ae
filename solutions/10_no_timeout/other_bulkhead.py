"""A bulkhead: at most ten ask for suggestions at once, and the eleventh goes without. The ten wait, not for long."""

import asyncio
from contextlib import suppress
from typing import Any

import httpx
from fastapi import APIRouter, Request

from app.parts.no_timeout import NEWEST, ask, comment

router = APIRouter()
router.post("/comments")(comment)
free = asyncio.Semaphore(10)


@router.get("/start/{member}")
async def start(member: int, request: Request) -> dict[str, Any]:
    suggestions = None
    if not free.locked():
        async with free:
            with suppress(TimeoutError, httpx.HTTPError):
                suggestions = (await asyncio.wait_for(ask(request, f"/suggestions/{member}"), 0.25))["posts"]
    return {"newest": NEWEST, "suggestions": suggestions}
