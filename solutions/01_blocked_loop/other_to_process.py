"""AnyIO's own processes, which come and go as they are needed: no pool to keep, only a limit on how many."""

from typing import Any

import anyio
from anyio import to_process
from fastapi import APIRouter

from app.parts.blocked_loop import most_alike

router = APIRouter()
computing = anyio.CapacityLimiter(2)


@router.get("/compute")
async def compute(post: int) -> dict[str, Any]:
    return await to_process.run_sync(most_alike, post, limiter=computing)
