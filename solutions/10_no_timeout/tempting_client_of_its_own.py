"""Suggestions get a client of their own: the rest of the street is free again, and members wait in vain as before."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import APIRouter, FastAPI, Request

from app.parts.no_timeout import NEWEST, comment
from app.world import upstream

router = APIRouter()
router.post("/comments")(comment)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    limits = httpx.Limits(max_connections=10)
    async with (
        httpx.AsyncClient(base_url=upstream.url(), limits=limits, timeout=None) as app.state.neighbours,
        httpx.AsyncClient(base_url=upstream.url(), limits=limits, timeout=None) as app.state.suggestions,
    ):
        yield


@router.get("/start/{member}")
async def start(member: int, request: Request) -> dict[str, Any]:
    answer = await request.app.state.suggestions.get(f"/suggestions/{member}")
    return {"newest": NEWEST, "suggestions": answer.raise_for_status().json()["posts"]}
