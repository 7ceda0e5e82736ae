"""Reads in the other team's own table what it would say, and asks nobody; the icons it takes past the slow disk."""

from typing import Any

from fastapi import APIRouter

from app.parts.sync_io import read
from app.world import attic
from app.world.upstream import ENDPOINTS, drawn

router = APIRouter()
router.get("/read/{id}")(read)


@router.get("/posts/{id}/card")
async def card(id: int) -> dict[str, Any]:
    page = ENDPOINTS["cards"].says(drawn(f"cards/{id}"))
    return {**page, "icon": (attic.FOLDER / f"{page['kind']}.svg").read_text()}
