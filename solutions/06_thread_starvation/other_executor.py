"""A thread pool of the standard library's, for reports alone."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, Request

from app.parts.thread_starvation import member, read_report

router = APIRouter()
router.get("/members/{id}")(member)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    with ThreadPoolExecutor(32) as pool:
        app.state.reports = pool
        yield


@router.get("/reports/monthly/{id}")
async def report(id: int, request: Request) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(request.app.state.reports, read_report, id)
