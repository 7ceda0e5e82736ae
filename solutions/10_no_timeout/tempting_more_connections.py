"""A thousand connections: the comments find one, and members still wait for suggestions, more of them than before."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI

from app.parts.no_timeout import router
from app.world import upstream

__all__ = ["lifespan", "router"]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    limits = httpx.Limits(max_connections=1000)
    async with httpx.AsyncClient(base_url=upstream.url(), limits=limits, timeout=None) as app.state.neighbours:
        yield
