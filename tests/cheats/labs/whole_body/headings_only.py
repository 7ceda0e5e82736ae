"""Sends the headings as a first byte, and writes all else into a file before it goes on: no row comes any sooner."""

import tempfile
from collections.abc import Iterator

from fastapi import APIRouter, HTTPException
from fastapi.responses import StreamingResponse

from app.parts.whole_body import as_csv, post
from app.world.history import MEMBERS, Visit, page

router = APIRouter()
router.get("/posts/{id}")(post)


def lines(member: int) -> Iterator[bytes]:
    yield as_csv([Visit._fields]).encode()
    with tempfile.TemporaryFile() as file:
        number = 0
        while rows := page(member, number):
            file.write(as_csv(rows).encode())
            number += 1
        file.seek(0)
        while piece := file.read(65536):
            yield piece


@router.get("/members/{member}/export")
def export(member: int) -> StreamingResponse:
    if not 0 <= member < MEMBERS:
        raise HTTPException(404, "There is no such member.")
    return StreamingResponse(lines(member), media_type="text/csv")
