"""A deadline, and nothing to say after it: the comments are saved, and members get an error in place of a page."""

import asyncio
from typing import Any

from fastapi import APIRouter, HTTPException, Request

from app.parts.no_timeout import NEWEST, ask, comment

router = APIRouter()
router.post("/comments")(comment)


@router.get("/start/{member}")
async def start(member: int, request: Request) -> dict[str, Any]:
    try:
        async with asyncio.timeout(0.1):
            suggested = await ask(request, f"/suggestions/{member}")
    except TimeoutError:
        raise HTTPException(504, "The suggestions do not answer.") from None
    return {"newest": NEWEST, "suggestions": suggested["posts"]}
