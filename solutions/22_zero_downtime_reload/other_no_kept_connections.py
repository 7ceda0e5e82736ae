"""uvicorn's own reload, and each response is the last of its connection: where none is kept, none is closed too soon.

It costs every client a new connection for each request, all day long, for the sake of a deploy.
"""

import socket

import uvicorn
from starlette.types import ASGIApp
from uvicorn.supervisors import Multiprocess

from app.parts.zero_downtime_reload import lifespan, router

__all__ = ["lifespan", "router", "serve"]


def serve(app: ASGIApp, sock: socket.socket) -> None:
    config = uvicorn.Config(
        "app.asgi:app",
        workers=1,
        log_level="warning",
        headers=[("connection", "close")],
        timeout_worker_healthcheck=30,  # a new worker is given so long to be ready
    )
    Multiprocess(config, sockets=[sock]).run()
