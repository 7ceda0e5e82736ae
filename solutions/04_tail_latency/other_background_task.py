"""FastAPI's own `BackgroundTasks`: whoever finds the ranking aged has had the answer before the work begins."""

import time
from typing import Any

from fastapi import APIRouter, BackgroundTasks

from app.parts.tail_latency import FRESH_S, ranking
from app.world import votes

router = APIRouter()
kept: dict[str, Any] = {"as_of": 0.0}
refreshing = False


async def refresh() -> None:
    global kept, refreshing
    refreshing = True
    try:
        kept = ranking(await votes.gather())
    finally:
        refreshing = False


@router.get("/posts/trending")
async def trending(background: BackgroundTasks) -> dict[str, Any]:
    global refreshing
    age_s = time.time() - kept["as_of"]
    if age_s > FRESH_S + 0.3:
        await refresh()
    elif age_s > FRESH_S and not refreshing:
        refreshing = True
        background.add_task(refresh)
    return kept
