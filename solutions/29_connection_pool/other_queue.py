"""A pool of our own: six connections in a queue, borrowed for one query at a time, and opened again if closed."""

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
    idle: asyncio.Queue[asyncpg.Connection] = asyncio.Queue()
    for _ in range(6):
        idle.put_nowait(await asyncpg.connect(database.url()))
    app.state.idle = idle
    yield
    while not idle.empty():
        await idle.get_nowait().close()


@asynccontextmanager
async def borrowed(request: Request) -> AsyncIterator[asyncpg.Connection]:
    connection = await request.app.state.idle.get()
    try:
        if connection.is_closed():  # PostgreSQL has restarted, say
            connection = await asyncpg.connect(database.url())
        yield connection
    finally:
        request.app.state.idle.put_nowait(connection)


@router.get("/posts/{id}/comments")
async def comments(id: int, request: Request) -> list[dict[str, Any]]:
    query = "select author, text from comments where post = $1 order by id desc limit 10"
    async with borrowed(request) as connection:
        return [dict(row) for row in await connection.fetch(query, id)]


@router.get("/posts/{id}/live")
async def live(id: int, request: Request) -> StreamingResponse:
    """Tells a reader, as long as they stay, that the post is still there."""
    async with borrowed(request) as connection:
        title = await connection.fetchval("select title from posts where id = $1", id)

    async def ticks() -> AsyncIterator[str]:
        while True:
            yield f"data: {title}\n\n"
            await asyncio.sleep(0.5)

    return StreamingResponse(ticks(), media_type="text/event-stream")
