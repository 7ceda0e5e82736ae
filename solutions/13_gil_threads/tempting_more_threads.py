"""Sixty-four threads instead of a handful: they all stand in line for the same lock, and the line is only longer."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from fastapi import APIRouter

from app.parts.gil_threads import thumbnail

router = APIRouter()
threads = ThreadPoolExecutor(64)


@router.get("/thumbnails/{id}")
async def get_thumbnail(id: int) -> dict[str, Any]:
    return {"id": id, "pixels": await asyncio.get_running_loop().run_in_executor(threads, thumbnail, id)}
