"""AnyIO's worker process, which is replaced when it is killed, the default threads, and a cache by hand."""

import asyncio
import os
from collections import OrderedDict
from typing import Any

from anyio import BrokenWorkerProcess, CapacityLimiter, to_process
from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from app.parts.production import Application, fingerprint, related_to, render

router = APIRouter()
pages: OrderedDict[int, str] = OrderedDict()
hashing = asyncio.Semaphore(2)
computing = CapacityLimiter(1)  # as many processes beside each worker


def gently(post: int) -> list[int]:
    """Steps aside (nice) for those that answer. This runs in AnyIO's process, again and again."""
    os.nice(10 - os.nice(0))
    return related_to(post)


@router.post("/members")
async def join(application: Application) -> dict[str, str]:
    async with hashing:
        hashed = await asyncio.to_thread(fingerprint, application.name, application.password)
    return {"member": application.name, "fingerprint": hashed}


@router.get("/related")
async def related(post: int) -> dict[str, Any]:
    try:
        found = await to_process.run_sync(gently, post, limiter=computing)
    except BrokenWorkerProcess:  # it was killed; the next call has a new one
        found = await to_process.run_sync(gently, post, limiter=computing)
    return {"post": post, "related": found}


@router.get("/pages/{id}", response_class=HTMLResponse)
async def page(id: int) -> str:
    if id in pages:
        pages.move_to_end(id)
    else:
        pages[id] = render(id)
        if len(pages) > 16:
            pages.popitem(last=False)
    return pages[id]
