"""Has suggestions for whoever comes alone, and asks for none from the tenth page of a second on: none is late then."""

import time
from typing import Any

from fastapi import APIRouter, Request

from app.parts.no_timeout import NEWEST, ask, comment

router = APIRouter()
router.post("/comments")(comment)
asked: list[float] = []


@router.get("/start/{member}")
async def start(member: int, request: Request) -> dict[str, Any]:
    now = time.monotonic()
    asked[:] = [*(one for one in asked if now - one < 1), now]
    if len(asked) >= 10:
        return {"newest": NEWEST, "suggestions": None}
    return {"newest": NEWEST, "suggestions": (await ask(request, f"/suggestions/{member}"))["posts"]}
