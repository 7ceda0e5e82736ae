"""One asks at a time and may wait for ever; all who come meanwhile get what was suggested to somebody else before."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request

from app.parts.no_timeout import NEWEST, ask, comment

router = APIRouter()
router.post("/comments")(comment)
asking = asyncio.Lock()
last: list[int] = []


@router.get("/start/{member}")
async def start(member: int, request: Request) -> dict[str, Any]:
    global last
    if last and asking.locked():
        return {"newest": NEWEST, "suggestions": last}
    async with asking:
        last = suggestions = (await ask(request, f"/suggestions/{member}"))["posts"]
    return {"newest": NEWEST, "suggestions": suggestions}
