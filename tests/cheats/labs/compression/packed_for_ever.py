"""Packs well, and keeps every feed, plain and packed, in a cache without a bound: 400 KiB of each new one."""

import gzip
from functools import cache
from typing import Any

import brotli
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.parts.compression import router

__all__ = ["middleware", "router"]

SMALLEST = 1000  # bytes
PACKED_TYPES = ("application/json", "application/javascript", "image/svg+xml", "text/")


@cache
def pack(body: bytes, coding: str) -> bytes:
    """The body in this coding. The same body is packed only once."""
    if coding == "br":
        return brotli.compress(body, quality=4)
    return gzip.compress(body, compresslevel=5, mtime=0)


def choose(accepted: str) -> str | None:
    """The best coding that the client accepts, if there is one."""
    weights = {}
    for part in accepted.lower().split(","):
        name, _, options = part.partition(";")
        weight = options.strip().removeprefix("q=") if options else "1"
        try:
            weights[name.strip()] = float(weight)
        except ValueError:
            weights[name.strip()] = 0.0
    for coding in ("br", "gzip"):
        if weights.get(coding, weights.get("*", 0.0)) > 0:
            return coding
    return None


class Pack:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        coding = choose(Headers(scope=scope).get("accept-encoding", ""))
        start: Message | None = None

        async def send_packed(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message  # it waits for the body
                return
            if message["type"] != "http.response.body" or start is None:
                await send(message)
                return
            begin, start = start, None
            headers = MutableHeaders(raw=begin["headers"])
            body: Any = message.get("body", b"")
            is_text = headers.get("content-type", "").startswith(PACKED_TYPES)
            is_stream = message.get("more_body", False) or headers.get("content-type", "").startswith(
                "text/event-stream"
            )
            if is_text and not is_stream and "content-encoding" not in headers and len(body) >= SMALLEST:
                headers.add_vary_header("Accept-Encoding")
                if coding:
                    body = pack(bytes(body), coding)
                    headers["Content-Encoding"] = coding
                    headers["Content-Length"] = str(len(body))
            await send({**begin, "headers": headers.raw})
            await send({**message, "body": body})

        await self.app(scope, receive, send_packed)


middleware = [Middleware(Pack)]
