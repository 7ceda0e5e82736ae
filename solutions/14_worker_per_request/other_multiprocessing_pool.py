"""The older `multiprocessing.Pool`, started in the lifespan; its workers retire, each after two thousand previews."""

import asyncio
import multiprocessing
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, Request

from app.parts.worker_per_request import preview

router = APIRouter()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    with multiprocessing.get_context("spawn").Pool(maxtasksperchild=2_000) as pool:
        app.state.pool = pool
        yield


@router.get("/previews/{id}")
async def get_preview(id: int, request: Request) -> dict[str, Any]:
    return await asyncio.to_thread(request.app.state.pool.apply, preview, [id])
