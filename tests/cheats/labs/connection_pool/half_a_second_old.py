"""A pool, and before it a cache of half a second: a comment that was just written does not show."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import StreamingResponse

from app.world import database

router = APIRouter()
kept: dict[int, tuple[float, list[dict[str, Any]]]] = {}


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with asyncpg.create_pool(database.url(), min_size=4, max_size=4) as app.state.pool:
        yield


@router.get("/posts/{id}/comments")
async def comments(id: int, request: Request) -> list[dict[str, Any]]:
    since_s, said = kept.get(id, (0.0, []))
    if time.monotonic() - since_s > 0.5:
        query = "select author, text from comments where post = $1 order by id desc limit 10"
        said = [dict(row) for row in await request.app.state.pool.fetch(query, id)]
        kept[id] = time.monotonic(), said
    return said


@router.get("/posts/{id}/live")
async def live(id: int, request: Request) -> StreamingResponse:
    title = await request.app.state.pool.fetchval("select title from posts where id = $1", id)

    async def ticks() -> AsyncIterator[str]:
        while True:
            yield f"data: {title}\n\n"
            await asyncio.sleep(0.5)

    return StreamingResponse(ticks(), media_type="text/event-stream")
