"""`async def` makes the check quick, and all it does is to say `ok` sooner: it still knows neither threads nor loop."""

from typing import Any

from fastapi import APIRouter

from app.parts import blind_health

router = APIRouter()


@router.get("/health")
async def health() -> dict[str, Any]:
    return blind_health.health()


router.include_router(blind_health.router)
