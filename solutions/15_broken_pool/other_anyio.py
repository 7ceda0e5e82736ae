"""AnyIO's workers: each call has a worker of its own, so a death hits one job only, and tells which one it was."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from anyio import BrokenWorkerProcess, CapacityLimiter, to_process
from fastapi import APIRouter, FastAPI, HTTPException, Request

from app.world.decoder import decode

router = APIRouter()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.cores = CapacityLimiter(os.cpu_count() or 1)
    yield


@router.get("/pictures/{id}")
async def get_picture(id: int, request: Request) -> dict[str, Any]:
    try:
        return await to_process.run_sync(decode, id, limiter=request.app.state.cores)
    except BrokenWorkerProcess:
        raise HTTPException(422, "This picture ends the process that decodes it.") from None
