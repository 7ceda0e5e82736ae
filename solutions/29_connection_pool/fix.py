"""Four connections for everybody, opened once; and a stream gives its one back before it begins to flow."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import StreamingResponse

from app.world import database

router = APIRouter()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with asyncpg.create_pool(database.url(), min_size=4, max_size=4) as app.state.pool:
        yield


@router.get("/posts/{id}/comments")
async def comments(id: int, request: Request) -> list[dict[str, Any]]:
    query = "select author, text from comments where post = $1 order by id desc limit 10"
    return [dict(row) for row in await request.app.state.pool.fetch(query, id)]


@router.get("/posts/{id}/live")
async def live(id: int, request: Request) -> StreamingResponse:
    """Tells a reader, as long as they stay, that the post is still there."""
    # `pool.fetchval` borrows a connection for the one query, and has given it back when it returns.
    title = await request.app.state.pool.fetchval("select title from posts where id = $1", id)

    async def ticks() -> AsyncIterator[str]:
        while True:
            yield f"data: {title}\n\n"
            await asyncio.sleep(0.5)

    return StreamingResponse(ticks(), media_type="text/event-stream")
