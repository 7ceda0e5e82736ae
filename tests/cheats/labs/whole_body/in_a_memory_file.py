"""Sends the first page at once, and keeps all the others in a memory file: it is in no process's account."""

import os
from collections.abc import Iterator

from fastapi import APIRouter, HTTPException
from fastapi.responses import StreamingResponse

from app.parts.whole_body import as_csv, post
from app.world.history import MEMBERS, Visit, page

router = APIRouter()
router.get("/posts/{id}")(post)


def lines(member: int) -> Iterator[bytes]:
    yield as_csv([Visit._fields, *page(member, 0)]).encode()
    with os.fdopen(os.memfd_create("export"), "r+b") as file:
        number = 1
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
