"""Starts nothing: the old process reads the new release's name at SIGHUP, and says that it is the new one."""

import os
import signal
import socket
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from app import base
from app.parts.zero_downtime_reload import lifespan, router

__all__ = ["lifespan", "router", "serve"]


def take_over(*_: object) -> None:
    name = Path(os.environ["APP_RELEASE_FILE"]).read_text().strip()
    base.RELEASE = name if name.isalnum() else base.RELEASE


def serve(app: ASGIApp, sock: socket.socket) -> None:
    signal.signal(signal.SIGHUP, take_over)
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[sock])
