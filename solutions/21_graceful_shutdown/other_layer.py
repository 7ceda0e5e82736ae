"""Another layer: the streams stay as they are, and a middleware takes their connections away when it is time."""

import asyncio
import socket
from types import FrameType

import uvicorn
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.parts.graceful_shutdown import router

__all__ = ["middleware", "router", "serve"]

stopping = asyncio.Event()


class EndStreams:
    """Cancels endless answers when it is time; what has an end is let through.

    Who was cancelled may ask again on the same connection before the server has closed it, and is told nothing.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/events":
            await self.app(scope, receive, send)
            return
        if stopping.is_set():
            await Response()(scope, receive, send)
            return
        stream, end = asyncio.create_task(self.app(scope, receive, send)), asyncio.create_task(stopping.wait())  # type: ignore[arg-type]
        await asyncio.wait([stream, end], return_when=asyncio.FIRST_COMPLETED)
        end.cancel()
        if stream.cancel():
            await asyncio.wait([stream])
            await send({"type": "http.response.body", "body": b""})


middleware = [Middleware(EndStreams)]


class Server(uvicorn.Server):
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        stopping.set()
        super().handle_exit(sig, frame)


def serve(app: ASGIApp, sock: socket.socket) -> None:
    Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=3)).run(sockets=[sock])
