"""Waits as long as the archive would take, says what it would say, and never asks it: no thread, no limit."""

import asyncio
from typing import Any

from fastapi import APIRouter

from app.parts.thread_starvation import member

router = APIRouter()
router.get("/members/{id}")(member)


@router.get("/reports/monthly/{id}")
async def report(id: int) -> dict[str, Any]:
    await asyncio.sleep(0.2 + id % 11 / 100)
    return {"report": id, "rows": id * 7}
