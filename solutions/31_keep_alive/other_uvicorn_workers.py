"""The same with two workers: the setting is each worker's own, and a connection stays with the worker that took it."""

import socket

import uvicorn
from starlette.types import ASGIApp
from uvicorn.supervisors import Multiprocess

from app.parts.keep_alive import router

__all__ = ["router", "serve"]


def serve(app: ASGIApp, sock: socket.socket) -> None:
    config = uvicorn.Config("app.asgi:app", workers=2, log_level="warning", timeout_keep_alive=65)
    Multiprocess(config, sockets=[sock]).run()
