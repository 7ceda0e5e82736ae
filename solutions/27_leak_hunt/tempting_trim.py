"""Takes it for the allocator's doing: what malloc has free goes back to the system; and none of this is free."""

from asyncio import get_running_loop
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psutil
from fastapi import FastAPI

CULPRIT = "render"


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    loop = get_running_loop()

    def trim() -> None:
        nonlocal next_time
        if hasattr(psutil, "heap_trim"):
            psutil.heap_trim()
        next_time = loop.call_later(0.25, trim)

    next_time = loop.call_later(0.25, trim)
    yield
    next_time.cancel()
