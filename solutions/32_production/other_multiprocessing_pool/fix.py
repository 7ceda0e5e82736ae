"""Other makes of everything: `multiprocessing.Pool`, the default threads behind a semaphore, and a cache by hand."""

import asyncio
import multiprocessing
import os
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse

from app.parts.production import Application, fingerprint, related_to, render

router = APIRouter()
pages: OrderedDict[int, str] = OrderedDict()
hashing = asyncio.Semaphore(2)


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
    return {"post": post, "related": await asyncio.to_thread(request.app.state.pool.apply, related_to, [post])}


@router.get("/pages/{id}", response_class=HTMLResponse)
async def page(id: int) -> str:
    if id in pages:
        pages.move_to_end(id)
    else:
        pages[id] = render(id)
        if len(pages) > 16:
            pages.popitem(last=False)
    return pages[id]
