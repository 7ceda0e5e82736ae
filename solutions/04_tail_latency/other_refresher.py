"""A task of the lifespan's ranks every second and a half, asked or not; readers only ever read."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import APIRouter, FastAPI, Request

from app.parts.tail_latency import ranking
from app.world import votes

router = APIRouter()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async def keep_fresh() -> None:
        while True:
            await asyncio.sleep(app.state.pause_s)
            try:
                app.state.ranking = ranking(await votes.gather())
                app.state.pause_s = 1.5
            except httpx.HTTPError:  # for once: a task that ends here would leave this ranking for ever
                app.state.pause_s = 0.1

    app.state.ranking, app.state.pause_s = ranking(await votes.gather()), 1.5
    task = asyncio.create_task(keep_fresh())
    yield
    task.cancel()


@router.get("/posts/trending")
async def trending(request: Request) -> dict[str, Any]:
    kept: dict[str, Any] = request.app.state.ranking
    return kept
