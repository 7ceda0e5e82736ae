"""Sends the first page at once, for the sake of the first byte, and builds all the others in one piece behind it."""

from collections.abc import Iterator

from fastapi import APIRouter, HTTPException
from fastapi.responses import StreamingResponse

from app.parts.whole_body import as_csv, history, post
from app.world.history import MEMBERS, PAGE, Visit, page

router = APIRouter()
router.get("/posts/{id}")(post)


def lines(member: int) -> Iterator[str]:
    yield as_csv([Visit._fields, *page(member, 0)])
    yield as_csv(history(member)[PAGE:])


@router.get("/members/{member}/export")
def export(member: int) -> StreamingResponse:
    if not 0 <= member < MEMBERS:
        raise HTTPException(404, "There is no such member.")
    return StreamingResponse(lines(member), media_type="text/csv")
