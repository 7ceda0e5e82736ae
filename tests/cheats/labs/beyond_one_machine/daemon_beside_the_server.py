"""Plays the second machine itself: a daemon with a pool, in a session of its own, that is to outlive the kill."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from multiprocessing.connection import Client
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, FastAPI, HTTPException, Response

from app.parts.beyond_one_machine import Order

router = APIRouter()

PLACE = os.environ["APP_LEDGER"] + ".socket"
DAEMON = f"""
import contextlib
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from multiprocessing.connection import Listener
from app.world.reports import write_report

if __name__ == "__main__":
    reports = {{}}
    with ProcessPoolExecutor(2, mp_context=get_context("fork")) as pool, Listener({PLACE!r}) as door:
        while True:
            with door.accept() as caller, contextlib.suppress(EOFError):
                id, topic = caller.recv()
                if topic is not None:
                    reports.setdefault(id, pool.submit(write_report, topic))
                report = reports.get(id)
                caller.send(report and (report.result() if report.done() else "ordered"))
"""


def ask(id: str, topic: str | None = None) -> Any:
    with Client(PLACE) as daemon:
        daemon.send((id, topic))
        return daemon.recv()


def runs() -> bool:
    with suppress(OSError), socket.socket(socket.AF_UNIX) as door:
        door.connect(PLACE)
        return True
    return False


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    if not runs():
        with suppress(FileNotFoundError):
            os.unlink(PLACE)  # noqa: PTH108
        subprocess.Popen([sys.executable, "-c", DAEMON], start_new_session=True)  # noqa: ASYNC220
        while not runs():
            time.sleep(0.05)  # noqa: ASYNC251
    yield


@router.post("/orders", status_code=202)
def order_report(order: Order, response: Response) -> dict[str, str]:
    id = uuid4().hex
    ask(id, order.topic)
    response.headers["Location"] = f"/orders/{id}"
    return {"order": id}


@router.get("/orders/{id}")
def get_report(id: str, response: Response) -> dict[str, Any]:
    report = ask(id)
    if report is None:
        raise HTTPException(404, "There is no such order.")
    if report == "ordered":
        response.status_code = 202
        return {"order": id}
    return {"order": id, **report}
