"""Longer than a question takes, and not longer than the proxy's 60 s: the moment comes later, and it comes."""

import socket

import uvicorn
from starlette.types import ASGIApp

from app.parts.keep_alive import router

__all__ = ["router", "serve"]


def serve(app: ASGIApp, sock: socket.socket) -> None:
    config = uvicorn.Config(app, log_level="warning", timeout_keep_alive=10)
    uvicorn.Server(config).run(sockets=[sock])
