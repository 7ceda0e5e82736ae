"""Send each page as soon as it is written: a generator, and a response that asks it for the next piece."""

from collections.abc import Iterator

from fastapi import APIRouter, HTTPException
from fastapi.responses import StreamingResponse

from app.parts.whole_body import as_csv, post
from app.world.history import MEMBERS, Visit, page

router = APIRouter()
router.get("/posts/{id}")(post)


def lines(member: int) -> Iterator[str]:
    """The export in pieces of one page. Starlette runs a plain generator in a thread, and calls it once for each."""
    yield as_csv([Visit._fields])
    number = 0
    while rows := page(member, number):
        yield as_csv(rows)
        number += 1


@router.get("/members/{member}/export")
def export(member: int) -> StreamingResponse:
    if not 0 <= member < MEMBERS:  # while there is still a status to choose
        raise HTTPException(404, "There is no such member.")
    return StreamingResponse(lines(member), media_type="text/csv")
