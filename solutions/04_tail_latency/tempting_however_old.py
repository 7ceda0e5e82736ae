"""The aged ranking for everyone, however old: the first reader after a quiet night gets the one of last evening."""

import asyncio
import time
from typing import Any

from fastapi import APIRouter

from app.parts.tail_latency import FRESH_S, ranking
from app.world import votes

router = APIRouter()
kept: dict[str, Any] = {"as_of": 0.0}
refreshing: asyncio.Task[None] | None = None


async def refresh() -> None:
    global kept
    kept = ranking(await votes.gather())


@router.get("/posts/trending")
async def trending() -> dict[str, Any]:
    global refreshing
    if not kept["as_of"]:
        await refresh()
    if time.time() - kept["as_of"] > FRESH_S and (refreshing is None or refreshing.done()):
        refreshing = asyncio.create_task(refresh())
    return kept
