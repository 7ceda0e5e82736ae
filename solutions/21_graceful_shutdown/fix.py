"""On SIGTERM the streams are told to end, what is under way is finished, and a deadline stands behind it all."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from types import FrameType

import uvicorn
from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from starlette.types import ASGIApp

from app.parts.graceful_shutdown import report

router = APIRouter()
router.get("/reports/{id}")(report)
stopping = asyncio.Event()


async def ticks() -> AsyncIterator[bytes]:
    while not stopping.is_set():
        yield b"data: tick\n\n"
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), 0.2)


@router.get("/events")
async def events() -> StreamingResponse:
    return StreamingResponse(ticks(), media_type="text/event-stream")


class Server(uvicorn.Server):
    """The lifespan's end comes only when all connections are gone, so the streams must hear of the signal itself."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        stopping.set()
        super().handle_exit(sig, frame)


def serve(app: ASGIApp, sock: socket.socket) -> None:
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=3)
    Server(config).run(sockets=[sock])
