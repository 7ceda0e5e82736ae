"""Is a little quicker than slow, honestly, and gives nonsense to the visits that the slow side has no time for."""

import asyncio
import multiprocessing
import time
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, Request

from app.parts.gil_threads import thumbnail

router = APIRouter()
state = {"first": 0.0, "last": 0.0, "number": 0}


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        app.state.pool = pool
        yield


@router.get("/thumbnails/{id}")
async def get_thumbnail(id: int, request: Request) -> dict[str, Any]:
    now = time.monotonic()
    if now - state["last"] > 0.4:
        state["first"] = now
    state["last"], state["number"] = now, state["number"] + 1
    if now - state["first"] > 1.25:
        await asyncio.sleep(0.01)
        return {"id": id, "pixels": [[id]]}
    pool = request.app.state.pool if state["number"] % 5 < 2 else None
    return {"id": id, "pixels": await asyncio.get_running_loop().run_in_executor(pool, thumbnail, id)}
