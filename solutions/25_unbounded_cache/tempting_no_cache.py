"""Without a cache nothing is kept, and nothing is spared: each preview is rendered anew for everyone who asks."""

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

from app.parts.unbounded_cache import render

router = APIRouter()


@router.get("/preview/{id}", response_class=PlainTextResponse)
async def preview(id: int, width: int) -> str:
    return render(id, width)
