"""Five hundred previews, for a minute each, as the Node module has it: twenty megabytes, and then no more."""

from cachetools import TTLCache
from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

from app.parts.unbounded_cache import render

router = APIRouter()
previews: TTLCache[tuple[int, int], str] = TTLCache(maxsize=500, ttl=60)


@router.get("/preview/{id}", response_class=PlainTextResponse)
async def preview(id: int, width: int) -> str:
    key = (id, width)
    try:
        return previews[key]  # one look: between two, it may expire
    except KeyError:
        text = previews[key] = render(id, width)
        return text
