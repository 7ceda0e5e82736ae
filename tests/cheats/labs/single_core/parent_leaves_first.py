"""A worker per core, replaced when it dies; but at a stop the parent passes the signal on, and is gone before them."""

import os
import signal
import socket
from contextlib import suppress

from starlette.types import ASGIApp

from app.parts.single_core import router
from app.server import serve as serve_alone

__all__ = ["router", "serve"]


def serve(app: ASGIApp, sock: socket.socket) -> None:
    workers: set[int] = set()

    def stop(*_: object) -> None:
        for pid in workers:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        os._exit(0)

    sock.listen(2048)
    while True:
        while len(workers) < (os.cpu_count() or 1):
            if (pid := os.fork()) == 0:
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
                serve_alone(app, sock)
                os._exit(0)
            workers.add(pid)
        signal.signal(signal.SIGTERM, stop)
        pid, _ = os.wait()
        workers.discard(pid)
