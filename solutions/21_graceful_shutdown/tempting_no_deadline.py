"""The streams are told, and on most days that is enough. One request hangs, and the stop waits for it for ever."""

import asyncio
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
stopping = False


async def ticks() -> AsyncIterator[bytes]:
    while not stopping:
        yield b"data: tick\n\n"
        await asyncio.sleep(0.2)


@router.get("/events")
async def events() -> StreamingResponse:
    return StreamingResponse(ticks(), media_type="text/event-stream")


class Server(uvicorn.Server):
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        global stopping
        stopping = True
        super().handle_exit(sig, frame)


def serve(app: ASGIApp, sock: socket.socket) -> None:
    Server(uvicorn.Config(app, log_level="warning")).run(sockets=[sock])
