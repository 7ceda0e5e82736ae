"""`--preload` makes new workers quick, since the parent has loaded the code: so each has the old version again."""

import os
import socket
import sys

from starlette.types import ASGIApp

from app.parts.zero_downtime_reload import lifespan, router

__all__ = ["lifespan", "router", "serve"]


def serve(app: ASGIApp, sock: socket.socket) -> None:
    sock.set_inheritable(True)
    options = ["-k", "asgi", "-w", "2", "-b", f"fd://{sock.fileno()}", "--no-control-socket", "--preload"]
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", *options, "app.asgi:app"])
