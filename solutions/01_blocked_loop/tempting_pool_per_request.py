"""A pool of processes for each request: the loop only forks and waits, and forking costs more than a worker does."""

import asyncio
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from fastapi import APIRouter

from app.parts.blocked_loop import most_alike

router = APIRouter()


@router.get("/compute")
async def compute(post: int) -> dict[str, Any]:
    with ProcessPoolExecutor(max_workers=1) as pool:
        return await asyncio.get_running_loop().run_in_executor(pool, most_alike, post)
