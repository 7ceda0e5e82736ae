"""A pool behind a dependency that ends with its function: the connection is back before the answer is sent."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import asyncpg
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import StreamingResponse

from app.world import database

router = APIRouter()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with asyncpg.create_pool(database.url()) as app.state.pool:
        yield


async def connect(request: Request) -> AsyncIterator[asyncpg.Connection]:
    async with request.app.state.pool.acquire() as connection:
        yield connection


Connection = Annotated[asyncpg.Connection, Depends(connect, scope="function")]


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
