"""Least recently used, by hand, and bounded by what it really costs: not so many previews, but so many bytes."""

from collections import OrderedDict

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

from app.parts.unbounded_cache import render

router = APIRouter()
BYTES_AT_MOST = 4 * 2**20
previews: OrderedDict[tuple[int, int], str] = OrderedDict()
kept_bytes = 0


def keep(key: tuple[int, int], text: str) -> None:
    global kept_bytes
    previews[key] = text
    kept_bytes += len(text)
    while kept_bytes > BYTES_AT_MOST:
        _, oldest = previews.popitem(last=False)
        kept_bytes -= len(oldest)


@router.get("/preview/{id}", response_class=PlainTextResponse)
async def preview(id: int, width: int) -> str:
    key = (id, width)
    if key in previews:
        previews.move_to_end(key)
    else:
        keep(key, render(id, width))
    return previews[key]
