"""One second: closed long before the next answer comes. None meets the moment, and each pays for a connection."""

import socket

import uvicorn
from starlette.types import ASGIApp

from app.parts.keep_alive import router

__all__ = ["router", "serve"]


def serve(app: ASGIApp, sock: socket.socket) -> None:
    config = uvicorn.Config(app, log_level="warning", timeout_keep_alive=1)
    uvicorn.Server(config).run(sockets=[sock])
