"""A pool of processes that nobody waits for: while two compute, the next visitor is refused, whom slow would serve."""

import asyncio
import multiprocessing
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException, Request

from app.parts.blocked_loop import most_alike

router = APIRouter()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    # spawn, not fork: a forked child would inherit the server's sockets and its signal handlers.
    app.state.computing = 0
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        app.state.pool = pool
        yield


@router.get("/compute")
async def compute(post: int, request: Request) -> dict[str, Any]:
    state = request.app.state
    if state.computing >= 2:
        raise HTTPException(503, "Too many computations at the moment.")
    state.computing += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(state.pool, most_alike, post)
    finally:
        state.computing -= 1
