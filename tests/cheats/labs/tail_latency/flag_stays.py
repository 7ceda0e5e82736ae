"""Renews the aged ranking in the background, and says so with a flag that the first error leaves up for good."""

import asyncio
import time
from typing import Any

from fastapi import APIRouter

from app.parts.tail_latency import ranking
from app.world import votes

router = APIRouter()
AGED_S, TOO_OLD_S = 1.0, 2.3
kept: dict[str, Any] = {"as_of": 0.0}
renewing = False


async def renew() -> None:
    global kept, renewing
    kept = ranking(await votes.gather())
    renewing = False


@router.get("/posts/trending")
async def trending() -> dict[str, Any]:
    global kept, renewing
    age_s = time.time() - kept["as_of"]
    if age_s > TOO_OLD_S:
        kept = ranking(await votes.gather())
    elif age_s > AGED_S and not renewing:
        renewing = True
        asyncio.create_task(renew())  # noqa: RUF006
    return kept
