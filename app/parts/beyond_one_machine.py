"""Reports on request: accepted at once, written by a pool of processes, and kept until somebody asks for them."""

import multiprocessing
from collections.abc import AsyncIterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, FastAPI, HTTPException, Request, Response
from pydantic import BaseModel

from app.world.reports import write_report

router = APIRouter()

WORKERS = 2


class Order(BaseModel):
    topic: str


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    with ProcessPoolExecutor(WORKERS, mp_context=multiprocessing.get_context("spawn")) as pool:
        app.state.writers = pool
        app.state.reports = dict[str, Future[dict[str, Any]]]()
        yield


@router.post("/orders", status_code=202)
async def order_report(order: Order, request: Request, response: Response) -> dict[str, str]:
    id = uuid4().hex
    state = request.app.state
    state.reports[id] = state.writers.submit(write_report, order.topic)
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
    return {"order": id, **report.result()}
