"""Puts off the counting of views to a task that never runs, and shuts down well: what it writes down is nothing."""

import asyncio
import socket
from collections.abc import AsyncIterator
from types import FrameType
from typing import Any

import uvicorn
from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from starlette.types import ASGIApp

router = APIRouter()
stopping = asyncio.Event()


@router.get("/reports/{id}")
async def report(id: int) -> dict[str, Any]:
    await asyncio.sleep(0.3 + id % 3 / 10)
    return {"report": id, "rows": id * 7}


async def ticks() -> AsyncIterator[bytes]:
    while not stopping.is_set():
        yield b"data: tick\n\n"
        await asyncio.sleep(0.05)


@router.get("/events")
async def events() -> StreamingResponse:
    return StreamingResponse(ticks(), media_type="text/event-stream")


class Server(uvicorn.Server):
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        stopping.set()
        super().handle_exit(sig, frame)


def serve(app: ASGIApp, sock: socket.socket) -> None:
    Server(uvicorn.Config(app, log_level="warning")).run(sockets=[sock])
