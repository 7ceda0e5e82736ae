"""A deadline, and far too short: what takes 15 to 25 ms on a good day is given up after 20: many pages go without."""

import asyncio
from typing import Any

import httpx
from fastapi import APIRouter, Request

from app.parts.no_timeout import NEWEST, ask, comment

router = APIRouter()
router.post("/comments")(comment)


@router.get("/start/{member}")
async def start(member: int, request: Request) -> dict[str, Any]:
    suggestions = None
    try:
        async with asyncio.timeout(0.02):
            suggestions = (await ask(request, f"/suggestions/{member}"))["posts"]
    except (TimeoutError, httpx.HTTPError):
        pass
    return {"newest": NEWEST, "suggestions": suggestions}
