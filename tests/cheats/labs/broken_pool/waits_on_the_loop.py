"""Tries each job of a broken pool once more, and waits for it on the event loop: meanwhile the site stands still."""

import asyncio
import multiprocessing
import os
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException, Request

from app.world.decoder import decode

router = APIRouter()
spawn = multiprocessing.get_context("spawn")
refused: set[int] = set()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.decoders = ProcessPoolExecutor(os.cpu_count(), mp_context=spawn)
    yield
    app.state.decoders.shutdown()


def decode_alone(id: int) -> dict[str, Any]:
    """Decodes a suspect where it can kill nobody else. Raises HTTPException 422 where it kills again."""
    with ProcessPoolExecutor(1, mp_context=spawn) as quarantine:
        try:
            return quarantine.submit(decode, id).result()
        except BrokenProcessPool:
            refused.add(id)
            raise HTTPException(422, "This picture cannot be decoded.") from None


@router.get("/pictures/{id}")
async def get_picture(id: int, request: Request) -> dict[str, Any]:
    if id in refused:
        raise HTTPException(422, "This picture cannot be decoded.")
    state = request.app.state
    pool = state.decoders
    try:
        return await asyncio.get_running_loop().run_in_executor(pool, decode, id)
    except BrokenProcessPool:
        if state.decoders is pool:  # only the first one replaces it
            state.decoders = ProcessPoolExecutor(os.cpu_count(), mp_context=spawn)
        return decode_alone(id)
