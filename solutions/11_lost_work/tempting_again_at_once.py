"""A letter that cannot be sent is sent again, at once, until it can: while it cannot, nothing else has a turn."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI, HTTPException, Request

from app.world.mail import LINES, NotSent, send

router = APIRouter()

# What is promised must be sent when the site stops: twenty letters on four lines take half a second.
ROOM = 20


async def sender(letters: asyncio.Queue[str]) -> None:
    while True:
        letter = await letters.get()
        try:
            await send_at_last(letter)
        finally:
            letters.task_done()


async def send_at_last(letter: str) -> None:
    while True:
        try:
            await send(letter)
        except NotSent:
            continue
        return


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
