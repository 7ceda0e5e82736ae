"""`lru_cache` on an `async def` keeps the coroutine, not what it returns; and a coroutine can be awaited once."""

from functools import lru_cache

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

from app.parts.unbounded_cache import render

router = APIRouter()


@lru_cache(maxsize=100)
async def kept(id: int, width: int) -> str:
    return render(id, width)


@router.get("/preview/{id}", response_class=PlainTextResponse)
async def preview(id: int, width: int) -> str:
    return await kept(id, width)
