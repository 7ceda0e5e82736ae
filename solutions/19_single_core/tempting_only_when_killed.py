"""Whom the kernel kills is replaced, and nobody else: a worker that a library brings down takes its core with it."""

import os
import signal
import socket

from starlette.types import ASGIApp

from app.parts.single_core import router
from app.server import serve as serve_alone

__all__ = ["router", "serve"]


def fork_worker(app: ASGIApp, sock: socket.socket) -> int:
    if pid := os.fork():
        return pid
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    serve_alone(app, sock)
    os._exit(0)


def serve(app: ASGIApp, sock: socket.socket) -> None:
    sock.listen(2048)
    workers = {fork_worker(app, sock) for _ in range(os.cpu_count() or 1)}

    def stop(*_: object) -> None:
        for pid in workers:
            os.kill(pid, signal.SIGTERM)

    signal.signal(signal.SIGTERM, stop)
    while workers:
        pid, status = os.wait()
        workers.discard(pid)
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
            workers.add(fork_worker(app, sock))
