"""Asks for the votes once, and gives that ranking a new date from then on."""

import time
from typing import Any

from fastapi import APIRouter

from app.parts.tail_latency import ranking
from app.world import votes
from app.world.upstream import VOTES_EVERY_S

router = APIRouter()
kept: dict[str, Any] = {}


@router.get("/posts/trending")
async def trending() -> dict[str, Any]:
    if not kept:
        kept.update(ranking(await votes.gather()))
    return {**kept, "as_of": time.time() // VOTES_EVERY_S * VOTES_EVERY_S}
