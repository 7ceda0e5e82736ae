"""Replaces workers well, and forgets a deploy that comes while another one is loading: the correction never arrives."""

import multiprocessing
import os
import signal
import socket
import threading
import time
from multiprocessing.connection import Connection

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.parts.zero_downtime_reload import lifespan, router

__all__ = ["lifespan", "router", "serve"]

spawn = multiprocessing.get_context("spawn")
DRAIN_S = 8


class LastAnswer:
    """Adds `connection: close` to each response while the worker is draining."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.draining = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_last(message: Message) -> None:
            if self.draining and message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"connection", b"close")]
            await send(message)

        await self.app(scope, receive, send_last)


class Server(uvicorn.Server):
    def __init__(self, app: ASGIApp, talk: Connection) -> None:
        self.layer = LastAnswer(app)
        self.talk = talk
        self.until = 0.0
        super().__init__(uvicorn.Config(self.layer, log_level="warning"))

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self.talk.send("ready")
            threading.Thread(target=self.listen, daemon=True).start()

    def listen(self) -> None:
        """Waits for the captain's word, or for his end."""
        try:
            self.talk.recv()
            self.until = time.monotonic() + DRAIN_S
        except EOFError:
            self.should_exit = True

    async def on_tick(self, counter: int) -> bool:
        if self.until:
            if not self.layer.draining:
                self.layer.draining = True
                for server in self.servers:
                    server.close()
            if not self.server_state.connections or time.monotonic() > self.until:
                self.should_exit = True
        return await super().on_tick(counter)


def work(sock: socket.socket, talk: Connection) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    from app.asgi import app

    Server(app, talk).run(sockets=[sock])


class Worker:
    def __init__(self, sock: socket.socket) -> None:
        self.talk, theirs = spawn.Pipe()
        self.process = spawn.Process(target=work, args=(sock, theirs))
        self.process.start()
        theirs.close()

    def is_ready(self) -> bool:
        """Waits until it listens. False where it ends before that."""
        try:
            return bool(self.talk.recv() == "ready")
        except EOFError:
            self.process.join()
            return False

    def drain(self) -> None:
        self.talk.send("drain")


def serve(app: ASGIApp, sock: socket.socket) -> None:
    """Serves on `sock`; on SIGHUP a new worker takes over from the old one."""
    new_version = False
    worker: Worker | None = None
    workers: list[Worker] = []

    def on_hup(*_: object) -> None:
        nonlocal new_version
        new_version = True

    def on_stop(*_: object) -> None:
        for one in workers:
            one.process.terminate()
        for one in workers:
            one.process.join()
        os._exit(0)

    signal.signal(signal.SIGHUP, on_hup)
    signal.signal(signal.SIGTERM, on_stop)
    signal.signal(signal.SIGINT, on_stop)

    workers.append(worker := Worker(sock))
    if not worker.is_ready():
        raise SystemExit("The site cannot start.")
    while worker.process.is_alive():
        if new_version:
            workers.append(fresh := Worker(sock))
            if fresh.is_ready():
                worker.drain()
                worker = fresh
            new_version = False
        workers[:] = [one for one in workers if one.process.is_alive()]
        time.sleep(0.05)
