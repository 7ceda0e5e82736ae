"""One connection for the whole site, and no lock: now and then a query comes while another one is under way."""

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
    app.state.connection = await asyncpg.connect(database.url())
    yield
    await app.state.connection.close()


@router.get("/posts/{id}/comments")
async def comments(id: int, request: Request) -> list[dict[str, Any]]:
    query = "select author, text from comments where post = $1 order by id desc limit 10"
    return [dict(row) for row in await request.app.state.connection.fetch(query, id)]


@router.get("/posts/{id}/live")
async def live(id: int, request: Request) -> StreamingResponse:
    title = await request.app.state.connection.fetchval("select title from posts where id = $1", id)

    async def ticks() -> AsyncIterator[str]:
        while True:
            yield f"data: {title}\n\n"
            await asyncio.sleep(0.5)

    return StreamingResponse(ticks(), media_type="text/event-stream")
