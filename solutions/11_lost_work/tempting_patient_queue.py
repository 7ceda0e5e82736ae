"""A full queue makes the reader wait instead of refusing: at a stop they all stand in line, and it is long again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI, Request

from app.world.mail import LINES, send

router = APIRouter()


async def sender(letters: asyncio.Queue[str]) -> None:
    while True:
        await send(await letters.get())
        letters.task_done()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    letters = app.state.letters = asyncio.Queue[str](20)
    senders = [asyncio.create_task(sender(letters)) for _ in range(LINES)]
    yield
    await letters.join()
    for task in senders:
        task.cancel()


@router.post("/letters/{id}", status_code=202)
async def letter(id: str, request: Request) -> dict[str, str]:
    await request.app.state.letters.put(id)
    return {"promised": id}
