"""The check stays on the loop, and reads what a watch has noted. It is in `app/health.py`, for others to use, too."""

from fastapi import APIRouter

from app import health
from app.health import lifespan
from app.parts import blind_health

__all__ = ["lifespan", "router"]

router = APIRouter()
router.include_router(health.router)  # the first route that fits is taken, and this one comes first
router.include_router(blind_health.router)
