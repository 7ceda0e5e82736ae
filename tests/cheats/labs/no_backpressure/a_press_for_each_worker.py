"""Refuses nobody and bounds nothing: eight workers, and each believes that the one press in the cellar is its own."""

import os
import socket

from starlette.types import ASGIApp

from app.parts.no_backpressure import router
from app.server import serve as serve_alone

__all__ = ["router", "serve"]

WORKERS = 8  # thirty-two plates, of the four that there are


def serve(app: ASGIApp, sock: socket.socket) -> None:
    address = sock.getsockname()
    sock.close()
    for _ in range(WORKERS - 1):
        if os.fork() == 0:
            break
    own = socket.socket()
    own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # the kernel deals out connections evenly
    own.bind(address)
    serve_alone(app, own)
