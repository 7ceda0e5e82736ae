"""The pool is replaced when it breaks, and what was in it is tried once more, each job alone in a pool of its own."""

import asyncio
import multiprocessing
import os
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException, Request

from app.world.decoder import decode

router = APIRouter()


class Decoders:
    """A process pool, and another one in its place when a job has broken it."""

    def __init__(self, workers: int | None) -> None:
        self.workers = workers
        self.pool = self.new_pool()

    def new_pool(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self.workers, mp_context=multiprocessing.get_context("spawn"))

    async def decode(self, id: int) -> dict[str, Any]:
        """Raises BrokenProcessPool where this job broke the pool, or was in it with the one that did."""
        pool = self.pool
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, decode, id)
        except BrokenProcessPool:
            if self.pool is pool:  # the first to see it replaces it
                self.pool = self.new_pool()
            raise


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.shared, app.state.quarantine = Decoders(os.cpu_count()), Decoders(1)
    app.state.alone = asyncio.Lock()
    yield
    for decoders in (app.state.shared, app.state.quarantine):
        decoders.pool.shutdown()


@router.get("/pictures/{id}")
async def get_picture(id: int, request: Request) -> dict[str, Any]:
    state = request.app.state
    try:
        return await state.shared.decode(id)
    except BrokenProcessPool:
        async with state.alone:  # a death in here has one suspect
            try:
                return await state.quarantine.decode(id)
            except BrokenProcessPool:
                raise HTTPException(422, "This picture ends the process that decodes it.") from None
