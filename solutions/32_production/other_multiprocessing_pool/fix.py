"""Other makes of everything: `multiprocessing.Pool`, the default threads behind a semaphore, and a cache by hand."""

import asyncio
import multiprocessing
import os
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse

from app.parts.production import Application, fingerprint, related_to, render

router = APIRouter()
pages: OrderedDict[int, str] = OrderedDict()
hashing = asyncio.Semaphore(2)
DEADLINE_S = 3.0


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    with multiprocessing.get_context("spawn").Pool(1, initializer=os.nice, initargs=(10,)) as pool:
        app.state.pool = pool
        yield


@router.post("/members")
async def join(application: Application) -> dict[str, str]:
    async with hashing:
        hashed = await asyncio.to_thread(fingerprint, application.name, application.password)
    return {"member": application.name, "fingerprint": hashed}


@router.get("/related")
async def related(post: int, request: Request) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    coming = loop.create_future()

    def give(found: list[int]) -> None:
        if not coming.done():
            coming.set_result(found)

    request.app.state.pool.apply_async(
        related_to, [post], callback=lambda found: loop.call_soon_threadsafe(give, found)
    )
    try:  # the pool replaces a process that is killed, and forgets its job
        return {"post": post, "related": await asyncio.wait_for(coming, DEADLINE_S)}
    except TimeoutError:
        raise HTTPException(503, "Ask again, please.", {"retry-after": "1"}) from None


@router.get("/pages/{id}", response_class=HTMLResponse)
async def page(id: int) -> str:
    if id in pages:
        pages.move_to_end(id)
    else:
        pages[id] = render(id)
        if len(pages) > 16:
            pages.popitem(last=False)
    return pages[id]
