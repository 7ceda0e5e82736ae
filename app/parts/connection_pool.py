"""Comments from PostgreSQL: every request opens a connection of its own, and a live stream never lets go of its one."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

import asyncpg
from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse

from app.world import database

router = APIRouter()


async def connect() -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database.url())
    yield connection
    await connection.close()


Connection = Annotated[asyncpg.Connection, Depends(connect)]


@router.get("/posts/{id}/comments")
async def comments(id: int, connection: Connection) -> list[dict[str, Any]]:
    query = "select author, text from comments where post = $1 order by id desc limit 10"
    return [dict(row) for row in await connection.fetch(query, id)]


@router.get("/posts/{id}/live")
async def live(id: int, connection: Connection) -> StreamingResponse:
    """Tells a reader, as long as they stay, that the post is still there."""
    title = await connection.fetchval("select title from posts where id = $1", id)

    async def ticks() -> AsyncIterator[str]:
        while True:
            yield f"data: {title}\n\n"
            await asyncio.sleep(0.5)

    return StreamingResponse(ticks(), media_type="text/event-stream")
