"""A pool for each request, so that a death harms no other: every picture waits for processes to start, as in Lab 14."""

import asyncio
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from fastapi import APIRouter, HTTPException

from app.world.decoder import decode

router = APIRouter()
spawn = multiprocessing.get_context("spawn")


def in_a_pool(id: int) -> dict[str, Any]:
    with ProcessPoolExecutor(1, mp_context=spawn) as pool:
        return pool.submit(decode, id).result()


@router.get("/pictures/{id}")
async def get_picture(id: int) -> dict[str, Any]:
    try:
        return await asyncio.to_thread(in_a_pool, id)
    except BrokenProcessPool:
        raise HTTPException(422, "This picture ends the process that decodes it.") from None
