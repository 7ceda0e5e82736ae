"""Keep what is asked for often, and forget the rest: a bound on how much, and on how long."""

from cachetools import TTLCache
from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

from app.parts.unbounded_cache import render

router = APIRouter()
previews: TTLCache[tuple[int, int], str] = TTLCache(maxsize=100, ttl=60)


@router.get("/preview/{id}", response_class=PlainTextResponse)
async def preview(id: int, width: int) -> str:
    key = (id, width)
    text = previews.get(key)  # one look: between two, it may expire
    if text is None:
        text = previews[key] = render(id, width)
    # There is no `await` in here, so one event loop needs no lock. Threads would.
    return text
