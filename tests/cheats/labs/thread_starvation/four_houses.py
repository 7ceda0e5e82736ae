"""Four processes with a hundred threads each: nobody waits for a thread, and the archive is asked by eighty at once."""

import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI
from starlette.types import ASGIApp

from app.parts.thread_starvation import router
from app.server import serve as serve_alone

__all__ = ["lifespan", "router", "serve"]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    current_default_thread_limiter().total_tokens = 100
    yield


def serve(app: ASGIApp, sock: socket.socket) -> None:
    for _ in range(3):
        if os.fork() == 0:
            break
    serve_alone(app, sock)
