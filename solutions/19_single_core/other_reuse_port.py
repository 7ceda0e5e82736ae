"""A socket for each worker, all on one port (SO_REUSEPORT): the kernel deals out connections, and nobody races."""

import multiprocessing
import os
import signal
import socket
import sys
import time

from starlette.types import ASGIApp

from app.parts.single_core import router
from app.server import serve as serve_alone

__all__ = ["router", "serve"]


def work(app: ASGIApp, address: tuple[str, int]) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    sock.bind(address)
    serve_alone(app, sock)


def serve(app: ASGIApp, sock: socket.socket) -> None:
    address = sock.getsockname()
    sock.close()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    fork = multiprocessing.get_context("fork")
    workers = []
    try:
        while True:
            workers = [worker for worker in workers if worker.is_alive()]
            for _ in range((os.cpu_count() or 1) - len(workers)):
                workers.append(fork.Process(target=work, args=[app, address]))
                workers[-1].start()
            time.sleep(0.2)
    finally:
        for worker in workers:
            worker.terminate()
