"""Posts do not change, so what is related to them is worked out once for each, and remembered: 200 short lists."""

import asyncio
import multiprocessing
import os
from collections.abc import AsyncIterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any

import anyio
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse

from app.parts.production import Application, fingerprint, related_to, render

router = APIRouter()
cached_page = lru_cache(maxsize=16)(render)


class Known:
    """What is related to each post, by one process; both begin again where that is killed."""

    def __init__(self) -> None:
        spawn = multiprocessing.get_context("spawn")
        self.pool = ProcessPoolExecutor(1, mp_context=spawn, initializer=os.nice, initargs=(10,))
        self.related = lru_cache(maxsize=200)(self._submit)

    def _submit(self, post: int) -> Future[list[int]]:
        return self.pool.submit(related_to, post)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.known = Known()
    app.state.known.related(0)
    yield
    app.state.known.pool.shutdown(cancel_futures=True)


@router.post("/members")
async def join(application: Application) -> dict[str, str]:
    hashed = await anyio.to_thread.run_sync(fingerprint, application.name, application.password)
    return {"member": application.name, "fingerprint": hashed}


@router.get("/related")
async def related(post: int, request: Request) -> dict[str, Any]:
    known = request.app.state.known
    try:  # shielded: a reader who leaves must not take the answer of all others along
        found = await asyncio.shield(asyncio.wrap_future(known.related(post)))
    except BrokenProcessPool:
        if request.app.state.known is known:
            request.app.state.known = Known()
        found = await asyncio.shield(asyncio.wrap_future(request.app.state.known.related(post)))
    return {"post": post, "related": found}


@router.get("/pages/{id}", response_class=HTMLResponse)
async def page(id: int) -> str:
    return cached_page(id)
