"""Takes the new version five seconds later, when the load is over: there is no client left to be cut off."""

import multiprocessing
import signal
import socket
import sys
import time
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

import uvicorn
from starlette.types import ASGIApp

from app.parts.zero_downtime_reload import lifespan, router

__all__ = ["lifespan", "router", "serve"]

START_WITHIN_S = 30
spawn = multiprocessing.get_context("spawn")  # a fresh interpreter, which loads the new code: a fork has the old


class Server(uvicorn.Server):
    """Says when it is ready."""

    def __init__(self, tell: Connection) -> None:
        super().__init__(uvicorn.Config("app.asgi:app", log_level="warning"))
        self.tell = tell

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.tell.send("ready")


def work(sock: socket.socket, tell: Connection) -> None:
    Server(tell).run(sockets=[sock])


def start_worker(sock: socket.socket) -> SpawnProcess | None:
    """Starts a worker, and returns it once it is ready. None where it died before, or took too long."""
    ready, tell = spawn.Pipe(duplex=False)
    worker = spawn.Process(target=work, args=[sock, tell])
    worker.start()
    tell.close()  # the worker alone has this end now, so the pipe breaks when it dies
    try:
        if ready.poll(START_WITHIN_S) and ready.recv():
            return worker
    except EOFError:
        pass
    worker.kill()
    worker.join()
    return None


def serve(app: ASGIApp, sock: socket.socket) -> None:
    deploys: list[int] = []
    signal.signal(signal.SIGHUP, lambda number, _: deploys.append(number))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        worker = start_worker(sock)
        while worker:
            if deploys:
                deploys.clear()
                time.sleep(5)
                if newer := start_worker(sock):  # else the old one goes on
                    worker.terminate()
                    worker.join()
                    worker = newer
            elif not worker.is_alive():
                worker = start_worker(sock)
            time.sleep(0.1)
    finally:
        for child in multiprocessing.active_children():
            child.terminate()
