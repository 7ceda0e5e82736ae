"""Keeps the orders with the scheduler, and has a report written only when somebody asks for it: until then, no work."""

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


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with Client(os.environ["DASK_SCHEDULER"], asynchronous=True) as app.state.dask:
        yield


@router.post("/orders", status_code=202)
async def order_report(order: Order, request: Request, response: Response) -> dict[str, str]:
    id = uuid4().hex
    await request.app.state.dask.set_metadata(["reports", id], order.topic)
    response.headers["Location"] = f"/orders/{id}"
    return {"order": id}


@router.get("/orders/{id}")
async def get_report(id: str, request: Request, response: Response) -> dict[str, Any]:
    topic = await request.app.state.dask.get_metadata(["reports", id], default=None)
    if topic is None:
        raise HTTPException(404, "There is no such order.")
    return {"order": id, **await asyncio.to_thread(write_report, topic)}
