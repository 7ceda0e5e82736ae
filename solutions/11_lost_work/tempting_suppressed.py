"""A letter that cannot be sent is not the sender's last, and nobody hears of it: not the reader, and not the log."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import APIRouter, FastAPI, HTTPException, Request

from app.world.mail import LINES, send

router = APIRouter()

# What is promised must be sent when the site stops: twenty letters on four lines take half a second.
ROOM = 20


async def sender(letters: asyncio.Queue[str]) -> None:
    while True:
        letter = await letters.get()
        with suppress(Exception):
            await send(letter)
        letters.task_done()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    letters = app.state.letters = asyncio.Queue[str](ROOM)
    senders = [asyncio.create_task(sender(letters)) for _ in range(LINES)]
    yield
    await letters.join()
    for task in senders:
        task.cancel()


@router.post("/letters/{id}", status_code=202)
async def letter(id: str, request: Request) -> dict[str, str]:
    try:
        request.app.state.letters.put_nowait(id)
    except asyncio.QueueFull:
        raise HTTPException(503, "Too many letters at the moment.", headers={"Retry-After": "1"}) from None
    return {"promised": id}
