"""A `BaseHTTPMiddleware` that gathers the body to compress it: an event stream has no end, and never begins."""

import zlib

from fastapi import Request
from fastapi.responses import Response
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint


async def compress(request: Request, call_next: RequestResponseEndpoint) -> Response:
    response = await call_next(request)
    body = b"".join([piece async for piece in response.body_iterator])  # type: ignore[attr-defined]
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    headers["Vary"] = "Accept-Encoding"
    if len(body) >= 1024 and "gzip" in request.headers.get("accept-encoding", ""):
        body, headers["Content-Encoding"] = zlib.compress(body, 5, 16 + zlib.MAX_WBITS), "gzip"
    return Response(body, response.status_code, headers)


middleware = [Middleware(BaseHTTPMiddleware, dispatch=compress)]
