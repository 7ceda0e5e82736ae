"""Each job leaves its report with the scheduler, as metadata: no future is kept, and no result on a worker."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from distributed import Client, fire_and_forget, get_client
from fastapi import APIRouter, FastAPI, HTTPException, Request, Response

from app.parts.beyond_one_machine import Order
from app.world.reports import write_report

router = APIRouter()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with Client(os.environ["DASK_SCHEDULER"], asynchronous=True) as app.state.dask:
        yield


@router.post("/orders", status_code=202)
async def order_report(order: Order, request: Request, response: Response) -> dict[str, str]:
    id = uuid4().hex

    def write() -> None:  # a nested function travels as code: the workers do not have this file
        get_client().set_metadata(["reports", id], write_report(order.topic))

    dask = request.app.state.dask
    await dask.set_metadata(["reports", id], "ordered")
    fire_and_forget(dask.submit(write, key=f"report-{id}", pure=False))
    await asyncio.sleep(0.02)  # a client sends in batches, some milliseconds apart
    response.headers["Location"] = f"/orders/{id}"
    return {"order": id}


@router.get("/orders/{id}")
async def get_report(id: str, request: Request, response: Response) -> dict[str, Any]:
    report = await request.app.state.dask.get_metadata(["reports", id], default=None)
    if report is None:
        raise HTTPException(404, "There is no such order.")
    if report == "ordered":
        response.status_code = 202
        return {"order": id}
    return {"order": id, **report}
