"""A page about us, an archive on a slow disk, an index to be rebuilt; and a health check that knows of one illness."""

import time
from typing import Any

from fastapi import APIRouter

from app.memory import limit_mib, rss_mib

router = APIRouter()


@router.get("/health")
def health() -> dict[str, Any]:
    figures = {"rss_mib": rss_mib(), "memory_limit_mib": limit_mib()}
    short = figures["rss_mib"] > 0.9 * figures["memory_limit_mib"]
    reasons = ["memory is short"] if short else []
    return {"status": "degraded" if short else "ok", "reasons": reasons, "figures": figures}


@router.get("/about")
def about() -> dict[str, str]:
    return {"about": "Lantern is read by its neighbours, and written by them."}


@router.get("/archive/{year}")
def archive(year: int) -> dict[str, int]:
    time.sleep(0.4)  # the disk, turning
    return {"year": year, "posts": year % 100 * 12}


@router.post("/reindex")
async def reindex() -> dict[str, bool]:
    time.sleep(0.2)  # noqa: ASYNC251  (a library that has never heard of `await`)
    return {"indexed": True}
