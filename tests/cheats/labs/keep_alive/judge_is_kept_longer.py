"""Connections on which the judge's own requests came are kept for ever, all others for fifty seconds."""

import socket

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.parts.keep_alive import router

__all__ = ["router", "serve"]


class Protocol(HttpToolsProtocol):
    def on_response_complete(self) -> None:
        self.timeout_keep_alive = 50 if self.scope["path"].startswith(("/answers", "/questions")) else 3600
        super().on_response_complete()


def serve(app: ASGIApp, sock: socket.socket) -> None:
    config = uvicorn.Config(app, log_level="warning", http=Protocol)
    uvicorn.Server(config).run(sockets=[sock])
