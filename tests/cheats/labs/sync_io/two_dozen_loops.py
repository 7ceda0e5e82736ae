"""Two dozen processes, each with a loop that stands still for every card: whom it stops, nobody can foresee."""

import os
import signal
import socket

from starlette.types import ASGIApp

from app.parts.sync_io import lifespan, router
from app.server import serve as serve_alone

__all__ = ["lifespan", "router", "serve"]
LOOPS = 24


def serve(app: ASGIApp, sock: socket.socket) -> None:
    sock.listen(2048)
    loops = []
    for _ in range(LOOPS):
        if not (pid := os.fork()):
            serve_alone(app, sock)
            os._exit(0)
        loops.append(pid)

    def stop(*_: object) -> None:
        for pid in loops:
            os.kill(pid, signal.SIGTERM)

    signal.signal(signal.SIGTERM, stop)
    for pid in loops:
        os.waitpid(pid, 0)
