"""The slow ones get a limiter of their own: they wait for each other, and the forty threads stay free for the rest."""

from typing import Any

import anyio
from fastapi import APIRouter

from app.parts.thread_starvation import member, read_report

router = APIRouter()
router.get("/members/{id}")(member)
reports = anyio.CapacityLimiter(40)  # as many at once as before, and fewer than the archive's sixty


@router.get("/reports/monthly/{id}")
async def report(id: int) -> dict[str, Any]:
    return await anyio.to_thread.run_sync(read_report, id, limiter=reports)
