"""The wait for suggestions ends, and the call behind it does not: a hundred more of them wait with every second."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import APIRouter, FastAPI, Request

from app.parts.no_timeout import NEWEST, comment
from app.world import upstream

router = APIRouter()
router.post("/comments")(comment)
PATIENCE_S = 0.1


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    limits = httpx.Limits(max_connections=10)  # for each of them: comments need not wait behind suggestions
    async with (
        httpx.AsyncClient(base_url=upstream.url(), limits=limits, timeout=None) as app.state.neighbours,
        httpx.AsyncClient(base_url=upstream.url(), limits=limits, timeout=None) as app.state.suggesters,
    ):
        yield


async def suggested(client: httpx.AsyncClient, member: int) -> Any:
    answer = await client.get(f"/suggestions/{member}")
    return answer.raise_for_status().json()["posts"]


@router.get("/start/{member}")
async def start(member: int, request: Request) -> dict[str, Any]:
    call = asyncio.ensure_future(suggested(request.app.state.suggesters, member))
    done, _ = await asyncio.wait({call}, timeout=PATIENCE_S)
    suggestions = call.result() if done and not call.exception() else None
    return {"newest": NEWEST, "suggestions": suggestions}
