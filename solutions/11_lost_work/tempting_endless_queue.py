"""A queue that is drained in the end, and has no bound: it takes in more than can be sent before the site is killed."""

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
    letters = app.state.letters = asyncio.Queue[str]()
    senders = [asyncio.create_task(sender(letters)) for _ in range(LINES)]
    yield
    await letters.join()
    for task in senders:
        task.cancel()


@router.post("/letters/{id}", status_code=202)
async def letter(id: str, request: Request) -> dict[str, str]:
    request.app.state.letters.put_nowait(id)
    return {"promised": id}
