"""The new worker starts beside the old one, which leaves two seconds later: the new one needs a little more."""

import asyncio
import multiprocessing
import signal
import socket
import sys
import time
from multiprocessing.context import SpawnProcess

import uvicorn
from starlette.types import ASGIApp

from app.parts.zero_downtime_reload import lifespan, router

__all__ = ["lifespan", "router", "serve"]

spawn = multiprocessing.get_context("spawn")


class Server(uvicorn.Server):
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        self.server_state.default_headers.append((b"connection", b"close"))
        await asyncio.sleep(1)
        await super().shutdown(sockets)


def work(sock: socket.socket) -> None:
    Server(uvicorn.Config("app.asgi:app", log_level="warning")).run(sockets=[sock])


def start_worker(sock: socket.socket) -> SpawnProcess:
    worker = spawn.Process(target=work, args=[sock])
    worker.start()
    return worker


def serve(app: ASGIApp, sock: socket.socket) -> None:
    deploys: list[int] = []
    signal.signal(signal.SIGHUP, lambda number, _: deploys.append(number))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        worker = start_worker(sock)
        while worker.is_alive():
            if deploys:
                deploys.clear()
                newer = start_worker(sock)
                time.sleep(2)
                worker.terminate()
                worker.join()
                worker = newer
            time.sleep(0.1)
    finally:
        for child in multiprocessing.active_children():
            child.terminate()
