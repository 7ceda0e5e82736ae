"""Blue and green: a second gunicorn on the same socket, and the first is told to go when the second has loaded.

gunicorn's asgi worker says goodbye by itself: while it leaves, its responses have `Connection: close`.
"""

import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.types import ASGIApp

from app.parts.zero_downtime_reload import lifespan as load_tagger
from app.parts.zero_downtime_reload import router

__all__ = ["lifespan", "router", "serve"]

START_WITHIN_S = 30


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with load_tagger(app):
        if pipe := os.environ.get("TELL_READY"):
            os.write(int(pipe), b"ready")
        yield


class Gunicorn:
    """A gunicorn with one worker, started on the socket."""

    def __init__(self, sock: socket.socket) -> None:
        self.ready, tell = os.pipe()
        options = ["-k", "asgi", "-b", f"fd://{sock.fileno()}", "--no-control-socket", "--log-level", "error"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", *options, "app.asgi:app"],
            env=os.environ | {"TELL_READY": str(tell)},
            pass_fds=[sock.fileno(), tell],
        )
        os.close(tell)

    def is_ready(self) -> bool:
        """Waits until its worker says so. It is not where the pipe breaks, or says nothing for long."""
        found, _, _ = select.select([self.ready], [], [], START_WITHIN_S)
        return bool(found) and os.read(self.ready, 5) == b"ready"

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()
        os.close(self.ready)


def serve(app: ASGIApp, sock: socket.socket) -> None:
    deploys: list[int] = []
    signal.signal(signal.SIGHUP, lambda number, _: deploys.append(number))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    running = [Gunicorn(sock)]
    try:
        while running[0].process.poll() is None:
            if deploys:
                deploys.clear()
                running.append(Gunicorn(sock))
                running.pop(0 if running[-1].is_ready() else 1).stop()
            time.sleep(0.1)
    finally:
        for one in running:
            one.process.terminate()
        for one in running:
            one.process.wait()
