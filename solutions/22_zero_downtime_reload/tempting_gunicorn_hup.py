"""gunicorn, reloaded by SIGHUP: it forks the new worker and tells the old one to go at once, ready or not."""

import os
import socket
import sys

from starlette.types import ASGIApp

from app.parts.zero_downtime_reload import lifespan, router

__all__ = ["lifespan", "router", "serve"]


def serve(app: ASGIApp, sock: socket.socket) -> None:
    sock.set_inheritable(True)
    options = ["-k", "asgi", "-w", "2", "-b", f"fd://{sock.fileno()}", "--no-control-socket"]
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", *options, "app.asgi:app"])
