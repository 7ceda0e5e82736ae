"""AnyIO's workers: `to_process.run_sync` starts processes as they are needed, and keeps them for the next call."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from anyio import CapacityLimiter, to_process
from fastapi import APIRouter, FastAPI, Request

from app.parts.worker_per_request import preview

router = APIRouter()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.cores = CapacityLimiter(os.cpu_count() or 1)
    yield


@router.get("/previews/{id}")
async def get_preview(id: int, request: Request) -> dict[str, Any]:
    return await to_process.run_sync(preview, id, limiter=request.app.state.cores)
