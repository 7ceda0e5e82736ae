"""`async def` takes no thread, and blocks the loop instead: six milliseconds, two hundred times a second."""

from typing import Any

from fastapi import APIRouter

from app.parts.thread_starvation import read_member, report

router = APIRouter()
router.get("/reports/monthly/{id}")(report)


@router.get("/members/{id}")
async def member(id: int) -> dict[str, Any]:
    return read_member(id)
