"""uvicorn's own reload waits until the new worker is ready. The old one then closes connections in use."""

import socket

import uvicorn
from starlette.types import ASGIApp
from uvicorn.supervisors import Multiprocess

from app.parts.zero_downtime_reload import lifespan, router

__all__ = ["lifespan", "router", "serve"]


def serve(app: ASGIApp, sock: socket.socket) -> None:
    config = uvicorn.Config("app.asgi:app", workers=1, log_level="warning", timeout_worker_healthcheck=30)
    Multiprocess(config, sockets=[sock]).run()
