"""One pool for all, against leaks with `max_tasks_per_child=1`: a process for every request, under another name."""

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
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=context, max_tasks_per_child=1) as pool:
        app.state.pool = pool
        yield


@router.get("/previews/{id}")
async def get_preview(id: int, request: Request) -> dict[str, Any]:
    return await asyncio.get_running_loop().run_in_executor(request.app.state.pool, preview, id)
