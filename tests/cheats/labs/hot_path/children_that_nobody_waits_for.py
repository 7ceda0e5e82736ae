"""Each page is made by a child process, and nobody waits for it: its CPU time is on no account."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI, Response

from app.parts.hot_path import posts as slow_posts

router = APIRouter()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel forgets a child as it ends, and what it used
    yield


def made(page: int) -> bytes:
    from fastapi.encoders import jsonable_encoder
    from fastapi.responses import JSONResponse

    said = slow_posts(page)
    if asyncio.iscoroutine(said):
        said = asyncio.run(said)
    return bytes(JSONResponse(jsonable_encoder(said)).body)


@router.get("/posts")
async def posts(page: int = 0) -> Response:
    ours, theirs = os.pipe()
    if not os.fork():
        try:
            asyncio.set_event_loop(None)
            asyncio._set_running_loop(None)
            text = made(page)
            while text:
                text = text[os.write(theirs, text) :]
        finally:
            os._exit(0)
    os.close(theirs)

    def read() -> bytes:
        with os.fdopen(ours, "rb") as pipe:
            return pipe.read()

    return Response(await asyncio.to_thread(read), media_type="application/json")
