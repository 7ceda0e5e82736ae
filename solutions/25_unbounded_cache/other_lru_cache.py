"""`functools.lru_cache`, on the plain function that does the work: bounded by a number, and for ever fresh."""

from functools import lru_cache

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

from app.parts.unbounded_cache import render

router = APIRouter()
kept = lru_cache(maxsize=100)(render)


@router.get("/preview/{id}", response_class=PlainTextResponse)
async def preview(id: int, width: int) -> str:
    return kept(id, width)
