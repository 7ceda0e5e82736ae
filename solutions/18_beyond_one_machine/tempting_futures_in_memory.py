"""Dask does the work, and the futures are in a dict: the scheduler forgets the jobs of a client that is gone."""

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
    async with Client(os.environ["DASK_SCHEDULER"], asynchronous=True) as app.state.dask:
        app.state.reports = dict[str, Future]()
        yield


@router.post("/orders", status_code=202)
async def order_report(order: Order, request: Request, response: Response) -> dict[str, str]:
    id = uuid4().hex
    state = request.app.state
    state.reports[id] = state.dask.submit(write_report, order.topic, key=f"report-{id}", pure=False)
    response.headers["Location"] = f"/orders/{id}"
    return {"order": id}


@router.get("/orders/{id}")
async def get_report(id: str, request: Request, response: Response) -> dict[str, Any]:
    report = request.app.state.reports.get(id)
    if report is None:
        raise HTTPException(404, "There is no such order.")
    if not report.done():
        response.status_code = 202
        return {"order": id}
    return {"order": id, **await report.result()}
