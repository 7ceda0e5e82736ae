"""A quick route on a server that holds still: for a quarter of each second it tidies up, and answers nobody."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI

router = APIRouter()

PERIOD_S = 1.0
STALL_S = 0.25


async def tidy_up() -> None:
    """Holds the whole loop for STALL_S out of every PERIOD_S, by the clock."""
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        due += PERIOD_S
        await asyncio.sleep(max(0.0, due - loop.time()))
        time.sleep(STALL_S)  # noqa: ASYNC251  (on purpose: this is the stall)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    tidying = asyncio.create_task(tidy_up())
    yield
    tidying.cancel()


@router.get("/quick")
async def quick() -> dict[str, bool]:
    return {"quick": True}
