"""A worker per core, all accepting from one socket, and a parent that replaces the dead."""

import os
import signal
import socket

from starlette.types import ASGIApp

from app.parts.single_core import router
from app.server import serve as serve_alone

__all__ = ["router", "serve"]


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def fork_worker(app: ASGIApp, sock: socket.socket) -> int:
    """Starts a worker and returns its process id. The worker never comes back from here."""
    if pid := os.fork():
        return pid
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    serve_alone(app, sock)
    os._exit(0)


def serve(app: ASGIApp, sock: socket.socket) -> None:
    sock.listen(2048)
    workers = {fork_worker(app, sock) for _ in range(cores())}
    stopping = False

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True
        for pid in workers:
            os.kill(pid, signal.SIGTERM)

    signal.signal(signal.SIGTERM, stop)
    while workers:
        pid, _ = os.wait()
        workers.discard(pid)
        if not stopping:
            workers.add(fork_worker(app, sock))
