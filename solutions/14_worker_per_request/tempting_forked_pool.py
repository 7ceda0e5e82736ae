"""A pool that is forked once visitors are there: each process has copies of their connections, and keeps them."""

import asyncio
import multiprocessing
import os
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, Request

from app.parts.worker_per_request import preview

router = APIRouter()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    with ProcessPoolExecutor(os.cpu_count(), mp_context=multiprocessing.get_context("fork")) as pool:
        app.state.pool = pool
        yield


@router.get("/previews/{id}")
async def get_preview(id: int, request: Request) -> dict[str, Any]:
    return await asyncio.get_running_loop().run_in_executor(request.app.state.pool, preview, id)
