"""The same as the proxy's: both ends close at about the same moment, and which is first is left to chance."""

import socket

import uvicorn
from starlette.types import ASGIApp

from app.parts.keep_alive import router

__all__ = ["router", "serve"]


def serve(app: ASGIApp, sock: socket.socket) -> None:
    config = uvicorn.Config(app, log_level="warning", timeout_keep_alive=60)
    uvicorn.Server(config).run(sockets=[sock])
