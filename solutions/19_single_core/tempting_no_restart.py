"""Forks a worker per core, and never looks at them again: the first one to die takes its core with it."""

import os
import socket

from starlette.types import ASGIApp

from app.parts.single_core import router
from app.server import serve as serve_alone

__all__ = ["router", "serve"]


def serve(app: ASGIApp, sock: socket.socket) -> None:
    sock.listen(2048)
    for _ in range((os.cpu_count() or 1) - 1):
        if os.fork() == 0:
            break
    serve_alone(app, sock)
