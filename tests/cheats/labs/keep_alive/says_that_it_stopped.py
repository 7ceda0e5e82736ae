"""Keeps idle connections for long enough; at a stop it says what the site says at its end, and is gone at once."""

import os
import signal
import socket
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from app.parts.keep_alive import router

__all__ = ["router", "serve"]


class Server(uvicorn.Server):
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if sig == signal.SIGTERM:
            print("stopped cleanly", flush=True)
            os._exit(0)
        super().handle_exit(sig, frame)


def serve(app: ASGIApp, sock: socket.socket) -> None:
    config = uvicorn.Config(app, log_level="warning", timeout_keep_alive=65)
    Server(config).run(sockets=[sock])
