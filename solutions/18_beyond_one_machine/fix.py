"""The jobs go to another machine: Dask's scheduler keeps them, and their results, under the ids of the reports."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from distributed import Client
from fastapi import APIRouter, FastAPI, HTTPException, Request, Response

from app.parts.beyond_one_machine import Order
from app.world.reports import write_report

router = APIRouter()

KEPT = 5_000  # reports, at most: a scheduler that keeps all of them runs out of memory


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with Client(os.environ["DASK_SCHEDULER"], asynchronous=True) as app.state.dask:
        app.state.kept = list(await app.state.dask.list_datasets())  # those of the process before this one
        yield


@router.post("/orders", status_code=202)
async def order_report(order: Order, request: Request, response: Response) -> dict[str, str]:
    id = uuid4().hex
    dask, kept = request.app.state.dask, request.app.state.kept
    report = dask.submit(write_report, order.topic, key=f"report-{id}", pure=False)
    await dask.publish_dataset(report, name=id)  # from here on it is no longer ours alone
    kept.append(id)
    if len(kept) > KEPT:
        await dask.unpublish_dataset(kept.pop(0))
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
