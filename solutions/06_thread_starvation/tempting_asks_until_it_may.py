"""Four hundred threads, and who is turned away asks again, until the archive has room: or never, where it is down."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
from fastapi import APIRouter, FastAPI

from app.parts.thread_starvation import member
from app.world import archive

router = APIRouter()
router.get("/members/{id}")(member)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    anyio.to_thread.current_default_thread_limiter().total_tokens = 400
    yield


@router.get("/reports/monthly/{id}")
def report(id: int) -> dict[str, Any]:
    while True:
        try:
            return archive.read(id)
        except archive.TooManyClients:
            time.sleep(0.05)
