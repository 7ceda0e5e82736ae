"""A file in place of a server: SQLite lets one worker at a time look and write. It ends where the machine ends."""

import os
import socket
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException, Request
from starlette.types import ASGIApp

from app.parts.shared_state import LIMIT, WINDOW_S, results
from app.parts.shared_state import serve as serve_workers

router = APIRouter()
FILE = "SEARCHES_FILE"


def serve(app: ASGIApp, sock: socket.socket) -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ[FILE] = str(Path(folder) / "searches")  # for the workers, which start from here
        serve_workers(app, sock)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    with closing(sqlite3.connect(os.environ[FILE], isolation_level=None, timeout=0.2)) as counts:
        counts.execute("pragma journal_mode = wal")
        counts.execute("pragma synchronous = off")  # a count need not survive a power cut
        counts.execute("create table if not exists searches (member, at)")
        counts.execute("create index if not exists by_member on searches (member, at)")
        app.state.counts = counts
        yield


def admit(counts: sqlite3.Connection, member: int) -> bool:
    counts.execute("begin immediate")  # from here on, this worker alone
    now = time.time()
    counts.execute("delete from searches where at <= ?", [now - WINDOW_S])
    (count,) = counts.execute("select count(*) from searches where member = ?", [str(member)]).fetchone()
    if count < LIMIT:
        counts.execute("insert into searches values (?, ?)", [str(member), now])
    counts.execute("commit")
    return bool(count < LIMIT)


@router.get("/search/{member}")
async def search(member: int, request: Request, q: str) -> dict[str, Any]:
    if not admit(request.app.state.counts, member):
        raise HTTPException(429, "Ten searches a second, please.", {"Retry-After": "1"})
    return results(q)
