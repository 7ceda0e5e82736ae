"""A plain `def`: FastAPI gives it a thread, in which it may wait as it likes."""

from typing import Any

from fastapi import APIRouter, Request

from app.parts.sync_io import read
from app.world import attic

router = APIRouter()
router.get("/read/{id}")(read)


@router.get("/posts/{id}/card")
def card(id: int, request: Request) -> dict[str, Any]:
    page = request.app.state.cards.get(f"/cards/{id}").json()
    icon = attic.read(f"{page['kind']}.svg")
    return {**page, "icon": icon}
