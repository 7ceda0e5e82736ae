"""A task that ranks every two seconds, until the other team fails for once: then the ranking grows old."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, Request

from app.parts.tail_latency import ranking
from app.world import votes

router = APIRouter()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async def keep_fresh() -> None:
        while True:
            await asyncio.sleep(2)
            app.state.ranking = ranking(await votes.gather())

    app.state.ranking = ranking(await votes.gather())
    task = asyncio.create_task(keep_fresh())
    yield
    task.cancel()


@router.get("/posts/trending")
async def trending(request: Request) -> dict[str, Any]:
    kept: dict[str, Any] = request.app.state.ranking
    return kept
