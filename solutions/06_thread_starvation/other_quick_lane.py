"""The other way round: the quick route gets threads of its own, and the slow ones may keep the forty."""

from typing import Any

import anyio
from fastapi import APIRouter

from app.parts.thread_starvation import read_member, report

router = APIRouter()
router.get("/reports/monthly/{id}")(report)
quick = anyio.CapacityLimiter(10)


@router.get("/members/{id}")
async def member(id: int) -> dict[str, Any]:
    return await anyio.to_thread.run_sync(read_member, id, limiter=quick)
