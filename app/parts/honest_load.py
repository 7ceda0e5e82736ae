"""A quick route on a server that holds still: for a quarter of each second it tidies up, and answers nobody."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import APIRouter, FastAPI

router = APIRouter()

PERIOD_S = 1.0
STALL_S = 0.25


async def tidy_up(pace: float = 1.0) -> None:
    """Holds the whole loop for STALL_S out of every PERIOD_S, by the clock; both are multiplied by `pace`."""
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        due += PERIOD_S * pace
        await asyncio.sleep(max(0.0, due - loop.time()))
        begun = time.monotonic()
        time.sleep(STALL_S * pace)  # noqa: ASYNC251  (on purpose: this is the stall)
        if not os.isatty(0):
            print(f"stalled from {begun:.4f} to {time.monotonic():.4f}", flush=True)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    loop = asyncio.get_running_loop()
    tidying = asyncio.create_task(tidy_up())

    def hear() -> None:
        """Whoever runs this server may set another pace, by a number on standard input."""
        nonlocal tidying
        if said := os.read(0, 64).split():
            tidying.cancel()
            tidying = asyncio.create_task(tidy_up(float(said[-1])))
        else:
            loop.remove_reader(0)

    if not os.isatty(0):
        with suppress(OSError):
            loop.add_reader(0, hear)
    yield
    tidying.cancel()


@router.get("/quick")
async def quick() -> dict[str, bool]:
    return {"quick": True}
