"""A limit, and far too low a one: the quick route is free, and whoever wants a report waits ten times as long."""

from typing import Any

import anyio
from fastapi import APIRouter

from app.parts.thread_starvation import member, read_report

router = APIRouter()
router.get("/members/{id}")(member)
reports = anyio.CapacityLimiter(4)


@router.get("/reports/monthly/{id}")
async def report(id: int) -> dict[str, Any]:
    return await anyio.to_thread.run_sync(read_report, id, limiter=reports)
