"""uvicorn's own supervisor: a fresh interpreter for each core, all on one socket, and a new one for each that dies."""

import os
import socket

import uvicorn
from starlette.types import ASGIApp
from uvicorn.supervisors import Multiprocess

from app.parts.single_core import router

__all__ = ["router", "serve"]


def serve(app: ASGIApp, sock: socket.socket) -> None:
    # By its import string, for each worker to load: an app cannot be sent to another process.
    config = uvicorn.Config("app.asgi:app", workers=os.cpu_count(), log_level="warning")
    Multiprocess(config, sockets=[sock]).run()
