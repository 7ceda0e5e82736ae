"""Posts do not change, so what is related to them is worked out once for each, and remembered: 200 short lists."""

import asyncio
import multiprocessing
import os
from collections.abc import AsyncIterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any

import anyio
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse

from app.parts.production import Application, fingerprint, related_to, render

router = APIRouter()
cached_page = lru_cache(maxsize=16)(render)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn, initializer=os.nice, initargs=(10,)) as pool:

        @lru_cache(maxsize=200)
        def known(post: int) -> Future[list[int]]:
            return pool.submit(related_to, post)

        app.state.related = known
        known(0)
        yield
        pool.shutdown(cancel_futures=True)


@router.post("/members")
async def join(application: Application) -> dict[str, str]:
    hashed = await anyio.to_thread.run_sync(fingerprint, application.name, application.password)
    return {"member": application.name, "fingerprint": hashed}


@router.get("/related")
async def related(post: int, request: Request) -> dict[str, Any]:
    # Shielded: a reader who leaves must not take the answer of all others along.
    return {"post": post, "related": await asyncio.shield(asyncio.wrap_future(request.app.state.related(post)))}


@router.get("/pages/{id}", response_class=HTMLResponse)
async def page(id: int) -> str:
    return cached_page(id)
