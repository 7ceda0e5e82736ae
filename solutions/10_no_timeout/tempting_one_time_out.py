"""One time-out for every call: a tenth of a second is right for suggestions, and the spam check may take its time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import APIRouter, FastAPI, Request

from app.parts.no_timeout import NEWEST, ask, comment
from app.world import upstream

router = APIRouter()
router.post("/comments")(comment)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    limits = httpx.Limits(max_connections=20)
    async with httpx.AsyncClient(base_url=upstream.url(), limits=limits, timeout=0.1) as app.state.neighbours:
        yield


@router.get("/start/{member}")
async def start(member: int, request: Request) -> dict[str, Any]:
    try:
        suggestions = (await ask(request, f"/suggestions/{member}"))["posts"]
    except httpx.HTTPError:
        suggestions = None
    return {"newest": NEWEST, "suggestions": suggestions}
