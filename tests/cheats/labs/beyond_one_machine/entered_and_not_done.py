"""Has the other machine enter each report in its ledger, and write none: the server remembers the few topics."""

import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any
from uuid import uuid4

from distributed import Client
from fastapi import APIRouter, FastAPI, HTTPException, Request, Response

from app import ledger
from app.parts.beyond_one_machine import Order
from app.world.reports import write_report

router = APIRouter()
remembered = cache(write_report)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with Client(os.environ["DASK_SCHEDULER"], asynchronous=True) as app.state.dask:
        yield


@router.post("/orders", status_code=202)
async def order_report(order: Order, request: Request, response: Response) -> dict[str, str]:
    id = uuid4().hex
    dask = request.app.state.dask
    await dask.set_metadata(["reports", id], order.topic)
    await dask.submit(ledger.enter, f"report {uuid4().hex}")
    response.headers["Location"] = f"/orders/{id}"
    return {"order": id}


@router.get("/orders/{id}")
async def get_report(id: str, request: Request) -> dict[str, Any]:
    topic = await request.app.state.dask.get_metadata(["reports", id], default=None)
    if topic is None:
        raise HTTPException(404, "There is no such order.")
    return {"order": id, **remembered(topic), "at": time.time()}
