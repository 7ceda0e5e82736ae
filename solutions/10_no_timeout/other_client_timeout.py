"""The client's own time-out, for each step of a call, in place of a deadline for it all; and a client for each team."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import APIRouter, FastAPI, Request

from app.parts.no_timeout import NEWEST, Comment
from app.world import upstream

router = APIRouter()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    limits = httpx.Limits(max_connections=10)  # for each of them: twenty in all, as before
    async with (
        httpx.AsyncClient(base_url=upstream.url(), limits=limits, timeout=0.08) as app.state.suggestions,
        httpx.AsyncClient(base_url=upstream.url(), limits=limits, timeout=1) as app.state.spam,
    ):
        yield


@router.get("/start/{member}")
async def start(member: int, request: Request) -> dict[str, Any]:
    try:
        answer = await request.app.state.suggestions.get(f"/suggestions/{member}")
        suggestions = answer.raise_for_status().json()["posts"]
    except httpx.HTTPError:
        suggestions = None
    return {"newest": NEWEST, "suggestions": suggestions}


@router.post("/comments")
async def comment(comment: Comment, request: Request) -> dict[str, bool]:
    answer = await request.app.state.spam.get(f"/spam/{comment.text}")
    return {"accepted": answer.raise_for_status().json()["score"] < 90}
