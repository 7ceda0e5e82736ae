"""The count stands in front of the route, as plain ASGI: who is refused is not even read."""

from fastapi.responses import PlainTextResponse
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from app.parts.no_backpressure import router

__all__ = ["middleware", "router"]


class Room:
    """Lets in so many requests to one path at a time."""

    def __init__(self, app: ASGIApp, path: str, size: int) -> None:
        self.app, self.path, self.free = app, path, size

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != self.path:
            await self.app(scope, receive, send)
        elif not self.free:
            await PlainTextResponse("The press is busy.", 503, headers={"Retry-After": "1"})(scope, receive, send)
        else:
            self.free -= 1
            try:
                await self.app(scope, receive, send)
            finally:
                self.free += 1


middleware = [Middleware(Room, path="/cards", size=10)]
