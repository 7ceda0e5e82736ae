"""Tries again when the pool is broken, in the same pool: that has no workers any more, and never gets new ones."""

import asyncio
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from fastapi import APIRouter, HTTPException, Request

from app.world.decoder import decode

router = APIRouter()
TRIES = 3


@router.get("/pictures/{id}")
async def get_picture(id: int, request: Request) -> dict[str, Any]:
    for attempt in range(TRIES):
        try:
            return await asyncio.get_running_loop().run_in_executor(request.app.state.decoders, decode, id)
        except BrokenProcessPool:
            await asyncio.sleep(0.05 * 2**attempt)
    raise HTTPException(500, "The picture could not be decoded.")
