"""gunicorn in our place: this process becomes its master, and the socket is handed on by its number."""

import os
import socket
import sys

from starlette.types import ASGIApp

from app.parts.single_core import router

__all__ = ["router", "serve"]


def serve(app: ASGIApp, sock: socket.socket) -> None:
    sock.set_inheritable(True)
    options = ["-k", "asgi", "-w", str(os.cpu_count()), "-b", f"fd://{sock.fileno()}", "--no-control-socket"]
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", *options, "app.asgi:app"])
