"""The same name and password give the same hash, so it is computed once. Then the passwords are in memory, for good."""

import asyncio
import multiprocessing
import os
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any

import anyio
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse

from app.parts import production
from app.parts.production import Application, related_to, render

router = APIRouter()
fingerprint = lru_cache(maxsize=10_000)(production.fingerprint)
hashing = anyio.CapacityLimiter(2)  # its own, so that hashes cannot take the forty threads that others need


def new_pool() -> ProcessPoolExecutor:
    """One process for each gunicorn worker, and it steps aside (nice) for those that answer."""
    spawn = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(1, mp_context=spawn, initializer=os.nice, initargs=(10,))


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.pool = new_pool()
    app.state.pool.submit(related_to, 0)  # starts the process and loads its code now, not with the first who needs it
    yield
    app.state.pool.shutdown()


@router.post("/members")
async def join(application: Application) -> dict[str, str]:
    hashed = await anyio.to_thread.run_sync(fingerprint, application.name, application.password, limiter=hashing)
    return {"member": application.name, "fingerprint": hashed}


@router.get("/related")
async def related(post: int, request: Request) -> dict[str, Any]:
    loop, pool = asyncio.get_running_loop(), request.app.state.pool
    try:
        found = await loop.run_in_executor(pool, related_to, post)
    except BrokenProcessPool:  # its process was killed: the first who sees it replaces the pool
        if request.app.state.pool is pool:
            request.app.state.pool = new_pool()
        found = await loop.run_in_executor(request.app.state.pool, related_to, post)
    return {"post": post, "related": found}


cached_page = lru_cache(maxsize=16)(render)


@router.get("/pages/{id}", response_class=HTMLResponse)
async def page(id: int) -> str:
    return cached_page(id)
