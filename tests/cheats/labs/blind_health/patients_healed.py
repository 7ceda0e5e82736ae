"""Leaves the check as it is, and takes away what it should report: no disk that turns, no index that is rebuilt."""

from fastapi import APIRouter

from app.parts.blind_health import about, health

router = APIRouter()
router.get("/health")(health)
router.get("/about")(about)


@router.get("/archive/{year}")
async def archive(year: int) -> dict[str, int]:
    return {"year": year, "posts": year % 100 * 12}


@router.post("/reindex")
async def reindex() -> dict[str, bool]:
    return {"indexed": True}
