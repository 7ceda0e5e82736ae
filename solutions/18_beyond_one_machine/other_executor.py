"""Dask's executor, with a pool's `submit`. It is synchronous, so the routes are plain `def`, and run in threads."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from distributed import Client, Future
from fastapi import APIRouter, FastAPI, HTTPException, Request, Response

from app.parts.beyond_one_machine import Order
from app.world.reports import write_report

router = APIRouter()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    with Client(os.environ["DASK_SCHEDULER"]) as dask:
        app.state.dask, app.state.writers = dask, dask.get_executor(pure=False)
        yield


@router.post("/orders", status_code=202)
def order_report(order: Order, request: Request, response: Response) -> dict[str, str]:
    id = uuid4().hex
    dask, key = request.app.state.dask, f"report-{id}"
    request.app.state.writers.submit(write_report, order.topic, key=key)
    dask.publish_dataset(Future(key, dask), name=id)
    response.headers["Location"] = f"/orders/{id}"
    return {"order": id}


@router.get("/orders/{id}")
def get_report(id: str, request: Request, response: Response) -> dict[str, Any]:
    report = request.app.state.dask.get_dataset(id, default=None)
    if report is None:
        raise HTTPException(404, "There is no such order.")
    try:
        return {"order": id, **report.result(timeout=0.2)}
    except TimeoutError:
        response.status_code = 202
        return {"order": id}
