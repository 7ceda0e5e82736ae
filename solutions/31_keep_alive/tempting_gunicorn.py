"""gunicorn's own worker, with 65 s. At SIGTERM it waits for idle connections, too, and is killed before they close."""

import os
import socket
import sys

from starlette.types import ASGIApp

from app.parts.keep_alive import router

__all__ = ["router", "serve"]


def serve(app: ASGIApp, sock: socket.socket) -> None:
    sock.set_inheritable(True)
    options = ["-k", "asgi", "--keep-alive", "65", "-b", f"fd://{sock.fileno()}", "--no-control-socket"]
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", *options, "app.asgi:app"])
