"""No process at all, a thread: nothing is started any more, and one core makes all the previews."""

import asyncio
from typing import Any

from fastapi import APIRouter

from app.parts.worker_per_request import preview

router = APIRouter()


@router.get("/previews/{id}")
async def get_preview(id: int) -> dict[str, Any]:
    return await asyncio.to_thread(preview, id)
