"""A thread frees the loop in name only: pure Python holds the GIL, and the loop waits for its turn like any thread."""

import asyncio
from typing import Any

from fastapi import APIRouter

from app.parts.blocked_loop import most_alike

router = APIRouter()


@router.get("/compute")
async def compute(post: int) -> dict[str, Any]:
    return await asyncio.to_thread(most_alike, post)
