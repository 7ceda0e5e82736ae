"""A pool, and no error ever: where the database takes nobody, a post has no comments, and everybody believes it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import StreamingResponse

from app.world import database

router = APIRouter()
TRIES = 3  # a session may have been ended


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with asyncpg.create_pool(database.url(), min_size=4, max_size=4) as app.state.pool:
        yield


async def fetch(pool: asyncpg.Pool, query: str, id: int) -> list[asyncpg.Record]:
    for _ in range(TRIES):
        try:
            return await pool.fetch(query, id)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            pass
    return []


@router.get("/posts/{id}/comments")
async def comments(id: int, request: Request) -> list[dict[str, Any]]:
    query = "select author, text from comments where post = $1 order by id desc limit 10"
    return [dict(row) for row in await fetch(request.app.state.pool, query, id)]


@router.get("/posts/{id}/live")
async def live(id: int, request: Request) -> StreamingResponse:
    found = await fetch(request.app.state.pool, "select title from posts where id = $1", id)
    title = found[0]["title"] if found else None

    async def ticks() -> AsyncIterator[str]:
        while True:
            yield f"data: {title}\n\n"
            await asyncio.sleep(0.5)

    return StreamingResponse(ticks(), media_type="text/event-stream")
