"""Another layer: not a pool behind one server, but a server for each core, all on one socket. No route is changed."""

import os
import signal
import socket

from starlette.types import ASGIApp

from app.parts.gil_threads import router
from app.server import serve as serve_alone

__all__ = ["router", "serve"]


def serve(app: ASGIApp, sock: socket.socket) -> None:
    sock.listen(2048)
    workers = []
    for _ in range(os.cpu_count() or 1):
        if (pid := os.fork()) == 0:
            serve_alone(app, sock)
            os._exit(0)
        workers.append(pid)

    def stop(*_: object) -> None:
        for pid in workers:
            os.kill(pid, signal.SIGTERM)

    signal.signal(signal.SIGTERM, stop)
    for _ in workers:
        os.wait()
