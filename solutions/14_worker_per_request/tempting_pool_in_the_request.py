"""A pool, but made in the request: it starts a process for each request, and ends it with the request."""

import asyncio
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from fastapi import APIRouter

from app.parts.worker_per_request import preview

router = APIRouter()
spawn = multiprocessing.get_context("spawn")


def in_a_pool(id: int) -> dict[str, Any]:
    with ProcessPoolExecutor(1, mp_context=spawn) as pool:
        return pool.submit(preview, id).result()


@router.get("/previews/{id}")
async def get_preview(id: int) -> dict[str, Any]:
    return await asyncio.to_thread(in_a_pool, id)
