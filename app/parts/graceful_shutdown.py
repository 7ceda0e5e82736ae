"""Reports that take a while, and a stream of events that never ends: not a word on what to do when it is time to go."""

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.responses import StreamingResponse
from starlette.types import ASGIApp

from app.server import serve as serve_alone

router = APIRouter()
views: Counter[int] = Counter()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    # Views are counted in memory and written down once, in the end.
    print(f"written down: {views.total()} views", flush=True)


@router.get("/reports/{id}")
async def report(id: int) -> dict[str, Any]:
    views[id] += 1
    await asyncio.sleep(0.3 + id % 3 / 10)  # the database, gathering
    return {"report": id, "rows": id * 7}


async def ticks() -> AsyncIterator[bytes]:
    while True:
        yield b"data: tick\n\n"
        await asyncio.sleep(0.2)


@router.get("/events")
async def events() -> StreamingResponse:
    return StreamingResponse(ticks(), media_type="text/event-stream")


def serve(app: ASGIApp, sock: socket.socket) -> None:
    """Serves `app` on the listening socket `sock` until SIGTERM, and then for as long as anybody listens."""
    serve_alone(app, sock)
