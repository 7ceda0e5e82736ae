"""Replaces the broken pool, and that is all: the pictures that were in it with the deadly one are lost with it."""

import asyncio
import multiprocessing
import os
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, Request

from app.world.decoder import decode

router = APIRouter()


def new_pool() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(os.cpu_count(), mp_context=multiprocessing.get_context("spawn"))


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.decoders = new_pool()
    yield
    app.state.decoders.shutdown()


@router.get("/pictures/{id}")
async def get_picture(id: int, request: Request) -> dict[str, Any]:
    pool = request.app.state.decoders
    try:
        return await asyncio.get_running_loop().run_in_executor(pool, decode, id)
    except BrokenProcessPool:
        if request.app.state.decoders is pool:
            request.app.state.decoders = new_pool()
        raise
