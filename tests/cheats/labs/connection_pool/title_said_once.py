"""A pool, and a stream that says the title once: the connection stays open, and nothing ever comes again."""

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
    title = await request.app.state.pool.fetchval("select title from posts where id = $1", id)

    async def once() -> AsyncIterator[str]:
        yield f"data: {title}\n\n"
        await asyncio.Event().wait()

    return StreamingResponse(once(), media_type="text/event-stream")
