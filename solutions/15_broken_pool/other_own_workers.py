"""No library's pool: a process per core, each behind a pipe of its own that ends when the process does."""

import asyncio
import multiprocessing
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from multiprocessing.connection import Connection
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException, Request

from app.world.decoder import decode

router = APIRouter()
processes = multiprocessing.get_context("spawn")


def make_previews(work: Connection) -> None:
    while (id := work.recv()) is not None:
        work.send(decode(id))


class Worker:
    """A process that decodes, and another one in its place when a picture has killed it."""

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        self.work, theirs = processes.Pipe()
        self.process = processes.Process(target=make_previews, args=(theirs,))
        self.process.start()
        theirs.close()  # now only the process holds that end, and the pipe ends with it

    def decode(self, id: int) -> dict[str, Any] | None:
        """The preview; None where the picture has killed the process."""
        try:
            self.work.send(id)
            return self.work.recv()  # type: ignore[no-any-return]
        except (EOFError, OSError):
            self.process.join()
            self.work.close()
            self.start()
            return None

    def stop(self) -> None:
        self.work.send(None)
        self.process.join()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    workers = [Worker() for _ in range(os.cpu_count() or 1)]
    app.state.free = free = asyncio.Queue[Worker]()
    for worker in workers:
        free.put_nowait(worker)
    yield
    for worker in workers:
        worker.stop()


@router.get("/pictures/{id}")
async def get_picture(id: int, request: Request) -> dict[str, Any]:
    free = request.app.state.free
    worker = await free.get()
    # The client may hang up before the answer is there, and the worker is free only then.
    decoding = asyncio.ensure_future(asyncio.to_thread(worker.decode, id))
    decoding.add_done_callback(lambda _: free.put_nowait(worker))
    if (preview := await asyncio.shield(decoding)) is None:
        raise HTTPException(422, "This picture ends the process that decodes it.")
    return preview
