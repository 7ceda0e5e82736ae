"""A report's address says what it is about: after a crash it is ordered again, but only where somebody asks for it."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

from distributed import Client, Future
from fastapi import APIRouter, FastAPI, HTTPException, Request, Response

from app.parts.beyond_one_machine import Order
from app.world.reports import write_report

router = APIRouter()

KEPT = 5_000  # reports, at most


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with Client(os.environ["DASK_SCHEDULER"], asynchronous=True) as app.state.dask:
        app.state.reports = {}
        yield


def report(id: str, topic: str, app: FastAPI) -> Future:
    reports: dict[str, Future] = app.state.reports
    if id not in reports:
        reports[id] = app.state.dask.submit(write_report, topic, key=f"report-{id}", pure=False)
        if len(reports) > KEPT:
            del reports[next(iter(reports))]
    return reports[id]


@router.post("/orders", status_code=202)
async def order_report(order: Order, request: Request, response: Response) -> dict[str, str]:
    id = f"{uuid4().hex}-{order.topic.encode().hex()}"
    report(id, order.topic, request.app)
    response.headers["Location"] = f"/orders/{id}"
    return {"order": id}


@router.get("/orders/{id}")
async def get_report(id: str, request: Request, response: Response) -> dict[str, Any]:
    number, _, topic = id.partition("-")
    try:
        found = report(id, (UUID(number) and bytes.fromhex(topic)).decode(), request.app)
    except ValueError:
        raise HTTPException(404, "There is no such order.") from None
    if not found.done():
        response.status_code = 202
        return {"order": id}
    return {"order": id, **await found.result()}
