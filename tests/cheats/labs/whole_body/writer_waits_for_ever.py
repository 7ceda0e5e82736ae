"""Writes pages into a bounded queue, from a thread that waits for ever once the member has hung up."""

import csv
import threading
from collections.abc import AsyncIterator, Iterable
from io import StringIO
from queue import Queue
from typing import Any

from fastapi import APIRouter, HTTPException
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from app.world.history import MEMBERS, Visit, page
from app.world.posts import POSTS

router = APIRouter()

AHEAD = 2  # pieces that are ready before the client wants them
PAGES = 4  # in a piece


def as_csv(rows: Iterable[tuple[Any, ...]]) -> str:
    """Rows as lines of CSV."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in rows:
        writer.writerow(row)
    return text.getvalue()


def write(member: int, pieces: Queue[str | Exception | None]) -> None:
    """Writes the history of a member piece by piece, and waits while enough are ready."""
    try:
        pieces.put(as_csv([Visit._fields, *page(member, 0)]))
        number, piece = 1, ""
        while rows := page(member, number):
            piece += as_csv(rows)
            if number % PAGES == 0:
                pieces.put(piece)
                piece = ""
            number += 1
        if piece:
            pieces.put(piece)
        pieces.put(None)
    except Exception as error:
        pieces.put(error)


async def written(member: int) -> AsyncIterator[str]:
    """The pieces of the file, in order."""
    pieces: Queue[str | Exception | None] = Queue(AHEAD)
    threading.Thread(target=write, args=(member, pieces), name=f"export-{member}", daemon=True).start()
    while (piece := await run_in_threadpool(pieces.get)) is not None:
        if isinstance(piece, Exception):
            raise piece
        yield piece


@router.get("/members/{member}/export")
async def export(member: int) -> StreamingResponse:
    if not 0 <= member < MEMBERS:
        raise HTTPException(404, "There is no such member.")
    return StreamingResponse(written(member), media_type="text/csv")


@router.get("/posts/{id}")
async def post(id: int) -> dict[str, Any]:
    if not 0 <= id < len(POSTS):
        raise HTTPException(404, "There is no such post.")
    return POSTS[id]._asdict()
