"""An async generator that awaits: each page is fetched and written in a thread, and the loop is free meanwhile."""

import asyncio
from collections.abc import AsyncIterator

from fastapi import APIRouter, HTTPException
from fastapi.responses import StreamingResponse

from app.parts.whole_body import as_csv, post
from app.world.history import MEMBERS, Visit, page

router = APIRouter()
router.get("/posts/{id}")(post)


def written(member: int, number: int) -> str:
    """One page of the export; "" after the last one."""
    return as_csv(page(member, number))


async def lines(member: int) -> AsyncIterator[str]:
    yield as_csv([Visit._fields])
    number = 0
    while text := await asyncio.to_thread(written, member, number):
        yield text
        number += 1


@router.get("/members/{member}/export")
async def export(member: int) -> StreamingResponse:
    if not 0 <= member < MEMBERS:
        raise HTTPException(404, "There is no such member.")
    return StreamingResponse(lines(member), media_type="text/csv")
