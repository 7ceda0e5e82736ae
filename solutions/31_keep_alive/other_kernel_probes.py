"""The site never closes an idle connection. The kernel asks now and then whether the other end is still there."""

import socket

import uvicorn
from starlette.types import ASGIApp

from app.parts.keep_alive import router

__all__ = ["router", "serve"]

A_DAY_S = 24 * 60 * 60


def serve(app: ASGIApp, sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)  # each accepted socket has it from this one
    config = uvicorn.Config(app, log_level="warning", timeout_keep_alive=A_DAY_S)
    uvicorn.Server(config).run(sockets=[sock])
