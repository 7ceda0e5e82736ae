"""Another layer: the streams stay as they are, and a middleware takes their connections away when it is time."""

import asyncio
import socket
from types import FrameType

import uvicorn
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from app.parts.graceful_shutdown import router

__all__ = ["middleware", "router", "serve"]

streams: set[asyncio.Task[None]] = set()


class EndStreams:
    """Keeps the tasks of endless answers, so that they can be cancelled; what has an end is let through."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/events":
            await self.app(scope, receive, send)
            return
        stream = asyncio.create_task(self.app(scope, receive, send))  # type: ignore[arg-type]
        streams.add(stream)
        try:
            await asyncio.wait([stream])
        finally:
            streams.discard(stream)
        if stream.cancelled():
            await send({"type": "http.response.body", "body": b""})


middleware = [Middleware(EndStreams)]


class Server(uvicorn.Server):
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        for stream in streams:
            stream.get_loop().call_soon_threadsafe(stream.cancel)


def serve(app: ASGIApp, sock: socket.socket) -> None:
    Server(uvicorn.Config(app, log_level="warning")).run(sockets=[sock])
