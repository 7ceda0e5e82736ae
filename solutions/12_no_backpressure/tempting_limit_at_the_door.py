"""uvicorn's `limit_concurrency` counts connections or requests, not cards: it refuses pings, without a Retry-After."""

import socket

import uvicorn
from starlette.types import ASGIApp

from app.parts.no_backpressure import router

__all__ = ["router", "serve"]


def serve(app: ASGIApp, sock: socket.socket) -> None:
    uvicorn.Server(uvicorn.Config(app, log_level="warning", limit_concurrency=12)).run(sockets=[sock])
