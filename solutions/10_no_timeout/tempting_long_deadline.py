"""A deadline, and far too long: in five seconds, the library's own, five hundred pages would each hold a connection."""

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
        async with asyncio.timeout(5):
            suggestions = (await ask(request, f"/suggestions/{member}"))["posts"]
    except (TimeoutError, httpx.HTTPError):
        pass
    return {"newest": NEWEST, "suggestions": suggestions}
