"""Keeps every preview for ever, as before, and keeps it compressed: memory grows more slowly, and without end."""

import zlib

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

from app.parts.unbounded_cache import render

router = APIRouter()
previews: dict[tuple[int, int], bytes] = {}


@router.get("/preview/{id}", response_class=PlainTextResponse)
async def preview(id: int, width: int) -> str:
    key = (id, width)
    if key not in previews:
        previews[key] = zlib.compress(render(id, width).encode(), 1)
    return zlib.decompress(previews[key]).decode()
