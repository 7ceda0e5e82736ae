"""A deadline so short that it ends the streams and the reports alike: quick, clean, and readers get an error."""

import socket

import uvicorn
from starlette.types import ASGIApp

from app.parts.graceful_shutdown import router

__all__ = ["router", "serve"]


def serve(app: ASGIApp, sock: socket.socket) -> None:
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=0)
    uvicorn.Server(config).run(sockets=[sock])
