"""Four workers and a minute to leave: all four leave at once, and none of the new ones is ready any sooner."""

import os
import socket
import sys

from starlette.types import ASGIApp

from app.parts.zero_downtime_reload import lifespan, router

__all__ = ["lifespan", "router", "serve"]


def serve(app: ASGIApp, sock: socket.socket) -> None:
    sock.set_inheritable(True)
    options = [
        "-k",
        "asgi",
        "-w",
        "4",
        "--graceful-timeout",
        "60",
        "-b",
        f"fd://{sock.fileno()}",
        "--no-control-socket",
    ]
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", *options, "app.asgi:app"])
