"""Looks at neither loop nor threads: one request that takes long, as each to the archive does, and all is degraded."""

import time
from typing import Any

from fastapi import APIRouter
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from app.parts import blind_health

router = APIRouter()

LONG_S, LATELY_S = 0.1, 1.0
under_way: dict[object, float] = {}
long_until_s = 0.0


class Clock:
    """Times every request."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        global long_until_s
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        who, begun_s = object(), time.monotonic()
        under_way[who] = begun_s
        try:
            await self.app(scope, receive, send)
        finally:
            del under_way[who]
            if time.monotonic() - begun_s > LONG_S:
                long_until_s = time.monotonic() + LATELY_S


middleware = [Middleware(Clock)]


@router.get("/health")
async def health() -> dict[str, Any]:
    now_s = time.monotonic()
    long = now_s < long_until_s or any(now_s - begun_s > LONG_S for begun_s in under_way.values())
    reasons = ["a request takes long"] if long else []
    return {"status": "degraded" if long else "ok", "reasons": reasons, "figures": {}}


router.include_router(blind_health.router)
