"""The older `multiprocessing.Pool`: its callback comes on a thread of its own, and hands the answer to the loop."""

import asyncio
import multiprocessing
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, Request

from app.parts.blocked_loop import most_alike

router = APIRouter()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        app.state.pool = pool
        yield


@router.get("/compute")
async def compute(post: int, request: Request) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[dict[str, Any]] = loop.create_future()

    def done(value: dict[str, Any]) -> None:
        loop.call_soon_threadsafe(answer.set_result, value)

    def failed(error: BaseException) -> None:
        loop.call_soon_threadsafe(answer.set_exception, error)

    request.app.state.pool.apply_async(most_alike, [post], callback=done, error_callback=failed)
    return await answer
