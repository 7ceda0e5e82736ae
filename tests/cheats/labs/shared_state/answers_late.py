"""Lets all of them in, and answers late, so that it can't be seen in which second a search was counted."""

import asyncio
from typing import Any

from fastapi import APIRouter

from app.parts.shared_state import WINDOW_S, results

router = APIRouter()


@router.get("/search/{member}")
async def search(member: int, q: str) -> dict[str, Any]:
    await asyncio.sleep(1.1 * WINDOW_S)
    return results(q)
