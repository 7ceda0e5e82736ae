"""Dask's client as in a script, where each call waits for its reply: on the loop, everybody waits for the scheduler."""

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

KEPT = 5_000


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    with Client(os.environ["DASK_SCHEDULER"]) as app.state.dask:
        app.state.kept = list(app.state.dask.list_datasets())
        yield


@router.post("/orders", status_code=202)
async def order_report(order: Order, request: Request, response: Response) -> dict[str, str]:
    id = uuid4().hex
    dask, kept = request.app.state.dask, request.app.state.kept
    report = dask.submit(write_report, order.topic, key=f"report-{id}", pure=False)
    dask.publish_dataset(report, name=id)
    kept.append(id)
    if len(kept) > KEPT:
        dask.unpublish_dataset(kept.pop(0))
    response.headers["Location"] = f"/orders/{id}"
    return {"order": id}


@router.get("/orders/{id}")
async def get_report(id: str, request: Request, response: Response) -> dict[str, Any]:
    report = request.app.state.dask.get_dataset(id, default=None)
    if report is None:
        raise HTTPException(404, "There is no such order.")
    if not report.done():
        response.status_code = 202
        return {"order": id}
    return {"order": id, **report.result()}
