"""A task writes pages into a queue while others are sent: quick, and without a bound it writes them all for anybody."""

import asyncio
from collections.abc import AsyncIterator

from fastapi import APIRouter, HTTPException
from fastapi.responses import StreamingResponse

from app.parts.whole_body import as_csv, post
from app.world.history import MEMBERS, Visit, page

router = APIRouter()
router.get("/posts/{id}")(post)


async def lines(member: int) -> AsyncIterator[str]:
    ahead: asyncio.Queue[str] = asyncio.Queue()

    async def write() -> None:
        number, piece = 0, as_csv([Visit._fields])
        while piece:
            ahead.put_nowait(piece)
            piece = as_csv(await asyncio.to_thread(page, member, number))
            number += 1
        ahead.put_nowait("")

    writing = asyncio.create_task(write())
    try:
        while piece := await ahead.get():
            yield piece
    finally:
        writing.cancel()


@router.get("/members/{member}/export")
async def export(member: int) -> StreamingResponse:
    if not 0 <= member < MEMBERS:
        raise HTTPException(404, "There is no such member.")
    return StreamingResponse(lines(member), media_type="text/csv")
