"""Who has not answered after a tenth of a second is not waited for: the page comes without suggestions, and says so."""

import asyncio
from typing import Any

import httpx
from fastapi import APIRouter, Request

from app.parts.no_timeout import NEWEST, ask, comment

router = APIRouter()
router.post("/comments")(comment)
PATIENCE_S = 0.1  # five times what they usually take; a hundred pages a second then hold ten of the twenty connections


@router.get("/start/{member}")
async def start(member: int, request: Request) -> dict[str, Any]:
    suggestions = None  # not known, which is another thing than none
    try:
        async with asyncio.timeout(PATIENCE_S):
            suggestions = (await ask(request, f"/suggestions/{member}"))["posts"]
    except (TimeoutError, httpx.HTTPError):
        pass
    return {"newest": NEWEST, "suggestions": suggestions}
