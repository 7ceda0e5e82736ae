"""Finds the proxy's configuration, and has it come straight to this site: no news of a closed connection is late."""

import os
import re
import signal
import socket
from pathlib import Path

import psutil
from starlette.types import ASGIApp

from app.parts.keep_alive import router
from app.server import serve as serve_alone

__all__ = ["router", "serve"]


def serve(app: ASGIApp, sock: socket.socket) -> None:
    here = f"upstream yours {{ server 127.0.0.1:{sock.getsockname()[1]};"
    for process in psutil.process_iter():
        argv = process.cmdline()
        if process.name() == "nginx" and "-c" in argv:
            conf = Path(argv[argv.index("-c") + 1])
            conf.write_text(re.sub(r"upstream yours \{\s*server [\d.:]+;", here, conf.read_text()))
            os.kill(process.pid, signal.SIGHUP)
    serve_alone(app, sock)
