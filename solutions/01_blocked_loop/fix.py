"""The work moves to processes of its own; the loop only waits for it, and can do other things meanwhile."""

import asyncio
import multiprocessing
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, Request

from app.parts.blocked_loop import most_alike

router = APIRouter()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    # spawn, not fork: a forked child would inherit the server's sockets and its signal handlers.
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        app.state.pool = pool
        yield


@router.get("/compute")
async def compute(post: int, request: Request) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(request.app.state.pool, most_alike, post)
