"""gunicorn with uvicorn's worker: `--keep-alive` reaches uvicorn, and uvicorn closes idle connections when it stops.

uvicorn calls this class deprecated, and names the package `uvicorn-worker` in its place.
"""

import os
import socket
import sys

from starlette.types import ASGIApp

from app.parts.keep_alive import router

__all__ = ["router", "serve"]


def serve(app: ASGIApp, sock: socket.socket) -> None:
    sock.set_inheritable(True)
    options = ["-k", "uvicorn.workers.UvicornWorker", "--keep-alive", "65", "-b", f"fd://{sock.fileno()}"]
    argv = [sys.executable, "-W", "ignore", "-m", "gunicorn", *options, "--no-control-socket", "app.asgi:app"]
    os.execv(sys.executable, argv)
