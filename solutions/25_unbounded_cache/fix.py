"""Keep what is asked for often, and forget the rest: a bound on how much, and on how long."""

import asyncio

from cachetools import TTLCache
from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

from app.parts.unbounded_cache import render

router = APIRouter()
previews: TTLCache[tuple[int, int], str] = TTLCache(maxsize=100, ttl=60)
lock = asyncio.Lock()


@router.get("/preview/{id}", response_class=PlainTextResponse)
async def preview(id: int, width: int) -> str:
    key = (id, width)
    async with lock:
        if key not in previews:
            previews[key] = render(id, width)
        return previews[key]
