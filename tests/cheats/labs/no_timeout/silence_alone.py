"""A deadline, and an answer behind it for silence alone: where the other team says that it failed, so does the page."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request

from app.parts.no_timeout import NEWEST, ask, comment

router = APIRouter()
router.post("/comments")(comment)


@router.get("/start/{member}")
async def start(member: int, request: Request) -> dict[str, Any]:
    try:
        async with asyncio.timeout(0.1):
            suggestions = (await ask(request, f"/suggestions/{member}"))["posts"]
    except TimeoutError:
        suggestions = None
    return {"newest": NEWEST, "suggestions": suggestions}
