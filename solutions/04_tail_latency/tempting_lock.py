"""A lock: only one reader ranks, and all who come meanwhile still wait until it is done."""

import asyncio
import time
from typing import Any

from fastapi import APIRouter

from app.parts.tail_latency import FRESH_S, ranking
from app.world import votes

router = APIRouter()
kept: dict[str, Any] = {"as_of": 0.0}
lock = asyncio.Lock()


@router.get("/posts/trending")
async def trending() -> dict[str, Any]:
    global kept
    if time.time() - kept["as_of"] > FRESH_S:
        async with lock:
            if time.time() - kept["as_of"] > FRESH_S:
                kept = ranking(await votes.gather())
    return kept
