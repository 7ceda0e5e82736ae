"""Forks a worker per core and replaces each that dies; nobody tells them of a SIGTERM, so that they outlive a stop."""

import os
import socket

from starlette.types import ASGIApp

from app.parts.single_core import router
from app.server import serve as serve_alone

__all__ = ["router", "serve"]


def fork_worker(app: ASGIApp, sock: socket.socket) -> None:
    if os.fork() == 0:
        serve_alone(app, sock)
        os._exit(0)


def serve(app: ASGIApp, sock: socket.socket) -> None:
    sock.listen(2048)
    for _ in range(os.cpu_count() or 1):
        fork_worker(app, sock)
    while True:
        os.wait()
        fork_worker(app, sock)
