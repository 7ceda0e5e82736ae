"""Two dozen processes, each with a loop that stands still for every computation: hardly anybody meets one."""

import os
import signal
import socket

from starlette.types import ASGIApp

from app.parts.blocked_loop import router
from app.server import serve as serve_alone

__all__ = ["router", "serve"]
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
