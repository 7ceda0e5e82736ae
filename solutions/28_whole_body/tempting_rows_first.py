"""Fetches all rows, and then writes them piece by piece: the text is never whole, and the rows still are."""

from collections.abc import Iterator

from fastapi import APIRouter, HTTPException
from fastapi.responses import StreamingResponse

from app.parts.whole_body import as_csv, history, post
from app.world.history import MEMBERS, PAGE, Visit

router = APIRouter()
router.get("/posts/{id}")(post)


def lines(member: int) -> Iterator[str]:
    rows = [Visit._fields, *history(member)]
    for begin in range(0, len(rows), PAGE):
        yield as_csv(rows[begin : begin + PAGE])


@router.get("/members/{member}/export")
def export(member: int) -> StreamingResponse:
    if not 0 <= member < MEMBERS:
        raise HTTPException(404, "There is no such member.")
    return StreamingResponse(lines(member), media_type="text/csv")
