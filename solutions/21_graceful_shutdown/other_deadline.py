"""No stream is told anything: a deadline longer than any report ends whatever is left, and uvicorn sees to the rest."""

import socket

import uvicorn
from starlette.types import ASGIApp

from app.parts.graceful_shutdown import router

__all__ = ["router", "serve"]


def serve(app: ASGIApp, sock: socket.socket) -> None:
    # The longest report takes half a second. Streams are cancelled with the deadline, and the lifespan ends after that.
    uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)).run(sockets=[sock])
