"""A process for each core, made once and kept: as many GILs as cores."""

import asyncio
import multiprocessing
import os
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, Request

from app.parts.gil_threads import thumbnail

router = APIRouter()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    # spawn, not fork: a forked child would inherit the server's sockets and its signal handlers.
    with ProcessPoolExecutor(os.cpu_count(), mp_context=multiprocessing.get_context("spawn")) as pool:
        app.state.pool = pool
        yield


@router.get("/thumbnails/{id}")
async def get_thumbnail(id: int, request: Request) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    return {"id": id, "pixels": await loop.run_in_executor(request.app.state.pool, thumbnail, id)}
