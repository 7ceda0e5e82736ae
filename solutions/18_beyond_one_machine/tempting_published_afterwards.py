"""The reader has the number at once, and the report is published afterwards: a crash in between, and it is lost."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from distributed import Client
from fastapi import APIRouter, BackgroundTasks, FastAPI, HTTPException, Request, Response

from app.parts.beyond_one_machine import Order
from app.world.reports import write_report

router = APIRouter()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with Client(os.environ["DASK_SCHEDULER"], asynchronous=True) as app.state.dask:
        yield


@router.post("/orders", status_code=202)
async def order_report(order: Order, request: Request, response: Response, later: BackgroundTasks) -> dict[str, str]:
    id, dask = uuid4().hex, request.app.state.dask
    report = dask.submit(write_report, order.topic, key=f"report-{id}", pure=False)
    later.add_task(dask.publish_dataset, report, name=id)
    response.headers["Location"] = f"/orders/{id}"
    return {"order": id}


@router.get("/orders/{id}")
async def get_report(id: str, request: Request, response: Response) -> dict[str, Any]:
    report = await request.app.state.dask.get_dataset(id, default=None)
    if report is None:
        raise HTTPException(404, "There is no such order.")
    try:
        return {"order": id, **await asyncio.wait_for(report.result(), 0.2)}
    except TimeoutError:
        response.status_code = 202
        return {"order": id}
