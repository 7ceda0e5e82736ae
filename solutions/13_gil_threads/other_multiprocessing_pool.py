"""The older `multiprocessing.Pool`: a thread waits for each answer, and waiting is what threads are good at."""

import asyncio
import multiprocessing
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, Request

from app.parts.gil_threads import thumbnail

router = APIRouter()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    with multiprocessing.get_context("spawn").Pool() as pool:
        app.state.pool = pool
        yield


@router.get("/thumbnails/{id}")
async def get_thumbnail(id: int, request: Request) -> dict[str, Any]:
    return {"id": id, "pixels": await asyncio.to_thread(request.app.state.pool.apply, thumbnail, [id])}
