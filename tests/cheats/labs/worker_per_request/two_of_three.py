"""Does two previews of three on the loop and gives the third to a process of its own: the median is a quick one."""

import asyncio
from typing import Any

from fastapi import APIRouter

from app.parts.worker_per_request import in_a_process, preview

router = APIRouter()
number = 0


@router.get("/previews/{id}")
async def get_preview(id: int) -> dict[str, Any]:
    global number
    number += 1
    if number % 3 == 0:
        return await asyncio.to_thread(in_a_process, id)
    return preview(id)
