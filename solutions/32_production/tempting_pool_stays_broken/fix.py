"""All four faults are gone. Then its process is killed once, and a pool that is broken stays broken (Lab 15)."""

import asyncio
import multiprocessing
import os
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any

import anyio
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse

from app.parts.production import Application, fingerprint, related_to, render

router = APIRouter()
hashing = anyio.CapacityLimiter(2)  # its own, so that hashes cannot take the forty threads that others need


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    # One process for each gunicorn worker, and it steps aside (nice) for those that answer.
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn, initializer=os.nice, initargs=(10,)) as pool:
        pool.submit(related_to, 0)  # starts the process and loads its code now, not with the first who needs it
        app.state.pool = pool
        yield


@router.post("/members")
async def join(application: Application) -> dict[str, str]:
    hashed = await anyio.to_thread.run_sync(fingerprint, application.name, application.password, limiter=hashing)
    return {"member": application.name, "fingerprint": hashed}


@router.get("/related")
async def related(post: int, request: Request) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    return {"post": post, "related": await loop.run_in_executor(request.app.state.pool, related_to, post)}


cached_page = lru_cache(maxsize=16)(render)


@router.get("/pages/{id}", response_class=HTMLResponse)
async def page(id: int) -> str:
    return cached_page(id)
