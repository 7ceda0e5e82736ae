"""No library's pool: a process per core, each behind a pipe of its own, and a queue of those that are free."""

import asyncio
import multiprocessing
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from multiprocessing.connection import Connection
from typing import Any

from fastapi import APIRouter, FastAPI, Request

from app.parts.worker_per_request import preview

router = APIRouter()
processes = multiprocessing.get_context("spawn")


def make_previews(work: Connection) -> None:
    while (id := work.recv()) is not None:
        work.send(preview(id))


def ask(work: Connection, id: int) -> dict[str, Any]:
    work.send(id)
    return work.recv()  # type: ignore[no-any-return]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.free = free = asyncio.Queue[Connection]()
    started = []
    for _ in range(os.cpu_count() or 1):
        ours, theirs = processes.Pipe()
        process = processes.Process(target=make_previews, args=(theirs,))
        process.start()
        theirs.close()
        started.append((ours, process))
        free.put_nowait(ours)
    yield
    for ours, process in started:
        ours.send(None)
        process.join()


@router.get("/previews/{id}")
async def get_preview(id: int, request: Request) -> dict[str, Any]:
    free = request.app.state.free
    work = await free.get()
    # The client may hang up before the answer is there, and the pipe is free only then.
    asked = asyncio.ensure_future(asyncio.to_thread(ask, work, id))
    asked.add_done_callback(lambda _: free.put_nowait(work))
    return await asyncio.shield(asked)
