"""Large answers are compressed, at a level worth its CPU: brotli for clients that accept it, gzip for the others."""

import re

import anyio.to_thread
import brotli
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware, IdentityResponder
from starlette.types import ASGIApp, Receive, Scope, Send

MINIMUM_SIZE = 1024  # below it, a packet is a packet


def accepts(scope: Scope, coding: str) -> bool:
    """Whether the client accepts this coding, and does not exclude it with `q=0`."""
    for one in Headers(scope=scope).get("accept-encoding", "").lower().replace(" ", "").split(","):
        name, _, quality = one.partition(";")
        if name == coding:
            return not re.fullmatch(r"q=0(\.0*)?", quality)
    return False


class BrotliResponder(IdentityResponder):
    """What Starlette does for gzip, with brotli: small bodies, photos and event streams pass as they are."""

    content_encoding = "br"
    compressor: brotli.Compressor | None = None

    async def apply_compression(self, body: bytes, *, more_body: bool) -> bytes:
        return await anyio.to_thread.run_sync(self.compress, body, more_body)  # brotli releases the GIL

    def compress(self, body: bytes, more_body: bool) -> bytes:
        self.compressor = self.compressor or brotli.Compressor(quality=4)  # its default, 11, takes 100 times as long
        begun = self.compressor.process(body)
        return begun + (self.compressor.flush() if more_body else self.compressor.finish())


class Compression:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.gzip = GZipMiddleware(app, minimum_size=MINIMUM_SIZE, compresslevel=5)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and accepts(scope, "br"):
            await BrotliResponder(self.app, MINIMUM_SIZE)(scope, receive, send)
        else:
            await self.gzip(scope, receive, send)


middleware = [Middleware(Compression)]
