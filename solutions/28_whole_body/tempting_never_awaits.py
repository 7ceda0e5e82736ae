"""An async generator that awaits nothing: it runs on the event loop, which has no turn for others until it ends."""

from collections.abc import AsyncIterator

from fastapi import APIRouter, HTTPException
from fastapi.responses import StreamingResponse

from app.parts.whole_body import as_csv, post
from app.world.history import MEMBERS, Visit, page

router = APIRouter()
router.get("/posts/{id}")(post)


async def lines(member: int) -> AsyncIterator[str]:
    yield as_csv([Visit._fields])
    number = 0
    while rows := page(member, number):
        yield as_csv(rows)
        number += 1


@router.get("/members/{member}/export")
async def export(member: int) -> StreamingResponse:
    if not 0 <= member < MEMBERS:
        raise HTTPException(404, "There is no such member.")
    return StreamingResponse(lines(member), media_type="text/csv")
