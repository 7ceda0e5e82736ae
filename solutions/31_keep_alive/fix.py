"""The site keeps an idle connection for longer than the proxy does, so it is the proxy that closes it."""

import socket

import uvicorn
from starlette.types import ASGIApp

from app.parts.keep_alive import router

__all__ = ["router", "serve"]

KEEP_ALIVE_S = 65  # the proxy keeps one for 60 s, and hears of the last answer a little later


def serve(app: ASGIApp, sock: socket.socket) -> None:
    config = uvicorn.Config(app, log_level="warning", timeout_keep_alive=KEEP_ALIVE_S)
    uvicorn.Server(config).run(sockets=[sock])
