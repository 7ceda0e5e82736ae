"""Suspects need no line: each picture of a broken pool gets a pool of one process for itself, used once."""

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


def new_pool(workers: int | None) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))


def decode_alone(id: int) -> dict[str, Any]:
    with new_pool(1) as pool:
        return pool.submit(decode, id).result()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.decoders = new_pool(os.cpu_count())
    yield
    app.state.decoders.shutdown()


@router.get("/pictures/{id}")
async def get_picture(id: int, request: Request) -> dict[str, Any]:
    pool = request.app.state.decoders
    try:
        return await asyncio.get_running_loop().run_in_executor(pool, decode, id)
    except BrokenProcessPool:
        if request.app.state.decoders is pool:
            request.app.state.decoders = new_pool(os.cpu_count())
    try:
        return await asyncio.to_thread(decode_alone, id)
    except BrokenProcessPool:
        raise HTTPException(422, "This picture ends the process that decodes it.") from None
