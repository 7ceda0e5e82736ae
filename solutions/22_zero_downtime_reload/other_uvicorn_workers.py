"""uvicorn's own reload. On SIGTERM a worker first says goodbye for a second: the site sees to that, not the server."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.supervisors import Multiprocess

from app.parts.zero_downtime_reload import lifespan as load_tagger
from app.parts.zero_downtime_reload import router

__all__ = ["lifespan", "middleware", "router", "serve"]

LEAVE_S = 1.0
leaving = False


class SayGoodbye:
    """While the worker leaves, each response is the last of its connection."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_last(message: Message) -> None:
            if leaving and message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"connection", b"close")]
            await send(message)

        await self.app(scope, receive, send_last)


middleware = [Middleware(SayGoodbye)]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    loop, stop = asyncio.get_running_loop(), signal.getsignal(signal.SIGTERM)
    assert callable(stop)

    def leave() -> None:
        global leaving
        leaving = True
        loop.call_later(LEAVE_S, stop, signal.SIGTERM, None)

    async with load_tagger(app):
        loop.add_signal_handler(signal.SIGTERM, leave)
        yield


def serve(app: ASGIApp, sock: socket.socket) -> None:
    config = uvicorn.Config("app.asgi:app", workers=1, log_level="warning", timeout_worker_healthcheck=30)
    Multiprocess(config, sockets=[sock]).run()
