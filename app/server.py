"""How the site is served unless a fix overrides it: one uvicorn, one process, one event loop."""

import os
import signal
import socket
import sys

import uvicorn
from starlette.types import ASGIApp


def serve(app: ASGIApp, sock: socket.socket) -> None:
    """Serves on `sock` until told to stop.

    This site is deployed the plain way: SIGHUP stops it and starts it again on the same port, with new code.
    """
    port = sock.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    deploying = False

    def deploy(*_: object) -> None:
        nonlocal deploying
        deploying = server.should_exit = True

    signal.signal(signal.SIGHUP, deploy)
    server.run(sockets=[sock])
    if deploying:
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:], "--port", str(port)])
