"""Readers get the aged ranking, and the first of them sets one task to work. Only after a quiet time do they wait."""

import asyncio
import time
from typing import Any

from fastapi import APIRouter

from app.parts.tail_latency import FRESH_S, ranking
from app.world import votes

router = APIRouter()

TOO_OLD_S = 2.3  # the promise is two and a half seconds, and the answer has a way to go

kept: dict[str, Any] = {"as_of": 0.0}
refreshing: asyncio.Task[None] | None = None


async def refresh() -> None:
    global kept
    kept = ranking(await votes.gather())


@router.get("/posts/trending")
async def trending() -> dict[str, Any]:
    global refreshing
    age_s = time.time() - kept["as_of"]
    if age_s > FRESH_S:
        if refreshing is None or refreshing.done():
            refreshing = asyncio.create_task(refresh())
        if age_s > TOO_OLD_S:  # the first readers after a quiet time
            await asyncio.shield(refreshing)  # one who leaves must not take the task along
    return kept
