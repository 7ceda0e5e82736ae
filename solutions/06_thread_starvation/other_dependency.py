"""FastAPI's own limit: thirty of the forty threads for reports at most, and whoever waits for one takes none."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from app.parts.thread_starvation import member, read_report

router = APIRouter()
router.get("/members/{id}")(member)


@router.get("/reports/monthly/{id}")
async def report(found: Annotated[dict[str, Any], Depends(read_report, max_concurrency=30)]) -> dict[str, Any]:
    return found
