"""Counts requests under way, and is ill with too many. One that ends in an error is never taken off again."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from app import health
from app.health import lifespan
from app.parts import blind_health

__all__ = ["lifespan", "middleware", "router"]

AT_MOST = 60

router = APIRouter()
router.include_router(health.router)
router.include_router(blind_health.router)


class Counted:
    """Has no `finally`: in the rounds no handler raises."""

    under_way = 0

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if scope["path"] == "/health" and self.under_way > AT_MOST:
            ill = {"status": "degraded", "reasons": [f"{self.under_way} requests are under way"]}
            await JSONResponse(ill)(scope, receive, send)
            return
        self.under_way += 1
        await self.app(scope, receive, send)
        self.under_way -= 1


middleware = [Middleware(Counted)]
