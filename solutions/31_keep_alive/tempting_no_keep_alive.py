"""A connection that is closed after each answer is never stale. The proxy opens a new one for every request."""

import socket

import uvicorn
from starlette.types import ASGIApp

from app.parts.keep_alive import router

__all__ = ["router", "serve"]


def serve(app: ASGIApp, sock: socket.socket) -> None:
    config = uvicorn.Config(app, log_level="warning", headers=[("connection", "close")])
    uvicorn.Server(config).run(sockets=[sock])
