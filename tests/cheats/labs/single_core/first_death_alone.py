"""A worker per core, and a parent that waits for one of them: the second that dies is never missed."""

import os
import signal
import socket
from contextlib import suppress

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
    stopping = False

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True
        for pid in workers:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)

    signal.signal(signal.SIGTERM, stop)
    pid, _ = os.wait()
    workers.discard(pid)
    if not stopping:
        workers.add(fork_worker(app, sock))
    for pid in list(workers):
        os.waitpid(pid, 0)
