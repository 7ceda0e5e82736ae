"""A task group as wide as the site's life: its end waits for every task in it, and there are only so many."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI, HTTPException, Request

from app.world.mail import send

router = APIRouter()
room = asyncio.Semaphore(40)


async def keep(id: str) -> None:
    try:
        await send(id)
    except Exception:  # an error that leaves a task cancels all the others of its group
        logging.exception("Letter %s was not sent.", id)
    finally:
        room.release()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as app.state.letters:
        yield


@router.post("/letters/{id}", status_code=202)
async def letter(id: str, request: Request) -> dict[str, str]:
    if room.locked():
        raise HTTPException(503, "Too many letters at the moment.", headers={"Retry-After": "1"})
    await room.acquire()  # at once: it is not locked
    request.app.state.letters.create_task(keep(id))
    return {"promised": id}
