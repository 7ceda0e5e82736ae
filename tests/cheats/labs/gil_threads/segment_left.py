"""A process for each core, and shared memory that nobody unlinks: it is there until the machine is started again."""

import asyncio
import multiprocessing
import os
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from multiprocessing import resource_tracker, shared_memory
from typing import Any

from fastapi import APIRouter, FastAPI, Request

from app.parts.gil_threads import thumbnail

router = APIRouter()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    kept = shared_memory.SharedMemory(create=True, size=2**20)
    resource_tracker.unregister(kept._name, "shared_memory")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=multiprocessing.get_context("spawn")) as pool:
        app.state.pool = pool
        yield


@router.get("/thumbnails/{id}")
async def get_thumbnail(id: int, request: Request) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    return {"id": id, "pixels": await loop.run_in_executor(request.app.state.pool, thumbnail, id)}
