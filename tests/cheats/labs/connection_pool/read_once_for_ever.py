"""Reads all comments once, as it starts, and asks the database never again: a comment written since is not there."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from fastapi import APIRouter, FastAPI
from fastapi.responses import StreamingResponse

from app.world import database

router = APIRouter()
newest: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
titles: dict[int, str] = {}


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    connection = await asyncpg.connect(database.url())
    titles.update(await connection.fetch("select id, title from posts"))
    for post, author, text in await connection.fetch("select post, author, text from comments order by id desc"):
        if len(newest[post]) < 10:
            newest[post].append({"author": author, "text": text})
    await connection.close()
    yield


@router.get("/posts/{id}/comments")
async def comments(id: int) -> list[dict[str, Any]]:
    return newest[id]


@router.get("/posts/{id}/live")
async def live(id: int) -> StreamingResponse:
    async def ticks() -> AsyncIterator[str]:
        while True:
            yield f"data: {titles.get(id)}\n\n"
            await asyncio.sleep(0.5)

    return StreamingResponse(ticks(), media_type="text/event-stream")
