"""A journal on disk, replayed into a new pool after the crash: nothing is lost, and this machine still does it all."""

import json
import multiprocessing
import os
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

from fastapi import APIRouter, FastAPI, Request, Response

from app.parts.beyond_one_machine import WORKERS, Order, get_report
from app.world.reports import write_report

router = APIRouter()
router.get("/orders/{id}")(get_report)

journal = Path(os.environ["APP_LEDGER"]).with_name("journal")  # beside what else a run writes down


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    with ProcessPoolExecutor(WORKERS, mp_context=multiprocessing.get_context("spawn")) as pool:
        app.state.writers = pool
        orders = map(json.loads, journal.read_text().splitlines() if journal.exists() else [])
        app.state.reports = {id: pool.submit(write_report, topic) for id, topic in orders}
        yield


@router.post("/orders", status_code=202)
async def order_report(order: Order, request: Request, response: Response) -> dict[str, str]:
    id = uuid4().hex
    state = request.app.state
    with journal.open("a") as lines:
        lines.write(json.dumps([id, order.topic]) + "\n")
    state.reports[id] = state.writers.submit(write_report, order.topic)
    response.headers["Location"] = f"/orders/{id}"
    return {"order": id}
