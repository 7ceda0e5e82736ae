"""A deploy as it should be. But between two deploys nobody looks at the worker: where it dies, there is none."""

import asyncio
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
LEAVE_S = 1.0  # longer than a kept client waits between two requests
spawn = multiprocessing.get_context("spawn")  # a fresh interpreter loads the new code


class Server(uvicorn.Server):
    tell: Connection

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.tell.send("ready")

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()  # new connections are for the new worker, and kept ones hear of it:
        self.server_state.default_headers.append((b"connection", b"close"))
        await asyncio.sleep(LEAVE_S)
        await super().shutdown(sockets)


def work(sock: socket.socket, tell: Connection) -> None:
    worker = Server(uvicorn.Config("app.asgi:app", log_level="warning"))
    worker.tell = tell
    worker.run(sockets=[sock])


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
                if newer := start_worker(sock):  # else the old one goes on
                    worker.terminate()
                    worker.join()
                    worker = newer
            time.sleep(0.1)
    finally:
        for child in multiprocessing.active_children():
            child.terminate()
