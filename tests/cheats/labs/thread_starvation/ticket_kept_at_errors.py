"""Has a ticket for each client of the archive, and never gives it back when the archive turns a report away."""

import asyncio
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException, Request

from app.world import archive
from app.world.posts import POSTS

router = APIRouter()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.tickets = asyncio.Queue()
    for number in range(archive.CLIENTS):
        app.state.tickets.put_nowait(number)
    with ThreadPoolExecutor(archive.CLIENTS, thread_name_prefix="archive") as app.state.archive_threads:
        yield


def read_member(id: int) -> dict[str, Any]:
    time.sleep(0.006)  # the members' database, through a driver that blocks
    return {"member": id, "posts": [post.title for post in POSTS[id % 20 :: 20]]}


@router.get("/reports/monthly/{id}")
async def report(id: int, request: Request) -> dict[str, Any]:
    state = request.app.state
    ticket = await state.tickets.get()
    try:
        found = await asyncio.get_running_loop().run_in_executor(state.archive_threads, archive.read, id)
    except archive.TooManyClients as refused:
        raise HTTPException(503, str(refused)) from None
    state.tickets.put_nowait(ticket)
    return found


@router.get("/members/{id}")
def member(id: int) -> dict[str, Any]:
    return read_member(id)
